/* The kernel makes who opens a ring, exchanges the program of a group or closes one of its members
 * wait for tens of milliseconds, however many wait at once: what is to be done to many is done to
 * them side by side. */
#ifndef MIRRORSH_SIDE_BY_SIDE_H
#define MIRRORSH_SIDE_BY_SIDE_H

typedef void side_by_side_fn(void *context, unsigned index);

/* Calls work() for each index below `count`, in as many threads as do some good, this one with
 * them; returns when all are done. */
void side_by_side(unsigned count, side_by_side_fn *work, void *context);

#endif
