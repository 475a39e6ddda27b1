/* A handful of rules is an array in the order of the list, searched from the front. Up to 64 are
 * one table that says which of them may hold (bit_table.h), a word wide. More are divided into
 * groups (rule_groups.h) with a table each, and a table of these tables above them: a packet is
 * looked up there, in the few groups that are left, and the first rule of each that holds is the
 * group's; the first of the list is the verdict. */
#include "bit_table.h"
#include "rule_groups.h"
#include <stdlib.h>

enum {
    FLAT_MAX = 4, /* rules that are searched faster than a table */
    GROUP_MAX = WIDE * PART_BITS,
    POINTS_OF_GROUP = 16, /* packets of each group for the choice of slices above it */
};

struct classifier {
    uint32_t count;
    struct lanes *rules;      /* group after group */
    uint32_t *order;          /* of each its place among those of the list */
    struct bit_table *tables; /* a group each, ascending by their first rules; NULL: a flat array */
    uint32_t table_count;
    struct bit_table *tops; /* ITEMS_MAX tables each, but the last; none above a single one */
    uint32_t top_count;
};

/* ---- building ---- */

struct building {
    struct classifier *classifier;
    struct table_builder *builder;
    struct table_items rules, tables; /* of the table, and of the top, that is being built */
    uint64_t noise;
};

static bool items_room(struct table_items *items, size_t points)
{
    items->values = malloc(ITEMS_MAX * sizeof *items->values);
    items->points = aligned_alloc(CACHE_LINE, points * sizeof *items->points);
    return items->values && items->points;
}

static void items_free(struct table_items *items)
{
    free(items->values);
    free(items->points);
}

/* What one of the top's items may be is what any of its rules may be. */
static void add_to_top(struct building *building)
{
    const struct table_items *rules = &building->rules;
    struct table_items *tables = &building->tables;
    uint64_t *values = tables->values[tables->count++];
    memset(values, 0, sizeof *tables->values);
    for (size_t i = 0; i < rules->count; i++)
        for (unsigned kind = 0; kind < SLICE_KINDS; kind++)
            values[kind] |= rules->values[i][kind];
    for (size_t i = 0; i < POINTS_OF_GROUP; i++)
        tables->points[tables->point_count++] = rules->points[i * rules->count / POINTS_OF_GROUP];
}

static bool build_top(struct building *building)
{
    struct classifier *classifier = building->classifier;
    struct bit_table *top = &classifier->tops[classifier->top_count];
    if (!bit_table_init(top, building->builder, &building->tables))
        return false;
    top->first = classifier->top_count++ * ITEMS_MAX;
    top->least = classifier->tables[top->first].least;
    building->tables.count = building->tables.point_count = 0;
    return true;
}

/* The group's rules stand in their places already, from `first` on. */
static bool build_table(struct building *building, uint32_t first, uint32_t count)
{
    struct classifier *classifier = building->classifier;
    struct bit_table *table = &classifier->tables[classifier->table_count];
    struct table_items *items = &building->rules;
    items->count = items->point_count = count;
    for (uint32_t i = 0; i < count; i++) {
        const struct lanes *rule = &classifier->rules[first + i];
        for (unsigned kind = 0; kind < SLICE_KINDS; kind++)
            items->values[i][kind] = kind % LOWER < PROBE_BYTES ? slice_values(rule, kind) : 0;
        items->points[i] = lanes_point(rule, &building->noise);
    }
    if (!bit_table_init(table, building->builder, items))
        return false;
    classifier->table_count++;
    table->first = first;
    table->least = classifier->order[first];
    add_to_top(building);
    return true;
}

/* Rules are `rules`, in the order of the list. */
static bool build_groups(struct building *building, const struct lanes *rules,
                         const struct rule_groups *groups)
{
    struct classifier *classifier = building->classifier;
    for (uint32_t group = 0, at = 0; group < groups->count; group++) {
        const struct rule_group *of = &groups->at[group];
        for (uint32_t i = 0; i < of->count; i++) {
            classifier->order[at + i] = groups->rules[of->first + i];
            classifier->rules[at + i] = rules[groups->rules[of->first + i]];
        }
        if (!build_table(building, at, of->count))
            return false;
        at += of->count;
        bool last = group + 1 == groups->count;
        if (groups->count > 1 && (last || building->tables.count == ITEMS_MAX) &&
            !build_top(building))
            return false;
    }
    return true;
}

static bool build_tables(struct classifier *classifier, const struct lanes *rules,
                         const struct rule_groups *groups)
{
    struct building building = {.classifier = classifier, .builder = table_builder_new()};
    classifier->order = calloc(classifier->count, sizeof *classifier->order);
    classifier->rules = aligned_alloc(CACHE_LINE, classifier->count * sizeof *classifier->rules);
    classifier->tables = calloc(groups->count, sizeof *classifier->tables);
    classifier->tops = calloc(groups->count / ITEMS_MAX + 1, sizeof *classifier->tops);
    bool built = building.builder && classifier->order && classifier->rules && classifier->tables &&
                 classifier->tops && items_room(&building.rules, ITEMS_MAX) &&
                 items_room(&building.tables, (size_t)ITEMS_MAX * POINTS_OF_GROUP) &&
                 build_groups(&building, rules, groups);
    items_free(&building.rules);
    items_free(&building.tables);
    table_builder_free(building.builder);
    return built;
}

static bool divide(struct classifier *classifier)
{
    struct lanes *rules = classifier->rules;
    struct rule_groups groups;
    classifier->rules = NULL;
    bool built = rule_groups_make(&groups, rules, classifier->count,
                                  classifier->count <= ITEMS_MAX ? ITEMS_MAX : GROUP_MAX);
    if (built) {
        built = build_tables(classifier, rules, &groups);
        rule_groups_free(&groups);
    }
    free(rules);
    return built;
}

struct classifier *classifier_new(const struct classifier_rule *rules, size_t count)
{
    struct classifier *classifier = calloc(1, sizeof *classifier);
    if (!classifier)
        return NULL;
    classifier->rules = aligned_alloc(CACHE_LINE, (count + !count) * sizeof *classifier->rules);
    for (size_t i = 0; classifier->rules && i < count; i++) {
        classifier->count += lanes_compile(&rules[i], &classifier->rules[classifier->count]);
        if (!rules[i].match || rules[i].match->given == 0)
            break; /* takes everything: no later rule is ever reached */
    }
    if (classifier->rules && (classifier->count <= FLAT_MAX || divide(classifier)))
        return classifier;
    classifier_free(classifier);
    return NULL;
}

void classifier_free(struct classifier *classifier)
{
    if (!classifier)
        return;
    for (uint32_t i = 0; i < classifier->table_count; i++)
        bit_table_free(&classifier->tables[i]);
    for (uint32_t i = 0; i < classifier->top_count; i++)
        bit_table_free(&classifier->tops[i]);
    free(classifier->tables);
    free(classifier->tops);
    free(classifier->order);
    free(classifier->rules);
    free(classifier);
}

size_t classifier_size(const struct classifier *classifier)
{
    size_t size = sizeof *classifier + classifier->count * sizeof *classifier->rules;
    if (classifier->tables)
        size += classifier->count * sizeof *classifier->order;
    for (uint32_t i = 0; i < classifier->table_count; i++)
        size += sizeof *classifier->tables + bit_table_size(&classifier->tables[i]);
    for (uint32_t i = 0; i < classifier->top_count; i++)
        size += sizeof *classifier->tops + bit_table_size(&classifier->tops[i]);
    return size;
}

/* ---- searching ---- */

static const struct lanes no_rule = {
    .rest.verdict = {.kind = VERDICT_UNMATCHED, .rule_slot = NO_SLOT}};

static inline bool has_few(const struct classifier *classifier)
{
    return classifier->count <= NARROW * PART_BITS;
}

/* In one table, where they stand in the order of the list. */
static struct verdict search_few(const struct classifier *classifier, const struct probe *probe)
{
    for (uint64_t left = narrow_look(classifier->tables, probe); left; left &= left - 1) {
        const struct lanes *rule = &classifier->rules[__builtin_ctzll(left)];
        if (lanes_fit_at_once(rule, probe))
            return rule->rest.verdict;
    }
    return no_rule.rest.verdict;
}

/* A packet on its way through the tables, with the best rule so far. */
struct search {
    const struct classifier *classifier;
    const struct probe *probe;
    struct slices slices;
    const struct lanes *rule;
    uint32_t order;
};

static inline bool try_rule(struct search *search, uint32_t at)
{
    const struct classifier *classifier = search->classifier;
    bool fits = lanes_fit_at_once(&classifier->rules[at], search->probe);
    bool better = fits & (classifier->order[at] < search->order);
    search->order = better ? classifier->order[at] : search->order;
    search->rule = better ? &classifier->rules[at] : search->rule;
    return fits;
}

static inline void search_table(struct search *search, const struct bit_table *table)
{
    struct items items;
    bit_table_find(table, &search->slices, &items);
    while (items.some && !try_rule(search, table->first + items_next(&items))) {
    }
}

static void search_below(struct search *search, const struct bit_table *top)
{
    struct items items;
    bit_table_find(top, &search->slices, &items);
    while (items.some) {
        const struct bit_table *table =
            &search->classifier->tables[top->first + items_next(&items)];
        if (table->least > search->order)
            return;
        search_table(search, table);
    }
}

/* Apart, so that a handful of rules does not pay for its frame. */
static __attribute__((noinline)) struct verdict search_tables(const struct classifier *classifier,
                                                              const struct probe *probe)
{
    struct search search;
    search.classifier = classifier;
    search.probe = probe;
    search.rule = &no_rule;
    search.order = UINT32_MAX;
    slices_of(probe, &search.slices);
    if (classifier->top_count == 0)
        search_table(&search, classifier->tables);
    for (uint32_t i = 0; i < classifier->top_count; i++)
        search_below(&search, &classifier->tops[i]);
    return search.rule->rest.verdict;
}

struct verdict classifier_find(const struct classifier *classifier, const struct probe *probe)
{
    if (classifier->tables)
        return has_few(classifier) ? search_few(classifier, probe)
                                   : search_tables(classifier, probe);
    for (uint32_t i = 0; i < classifier->count; i++) {
        if (lanes_fit(&classifier->rules[i], probe))
            return classifier->rules[i].rest.verdict;
    }
    return no_rule.rest.verdict;
}
