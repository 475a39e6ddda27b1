/* Cuts the input of a script into lines and sorts out what is no command. */
#include "lines.h"
#include "../config/utf8.h"
#include "../config/words.h"
#include <stdlib.h>
#include <string.h>

bool lines_add(struct lines *lines, const char *data, size_t length)
{
    /* One byte more, so that a last line without a newline can be terminated too. */
    if (lines->end + length + 1 > lines->capacity) {
        size_t waiting = lines->end - lines->start;
        size_t capacity = 2 * (waiting + length) + 1;
        char *grown;

        if (lines->start)
            memmove(lines->data, lines->data + lines->start, waiting);
        lines->looked_at -= lines->start;
        lines->start = 0;
        lines->end = waiting;
        if (capacity > lines->capacity) {
            grown = realloc(lines->data, capacity);
            if (!grown)
                return false;
            lines->data = grown;
            lines->capacity = capacity;
        }
    }
    memcpy(lines->data + lines->end, data, length);
    lines->end += length;
    return true;
}

void lines_free(struct lines *lines)
{
    free(lines->data);
    *lines = (struct lines){0};
}

uint32_t lines_first_column(const char *text)
{
    return (uint32_t)strspn(text, " \t") + 1;
}

static enum line_kind judge(const char *text, size_t length, const char **why, uint32_t *column)
{
    size_t blanks = strspn(text, " \t");
    size_t whole = strlen(text);

    if (text[blanks] == '#' || blanks == length)
        return LINE_NOTHING;
    if (whole < length) {
        *column = words_column(text, whole);
        *why = "a NUL character cannot stand in a line";
        return LINE_BAD;
    }
    return LINE_COMMAND;
}

/* Where the line that begins at start ends: its newline, or the end of all; NULL: not here. */
static char *line_end(struct lines *lines)
{
    char *newline = NULL;

    if (lines->end > lines->looked_at)
        newline = memchr(lines->data + lines->looked_at, '\n', lines->end - lines->looked_at);
    lines->looked_at = lines->end;
    if (!newline && lines->finished && lines->start < lines->end)
        newline = lines->data + lines->end;
    return newline;
}

enum line_kind lines_next(struct lines *lines, const char **text, size_t *length, uint32_t *column)
{
    char *newline = line_end(lines);
    bool was_skipping = lines->skipping;
    size_t size = (newline ? (size_t)(newline - lines->data) : lines->end) - lines->start;
    char *line = lines->data + lines->start;

    if (!newline && size <= LINE_LENGTH_MAX && !was_skipping)
        return lines->finished ? LINE_LAST : LINE_WAIT;
    if (newline) {
        *newline = '\0';
        lines->start += size + 1;
        if (lines->start > lines->end)
            lines->start = lines->end;
        lines->looked_at = lines->start;
        lines->skipping = false;
    } else {
        lines->start = lines->looked_at = lines->end;
        lines->skipping = true;
    }
    if (was_skipping)
        return newline ? LINE_NOTHING : lines->finished ? LINE_LAST : LINE_WAIT;
    if (lines->number++ == 0) {
        size_t mark = utf8_mark(line, size);

        line += mark;
        size -= mark;
    }
    if (size > LINE_LENGTH_MAX) {
        *column = LINE_LENGTH_MAX + 1;
        *text = "the line is too long: more than 1048576 bytes";
        return LINE_BAD;
    }
    if (size && line[size - 1] == '\r')
        line[--size] = '\0';
    *length = size;
    *text = line;
    return judge(line, size, text, column);
}
