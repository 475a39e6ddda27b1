/* Bytes -> the lines of a script, each with its number: the places of error messages start
 * here. Pure; script.c reads the bytes. */
#ifndef MIRRORSH_LINES_H
#define MIRRORSH_LINES_H

#include "../protocol.h"

struct lines {
    char *data; /* owned */
    size_t start, end, capacity;
    size_t looked_at; /* no newline before here */
    bool finished;    /* no more bytes will come */
    bool skipping;    /* the rest of a line that was too long */
    uint32_t number;  /* of the line handed out last, 1-based */
};

enum line_kind {
    LINE_COMMAND, /* *text, NUL-terminated, holds until the next call */
    LINE_NOTHING, /* blank or a comment */
    LINE_BAD,     /* *text says why, *column (1-based, in characters) where */
    LINE_WAIT,    /* more bytes are needed */
    LINE_LAST,    /* there are no more */
};

/* false: out of memory. */
bool lines_add(struct lines *lines, const char *data, size_t length);
enum line_kind lines_next(struct lines *lines, const char **text, size_t *length, uint32_t *column);
void lines_free(struct lines *lines);

/* The column that a problem without one is shown at: of the line's first word. */
uint32_t lines_first_column(const char *text);

#endif
