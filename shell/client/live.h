/* The live view of `monitor sessions`: a full-screen table that the box's samples keep
 * moving. It has the terminal from VIEW to DONE. */
#ifndef MIRRORSH_LIVE_H
#define MIRRORSH_LIVE_H

#include "connection.h"

/* Whether this terminal can show it, its size apart: known to terminfo, with an addressable
 * cursor. */
bool live_possible(void);

/* Draws until DONE, whose prompt the connection takes; the terminal is as before then. 0, -EINTR
 * when the process is to end, or -errno of the box's connection. */
int live_run(struct connection *connection, const struct view_start *start);

#endif
