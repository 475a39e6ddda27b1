/* Which of many items, rules or tables of them, may hold for a probe: a bit an item. For a few
 * slices of the probe, six bits each, a table has a row of bits for every value; what stands in the
 * rows of all its slices may hold. That may be too much, never too little: the rules decide. The
 * table is as large, and a look at it takes as long, however its items overlap. */
#ifndef MIRRORSH_BIT_TABLE_H
#define MIRRORSH_BIT_TABLE_H

#include "lanes.h"

enum {
    SLICE_VALUES = 64,
    SLICE_KINDS = 128, /* the upper six bits of each of 64 bytes, and the lower six of each */
    LOWER = 64,        /* the first of those */
    SLICES = 8,        /* of a table, at most */
    PART_BITS = 32,    /* items are bits in parts of a row */
    NARROW = 2,        /* parts a row */
    WIDE = 16,
    WIDEST = 32,
    ITEMS_MAX = WIDEST * PART_BITS,
};

struct bit_table {
    const uint32_t *rows[SLICES]; /* of each slice: `width` parts for each value */
    uint8_t kinds[SLICES];
    uint8_t slice_count; /* wide tables have all of them, the last several times */
    uint8_t width;
    uint32_t first; /* of its items, which stand side by side */
    uint32_t least; /* the first rule of the list that is one of them, or in one */
};

/* What a table is made of. */
struct table_items {
    uint64_t (*values)[SLICE_KINDS]; /* that an item may have in each slice: a bit each */
    size_t count;                    /* 1 to ITEMS_MAX */
    struct probe *points;            /* packets that may come, for the choice of slices */
    size_t point_count;
};

/* Room that the building needs, for any number of tables one after another; NULL: no memory. */
struct table_builder *table_builder_new(void);
void table_builder_free(struct table_builder *builder);

/* false: no memory, and there is nothing to free. */
bool bit_table_init(struct bit_table *table, struct table_builder *builder,
                    const struct table_items *items);
void bit_table_free(struct bit_table *table);
size_t bit_table_size(const struct bit_table *table);

/* The values that a rule may have in a slice; `kind` is below LOWER + PROBE_BYTES. */
uint64_t slice_values(const struct lanes *rule, unsigned kind);

/* Every slice of a probe, by its kind. */
struct slices {
    uint8_t of[SLICE_KINDS];
};

typedef uint8_t bytes __attribute__((vector_size(16)));
typedef uint32_t four_parts __attribute__((vector_size(16)));

/* In the parts in which classifier_probe has stored it, lest it be waited for. */
static inline void slices_of(const struct probe *probe, struct slices *slices)
{
    const uint64_t each = UINT64_C(0x0101010101010101) * (SLICE_VALUES - 1);
    const unsigned tail = PROBE_BYTES - (unsigned)sizeof(uint64_t);
    bytes part;
    for (unsigned at = 0; at < tail; at += (unsigned)sizeof part) {
        memcpy(&part, (const uint8_t *)probe + at, sizeof part);
        bytes upper = part >> 2, lower = part & (SLICE_VALUES - 1);
        memcpy(slices->of + at, &upper, sizeof upper);
        memcpy(slices->of + LOWER + at, &lower, sizeof lower);
    }
    uint64_t upper = probe->second[BITS] >> 2 & each, lower = probe->second[BITS] & each;
    memcpy(slices->of + tail, &upper, sizeof upper);
    memcpy(slices->of + LOWER + tail, &lower, sizeof lower);
}
_Static_assert(offsetof(struct probe, second[BITS]) + sizeof(uint64_t) == PROBE_BYTES &&
                   PROBE_BYTES % 16 == sizeof(uint64_t),
               "the bits are the tail of a probe");

static inline const uint32_t *slice_row(const struct bit_table *table, unsigned slice,
                                        const struct slices *slices, unsigned width)
{
    return table->rows[slice] + (size_t)slices->of[table->kinds[slice]] * width;
}

/* Items that are left of a table. */
struct items {
    uint32_t some; /* a bit for each part that is not zero */
    uint32_t left[WIDEST];
};

/* Of a narrow table, from the probe itself: for who looks into no other, and so takes few slices.
 */
static inline uint64_t narrow_look(const struct bit_table *table, const struct probe *probe)
{
    uint64_t left = ~UINT64_C(0);
    for (unsigned i = 0; i < table->slice_count; i++) {
        unsigned kind = table->kinds[i], byte = ((const uint8_t *)probe)[kind % LOWER];
        unsigned value = kind < LOWER ? byte >> 2 : byte % SLICE_VALUES;
        const uint32_t *row = table->rows[i] + (size_t)value * NARROW;
        left &= row[0] | (uint64_t)row[1] << PART_BITS;
    }
    return left;
}

static inline void narrow_find(const struct bit_table *table, const struct slices *slices,
                               struct items *items)
{
    uint64_t left = ~UINT64_C(0), row;
    for (unsigned i = 0; i < table->slice_count; i++) {
        memcpy(&row, slice_row(table, i, slices, NARROW), sizeof row);
        left &= row;
    }
    memcpy(items->left, &left, sizeof left);
    items->some = (uint32_t)(items->left[0] != 0) | (uint32_t)(items->left[1] != 0) << 1;
}

/* width: a constant. */
static inline __attribute__((always_inline)) void wide_find(const struct bit_table *table,
                                                            const struct slices *slices,
                                                            unsigned width, struct items *items)
{
    four_parts all[WIDEST / 4], empty = {0}, bit = {1, 2, 4, 8};
#pragma GCC unroll 8
    for (unsigned i = 0; i < SLICES; i++) {
        const four_parts *row =
            (const four_parts *)(const void *)slice_row(table, i, slices, width);
#pragma GCC unroll 8
        for (unsigned four = 0; four < width / 4; four++)
            all[four] = i ? all[four] & row[four] : row[four];
    }
#pragma GCC unroll 8
    for (unsigned four = 0; four < width / 4; four++, bit <<= 4) {
        memcpy(items->left + (size_t)four * 4, &all[four], sizeof all[four]);
        empty |= (four_parts)(all[four] == 0) & bit;
    }
    items->some =
        ~(empty[0] | empty[1] | empty[2] | empty[3]) & (uint32_t)((UINT64_C(1) << width) - 1);
}

static inline void bit_table_find(const struct bit_table *table, const struct slices *slices,
                                  struct items *items)
{
    if (table->width == NARROW)
        narrow_find(table, slices, items);
    else if (table->width == WIDE)
        wide_find(table, slices, WIDE, items);
    else
        wide_find(table, slices, WIDEST, items);
}

/* Takes the first item out; there is one. */
static inline uint32_t items_next(struct items *items)
{
    unsigned part = (unsigned)__builtin_ctz(items->some);
    uint32_t left = items->left[part];
    items->left[part] = left & (left - 1);
    items->some &= items->some - (items->left[part] == 0);
    return part * PART_BITS + (unsigned)__builtin_ctz(left);
}

#endif
