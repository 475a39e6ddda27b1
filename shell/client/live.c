/* The live view's loop: samples of the box, keys of the person, the size of the terminal. */
#include "live.h"
#include "../clock.h"
#include "connection_internal.h"
#include "keyboard.h"
#include "keys.h"
#include "live_paint.h"
#include "live_screen.h"
#include "terminal.h"
#include <curses.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct live {
    struct connection *connection;
    struct live_screen screen;
    struct live_view view;
    struct paint paint;
    struct keys keys;   /* typed before curses had the terminal */
    bool dirty;         /* the picture is not what stands on the screen */
    bool round;         /* the box waits to hear that its last sample is on the screen */
    bool redraws;       /* the picture that is drawn was asked for by ^L */
    struct watch asked; /* of the box */
    FILE *notices;      /* to be printed when the screen is the shell's again */
};

/* Asks the box for what the view needs, where that is not what it was asked for. */
static int ask(struct live *live)
{
    struct watch watch = {.interval_ms = live->view.interval_ms};

    snprintf(watch.session, sizeof watch.session, "%s", view_watched(&live->view));
    if (watch.interval_ms == live->asked.interval_ms &&
        strcmp(watch.session, live->asked.session) == 0)
        return 0;
    live->asked = watch;
    return connection_send(live->connection, MESSAGE_WATCH, &watch, sizeof watch);
}

/* What curses calls the keys. */
static int view_key_of(int key)
{
    static const struct {
        int curses, view;
    } keys[] = {
        {KEY_UP, VIEW_UP},
        {KEY_DOWN, VIEW_DOWN},
        {KEY_LEFT, VIEW_LEFT},
        {KEY_PPAGE, VIEW_PAGE_UP},
        {KEY_NPAGE, VIEW_PAGE_DOWN},
        {KEY_HOME, VIEW_HOME},
        {KEY_END, VIEW_END},
        {KEY_ENTER, '\r'},
        {KEY_BACKSPACE, VIEW_DELETE},
        /* as the line editor has them */
        {L'\020', VIEW_UP},
        {L'\016', VIEW_DOWN},
        {L'\002', VIEW_LEFT},
        {L'\001', VIEW_HOME},
        {L'\005', VIEW_END},
    };

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].curses == key)
            return keys[i].view;
    return key < 256 ? key : 0;
}

static void obey(struct live *live, int key)
{
    if (key != KEY_RESIZE) /* curses says that it was told so */
        live->dirty |= view_key(&live->view, view_key_of(key));
}

/* Keys that were typed before curses had the terminal; -EIO as below. */
static int obey_typed(struct live *live)
{
    unsigned char byte;

    while (!live->view.over && keyboard_has()) {
        if (!keyboard_take(&byte))
            return -EIO;
        if (byte >= 0x80) /* of a name that is looked for */
            obey(live, byte);
        else
            for (const wchar_t *key = keys_take(&live->keys, byte, clock_ms()); *key; key++)
                obey(live, (int)*key);
    }
    return 0;
}

/* All keys that are there; -EIO: the terminal has gone. That none is there does not say so: a ^C
 * flushes what poll has seen, and poll may see some in the middle of that. */
static int read_keys(struct live *live)
{
    int waiting = 0, key;

    if (keyboard_has())
        return obey_typed(live);
    if (ioctl(STDIN_FILENO, FIONREAD, &waiting))
        return -EIO;
    while (waiting && !live->view.over && (key = getch()) != ERR)
        obey(live, key);
    return 0;
}

/* One message of the box. 1: DONE came. */
static int hear(struct live *live)
{
    struct message message;
    int failed = connection_receive(live->connection, &message);

    if (failed)
        return failed < 0 ? failed : 0;
    if (message.type == MESSAGE_SAMPLE) {
        struct live_sample *sample = live_sample_parse(message.data, message.length);

        if (!sample || !view_add(&live->view, sample))
            failed = -EPROTO;
        live->dirty = live->round = true;
    } else if (message.type == MESSAGE_NOTICE) {
        snprintf(live->view.notice, sizeof live->view.notice, "%.*s",
                 (int)strcspn(message.data, "\n"), message.data);
        if (live->notices)
            fprintf(live->notices, "%s\n", live->view.notice);
        live->dirty = true;
    } else if (message.type == MESSAGE_DONE) {
        failed = connection_prompt(live->connection, &message) ? 1 : -EPROTO;
    }
    free(message.data);
    return failed;
}

/* All is to be drawn. */
static int start_anew(struct live *live)
{
    live->dirty = true;
    return paint_resize(&live->paint, &live->view) ? 0 : -ENOMEM;
}

/* Draws when there is something new and the line is free, and sends what it takes. A ^L while the
 * line carries what the last one asked for waits for that: else a slow line would never show more
 * than the first rows, and the box never hear that its sample is shown. */
static int draw(struct live *live)
{
    bool idle;

    if (live->view.redraw && !live->redraws) {
        live->view.redraw = false;
        live->redraws = true;
        if (start_anew(live))
            return -ENOMEM;
    }
    idle = !screen_waits(&live->screen) && terminal_busy() == 0;
    if (live->dirty && idle) {
        live->dirty = !paint_piece(&live->paint, &live->view);
        if (!screen_take(&live->screen))
            return -ENOMEM;
    } else if (live->round && idle) {
        live->round = false;
        return connection_send(live->connection, MESSAGE_SHOWN, NULL, 0);
    } else if (idle) {
        live->redraws = false;
    }
    return screen_send(&live->screen);
}

/* Waits for keys, the box, the terminal, or for the line to have carried the picture. */
static int wait_for_news(const struct live *live)
{
    bool waits = screen_waits(&live->screen);
    bool due = live->dirty || live->round || live->view.redraw;
    int timeout = !waits && due ? (int)terminal_busy() : -1;

    if (terminal_stops())
        return -EINTR;
    return terminal_wait_all(STDIN_FILENO, live->connection->wire.fd, waits, timeout);
}

/* Until the person or the box ends it. 1: DONE came, 0: they want out, or -errno. */
static int watch(struct live *live)
{
    int failed = 0;

    while (!failed && !live->view.over) {
        int ready;

        failed = draw(live);
        if (failed)
            break;
        ready = wait_for_news(live);
        if (terminal_ended())
            return -EINTR;
        if (terminal_interrupted())
            live->view.over = true;
        if (terminal_stops())
            screen_stop(&live->screen);
        if (terminal_resized()) {
            failed = start_anew(live);
            connection_resize(live->connection);
        }
        if (!failed && ready > 0 && ready & 1)
            failed = read_keys(live);
        if (!failed)
            failed = ask(live);
        if (!failed && ready > 0 && ready & 2)
            failed = hear(live);
    }
    /* What the box said last stays on the screen. */
    while (failed == 1 && live->dirty)
        live->dirty = !paint_piece(&live->paint, &live->view);
    if (failed == 1 && screen_take(&live->screen))
        screen_finish(&live->screen);
    return failed;
}

/* They want out: tells the box and hears it to its DONE. */
static int leave(struct live *live)
{
    int failed = connection_send(live->connection, MESSAGE_INTERRUPT, NULL, 0);

    while (!failed) {
        int ready = terminal_wait(live->connection->wire.fd, -1, -1);

        failed = connection_heed(live->connection); /* they are out already */
        if (!failed && ready > 0)
            failed = hear(live);
    }
    return failed;
}

int live_run(struct connection *connection, const struct view_start *start)
{
    const char *term = getenv("TERM");
    struct live live = {.connection = connection,
                        .view.interval_ms = start->interval_ms,
                        .asked.interval_ms = start->interval_ms};
    char *notices = NULL;
    size_t notices_length;
    int failed;

    live.view.blocks = terminal_draws_utf8() && term && strncmp(term, "vt", 2) != 0;
    if (!screen_open(&live.screen))
        return -EPROTO; /* HELLO said that it is possible */
    live.notices = open_memstream(&notices, &notices_length);
    failed = paint_resize(&live.paint, &live.view) ? watch(&live) : -ENOMEM;
    /* The terminal is the shell's again before anything is waited for. */
    screen_close(&live.screen, failed == -EINTR);
    if (failed == 0)
        failed = leave(&live);
    if (live.notices && fclose(live.notices) == 0)
        terminal_error("%s", notices);
    free(notices);
    live_model_free(&live.view.model);
    paint_free(&live.paint);
    return failed == 1 ? 0 : failed;
}
