/* THE table of the configuration tree. Parsing, completion, `?`, checking, printing, JSON
 * and diff iterate over its rows. A new leaf is a new row. The rows of a rule's conditions
 * come from the engine's table of match fields. */
#ifndef MIRRORSH_SCHEMA_H
#define MIRRORSH_SCHEMA_H

#include "../../engine/plan/match_field.h"
#include "words.h"
#include <stdbool.h>

enum schema_kind {
    SCHEMA_CONTAINER, /* system */
    SCHEMA_LIST,      /* session NAME: instances by key */
    SCHEMA_LEAF,      /* priority 1 */
    SCHEMA_LEAF_LIST, /* receiver A B C */
    SCHEMA_FLAG,      /* disabled */
};

struct schema;

/* A word that a value may be. */
struct schema_choice {
    const char *name;
    const char *help; /* one line */
};

/* How a value is read: false with *why; else its canonical text (malloced) in *canonical. */
typedef bool value_parse_fn(const struct schema *row, const char *text, char **canonical, char *why,
                            size_t why_size);

struct schema {
    const char *name; /* keyword */
    const char *help; /* one line */
    const char *hint; /* of the value or the key: "<1-32766>", "NAME"; NULL: none */
    enum schema_kind kind;
    value_parse_fn *parse;               /* of the value or the key */
    long minimum, maximum;               /* of numbers; of a text's characters */
    const struct schema_choice *choices; /* of an enumeration, ends with a NULL name; else NULL */
    struct schema_choice also; /* a word that a number may be instead: "full", "auto"; else zero */
    const char *default_value; /* what holds where none is given, canonical; NULL: nothing does */
    const char *default_text;  /* for people, where no value says it: "every packet"; else NULL */
    bool implied;              /* the only leaf of its list: no keyword, "tag KEY VALUE" */
    bool required;             /* a node without it is not committed */
    bool unique;               /* no two instances of its list have the same */
    bool one_a_family;         /* SCHEMA_LEAF_LIST of addresses: no two of IPv4 or of IPv6 */
    const char *refers_to;     /* the top-level list whose keys are its values: "filter" */
    bool interfaces;           /* values are interface names: complete with live ones */
    bool numeric_key;          /* SCHEMA_LIST: keys are numbers */
    const struct match_field *match; /* this row is that match field */
    const struct schema *children;   /* ends with a NULL name */
};

/* What holds where the row's leaf is not given, for people: "auto", "every packet", of a flag "no";
 * NULL: nothing does. */
const char *schema_default(const struct schema *row);

/* The leaf whose value stands right behind a list's key, or NULL. */
const struct schema *schema_implied(const struct schema *row);

/* The root: a container without a name. There before main, never freed. */
const struct schema *schema_root(void);
/* The child row called `name` exactly, or NULL. */
const struct schema *schema_child(const struct schema *row, const char *name);
/* The names of the child rows that begin with `prefix`, "a, b, c" in alphabetical order: how many.
 */
enum { SCHEMA_CHILDREN_MAX = 64, SCHEMA_EXPECTED_SIZE = 256 };
size_t schema_expected(const struct schema *row, const char *prefix, char *out, size_t size);
/* The child row of which `word` is the name or an unambiguous prefix; else NULL and *problem
 * (text only) says what was expected here, or between which it does not decide. */
const struct schema *schema_match(const struct schema *row, const struct word *word,
                                  struct problem *problem);

#endif
