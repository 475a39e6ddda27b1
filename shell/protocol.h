/* What a client and the box say to each other, over the unix socket or the socket pair of a
 * box in the same process: framed messages on a stream, each a type, a length, the number of
 * the request it belongs to, and bytes. A client numbers its LINEs and COMPLETEs; the answers
 * carry that number, and what belongs to a request that the client has given up is dropped.
 * Both ends are this program; HELLO carries the version and the box refuses another one. */
#ifndef MIRRORSH_PROTOCOL_H
#define MIRRORSH_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/un.h>

enum message_type {
    /* client -> box */
    MESSAGE_HELLO = 1, /* struct hello */
    MESSAGE_LINE,      /* uint32_t enum line_flags, then one line of text; answered by OUTPUT*,
                          PROBLEM*, WARNING*, then one DONE */
    MESSAGE_COMPLETE,  /* uint32_t byte offset of the cursor, then the line; answered by one
                          CHOICES */
    MESSAGE_INTERRUPT, /* ends the monitor of that request, or its wait for `configure exclusive`;
                          harmless otherwise */
    MESSAGE_SIZE,      /* struct screen_size */
    MESSAGE_WATCH,     /* struct watch, in a live view: answered by a SAMPLE at once */
    MESSAGE_SHOWN,     /* the last round of the monitor is on its way to the person: another may
                          come */
    MESSAGE_TEXT,      /* a part of the text that READ asked for */
    MESSAGE_TEXT_END,  /* its end; text: why it could not be read, empty: it could */
    MESSAGE_ACTIVE,    /* somebody types, or the terminal takes output: every few seconds */
    /* box -> client */
    MESSAGE_WELCOME, /* struct prompt: ready */
    MESSAGE_REFUSED, /* text: why; the box hangs up after it */
    MESSAGE_OUTPUT,  /* text for standard output */
    MESSAGE_NOTICE,  /* a line for standard error that belongs to no command */
    MESSAGE_PROBLEM, /* uint32_t column (1-based in characters, 0: whole line), then text */
    MESSAGE_WARNING, /* the same; the line has not failed */
    MESSAGE_CHOICES, /* see below */
    MESSAGE_VIEW,    /* struct view_start: the live view begins; SAMPLEs follow until
                        INTERRUPT or the count is reached, then DONE */
    MESSAGE_SAMPLE,  /* text, see below: one round of a live view */
    MESSAGE_ROUND,   /* the OUTPUT of one round of a plain monitor ends here */
    MESSAGE_READ,    /* path of a file of the client's machine, "": the terminal: answered by
                        TEXT*, then one TEXT_END */
    MESSAGE_WRITE,   /* path of a file of the client's machine: it takes the OUTPUT that follows */
    MESSAGE_CAPTURE, /* name of a session, NUL, path of a file of the client's machine: the PACKETS
                        that follow are the session's and go there, else they are shown */
    MESSAGE_PACKETS, /* packets that a session has sent, see below; a ROUND follows */
    MESSAGE_PACKETS_END, /* uint64_t how many were missed: no more PACKETS follow */
    MESSAGE_SCREEN,      /* struct terminal_setting */
    MESSAGE_DONE,        /* struct prompt */
};

/* No message is longer than MESSAGE_MAX. What the box takes is bounded more closely: REQUEST_MAX,
 * which holds a line of LINE_LENGTH_MAX bytes, and GREETING_MAX before the HELLO. */
enum {
    PROTOCOL_VERSION = 9,
    PROMPT_MAX = 256,
    MESSAGE_MAX = 16 * 1024 * 1024,
    LINE_LENGTH_MAX = 1024 * 1024,
    REQUEST_MAX = LINE_LENGTH_MAX + 64,
    GREETING_MAX = 512
};

/* Bytes: no text that READ asks for is longer. */
enum { LOAD_MAX = 16 * 1024 * 1024 };

struct message_header {
    uint32_t type;
    uint32_t length;  /* of what follows, <= MESSAGE_MAX */
    uint32_t request; /* 0: belongs to none */
};

/* The client filters the answer as text: no live view. */
enum line_flags { LINE_FILTERED = 1 };

/* A terminal smaller than this gets plain lines instead of the live view. */
enum { VIEW_COLUMNS_MIN = 40, VIEW_ROWS_MIN = 10 };

enum console_kind { CONSOLE_TERMINAL, CONSOLE_SCRIPT };

struct screen_size {
    uint16_t columns, rows;
};

/* In the place of what the terminal says of itself. */
enum terminal_dimension { TERMINAL_LENGTH, TERMINAL_WIDTH };
struct terminal_setting {
    uint32_t what;  /* enum terminal_dimension */
    uint32_t value; /* lines, 0: nothing is paged; or columns */
};

/* What a live view wants of the samples. SESSION_NAME_SIZE: 64 characters of four bytes, and a
 * NUL. */
enum { SESSION_NAME_SIZE = 64 * 4 + 1 };
struct watch {
    uint32_t interval_ms;            /* 0: as it is */
    char session[SESSION_NAME_SIZE]; /* whose rules and receivers are wanted, "": nobody's */
};

struct hello {
    uint32_t version; /* PROTOCOL_VERSION */
    uint32_t kind;    /* enum console_kind */
    struct screen_size size;
    char terminal[64];    /* of the console, for show and logs: "pts/3" */
    char from[64];        /* where its user logged in from: "192.0.2.7"; "": not known */
    uint32_t full_screen; /* 1: it can draw the live view, if it is large enough */
};

struct prompt {
    uint32_t failed;       /* 1: the line failed (or a PROBLEM came) */
    uint32_t logged_out;   /* 1: the client is to end */
    uint32_t uncommitted;  /* 1: the candidate has changes */
    uint32_t page;         /* 1: the output may go through the pager */
    char text[PROMPT_MAX]; /* NUL-terminated: "box# " */
};

/* PACKETS: each of these with its bytes behind it, filled up to a multiple of 8. */
struct packet_shown {
    uint64_t time_ns; /* of the real-time clock */
    uint32_t length;  /* on the wire */
    uint32_t kept;    /* of it, the bytes that follow */
    uint16_t rule;    /* that took it, 0: none */
    uint16_t egress;  /* 1: its interface sent it; else 0 */
    char interface[16];
    uint32_t zero;
};

struct view_start {
    uint32_t interval_ms;
};

/* CHOICES: uint32_t byte offset where the word under the cursor begins, then lines
 *   "W\tword\thelp\n" may be inserted, in quotes where a line needs them, "S\t]\thelp\n" as it is,
 *   "H\thint\thelp\n" only shown.
 * SAMPLE: lines of tab-separated fields, counters since the last clear:
 *   "box\tHOST\tuptime_ms\tworker loads in percent, comma-separated\tms since the monitor began\n"
 *   "session\tNAME\tstate\tpriority\tmatched packets\tmatched bytes\tsent packets\tsent bytes\t
 *    reason\tfilter\ttarget\tvni\tpacket length or full\tcut packets\tsampled out\tdropped by rate
 *    limit\tno receiver\tsend error\tbacklog\n"  in priority order
 *   "watched\tSESSION\n": the session that is watched, if there is one; the following are its
 *   "rule\tdirection\tnumber\taction\tmatch text\thits packets\n"
 *   "receiver\taddress:port\tstate\treason\tsent packets\terrors\n"
 *   "more\thow many rules are left out behind those\n" */

struct message {
    enum message_type type;
    uint32_t request;
    char *data; /* malloced, with a NUL behind its `length` bytes */
    size_t length;
};

/* The address of a box's socket; false: the path is too long for one. */
bool protocol_address(const char *path, struct sockaddr_un *address);
/* Connects to it; flags: SOCK_NONBLOCK or 0. A descriptor, -ENOENT or -ECONNREFUSED when no box
 * listens there, another -errno. */
int protocol_connect(const char *path, int flags);

/* One end of a connection. */
struct wire {
    int fd;
    uint32_t request; /* the number that what is sent carries */
    /* Waits until poll finds one of `events` on the descriptor. -errno gives up the message
     * that is half done, and with it the connection. */
    int (*wait)(void *context, int fd, short events);
    void *context;
};

/* Whole messages, however long that takes; 0 or -errno of `wait` or of the connection (-EPIPE:
 * the other end has gone). */
int message_send(const struct wire *wire, enum message_type type, const void *data, size_t length);
/* -ECONNRESET at a hang-up, -EPROTO for a malformed message, or -errno. */
int message_receive(const struct wire *wire, struct message *message);

#endif
