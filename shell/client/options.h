/* The command line of mirrorsh itself: one table, from which it is parsed, explained and
 * completed. */
#ifndef MIRRORSH_OPTIONS_H
#define MIRRORSH_OPTIONS_H

#include "script.h"
#include <stdio.h>

#define DEFAULT_STATE  "/var/lib/mirrorsh"
#define DEFAULT_SOCKET "/run/mirrorsh.sock"

struct options {
    bool help, version, daemon, verbose, offline;
    const char *state, *socket;
    const char *check;    /* FILE of --check; NULL: none */
    struct script script; /* of -c and -f, in their order, and -k; the inputs are malloced */
};

/* What an option stands for, for tables of help, man page and completion. */
struct option_row {
    char letter;          /* 0: none */
    const char *name;     /* of the long form, NULL: none */
    const char *argument; /* NULL: none; "FILE" and "DIR" are names in the file system */
    const char *help;
};

/* Ends with a row that has neither. */
extern const struct option_row option_table[];

/* false: wrong usage, which was said on standard error. */
bool options_parse(struct options *options, int argc, char **argv);
void options_usage(FILE *out);

#endif
