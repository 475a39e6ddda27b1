/* What parsers and checks report. A parser returns false and one problem with its place;
 * a check collects all of them. */
#ifndef MIRRORSH_PROBLEM_H
#define MIRRORSH_PROBLEM_H

#include <stddef.h>
#include <stdint.h>

struct word; /* words.h */

struct problem {
    uint32_t at;    /* where in the line: a byte offset; words_column makes a column of it */
    char text[400]; /* what is wrong and what was expected */
    _Bool warning;  /* it is told, and the command succeeds */
};

/* Sets text and, unless word is NULL, the place: where that word begins. One that is missing is
 * about the one in its place, which may be the line's end (words.h). Returns false, so that a
 * parser can `return problem_at(...)`. */
_Bool problem_at(struct problem *problem, const struct word *word, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same of what is no reason to fail. */
_Bool problem_warn(struct problem *problem, const struct word *word, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A growing list of texts, each with the line it is about (0: none); unless all are wanted, the
 * first PROBLEMS_MAX. */
enum { PROBLEMS_MAX = 1000 };
struct problems {
    struct problem_line {
        uint32_t line;   /* 1-based; 0: no line */
        uint32_t column; /* 1-based, in characters; 0: none */
        char *text;
    } * at;
    size_t count;
    size_t more; /* that were not kept */
    _Bool all;
};

void problems_add(struct problems *problems, uint32_t line, uint32_t column, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));
/* Whether another one would not be kept. */
_Bool problems_full(const struct problems *problems);
void problems_free(struct problems *problems);

#endif
