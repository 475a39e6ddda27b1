/* Cuts an output into rows of the screen and lets keys move through them. Needs nothing of
 * the terminal but a carriage return, so it works on every one: going back writes a screen anew,
 * below what stands there. */
#include "pager.h"
#include "../clock.h"
#include "../config/utf8.h"
#include "keyboard.h"
#include "keys.h"
#include "pattern.h"
#include "terminal.h"
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { PATTERN_SIZE = 256, CONTROL_C = 3, CONTROL_Z = 26 };

/* Keys that no terminal sends as one byte. */
enum { KEY_NONE = 256, KEY_LEAVE, KEY_RESIZED };

struct pager {
    const char *text;
    size_t length;
    size_t *rows;            /* byte offset of each row of the screen, and the end */
    size_t count;            /* rows */
    size_t top;              /* the first row of the screen */
    size_t next;             /* the first behind it */
    struct screen_size size; /* of the terminal, that the rows were cut for */
    size_t height, width;    /* as far as they are of use */
    size_t status;           /* columns that the last line of the screen has of our own */
    struct keys keys;
    struct pattern *pattern; /* searched for last; NULL: none yet */
    size_t found;            /* the row it was found in last */
    bool has_found;
};

static const char help[] = "space enter  a screen, a line on\n"
                           "b k          a screen, a line back\n"
                           "g G          the beginning, the end\n"
                           "/            search: type, then enter\n"
                           "n N          the next match, the last\n"
                           "h ?          these keys\n"
                           "q ^C         leave\n";

/* ---- rows ---- */

/* Of the line that begins at this byte, or the rest of it; without its newline. */
static size_t line_length(const struct pager *pager, size_t start)
{
    const char *newline = memchr(pager->text + start, '\n', pager->length - start);

    return newline ? (size_t)(newline - pager->text) - start : pager->length - start;
}

static size_t row_end(const struct pager *pager, size_t start)
{
    size_t line = line_length(pager, start);
    size_t fits = utf8_fit(pager->text + start, line, pager->width);

    if (fits < line)
        return start + (fits ? fits : 1);
    return start + line + (start + line < pager->length ? 1 : 0);
}

/* Cuts anew, for the width the terminal has now; stays at the same places of the text. */
static bool cut_rows(struct pager *pager)
{
    size_t top = pager->rows ? pager->rows[pager->top] : 0;
    size_t found = pager->rows ? pager->rows[pager->found] : 0;
    size_t next = pager->rows ? pager->rows[pager->next] : 0;
    size_t capacity = 0;

    pager->size = terminal_size();
    pager->height = pager->size.rows > 2 ? pager->size.rows : 2;
    pager->width = pager->size.columns > 10 ? pager->size.columns : 10;
    free(pager->rows);
    pager->rows = NULL;
    pager->count = 0;
    for (size_t at = 0;; at = row_end(pager, at)) {
        if (pager->count + 1 >= capacity) {
            size_t *grown = realloc(pager->rows, (capacity = 2 * capacity + 64) * sizeof *grown);

            if (!grown)
                return false;
            pager->rows = grown;
        }
        pager->rows[pager->count] = at;
        if (at <= top)
            pager->top = pager->count;
        if (at <= found)
            pager->found = pager->count;
        if (at <= next)
            pager->next = pager->count;
        if (at >= pager->length)
            return true;
        pager->count++;
    }
}

/* Of the text; the last one is the status line's. */
static size_t screenful(const struct pager *pager)
{
    return pager->height - 1;
}

/* The row at which the last screen begins. */
static size_t last_top(const struct pager *pager)
{
    return pager->count > screenful(pager) ? pager->count - screenful(pager) : 0;
}

/* ---- the screen ---- */

/* Writes over the last line of the screen; "" wipes it. */
static int status_line(struct pager *pager, const char *text)
{
    char wipe[PATTERN_SIZE];
    size_t columns = pager->status < pager->width ? pager->status : pager->width - 1;
    int length = snprintf(wipe, sizeof wipe, "\r%*s\r", (int)columns, "");
    int failed = columns ? terminal_write(wipe, (size_t)length) : 0;

    pager->status = utf8_width(text, strlen(text));
    return failed ? failed : terminal_write(text, strlen(text));
}

/* Writes the rows behind the screen up to `until`, each on a line of its own. */
static int go_on(struct pager *pager, size_t until)
{
    int failed = status_line(pager, "");

    if (until > pager->count)
        until = pager->count;
    for (; pager->next < until && !failed; pager->next++) {
        size_t start = pager->rows[pager->next], end = pager->rows[pager->next + 1];

        failed = terminal_write(pager->text + start, end - start);
        if (!failed && pager->text[end - 1] != '\n')
            failed = terminal_write("\n", 1);
    }
    pager->top = pager->next > screenful(pager) ? pager->next - screenful(pager) : 0;
    return failed;
}

/* Writes a screen that begins at this row. */
static int go_to(struct pager *pager, size_t top)
{
    int failed;

    pager->next = top;
    failed = go_on(pager, top + screenful(pager));
    pager->top = top;
    return failed;
}

/* ---- keys ---- */

/* A typed byte as one of the keys that `obey` knows. */
static int key_of(struct pager *pager, unsigned char byte)
{
    bool numbered = pager->keys.state == KEYS_CSI && byte == '~';
    const wchar_t *means;

    if (byte >= 0x80)
        return KEY_NONE;
    means = keys_take(&pager->keys, byte, clock_ms());
    if (numbered && pager->keys.number[0] == 5) /* PgUp */
        return 'b';
    if (numbered && pager->keys.number[0] == 6) /* PgDn */
        return ' ';
    if (means[0] == L'\033')
        means++; /* Meta */
    return means[0] ? (int)means[0] : KEY_NONE;
}

/* A byte, or KEY_LEAVE: ^C, a hang-up or the end of input, KEY_RESIZED: the rows were cut anew and
 * are to be written, or -errno. */
static int read_byte(struct pager *pager)
{
    for (;;) {
        struct screen_size size = terminal_size();
        unsigned char byte;
        int ready;

        /* It may have come while we wrote. Whoever edits the next line has to hear of it too: the
         * signal is left to them. */
        if (terminal_continued() || size.columns != pager->size.columns ||
            size.rows != pager->size.rows)
            return cut_rows(pager) ? KEY_RESIZED : -ENOMEM;
        ready = terminal_wait(STDIN_FILENO, -1, -1);
        if (terminal_ended())
            return -EINTR;
        if (terminal_interrupted())
            return KEY_LEAVE;
        if (ready > 0)
            return keyboard_take(&byte) ? byte : KEY_LEAVE;
    }
}

static int read_key(struct pager *pager)
{
    int key;

    do {
        key = read_byte(pager);
        if (key >= 0 && key < KEY_NONE)
            key = key_of(pager, (unsigned char)key);
    } while (key == KEY_NONE);
    return key;
}

/* Writes the status line as the pattern that is typed. */
static int show_pattern(struct pager *pager, const char *pattern)
{
    int failed = status_line(pager, "/");

    if (!failed)
        failed = terminal_write(pattern, strlen(pattern));
    pager->status = 1 + utf8_width(pattern, strlen(pattern));
    return failed;
}

/* Reads a search pattern behind a slash; false: dropped, by a ^C in the middle of writing too. */
static bool read_pattern(struct pager *pager, char *pattern)
{
    size_t length = 0;
    int failed;

    pattern[0] = '\0';
    failed = show_pattern(pager, pattern);
    while (!failed) {
        int key = read_byte(pager);

        if (key < 0 || key == KEY_LEAVE || key == 27)
            return false;
        if (key == '\n' || key == '\r')
            return true;
        if (key == KEY_RESIZED) {
            failed = show_pattern(pager, pattern);
        } else if (key == 8 || key == 127) {
            /* A whole character goes: its first byte and those that go on from it. */
            do {
                if (length == 0)
                    return false;
                length--;
            } while ((pattern[length] & 0xc0) == 0x80);
            pattern[length] = '\0';
            failed = show_pattern(pager, pattern);
        } else if (key >= ' ' && key < KEY_NONE && length + 1 < PATTERN_SIZE / 2 &&
                   ((key & 0xc0) == 0x80 || pager->status + 2 < pager->width)) {
            pattern[length++] = (char)key;
            pattern[length] = '\0';
            failed = terminal_write(pattern + length - 1, 1);
            pager->status = 1 + utf8_width(pattern, length);
        }
    }
    return false;
}

/* ---- searching ---- */

static const char not_found[] = "--More-- (not found)";

/* Goes to the line in which the pattern is found, from the one at or behind (back: in front of)
 * this row on. 0 with what the status line says of it, or -errno. */
static int search(struct pager *pager, size_t row, bool back, const char **status)
{
    enum pattern_verdict verdict = PATTERN_ABSENT;

    for (; row < pager->count && verdict == PATTERN_ABSENT && !terminal_called();
         row = back ? row - 1 : row + 1) {
        const char *start = pager->text + pager->rows[row];

        if (row > 0 && start[-1] != '\n')
            continue; /* it began further up */
        verdict = pattern_search(pager->pattern, start, line_length(pager, pager->rows[row]));
        if (verdict == PATTERN_FOUND)
            pager->found = row;
    }
    if (verdict == PATTERN_FOUND) {
        pager->has_found = true;
        return go_to(pager, pager->found);
    }
    *status = verdict == PATTERN_COSTLY ? "--More-- (takes too long)" : not_found;
    return 0;
}

static int search_again(struct pager *pager, bool back, const char **status)
{
    size_t from = pager->has_found ? pager->found : back ? pager->top : pager->next - 1;

    if (!pager->pattern) {
        *status = "--More-- (nothing searched for yet)";
        return 0;
    }
    return search(pager, back ? from - 1 : from + 1, back, status);
}

/* The pattern that is typed behind a slash, in what is not shown yet; none: the last one again. */
static int search_typed(struct pager *pager, const char **status)
{
    char typed[PATTERN_SIZE], why[200];
    struct pattern *pattern;

    if (!read_pattern(pager, typed))
        return 0;
    if (!*typed)
        return search_again(pager, false, status);
    pattern = pattern_compile(typed, why, sizeof why);
    if (!pattern) {
        *status = "--More-- (no such pattern)";
        return 0;
    }
    pattern_free(pager->pattern);
    pager->pattern = pattern;
    pager->has_found = false;
    return search(pager, pager->next, false, status);
}

/* ---- paging ---- */

static int show_help(struct pager *pager)
{
    int failed = status_line(pager, ""), key;

    if (!failed)
        failed = terminal_write(help, sizeof help - 1);
    if (!failed)
        failed = status_line(pager, "--More-- (any key)");
    key = failed ? failed : read_key(pager);
    return key < 0 ? key : key == KEY_LEAVE ? 1 : go_to(pager, pager->top);
}

/* A screen or a line on; behind the end: out. */
static int go_forward(struct pager *pager, size_t rows)
{
    int failed = go_on(pager, pager->next + rows);

    return failed ? failed : pager->next == pager->count;
}

/* Does what a key says. 0, 1: it is over, or -errno; *status is what the status line says then. */
static int obey(struct pager *pager, int key, const char **status)
{
    size_t screen = screenful(pager), top = pager->top;

    switch (key) {
    case ' ':
    case 'f':
        return go_forward(pager, screen);
    case '\n':
    case '\r':
    case 'j':
    case 14: /* the arrow down, as the editor has it */
        return go_forward(pager, 1);
    case 'b':
        return go_to(pager, top > screen ? top - screen : 0);
    case 'k':
    case 16: /* and up */
        return go_to(pager, top > 0 ? top - 1 : 0);
    case 'g':
    case 1: /* Home */
        return go_to(pager, 0);
    case 'G':
    case 5: /* End */
        return go_to(pager, last_top(pager));
    case '/':
        return search_typed(pager, status);
    case 'n':
    case 'N':
        return search_again(pager, key == 'N', status);
    case 'h':
    case '?':
        return show_help(pager);
    case KEY_RESIZED: /* what fits the screen now needs no pager any more */
        return pager->count > screen ? go_to(pager, top) : go_forward(pager, pager->count);
    case 'q':
    case 'Q':
    case CONTROL_C:
    case 4:
    case KEY_LEAVE:
        return 1;
    default:
        *status = "--More-- (h: help)";
        return 0;
    }
}

/* Obeys keys until it is over: 0, or -errno. */
static int page(struct pager *pager)
{
    int failed = go_on(pager, screenful(pager));
    const char *status = "--More--";

    while (!failed) {
        failed = status_line(pager, status);
        int key = failed ? failed : read_key(pager);

        status = NULL;
        failed = key < 0 ? key : obey(pager, key, &status);
        if (!status)
            status = pager->next < pager->count ? "--More--" : "--More-- (end)";
    }
    return failed > 0 ? status_line(pager, "") : failed;
}

static bool stands;

bool pager_stands(void)
{
    return stands;
}

int pager_show(const char *text, size_t length)
{
    struct pager pager = {.text = text, .length = length};
    struct termios before, keys;
    int failed;

    if (!terminal_pages() || !cut_rows(&pager) || tcgetattr(STDIN_FILENO, &before)) {
        free(pager.rows);
        return terminal_write(text, length);
    }
    keys = before;
    keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    /* ^Z stops it while it writes; the line editor has that as a key, not as a signal. */
    keys.c_lflag |= ISIG;
    if (keys.c_cc[VSUSP] == _POSIX_VDISABLE)
        keys.c_cc[VSUSP] = CONTROL_Z;
    keys.c_cc[VMIN] = 1;
    keys.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &keys);
    stands = pager.count >= pager.height;
    failed = stands ? page(&pager) : terminal_write(text, length);
    stands = false;
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    pattern_free(pager.pattern);
    free(pager.rows);
    return failed;
}
