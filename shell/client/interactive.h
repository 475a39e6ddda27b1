/* The console of a person: prompt, line, answer, until they leave. */
#ifndef MIRRORSH_INTERACTIVE_H
#define MIRRORSH_INTERACTIVE_H

#include <stdbool.h>

struct interactive_options {
    bool ends_mirroring; /* leaving ends the box and its mirroring: ask first */
    bool full_screen;    /* the terminal can show the live view */
};

/* Takes over `fd`, a connection to the box. Returns the exit status. */
int interactive_run(int fd, const struct interactive_options *options);

#endif
