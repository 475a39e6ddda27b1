/* What may stand next in a path: for TAB and `?`, from the tables, with the values of the
 * tree at hand and the names of this machine's interfaces. */
#ifndef MIRRORSH_CONFIG_COMPLETION_H
#define MIRRORSH_CONFIG_COMPLETION_H

#include "tree.h"

struct choice {
    const char *word; /* to be inserted; for a hint: what is shown, "<1-32766>" */
    const char *help; /* one line, never empty */
    bool hint;        /* shown by `?`, never inserted */
    bool syntax;      /* a bracket: in quotes it would be a value */
};

typedef void choice_fn(void *context, const struct choice *choice);

/* MARK: what stands in the tree, without values; ANNOTATE: and a comment behind it;
 * RENAME: an instance, `to`, and what it is called then. */
enum path_purpose {
    PATH_SET,
    PATH_DELETE,
    PATH_SHOW,
    PATH_EDIT,
    PATH_MARK,
    PATH_ANNOTATE,
    PATH_RENAME
};

struct interfaces {
    const char *const *names;
    size_t count;
};

/* The help of the hint "<enter>": the line may end here. */
#define ENTER_HELP "Execute this command"

/* That of an interface's name. */
#define INTERFACE_HELP "An interface of this machine"
/* That of an instance's key: its description, else what its list is. */
const char *completion_help(const struct node *instance);

/* words: the complete ones in front (edit path included); partial: what is typed of the next,
 * "" at a blank. Calls choice() for each that begins with partial. A path that is complete
 * as it stands gets the hint "<enter>". Nothing when the words in front are wrong. */
void complete_path(const struct node *tree, const struct word *words, size_t count,
                   const char *partial, enum path_purpose purpose,
                   const struct interfaces *interfaces, choice_fn *choice, void *context);

#endif
