/* libcli behind the table of commands: finds the command of a line, abbreviations, modes and
 * privileges included. The only file that knows libcli. */
#ifndef MIRRORSH_LIBCLI_BRIDGE_H
#define MIRRORSH_LIBCLI_BRIDGE_H

#include "command.h"

struct bridge;

/* One a console; NULL when memory runs out. */
struct bridge *bridge_new(bool may_configure);
void bridge_free(struct bridge *bridge);

/* The command that the first words name in a mode, and how many words its path took; NULL: none,
 * or several (command_walk says which). */
const struct command *bridge_find(struct bridge *bridge, enum command_mode mode,
                                  const struct word *words, size_t count, size_t *used);

#endif
