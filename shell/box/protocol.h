/* What a console and the box say to each other, over the unix socket or the socket pair of a
 * box in the same process: framed messages on a stream, each a type, a length and bytes. Both
 * ends are this program; HELLO carries the version and the box refuses another one. */
#ifndef MIRRORSH_PROTOCOL_H
#define MIRRORSH_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum message_type {
    /* console -> box */
    MESSAGE_HELLO = 1, /* struct hello */
    MESSAGE_LINE,     /* one line of text; answered by OUTPUT*, PROBLEM*, WARNING*, then one DONE */
    MESSAGE_COMPLETE, /* uint32_t byte offset of the cursor, then the line; answered by one
                         CANDIDATES */
    MESSAGE_INTERRUPT, /* ends the running monitor; harmless otherwise */
    MESSAGE_SIZE,      /* struct screen_size */
    /* box -> console */
    MESSAGE_WELCOME,    /* struct prompt: ready */
    MESSAGE_REFUSED,    /* text; the box hangs up after it */
    MESSAGE_OUTPUT,     /* text for standard output */
    MESSAGE_NOTICE,     /* a line for standard error that belongs to no command */
    MESSAGE_PROBLEM,    /* uint32_t column (1-based in characters, 0: whole line), then text */
    MESSAGE_WARNING,    /* the same; the line has not failed */
    MESSAGE_CANDIDATES, /* see below */
    MESSAGE_VIEW,       /* struct view_start: the live view begins; SAMPLEs follow until
                           INTERRUPT or the count is reached, then DONE. A new interval is
                           asked for by a SIZE with interval_ms set */
    MESSAGE_SAMPLE,     /* text, see below */
    MESSAGE_DONE,       /* struct prompt */
};

enum { PROTOCOL_VERSION = 2, PROMPT_MAX = 256, MESSAGE_MAX = 16 * 1024 * 1024 };

struct message_header {
    uint32_t type;
    uint32_t length; /* of what follows, <= MESSAGE_MAX */
};

/* A terminal smaller than this gets plain lines instead of the live view. */
enum { VIEW_COLUMNS_MIN = 64, VIEW_ROWS_MIN = 10 };

enum console_kind { CONSOLE_TERMINAL, CONSOLE_BATCH };

struct screen_size {
    uint16_t columns, rows;
    uint32_t interval_ms; /* in a live view: the wanted interval; 0: as it is */
};

struct hello {
    uint32_t version; /* PROTOCOL_VERSION */
    uint32_t kind;    /* enum console_kind */
    struct screen_size size;
    char terminal[64];    /* of the console, for show and logs: "pts/3" */
    uint32_t full_screen; /* 1: it can draw the live view, if it is large enough */
};

struct prompt {
    uint32_t failed;       /* 1: the line failed (or a PROBLEM came) */
    uint32_t logged_out;   /* 1: the console is to end */
    uint32_t uncommitted;  /* 1: the candidate has changes */
    uint32_t page;         /* 1: the output may go through the pager */
    char text[PROMPT_MAX]; /* NUL-terminated: "box# " */
};

struct view_start {
    uint32_t interval_ms;
    uint32_t count; /* 0: until interrupted */
};

/* CANDIDATES: uint32_t byte offset where the word under the cursor begins, then lines
 *   "W\tword\thelp\n" may be inserted, "H\thint\thelp\n" only shown.
 * SAMPLE: lines of tab-separated fields, counters since the last clear:
 *   "box\tHOST\tuptime_ms\tworker loads in percent, comma-separated\tms since the monitor began\n"
 *   "session\tNAME\tstate\tpriority\tmatched packets\tmatched bytes\tsent packets\tsent bytes\t
 *    dropped packets\treason\tfilter\ttarget\tvni\tpacket length or full\n"  in priority order
 *   "rule\tSESSION\tdirection\tnumber\taction\tmatch text\thits packets\thits bytes\n"
 *   "receiver\tSESSION\taddress:port\tstate\treason\tsent packets\tsent bytes\terrors\n" */

/* Blocking, whole message; 0 or -errno (-EPIPE: the other end has gone). */
int message_send(int fd, enum message_type type, const void *data, size_t length);
/* Blocking; *data is malloced with a NUL behind its `length` bytes. 0, -ECONNRESET at a hang-up,
 * -EPROTO for a malformed message, or -errno. */
int message_receive(int fd, enum message_type *type, char **data, size_t *length);

#endif
