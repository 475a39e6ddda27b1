/* The pager: the output of a command that is longer than the screen, a screenful at a time,
 * with --More-- at the bottom. */
#ifndef MIRRORSH_PAGER_H
#define MIRRORSH_PAGER_H

#include <stdbool.h>
#include <stddef.h>

/* Shows a whole output on the terminal; keys: those of its help (`h`). Shorter than the screen,
 * it is only written. 0, or -errno when the terminal has gone or the process is to end. The
 * terminal's modes are as before in any case. */
int pager_show(const char *text, size_t length);
/* Whether it has the terminal at this moment: what is written then stands at its status line. */
bool pager_stands(void);

#endif
