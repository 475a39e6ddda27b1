/* One row of the live view's picture while it is composed: its text, and the columns that it
 * takes. Pure. */
#ifndef MIRRORSH_LIVE_ROW_H
#define MIRRORSH_LIVE_ROW_H

#include <stdbool.h>
#include <stddef.h>

/* ROW_COLUMNS: no more of a terminal is drawn on. */
enum { ROW_BYTES = 1024, ROW_COLUMNS = 300 };

enum look { LOOK_PLAIN, LOOK_BOLD, LOOK_REVERSE };

struct row {
    char text[ROW_BYTES];
    size_t length, width; /* bytes, columns */
    enum look look;
};

void row_add(struct row *row, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Ends before a column, if it comes there. */
void row_clip(struct row *row, size_t width);
/* Blanks up to a column. */
void row_fill(struct row *row, size_t width);
/* A text in exactly `width` columns; one that is cut has a ~ at its end, or, for a name, before
 * its last third: names differ at their ends. */
void row_text(struct row *row, const char *text, size_t width);
void row_name(struct row *row, const char *name, size_t width);
/* A number in at most `width` (>= 5) characters: exact where it fits, else 1.23M. */
void number_text(char *text, size_t size, double value, size_t width);
/* The same to the right in `width` columns. */
void row_number(struct row *row, double value, size_t width);

/* Something that a line says if it has the room. */
struct part {
    char text[300];
    unsigned importance; /* the least goes in first */
};
/* Those that fit into `columns` together, in their order, with two blanks between them. */
void row_parts(struct row *row, const struct part *parts, size_t count, size_t columns);

#endif
