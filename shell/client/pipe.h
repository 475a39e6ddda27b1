/* The filters behind a line's `|`: match, except, find, count, last, no-more, save. They work on
 * the text of the answer in the client; the box never hears of them. What changes the
 * answer itself (display, compare) stays in the line that it is sent. */
#ifndef MIRRORSH_PIPE_H
#define MIRRORSH_PIPE_H

#include "../config/words.h"

struct pipe_stage;

enum { PIPE_STAGES_MAX = 32 };

struct pipe {
    bool no_more;
    const struct word *save;   /* of the file that takes what comes out; NULL: none */
    struct pipe_stage *stages; /* in their order */
    struct line {              /* the line that is not whole yet */
        char *text;
        size_t length, capacity;
    } partial;
    uint64_t lines;         /* that were put in */
    bool (*stopped)(void);  /* whether the person wants no more; may be NULL */
    struct problem problem; /* of the stage that could not go on; its text is "" until then */
};

/* words: of a whole line, which outlive the pipe. *kept: how many of them, from the first, are the
 * box's. False with *problem; nothing is to be closed then. */
bool pipe_parse(const struct word *words, size_t count, struct pipe *pipe, size_t *kept,
                struct problem *problem);
void pipe_close(struct pipe *pipe);
/* Whether the text comes to the person as a file or changed. */
bool pipe_filters(const struct pipe *pipe);

/* Puts text through the stages, piece by piece; what comes out at once is written to out. False:
 * a stage cannot go on, pipe->problem says why, or it was stopped. */
bool pipe_feed(struct pipe *pipe, const char *text, size_t length, FILE *out);
/* What is left at the end: a last line without newline, counts. */
bool pipe_finish(struct pipe *pipe, FILE *out);

/* Writes what may stand at the end of a line that was typed so far, as CHOICES has it: pipes,
 * and `choices`, what the box says. */
void pipe_complete(const char *front, const char *choices, FILE *out);

#endif
