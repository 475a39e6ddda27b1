/* How the answer of a command is to be displayed: `| display json`, `| compare`. What only
 * filters its lines is the console's. */
#ifndef MIRRORSH_DISPLAY_H
#define MIRRORSH_DISPLAY_H

#include "command.h"

struct display_pipe {
    enum display display;
    size_t word;   /* index in the words parsed, of "json" or "compare" */
    long rollback; /* DISPLAY_COMPARE: with which; 0: the running one */
};

/* words: from the first `|` on; none is fine. False with *problem, whose word counts from
 * there. */
bool display_parse(const struct word *words, size_t count, struct display_pipe *pipe,
                   struct problem *problem);

/* For TAB and `?`: words from the `|` on; displays: those that the command has. */
void display_next(unsigned displays, const struct word *words, size_t count, const char *partial,
                  choice_fn *choice, void *context);

#endif
