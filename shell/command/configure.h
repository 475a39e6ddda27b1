/* configure exclusive, while it waits for the lock. */
#ifndef MIRRORSH_COMMAND_CONFIGURE_H
#define MIRRORSH_COMMAND_CONFIGURE_H

#include "context.h"

/* Milliseconds until configure_resume has something to do. */
int64_t configure_due(const struct context *context, int64_t now_ms);
/* Takes the lock if it is free, or says who holds it when the time is over; given up, nothing. */
enum command_status configure_resume(struct context *context, bool give_up);

#endif
