/* Frames from an interface, or from several: an AF_PACKET socket with a TPACKET_V3 ring, in which
 * the kernel fills block after block. A capture is opened and closed by the control thread; in
 * between one worker reads its blocks. */
#ifndef MIRRORSH_CAPTURE_H
#define MIRRORSH_CAPTURE_H

#include "../packet/frame.h"
#include "capture_filter.h"

#include <net/if.h>
#include <stdatomic.h>
#include <stddef.h>

enum { CAPTURE_LEAST = 1 << 20 }; /* bytes of the smallest ring */

struct capture {
    int descriptor; /* becomes readable when a block is ready */
    uint8_t *map;
    size_t map_size;
    uint32_t block_size, block_count;
    int index;           /* of its interface; 0: of all */
    bool loopback;       /* see the options */
    uint32_t serial;     /* less than that of every capture made later */
    atomic_bool fell;    /* its interface has gone down since this was last set to false */
    uint32_t next_block; /* that the kernel fills or has filled next, */
    uint32_t open;       /* of which and those behind it so many are being read */

    /* The worker's. */
    uint32_t tag; /* of its poll */
    bool armed;   /* its poll is in the ring */
    bool ready;   /* there may be blocks to read */
};

struct capture_options {
    int index;         /* of the interface; 0: of all */
    bool loopback;     /* that shows each packet twice: only the received copy is taken */
    size_t size;       /* of the ring, in bytes; a smaller one where memory is short */
    size_t frame_size; /* of the largest frames, in bytes */
};

/* A capture with its ring, of no interface yet: 0 and *made, or -errno. The kernel makes who asks
 * for a ring wait for tens of milliseconds. `size` and `frame_size` as in the options. */
int capture_make(struct capture **made, size_t size, size_t frame_size);
/* Whether its ring takes frames of that size whole. */
bool capture_holds(const struct capture *capture, size_t frame_size);
/* The same, and it is about as large as that, or larger. */
bool capture_suits(const struct capture *capture, size_t size, size_t frame_size);
/* Gives it its interface; -errno. It takes nothing until capture_admit. */
int capture_bind(struct capture *capture, const struct capture_options *options);
/* One more of a group of bound captures of the same interface, each of whose packets one of them
 * gets; *group negative: the first, which sets it, and gets all until capture_spread, of which the
 * first does not wait for packets on their way. -EINVAL: the interface is down, and the kernel
 * older than 6.13. */
int capture_join(const struct capture *capture, int *group);
/* Packets go to `count` captures of its group from now on, by flow: to number `first` (from 0) and
 * those behind it. Numbers are given in the order of joining; a capture that goes leaves its own to
 * the last; where the interface has fallen, they are given anew in the order of making. When this
 * returns no packet is on its way to any other. -errno, and all is as before. */
int capture_spread(const struct capture *capture, uint32_t first, uint32_t count);
/* What it takes from now on; another filter takes the place of the one before between two frames.
 * -ENOMEM: the kernel has no room for one so long. */
int capture_admit(const struct capture *capture, const struct capture_filter *filter);
/* The same of a program of io/bpf.h, by its descriptor. */
int capture_admit_program(const struct capture *capture, int program);
void capture_close(struct capture *capture);

/* Frames that the kernel did not put into the ring since the last call: for want of room, or
 * because it could not describe them. */
uint64_t capture_dropped(const struct capture *capture);

/* Takes the pending error off the socket: the interface has fallen; packets come again when it is
 * up again. */
void capture_clear_error(struct capture *capture);

/* The interface has gone away under a capture of one interface: nothing comes of it any more, not
 * even if there is such an interface again. */
bool capture_is_deaf(const struct capture *capture);

/* Makes an interface receive what is not addressed to it, for a capture of all; -errno. It ends
 * with the capture, with capture_unwatch, or when the interface is deleted. */
int capture_watch(const struct capture *capture, int index);
void capture_unwatch(const struct capture *capture, int index);

/* A block being read. */
struct capture_block {
    uint8_t *at, *end; /* next frame's record; where records can be */
    uint32_t left;
};

/* The next one; false: it is not ready. Frames hold until it is released. */
bool capture_block_open(struct capture *capture, struct capture_block *block);
/* false: no frame left. *frame is a view into the block. Frames that the kernel could not describe
 * are left out; capture_dropped has them. */
bool capture_block_next(struct capture_block *block, struct frame *frame);
/* No block is ready, and nothing is in the one that the kernel fills. */
bool capture_is_empty(const struct capture *capture);
/* Gives all that were opened back to the kernel. */
void capture_blocks_release(struct capture *capture);

#endif
