/* The splitting that a network card would have done: each segment gets a copy of the
 * super-frame's headers, made right in a scratch buffer, and its share of the payload
 * straight from the ring. Sums are over the whole segment, however little of it is kept. */
#include "segment.h"
#include "checksum.h"
#include "cursor.h"
#include <string.h>

enum {
    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_DESTINATION_OPTIONS = 60,
    PROTOCOL_SCTP = 132,

    IPV4_HEADER = 20,
    IPV6_HEADER = 40,
    TCP_HEADER = 20,
    UDP_HEADER = 8,
    JUMBO_HEADER = 8, /* a hop-by-hop header that holds the jumbo payload option, RFC 2675 */
    JUMBO_OPTION = 0xc2,
    SCTP_CHECKSUM = 8, /* offset in its header */

    TCP_FIN = 0x01,
    TCP_PSH = 0x08,
    TCP_CWR = 0x80,

    HEADERS_MAX = 512, /* no sender's super-frames have more; those that do are left alone */
};

static bool kind_fits(const struct frame *frame, const struct flow_key *key)
{
    switch (frame->super) {
    case SUPER_TCP4:
        return key->family == 4 && key->protocol == PROTOCOL_TCP;
    case SUPER_TCP6:
        return key->family == 6 && key->protocol == PROTOCOL_TCP;
    case SUPER_UDP:
        return key->protocol == PROTOCOL_UDP;
    case SUPER_NONE:
        break;
    }
    return false;
}

/* Bytes of the transport header at `at`; 0: not whole, or malformed. */
static uint32_t transport_header(const struct flow_key *key, const uint8_t *at, uint32_t left)
{
    if (key->protocol == PROTOCOL_UDP)
        return left < UDP_HEADER ? 0 : UDP_HEADER;
    if (left < TCP_HEADER)
        return 0;
    uint32_t length = (uint32_t)(at[12] >> 4) * 4;
    return length < TCP_HEADER || length > left ? 0 : length;
}

/* End of the IP packet in the frame by its own length field, where 0 is the frame's end. */
static uint32_t packet_end(const struct frame *frame, const struct flow_key *key)
{
    const uint8_t *header = frame->bytes + key->network_offset;
    uint32_t length = read_u16(header + (key->family == 4 ? 2 : 4));
    if (length == 0)
        return frame->length;
    return key->network_offset + length + (key->family == 4 ? 0 : IPV6_HEADER);
}

/* A super-frame above 65,535 bytes says its length in an option that segments must not have. */
static uint32_t jumbo_header(const struct frame *frame, const struct flow_key *key)
{
    if (key->family != 6 ||
        key->transport_offset - key->network_offset < IPV6_HEADER + JUMBO_HEADER)
        return 0;
    const uint8_t *header = frame->bytes + key->network_offset, *option = header + IPV6_HEADER + 2;
    bool jumbo = read_u16(header + 4) == 0 && header[6] == PROTOCOL_HOP_BY_HOP &&
                 header[IPV6_HEADER + 1] == 0 && option[0] == JUMBO_OPTION && option[1] == 4;
    return jumbo ? JUMBO_HEADER : 0;
}

void segments_open(struct segments *segments, const struct frame *frame, const struct flow_key *key)
{
    *segments = (struct segments){.frame = frame, .key = key, .count = 1};
    if (frame->super == SUPER_NONE)
        return;
    uint16_t needed = KEY_ADDRESSES | KEY_PROTOCOL | KEY_TRANSPORT;
    if ((key->parts & needed) != needed || !kind_fits(frame, key) ||
        key->parts & (KEY_FRAGMENT_FIRST | KEY_FRAGMENT_LATER))
        return;
    /* the sum that the hardware was asked for starts at the header that it splits behind */
    if (frame->checksum_unfinished && frame->checksum_start != key->transport_offset)
        return;
    uint32_t end = packet_end(frame, key), start = key->transport_offset;
    if (frame->segment_size == 0 || end > frame->captured || end <= start)
        return;
    uint32_t transport = transport_header(key, frame->bytes + start, end - start);
    uint32_t header = start + transport;
    if (transport == 0 || header > HEADERS_MAX || header == end)
        return;
    segments->header = header;
    segments->payload = end - header;
    segments->jumbo = jumbo_header(frame, key);
    segments->count = (segments->payload - 1) / frame->segment_size + 1;
}

/* Payload bytes of packet `index`. */
static uint32_t share(const struct segments *segments, uint32_t index)
{
    uint32_t size = segments->frame->segment_size, left = segments->payload - index * size;
    return left < size ? left : size;
}

uint32_t segment_length(const struct segments *segments, uint32_t index)
{
    if (segments->header == 0)
        return segments->frame->length;
    return segments->header - segments->jumbo + share(segments, index);
}

/* Where the packet is going: behind a routing header with segments left, not where the IPv6
 * header says (RFC 8200 section 8.1). Headers as the super-frame has them. */
static const uint8_t *final_destination(const struct segments *segments)
{
    const struct flow_key *key = segments->key;
    const uint8_t *destination = key->destination;
    const uint8_t *ipv6 = segments->frame->bytes + key->network_offset;
    struct cursor cursor = cursor_over(ipv6 + IPV6_HEADER, (size_t)key->transport_offset -
                                                               key->network_offset - IPV6_HEADER);
    uint8_t next = ipv6[6];
    while (next == PROTOCOL_HOP_BY_HOP || next == PROTOCOL_DESTINATION_OPTIONS) {
        const uint8_t *options = cursor_take(&cursor, 8);
        if (!options || !cursor_take(&cursor, options[1] * (size_t)8))
            return destination;
        next = options[0];
    }
    const uint8_t *routing = next == PROTOCOL_ROUTING ? cursor_take(&cursor, 8) : NULL;
    if (!routing || routing[3] == 0)
        return destination;
    /* type 4 (RFC 8754) lists the last one first; types 0 and 2 list it last */
    size_t before = routing[2] == 4 || routing[1] < 2 ? 0 : (size_t)routing[1] * 8 - 16;
    if (!cursor_take(&cursor, before))
        return destination;
    const uint8_t *address = cursor_take(&cursor, 16);
    return address ? address : destination;
}

/* The sum of the pseudo-header, RFC 9293 3.1 and RFC 8200 8.1. */
static uint64_t pseudo_header(const struct segments *segments, uint32_t transport_length)
{
    const struct flow_key *key = segments->key;
    size_t size = key->family == 4 ? 4 : 16;
    const uint8_t *destination = key->family == 4 ? key->destination : final_destination(segments);
    uint8_t rest[8] = {0};
    write_u32(rest, transport_length);
    rest[7] = key->protocol;
    uint64_t sum = checksum_add(0, key->source, size);
    sum = checksum_add(sum, destination, size);
    return checksum_add(sum, rest, sizeof(rest));
}

static void write_network(const struct segments *segments, uint32_t index, uint8_t *network,
                          uint32_t length)
{
    if (segments->key->family == 6) {
        write_u16(network + 4, (uint16_t)(length - IPV6_HEADER));
        return;
    }
    write_u16(network + 2, (uint16_t)length);
    write_u16(network + 4, (uint16_t)(read_u16(network + 4) + index));
    write_u16(network + 10, 0);
    uint64_t sum = checksum_add(0, network, (size_t)(network[0] & 15) * 4);
    write_u16(network + 10, checksum_finish(sum));
}

/* `length`: of the transport header and the payload. */
static void write_transport(const struct segments *segments, uint32_t index, uint8_t *transport,
                            uint32_t length, const uint8_t *payload)
{
    bool tcp = segments->key->protocol == PROTOCOL_TCP;
    uint32_t header = segments->header - segments->key->transport_offset;
    uint8_t *checksum = transport + (tcp ? 16 : 6);
    if (tcp) {
        uint32_t ahead = index * segments->frame->segment_size;
        write_u32(transport + 4, read_u32(transport + 4) + ahead);
        if (index + 1 < segments->count)
            transport[13] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
        if (index > 0)
            transport[13] &= (uint8_t)~TCP_CWR;
    } else {
        write_u16(transport + 4, (uint16_t)length);
        bool none = segments->key->family == 4 && read_u16(checksum) == 0;
        if (none && !segments->frame->checksum_unfinished)
            return; /* the sender did without, RFC 768 */
    }
    write_u16(checksum, 0);
    uint64_t sum = pseudo_header(segments, length);
    sum = checksum_add(sum, transport, header);
    sum = checksum_add(sum, payload, length - header);
    uint16_t value = checksum_finish(sum);
    write_u16(checksum, value == 0 && !tcp ? UINT16_MAX : value);
}

/* Copies the super-frame's headers without the jumbo one; returns their length. */
static uint32_t copy_headers(const struct segments *segments, uint8_t headers[HEADERS_MAX])
{
    const uint8_t *from = segments->frame->bytes;
    if (segments->jumbo == 0) {
        memcpy(headers, from, segments->header);
        return segments->header;
    }
    uint32_t extension = segments->key->network_offset + (uint32_t)IPV6_HEADER;
    uint32_t behind = extension + segments->jumbo;
    memcpy(headers, from, extension);
    headers[segments->key->network_offset + 6] = from[extension]; /* its next header */
    memcpy(headers + extension, from + behind, segments->header - behind);
    return segments->header - segments->jumbo;
}

static void write_segment(const struct segments *segments, uint32_t index, uint8_t *out,
                          uint32_t kept)
{
    uint8_t headers[HEADERS_MAX];
    uint32_t header = copy_headers(segments, headers);
    uint32_t network = segments->key->network_offset;
    uint32_t transport = segments->key->transport_offset - segments->jumbo;
    uint32_t bytes = share(segments, index);
    const uint8_t *payload =
        segments->frame->bytes + segments->header + (size_t)index * segments->frame->segment_size;

    write_network(segments, index, headers + network, header - network + bytes);
    write_transport(segments, index, headers + transport, header - transport + bytes, payload);
    if (kept <= header) {
        memcpy(out, headers, kept);
        return;
    }
    memcpy(out, headers, header);
    memcpy(out + header, payload, kept - header);
}

/* The whole frame of `length` bytes is in `out`: does what the sender left to the hardware.
 * The field holds the pseudo-header's sum already. */
static void finish_checksum(const struct segments *segments, uint8_t *out, uint32_t length)
{
    const struct frame *frame = segments->frame;
    uint32_t start = frame->checksum_start, field = start + frame->checksum_offset;
    if (start >= length)
        return;
    if (segments->key->protocol == PROTOCOL_SCTP && frame->checksum_offset == SCTP_CHECKSUM) {
        if (field + 4 > length)
            return;
        memset(out + field, 0, 4);
        uint32_t crc = checksum_crc32c(0, out + start, length - start);
        write_u32(out + field, __builtin_bswap32(crc));
        return;
    }
    if (field + 2 > length)
        return;
    uint16_t value = checksum_finish(checksum_add(0, out + start, length - start));
    write_u16(out + field, value == 0 ? UINT16_MAX : value);
}

void segment_write(const struct segments *segments, uint32_t index, uint8_t *out, uint32_t kept)
{
    if (segments->header != 0) {
        write_segment(segments, index, out, kept);
        return;
    }
    const struct frame *frame = segments->frame;
    memcpy(out, frame->bytes, kept);
    if (frame->checksum_unfinished && kept == frame->length)
        finish_checksum(segments, out, kept);
}
