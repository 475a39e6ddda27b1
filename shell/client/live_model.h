/* What the live view shows, without a screen: rates between two samples, totals since the
 * last reset, the curve of the last minute, which rows there are and in which order. Pure. */
#ifndef MIRRORSH_LIVE_MODEL_H
#define MIRRORSH_LIVE_MODEL_H

#include "../protocol.h"
#include "live_sample.h"

/* SHORT_MS: a sample that follows another so soon was asked for; it takes the other's place, as
 * rates of so short a time would jump. */
enum { SHORT_MS = 500 };

enum { CURVE_POINTS = 64, CURVE_MS = 60000, CURVE_LEVELS = 8 };

/* Matched packets of one session at the moments of its last samples. */
struct live_curve {
    char *name;
    struct curve_point {
        uint64_t ms, packets;
    } points[CURVE_POINTS];
    size_t count; /* points ever added; the newest is at (count - 1) % CURVE_POINTS */
};

enum live_sort { SORT_PRIORITY, SORT_NAME, SORT_MATCHED, SORT_SENT, SORT_DROPPED, SORTS };

struct live_model {
    struct live_sample *now, *before; /* shown, and the one in front of it; NULL: none yet */
    struct live_sample *base;         /* totals count from here; NULL: from the last clear */
    struct live_curve *curves;        /* in the order of now->sessions */
    size_t curve_count;
    enum live_sort sort;
    bool reversed;
    char filter[SESSION_NAME_SIZE]; /* a part of the names that are shown, in either case */
    size_t *order;                  /* of the rows: indices into now->sessions */
    size_t row_count; /* of them; fewer than sessions where the filter leaves some out */
};

/* A counter as the view shows it. */
struct flow {
    bool rated; /* two samples have it: there is a rate */
    double per_second;
    uint64_t total;
};

/* A session, or the sum of all that are shown. `dropped` is the sum of the reasons. */
struct live_model_row {
    struct flow counts[LIVE_COUNTS], dropped;
};

/* Takes over a sample, which is freed also when memory runs out: false. */
bool live_model_add(struct live_model *model, struct live_sample *sample);
void live_model_reset(struct live_model *model);
/* Makes the rows anew, after a change of sort, reversed or filter. */
void live_model_arrange(struct live_model *model);
void live_model_free(struct live_model *model);

struct live_model_row live_model_session(const struct live_model *model, size_t index);
struct live_model_row live_model_sum(const struct live_model *model);
struct flow live_model_rule(const struct live_model *model, size_t index);
struct flow live_model_receiver(const struct live_model *model, size_t index);

/* The last minute in `cells` steps: 0, or 1 to CURVE_LEVELS of the busiest. */
void curve_levels(const struct live_curve *curve, uint64_t now_ms, unsigned char *levels,
                  size_t cells);

const char *sort_name(enum live_sort sort);

#endif
