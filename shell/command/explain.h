/* Why a line names no command that this console may run. */
#ifndef MIRRORSH_EXPLAIN_H
#define MIRRORSH_EXPLAIN_H

#include "context.h"
#include "dispatch.h"

/* Of words that lead no further than *reach: what is wrong with the next one. Returns false. */
bool explain_word(const struct context *context, const struct reach *reach,
                  const struct word *words, size_t count, struct problem *problem);
/* Of words for which dispatch_find has found no command in a mode. Returns false. */
bool explain_line(const struct context *context, enum command_mode mode, const struct word *words,
                  size_t count, struct problem *problem);
/* Of a command of the configuration mode that did not take a word which one of the operational mode
 * takes, as `show sessions`: says so in the place of *problem. */
void explain_operational(const struct context *context, const struct word *words, size_t count,
                         struct problem *problem);

#endif
