/* A plan with everything it stands on: captures of its interfaces, sockets to its receivers,
 * and the conditions of links and receivers under which it was built. When the conditions no
 * longer hold, another one is built from the same configuration and published in its place. */
#ifndef MIRRORSH_DATAPLANE_H
#define MIRRORSH_DATAPLANE_H

#include "counter_slots.h"
#include "engine.h"
#include "next_hops.h"
#include "paces.h"
#include "receivers.h"
#include "scope.h"
#include "sources.h"
#include "worker.h"

struct interface_condition {
    int index; /* 0: absent */
    bool up;   /* administratively */
    bool open; /* captured */
};

struct session_condition {
    bool up;
    bool takes_part;         /* on what its sources deliver: all but they is well */
    bool conflict;           /* a receiver of it is an address of one of its sources */
    char reason[REASON_MAX]; /* why it is not up, or what of it is not; else "" */
};

struct dataplane {
    struct scope scope;
    struct numbering *numbering;
    struct counter_slot *fresh; /* slots whose names are not counted yet */
    size_t fresh_count;
    struct plan *plan;
    struct source **sources; /* as interfaces are numbered; NULL: absent, or no session wants it */
    struct interface_condition *interfaces;
    struct receiver **receivers; /* as they are numbered */
    struct receiver_health *health;
    struct session_condition *sessions;
    struct neighbours next_hops;
    struct pace **paces;     /* one a session; NULL: it leaves nothing out */
    uint64_t links;          /* the version of links and addresses that the conflicts are of */
    int fault;               /* of a worker; 0: none */
    struct link_table table; /* of the interfaces that are open */
    unsigned workers;
    struct workload *workloads; /* one a worker */
};

/* What data planes are built from; one of each in an engine. */
struct resources {
    struct links *links;
    struct sources sources;
    struct receivers receivers;
    struct paces paces;
    struct counter_names *names;
    unsigned workers; /* that data planes are for: all that there are, until some are to end */
    int fault;        /* -errno: what a worker's io_uring was refused with; 0: all work */
};

enum { RECEIVER_PATIENCE_MS = 500 };

/* Of a configuration, which must outlast it. Opens what is not open yet, and waits up to
 * RECEIVER_PATIENCE_MS for the neighbours of receivers that are new. What is wrong with a session,
 * receiver or interface keeps that one down. NULL when memory runs out. */
struct dataplane *dataplane_new(struct resources *resources, const struct mirror_config *config);
/* Closes what no other data plane uses. No worker may use it any more. NULL is fine. */
void dataplane_free(struct dataplane *dataplane, struct resources *resources);

/* Whether another one built now would be the same. */
bool dataplane_holds(struct dataplane *dataplane, struct resources *resources);

/* false: no waiting mends something. problem() is called for each such thing of an enabled
 * session. */
bool dataplane_check(const struct dataplane *dataplane, const struct resources *resources,
                     engine_problem_fn *problem, void *context);

/* warning() is called for each rule that matches nothing for now: its next hop is no neighbour. */
void dataplane_warn(const struct dataplane *dataplane, engine_problem_fn *warning, void *context);

#endif
