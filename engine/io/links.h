/* What the kernel knows of interfaces, addresses, routes and neighbours (rtnetlink). The
 * control thread's only. Interfaces and addresses are kept here and follow the kernel's
 * events; routes and neighbours are looked up when asked for. */
#ifndef MIRRORSH_LINKS_H
#define MIRRORSH_LINKS_H

#include "destination.h"

struct links;
struct netlink;

struct link {
    int index;
    char name[INTERFACE_NAME_MAX];
    bool up;      /* administratively */
    bool carrier; /* what is sent on it gets somewhere; says nothing unless it is up */
    bool loopback;
    bool ethernet;   /* its frames begin with Ethernet's header */
    bool neighbours; /* what it leads to has to be resolved to a link address */
    bool splits;     /* its queue splits what is sent with segmentation offload into packets, and is
                        silent about those of them that it drops */
    bool stacked;    /* what it shows is seen on the interfaces beneath it, too: a bridge, a VLAN */
    bool promiscuous;    /* somebody has asked for what is not addressed to it */
    uint32_t frame_size; /* bytes of its largest super-frames, headers apart; 0: not known */
};

/* 0 and *links, or -errno with *why. */
int links_open(struct links **links, char *why, size_t why_size);
void links_close(struct links *links);

enum links_news {
    LINKS_QUIET,
    LINKS_NEIGHBOURS, /* only neighbours, each of which was told */
    LINKS_CHANGED,    /* perhaps everything: links, addresses, routes, rules of routing */
};
typedef void links_neighbour_fn(void *context, int index, uint8_t family, const uint8_t *address);

/* Readable when there are events for links_service, which calls neighbour() (may be NULL). Events
 * that wait cost nothing, however many come. */
int links_descriptor(const struct links *links);
enum links_news links_service(struct links *links, links_neighbour_fn *neighbour, void *context);
/* The next links_service looks at all of them, events or not: of some changes (gso_max_size) the
 * kernel tells nobody. */
void links_doubt(struct links *links);

/* The socket for questions of this thread. */
struct netlink *links_netlink(struct links *links);

/* In ascending order of their names; the pointers hold until the next links_service. */
const struct link *links_all(const struct links *links, size_t *count);
const struct link *links_find(const struct links *links, const char *name);
/* Changes whenever these, or their addresses, may have. */
uint64_t links_version(const struct links *links);

/* The next interface that has the address of family 4 or 6, *at from 0 on; NULL: no further one. */
const struct link *links_holder(const struct links *links, uint8_t family, const uint8_t *address,
                                size_t *at);
/* Whether any has it. */
bool links_have(const struct links *links, uint8_t family, const uint8_t *address);
/* All addresses of the machine, each of whole length; the caller's, from malloc. NULL when memory
 * runs out. */
struct mirror_prefix *links_addresses(const struct links *links, size_t *count);

struct route {
    int index;                     /* of the interface that it leaves by */
    char link[INTERFACE_NAME_MAX]; /* its name */
    bool carrier, splits;          /* of that one */
    bool neighbours;               /* the neighbour that it is handed to has to be resolved */
    uint8_t hop_family;            /* 4 or 6: of that neighbour */
    uint8_t hop[16];
    uint8_t source[16]; /* of what is sent by it */
    uint32_t mtu;       /* of the path as far as it is known; 0: unknown */
};

/* The mark (SO_MARK; 0: none) of the packets for which routes are asked. */
void links_mark(struct links *links, uint32_t mark);

/* What a target sends to one of its receivers, with the interface as it is now. */
struct destination links_destination(const struct links *links, const struct mirror_target *target,
                                     const struct mirror_receiver *receiver);

/* Of packets from the outer port; 0: whichever. false: no route. */
bool links_route(struct links *links, const struct destination *to, uint16_t port,
                 struct route *route);
/* Whether packets from different ports may take different ways. */
bool links_route_is_multipath(struct links *links, const struct destination *to);

enum neighbour_state {
    NEIGHBOUR_RESOLVED,   /* its link address is known, be it stale or being confirmed */
    NEIGHBOUR_UNRESOLVED, /* unknown or being asked for */
    NEIGHBOUR_FAILED,     /* asked for in vain */
};

enum neighbour_state links_neighbour(struct links *links, const struct route *route);

/* Makes the kernel ask for the neighbour's link address. -errno. */
int links_resolve(struct links *links, const struct route *route);

#endif
