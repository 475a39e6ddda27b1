/* Samples -> rates, totals, curves and order. Knows neither the box nor the screen. */
#include "live_model.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Counters go back when somebody clears them: then everything came since. */
static uint64_t gain(uint64_t now, uint64_t before)
{
    return now >= before ? now - before : now;
}

static struct flow flow(const struct live_model *model, uint64_t now, const uint64_t *before,
                        const uint64_t *base)
{
    struct flow flow = {.total = base ? gain(now, *base) : now};
    uint64_t passed = model->before ? model->now->taken_ms - model->before->taken_ms : 0;

    if (before && passed && now >= *before) {
        flow.rated = true;
        flow.per_second = (double)(now - *before) * 1000.0 / (double)passed;
    }
    return flow;
}

static void add_flow(struct flow *sum, const struct flow *flow)
{
    sum->rated |= flow->rated;
    sum->per_second += flow->per_second;
    sum->total += flow->total;
}

struct live_model_row live_model_session(const struct live_model *model, size_t index)
{
    const struct live_sample_session *now = &model->now->sessions[index];
    const struct live_sample_session *before = live_sample_find(model->before, now->name, index);
    const struct live_sample_session *base = live_sample_find(model->base, now->name, index);
    struct live_model_row row = {0};

    for (size_t i = 0; i < LIVE_COUNTS; i++) {
        row.counts[i] = flow(model, now->counts[i], before ? &before->counts[i] : NULL,
                             base ? &base->counts[i] : NULL);
        if (i >= COUNT_RATE_LIMIT)
            add_flow(&row.dropped, &row.counts[i]);
    }
    return row;
}

struct live_model_row live_model_sum(const struct live_model *model)
{
    struct live_model_row sum = {0};

    for (size_t i = 0; i < model->row_count; i++) {
        struct live_model_row row = live_model_session(model, model->order[i]);

        for (size_t j = 0; j < LIVE_COUNTS; j++)
            add_flow(&sum.counts[j], &row.counts[j]);
        add_flow(&sum.dropped, &row.dropped);
    }
    return sum;
}

/* A rule of the watched session in another sample of it, where it stands at `near` as a rule. */
static const uint64_t *rule_packets(const struct live_model *model,
                                    const struct live_sample *sample, size_t near)
{
    const struct live_sample_rule *like = &model->now->rules[near];

    if (!live_sample_watches(sample, model->now->watched))
        return NULL;
    for (size_t i = 0; i < sample->rule_count; i++) {
        const struct live_sample_rule *rule = &sample->rules[(near + i) % sample->rule_count];

        if (strcmp(rule->number, like->number) == 0 &&
            strcmp(rule->direction, like->direction) == 0)
            return &rule->packets;
    }
    return NULL;
}

struct flow live_model_rule(const struct live_model *model, size_t index)
{
    const struct live_sample_rule *now = &model->now->rules[index];

    return flow(model, now->packets, rule_packets(model, model->before, index),
                rule_packets(model, model->base, index));
}

static const uint64_t *receiver_packets(const struct live_model *model,
                                        const struct live_sample *sample,
                                        const struct live_sample_receiver *like)
{
    if (!live_sample_watches(sample, model->now->watched))
        return NULL;
    for (size_t i = 0; i < sample->receiver_count; i++)
        if (strcmp(sample->receivers[i].address, like->address) == 0)
            return &sample->receivers[i].packets;
    return NULL;
}

struct flow live_model_receiver(const struct live_model *model, size_t index)
{
    const struct live_sample_receiver *now = &model->now->receivers[index];

    return flow(model, now->packets, receiver_packets(model, model->before, now),
                receiver_packets(model, model->base, now));
}

static void curve_add(struct live_curve *curve, uint64_t ms, uint64_t packets)
{
    if (curve->count) {
        const struct curve_point *last = &curve->points[(curve->count - 1) % CURVE_POINTS];

        if (packets < last->packets)
            curve->count = 0; /* cleared: a new curve */
        else if (ms <= last->ms)
            return;
    }
    curve->points[curve->count++ % CURVE_POINTS] = (struct curve_point){ms, packets};
}

/* Takes the curve of that name out of the old ones, or makes a new one. */
static bool take_curve(struct live_curve *into, struct live_curve *old, size_t count,
                       const char *name, size_t near)
{
    for (size_t i = 0; i < count; i++) {
        struct live_curve *curve = &old[(near + i) % count];

        if (curve->name && strcmp(curve->name, name) == 0) {
            *into = *curve;
            curve->name = NULL;
            return true;
        }
    }
    *into = (struct live_curve){.name = strdup(name)};
    return into->name;
}

static void free_curves(struct live_curve *curves, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(curves[i].name);
    free(curves);
}

static bool follow_curves(struct live_model *model, const struct live_sample *sample)
{
    struct live_curve *curves = calloc(sample->session_count + 1, sizeof *curves);
    bool good = curves;
    size_t count = 0;

    for (; good && count < sample->session_count; count++) {
        const struct live_sample_session *session = &sample->sessions[count];

        good = take_curve(&curves[count], model->curves, model->curve_count, session->name, count);
        if (good)
            curve_add(&curves[count], sample->taken_ms, session->counts[COUNT_MATCHED]);
    }
    free_curves(model->curves, model->curve_count);
    model->curves = curves;
    model->curve_count = count;
    return good;
}

/* Packets up to a moment, between two points by a straight line. */
static double packets_at(const struct live_curve *curve, uint64_t ms)
{
    size_t kept = curve->count < CURVE_POINTS ? curve->count : CURVE_POINTS;
    const struct curve_point *older = &curve->points[(curve->count - kept) % CURVE_POINTS];

    for (size_t i = 0; i < kept; i++) {
        const struct curve_point *point = &curve->points[(curve->count - kept + i) % CURVE_POINTS];

        if (point->ms >= ms) {
            if (point->ms == older->ms)
                return (double)point->packets;
            return (double)older->packets + (double)(point->packets - older->packets) *
                                                (double)(ms - older->ms) /
                                                (double)(point->ms - older->ms);
        }
        older = point;
    }
    return (double)older->packets;
}

void curve_levels(const struct live_curve *curve, uint64_t now_ms, unsigned char *levels,
                  size_t cells)
{
    double most = 0;

    memset(levels, 0, cells);
    if (curve->count < 2 || cells == 0)
        return;
    /* The first pass finds the busiest step, the second measures all by it. */
    for (int pass = 0; pass < 2; pass++) {
        uint64_t first =
            curve->points[(curve->count > CURVE_POINTS ? curve->count : 0) % CURVE_POINTS].ms;

        for (size_t i = 0; i < cells; i++) {
            uint64_t back_from = CURVE_MS - i * CURVE_MS / cells;
            uint64_t back_to = CURVE_MS - (i + 1) * CURVE_MS / cells;
            double came;

            if (now_ms < back_to + first)
                continue;
            came = packets_at(curve, now_ms - back_to) -
                   packets_at(curve, now_ms > back_from + first ? now_ms - back_from : first);
            if (pass == 0 && came > most)
                most = came;
            if (pass == 1 && came > 0.5 && most > 0)
                levels[i] = (unsigned char)(1 + (came / most) * (CURVE_LEVELS - 1) + 0.001);
        }
    }
}

static struct live_sample *retire(const struct live_model *model, struct live_sample *sample)
{
    if (sample != model->now && sample != model->before && sample != model->base)
        live_sample_free(sample);
    return NULL;
}

bool live_model_add(struct live_model *model, struct live_sample *sample)
{
    struct live_sample *old = model->before;
    size_t *order;

    order = realloc(model->order, (sample->session_count + 1) * sizeof *order);
    if (order)
        model->order = order;
    if (!order || !follow_curves(model, sample)) {
        live_sample_free(sample);
        return false;
    }
    if (model->before && model->now != model->base &&
        sample->taken_ms - model->now->taken_ms < SHORT_MS)
        old = model->now;
    else
        model->before = model->now;
    model->now = sample;
    retire(model, old);
    live_model_arrange(model);
    return true;
}

void live_model_reset(struct live_model *model)
{
    struct live_sample *old = model->base;

    model->base = model->now;
    retire(model, old);
}

struct sort_entry {
    size_t index;
    const char *name; /* NULL: by the value, the greatest first */
    double value;
};

static int compare(const void *a, const void *b, void *reversed)
{
    const struct sort_entry *one = a, *other = b;
    int order = one->name                   ? strverscmp(one->name, other->name)
                : one->value > other->value ? -1
                                            : one->value < other->value;

    if (order)
        return *(const bool *)reversed ? -order : order;
    return one->index < other->index ? -1 : one->index > other->index;
}

static struct sort_entry sort_entry(const struct live_model *model, size_t index)
{
    struct sort_entry entry = {.index = index};

    switch (model->sort) {
    case SORT_PRIORITY:
    case SORTS:
        entry.value = -(double)index;
        break;
    case SORT_NAME:
        entry.name = model->now->sessions[index].name;
        break;
    case SORT_MATCHED:
        entry.value = live_model_session(model, index).counts[COUNT_MATCHED].per_second;
        break;
    case SORT_SENT:
        entry.value = live_model_session(model, index).counts[COUNT_SENT].per_second;
        break;
    case SORT_DROPPED:
        entry.value = (double)live_model_session(model, index).dropped.total;
        break;
    }
    return entry;
}

/* Rows stay in order of priority where the key does not tell them apart, and where memory runs
 * out. */
void live_model_arrange(struct live_model *model)
{
    size_t count = model->now ? model->now->session_count : 0;
    struct sort_entry *entries = calloc(count + 1, sizeof *entries);

    model->row_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (!strcasestr(model->now->sessions[i].name, model->filter))
            continue;
        if (entries)
            entries[model->row_count] = sort_entry(model, i);
        model->order[model->row_count++] = i;
    }
    if (entries)
        qsort_r(entries, model->row_count, sizeof *entries, compare, &model->reversed);
    for (size_t i = 0; entries && i < model->row_count; i++)
        model->order[i] = entries[i].index;
    free(entries);
}

void live_model_free(struct live_model *model)
{
    struct live_sample *samples[] = {model->now, model->before, model->base};

    free_curves(model->curves, model->curve_count);
    free(model->order);
    for (size_t i = 0; i < 3; i++) {
        bool seen = false;

        for (size_t j = 0; j < i; j++)
            seen = seen || samples[j] == samples[i];
        if (!seen)
            live_sample_free(samples[i]);
    }
    *model = (struct live_model){0};
}

const char *sort_name(enum live_sort sort)
{
    switch (sort) {
    case SORT_PRIORITY:
        return "priority";
    case SORT_NAME:
        return "name";
    case SORT_MATCHED:
        return "matched";
    case SORT_SENT:
        return "sent";
    case SORT_DROPPED:
    case SORTS:
        break;
    }
    return "dropped";
}
