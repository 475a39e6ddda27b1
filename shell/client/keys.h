/* The keys that terminals send as escape sequences (xterm, vt220, linux, rxvt, tmux; cursor and
 * keypad in either mode) -> what the line editor is bound to. Pure. */
#ifndef MIRRORSH_KEYS_H
#define MIRRORSH_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

/* Zero at the start. */
struct keys {
    enum keys_state { KEYS_PLAIN, KEYS_ESCAPE, KEYS_CSI, KEYS_SS3, KEYS_FUNCTION } state;
    int64_t escape_ms;  /* when the escape came */
    unsigned number[2]; /* of the sequence: "3;5" */
    size_t numbers;     /* how many of them have begun */
    bool foreign;       /* it is no key: the terminal answers something */
    wchar_t text[3];    /* handed out last */
};

/* What a key sends to the editor when it is no character: bound to delete-next-char. */
#define KEYS_DELETE L"\033[3~"

/* Takes one typed character: what the editor is to read for it, "" for none. A sequence that
 * means nothing here is swallowed whole; an escape in front of another character is the Meta of
 * that. Holds until the next call. */
const wchar_t *keys_take(struct keys *keys, wchar_t typed, int64_t now_ms);

#endif
