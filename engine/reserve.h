/* Captures made in advance. The kernel makes who asks for a ring wait for tens of milliseconds, and
 * where interfaces come and go they would add up to a control thread that does not answer: a thread
 * of its own makes the next ones ready while that lasts. */
#ifndef MIRRORSH_RESERVE_H
#define MIRRORSH_RESERVE_H

#include "io/capture.h"

struct reserve;

/* NULL when memory runs out or there can be no thread. Freed with reserve_free (NULL is fine). */
struct reserve *reserve_new(void);
void reserve_free(struct reserve *reserve);

/* One that suits (capture_suits), the caller's from then on; NULL: none is ready. Where several are
 * wanted (reserve_want) one of `least` bytes does as well. Any thread. */
struct capture *reserve_take(struct reserve *reserve, size_t size, size_t least, size_t frame_size);

/* A capture of `size` bytes is likely to be asked for next: one is kept ready, or, where they are
 * asked for faster than that, up to RESERVE_MOST of `least` bytes, which serve then. They go when
 * nobody has said so for ten seconds: a ring costs memory and a timer. */
enum { RESERVE_MOST = 4 };
void reserve_want(struct reserve *reserve, size_t size, size_t least);

#endif
