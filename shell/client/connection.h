/* The client's side of the protocol, shared by scripts and the editor: says hello, sends a
 * line and hands on what the box answers until it is done, through the line's pipes. What a
 * request that was given up is answered later is dropped. */
#ifndef MIRRORSH_CONNECTION_H
#define MIRRORSH_CONNECTION_H

#include "../config/words.h"
#include "../protocol.h"
#include "output_file.h"
#include <stdio.h>

struct capture_file; /* packets.c */

struct connection {
    struct wire wire;        /* its descriptor is owned; its request is the last one made */
    struct prompt prompt;    /* of the last answer */
    unsigned interrupts;     /* ^C since the request was made */
    unsigned told;           /* of them the box has heard of */
    bool cut;                /* the rest of its output is not wanted */
    struct filter *filter;   /* of the line that runs; NULL: none */
    struct output_file file; /* that the line's answer goes to, where it could be opened */
    bool saves, unsaved;     /* it goes to a file; which went wrong */
    bool round;              /* a round has come that the box has not heard of as shown */
    char refused[200];       /* why the box hung up, as it said; "": it did not say */
    int64_t active_ms;       /* when the box was told that it is in use */
    bool noticing;           /* what is shown now is the box's own word */
    const struct connection_handler *handler; /* of what comes while somebody pages */
    struct capture_file *capture;             /* that packets go to; NULL: they are shown */
    uint64_t packets;                         /* shown or written of the line that runs */
};

/* Where answers go. */
struct connection_handler {
    void *context;
    /* Text for standard output; -ECANCELED: no more of this answer, other -errno end the run. */
    int (*output)(void *context, const char *text, size_t length);
    /* What came is a round of something that goes on: no more of this output waits for a pager; and
     * nothing came for a moment while the line still runs. As above. */
    int (*round)(void *context);
    int (*idle)(void *context);
    void (*problem)(void *context, uint32_t column, const char *text);
    void (*warning)(void *context, uint32_t column, const char *text);
    void (*notice)(void *context, const char *text);
    /* Writes the text that `load terminal` is to take. 0, -ECANCELED: interrupted, or -errno. */
    int (*text)(void *context, FILE *to);
    bool person; /* that is told what they can see nothing of: what was written to a file */
    /* The live view: returns 0 behind DONE, whose prompt it took, or -errno. */
    int (*view)(void *context, struct connection *connection, const struct view_start *start);
};

/* Takes over `fd`; the handler is called until connection_close. 0 with a prompt, or -errno with
 * *why (the descriptor is closed then). */
int connection_open(struct connection *connection, int fd, enum console_kind kind, bool full_screen,
                    const struct connection_handler *handler, char *why, size_t why_size);
void connection_close(struct connection *connection);

/* Runs one line of `length` bytes. 0: connection->prompt says how it went; -EINTR: a signal ended
 * the process's wish to wait (terminal_ended), -ECONNRESET: the box has gone, or -errno of a
 * handler. SIGINT is passed on to the box; *interrupted says so. */
int connection_run(struct connection *connection, const char *line, size_t length,
                   const struct connection_handler *handler, bool *interrupted);

/* Asks what may stand at byte `offset` of the line: 0 with *text (malloced, CHOICES of
 * protocol.h from behind its number) and *begin, or -errno. */
int connection_complete(struct connection *connection, const char *line, size_t offset,
                        const struct connection_handler *handler, uint32_t *begin, char **text);

/* Takes one message that came outside a line: a notice, or the end (-ECONNRESET). */
int connection_news(struct connection *connection, const struct connection_handler *handler);

/* Why a run ended with this -errno of the connection, for people; NULL: it is none of those. */
const char *connection_lost(const struct connection *connection, int failed);

/* For what takes a part of an answer. The words of the line that runs, NULL: it has none. */
const struct words *connection_words(const struct connection *connection);
/* The column of one of them. */
uint32_t connection_column(const struct connection *connection, const struct word *word);
/* Text of the answer: through the pipes, to where it goes. 0 or -errno. */
int connection_put(struct connection *connection, const struct connection_handler *handler,
                   const char *text, size_t length);
/* No more of the answer is wanted. 0 or -errno. */
int connection_cut(struct connection *connection);

/* Tells the box the terminal's new size. */
void connection_resize(struct connection *connection);

/* For the live view: one message to and from the box. That a box has gone is heard by who receives:
 * it may have left a word; connection_send is 0 then. connection_receive: 0 with the message, whose
 * data is to be freed; 1: one came that is of no use any more; -ECONNRESET: the box has hung up, or
 * does so (connection->refused); or -errno. */
int connection_send(struct connection *connection, enum message_type type, const void *data,
                    size_t length);
int connection_receive(struct connection *connection, struct message *message);
/* Takes the prompt out of WELCOME or DONE; false: not one. */
bool connection_prompt(struct connection *connection, const struct message *message);

#endif
