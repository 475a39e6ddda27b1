/* load: a configuration that the console sends, from a file of its machine or its terminal. */
#ifndef MIRRORSH_LOAD_H
#define MIRRORSH_LOAD_H

#include "context.h"

/* While context->loading: a part of the text. One that is too long is told at its end. */
void load_take(struct context *context, const void *data, size_t length);
/* The end of the text; why: the console could not read it, NULL or "": it could. What the line has
 * come to; its DONE may be sent. */
enum command_status load_end(struct context *context, const char *why);
/* The console goes. */
void load_abandon(struct context *context);

#endif
