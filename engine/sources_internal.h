/* What sources.c, turnover.c and prefilters.c have in common. */
#ifndef MIRRORSH_SOURCES_INTERNAL_H
#define MIRRORSH_SOURCES_INTERNAL_H

#include "sources.h"

enum { SHARES = 1024 }; /* that the whole of the rings has */

/* Bytes of so many shares; each worker's ring has its least. */
size_t share_size(const struct sources *sources, unsigned share);
/* It is open, and shares its rings with no other. */
bool has_own_feed(const struct sources *sources, const struct source *source);
/* These captures of the feed are as many and as large as is wanted, also for its frames. */
bool captures_suit(const struct sources *sources, const struct feed *feed,
                   const struct captures *captures);

#endif
