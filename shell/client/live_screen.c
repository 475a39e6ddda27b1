/* Between curses and the terminal: see live_screen.h. */
#include "live_screen.h"
#include "keyboard.h"
#include "terminal.h"
#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <term.h> /* last: it defines common words */

enum { CONTROL_C = 3 };

/* What curses would do if it had the terminal. */
static void set_modes(struct live_screen *screen)
{
    struct termios modes = screen->before;

    modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ECHONL);
    modes.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR);
    modes.c_oflag &= ~(tcflag_t)(ONLCR | TAB3);
    if (modes.c_cc[VINTR] == KEYBOARD_NO_INTERRUPT)
        modes.c_cc[VINTR] = CONTROL_C;
    modes.c_cc[VMIN] = 1;
    modes.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &modes);
}

static void set_keys(void)
{
    static const struct {
        const char *sequence;
        int key;
    } also[] = {
        /* What terminals send beyond what the terminfo of a vt100 knows. */
        {"\033[A", KEY_UP},      {"\033OA", KEY_UP},    {"\033[B", KEY_DOWN},
        {"\033OB", KEY_DOWN},    {"\033[D", KEY_LEFT},  {"\033OD", KEY_LEFT},
        {"\033[C", KEY_RIGHT},   {"\033OC", KEY_RIGHT}, {"\033[5~", KEY_PPAGE},
        {"\033[6~", KEY_NPAGE},  {"\033[H", KEY_HOME},  {"\033OH", KEY_HOME},
        {"\033[1~", KEY_HOME},   {"\033[7~", KEY_HOME}, {"\033[F", KEY_END},
        {"\033OF", KEY_END},     {"\033[4~", KEY_END},  {"\033[8~", KEY_END},
        {"\177", KEY_BACKSPACE},
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

static void close_files(const struct live_screen *screen)
{
    if (screen->in)
        fclose(screen->in);
    if (screen->out)
        fclose(screen->out);
    close(screen->picture);
}

bool screen_open(struct live_screen *screen)
{
    *screen = (struct live_screen){.picture = memfd_create("picture", MFD_CLOEXEC)};
    if (screen->picture < 0)
        return false;
    /* What poll has seen a ^C may flush before curses reads it, which must not wait for more. */
    if (tcgetattr(STDIN_FILENO, &screen->before) == 0) {
        screen->in = fdopen(dup(keyboard_descriptor()), "r");
        screen->out = fdopen(dup(screen->picture), "w");
    }
    if (screen->in && screen->out)
        screen->curses = newterm(getenv("TERM"), screen->out, screen->in);
    if (!screen->curses) {
        close_files(screen);
        return false;
    }
    screen->read_ahead = keyboard_read_ahead(false); /* curses reads by itself */
    set_modes(screen);
    set_keys();
    terminal_hold_stops(true);
    return true;
}

bool screen_take(struct live_screen *screen)
{
    off_t length;
    char *grown;

    fflush(screen->out);
    length = lseek(screen->picture, 0, SEEK_CUR);
    if (length <= 0)
        return true;
    if (!screen_waits(screen))
        screen->length = screen->sent = 0;
    grown = realloc(screen->waiting, screen->length + (size_t)length);
    if (!grown)
        return false;
    screen->waiting = grown;
    if (pread(screen->picture, grown + screen->length, (size_t)length, 0) == length)
        screen->length += (size_t)length;
    return ftruncate(screen->picture, 0) == 0 && lseek(screen->picture, 0, SEEK_SET) == 0;
}

bool screen_waits(const struct live_screen *screen)
{
    return screen->sent < screen->length;
}

int screen_send(struct live_screen *screen)
{
    while (screen_waits(screen)) {
        ssize_t sent =
            terminal_offer(screen->waiting + screen->sent, screen->length - screen->sent);

        if (sent <= 0)
            return (int)sent;
        screen->sent += (size_t)sent;
    }
    return 0;
}

void screen_finish(struct live_screen *screen)
{
    while ((screen_waits(screen) || terminal_busy()) && !terminal_called() &&
           screen_send(screen) == 0)
        terminal_wait_all(-1, -1, screen_waits(screen),
                          screen_waits(screen) ? -1 : (int)terminal_busy());
}

static FILE *drawing; /* what put_drawn writes to */

static int put_drawn(int character)
{
    return putc(character, drawing);
}

/* A sequence that terminfo has; curses is not told of it. */
static void put_sequence(struct live_screen *screen, const char *sequence)
{
    drawing = screen->out;
    if (sequence && sequence != (char *)-1)
        tputs(sequence, 1, put_drawn);
}

/* What was drawn and is not on its way yet would only delay what follows: a sequence that was
 * cut is cancelled, and the cursor and the attributes are set anew. */
static void drop_picture(struct live_screen *screen)
{
    char *move_to = tigetstr("cup");

    screen->length = screen->sent = 0;
    terminal_discard();
    putc('\030', screen->out);
    put_sequence(screen, tigetstr("sgr0"));
    if (move_to && move_to != (char *)-1)
        put_sequence(screen, tiparm(move_to, getmaxy(stdscr) - 1, 0));
    fflush(screen->out);
}

static void give_back(struct live_screen *screen, bool now)
{
    screen_take(screen);
    if (now || screen_waits(screen) || (terminal_slow() && terminal_busy()))
        drop_picture(screen);
    move(getmaxy(stdscr) - 1, 0);
    clrtoeol();
    refresh();
    curs_set(1);
    endwin();
    screen_take(screen);
    if (now)
        screen_send(screen);
    else
        terminal_write(screen->waiting, screen->length);
    screen->length = screen->sent = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &screen->before);
}

void screen_stop(struct live_screen *screen)
{
    give_back(screen, false);
    terminal_stop();
    set_modes(screen);
    refresh(); /* curses takes the screen again */
    curs_set(0);
}

void screen_close(struct live_screen *screen, bool now)
{
    give_back(screen, now);
    keyboard_read_ahead(screen->read_ahead);
    terminal_hold_stops(false);
    delscreen(screen->curses);
    close_files(screen);
    free(screen->waiting);
}
