/* What the box says may stand at the cursor, made into what TAB inserts and what `?` lists.
 * Pure. */
#ifndef MIRRORSH_CHOICES_H
#define MIRRORSH_CHOICES_H

#include <stdbool.h>
#include <stddef.h>

struct choice {
    const char *word, *help; /* point into choices->text */
    bool hint;               /* only to be listed */
    bool syntax;             /* never in quotes: there it would be a value */
};

struct choices {
    struct choice *at;
    size_t count;
    size_t words; /* those that are no hints */
    char *text;   /* owned */
};

/* Takes over the text of a CHOICES message (malloced). false: out of memory. */
bool choices_parse(struct choices *choices, char *text);
void choices_free(struct choices *choices);

/* What replaces the word that was typed up to the cursor (`typed`, with its quotes): the only
 * choice, complete, or what all have in common. malloced; NULL: no more than was typed. */
char *choices_insertion(const struct choices *choices, const char *typed);

/* The list for people, one line each; malloced, NULL when memory runs out. */
char *choices_list(const struct choices *choices);

#endif
