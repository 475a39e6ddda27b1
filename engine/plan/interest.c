/* Added one by one: what is covered already adds nothing, and when there is no room left all are
 * made wider by one step, the grain, and those covered then go. The steps give up first what costs
 * the least: ranges are joined, prefixes made shorter, the rarer conditions forgotten, in the end
 * all of them. A field that no step names goes with the rarer ones. */
#include "interest.h"

#include <stdlib.h>
#include <string.h>

enum {
    FLOW = 1 << FIELD_FAMILY | 1 << FIELD_PROTOCOL | 1 << FIELD_SOURCE | 1 << FIELD_DESTINATION |
           1 << FIELD_SOURCE_PORT | 1 << FIELD_DESTINATION_PORT,
    PORTS = 1 << FIELD_FAMILY | 1 << FIELD_PROTOCOL | 1 << FIELD_SOURCE_PORT |
            1 << FIELD_DESTINATION_PORT,
    PROTOCOLS = 1 << FIELD_FAMILY | 1 << FIELD_PROTOCOL,
};

/* Each with what those before it do. */
static const struct grain {
    uint8_t bits4, bits6; /* of the longest prefix */
    uint32_t fields;      /* that are kept */
} grains[] = {
    {32, 128, UINT32_MAX}, {32, 128, UINT32_MAX}, {24, 64, UINT32_MAX},
    {16, 48, UINT32_MAX},  {16, 48, FLOW},        {8, 32, FLOW},
    {0, 0, PORTS},         {0, 0, PROTOCOLS},     {0, 0, 0},
};
enum { JOINING = 1 }; /* the first grain in which ranges are joined */

void interest_free(struct interest *interest)
{
    free(interest->matches);
    *interest = (struct interest){0};
}

bool interest_is_all(const struct interest *interest)
{
    return interest->count == 1 && !interest->matches[0].given;
}

struct match interest_prefix(enum match_field_id field, const struct mirror_prefix *prefix)
{
    struct match match = {.given = 1u << field};
    match.value[field].family = prefix->family;
    match.value[field].bits = prefix->bits;
    memcpy(match.value[field].address, prefix->address, sizeof prefix->address);
    return match;
}

/* ---- making one wider ---- */

static void shorten(struct match_value *value, unsigned bits)
{
    if (value->bits <= bits)
        return;
    value->bits = (uint8_t)bits;
    for (unsigned i = 0; i < sizeof value->address; i++) {
        unsigned left = bits > i * 8 ? bits - i * 8 : 0;
        if (left < 8)
            value->address[i] &= (uint8_t)(0xff00 >> left);
    }
}

/* A prefix says the family too. false: another than the match has already, so that it holds for
 * nothing. */
static bool say_family(struct match *match, const struct match_value *prefix)
{
    struct match_value *family = &match->value[FIELD_FAMILY];
    if (match->given & 1u << FIELD_FAMILY)
        return family->low <= prefix->family && prefix->family <= family->high;
    match->given |= 1u << FIELD_FAMILY;
    family->low = family->high = prefix->family;
    return true;
}

static bool widen(struct match *match, unsigned grain)
{
    const struct grain *step = &grains[grain];
    for (unsigned i = 0; i < MATCH_FIELD_COUNT; i++) {
        struct match_value *value = &match->value[i];
        if (match_fields[i].kind != MATCH_PREFIX || !(match->given & 1u << i))
            continue;
        if (!say_family(match, value))
            return false;
        shorten(value, value->family == 4 ? step->bits4 : step->bits6);
        if (!value->bits)
            match->given &= ~(1u << i);
    }
    match->given &= step->fields;
    return true;
}

/* ---- comparing ---- */

static bool value_covers(const struct match_field *field, const struct match_value *wide,
                         const struct match_value *narrow)
{
    struct match_value both = *narrow;
    switch (field->kind) {
    case MATCH_NAMED:
    case MATCH_RANGE:
        return wide->low <= narrow->low && narrow->high <= wide->high;
    case MATCH_PREFIX:
        return wide->bits <= narrow->bits && match_value_narrow(field, &both, wide);
    case MATCH_FLAGS:
        return !(wide->set & ~narrow->set) && !(wide->clear & ~narrow->clear);
    case MATCH_NEIGHBOUR:
        return match_value_narrow(field, &both, wide);
    }
    return false;
}

/* Whether it holds wherever the other one does. */
static bool covers(const struct match *wide, const struct match *narrow)
{
    if (wide->given & ~narrow->given)
        return false;
    for (unsigned i = 0; i < MATCH_FIELD_COUNT; i++)
        if (wide->given & 1u << i &&
            !value_covers(&match_fields[i], &wide->value[i], &narrow->value[i]))
            return false;
    return true;
}

/* Into one with ranges as wide as both, if they have all else in common. */
static bool join(struct match *match, const struct match *other)
{
    struct match joined = *match;
    if (match->given != other->given)
        return false;
    for (unsigned i = 0; i < MATCH_FIELD_COUNT; i++) {
        const struct match_value *more = &other->value[i];
        struct match_value *value = &joined.value[i];
        if (!(match->given & 1u << i))
            continue;
        if (match_fields[i].kind == MATCH_RANGE) {
            value->low = more->low < value->low ? more->low : value->low;
            value->high = more->high > value->high ? more->high : value->high;
        } else if (!value_covers(&match_fields[i], value, more) ||
                   !value_covers(&match_fields[i], more, value)) {
            return false;
        }
    }
    *match = joined;
    return true;
}

/* ---- adding ---- */

/* Of a match that has been widened; there is room. */
static void put(struct interest *interest, const struct match *match)
{
    unsigned left = 0;
    for (unsigned i = 0; i < interest->count; i++)
        if (covers(&interest->matches[i], match) ||
            (interest->grain >= JOINING && join(&interest->matches[i], match)))
            return;
    for (unsigned i = 0; i < interest->count; i++)
        if (!covers(match, &interest->matches[i]))
            interest->matches[left++] = interest->matches[i];
    interest->matches[left++] = *match;
    interest->count = left;
}

static void coarsen(struct interest *interest)
{
    unsigned count = interest->count;
    interest->count = 0;
    interest->grain++;
    for (unsigned i = 0; i < count; i++) {
        struct match match = interest->matches[i];
        widen(&match, interest->grain);
        put(interest, &match);
    }
}

static bool make_room(struct interest *interest)
{
    if (interest->count < interest->room)
        return true;
    unsigned room = interest->room ? 2 * interest->room : 1;
    struct match *matches = reallocarray(interest->matches, room, sizeof *matches);
    if (!matches)
        return false;
    interest->matches = matches;
    interest->room = room;
    return true;
}

bool interest_add(struct interest *interest, const struct match *match)
{
    struct match wider = *match;
    if (interest_is_all(interest))
        return true;
    if (!make_room(interest))
        return false;
    if (!widen(&wider, interest->grain))
        return true;
    put(interest, &wider);
    while (interest->count > INTEREST_MOST)
        coarsen(interest);
    return true;
}

bool interest_add_all(struct interest *interest, const struct interest *more)
{
    for (unsigned i = 0; i < more->count; i++)
        if (!interest_add(interest, &more->matches[i]))
            return false;
    return true;
}

bool interest_add_both(struct interest *interest, const struct interest *one,
                       const struct interest *other)
{
    for (unsigned i = 0; i < one->count; i++) {
        for (unsigned k = 0; k < other->count; k++) {
            struct match match = one->matches[i];
            if (match_narrow(&match, &other->matches[k]) && !interest_add(interest, &match))
                return false;
        }
    }
    return true;
}
