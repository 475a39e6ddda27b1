/* Samples -> rates, totals, trails and order. Knows neither the box nor the screen. */
#include "live_model.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Counters go back when somebody clears them: then everything came since. */
static uint64_t gain(uint64_t now, uint64_t before)
{
    return now >= before ? now - before : now;
}

static struct flow flow(const struct model *model, uint64_t now, const uint64_t *before,
                        const uint64_t *base)
{
    struct flow flow = {.total = base ? gain(now, *base) : now};
    uint64_t passed = model->before ? model->now->taken_ms - model->before->taken_ms : 0;

    if (before && passed && now >= *before)
        flow.per_second = (double)(now - *before) * 1000.0 / (double)passed;
    return flow;
}

struct model_row model_session(const struct model *model, size_t index)
{
    const struct sample_session *now = &model->now->sessions[index];
    const struct sample_session *before = sample_find(model->before, now->name, index);
    const struct sample_session *base = sample_find(model->base, now->name, index);

#define FLOW(field)                                                                                \
    flow(model, now->field, before ? &before->field : NULL, base ? &base->field : NULL)
    return (struct model_row){.matched = FLOW(matched_packets),
                              .matched_bytes = FLOW(matched_bytes),
                              .sent = FLOW(sent_packets),
                              .sent_bytes = FLOW(sent_bytes),
                              .dropped = FLOW(dropped_packets)};
#undef FLOW
}

static void add_flow(struct flow *sum, const struct flow *flow)
{
    sum->per_second += flow->per_second;
    sum->total += flow->total;
}

struct model_row model_sum(const struct model *model)
{
    struct model_row sum = {0};

    for (size_t i = 0; i < model->now->session_count; i++) {
        struct model_row row = model_session(model, i);

        add_flow(&sum.matched, &row.matched);
        add_flow(&sum.matched_bytes, &row.matched_bytes);
        add_flow(&sum.sent, &row.sent);
        add_flow(&sum.sent_bytes, &row.sent_bytes);
        add_flow(&sum.dropped, &row.dropped);
    }
    return sum;
}

static const uint64_t *rule_packets(const struct sample *sample, const struct sample_rule *like)
{
    for (size_t i = 0; sample && i < sample->rule_count; i++) {
        const struct sample_rule *rule = &sample->rules[i];

        if (strcmp(rule->session, like->session) == 0 && strcmp(rule->number, like->number) == 0 &&
            strcmp(rule->direction, like->direction) == 0)
            return &rule->packets;
    }
    return NULL;
}

struct flow model_rule(const struct model *model, size_t index)
{
    const struct sample_rule *now = &model->now->rules[index];

    return flow(model, now->packets, rule_packets(model->before, now),
                rule_packets(model->base, now));
}

static const uint64_t *receiver_packets(const struct sample *sample,
                                        const struct sample_receiver *like)
{
    for (size_t i = 0; sample && i < sample->receiver_count; i++) {
        const struct sample_receiver *receiver = &sample->receivers[i];

        if (strcmp(receiver->session, like->session) == 0 &&
            strcmp(receiver->address, like->address) == 0)
            return &receiver->packets;
    }
    return NULL;
}

struct flow model_receiver(const struct model *model, size_t index)
{
    const struct sample_receiver *now = &model->now->receivers[index];

    return flow(model, now->packets, receiver_packets(model->before, now),
                receiver_packets(model->base, now));
}

static void trail_add(struct trail *trail, uint64_t ms, uint64_t packets)
{
    if (trail->count) {
        const struct trail_point *last = &trail->points[(trail->count - 1) % TRAIL_POINTS];

        if (packets < last->packets)
            trail->count = 0; /* cleared: a new trail */
        else if (ms <= last->ms)
            return;
    }
    trail->points[trail->count++ % TRAIL_POINTS] = (struct trail_point){ms, packets};
}

/* Takes the trail of that name out of the old ones, or makes a new one. */
static bool take_trail(struct trail *into, struct trail *old, size_t count, const char *name,
                       size_t near)
{
    for (size_t i = 0; i < count; i++) {
        struct trail *trail = &old[(near + i) % count];

        if (trail->name && strcmp(trail->name, name) == 0) {
            *into = *trail;
            trail->name = NULL;
            return true;
        }
    }
    *into = (struct trail){.name = strdup(name)};
    return into->name != NULL;
}

static void free_trails(struct trail *trails, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(trails[i].name);
    free(trails);
}

static bool follow_trails(struct model *model, const struct sample *sample)
{
    struct trail *trails = calloc(sample->session_count + 1, sizeof *trails);
    bool good = trails != NULL;
    size_t count = 0;

    for (; good && count < sample->session_count; count++) {
        const struct sample_session *session = &sample->sessions[count];

        good = take_trail(&trails[count], model->trails, model->trail_count, session->name, count);
        if (good)
            trail_add(&trails[count], sample->taken_ms, session->matched_packets);
    }
    free_trails(model->trails, model->trail_count);
    model->trails = trails;
    model->trail_count = count;
    return good;
}

/* Packets up to a moment, between two points by a straight line. */
static double packets_at(const struct trail *trail, uint64_t ms)
{
    size_t kept = trail->count < TRAIL_POINTS ? trail->count : TRAIL_POINTS;
    const struct trail_point *older = &trail->points[(trail->count - kept) % TRAIL_POINTS];

    for (size_t i = 0; i < kept; i++) {
        const struct trail_point *point = &trail->points[(trail->count - kept + i) % TRAIL_POINTS];

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

void trail_levels(const struct trail *trail, uint64_t now_ms, unsigned char *levels, size_t cells)
{
    double most = 0;

    memset(levels, 0, cells);
    if (trail->count < 2 || cells == 0)
        return;
    /* The first pass finds the busiest step, the second measures all by it. */
    for (int pass = 0; pass < 2; pass++) {
        uint64_t first =
            trail->points[(trail->count > TRAIL_POINTS ? trail->count : 0) % TRAIL_POINTS].ms;

        for (size_t i = 0; i < cells; i++) {
            uint64_t back_from = TRAIL_MS - i * TRAIL_MS / cells;
            uint64_t back_to = TRAIL_MS - (i + 1) * TRAIL_MS / cells;
            double came;

            if (now_ms < back_to + first)
                continue;
            came = packets_at(trail, now_ms - back_to) -
                   packets_at(trail, now_ms > back_from + first ? now_ms - back_from : first);
            if (pass == 0 && came > most)
                most = came;
            if (pass == 1 && came > 0.5 && most > 0)
                levels[i] = (unsigned char)(1 + (came / most) * (TRAIL_LEVELS - 1) + 0.001);
        }
    }
}

static struct sample *retire(const struct model *model, struct sample *sample)
{
    if (sample != model->now && sample != model->before && sample != model->base)
        sample_free(sample);
    return NULL;
}

bool model_add(struct model *model, struct sample *sample, bool hold)
{
    struct sample *old = model->before;
    size_t *order;

    if (!follow_trails(model, sample)) {
        sample_free(sample);
        return false;
    }
    if (hold && model->now) {
        sample_free(sample);
        return true;
    }
    order = realloc(model->order, (sample->session_count + 1) * sizeof *order);
    if (!order) {
        sample_free(sample);
        return false;
    }
    model->order = order;
    if (model->before && model->now != model->base &&
        sample->taken_ms - model->now->taken_ms < SHORT_MS)
        old = model->now;
    else
        model->before = model->now;
    model->now = sample;
    retire(model, old);
    model_sort(model);
    return true;
}

void model_reset(struct model *model)
{
    struct sample *old = model->base;

    model->base = model->now;
    retire(model, old);
}

struct sort_entry {
    size_t index;
    const char *name;
    double value;
};

static int compare(const void *a, const void *b)
{
    const struct sort_entry *one = a, *other = b;
    int by_name = one->name && other->name ? strcmp(one->name, other->name) : 0;

    if (by_name)
        return by_name;
    if (one->value > other->value || one->value < other->value)
        return one->value > other->value ? -1 : 1;
    return one->index < other->index ? -1 : one->index > other->index;
}

/* Rows stay in order of priority where the key does not tell them apart. */
void model_sort(struct model *model)
{
    size_t count = model->now ? model->now->session_count : 0;
    struct sort_entry *entries = calloc(count + 1, sizeof *entries);

    for (size_t i = 0; i < count; i++) {
        struct model_row row;

        model->order[i] = i;
        if (!entries || model->sort == SORT_PRIORITY)
            continue;
        row = model_session(model, i);
        entries[i].index = i;
        if (model->sort == SORT_NAME)
            entries[i].name = model->now->sessions[i].name;
        else if (model->sort == SORT_MATCHED)
            entries[i].value = row.matched.per_second;
        else if (model->sort == SORT_SENT)
            entries[i].value = row.sent.per_second;
        else if (model->sort == SORT_DROPPED)
            entries[i].value = (double)row.dropped.total;
    }
    if (entries && model->sort != SORT_PRIORITY) {
        qsort(entries, count, sizeof *entries, compare);
        for (size_t i = 0; i < count; i++)
            model->order[i] = entries[i].index;
    }
    free(entries);
}

void model_free(struct model *model)
{
    struct sample *samples[] = {model->now, model->before, model->base};

    free_trails(model->trails, model->trail_count);
    free(model->order);
    for (size_t i = 0; i < 3; i++) {
        bool seen = false;

        for (size_t j = 0; j < i; j++)
            seen = seen || samples[j] == samples[i];
        if (!seen)
            sample_free(samples[i]);
    }
    *model = (struct model){0};
}

void number_text(char *text, size_t size, double value, size_t width)
{
    static const char suffixes[] = " kMGTPE";
    double most = 1;
    size_t step = 0;

    for (size_t i = 0; i < width && i < 18; i++)
        most *= 10;
    if (value + 0.5 < most) {
        snprintf(text, size, "%.0f", value);
        return;
    }
    while (value >= 999.5 && suffixes[step + 1]) {
        value /= 1000;
        step++;
    }
    snprintf(text, size, "%.*f%c",
             value < 9.995   ? 2
             : value < 99.95 ? 1
                             : 0,
             value, suffixes[step]);
}

const char *sort_name(enum model_sort sort)
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
