/* Messages of rtnetlink into rows. */
#include "link_tables.h"

#include "../packet/protocol.h"
#include "socket_address.h"

#include <errno.h>
#include <linux/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Room for one more element; NULL when memory runs out. */
static void *grown(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    size_t wanted = *room ? *room * 2 : 16;
    void *bigger = reallocarray(array, wanted, size);
    if (bigger)
        *room = wanted;
    return bigger;
}

static uint32_t number(const struct nlmsghdr *message, unsigned short attribute)
{
    uint32_t value = 0;
    const void *bytes =
        netlink_attribute(message, sizeof(struct ifinfomsg), attribute, sizeof value, NULL);
    if (bytes)
        memcpy(&value, bytes, sizeof value);
    return value;
}

static uint32_t frame_size(const struct nlmsghdr *message)
{
    uint32_t sent = number(message, IFLA_GSO_MAX_SIZE);
    uint32_t received = number(message, IFLA_GRO_MAX_SIZE);
    return sent > received ? sent : received;
}

/* kind: NULL is none. */
static bool is_one_of(const char *kind, const char *const *kinds, size_t count)
{
    for (size_t i = 0; kind && i < count; i++)
        if (!strcmp(kind, kinds[i]))
            return true;
    return false;
}

/* The kinds of interface that stand upon others and show what passes these. Tunnels are none: what
 * they carry is seen elsewhere only inside. */
static bool is_stacked(const struct nlmsghdr *message)
{
    static const char *const kinds[] = {"bond",        "bridge", "hsr",     "ifb",
                                        "ipvlan",      "ipvtap", "macvlan", "macvtap",
                                        "openvswitch", "team",   "vlan",    "vrf"};
    size_t size;
    const void *about =
        netlink_attribute(message, sizeof(struct ifinfomsg), IFLA_LINKINFO, 0, &size);
    return about && is_one_of(netlink_nested(about, size, IFLA_INFO_KIND, 1), kinds,
                              sizeof kinds / sizeof kinds[0]);
}

static void take_link(void *context, const struct nlmsghdr *message)
{
    struct link_tables *tables = context;
    struct ifinfomsg info;
    if (message->nlmsg_type != RTM_NEWLINK || message->nlmsg_len < NLMSG_LENGTH(sizeof info))
        return;
    memcpy(&info, NLMSG_DATA(message), sizeof info);
    const char *name = netlink_attribute(message, sizeof info, IFLA_IFNAME, 1, NULL);
    struct link *all = grown(tables->all, tables->count, &tables->room, sizeof *all);
    if (!all)
        tables->out_of_memory = true;
    if (!all || !name)
        return;
    tables->all = all;
    struct link *link = &all[tables->count++];
    *link = (struct link){
        .index = info.ifi_index,
        .up = info.ifi_flags & IFF_UP,
        .carrier = info.ifi_flags & IFF_LOWER_UP,
        .loopback = info.ifi_flags & IFF_LOOPBACK,
        .ethernet = info.ifi_type == ARPHRD_ETHER || info.ifi_type == ARPHRD_LOOPBACK,
        .neighbours = !(info.ifi_flags & (IFF_LOOPBACK | IFF_POINTOPOINT | IFF_NOARP)),
        .stacked = is_stacked(message),
        .promiscuous = number(message, IFLA_PROMISCUITY) != 0,
        .frame_size = frame_size(message),
    };
    snprintf(link->name, sizeof link->name, "%s", name);
}

static void take_address(void *context, const struct nlmsghdr *message)
{
    struct link_tables *tables = context;
    struct ifaddrmsg info;
    if (message->nlmsg_type != RTM_NEWADDR || message->nlmsg_len < NLMSG_LENGTH(sizeof info))
        return;
    memcpy(&info, NLMSG_DATA(message), sizeof info);
    uint8_t family = info.ifa_family == AF_INET ? 4 : 6;
    size_t size = address_size(family);
    /* IFA_ADDRESS is the peer's on point-to-point links. */
    const void *bytes = netlink_attribute(message, sizeof info, IFA_LOCAL, size, NULL);
    if (!bytes)
        bytes = netlink_attribute(message, sizeof info, IFA_ADDRESS, size, NULL);
    struct link_address *addresses =
        grown(tables->addresses, tables->address_count, &tables->address_room, sizeof *addresses);
    if (!addresses)
        tables->out_of_memory = true;
    if (!addresses || !bytes)
        return;
    tables->addresses = addresses;
    struct link_address *address = &addresses[tables->address_count++];
    *address = (struct link_address){
        .index = (int)info.ifa_index,
        .family = family,
    };
    memcpy(address->bytes, bytes, size);
}

/* The kinds of queueing discipline that split. */
static void take_queue(void *context, const struct nlmsghdr *message)
{
    static const char *const kinds[] = {"cake", "dualpi2", "taprio", "tbf"};
    const struct link_tables *tables = context;
    struct tcmsg info;
    if (message->nlmsg_type != RTM_NEWQDISC || message->nlmsg_len < NLMSG_LENGTH(sizeof info))
        return;
    memcpy(&info, NLMSG_DATA(message), sizeof info);
    const char *kind = netlink_attribute(message, sizeof info, TCA_KIND, 1, NULL);
    bool splits = is_one_of(kind, kinds, sizeof kinds / sizeof kinds[0]);
    for (size_t i = 0; splits && i < tables->count; i++)
        if (tables->all[i].index == info.tcm_ifindex)
            tables->all[i].splits = true;
}

static int by_name(const void *a, const void *b)
{
    const struct link *left = a, *right = b;
    return strcmp(left->name, right->name);
}

int link_tables_read(struct netlink *netlink, struct link_tables *tables)
{
    struct netlink_request request;
    const struct ifinfomsg link = {.ifi_family = AF_UNSPEC};
    const struct ifaddrmsg address = {.ifa_family = AF_UNSPEC};
    const struct tcmsg queue = {.tcm_family = AF_UNSPEC};
    netlink_begin(&request, RTM_GETLINK, NLM_F_DUMP, &link, sizeof link);
    int error = netlink_ask(netlink, &request, take_link, tables);
    if (error)
        return error;
    netlink_begin(&request, RTM_GETADDR, NLM_F_DUMP, &address, sizeof address);
    error = netlink_ask(netlink, &request, take_address, tables);
    if (error)
        return error;
    netlink_begin(&request, RTM_GETQDISC, NLM_F_DUMP, &queue, sizeof queue);
    error = netlink_ask(netlink, &request, take_queue, tables);
    if (error && error != -EOPNOTSUPP) /* a kernel without queueing disciplines */
        return error;
    if (tables->count)
        qsort(tables->all, tables->count, sizeof *tables->all, by_name);
    return tables->out_of_memory ? -ENOMEM : 0;
}

void link_tables_free(struct link_tables *tables)
{
    free(tables->all);
    free(tables->addresses);
}

const struct link *link_tables_find(const struct link_tables *tables, const char *name)
{
    struct link wanted;
    snprintf(wanted.name, sizeof wanted.name, "%s", name);
    return tables->count
               ? bsearch(&wanted, tables->all, tables->count, sizeof *tables->all, by_name)
               : NULL;
}
