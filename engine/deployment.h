/* A plan with everything it stands on: captures of its interfaces, sockets to its receivers,
 * and the conditions of links and receivers under which it was built. When the conditions no
 * longer hold, another one is built from the same configuration and published in its place. */
#ifndef MIRRORSH_DEPLOYMENT_H
#define MIRRORSH_DEPLOYMENT_H

#include "committed.h"
#include "receivers.h"
#include "sources.h"

enum { SESSION_REASON_MAX = 128 };

struct interface_condition {
    int index; /* 0: absent */
    bool up;   /* administratively */
    bool open; /* captured */
};

struct session_condition {
    bool up;
    char reason[SESSION_REASON_MAX]; /* why it is not, or what of it is not; else "" */
};

struct deployment {
    const struct committed *committed;
    struct plan *plan;
    struct source **sources; /* by the plan's interfaces; NULL: absent, or no session wants it */
    struct interface_condition *interfaces;
    struct receiver **receivers; /* by the plan's receivers */
    struct receiver_health *health;
    struct session_condition *sessions;
    struct worker_view *views; /* one a worker */
};

/* What deployments draw on; one of each in an engine. */
struct grounds {
    struct links *links;
    struct sources sources;
    struct receivers receivers;
    unsigned workers;
};

enum { RECEIVER_PATIENCE_MS = 500 };

/* Opens what is not open yet, and waits up to RECEIVER_PATIENCE_MS for the neighbours of
 * receivers that are new. NULL with *error and *why. */
struct deployment *deployment_new(struct grounds *grounds, const struct committed *committed,
                                  int *error, char *why, size_t why_size);
/* Closes what no other deployment uses. No worker may use it any more. NULL is fine. */
void deployment_free(struct deployment *deployment, struct grounds *grounds);

/* Whether another one built now would be the same. */
bool deployment_holds(const struct deployment *deployment, struct grounds *grounds);

#endif
