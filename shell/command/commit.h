/* A commit that waits for the disk: its console waits with it, the control thread does not. */
#ifndef MIRRORSH_COMMAND_COMMIT_H
#define MIRRORSH_COMMAND_COMMIT_H

#include "context.h"

/* Asks for it, and tells how it went, or that it runs. */
enum command_status commit_begin(struct context *context, const struct commit_request *request,
                                 const struct committing *committing);
/* Tells how the commit of a console went that is waited for; COMMAND_RUNNING: not known yet. */
enum command_status commit_resume(struct context *context);

#endif
