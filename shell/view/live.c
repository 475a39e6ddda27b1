/* The live view's loop: samples of the box, keys of the person, the size of the terminal. */
#include "live.h"
#include "../console/session.h"
#include "../console/terminal.h"
#include "live_paint.h"
#include <curses.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    RETRY_MS = 100, /* until the line may be free again */
    KEY_ESCAPE = 27,
    KEY_CONTROL_C = 3,
    KEY_CONTROL_L = 12,
};

struct live {
    int fd;
    struct paint paint;
    bool dirty, over;
    FILE *notices; /* to be printed when the screen is the shell's again */
};

/* Keeps the cursor on its session when the order changes, and within the table. */
static void follow_selection(struct paint *paint, bool by_name)
{
    const struct sample *now = paint->model.now;
    size_t count = now ? now->session_count : 0;

    for (size_t i = 0; by_name && i < count; i++)
        if (strcmp(now->sessions[paint->model.order[i]].name, paint->selected) == 0)
            paint->row = i;
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
}

/* Tells the box the screen's size and the interval that is wanted. */
static int tell_size(const struct live *live)
{
    struct screen_size size = terminal_size();

    size.interval_ms = live->paint.interval_ms;
    return message_send(live->fd, MESSAGE_SIZE, &size, sizeof size);
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
    tell_size(live);
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
        model_sort(&paint->model);
        follow_selection(paint, true);
    } else if (key == 'r') {
        model_reset(&paint->model);
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
static int hear(struct live *live, struct prompt *prompt)
{
    enum message_type type;
    char *data;
    size_t length;
    int failed = message_receive(live->fd, &type, &data, &length);

    if (failed)
        return failed;
    if (type == MESSAGE_SAMPLE) {
        struct sample *sample = sample_parse(data, length);

        if (!sample || !model_add(&live->paint.model, sample, live->paint.paused))
            failed = -EPROTO;
        follow_selection(&live->paint, true);
        live->dirty = true;
    } else if (type == MESSAGE_NOTICE) {
        snprintf(live->paint.notice, sizeof live->paint.notice, "%.*s", (int)strcspn(data, "\n"),
                 data);
        if (live->notices)
            fprintf(live->notices, "%s\n", live->paint.notice);
        live->dirty = true;
    } else if (type == MESSAGE_DONE) {
        failed = session_prompt(prompt, data, length) ? 1 : -EPROTO;
    }
    free(data);
    return failed;
}

/* Until the person or the box ends it. 1: DONE came, 0: they want out, or -errno. */
static int watch(struct live *live, struct prompt *prompt)
{
    struct paint *paint = &live->paint;
    int failed = 0;

    while (!failed && !live->over) {
        int ready;

        if (live->dirty && paint_may(paint, terminal_clock_ms())) {
            paint_all(paint);
            live->dirty = false;
        }
        ready = terminal_wait(STDIN_FILENO, live->fd, live->dirty ? RETRY_MS : -1);
        if (terminal_ended())
            return -EINTR;
        if (terminal_interrupted())
            live->over = true;
        if (terminal_resized()) {
            failed = paint_resize(paint) ? 0 : -ENOMEM;
            if (!failed)
                failed = tell_size(live);
            live->dirty = true;
        }
        if (!failed && ready > 0 && ready & 1)
            failed = read_keys(live);
        if (!failed && ready > 0 && ready & 2)
            failed = hear(live, prompt);
    }
    /* What the box said last stays on the screen, if the terminal lets it. */
    if (failed == 1 && live->dirty)
        paint_all(paint);
    return failed;
}

/* They want out: tells the box and hears it to its DONE. */
static int leave(struct live *live, struct prompt *prompt)
{
    int failed = message_send(live->fd, MESSAGE_INTERRUPT, NULL, 0);

    while (!failed || failed == -EPIPE) {
        int ready = terminal_wait(live->fd, -1, -1);

        if (terminal_ended())
            return -EINTR;
        if (ready > 0)
            failed = hear(live, prompt);
    }
    return failed;
}

static void set_keys(void)
{
    static const struct {
        const char *sequence;
        int key;
    } also[] = {
        /* What terminals send beyond what the terminfo of a vt100 knows. */
        {"\033[A", KEY_UP},     {"\033[B", KEY_DOWN}, {"\033[D", KEY_LEFT}, {"\033[5~", KEY_PPAGE},
        {"\033[6~", KEY_NPAGE}, {"\033[H", KEY_HOME}, {"\033[F", KEY_END},  {"\177", KEY_BACKSPACE},
    };

    for (size_t i = 0; i < sizeof also / sizeof *also; i++)
        define_key(also[i].sequence, also[i].key);
    cbreak();
    noecho();
    nonl();
    nodelay(stdscr, TRUE);
    keypad(stdscr, TRUE);
    set_escdelay(100);
    curs_set(0);
}

int live_run(int fd, const struct view_start *start, struct prompt *prompt)
{
    const char *term = getenv("TERM");
    struct live live = {.fd = fd, .paint.interval_ms = start->interval_ms};
    char *notices = NULL;
    size_t notices_length;
    SCREEN *screen;
    int failed;

    live.paint.blocks = terminal_draws_utf8() && term && strncmp(term, "vt", 2) != 0;
    live.paint.debt_ms = terminal_clock_ms();
    screen = newterm(term, stdout, stdin);
    if (!screen)
        return -EPROTO; /* HELLO said that it is possible */
    live.notices = open_memstream(&notices, &notices_length);
    set_keys();
    failed = paint_resize(&live.paint) ? watch(&live, prompt) : -ENOMEM;
    /* The terminal is the shell's again before anything is waited for. */
    move(live.paint.rows - 1, 0);
    clrtoeol();
    refresh();
    curs_set(1);
    endwin();
    delscreen(screen);
    if (failed == 0)
        failed = leave(&live, prompt);
    if (live.notices && fclose(live.notices) == 0)
        fputs(notices, stderr);
    free(notices);
    paint_free(&live.paint);
    return failed == 1 ? 0 : failed;
}
