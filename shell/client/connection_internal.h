/* What connection.c and connection_open.c share. */
#ifndef MIRRORSH_CONNECTION_INTERNAL_H
#define MIRRORSH_CONNECTION_INTERNAL_H

#include "connection.h"

/* What signals ask for; -errno: give up. */
int connection_heed(struct connection *connection);
/* Hands a notice on. What is shown of it is no sign of somebody who uses the console. */
void connection_notice(struct connection *connection, const struct connection_handler *handler,
                       const char *text);

#endif
