/* The rules of a filter in one direction, compiled for the packet path: the first rule of the list
 * that matches a key decides. How it finds the rule is its own affair. */
#ifndef MIRRORSH_CLASSIFIER_H
#define MIRRORSH_CLASSIFIER_H

#include "plan.h"

struct classifier;

/* A rule and what it decides. */
struct classifier_rule {
    const struct match *match; /* NULL: any frame */
    struct verdict verdict;
};

/* Copies what it needs of the rules; NULL when memory runs out. Freed with classifier_free
 * (NULL is fine). */
struct classifier *classifier_new(const struct classifier_rule *rules, size_t count);
void classifier_free(struct classifier *classifier);

/* Bytes that it holds. */
size_t classifier_size(const struct classifier *classifier);

/* Room for numbers and for prefixes, and bytes of the key that are neither. */
enum { NUMBER_LANES = 8, PREFIX_LANES = 2 };

/* Numbers of the key side by side, compared all at once. */
typedef uint16_t numbers __attribute__((vector_size(2 * NUMBER_LANES)));

/* A key in the shape in which rules are compared with it: made once a packet, for all classifiers
 * that it is looked up in. */
struct probe {
    uint64_t first[PREFIX_LANES];
    numbers numbers;
    uint64_t second[PREFIX_LANES + 1];
    uint16_t parts;
};
struct probe classifier_probe(const struct flow_key *key);

/* The verdict of the first rule that matches; VERDICT_UNMATCHED when none does. */
struct verdict classifier_find(const struct classifier *classifier, const struct probe *probe);

#endif
