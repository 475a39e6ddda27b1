/* The client's line editor: one line at a time, with history, completion and `?`, while an
 * eye is kept on the box. */
#ifndef MIRRORSH_EDITOR_H
#define MIRRORSH_EDITOR_H

#include "connection.h"
#include <stdio.h>

struct editor;

/* One a process. Uses the connection to ask for choices; tells notices to the handler. NULL:
 * out of memory, or no terminal that can be edited on. */
struct editor *editor_open(struct connection *connection, const struct connection_handler *handler);
/* The terminal is as it was before editor_open; left: by who is at it, and what was typed since is
 * for who has it next. */
void editor_close(struct editor *editor, bool left);

enum editor_result {
    EDITOR_LINE,
    EDITOR_DROPPED, /* ^C */
    EDITOR_LEAVE,   /* ^D on an empty line */
    EDITOR_HANGUP,  /* the terminal has gone, or the process is to end */
    EDITOR_BOX,     /* the box has gone */
};

/* *line, without a newline, holds until the next call. */
enum editor_result editor_line(struct editor *editor, const char *prompt, const char **line);
/* Reads the answer to a question: true for (a beginning of) yes. */
enum editor_result editor_ask(struct editor *editor, const char *question, bool *yes);

/* Reads a text of several lines, to a ^D on an empty one. 0; -ECANCELED: ^C; -EINTR: EDITOR_HANGUP;
 * -ECONNRESET: EDITOR_BOX. The line handed out last stays. */
int editor_text(struct editor *editor, FILE *to);

/* To be called by the notice handler around what it prints: in front of it the typed line is
 * wiped or stepped below, afterwards it is drawn again. Nothing while no line is edited. */
void editor_step_aside(struct editor *editor);
void editor_come_back(struct editor *editor);

#endif
