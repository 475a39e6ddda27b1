/* What packets may be wanted, in few words: matches, of which one at least holds for every packet
 * that one of many given matches holds for. A few are kept as they are, many are covered by wider
 * ones: it may say too much, never too little. Pure. */
#ifndef MIRRORSH_INTEREST_H
#define MIRRORSH_INTEREST_H

#include "../mirror_config.h"

enum { INTEREST_MOST = 16 };

/* Begins as {0}: nothing. Freed with interest_free. */
struct interest {
    struct match *matches;
    unsigned count, room;
    unsigned grain; /* how much wider than given they are made: see interest.c */
};

void interest_free(struct interest *interest);

/* false: memory ran out, and nothing was added. */
bool interest_add(struct interest *interest, const struct match *match);
bool interest_add_all(struct interest *interest, const struct interest *more);
/* What is in both of these. */
bool interest_add_both(struct interest *interest, const struct interest *one,
                       const struct interest *other);

/* Any packet may be wanted. */
bool interest_is_all(const struct interest *interest);

/* A match of one field, which is a prefix. */
struct match interest_prefix(enum match_field_id field, const struct mirror_prefix *prefix);

#endif
