/* THE table of what the three clouds that the box stands in for allow, and of what they take where
 * nothing is given: `system profile` says which. A row a rule. The checks of a commit, `help
 * profile`, the values that hold (compile, show), completion and the manual iterate over it; what a
 * cell leaves out is as the row of the schema has it. A new rule is a new row. */
#ifndef MIRRORSH_PROFILE_H
#define MIRRORSH_PROFILE_H

#include "tree.h"

enum profile { PROFILE_NATIVE, PROFILE_AWS, PROFILE_HUAWEI, PROFILE_TENCENT, PROFILES };

enum profile_kind {
    PROFILE_RANGE,    /* limit: the highest that the leaf, or the length of a name, may be */
    PROFILE_DEFAULT,  /* text: what holds where the leaf is left out; it is not required then */
    PROFILE_UNIQUE,   /* text: among whom no two have the same, when it is not all of the list */
    PROFILE_MOST,     /* limit: how many there may be */
    PROFILE_ONLY,     /* text: what alone is taken */
    PROFILE_SERVICES, /* text: the packets of these are never mirrored (mirror_config.h) */
};

/* What a profile says; neither: nothing. */
struct profile_cell {
    long limit;       /* ONLY_WORD: a range of no number, but of the word it may be instead */
    const char *text; /* a name of 11 characters at most, which the rule's note explains */
};
enum { ONLY_WORD = -1 };

struct checking; /* limits.h */
struct location; /* node.h */
struct profile_rule;

/* At a commit, of a profile whose cell says something: tells what does not fit. */
typedef void profile_check_fn(struct checking *checking, const struct profile_rule *rule,
                              const struct profile_cell *cell, const struct location *at);

struct profile_rule {
    const char *name; /* as help profile says it, 22 characters at most */
    enum profile_kind kind;
    const char *list;        /* the top-level list that it is about */
    const char *leaf;        /* of its instances, "source interface"; NULL: its key */
    profile_check_fn *each;  /* called for every instance of the list, or */
    profile_check_fn *whole; /* called once, with the root. Neither: it is looked up elsewhere */
    struct profile_cell cells[PROFILES]; /* native's says nothing */
    const char *note;                    /* for people, a line; NULL: none */
};

/* The rows in order; NULL: no more. */
const struct profile_rule *profile_rule(size_t index);
/* What a cell says, for people: "1-1460", "any". */
enum { PROFILE_TEXT_SIZE = 24 };
const char *profile_text(const struct profile_rule *rule, enum profile profile,
                         char out[static PROFILE_TEXT_SIZE]);

/* What `system profile` says, or its default. */
enum profile profile_of(const struct node *tree);
const char *profile_name(enum profile profile);

/* A leaf as it holds in a profile: the value given, else the default of the profile, else that of
 * the row; of a flag "yes" or "no". text: NULL: nothing holds. A text that is no value ("assigned",
 * "none") says what happens instead. */
struct setting {
    const char *text;
    bool given;
    bool profile; /* it is the profile's own default */
};
struct setting profile_setting(enum profile profile, const struct node *node, const char *leaf);

/* What the cell of a kind says of a row of the schema; NULL: nothing, as always of native. */
const struct profile_cell *profile_cell(enum profile profile, enum profile_kind kind,
                                        const struct schema *row);
/* What holds where the row's leaf is not given, as schema_default. */
const char *profile_default(enum profile profile, const struct schema *row);
/* The same in all profiles, for the manual: "full; huawei: 96". "": nothing. */
enum { PROFILE_DEFAULTS_SIZE = 120 };
const char *profile_defaults(const struct schema *row, char out[static PROFILE_DEFAULTS_SIZE]);
/* The row's help with that: "VXLAN network identifier (default auto)". */
enum { PROFILE_HELP_SIZE = 100 };
const char *profile_help(enum profile profile, const struct schema *row,
                         char out[static PROFILE_HELP_SIZE]);
/* The row's hint: "<1-1460>"; NULL: no value but words. */
const char *profile_hint(enum profile profile, const struct schema *row,
                         char out[static PROFILE_TEXT_SIZE]);
/* Whether a number may be the word that the row has instead. */
bool profile_takes_word(enum profile profile, const struct schema *row);
/* Whether the packets of the services that no cloud mirrors are left out. */
bool profile_leaves_services(enum profile profile);

#endif
