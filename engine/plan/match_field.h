/* THE table of match fields. One row says what a rule's condition is called, what
 * values it takes, and which slot of the flow key it looks at; the shell's parsing,
 * completion, help and printing and the engine's matching all iterate over it. A new
 * field of an existing kind is one row in match_fields.def and its slot in decode. */
#ifndef MIRRORSH_MATCH_FIELD_H
#define MIRRORSH_MATCH_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum match_kind {
    MATCH_NAMED,     /* a number with names: ipv4, tcp */
    MATCH_RANGE,     /* A or A-B */
    MATCH_PREFIX,    /* an IPv4 or IPv6 prefix */
    MATCH_FLAGS,     /* bits by their names, each set or not */
    MATCH_NEIGHBOUR, /* an IPv4 or IPv6 address, for the link address that it has */
};

struct match_name {
    const char *name;
    uint8_t value;
};

struct match_field {
    const char *name; /* as typed: "source-port" */
    const char *help; /* one line */
    const char *hint; /* of the value: "<0-65535>[-<0-65535>]" */
    enum match_kind kind;
    uint16_t parts;      /* enum key_part that the key must have, or the field does not match */
    uint16_t key_offset; /* of the slot in struct flow_key: u8 for MATCH_NAMED and MATCH_FLAGS,
                            u16 for MATCH_RANGE, 16 bytes for MATCH_PREFIX, 6 for MATCH_NEIGHBOUR */
    const struct match_name *names; /* MATCH_NAMED: the first name of a value is the one printed;
                                       MATCH_FLAGS: of each bit, in the order in which they are
                                       printed. Ends with a NULL name */
    uint32_t maximum;               /* MATCH_RANGE; MATCH_NAMED: plain numbers taken up to this,
                                       0: names only */
};

/* FIELD_FAMILY, FIELD_PROTOCOL and so on: the index of each row. */
#define MATCH_FIELD(id, ...) FIELD_##id,
enum match_field_id {
#include "match_fields.def"
    MATCH_FIELD_COUNT
};
#undef MATCH_FIELD
extern const struct match_field match_fields[MATCH_FIELD_COUNT];

/* A parsed value of any kind. */
struct match_value {
    uint32_t low, high;  /* MATCH_NAMED (equal) and MATCH_RANGE (both included) */
    uint8_t family;      /* MATCH_PREFIX and MATCH_NEIGHBOUR: 4 or 6 */
    uint8_t bits;        /* MATCH_PREFIX: length */
    uint8_t address[16]; /* MATCH_PREFIX: host bits zero; both: IPv4 in the first four */
    uint8_t set, clear;  /* MATCH_FLAGS: bits that are one, and that are zero */
    uint8_t link[6];     /* MATCH_NEIGHBOUR: its link address, once a plan has found it */
};

/* What must hold together. A field that is not given matches anything. */
struct match {
    uint32_t given; /* bit i: match_fields[i] is given */
    struct match_value value[MATCH_FIELD_COUNT];
};

enum { MATCH_TEXT_MAX = 64 }; /* bytes of a printed value with its NUL */

/* The row called `name`, or NULL. */
const struct match_field *match_field_find(const char *name);

/* false: *why (of why_size bytes) says what was expected. */
bool match_value_parse(const struct match_field *field, const char *text, struct match_value *value,
                       char *why, size_t why_size);

/* Narrows *value to what it has in common with `by`; false: nothing, and *value is spoilt. Of
 * neighbours the link addresses count: one may have two addresses. */
bool match_value_narrow(const struct match_field *field, struct match_value *value,
                        const struct match_value *by);
/* The same of all that both ask for. */
bool match_narrow(struct match *match, const struct match *by);

/* The canonical text, which parses back to the same value: "tcp", "80", "80-90",
 * "10.0.0.0/24", "syn,!ack". */
void match_value_print(const struct match_field *field, const struct match_value *value,
                       char text[static MATCH_TEXT_MAX]);

#endif
