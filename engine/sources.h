/* The source interfaces that are open. A few have a feed each, so that no interface can crowd out
 * another; what is more than the budget of memory has room for shares one feed, whose filter lets
 * through what is seen on them. They outlast plans: what is open stays as it is while it is used,
 * so that a commit which keeps an interface loses none of its packets. One that is deleted and
 * created anew is another source; one that is renamed is the same, and is counted by its new name
 * from then on. The control thread's only. */
#ifndef MIRRORSH_SOURCES_H
#define MIRRORSH_SOURCES_H

#include "counts.h"
#include "feed.h"
#include "io/links.h"

enum { SOURCE_REASON_MAX = 96 };

struct source {
    struct link link;  /* as it was last seen */
    uint32_t slot;     /* of the interface's counters */
    struct feed *feed; /* NULL: could not be opened, see reason */
    bool lost;         /* the interface has gone from under it; such a source is not taken again */
    bool watched;      /* of a shared feed: it was seen to be promiscuous */
    char reason[SOURCE_REASON_MAX];
    unsigned users;
    struct source *next;
};

/* Between how many rings an interface's packets are spread, and how large all rings are together. A
 * source that is open and is to be otherwise gets other captures (feed.h): sources_settle makes
 * them, after which they are in the plan, sources_switch lets them take over, and when the next
 * plan, without those before, has been published, sources_trim closes these. */
struct spread {
    unsigned workers;
    size_t bytes;
};

struct sources {
    struct source *first;
    struct feed *shared; /* NULL: none shares */
    bool unsettled;      /* the shared feed does not take what it should yet */
    struct spread spread;
    bool held;               /* a commit is prepared: what is open for it stays as it is */
    int refused;             /* -errno: why some captures were not renewed at last; 0: all were */
    struct reserve *reserve; /* may be NULL */
    uint64_t *dropped;       /* by slot: what the feeds of one interface lost */
    struct count *left_out;  /* likewise: what their filters left out */
    uint32_t dropped_room;   /* of both */
    uint64_t dropped_shared; /* what the shared feed lost */
    uint64_t dropped_all;    /* what all feeds lost, that one with them */
    struct count left_out_all;
};

/* One more user: a source that is there already, or a new one that is not open yet. NULL when
 * memory runs out. */
struct source *sources_take(struct sources *sources, const struct link *link, uint32_t slot);
/* The last one's going closes it. No worker may use it any more. */
void sources_release(struct sources *sources, struct source *source);

/* What the link of a source is now (NULL: absent); notices when the interface has gone from under
 * it. */
void source_look(const struct sources *sources, struct source *source, const struct link *link);

/* Opens what is not open and can be, makes other captures for what is not open as it should be, and
 * brings what the shared feed takes up to date. */
void sources_settle(struct sources *sources);

/* Bytes of all rings, were those that are open as this says. */
size_t sources_room(const struct sources *sources, struct spread spread);

void sources_switch(struct sources *sources);
void sources_trim(struct sources *sources);
/* Nothing of that is left to be done. */
bool sources_are_settled(const struct sources *sources);
/* Workers that a source needs, of the one that needs most: those that are to take over may be
 * refused. */
unsigned sources_widest(const struct sources *sources);
/* All rings, those with them that come or go. */
void sources_memory(const struct sources *sources, unsigned *rings, size_t *bytes);

/* Adds what the kernel has dropped and left out since the last call to the counts of that. */
void sources_count(struct sources *sources);
/* A slot begins at zero. false: memory ran out. */
bool sources_fresh(struct sources *sources, uint32_t slot);

#endif
