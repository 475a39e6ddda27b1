/* What is opened at once and serves together: a capture for each worker, of one interface or of
 * many. Flows are spread between them. The control thread's only; the captures in it are the
 * workers' while a plan has them. */
#ifndef MIRRORSH_FEED_H
#define MIRRORSH_FEED_H

#include "reserve.h"

struct feed {
    struct capture **captures; /* one a worker */
    unsigned workers;
    size_t size;    /* of its rings, in bytes */
    unsigned users; /* its user's affair */
};

/* All of `options` but `spread` is the caller's to set; `size` is that of all rings together. Takes
 * nothing before feed_admit. reserve: may be NULL. 0 and *feed, or -errno. */
int feed_open(struct feed **feed, const struct capture_options *options, unsigned workers,
              struct reserve *reserve);
/* Returns at once; the kernel's part is left to a thread. NULL is fine. */
void feed_close(struct feed *feed);

/* What all of its captures take from now on; -errno. */
int feed_admit(const struct feed *feed, const struct capture_filter *filter);

/* Frames lost since the last call, see capture_dropped. */
uint64_t feed_dropped(const struct feed *feed);

#endif
