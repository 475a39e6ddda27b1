/* The line that runs, as the client has it: its words, the pipes behind its command, and the file
 * that `| save` names. */
#ifndef MIRRORSH_FILTER_H
#define MIRRORSH_FILTER_H

#include "connection.h"
#include "output_file.h"
#include "pipe.h"

struct filter {
    const char *line;
    struct words words; /* of it */
    struct pipe pipe;
    struct output_file file; /* of pipe.save */
    bool failed;             /* the pipes or the file did, and the line with them */
};

/* words: split. *kept: how many of them are the box's. false with *problem: nothing is to run, and
 * only the words are to be freed. */
bool filter_open(struct filter *filter, size_t *kept, struct problem *problem);

/* Puts text through the pipes, to the person or into the file; `last`: what they have kept. */
enum { FILTER_STOPPED = 1 /* a pipe cannot go on: by a ^C, or pipe.problem says why */ };
/* 0, FILTER_STOPPED, or -errno: -ECANCELED where no more is wanted. */
int filter_put(struct filter *filter, const struct connection_handler *handler, const char *text,
               size_t length, bool last);

/* What was saved is seen under its name, while the line goes on. NULL: no filter. */
void filter_show(struct filter *filter);

/* whole: the answer has come to its end, and is none of a line that failed: else the file stays as
 * it was. false: it could not be saved, as the handler was told. */
bool filter_close(struct filter *filter, const struct connection_handler *handler, bool whole);

#endif
