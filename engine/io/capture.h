/* Frames from an interface: an AF_PACKET socket with a TPACKET_V3 ring, in which the kernel
 * fills block after block. A capture is opened and closed by the control thread; in between
 * one worker reads its blocks. */
#ifndef MIRRORSH_CAPTURE_H
#define MIRRORSH_CAPTURE_H

#include "../packet/frame.h"

#include <net/if.h>
#include <stddef.h>

struct capture {
    int descriptor; /* becomes readable when a block is ready */
    uint8_t *map;
    size_t map_size;
    uint32_t block_size, block_count;
    uint32_t next_block; /* that the kernel fills or has filled next */

    /* The worker's. */
    uint32_t tag; /* of its poll */
    bool armed;   /* its poll is in the ring */
    bool ready;   /* there may be blocks to read */
};

struct capture_options {
    const char *interface;
    int index;     /* of the interface */
    bool loopback; /* shows each packet twice: only the received copy is taken */
    bool shared;   /* one of several captures between which packets are spread by flow */
};

/* 0 and *capture, or -errno with *why. *fanout is the group of shared captures of one
 * interface: negative for the first, which sets it. A shared capture receives nothing until
 * capture_admit, which is for when all are open. */
int capture_open(struct capture **capture, const struct capture_options *options, int *fanout,
                 char *why, size_t why_size);
void capture_admit(struct capture *capture);
void capture_close(struct capture *capture);

/* Frames that the kernel did not put into the ring since the last call: for want of room, or because
 * it could not describe them. */
uint64_t capture_dropped(const struct capture *capture);

/* Takes the pending error off the socket (the interface went down); packets come again when
 * the interface does. */
void capture_clear_error(const struct capture *capture);

/* A block being read. */
struct capture_block {
    uint8_t *at, *end; /* next frame's record; where records can be */
    uint32_t left;
};

/* false: no block is ready. A block that was opened must be released before the next. */
bool capture_block_open(struct capture *capture, struct capture_block *block);
/* false: no frame left. *frame is a view into the block. Frames that the kernel could not describe
 * are left out; capture_dropped has them. */
bool capture_block_next(struct capture_block *block, struct frame *frame);
/* Gives the block back to the kernel. */
void capture_block_release(struct capture *capture);

#endif
