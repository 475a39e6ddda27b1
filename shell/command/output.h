/* How answers are written: plain tables for people, JSON for programs. */
#ifndef MIRRORSH_OUTPUT_H
#define MIRRORSH_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Cells are collected row by row, the header first, and printed in columns as wide as they
 * need. Memory that runs out leaves cells empty. */
struct table {
    size_t columns;
    const char *align; /* a character a column: 'l' left, 'r' right */
    const char *indent;
    char **cells;
    size_t count;
};

void table_cell(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A line of its own below the row: a reason. */
void table_note(struct table *table, const char *text);
/* Prints it and frees the cells. What does not fit into `width` columns goes on below, titles and
 * rows alike: columns from one of them on, or, of a last column of text, its words. 0: it is as
 * wide as it needs. */
void table_print(struct table *table, size_t width, FILE *out);

/* One object or array inside another; commas and the final newline come by themselves. `key`
 * is NULL for an element of an array. */
struct json {
    FILE *out;
    bool behind_value; /* the next one needs a comma */
};

void json_begin(struct json *json, FILE *out);
void json_end(struct json *json);
void json_open(struct json *json, const char *key, char bracket);
void json_close(struct json *json, char bracket);
void json_number(struct json *json, const char *key, uint64_t value);
void json_decimal(struct json *json, const char *key, double value);
void json_truth(struct json *json, const char *key, bool value);
/* NULL or "": null. */
void json_text(struct json *json, const char *key, const char *text);

#endif
