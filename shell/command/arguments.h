/* The words behind a command's path, checked against its arguments. */
#ifndef MIRRORSH_ARGUMENTS_H
#define MIRRORSH_ARGUMENTS_H

#include "command.h"

/* What a line gives: for each argument of the command the word that is its value (of a keyword
 * the keyword itself, of a path or command the first word), NULL where it is left out. */
struct arguments {
    const struct command *command;
    const struct word *value[ARGUMENTS_MAX];
    const struct word *words; /* all of them, as they stand behind the command's path */
    size_t count;
};

/* words[count]: their end (words.h), which is the place of one that is missing. */
bool arguments_parse(const struct command *command, const struct word *words, size_t count,
                     struct arguments *arguments, struct problem *problem);

/* The words from it on, to the end of the line: of a command, a path. NULL: left out. */
const struct word *argument_words(const struct arguments *arguments, const char *name);
bool argument_given(const struct arguments *arguments, const char *name);
/* NULL: left out. */
const char *argument_text(const struct arguments *arguments, const char *name);
unsigned long argument_number(const struct arguments *arguments, const char *name,
                              unsigned long otherwise);

/* What may stand next behind these words, for TAB and `?`: names and numbers as hints. */
void arguments_next(const struct command *command, const struct word *words, size_t count,
                    const char *partial, choice_fn *choice, void *context);

/* What stands for the text of an ARGUMENT_TEXT: "TEXT". */
const char *argument_hint(const struct argument *argument);

/* "show sessions [NAME [detail]]" */
void command_usage(const struct command *command, char *text, size_t size);

#endif
