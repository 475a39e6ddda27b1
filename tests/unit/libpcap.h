/* libpcap's filters for the tests, where the library is (tcpdump brings it): an expression for a
 * match, and whether it says the same of a frame.
 *
 * Where the two differ by definition, is_sayable is false, and the plain reference has to do:
 * - headers that are not whole: libpcap rejects a frame that it reads past the end of, whatever the
 *   rest of the expression says, and it looks behind the end of the packet into padding;
 * - what later fragments have from their first; of IPv6's, first ones too;
 * - ports and flags behind IPv6 extension headers, and a protocol that is one of these or none:
 *   protochain takes any protocol on the way, and loses its place behind AH;
 * - more than two VLAN tags: its words see only what stands right behind the tags they name. */
#ifndef MIRRORSH_TESTS_LIBPCAP_H
#define MIRRORSH_TESTS_LIBPCAP_H

#include "../../engine/plan/rule.h"
#include "plain.h"
#include <arpa/inet.h>
#include <dlfcn.h>
#include <stdio.h>
#include <sys/time.h>

/* As <pcap/pcap.h> has them: the library's interface has not changed since 1999. */
struct bpf_program {
    unsigned count;
    void *instructions;
};
struct pcap_pkthdr {
    struct timeval when;
    uint32_t captured, length;
};

static struct {
    void *handle; /* of a capture that is none */
    void *(*open_dead)(int link_type, int snapshot);
    void (*close)(void *handle);
    int (*compile)(void *handle, struct bpf_program *program, const char *text, int optimize,
                   uint32_t netmask);
    void (*freecode)(struct bpf_program *program);
    int (*offline_filter)(const struct bpf_program *program, const struct pcap_pkthdr *header,
                          const uint8_t *bytes);
    char *(*geterr)(void *handle);
} libpcap;

static void *libpcap_function(void *library, const char *name)
{
    void *function = library ? dlsym(library, name) : NULL;
    return function;
}

/* false: there is none. */
static inline bool libpcap_open(void)
{
    void *library = dlopen("libpcap.so.0.8", RTLD_NOW);
    if (!library)
        library = dlopen("libpcap.so.1", RTLD_NOW);
    *(void **)&libpcap.open_dead = libpcap_function(library, "pcap_open_dead");
    *(void **)&libpcap.close = libpcap_function(library, "pcap_close");
    *(void **)&libpcap.compile = libpcap_function(library, "pcap_compile");
    *(void **)&libpcap.freecode = libpcap_function(library, "pcap_freecode");
    *(void **)&libpcap.offline_filter = libpcap_function(library, "pcap_offline_filter");
    *(void **)&libpcap.geterr = libpcap_function(library, "pcap_geterr");
    if (libpcap.open_dead)
        libpcap.handle = libpcap.open_dead(1, 1 << 18); /* Ethernet */
    return libpcap.handle;
}

static inline void say_prefix(FILE *out, const char *side, const struct match_value *value)
{
    char address[INET6_ADDRSTRLEN];
    inet_ntop(value->family == 4 ? AF_INET : AF_INET6, value->address, address, sizeof address);
    fprintf(out, "%s %s net %s/%u", value->family == 4 ? "ip" : "ip6", side, address, value->bits);
}

/* A field that stands in or behind the network header. */
static inline void say_field(FILE *out, size_t field, const struct match_value *value)
{
    unsigned mask = value->set | value->clear;
    switch (field) {
    case FIELD_FAMILY:
        fputs(value->low == 4 ? "ip" : "ip6", out);
        return;
    case FIELD_PROTOCOL:
        fprintf(out, "(ip proto %u or ip6 protochain %u)", value->low, value->low);
        return;
    case FIELD_SOURCE:
        say_prefix(out, "src", value);
        return;
    case FIELD_DESTINATION:
        say_prefix(out, "dst", value);
        return;
    case FIELD_SOURCE_PORT:
    case FIELD_DESTINATION_PORT:
        fprintf(out, "%s portrange %u-%u", field == FIELD_SOURCE_PORT ? "src" : "dst", value->low,
                value->high);
        return;
    case FIELD_TCP_FLAGS:
        fprintf(out, "(tcp[13] & %u = %u or (ip6[6] = 6 and ip6[53] & %u = %u))", mask, value->set,
                mask, value->set);
        return;
    case FIELD_DSCP:
        fprintf(out, "(ip[1] >> 2 = %u or ip6[0:2] >> 6 & 63 = %u)", value->low, value->low);
        return;
    }
}

/* Any of the neighbours that have the address. */
static inline void say_next_hop(FILE *out, const struct match_value *value,
                                const struct neighbours *neighbours)
{
    const char *between = "(";
    for (size_t i = 0; i < neighbours->count; i++) {
        const struct neighbour *neighbour = &neighbours->at[i];
        const uint8_t *link = neighbour->link;
        if (neighbour->family != value->family || memcmp(neighbour->address, value->address, 16))
            continue;
        fprintf(out, "%sether dst %02x:%02x:%02x:%02x:%02x:%02x", between, link[0], link[1],
                link[2], link[3], link[4], link[5]);
        between = " or ";
    }
    fputs(*between == '(' ? "ether[0] != ether[0]" : ")", out); /* nobody's: never */
}

/* The rule's own match and its conditions, one after the other. */
static inline const struct match *match_of(const struct mirror_rule *rule, size_t index)
{
    return index == 0 ? &rule->match : &rule->conditions[index - 1].match;
}

/* Those of the fields in `which` that the rule gives, with "and" between them, from the `which`
 * above on. */
static inline char *say_fields(const struct mirror_rule *rule, unsigned which)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (size_t m = 0; m <= rule->condition_count; m++) {
        const struct match *match = match_of(rule, m);
        for (size_t i = 0; i < MATCH_FIELD_COUNT; i++) {
            if (!(match->given & which & 1u << i))
                continue;
            fputs(ftell(out) ? " and " : "", out);
            say_field(out, i, &match->value[i]);
        }
    }
    fclose(out);
    return text;
}

/* The expression of a rule, malloced. */
static inline char *say_rule(const struct mirror_rule *rule, const struct neighbours *neighbours)
{
    unsigned frame = 1u << FIELD_VLAN | 1u << FIELD_NEXT_HOP, given = 0;
    char *text, *packet = say_fields(rule, ~frame);
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (size_t m = 0; m <= rule->condition_count; m++) {
        const struct match *match = match_of(rule, m);
        const struct match_value *vlan = &match->value[FIELD_VLAN];
        given |= match->given;
        if (match->given & 1u << FIELD_NEXT_HOP) {
            fputs(ftell(out) ? " and " : "", out);
            say_next_hop(out, &match->value[FIELD_NEXT_HOP], neighbours);
        }
        if (match->given & 1u << FIELD_VLAN)
            fprintf(out, "%sether[14:2] & 0xfff >= %u and ether[14:2] & 0xfff <= %u",
                    ftell(out) ? " and " : "", vlan->low, vlan->high);
    }
    const char *and = ftell(out) ? " and " : "";
    if (given & 1u << FIELD_VLAN && *packet) /* from the word on offsets are behind the tag */
        fprintf(out, "%svlan and (%s or (vlan and %s))", and, packet, packet);
    else if (given & 1u << FIELD_VLAN)
        fprintf(out, "%svlan", and);
    else if (*packet)
        fprintf(out, "%s(%s or (vlan and (%s or (vlan and %s))))", and, packet, packet, packet);
    fclose(out);
    free(packet);
    return text;
}

static inline bool is_sayable(const struct mirror_rule *rule, const struct plain *plain)
{
    const unsigned transport =
        1u << FIELD_SOURCE_PORT | 1u << FIELD_DESTINATION_PORT | 1u << FIELD_TCP_FLAGS;
    const unsigned protocol = 1u << FIELD_PROTOCOL;
    bool ipv6 = plain->number[FIELD_FAMILY] == 6;
    if (!plain->whole || plain->tags > 2)
        return false;
    for (size_t m = 0; m <= rule->condition_count; m++) {
        const struct match *match = match_of(rule, m);
        uint32_t wanted = match->value[FIELD_PROTOCOL].low;
        if (match->given & transport && (plain->later || plain->extensions > 0))
            return false;
        if (match->given & protocol && ipv6 && plain->extensions > 0 &&
            (plain->first || plain->later || plain_is_extension(wanted) || wanted == 59 ||
             (plain->authenticated && plain->extensions > 1)))
            return false;
    }
    return true;
}

#endif
