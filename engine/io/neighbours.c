/* One dump of all tables: however many are wanted, it is one question. */
#include "neighbours.h"

#include "netlink.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Its link address is known, be it stale or being confirmed. */
enum { NUD_KNOWN = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP };

struct reading {
    neighbour_wanted_fn *wanted;
    const void *context;
    struct neighbours *found;
    size_t room;
    bool out_of_memory;
};

static bool parse(const struct nlmsghdr *message, struct neighbour *neighbour)
{
    struct ndmsg info;
    size_t size;
    *neighbour = (struct neighbour){0};
    if (message->nlmsg_type != RTM_NEWNEIGH || message->nlmsg_len < NLMSG_LENGTH(sizeof info))
        return false;
    memcpy(&info, NLMSG_DATA(message), sizeof info);
    if ((info.ndm_family != AF_INET && info.ndm_family != AF_INET6) ||
        !(info.ndm_state & NUD_KNOWN))
        return false;
    size_t length = info.ndm_family == AF_INET ? 4 : 16;
    const void *address = netlink_attribute(message, sizeof info, NDA_DST, length, NULL);
    const void *link =
        netlink_attribute(message, sizeof info, NDA_LLADDR, sizeof neighbour->link, &size);
    if (!address || !link || size != sizeof neighbour->link)
        return false;
    neighbour->family = info.ndm_family == AF_INET ? 4 : 6;
    memcpy(neighbour->address, address, length);
    memcpy(neighbour->link, link, sizeof neighbour->link);
    return true;
}

static void take(void *context, const struct nlmsghdr *message)
{
    struct reading *reading = context;
    struct neighbours *found = reading->found;
    struct neighbour neighbour;
    if (!parse(message, &neighbour) || !reading->wanted(reading->context, &neighbour))
        return;
    if (found->count == reading->room) {
        size_t room = reading->room ? 2 * reading->room : 16;
        struct neighbour *more = reallocarray(found->at, room, sizeof *more);
        if (!more) {
            reading->out_of_memory = true;
            return;
        }
        found->at = more;
        reading->room = room;
    }
    found->at[found->count++] = neighbour;
}

/* Its members are bytes without gaps, and so is the order. */
_Static_assert(sizeof(struct neighbour) == 1 + 16 + 6, "padding would take part in comparisons");

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct neighbour));
}

/* The same address may have the same link address on several interfaces. */
static void sort(struct neighbours *found)
{
    size_t count = 0;
    if (!found->count)
        return;
    qsort(found->at, found->count, sizeof *found->at, by_bytes);
    for (size_t i = 0; i < found->count; i++)
        if (count == 0 || by_bytes(&found->at[count - 1], &found->at[i]))
            found->at[count++] = found->at[i];
    found->count = count;
}

int neighbours_read(struct links *links, neighbour_wanted_fn *wanted, const void *context,
                    struct neighbours *found)
{
    enum { TRIES = 3 };
    struct reading reading = {.wanted = wanted, .context = context, .found = found};
    const struct ndmsg message = {.ndm_family = AF_UNSPEC};
    int error = -EINTR;
    *found = (struct neighbours){0};
    for (int i = 0; i < TRIES && error == -EINTR; i++) { /* a torn one is asked for again */
        struct netlink_request request;
        found->count = 0;
        netlink_begin(&request, RTM_GETNEIGH, NLM_F_DUMP, &message, sizeof message);
        error = netlink_ask(links_netlink(links), &request, take, &reading);
    }
    if (!error && reading.out_of_memory)
        error = -ENOMEM;
    if (!error) {
        sort(found);
        return 0;
    }
    free(found->at);
    *found = (struct neighbours){0};
    return error;
}
