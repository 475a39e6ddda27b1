/* What the live view shows, without a screen: rates between two samples, totals since the
 * last reset, the trail of the last minute, the order of the rows. Pure. */
#ifndef MIRRORSH_MODEL_H
#define MIRRORSH_MODEL_H

#include "live_sample.h"

/* SHORT_MS: a sample that follows another so soon was asked for; it takes the other's place, as
 * rates of so short a time would jump. */
enum { SHORT_MS = 500 };

enum { TRAIL_POINTS = 64, TRAIL_MS = 60000, TRAIL_LEVELS = 8 };

/* Matched packets of one session at the moments of its last samples. */
struct trail {
    char *name;
    struct trail_point {
        uint64_t ms, packets;
    } points[TRAIL_POINTS];
    size_t count; /* points ever added; the newest is at (count - 1) % TRAIL_POINTS */
};

enum model_sort { SORT_PRIORITY, SORT_NAME, SORT_MATCHED, SORT_SENT, SORT_DROPPED, SORTS };

struct model {
    struct sample *now, *before; /* shown, and the one in front of it; NULL: none yet */
    struct sample *base;         /* totals count from here; NULL: from the last clear */
    struct trail *trails;        /* in the order of now->sessions */
    size_t trail_count;
    enum model_sort sort;
    size_t *order; /* of the rows: indices into now->sessions */
};

/* A counter as the view shows it. */
struct flow {
    double per_second;
    uint64_t total;
};

/* A row, or the sum of all. */
struct model_row {
    struct flow matched, matched_bytes, sent, sent_bytes, dropped;
};

/* Takes over a sample; hold: only the trails follow it. false: out of memory. */
bool model_add(struct model *model, struct sample *sample, bool hold);
void model_reset(struct model *model);
void model_sort(struct model *model);
void model_free(struct model *model);

struct model_row model_session(const struct model *model, size_t index);
struct model_row model_sum(const struct model *model);
struct flow model_rule(const struct model *model, size_t index);
struct flow model_receiver(const struct model *model, size_t index);

/* The last minute in `cells` steps: 0, or 1 to TRAIL_LEVELS of the busiest. */
void trail_levels(const struct trail *trail, uint64_t now_ms, unsigned char *levels, size_t cells);

/* A number in at most `width` (>= 5) characters: exact where it fits, else 1.23M. */
void number_text(char *text, size_t size, double value, size_t width);

const char *sort_name(enum model_sort sort);

#endif
