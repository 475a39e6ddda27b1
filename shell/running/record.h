/* Who committed a configuration, from which console, when and why: kept beside it for as long as
 * it runs or is archived. */
#ifndef MIRRORSH_RECORD_H
#define MIRRORSH_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

enum {
    AUTHOR_PART_MAX = 64,
    AUTHOR_MAX = 2 * AUTHOR_PART_MAX + 3,
    COMMENT_MAX = 255, /* characters */
    COMMENT_SIZE = 4 * COMMENT_MAX + 1
};

/* Somebody at a console. */
struct author {
    char user[AUTHOR_PART_MAX];
    char terminal[AUTHOR_PART_MAX]; /* "pts/3"; "": a script's */
};

/* "anna (pts/3)" */
void author_text(const struct author *author, char text[static AUTHOR_MAX]);

/* Of one configuration; all zero: nothing is known of its commit. */
struct record {
    time_t when;
    struct author author;
    char comment[COMMENT_SIZE]; /* "": none */
    bool unconfirmed;           /* to go back from, or gone back from */
};

/* A line of the file of records. */
struct record_line {
    unsigned long serial; /* of the archive's entry; 0: it ran when this was written */
    uint64_t digest;      /* of the configuration's text */
    struct record record;
};

/* What tells one configuration's text from another's; never 0. */
uint64_t record_digest(const char *text, size_t length);

void record_print(const struct record_line *line, FILE *out);
/* A line without its end; false: it is none. */
bool record_parse(const char *text, struct record_line *line);

#endif
