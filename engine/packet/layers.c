/* A super-frame's outermost IP header is where decode found it, and the innermost transport
 * header is where its unfinished checksum starts. In between the kernel puts one tunnel at the
 * most (net/ipv4/udp_offload.c, gre_offload.c, ip6_offload.c), and treats what the tunnel puts
 * before the inner IP header as bytes to repeat. So does this: whether it is VXLAN, Geneve or
 * anything else over UDP or GRE need not be known. */
#include "layers.h"
#include "cursor.h"
#include "protocol.h"

enum { JUMBO_OPTION = 0xc2 };

/* What a walk goes over. */
struct way {
    const struct frame *frame;
    uint32_t end;    /* of the packet */
    uint32_t target; /* the transport header that it is to reach */
};

/* An IP header with its options or extension headers. */
struct ip {
    uint8_t family, protocol;
    bool jumbo;
    uint32_t behind; /* offset of what follows */
};

/* From `offset` to the end of the packet, of the headers that are looked at, or of what is there.
 */
static struct cursor cursor_at(const struct way *way, uint32_t offset)
{
    uint32_t reach = way->end < HEADERS_MAX ? way->end : HEADERS_MAX;
    if (reach > way->frame->captured)
        reach = way->frame->captured;
    if (offset > reach)
        offset = reach;
    return cursor_over(way->frame->bytes + offset, reach - offset);
}

static uint32_t offset_of(const struct way *way, const struct cursor *cursor)
{
    return (uint32_t)(cursor->at - way->frame->bytes);
}

/* In both, a length of 0 is what senders write that leave the splitting to the hardware. */

static bool read_ipv4(const struct way *way, struct cursor *cursor, struct ip *ip)
{
    uint32_t left = way->end - offset_of(way, cursor);
    const uint8_t *header = cursor_take(cursor, IPV4_HEADER);
    if (!header || (header[0] & 15) * 4 < IPV4_HEADER || read_u16(header + 6) & 0x3fff)
        return false; /* malformed, or a fragment */
    uint32_t length = read_u16(header + 2);
    if (length && length != left)
        return false;
    ip->family = 4;
    ip->protocol = header[9];
    return cursor_take(cursor, (size_t)(header[0] & 15) * 4 - IPV4_HEADER);
}

/* Those that the kernel splits behind. */
static bool is_extension(uint8_t protocol)
{
    return protocol == PROTOCOL_HOP_BY_HOP || protocol == PROTOCOL_ROUTING ||
           protocol == PROTOCOL_DESTINATION_OPTIONS;
}

static bool read_ipv6(const struct way *way, struct cursor *cursor, struct ip *ip)
{
    uint32_t left = way->end - offset_of(way, cursor);
    const uint8_t *header = cursor_take(cursor, IPV6_HEADER);
    uint32_t length = header ? read_u16(header + 4) : 0;
    if (!header || (length && length + IPV6_HEADER != left))
        return false;
    /* Above 65,535 bytes it says its length in an option. */
    const uint8_t *option = cursor_peek(cursor, JUMBO_HEADER);
    ip->jumbo = length == 0 && header[6] == PROTOCOL_HOP_BY_HOP && option && option[1] == 0 &&
                option[2] == JUMBO_OPTION && option[3] == 4;
    ip->family = 6;
    for (ip->protocol = header[6]; is_extension(ip->protocol);) {
        const uint8_t *extension = cursor_take(cursor, EXTENSION_UNIT);
        if (!extension || !cursor_take(cursor, extension[1] * (size_t)EXTENSION_UNIT))
            return false;
        ip->protocol = extension[0];
    }
    return true;
}

static bool read_ip(const struct way *way, uint32_t offset, struct ip *ip)
{
    struct cursor cursor = cursor_at(way, offset);
    const uint8_t *first = cursor_peek(&cursor, 1);
    *ip = (struct ip){0};
    bool good = first && ((first[0] >> 4 == 4 && read_ipv4(way, &cursor, ip)) ||
                          (first[0] >> 4 == 6 && read_ipv6(way, &cursor, ip)));
    ip->behind = offset_of(way, &cursor);
    return good;
}

/* The offset, `from` or behind it, of the IP header that leads to the target, which itself is
 * returned when there is none. */
static uint32_t innermost(const struct way *way, uint32_t from, struct ip *ip)
{
    for (uint32_t back = IPV4_HEADER; from + back <= way->target; back += 4)
        if (read_ip(way, way->target - back, ip) && ip->behind == way->target)
            return way->target - back;
    return way->target;
}

/* Bytes of the UDP or GRE header at `offset`; 0: not one that can be repeated. */
static uint32_t tunnel_header(const struct way *way, uint8_t protocol, uint32_t offset)
{
    struct cursor cursor = cursor_at(way, offset);
    if (protocol == PROTOCOL_UDP)
        return cursor_take(&cursor, UDP_HEADER) ? UDP_HEADER : 0;
    const uint8_t *gre = protocol == PROTOCOL_GRE ? cursor_take(&cursor, GRE_HEADER) : NULL;
    const unsigned known = GRE_CHECKSUM | GRE_KEY | GRE_SEQUENCE;
    if (!gre || gre[0] & ~known || gre[1]) /* routing, PPTP */
        return 0;
    uint32_t options = (gre[0] & GRE_CHECKSUM ? 4u : 0) + (gre[0] & GRE_KEY ? 4u : 0) +
                       (gre[0] & GRE_SEQUENCE ? 4u : 0);
    return cursor_take(&cursor, options) ? GRE_HEADER + options : 0;
}

static bool add(struct layers *layers, enum layer_kind kind, uint32_t offset, uint32_t target)
{
    /* sums are taken in words of two bytes from the inside out */
    if (layers->count == LAYERS_MAX || (target - offset) % 2)
        return false;
    layers->layer[layers->count].kind = kind;
    layers->layer[layers->count++].offset = offset - (layers->jumbo ? JUMBO_HEADER : 0);
    return true;
}

static bool add_ip(struct layers *layers, const struct ip *ip, uint32_t offset, uint32_t target)
{
    if (!add(layers, ip->family == 4 ? LAYER_IPV4 : LAYER_IPV6, offset, target))
        return false;
    if (!ip->jumbo)
        return true;
    bool first = layers->jumbo == 0;
    layers->jumbo = offset + IPV6_HEADER;
    return first;
}

static bool fits(enum super_frame super_frame, const struct ip *ip)
{
    switch (super_frame) {
    case SUPER_TCP4:
        return ip->family == 4 && ip->protocol == PROTOCOL_TCP;
    case SUPER_TCP6:
        return ip->family == 6 && ip->protocol == PROTOCOL_TCP;
    case SUPER_UDP:
        return ip->protocol == PROTOCOL_UDP;
    case SUPER_NONE:
        break;
    }
    return false;
}

/* Where the frame's packet ends by its own length field. */
static uint32_t packet_end(const struct frame *frame, const struct flow_key *key)
{
    const uint8_t *header = frame->bytes + key->network_offset;
    uint32_t length = read_u16(header + (key->family == 4 ? 2 : 4));
    if (length == 0)
        return frame->length;
    return key->network_offset + length + (key->family == 4 ? 0u : IPV6_HEADER);
}

/* false: it says that it is longer than its frame. */
static bool set_out(struct way *way, const struct frame *frame, const struct flow_key *key)
{
    if (!(key->parts & KEY_ADDRESSES))
        return false;
    way->frame = frame;
    way->end = packet_end(frame, key);
    way->target = frame->checksum_unfinished ? frame->checksum_start : key->transport_offset;
    return way->end <= frame->length && way->target < way->end;
}

bool layers_find(struct layers *layers, const struct frame *frame, const struct flow_key *key)
{
    struct way way;
    if (!set_out(&way, frame, key))
        return false;
    layers->count = 0;
    layers->jumbo = 0;
    layers->end = way.end;
    layers->transport = way.target;
    struct ip ip;
    uint32_t at = key->network_offset;
    while (at < way.target && read_ip(&way, at, &ip) && add_ip(layers, &ip, at, way.target)) {
        at = ip.behind;
        if (at == way.target)
            return fits(frame->super_frame, &ip) &&
                   add(layers, ip.protocol == PROTOCOL_TCP ? LAYER_TCP : LAYER_UDP, at, way.target);
        if (ip.protocol == PROTOCOL_IPIP || ip.protocol == PROTOCOL_IPV6)
            continue;
        uint32_t header = tunnel_header(&way, ip.protocol, at);
        bool udp = ip.protocol == PROTOCOL_UDP;
        if (!header || !add(layers, udp ? LAYER_UDP : LAYER_GRE, at, way.target))
            return false;
        at = innermost(&way, at + header, &ip);
    }
    return false;
}

int layers_protocol(const struct frame *frame, const struct flow_key *key)
{
    struct way way;
    struct ip ip;
    if (!set_out(&way, frame, key) || innermost(&way, key->network_offset, &ip) == way.target)
        return -1;
    return ip.protocol;
}
