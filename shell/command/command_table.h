/* The families of commands, one file each. A new family is a row here. */
#ifndef MIRRORSH_COMMAND_TABLE_H
#define MIRRORSH_COMMAND_TABLE_H

#include "command.h"

extern const struct command configure_commands[], edit_commands[], load_commands[],
    commit_commands[], show_commands[], monitor_commands[], clear_commands[], help_commands[],
    request_commands[], terminal_commands[], test_commands[], traffic_commands[];

/* All commands, in the order of their families; NULL behind the last. */
const struct command *command_at(size_t index);
/* The modes that a command stands in, MODE_RUN and MODE_LEVEL among them. */
unsigned command_modes(const struct command *command);
/* The command of exactly this path in a mode, or NULL. */
const struct command *command_called(const char *path, enum command_mode mode);
/* The help of what several paths begin with and is no command: the first `length` bytes of one. */
const char *command_group_help(const char *path, size_t length);

#endif
