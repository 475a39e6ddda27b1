/* What stands behind a command's `|`: how its answer is displayed, and stages that filter its
 * lines. Fed piece by piece, so that a monitor's output can pass through as it comes. */
#ifndef MIRRORSH_PIPE_H
#define MIRRORSH_PIPE_H

#include "command.h"

struct pipe_stage;

struct pipe {
    enum display display;
    size_t display_word; /* index in the words parsed, of "json" or "compare" */
    long rollback;       /* DISPLAY_COMPARE: with which; 0: the running one */
    bool no_more;
    struct pipe_stage *stages; /* in their order */
    struct line {              /* the line that is not whole yet */
        char *text;
        size_t length, capacity;
    } partial;
};

/* words: from the first `|` on; none is fine. False with *problem, whose word counts from
 * there; nothing is to be closed then. */
bool pipe_parse(const struct word *words, size_t count, struct pipe *pipe, struct problem *problem);
void pipe_close(struct pipe *pipe);
bool pipe_filters(const struct pipe *pipe);

/* Puts text through the stages; what comes out at once is written to out. */
void pipe_feed(struct pipe *pipe, const char *text, size_t length, FILE *out);
/* What is left at the end: a last line without newline, counts. */
void pipe_finish(struct pipe *pipe, FILE *out);

/* The names of the stages and what they do, for TAB and `?`: words from the last `|` on. */
void pipe_next(unsigned displays, const struct word *words, size_t count, const char *partial,
               candidate_fn *candidate, void *context);

#endif
