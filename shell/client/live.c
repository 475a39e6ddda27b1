/* The live view's loop: samples of the box, keys of the person, the size of the terminal. */
#include "live.h"
#include "live_paint.h"
#include "live_screen.h"
#include "terminal.h"
#include <curses.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    KEY_ESCAPE = 27,
    KEY_CONTROL_C = 3,
    KEY_CONTROL_L = 12,
};

struct live {
    struct connection *connection;
    struct live_screen screen;
    struct paint paint;
    bool dirty, over;
    bool round;        /* the box waits to hear that its last sample is on the screen */
    char watched[260]; /* the session whose rules it was asked for */
    FILE *notices;     /* to be printed when the screen is the shell's again */
};

/* Keeps the cursor on its session when the order changes, and within the table. The page of a
 * session stays with it when it has gone, and says so. */
static void follow_selection(struct paint *paint, bool by_name)
{
    const struct live_sample *now = paint->model.now;
    size_t count = now ? now->session_count : 0;
    bool found = false;

    for (size_t i = 0; by_name && !found && i < count; i++) {
        found = strcmp(now->sessions[paint->model.order[i]].name, paint->selected) == 0;
        if (found)
            paint->row = i;
    }
    if (by_name && !found && paint->page == PAGE_SESSION)
        return;
    if (paint->row >= count)
        paint->row = count ? count - 1 : 0;
    if (count)
        snprintf(paint->selected, sizeof paint->selected, "%s",
                 now->sessions[paint->model.order[paint->row]].name);
}

static void move_by(struct paint *paint, long rows)
{
    size_t *place = paint->page == PAGE_SESSION ? &paint->first : &paint->row;
    size_t page = paint->rows > 3 ? (size_t)paint->rows - 3 : 1;
    size_t last = paint->lines > page ? paint->lines - page : 0;

    if (rows < 0 && *place < (size_t)-rows)
        *place = 0;
    else
        *place = (size_t)((long)*place + rows);
    if (paint->page == PAGE_TABLE)
        follow_selection(paint, false);
    else if (*place > last)
        *place = last;
}

static void turn_to(struct paint *paint, enum live_page page)
{
    if (page == PAGE_SESSION && (!paint->model.now || !paint->model.now->session_count))
        return;
    paint->page = page;
    paint->first = 0;
    if (page == PAGE_TABLE)
        follow_selection(paint, true);
}

/* Asks the box for what the page needs. */
static int ask(struct live *live)
{
    const struct paint *paint = &live->paint;
    struct watch watch = {.interval_ms = paint->interval_ms};

    if (paint->page == PAGE_SESSION)
        snprintf(watch.session, sizeof watch.session, "%.255s", paint->selected);
    snprintf(live->watched, sizeof live->watched, "%s", watch.session);
    return connection_send(live->connection, MESSAGE_WATCH, &watch, sizeof watch);
}

/* Asks again when the page shows another session than the box was asked for. */
static int follow_page(struct live *live)
{
    const char *wanted = live->paint.page == PAGE_SESSION ? live->paint.selected : "";

    return strcmp(wanted, live->watched) == 0 ? 0 : ask(live);
}

static void change_interval(struct live *live, bool longer)
{
    static const uint32_t steps[] = {1000, 2000, 5000, 10000, 30000, 60000};
    enum { STEPS = sizeof steps / sizeof *steps };
    uint32_t wanted = live->paint.interval_ms;

    for (int i = 0; i < STEPS; i++) {
        uint32_t step = steps[longer ? i : STEPS - 1 - i];

        if (longer ? step > wanted : step < wanted) {
            wanted = step;
            break;
        }
    }
    live->paint.interval_ms = wanted;
    ask(live);
}

static void obey(struct live *live, int key)
{
    struct paint *paint = &live->paint;
    long page = (long)paint_table_rows(paint);

    paint->notice[0] = '\0';
    live->dirty = true;
    if (key == 'q' || key == 'Q' || key == KEY_CONTROL_C) {
        live->over = true;
    } else if (key == KEY_CONTROL_L) {
        paint_resize(paint);
    } else if (paint->page == PAGE_HELP) {
        turn_to(paint, PAGE_TABLE);
    } else if (key == KEY_UP || key == 'k') {
        move_by(paint, -1);
    } else if (key == KEY_DOWN || key == 'j') {
        move_by(paint, 1);
    } else if (key == KEY_PPAGE) {
        move_by(paint, -page);
    } else if (key == KEY_NPAGE || key == ' ') {
        move_by(paint, page);
    } else if (key == KEY_HOME) {
        move_by(paint, -(long)INT32_MAX);
    } else if (key == KEY_END) {
        move_by(paint, INT32_MAX);
    } else if (key == '\n' || key == '\r' || key == KEY_ENTER) {
        turn_to(paint, paint->page == PAGE_TABLE ? PAGE_SESSION : PAGE_TABLE);
    } else if ((key == KEY_ESCAPE || key == KEY_LEFT || key == KEY_BACKSPACE) &&
               paint->page == PAGE_SESSION) {
        turn_to(paint, PAGE_TABLE);
    } else if (key == '?') {
        turn_to(paint, PAGE_HELP);
    } else if (key == 's') {
        paint->model.sort = (paint->model.sort + 1) % SORTS;
        live_model_sort(&paint->model);
        follow_selection(paint, true);
    } else if (key == 'r') {
        live_model_reset(&paint->model);
    } else if (key == 'p') {
        paint->paused = !paint->paused;
    } else if (key == '+' || key == '=') {
        change_interval(live, true);
    } else if (key == '-') {
        change_interval(live, false);
    } else {
        live->dirty = false;
    }
}

/* All keys that are there; -EIO: the terminal has gone. */
static int read_keys(struct live *live)
{
    int waiting = 0, key;

    if (ioctl(STDIN_FILENO, FIONREAD, &waiting) || waiting == 0)
        return -EIO;
    while (!live->over && (key = getch()) != ERR)
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

        if (!sample || !live_model_add(&live->paint.model, sample, live->paint.paused))
            failed = -EPROTO;
        follow_selection(&live->paint, true);
        live->dirty = live->round = true;
    } else if (message.type == MESSAGE_NOTICE) {
        snprintf(live->paint.notice, sizeof live->paint.notice, "%.*s",
                 (int)strcspn(message.data, "\n"), message.data);
        if (live->notices)
            fprintf(live->notices, "%s\n", live->paint.notice);
        live->dirty = true;
    } else if (message.type == MESSAGE_DONE) {
        failed = connection_prompt(live->connection, &message) ? 1 : -EPROTO;
    } else if (message.type == MESSAGE_REFUSED) {
        failed = -ECONNRESET;
    }
    free(message.data);
    return failed;
}

/* Draws when there is something new and the line is free, and sends what it takes. */
static int draw(struct live *live)
{
    bool idle = !screen_waits(&live->screen) && terminal_busy() == 0;

    if (live->dirty && idle) {
        paint_all(&live->paint);
        live->dirty = false;
        if (!screen_take(&live->screen))
            return -ENOMEM;
    } else if (live->round && idle) {
        live->round = false;
        return connection_send(live->connection, MESSAGE_SHOWN, NULL, 0);
    }
    return screen_send(&live->screen);
}

/* Waits for keys, the box, the terminal, or for the line to have carried the picture. */
static int wait_for_news(const struct live *live)
{
    bool waits = screen_waits(&live->screen);
    int timeout = !waits && (live->dirty || live->round) ? (int)terminal_busy() : -1;

    return terminal_wait_all(STDIN_FILENO, live->connection->wire.fd, waits, timeout);
}

/* Until the person or the box ends it. 1: DONE came, 0: they want out, or -errno. */
static int watch(struct live *live)
{
    int failed = 0;

    while (!failed && !live->over) {
        int ready;

        failed = draw(live);
        if (failed)
            break;
        ready = wait_for_news(live);
        if (terminal_ended())
            return -EINTR;
        if (terminal_interrupted())
            live->over = true;
        if (terminal_resized()) {
            failed = paint_resize(&live->paint) ? 0 : -ENOMEM;
            connection_resize(live->connection);
            live->dirty = true;
        }
        if (!failed && ready > 0 && ready & 1)
            failed = read_keys(live);
        if (!failed)
            failed = follow_page(live);
        if (!failed && ready > 0 && ready & 2)
            failed = hear(live);
    }
    /* What the box said last stays on the screen. */
    if (failed == 1 && live->dirty)
        paint_all(&live->paint);
    if (failed == 1 && screen_take(&live->screen))
        screen_finish(&live->screen);
    return failed;
}

/* They want out: tells the box and hears it to its DONE. */
static int leave(struct live *live)
{
    int failed = connection_send(live->connection, MESSAGE_INTERRUPT, NULL, 0);

    while (!failed || failed == -EPIPE) {
        int ready = terminal_wait(live->connection->wire.fd, -1, -1);

        if (terminal_ended())
            return -EINTR;
        terminal_interrupted(); /* they are out already */
        if (ready > 0)
            failed = hear(live);
    }
    return failed;
}

int live_run(struct connection *connection, const struct view_start *start)
{
    const char *term = getenv("TERM");
    struct live live = {.connection = connection, .paint.interval_ms = start->interval_ms};
    char *notices = NULL;
    size_t notices_length;
    int failed;

    live.paint.blocks = terminal_draws_utf8() && term && strncmp(term, "vt", 2) != 0;
    if (!screen_open(&live.screen))
        return -EPROTO; /* HELLO said that it is possible */
    live.notices = open_memstream(&notices, &notices_length);
    failed = paint_resize(&live.paint) ? watch(&live) : -ENOMEM;
    /* The terminal is the shell's again before anything is waited for. */
    screen_close(&live.screen, failed == -EINTR);
    if (failed == 0)
        failed = leave(&live);
    if (live.notices && fclose(live.notices) == 0)
        terminal_error("%s", notices);
    free(notices);
    paint_free(&live.paint);
    return failed == 1 ? 0 : failed;
}
