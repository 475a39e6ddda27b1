/* The engine's face. One thread, the box's control thread, calls everything here; the
 * workers behind it are the engine's own. Nothing here blocks longer than it says. */
#ifndef MIRRORSH_ENGINE_H
#define MIRRORSH_ENGINE_H

#include "counts.h"
#include "mirror_config.h"

struct engine;

/* What happens, for the journal: something that keeps packets from being mirrored as configured, or
 * that has passed; and, where it is asked for, what the engine decides about links, ways and
 * neighbours. `text` goes on behind `subject`: "session web", "is down: interface eth9 is absent".
 * Called from within engine_commit and engine_service, in their thread. */
enum engine_news { NEWS_FAULT, NEWS_WELL, NEWS_DETAIL };
typedef void engine_tell_fn(void *context, enum engine_news news, const char *subject,
                            const char *text);

struct engine_options {
    unsigned workers;     /* threads, 1-WORKERS_MAX, of a configuration that does not say */
    engine_tell_fn *tell; /* NULL: nobody is told */
    void *tell_context;
    bool details; /* NEWS_DETAIL too */
};

/* 0 and *engine, or -errno with *why (of why_size bytes) saying what was refused. Needs no
 * privileges by itself: what a capture lacks is the reason its sessions are down. Descriptors are
 * the process's: receivers take OUTER_PORTS of them a worker, many of them together, a source one a
 * worker and two for its filter, and while rings change one more for each that is to come. */
int engine_start(struct engine **engine, const struct engine_options *options, char *why,
                 size_t why_size);
/* Sends what is batched, ends the workers, frees everything. NULL is fine. */
void engine_stop(struct engine *engine);

/* A commit in two steps. prepare does everything that can fail or wait (memory, sockets,
 * capture rings, the neighbours of new receivers: at most 0.5 s) and changes nothing that
 * packets see; it owns `config` from the call on, whatever it returns. Then exactly one of
 * commit, which cannot fail and returns when every worker runs the new plan, or abandon. In
 * between, for as long as saving the configuration takes, everything else here but another
 * prepare may be called; what has become of links and receivers meanwhile stays with the
 * commit. */
struct engine_change;

/* A problem of the configuration on this machine: the session's name, and a text that begins with
 * its leaf: "target: receiver 10.1.0.1 is ...". NULL: of no session, and the text begins with the
 * whole path. */
typedef void engine_problem_fn(void *context, const char *session, const char *text);

/* 0 and *change; -EINVAL after problem() was called at least once; another -errno with *why.
 * problem NULL: nothing of the configuration is refused; a session with a problem is down, says
 * so, and comes up when it has passed. That is for what was committed before. */
int engine_prepare(struct engine *engine, struct mirror_config *config,
                   struct engine_change **change, engine_problem_fn *problem, void *context,
                   char *why, size_t why_size);
/* What is not refused: warning() is called for each rule that matches nothing for now. Its session
 * is NULL, its text begins with the path. */
void engine_warn(const struct engine_change *change, engine_problem_fn *warning, void *context);
void engine_commit(struct engine *engine, struct engine_change *change);
void engine_abandon(struct engine *engine, struct engine_change *change);

/* The control thread polls this descriptor for POLLIN and calls engine_service when it is
 * readable and at least every second: links, neighbours, routes, worker reports. */
int engine_descriptor(const struct engine *engine);
void engine_service(struct engine *engine);

/* What show and monitor read. Taken by every worker between two batches, so the sums hold
 * exactly: interface received = mirrored + rejected + unmatched + own; a session's matched =
 * sent + sampled_out + dropped. */

enum { REASON_MAX = 192 };

enum session_state { SESSION_UP, SESSION_DOWN, SESSION_DISABLED };

struct session_status {
    const struct mirror_session *config;
    const char *filter; /* name, NULL: none */
    const char *target; /* name */
    enum session_state state;
    char reason[REASON_MAX]; /* why it is not up, or what of it is not; else "" */
    struct session_counts counts;
};

struct rule_status {
    const struct mirror_filter *filter;
    enum direction direction;
    const struct mirror_rule *rule;
    const struct match_value *unresolved; /* its next hop that is no neighbour, so that it matches
                                             nothing for now; NULL: none */
    struct rule_counts counts;
};

enum { SOURCE_MAX = 46 }; /* of an address as text */

enum receiver_state { RECEIVER_UP, RECEIVER_DOWN };

struct receiver_status {
    const struct mirror_target *target;
    const struct mirror_receiver *config;
    enum receiver_state state;
    char reason[REASON_MAX];
    char interface[INTERFACE_NAME_MAX]; /* that its packets leave by; "": not known */
    char source[SOURCE_MAX];            /* the source address of these; "": not known */
    uint32_t mtu;                       /* of the path; 0: not known */
    struct receiver_counts counts;
    struct count rate; /* sent in a second, as engine_service has seen it last; only where it tells
                          somebody of news */
};

enum link_state { LINK_UP, LINK_DOWN, LINK_ABSENT };

struct interface_status {
    char name[INTERFACE_NAME_MAX];
    enum link_state link;
    bool source; /* some session mirrors it */
    struct interface_counts counts;
    uint64_t dropped; /* that the kernel dropped before its ring; 0 where it shares one */
};

struct worker_status {
    double load; /* 0-1, share of one processor since the last status */
    struct totals totals;
    uint64_t batches, batched_packets; /* sent with segmentation offload */
    uint64_t single_packets;           /* sent one by one */
    bool segmentation_refused;         /* the kernel refused UDP_SEGMENT: single sends */
};

struct engine_status {
    uint64_t uptime_ms;
    uint64_t plans;        /* plans published since the start */
    uint64_t dropped;      /* that the kernel dropped before the rings of all interfaces */
    struct count left_out; /* of `received` and `unmatched`: in the kernel, before the workers */
    int prefilter_refused; /* -errno: why the kernel does not do so; 0: it does, or is not asked */
    bool own_marked;       /* the box's packets, so that captures leave them out */
    unsigned rings; /* that are open: of each interface, or of those that share, one a worker */
    size_t ring_bytes, ring_bytes_most; /* of all of them; that are meant for all */
    struct totals totals;               /* of the workers, and what was left out before them */
    struct session_status *sessions;    /* in ascending priority */
    size_t session_count;
    struct rule_status *rules; /* by filter, ingress first, ascending number */
    size_t rule_count;
    struct receiver_status *receivers; /* by target */
    size_t receiver_count;
    struct interface_status *interfaces; /* all of this machine and all sources, by name */
    size_t interface_count;
    struct worker_status *workers;
    size_t worker_count;
};

/* NULL when memory runs out. Pointers in it into the configuration hold until the next
 * engine_commit. Waits for the workers: some milliseconds at most under load. */
struct engine_status *engine_status(struct engine *engine);
void engine_status_free(struct engine_status *status);

/* How many there are of each; the workers are not asked. */
struct engine_summary {
    size_t sessions_up, sessions_down, sessions_disabled, receivers_up, receivers_down;
};
struct engine_summary engine_summary(const struct engine *engine);

/* Watching what a session sends: its packets as they are sent, in the sample and within the rate,
 * cut to what is kept. Several may watch at once, also the same session. No worker waits for them:
 * who does not keep up misses packets, which are counted. */
struct engine_watch;

struct watched_packet {
    uint64_t time_ns; /* of the real-time clock: when it was seen */
    const char *interface;
    enum direction direction; /* as the interface sees it */
    uint16_t rule;            /* that took it; 0: the session has no filter */
    uint32_t length;          /* on the wire, without frame check sequence */
    uint32_t kept;
    const uint8_t *bytes; /* of these */
};

/* 0 and *watch, of packets from now on; -ENOENT: no such session, -EBUSY: too many others are
 * watched, or -ENOMEM. Ended with engine_unwatch (NULL is fine). */
int engine_watch(struct engine *engine, const char *session, struct engine_watch **watch);
void engine_unwatch(struct engine *engine, struct engine_watch *watch);

/* Hands the packets that wait, oldest first, to take() until it returns false: that one waits on.
 * Few milliseconds of packets can wait. */
typedef bool engine_packet_fn(void *context, const struct watched_packet *packet);
void engine_watch_read(struct engine_watch *watch, engine_packet_fn *take, void *context);
/* Gives up those that were seen before a time, and those that take too much room from other
 * watchers. */
void engine_watch_skip(struct engine_watch *watch, uint64_t before_ns);
/* How many it has missed. */
uint64_t engine_watch_missed(const struct engine_watch *watch);
/* How the session fares; false: it is no longer configured. */
bool engine_watch_state(const struct engine *engine, const struct engine_watch *watch,
                        enum session_state *state, char reason[static REASON_MAX]);

/* A packet that might be seen, and what would become of it. */
struct packet_question {
    const char *interface;
    enum direction direction; /* as the interface sees it */
    struct match packet;      /* its fields, each with a single value, of one family; what is not
                                 given it does not have */
    uint32_t length;          /* on the wire, without frame check sequence, up to 65535; it has its
                                 headers in any case */
};

enum explain_outcome {
    EXPLAIN_PASSED,   /* it was not for this session or rule */
    EXPLAIN_MIRRORED, /* the verdict */
    EXPLAIN_REJECTED,
    EXPLAIN_OWN,     /* traffic of receivers, which is never mirrored */
    EXPLAIN_SERVICE, /* of plan/services.h */
};

struct explained {
    const char *session; /* NULL: it is about none */
    uint16_t rule;       /* 0: about none */
    enum explain_outcome outcome;
    char why[REASON_MAX];
};

struct explanation {
    bool mirrored;
    const char *session;                    /* that mirrors or rejects it; NULL: none */
    uint16_t rule;                          /* that decides so; 0: none */
    const struct mirror_receiver *receiver; /* of what is mirrored; NULL: none is up. For
                                               BALANCE_EVEN one of them */
    uint32_t vni;
    uint32_t length, whole;  /* that is sent, of the packet's */
    struct explained *trace; /* in the order in which it is asked; the last one decides */
    size_t count;
};

/* By the plan that the workers have. NULL when memory runs out. Pointers in it into the
 * configuration hold until the next engine_commit. Freed with explanation_free (NULL is fine). */
struct explanation *engine_explain(const struct engine *engine,
                                   const struct packet_question *question);
void explanation_free(struct explanation *explanation);

/* Sets counters to zero: of one session, or of everything when `session` is NULL.
 * -ENOENT: no such session. */
int engine_clear(struct engine *engine, const char *session);

#endif
