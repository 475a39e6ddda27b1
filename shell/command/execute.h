/* A line of a console -> the command it names, run, its answer displayed. */
#ifndef MIRRORSH_EXECUTE_H
#define MIRRORSH_EXECUTE_H

#include "context.h"

/* Problems are sent to the console as they come. */
enum command_status execute_line(struct context *context, const char *line);

/* For `run`: a command of the operational mode from the configuration mode, its words without
 * the pipe. */
enum command_status execute_words(struct context *context, enum command_mode mode,
                                  const struct word *words, size_t count);

#endif
