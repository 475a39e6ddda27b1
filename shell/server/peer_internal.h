/* What peer.c and peer_due.c share. */
#ifndef MIRRORSH_PEER_INTERNAL_H
#define MIRRORSH_PEER_INTERNAL_H

#include "peer.h"

/* Tells it why, and hangs up; refused: what it does is wrong, and the journal has it. */
void peer_hang_up(struct peer *peer, const char *text);
void peer_refuse(struct peer *peer, const char *text);
/* Ends its monitor, and the line that began it. */
void peer_end_monitor(struct peer *peer);
/* In front of every prompt, as long as there is something to be confirmed. */
void peer_tell_minutes_left(struct peer *peer);

#endif
