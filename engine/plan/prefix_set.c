/* Prefixes as ranges of addresses, ascending and apart from each other: a search by halves, however
 * many there are. */
#include "prefix_set.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

struct address {
    uint64_t high, low; /* halves, in host byte order */
};

struct range {
    uint8_t family;
    struct address first, last;
};

struct prefix_set {
    size_t count;
    struct range ranges[];
};

static struct address address_from(const uint8_t bytes[static 16])
{
    uint64_t halves[2];
    memcpy(halves, bytes, sizeof halves);
    return (struct address){be64toh(halves[0]), be64toh(halves[1])};
}

static bool is_less(struct address one, struct address other)
{
    return one.high != other.high ? one.high < other.high : one.low < other.low;
}

static uint64_t ones_behind(unsigned bits)
{
    return bits >= 64 ? 0 : UINT64_MAX >> bits;
}

static struct range range_of(const struct mirror_prefix *prefix)
{
    struct range range = {.family = prefix->family, .first = address_from(prefix->address)};
    unsigned bits = prefix->bits;
    range.last = (struct address){
        range.first.high | ones_behind(bits),
        range.first.low | (bits > 64 ? ones_behind(bits - 64) : UINT64_MAX),
    };
    return range;
}

static int compare(const void *one, const void *other)
{
    const struct range *left = one, *right = other;
    if (left->family != right->family)
        return left->family < right->family ? -1 : 1;
    if (is_less(left->first, right->first) || is_less(right->first, left->first))
        return is_less(left->first, right->first) ? -1 : 1;
    return is_less(right->last, left->last) ? -1 : is_less(left->last, right->last);
}

struct prefix_set *prefix_set_new(const struct mirror_prefix *prefixes, size_t count)
{
    struct prefix_set *set = calloc(1, sizeof *set + count * sizeof set->ranges[0]);
    if (!set)
        return NULL;
    for (size_t i = 0; i < count; i++)
        set->ranges[i] = range_of(&prefixes[i]);
    qsort(set->ranges, count, sizeof *set->ranges, compare);
    for (size_t i = 0; i < count; i++) {
        const struct range range = set->ranges[i];
        const struct range *before = set->count ? &set->ranges[set->count - 1] : NULL;
        /* a prefix that begins in another one ends in it */
        if (!before || before->family != range.family || is_less(before->last, range.first))
            set->ranges[set->count++] = range;
    }
    return set;
}

void prefix_set_free(struct prefix_set *set)
{
    free(set);
}

bool prefix_set_has(const struct prefix_set *set, uint8_t family, const uint8_t address[static 16])
{
    struct address wanted = address_from(address);
    size_t low = 0, high = set->count; /* ranges before `low` begin at or before it */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct range *range = &set->ranges[middle];
        bool after =
            range->family != family ? range->family > family : is_less(wanted, range->first);
        if (after)
            high = middle;
        else
            low = middle + 1;
    }
    if (!low)
        return false;
    const struct range *range = &set->ranges[low - 1];
    return range->family == family && !is_less(range->last, wanted);
}

size_t prefix_set_count(const struct prefix_set *set)
{
    return set->count;
}

struct mirror_prefix prefix_set_get(const struct prefix_set *set, size_t index)
{
    const struct range *range = &set->ranges[index];
    const uint64_t first[] = {htobe64(range->first.high), htobe64(range->first.low)};
    struct mirror_prefix prefix = {.family = range->family};
    uint64_t free_bits = range->first.high ^ range->last.high;
    unsigned bits = free_bits ? (unsigned)__builtin_clzll(free_bits) : 64;
    free_bits = range->first.low ^ range->last.low;
    if (bits == 64)
        bits += free_bits ? (unsigned)__builtin_clzll(free_bits) : 64;
    prefix.bits = (uint8_t)bits;
    memcpy(prefix.address, first, sizeof first);
    return prefix;
}
