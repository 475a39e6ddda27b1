/* This machine's interfaces right now, which a configuration may name. */
#ifndef MIRRORSH_INTERFACES_H
#define MIRRORSH_INTERFACES_H

#include "../config/completion.h"

/* None when the kernel does not tell or memory runs out. */
void interfaces_read(struct interfaces *interfaces);
void interfaces_free(struct interfaces *interfaces);

#endif
