/* Files of this machine that a command of the box reads or writes: opened here, with the rights of
 * the person at this console. */
#ifndef MIRRORSH_TRANSFER_H
#define MIRRORSH_TRANSFER_H

#include "connection.h"

/* Does the line that runs name this file ("": the terminal) to this command, as its word of that
 * index? No box reads or writes a file that the person did not ask for. words: NULL: of none. */
bool transfer_is_asked(const struct words *words, const char *command, size_t index,
                       const char *file);

/* Sends what the box asks for: the file's text ("": that of the handler's text), and its end. 0,
 * also when it could not be read, which the box is told; -errno of the connection. */
int transfer_read(struct connection *connection, const char *path,
                  const struct connection_handler *handler);

/* What is typed at standard input, a terminal or not, up to its end or a ^D at the beginning of a
 * line, with an eye on the box. 0; -ECANCELED: ^C; -EINTR: the process is to end; -ECONNRESET. */
int transfer_typed(struct connection *connection, const struct connection_handler *handler,
                   FILE *to);

/* The answer of the line that runs goes to a file from here on, or nowhere where that cannot be
 * written, which fails the line. */
void transfer_begin(struct connection *connection, const char *path,
                    const struct connection_handler *handler);
/* Text of the answer: whether it is for that file. */
bool transfer_takes(struct connection *connection, const char *text, size_t length);
/* The line is done. Nothing where it went to no file. */
void transfer_end(struct connection *connection, const struct connection_handler *handler);

#endif
