/* A line of a console -> the command it names, run, its answer through the pipe. */
#ifndef MIRRORSH_EXECUTE_H
#define MIRRORSH_EXECUTE_H

#include "../box/console.h"

/* Problems are sent to the console as they come. */
enum command_status execute_line(struct console *console, const char *line);

/* Sends the whole answer through the line's pipe, and closes that. For what goes on
 * (COMMAND_RUNNING), at its end. */
void execute_answer(struct console *console, const char *text, size_t length);

/* For `run`: a command of the operational mode from the configuration mode, its words without
 * the pipe; *problem's word counts from the first. */
enum command_status execute_words(struct console *console, enum command_mode mode,
                                  const struct word *words, size_t count, FILE *out,
                                  struct problem *problem);

#endif
