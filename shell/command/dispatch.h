/* libcli behind the table of commands: finds the command of a line, abbreviations, modes and
 * privileges included. The only file that knows libcli. */
#ifndef MIRRORSH_DISPATCH_H
#define MIRRORSH_DISPATCH_H

#include "command.h"

struct dispatch;

/* One a console; NULL when memory runs out. */
struct dispatch *dispatch_new(bool may_configure);
void dispatch_free(struct dispatch *dispatch);

/* The command that the first words name in a mode, and how many words its path took; NULL: none,
 * or several (command_walk says which). */
const struct command *dispatch_find(struct dispatch *dispatch, enum command_mode mode,
                                    const struct word *words, size_t count, size_t *used);

#endif
