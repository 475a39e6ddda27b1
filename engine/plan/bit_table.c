/* The slices of a table are chosen one after another: always the one that leaves the fewest items
 * for packets as they may come, after those chosen before. */
#include "bit_table.h"
#include <stdlib.h>
#include <string.h>

enum { POINTS_MAX = 64 }; /* more make no better choice */

struct table_builder {
    uint32_t rows[SLICE_KINDS * SLICE_VALUES * WIDEST]; /* of a narrow table only the first */
    bool tells[SLICE_KINDS];                            /* some items apart from others */
    struct slices points[POINTS_MAX];
    uint32_t left[POINTS_MAX][WIDEST]; /* of each point, after the slices that are chosen */
    unsigned point_count, width;
};

struct table_builder *table_builder_new(void)
{
    return malloc(sizeof(struct table_builder));
}

void table_builder_free(struct table_builder *builder)
{
    free(builder);
}

/* `width` parts for each of SLICE_VALUES. */
static uint32_t *rows_of(struct table_builder *builder, unsigned kind)
{
    return builder->rows + (size_t)kind * SLICE_VALUES * builder->width;
}

/* What a slice of a kind says of a point. */
static const uint32_t *row_of(struct table_builder *builder, unsigned kind, unsigned point)
{
    return rows_of(builder, kind) + (size_t)builder->points[point].of[kind] * builder->width;
}

uint64_t slice_values(const struct lanes *rule, unsigned kind)
{
    unsigned shift = kind < LOWER ? 2 : 0;
    struct byte_range range = lanes_byte(rule, kind % LOWER);
    unsigned first = range.first >> shift;
    unsigned count = ((range.first + range.count - 1) >> shift) - first + 1;
    if (count >= SLICE_VALUES)
        return ~UINT64_C(0);
    uint64_t values = (UINT64_C(1) << count) - 1;
    first %= SLICE_VALUES;
    return first ? values << first | values >> (SLICE_VALUES - first) : values;
}

static bool tells(const struct table_items *items, unsigned kind)
{
    for (size_t i = 0; kind % LOWER < PROBE_BYTES && i < items->count; i++)
        if (~items->values[i][kind])
            return true;
    return false;
}

static void fill_rows(struct table_builder *builder, const struct table_items *items, unsigned kind)
{
    uint32_t *rows = rows_of(builder, kind);
    size_t width = builder->width;
    memset(rows, 0, SLICE_VALUES * width * sizeof *rows);
    for (size_t i = 0; i < items->count; i++)
        for (uint64_t values = items->values[i][kind]; values; values &= values - 1)
            rows[(unsigned)__builtin_ctzll(values) * width + i / PART_BITS] |= UINT32_C(1)
                                                                               << i % PART_BITS;
}

static void prepare(struct table_builder *builder, const struct table_items *items)
{
    builder->width = items->count <= NARROW * PART_BITS ? NARROW
                     : items->count <= WIDE * PART_BITS ? WIDE
                                                        : WIDEST;
    for (unsigned kind = 0; kind < SLICE_KINDS; kind++) {
        builder->tells[kind] = tells(items, kind);
        if (kind == 0 || builder->tells[kind])
            fill_rows(builder, items, kind);
    }
    builder->point_count =
        items->point_count < POINTS_MAX ? (unsigned)items->point_count : POINTS_MAX;
    for (unsigned i = 0; i < builder->point_count; i++)
        slices_of(&items->points[i * items->point_count / builder->point_count],
                  &builder->points[i]);
    memset(builder->left, 0xff, sizeof builder->left);
}

/* Of all points, the items that a slice would leave. */
static uint64_t leaves(struct table_builder *builder, unsigned kind)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < builder->point_count; i++) {
        const uint32_t *of = row_of(builder, kind, i);
        for (unsigned part = 0; part < builder->width; part += 2) {
            uint64_t both = of[part] & builder->left[i][part];
            both |= (uint64_t)(of[part + 1] & builder->left[i][part + 1]) << PART_BITS;
            count += both ? (uint64_t)__builtin_popcountll(both) : 0;
        }
    }
    return count;
}

static void take(struct table_builder *builder, unsigned kind)
{
    for (unsigned i = 0; i < builder->point_count; i++) {
        const uint32_t *of = row_of(builder, kind, i);
        for (unsigned part = 0; part < builder->width; part++)
            builder->left[i][part] &= of[part];
    }
}

/* How many. Where nothing tells the items apart it is any one. */
static unsigned choose(struct table_builder *builder, uint8_t kinds[SLICES])
{
    uint64_t before = UINT64_MAX;
    unsigned count = 0;
    while (count < SLICES) {
        unsigned best = SLICE_KINDS;
        uint64_t least = before;
        for (unsigned kind = 0; kind < SLICE_KINDS; kind++) {
            uint64_t left = builder->tells[kind] ? leaves(builder, kind) : UINT64_MAX;
            if (left < least) {
                least = left;
                best = kind;
            }
        }
        if (best == SLICE_KINDS)
            break;
        take(builder, best);
        before = least;
        kinds[count++] = (uint8_t)best;
    }
    if (count == 0)
        kinds[count++] = 0;
    return count;
}

bool bit_table_init(struct bit_table *table, struct table_builder *builder,
                    const struct table_items *items)
{
    uint8_t kinds[SLICES];
    prepare(builder, items);
    unsigned count = choose(builder, kinds);
    unsigned width = builder->width;
    *table = (struct bit_table){.slice_count = (uint8_t)count, .width = (uint8_t)width};
    uint32_t *rows = aligned_alloc(CACHE_LINE, (size_t)count * SLICE_VALUES * width * sizeof *rows);
    for (unsigned i = 0; rows && i < SLICES; i++) {
        unsigned slice = i < count ? i : count - 1;
        uint32_t *of = rows + (size_t)slice * SLICE_VALUES * width;
        table->kinds[i] = kinds[slice];
        table->rows[i] = of;
        memcpy(of, rows_of(builder, kinds[slice]), (size_t)SLICE_VALUES * width * sizeof *rows);
    }
    return rows;
}

void bit_table_free(struct bit_table *table)
{
    free((void *)(uintptr_t)table->rows[0]);
}

size_t bit_table_size(const struct bit_table *table)
{
    return (size_t)table->slice_count * SLICE_VALUES * table->width * sizeof *table->rows[0];
}
