/* libcli behind the table of commands. It has the tree of their words, with modes and privileges,
 * and goes down it with the words of a line, abbreviations included; what could follow there is
 * read off the same tree. The only file that knows libcli. */
#ifndef MIRRORSH_DISPATCH_H
#define MIRRORSH_DISPATCH_H

#include "command.h"

struct dispatch;

/* One a console; NULL when memory runs out. */
struct dispatch *dispatch_new(bool may_configure);
void dispatch_free(struct dispatch *dispatch);

/* How far down the tree a line leads. */
struct reach {
    const struct command *command;  /* that ends there; NULL: none, more words have to follow */
    const char *path;               /* "show sessions"; "": not even the first word leads on */
    size_t words;                   /* of the line, which that took */
    const struct cli_command *node; /* libcli's; NULL: above the first word */
    enum command_mode mode;
};

/* As this console may: commands that it may not run are not there. */
struct reach dispatch_find(struct dispatch *dispatch, enum command_mode mode,
                           const struct word *words, size_t count);
/* As those may who may everything: for help, completion and error texts. */
struct reach dispatch_look_up(struct dispatch *dispatch, enum command_mode mode,
                              const struct word *words, size_t count);

/* The words that may stand next in the tree and begin with `partial`. */
void dispatch_next(const struct dispatch *dispatch, const struct reach *reach, const char *partial,
                   choice_fn *choice, void *context);

#endif
