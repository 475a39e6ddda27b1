/* Batch mode: a script is the lines of -c, -f and standard input, in their order, through one
 * connection. Output goes to standard output, errors with their place to standard error. */
#ifndef MIRRORSH_SCRIPT_H
#define MIRRORSH_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

/* Exit statuses of the program. */
enum { STATUS_OK = 0, STATUS_FAILED = 1, STATUS_USAGE = 2, STATUS_NO_BOX = 3 };

struct script_input {
    const char *text; /* of a -c; NULL: a file */
    const char *path; /* of a -f, "-": standard input */
    char name[16];    /* of a -c: "-c1"; a file's name is its path */
    int fd;
};

struct script {
    struct script_input *inputs;
    size_t count;
    bool keep_going;  /* -k */
    bool full_screen; /* both ends are a terminal that can show the live view */
};

/* Opens the files, before any box is looked for. false: one cannot be read, *why says. */
bool script_open(struct script *script, char *why, size_t why_size);
/* Takes over `fd`, a connection to the box. Returns the exit status. */
int script_run(const struct script *script, int fd);

#endif
