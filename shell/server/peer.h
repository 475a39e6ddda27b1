/* One attached console: who it is, where it stands in the configuration, and the line or the
 * monitor it runs. Its front end is another thread or process behind the channel. */
#ifndef MIRRORSH_CONSOLE_H
#define MIRRORSH_CONSOLE_H

#include "../command/arguments.h"
#include "../command/display.h"
#include "channel.h"
#include "roles.h"
#include "../running/transaction.h"

struct bridge;
struct monitor; /* ../command/monitor.h */

/* The line that is run now. */
struct request {
    const char *line;
    struct arguments arguments; /* with the command */
    struct display_pipe pipe;
    uint32_t column; /* of the command's first word */
    bool failed;     /* a problem was sent */
    bool quiet;      /* the answer is not for the pager */
    bool filtered;   /* the console filters it: text, and no live view */
};

/* The commit that is waited for, as it was asked for. */
struct committing {
    bool running; /* false: none */
    bool check_only, and_quit;
};

struct console {
    struct channel channel;
    struct running *running;
    struct bridge *bridge; /* NULL: no HELLO came yet */
    struct role role;
    int64_t arrived_ms;
    struct hello hello;

    enum command_mode mode;
    struct edit edit;
    struct path path; /* of `edit` */
    size_t *levels;   /* path.count before each edit that still counts, for exit */
    size_t level_count;

    struct request request;
    struct monitor *monitor; /* NULL: none runs */
    struct committing committing;
    bool logged_out;
    struct console *next; /* server.c */
};

/* Takes the connected descriptor over; NULL, and it is closed, when memory runs out. */
struct console *console_new(int fd, const struct role *role, struct running *running);
void console_free(struct console *console);

/* Runs what its input holds, as far as its output is taken. */
void console_serve(struct console *console);
/* Whether console_serve has something to do without new input. */
bool console_ready(struct console *console);
/* Milliseconds until its monitor's next round, or until it should have said hello, -1: neither;
 * and what is due then. */
int64_t console_due(const struct console *console, int64_t now_ms);
void console_tick(struct console *console, int64_t now_ms);

/* For commands. */
void console_output(struct console *console, const char *text, size_t length);
void console_notice(struct console *console, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A problem at a column of the line (0: the whole line); the line has failed. */
void console_problem(struct console *console, uint32_t column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same of what is no reason to refuse. */
void console_warning(struct console *console, uint32_t column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Leaves nothing of `edit`: on leaving the configuration mode, and top. */
void console_top(struct console *console);

/* `system host-name`, else the machine's short name. */
void host_name(const struct node *running, char name[static PROMPT_MAX]);
int64_t clock_ms(void);

#endif
