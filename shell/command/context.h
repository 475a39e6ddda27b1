/* What a command knows of the console it runs for: what it may do, where it stands in the
 * configuration, the line that is run, and how it is answered. The server holds one a peer; the
 * commands know nothing of peers and sockets. */
#ifndef MIRRORSH_CONTEXT_H
#define MIRRORSH_CONTEXT_H

#include "../protocol.h"
#include "../running/commit.h"
#include "arguments.h"
#include "display.h"

struct dispatch; /* dispatch.h */
struct loading;  /* load.c */
struct monitor;  /* monitor.h */

/* The way back to the console: set by who holds the context. */
struct answer {
    void (*send)(void *peer, enum message_type type, const void *data, size_t length);
    size_t (*queued)(const void *peer); /* bytes that were sent and are not taken yet */
    void *peer;
};

/* Bytes; an answer that would let more than these wait is refused. */
enum { ANSWER_MAX = 32 * 1024 * 1024 };

/* The line that is run now. */
struct request {
    const char *line;
    struct display_pipe pipe;
    uint32_t column; /* of the command's first word */
    bool failed;     /* a problem was sent */
    bool quiet;      /* the answer is not for the pager */
    bool filtered;   /* the client filters it: text, and no live view */
};

/* The commit that is waited for, as it was asked for. */
struct committing {
    bool running;     /* false: none */
    const char *done; /* to be said then */
    bool and_quit;
};

struct context {
    struct running *running;
    struct dispatch *dispatch; /* NULL: no HELLO came yet */
    struct answer answer;
    bool may_configure;
    bool person;      /* at a terminal; else it is a script */
    bool full_screen; /* the client can draw the live view, if `size` is large enough */
    struct screen_size size;

    enum command_mode mode;
    struct edit edit;
    struct path path; /* of `edit` */
    size_t *levels;   /* path.count before each edit that still counts, for exit */
    size_t level_count;

    struct request request;
    FILE *out;               /* of the command that runs: its text */
    struct problem *problem; /* and what is wrong with it, told when it has run */
    struct monitor *monitor; /* NULL: none runs */
    struct loading *loading; /* NULL: no text is waited for */
    struct committing committing;
    int64_t lock_until_ms; /* the configuration's lock is waited for as long; 0: it is not */
    bool logged_out;
};

/* Sends text for standard output. */
void context_output(struct context *context, const char *text, size_t length);
/* Sends a line for standard error that belongs to no command. */
void context_notice(struct context *context, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A problem at a column of the line (0: the whole line); the line has failed. */
void context_problem(struct context *context, uint32_t column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same of what is no reason to refuse. */
void context_warning(struct context *context, uint32_t column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* All of a list that there is room for by one of these, and how many more `things` there are. */
typedef void context_tell_fn(struct context *context, uint32_t column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void context_list(struct context *context, context_tell_fn *tell, uint32_t column,
                  const struct problems *problems, const char *things);
/* Any message. */
/* Columns that the answer is folded to: of the screen of a person who reads it as it is; else 0. */
size_t context_width(const struct context *context);
void context_send(struct context *context, enum message_type type, const void *data, size_t length);
size_t context_queued(const struct context *context);

/* Leaves nothing of `edit`: on leaving the configuration mode, and top. */
void context_top(struct context *context);
/* Leaves the configuration mode. */
void context_leave(struct context *context);

#endif
