/* What editor.c and editor_keys.c share, the only files that know libedit. */
#ifndef MIRRORSH_EDITOR_INTERNAL_H
#define MIRRORSH_EDITOR_INTERNAL_H

#include "editor.h"
#include "history_file.h"
#include "keys.h"
#include <histedit.h>
#include <stdio.h>
#include <termios.h>

struct editor {
    EditLine *el;
    History *history;
    char *file;                    /* that keeps it across logins; NULL: none does */
    char kept[HISTORY_LINE_BYTES]; /* lines that it is to have, with newlines between */
    size_t kept_length;
    FILE *discarded; /* libedit's complaints about terminals it does not know */
    struct connection *connection;
    const struct connection_handler *handler;
    const char *prompt;
    char *line;            /* handed out last */
    mbstate_t typed;       /* of the character whose first bytes have come */
    struct keys keys;      /* of the key whose first characters have come */
    const wchar_t *queued; /* what it is to libedit, as far as that has not read it */
    FILE *out;             /* libedit's way to `drawn` */
    struct termios given;  /* the terminal's modes before */
    char drawn[4096];      /* what the terminal has not been given yet */
    size_t drawn_length;
    bool muted;   /* what it draws now is for a size that does not hold */
    bool editing; /* a line is on the screen */
    enum { ASKED_COMMAND, ASKED_ANSWER, ASKED_TEXT } asked; /* what it is */
    bool listened;             /* to the box and the signals, since the line began */
    enum editor_result result; /* of the line that ends now */
};

struct editor *editor_of(EditLine *el);
/* Behind what libedit has drawn: it is on the terminal before anything is waited for. */
void editor_draw(struct editor *editor, const char *text, size_t length);
/* All that was drawn goes to the terminal. */
void editor_show(struct editor *editor);
/* Moves from the cursor to the start of the row below the line. */
void editor_step_below(struct editor *editor);
/* What the keys do that libedit does not know of. */
void editor_bind_keys(EditLine *el);

#endif
