/* A commit that waits for the disk: its console waits with it, the control thread does not. */
#ifndef MIRRORSH_COMMAND_COMMIT_H
#define MIRRORSH_COMMAND_COMMIT_H

#include "context.h"

/* Tells how the commit of a console went that is waited for; COMMAND_RUNNING: not known yet. */
enum command_status commit_resume(struct context *context);

#endif
