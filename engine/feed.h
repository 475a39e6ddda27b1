/* What is opened at once and serves together: a capture for each worker, of one interface or of
 * many. Flows are spread between them. Where they are to be more, fewer or of another size, others
 * are made beside them, and take over between two packets: each packet is in a ring of these or of
 * those, while workers read both. The control thread's only; the captures in it are the workers'
 * while a plan has them. */
#ifndef MIRRORSH_FEED_H
#define MIRRORSH_FEED_H

#include "feed_filter.h"
#include "mirror_config.h"
#include "reserve.h"

#include <pthread.h>

/* One a worker. */
struct captures {
    struct capture **at;
    unsigned count;
    size_t size; /* bytes wanted of all their rings; there may be fewer */
};

struct feed {
    struct captures now;   /* get the packets */
    struct captures next;  /* are to take over; get none yet */
    struct captures last;  /* get none any more; workers may have some that have not been read */
    unsigned users, share; /* its user's affair */
    size_t frame_size;     /* as well: of the largest frames that come now */
    struct feed_filter filter; /* of one interface */

    int group;    /* of all of them; negative: the one is alone, see capture_join */
    bool chooses; /* the group has a program */
    struct capture *members[2 * WORKERS_MAX]; /* by their numbers in the group */
    unsigned member_count;
    unsigned behind;   /* members before those of `now` */
    pthread_t closing; /* a thread that closes what was `last`, and has the members meanwhile */
    bool is_closing;
};

/* Where rings that are ready in advance may come from (NULL: nowhere), and how small all of them
 * together may be. */
struct ready_rings {
    struct reserve *reserve;
    size_t least;
};

/* `size` of the options is that of all rings together. Takes nothing before feed_admit. 0 and
 * *feed, or -errno. */
int feed_open(struct feed **feed, const struct capture_options *options, unsigned workers,
              struct ready_rings ready);
/* Returns at once; the kernel's part is left to a thread. NULL is fine. */
void feed_close(struct feed *feed);

/* Workers whose captures get packets, or are to get them. */
unsigned feed_width(const struct feed *feed);

/* Makes others, of which there are none yet, that take nothing before feed_admit; -errno. */
int feed_renew(struct feed *feed, const struct capture_options *options, unsigned workers);
/* They take over. -errno, and all is as before. */
int feed_switch(struct feed *feed);
/* They are not wanted after all. */
void feed_forget(struct feed *feed);
/* Closes what gets no packets any more; no worker may have any of these. Frames lost in them that
 * feed_dropped has not said. */
uint64_t feed_trim(struct feed *feed);

/* Of one interface: its captures take what its filter says, or everything; -errno. */
int feed_admit_own(const struct feed *feed);
/* Of one interface: its captures are to have this program from feed_set_filter on (NULL: everything
 * goes through), and unless they have it, everything goes through until then. */
void feed_lift_filter(struct feed *feed, const struct prefilter_program *next);
void feed_set_filter(struct feed *feed);

/* What its captures take from now on; -errno. */
int feed_admit(const struct feed *feed, const struct capture_filter *filter);

/* Frames lost since the last call, see capture_dropped. */
uint64_t feed_dropped(const struct feed *feed);

/* Bytes and number of the rings. */
size_t feed_memory(const struct feed *feed);
unsigned feed_rings(const struct feed *feed);

#endif
