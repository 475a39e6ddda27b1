/* The packets that a session sends, as they come from the box: to lines of text, or to a capture
 * file of this machine, with the rights of the person at this console. */
#ifndef MIRRORSH_PACKETS_H
#define MIRRORSH_PACKETS_H

#include "connection.h"

/* CAPTURE, PACKETS or PACKETS_END of the line that runs, which ends where its file cannot be
 * written. 0 or -errno; -EPROTO: nobody has asked for that, or it is no message of packets. */
int packets_take(struct connection *connection, const struct message *message,
                 const struct connection_handler *handler);

/* The line is done: closes its file, and has it fail where that is not whole. */
void packets_close(struct connection *connection);

#endif
