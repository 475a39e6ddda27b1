/* A regular expression that a person typed (PCRE2), for pipes and the pager's search. Whatever
 * it is, it costs a bounded amount of time and memory: to compile, and for each text. */
#ifndef MIRRORSH_PATTERN_H
#define MIRRORSH_PATTERN_H

#include <stddef.h>

struct pattern;

/* Longer, or with more groups within groups, is refused. */
enum { PATTERN_BYTES_MAX = 1000, PATTERN_NEST_MAX = 50 };

/* NULL with *why, which names the character it is about. */
struct pattern *pattern_compile(const char *text, char *why, size_t why_size);
void pattern_free(struct pattern *pattern);

enum pattern_verdict {
    PATTERN_ABSENT,
    PATTERN_FOUND,
    PATTERN_COSTLY, /* the bound was reached before it was known */
};

/* Whether it is found anywhere in a text; bytes that are no UTF-8 match nothing. */
enum pattern_verdict pattern_search(struct pattern *pattern, const char *text, size_t length);

#endif
