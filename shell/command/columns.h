/* What the shows show: things, each with its columns. A column is one row of a table, which says
 * all that there is to say of it: its member in JSON, its title or line in text, what it counts,
 * and its value. Text, JSON and metrics are written from that row. */
#ifndef MIRRORSH_COLUMNS_H
#define MIRRORSH_COLUMNS_H

#include "command.h"
#include <stdint.h>
#include <stdio.h>

enum column_type {
    COLUMN_TEXT,   /* NULL or "": null in JSON */
    COLUMN_TEXTS,  /* an array; a line each */
    COLUMN_NUMBER, /* in text to the right */
    COLUMN_KNOWN,  /* the same; 0: not known, null */
    COLUMN_DECIMAL,
    COLUMN_TRUTH, /* yes and no in text */
    COLUMN_LIST,  /* things of its own */
};

/* A gauge goes up and down, a counter only up until it is cleared. */
enum metric { METRIC_NONE, METRIC_GAUGE, METRIC_COUNTER };

/* FORM_TABLE: one line a thing, below titles; of a list within a list, its columns stand behind
 * those of the thing that it is in, if they have titles. FORM_LINES: a section each: headings, a
 * line a column, and the lists below. */
enum form { FORM_TABLE, FORM_LINES };

struct columns;

/* Adds the columns of one thing; the first is its name. */
typedef void columns_fn(struct columns *columns, const void *item, const void *context);

struct listing {
    const void *items;
    size_t count, size; /* of one item */
    columns_fn *columns;
    const void *context; /* for `columns` */
    enum form form;
    bool single;       /* in JSON an object instead of an array of one */
    const char *only;  /* the name of the only one to be shown, NULL: all are */
    const char *empty; /* in text, when there are none */
};

struct column {
    const char *key;   /* in JSON; "matched.bytes" is `bytes` in an object `matched`. NULL: none */
    const char *title; /* in a table; NULL: it is not there */
    const char *line;  /* what its line begins with; NULL: none. The same as of the column before:
                          it goes on there, behind a comma */
    const char *heading; /* a line above a section; NULL: none */
    const char *spelled; /* what its line says in place of the value; NULL: the value */
    const char *mark;    /* behind the value in its line, in parentheses; NULL: none */
    bool note;           /* a reason: below its row, or in the line before, behind a colon */

    const char *label; /* identifies the thing, by this name; NULL: it does not */
    enum metric metric;
    const char *unit;   /* of a metric: "packets"; NULL: it has none. Its line says so where the key
                           is of an object and ends with it */
    const char *help;   /* one line, of a metric */
    const char *called; /* the metric; NULL: as key and unit say. A text is 1 where it says this,
                           else 0 */

    enum column_type type;
    union {
        const char *text;
        const char *const *texts; /* ends with a NULL */
        uint64_t number;
        double decimal;
        bool truth;
        struct listing list;
    };
};

/* The values of a row's type, to be written in its braces. */
#define TEXT(value)     .type = COLUMN_TEXT, .text = (value)
#define TEXTS(value)    .type = COLUMN_TEXTS, .texts = (value)
#define NUMBER(value)   .type = COLUMN_NUMBER, .number = (value)
#define KNOWN(value)    .type = COLUMN_KNOWN, .number = (value)
#define DECIMAL(value)  .type = COLUMN_DECIMAL, .decimal = (value)
#define TRUTH(value)    .type = COLUMN_TRUTH, .truth = (value)
#define LISTING(...)    .type = COLUMN_LIST, .list = {__VA_ARGS__}
#define LABEL(name)     .label = (name)
#define GAUGE(of, says) .metric = METRIC_GAUGE, .unit = (of), .help = (says)
#define STATE(is, says) .metric = METRIC_GAUGE, .called = (is), .help = (says)
#define COUNTER(value, of, says)                                                                   \
    .type = COLUMN_NUMBER, .number = (value), .metric = METRIC_COUNTER, .unit = (of), .help = (says)

/* What columns point at lives as long as their item; what is made for them is kept by the two
 * functions below. When memory runs out columns are missing, texts are empty. */
void columns_add(struct columns *columns, const struct column *added, size_t count);
const char *columns_text(struct columns *columns, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Takes malloced memory, and frees it with the columns; returns it. */
void *columns_keep(struct columns *columns, void *memory);

#define COLUMNS_ADD(columns, table) columns_add(columns, table, sizeof(table) / sizeof *(table))

/* What an answer is written to. */
struct paper {
    FILE *out;
    size_t width; /* columns of a screen that tables are folded to; 0: as wide as they are */
};

/* Writes an answer: its columns are the members of the object in JSON. */
void columns_print(const struct column *answer, size_t count, enum display display,
                   const struct paper *paper);

#endif
