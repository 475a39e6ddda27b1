/* What a user typed at consoles, kept across logins in a file of their home: $XDG_STATE_HOME (or
 * ~/.local/state)/mirrorsh/history. Consoles beside each other add to it, line by line. Where it
 * cannot be read or written, or is another user's, nothing is kept and nothing said. */
#ifndef MIRRORSH_HISTORY_FILE_H
#define MIRRORSH_HISTORY_FILE_H

#include <stddef.h>

/* As many lines are kept, none of more bytes than the second. */
enum { HISTORY_LINES = 1000, HISTORY_LINE_BYTES = 4096 };

/* The path, malloced, with its directories made; NULL: there is no place for it. */
char *history_file_path(void);
/* Hands the newest lines over, the oldest first; a file that has grown long is cut. */
void history_file_load(const char *path, void (*take)(void *context, const char *line),
                       void *context);
/* A line, or several with newlines between them, of no more than HISTORY_LINE_BYTES together. */
void history_file_add(const char *path, const char *line);

#endif
