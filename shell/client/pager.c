/* Cuts an output into rows of the screen and lets keys move through them. Needs nothing of
 * the terminal but a carriage return, so it works on every one. */
#include "pager.h"
#include "../config/utf8.h"
#include "pattern.h"
#include "terminal.h"
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

struct pager {
    const char *text;
    size_t length;
    size_t *rows; /* byte offset of each row of the screen, and the end */
    size_t count; /* rows */
    size_t next;  /* row that would be shown next */
    size_t height, width;
};

static size_t row_end(const struct pager *pager, size_t start)
{
    const char *newline = memchr(pager->text + start, '\n', pager->length - start);
    size_t line = newline ? (size_t)(newline - pager->text) - start : pager->length - start;
    size_t fits = utf8_fit(pager->text + start, line, pager->width);

    if (fits < line)
        return start + (fits ? fits : 1);
    return start + line + (newline ? 1 : 0);
}

/* Cuts anew, for the width the terminal has now; stays at the same place of the text. */
static bool cut_rows(struct pager *pager)
{
    struct screen_size size = terminal_size();
    size_t place = pager->rows ? pager->rows[pager->next] : 0;
    size_t capacity = 0;

    pager->height = size.rows > 2 ? size.rows : 2;
    pager->width = size.columns > 10 ? size.columns : 10;
    free(pager->rows);
    pager->rows = NULL;
    pager->count = pager->next = 0;
    for (size_t at = 0;; at = row_end(pager, at)) {
        if (pager->count + 1 >= capacity) {
            size_t *grown = realloc(pager->rows, (capacity = 2 * capacity + 64) * sizeof *grown);

            if (!grown)
                return false;
            pager->rows = grown;
        }
        pager->rows[pager->count] = at;
        if (at <= place)
            pager->next = pager->count;
        if (at >= pager->length)
            return true;
        pager->count++;
    }
}

/* Writes rows up to `until`, each on a line of its own. */
static int write_rows(struct pager *pager, size_t until)
{
    int failed = 0;

    if (until > pager->count)
        until = pager->count;
    for (; pager->next < until && !failed; pager->next++) {
        size_t start = pager->rows[pager->next], end = pager->rows[pager->next + 1];

        failed = terminal_write(pager->text + start, end - start);
        if (!failed && pager->text[end - 1] != '\n')
            failed = terminal_write("\n", 1);
    }
    return failed;
}

/* Writes a prompt over the last line of the screen; "" wipes it. */
static int status_line(const char *text)
{
    int failed = terminal_write("\r                              \r", 32);

    return failed ? failed : terminal_write(text, strlen(text));
}

/* A key, or -errno. ^C, a hang-up and the end of input are 'q'. */
static int read_key(struct pager *pager)
{
    for (;;) {
        int ready = terminal_wait(STDIN_FILENO, -1, -1);
        unsigned char key;

        if (terminal_ended())
            return -EINTR;
        if (terminal_interrupted())
            return 'q';
        if (terminal_resized() && !cut_rows(pager))
            return -ENOMEM;
        if (ready > 0)
            return read(STDIN_FILENO, &key, 1) == 1 ? key : 'q';
    }
}

/* Reads a search pattern behind a slash; false: dropped. */
static bool read_pattern(struct pager *pager, char *pattern, size_t size)
{
    size_t length = 0;

    pattern[0] = '\0';
    status_line("/");
    for (;;) {
        int key = read_key(pager);

        if (key < 0 || key == 3 || key == 27)
            return false;
        if (key == '\n' || key == '\r')
            return length > 0;
        if (key == 8 || key == 127) {
            /* A whole character goes: its first byte and those that go on from it. */
            do {
                if (length == 0)
                    return false;
                length--;
            } while ((pattern[length] & 0xc0) == 0x80);
        } else if (key >= ' ' && length + 1 < size) {
            pattern[length++] = (char)key;
        }
        pattern[length] = '\0';
        status_line("/");
        terminal_write(pattern, length);
    }
}

/* Goes to the first row behind what is shown that the pattern is found in. NULL, or what the
 * status line says of it. */
static const char *search(struct pager *pager, const char *text)
{
    char why[200];
    struct pattern *pattern = pattern_compile(text, why, sizeof why);
    enum pattern_verdict verdict = PATTERN_ABSENT;
    size_t row = pager->next;

    if (!pattern)
        return "--More-- (no such pattern)";
    for (; row < pager->count && verdict == PATTERN_ABSENT && !terminal_called(); row++) {
        const char *start = pager->text + pager->rows[row];
        size_t length = pager->rows[row + 1] - pager->rows[row];

        verdict = pattern_search(pattern, start, length - (start[length - 1] == '\n'));
    }
    pattern_free(pattern);
    if (verdict == PATTERN_COSTLY)
        return "--More-- (takes too long)";
    if (verdict == PATTERN_ABSENT)
        return "--More-- (not found)";
    pager->next = row - 1;
    return NULL;
}

/* Obeys keys until all is shown. 1: q, 0: the end is reached, or -errno. */
static int page(struct pager *pager)
{
    char pattern[128];
    const char *status = "--More--";
    int failed = write_rows(pager, pager->height - 1);

    while (!failed && pager->next < pager->count) {
        size_t screenful = pager->height - 1;
        int key;

        failed = status_line(status);
        key = failed ? failed : read_key(pager);
        status = "--More--";
        if (key < 0)
            return key;
        if (key == 'q' || key == 'Q' || key == 3 || key == 4)
            return 1;
        if (key == '/') {
            if (!read_pattern(pager, pattern, sizeof pattern))
                continue;
            const char *missed = search(pager, pattern);

            if (missed) {
                status = missed;
                continue;
            }
        } else if (key == 'b') {
            pager->next = pager->next > 2 * screenful ? pager->next - 2 * screenful : 0;
        } else if (key == '\n' || key == '\r') {
            screenful = 1;
        } else if (key != ' ') {
            continue;
        }
        failed = status_line("");
        if (!failed)
            failed = write_rows(pager, pager->next + screenful);
    }
    return failed;
}

int pager_show(const char *text, size_t length)
{
    struct pager pager = {.text = text, .length = length};
    struct termios before, keys;
    int failed;

    if (!cut_rows(&pager) || pager.count < pager.height || tcgetattr(STDIN_FILENO, &before)) {
        free(pager.rows);
        return terminal_write(text, length);
    }
    keys = before;
    keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    keys.c_cc[VMIN] = 1;
    keys.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &keys);
    failed = page(&pager);
    if (failed == 1)
        failed = status_line("");
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    free(pager.rows);
    return failed;
}
