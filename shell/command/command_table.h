/* The families of commands, one file each, and the walk down their paths that says what a line
 * lacks. A new family is a row here. */
#ifndef MIRRORSH_COMMAND_TABLE_H
#define MIRRORSH_COMMAND_TABLE_H

#include "command.h"

extern const struct command configure_commands[], edit_commands[], commit_commands[],
    show_commands[], monitor_commands[], clear_commands[], help_commands[];

/* All commands, in the order of their families; NULL behind the last. */
const struct command *command_at(size_t index);
/* The modes that a command stands in, MODE_RUN and MODE_LEVEL among them. */
unsigned command_modes(const struct command *command);
/* The command of exactly this path in a mode, or NULL. */
const struct command *command_called(const char *path, enum command_mode mode);

/* Where the words of a line lead, abbreviations included. */
struct command_walk {
    const struct command *prefix;  /* a command whose path begins with the keywords walked */
    size_t depth;                  /* how many words those are */
    const struct command *command; /* the one whose path they are; NULL: none */
};

/* Goes down as far as the words are keywords. False: the word at walk->depth is none that can
 * stand there, or several, or one is missing; *problem says it. A command that takes more
 * words is a success, whatever they are. */
bool command_walk(enum command_mode mode, const struct word *words, size_t count,
                  struct command_walk *walk, struct problem *problem);
/* The distinct keywords that may follow the walk and begin with `partial`. */
void command_next_words(enum command_mode mode, const struct command_walk *walk,
                        const char *partial, choice_fn *choice, void *context);

#endif
