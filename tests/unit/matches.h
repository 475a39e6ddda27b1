/* Rules for the tests, from the words that a user types, and a second opinion on whether
 * one matches a key: field by field, without any of the classifier's
 * masks. That a field's slot is the right one, test_match_slots.c shows with packets. */
#ifndef MIRRORSH_TESTS_MATCHES_H
#define MIRRORSH_TESTS_MATCHES_H

#include "../../engine/packet/decode.h"
#include "../../engine/plan/classifier.h"
#include "../../engine/plan/match_field.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* "protocol tcp destination-port 80" */
static inline struct match match_from(const char *words)
{
    struct match match = {0};
    char copy[256], why[256], *rest = copy, *name, *value;
    snprintf(copy, sizeof copy, "%s", words);
    while ((name = strtok_r(rest, " ", &rest)) && (value = strtok_r(rest, " ", &rest))) {
        const struct match_field *field = match_field_find(name);
        if (!field)
            fail_msg("no match field %s", name);
        size_t index = (size_t)(field - match_fields);
        if (!match_value_parse(field, value, &match.value[index], why, sizeof why))
            fail_msg("%s %s: %s", name, value, why);
        match.given |= 1u << index;
    }
    return match;
}

static inline bool prefix_holds(const struct match_value *value, const uint8_t address[16],
                                uint8_t family)
{
    if (value->family != family)
        return false;
    for (unsigned bit = 0; bit < value->bits; bit++) {
        unsigned mask = 0x80u >> bit % 8;
        if ((value->address[bit / 8] & mask) != (address[bit / 8] & mask))
            return false;
    }
    return true;
}

static inline bool field_holds(const struct match_field *field, const struct match_value *value,
                               const struct flow_key *key)
{
    const uint8_t *slot = (const uint8_t *)key + field->key_offset;
    uint32_t number = *slot;
    if ((key->parts & field->parts) != field->parts)
        return false;
    switch (field->kind) {
    case MATCH_PREFIX:
        return prefix_holds(value, slot, key->family);
    case MATCH_RANGE:
        number = *(const uint16_t *)(const void *)slot;
        break;
    case MATCH_NAMED:
        break;
    case MATCH_NEIGHBOUR:
        return memcmp(slot, value->link, sizeof value->link) == 0;
    case MATCH_FLAGS:
        return (number & value->set) == value->set && !(number & value->clear);
    }
    return number >= value->low && number <= value->high;
}

static inline bool plainly_matches(const struct match *match, const struct flow_key *key)
{
    for (size_t i = 0; i < MATCH_FIELD_COUNT; i++) {
        if (match->given & 1u << i && !field_holds(&match_fields[i], &match->value[i], key))
            return false;
    }
    return true;
}

static inline struct verdict find_verdict(const struct classifier *classifier,
                                          const struct flow_key *key)
{
    const struct probe probe = classifier_probe(key);
    return classifier_find(classifier, &probe);
}

#endif
