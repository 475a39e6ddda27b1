/* The things of a listing, one after the other, with their columns: for those that write answers,
 * columns.c and prometheus.c. */
#ifndef MIRRORSH_THINGS_H
#define MIRRORSH_THINGS_H

#include "columns.h"

/* Of one thing; zeroed before the first. */
struct columns {
    struct column *at;
    size_t count;
    void **kept;
    size_t kept_count;
};

/* The columns of the list's next thing, *index on: false when there is none. They replace those
 * of the one before, and are freed behind the last. */
bool next_thing(const struct listing *list, size_t *index, struct columns *columns);
/* Leaves none. */
void columns_free(struct columns *columns);

/* A single value as people read it; never NULL. May be kept by `columns`. */
const char *column_text(struct columns *columns, const struct column *column);

/* The metrics of an answer, in the text format of Prometheus. */
void prometheus_print(const struct column *answer, size_t count, FILE *out);

#endif
