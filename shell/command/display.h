/* How the answer of a command is to be displayed: `| display json`, `| compare`. What only
 * filters its lines is the client's. */
#ifndef MIRRORSH_DISPLAY_H
#define MIRRORSH_DISPLAY_H

#include "command.h"

struct display_pipe {
    enum display display;
    const struct word *word; /* "json", "compare" */
    long rollback;           /* DISPLAY_COMPARE: with which; 0: the running one */
    const struct word *back; /* its number */
};

/* words: from the first `|` on; none is fine; words[count]: the line's end. */
bool display_parse(const struct word *words, size_t count, struct display_pipe *pipe,
                   struct problem *problem);

/* Whether a command's answer can be displayed so; else *problem, at the word that wants it. */
bool display_possible(const struct command *command, const struct display_pipe *pipe,
                      struct problem *problem);

/* For TAB and `?`: words from the `|` on; displays: those that the command has. */
void display_next(unsigned displays, const struct word *words, size_t count, const char *partial,
                  choice_fn *choice, void *context);
/* Whether the number of a commit stands next. */
bool display_wants_commit(const struct word *words, size_t count);

#endif
