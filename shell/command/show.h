/* What the show commands share: the families of show.c are split by what they show. */
#ifndef MIRRORSH_SHOW_H
#define MIRRORSH_SHOW_H

#include "columns.h"
#include "context.h"

command_fn show_sessions, show_filters, show_targets, show_interfaces, show_engine, show_version,
    show_configuration, show_candidate, show_commits, show_consoles, show_rollback, show_log;

/* Whether there is an engine to ask; else context->problem. */
bool engine_runs(const struct context *context);
/* Its counters now; NULL with context->problem. */
struct engine_status *take_status(const struct context *context);
/* Whether it has that interface; else *problem. */
bool interface_there(const struct engine_status *status, const struct word *name,
                     struct problem *problem);
/* An answer that is one list, called `key` in JSON; as the line's pipe wants it displayed. */
void show_list(struct context *context, const char *key, const struct listing *list);

/* A whole tree, as the line's pipe wants it displayed. */
void show_tree(struct context *context, const struct node *tree);

enum { MOMENT_MAX = 40 };
/* In local time, for people, and for programs (RFC 3339); "" when it is not known (0). */
void moment_shown(time_t when, char text[static MOMENT_MAX]);
void moment_exact(time_t when, char text[static MOMENT_MAX]);

/* Rows of a status that belong to instances of a list of the configuration, side by side. */
struct owned {
    const void *items;
    size_t count, size;
    const char *(*owner)(const void *item); /* the name of the instance */
};
/* An instance, also one that has none. */
struct owner {
    const char *name;
    const struct node *node;
    const void *items;
    size_t count;
};
struct owners {
    struct owner *at; /* malloced */
    size_t count;     /* 0 when memory runs out */
};
struct owners owners_of(const struct node *tree, const char *list, const struct owned *owned);

/* Of one session or of all. */
void add_session_counts(struct columns *columns, const struct session_counts *counts);

const char *session_state_text(enum session_state state);
const char *receiver_state_text(enum receiver_state state);
enum { ADDRESS_TEXT_MAX = 64 };
/* "10.2.0.2", "2001:db8::2" */
void receiver_address(const struct mirror_receiver *receiver, char text[static ADDRESS_TEXT_MAX]);
/* With the port, as in the configuration's text but always with it. */
void receiver_endpoint(const struct mirror_receiver *receiver, char text[static ADDRESS_TEXT_MAX]);
/* "protocol tcp destination-port 80 condition 1 source 10.0.0.0/8", "any". Malloced, NULL when
 * memory runs out. */
char *rule_match_text(const struct mirror_rule *rule);
const char *direction_text(enum direction direction);

#endif
