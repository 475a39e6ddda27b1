/* The splitting that a network card would have done: each segment gets a copy of the
 * super-frame's headers, made right layer by layer from the inside out, and its share of the
 * payload straight from the ring. Sums are over the whole segment, however
 * little of it is kept; what was captured of it, that is, so that only whole ones can be right. */
#include "segment.h"
#include "checksum.h"
#include "cursor.h"
#include "protocol.h"
#include <string.h>

enum {
    SCTP_CHECKSUM = 8, /* offset in its header */
    TCP_LAST_ONLY = TCP_FIN | TCP_PSH,
};

/* Bytes of the innermost transport header; 0: not whole, or malformed. */
static uint32_t transport_header(const struct frame *frame, const struct layers *layers)
{
    uint32_t end = layers->end < frame->captured ? layers->end : frame->captured;
    struct cursor cursor = cursor_over(frame->bytes + layers->transport, end - layers->transport);
    if (layers->layer[layers->count - 1].kind == LAYER_UDP)
        return cursor_take(&cursor, UDP_HEADER) ? UDP_HEADER : 0;
    const uint8_t *tcp = cursor_take(&cursor, TCP_HEADER);
    uint32_t length = tcp ? (uint32_t)(tcp[12] >> 4) * 4 : 0;
    return length >= TCP_HEADER && cursor_take(&cursor, length - TCP_HEADER) ? length : 0;
}

void segments_open(struct segments *segments, const struct frame *frame, const struct flow_key *key)
{
    segments->frame = frame;
    segments->key = key;
    segments->count = 1;
    segments->header = segments->payload = segments->payload_at = 0;
    struct layers *layers = &segments->layers;
    if (frame->super_frame == SUPER_NONE || frame->segment_size == 0 ||
        !layers_find(layers, frame, key))
        return;
    uint32_t transport = transport_header(frame, layers), behind = layers->transport + transport;
    if (transport == 0 || behind > HEADERS_MAX || behind == layers->end)
        return;
    segments->header = behind - (layers->jumbo ? JUMBO_HEADER : 0u);
    segments->payload = layers->end - behind;
    segments->payload_at = behind;
    segments->count = (segments->payload - 1) / frame->segment_size + 1;
}

/* Payload bytes of packet `index`. */
static uint32_t share(const struct segments *segments, uint32_t index)
{
    uint32_t size = segments->frame->segment_size, left = segments->payload - index * size;
    return left < size ? left : size;
}

bool segments_early_key(const struct segments *segments, struct flow_key *early)
{
    if (segments->count == 1 || !(segments->key->parts & KEY_TCP_FLAGS) ||
        !(segments->key->tcp_flags & TCP_LAST_ONLY))
        return false;
    *early = *segments->key;
    early->tcp_flags &= (uint8_t)~TCP_LAST_ONLY;
    return true;
}

uint32_t segment_length(const struct segments *segments, uint32_t index)
{
    if (segments->header == 0)
        return segments->frame->length;
    return segments->header + share(segments, index);
}

uint32_t segment_captured(const struct segments *segments, uint32_t index)
{
    if (segments->header == 0)
        return segments->frame->captured;
    uint32_t at = segments->payload_at + index * segments->frame->segment_size;
    uint32_t there = segments->frame->captured > at ? segments->frame->captured - at : 0;
    uint32_t bytes = share(segments, index);
    return segments->header + (bytes < there ? bytes : there);
}

/* One packet in the making. */
struct making {
    const struct segments *segments;
    uint32_t index;
    uint32_t length;  /* of the packet */
    uint8_t *headers; /* of the packet */
    uint64_t sum;     /* of its bytes from the offset `summed` to its end */
    uint32_t summed;
};

/* Where an IPv6 packet is going: behind a routing header with segments left, not where the IPv6
 * header says (RFC 8200 section 8.1). The transport header is at `end`. */
static const uint8_t *final_destination(const uint8_t *ipv6, const uint8_t *end)
{
    const uint8_t *destination = ipv6 + 24;
    struct cursor cursor = cursor_over(ipv6 + IPV6_HEADER, (size_t)(end - ipv6 - IPV6_HEADER));
    uint8_t next = ipv6[6];
    while (next == PROTOCOL_HOP_BY_HOP || next == PROTOCOL_DESTINATION_OPTIONS) {
        const uint8_t *options = cursor_take(&cursor, EXTENSION_UNIT);
        if (!options || !cursor_take(&cursor, options[1] * (size_t)EXTENSION_UNIT))
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

/* The sum of the pseudo-header of a transport layer, RFC 9293 3.1 and RFC 8200 8.1. */
static uint64_t pseudo_header(const struct making *making, uint32_t layer)
{
    const struct layers *layers = &making->segments->layers;
    const uint8_t *ip = making->headers + layers->layer[layer - 1].offset;
    uint32_t transport = layers->layer[layer].offset;
    uint8_t rest[8] = {0};
    write_u32(rest, making->length - transport);
    rest[7] = layers->layer[layer].kind == LAYER_TCP ? PROTOCOL_TCP : PROTOCOL_UDP;
    uint64_t sum = checksum_add(0, rest, sizeof rest);
    if (layers->layer[layer - 1].kind == LAYER_IPV4)
        return checksum_add(sum, ip + 12, 8);
    sum = checksum_add(sum, ip + 8, 16);
    return checksum_add(sum, final_destination(ip, making->headers + transport), 16);
}

/* The checksum of everything from `offset` on, at `field` behind it, beginning with `sum`. */
static void write_checksum(struct making *making, uint32_t offset, uint32_t field, uint64_t sum,
                           bool never_zero)
{
    uint8_t *checksum = making->headers + offset + field;
    write_u16(checksum, 0);
    making->sum = checksum_add(making->sum, making->headers + offset, making->summed - offset);
    making->summed = offset;
    uint16_t value = checksum_finish(making->sum + sum);
    write_u16(checksum, value == 0 && never_zero ? UINT16_MAX : value);
    making->sum = checksum_add(making->sum, checksum, 2);
}

static void write_ipv4(const struct making *making, uint32_t offset)
{
    uint8_t *header = making->headers + offset;
    write_u16(header + 2, (uint16_t)(making->length - offset));
    write_u16(header + 4, (uint16_t)(read_u16(header + 4) + making->index));
    write_u16(header + 10, 0);
    uint64_t sum = checksum_add(0, header, (size_t)(header[0] & 15) * 4);
    write_u16(header + 10, checksum_finish(sum));
}

static void write_gre(struct making *making, uint32_t offset)
{
    uint8_t *header = making->headers + offset;
    uint8_t *sequence = header + GRE_HEADER;
    sequence += (header[0] & GRE_CHECKSUM ? 4 : 0) + (header[0] & GRE_KEY ? 4 : 0);
    if (header[0] & GRE_SEQUENCE)
        write_u32(sequence, read_u32(sequence) + making->index);
    if (header[0] & GRE_CHECKSUM)
        write_checksum(making, offset, 4, 0, false);
}

static void write_udp(struct making *making, uint32_t layer)
{
    const struct layers *layers = &making->segments->layers;
    uint32_t offset = layers->layer[layer].offset;
    uint8_t *header = making->headers + offset;
    write_u16(header + 4, (uint16_t)(making->length - offset));
    bool left = layer + 1 == layers->count && making->segments->frame->checksum_unfinished;
    if (left || read_u16(header + 6) != 0) /* else the sender did without, RFC 768 */
        write_checksum(making, offset, 6, pseudo_header(making, layer), true);
}

static void write_tcp(struct making *making, uint32_t layer)
{
    const struct segments *segments = making->segments;
    uint32_t offset = segments->layers.layer[layer].offset;
    uint8_t *header = making->headers + offset;
    uint32_t ahead = making->index * segments->frame->segment_size;
    write_u32(header + 4, read_u32(header + 4) + ahead);
    if (making->index + 1 < segments->count)
        header[TCP_FLAGS] &= (uint8_t)~TCP_LAST_ONLY;
    if (making->index > 0)
        header[TCP_FLAGS] &= (uint8_t)~TCP_CWR;
    write_checksum(making, offset, 16, pseudo_header(making, layer), false);
}

static void write_layer(struct making *making, uint32_t layer)
{
    const struct layers *layers = &making->segments->layers;
    uint32_t offset = layers->layer[layer].offset;
    switch (layers->layer[layer].kind) {
    case LAYER_IPV4:
        write_ipv4(making, offset);
        return;
    case LAYER_IPV6:
        write_u16(making->headers + offset + 4, (uint16_t)(making->length - offset - IPV6_HEADER));
        return;
    case LAYER_GRE:
        write_gre(making, offset);
        return;
    case LAYER_UDP:
        write_udp(making, layer);
        return;
    case LAYER_TCP:
        write_tcp(making, layer);
        return;
    }
}

/* Copies the super-frame's headers, without the jumbo one. */
static void copy_headers(const struct segments *segments, uint8_t headers[HEADERS_MAX])
{
    const uint8_t *from = segments->frame->bytes;
    uint32_t jumbo = segments->layers.jumbo;
    if (jumbo == 0) {
        memcpy(headers, from, segments->header);
        return;
    }
    memcpy(headers, from, jumbo);
    headers[jumbo - IPV6_HEADER + 6] = from[jumbo]; /* its next header */
    memcpy(headers + jumbo, from + jumbo + JUMBO_HEADER, segments->header - jumbo);
}

/* The payload of packet `index`; where none was captured, the end of the headers. */
static const uint8_t *payload_of(const struct segments *segments, uint32_t index, uint32_t there)
{
    const uint8_t *payload = segments->frame->bytes + segments->payload_at;
    return there ? payload + (size_t)index * segments->frame->segment_size : payload;
}

static void write_headers(const struct segments *segments, uint32_t index, uint8_t *out,
                          uint32_t kept)
{
    uint8_t cut[HEADERS_MAX];
    uint32_t header = segments->header, there = segment_captured(segments, index) - header;
    uint8_t *headers = kept < header ? cut : out;
    copy_headers(segments, headers);
    struct making making = {
        .segments = segments,
        .index = index,
        .length = header + share(segments, index),
        .headers = headers,
        .sum = checksum_add(0, payload_of(segments, index, there), there),
        .summed = header,
    };
    for (uint32_t layer = segments->layers.count; layer-- > 0;)
        write_layer(&making, layer);
    if (kept < header)
        memcpy(out, cut, kept);
}

/* Bytes of a plain frame up to the end of the checksum that the sender left to the hardware, when
 * it is sent whole; 0: there is none. */
static uint32_t unfinished(const struct segments *segments, uint32_t kept)
{
    const struct frame *frame = segments->frame;
    uint32_t field = (uint32_t)frame->checksum_start + frame->checksum_offset;
    if (!frame->checksum_unfinished || kept != frame->length)
        return 0;
    bool sctp = frame->checksum_offset == SCTP_CHECKSUM &&
                layers_protocol(frame, segments->key) == PROTOCOL_SCTP;
    uint32_t end = field + (sctp ? 4 : 2);
    return end <= kept ? end : 0;
}

/* The first `end` bytes of a frame, with its checksum at the end of them. The field holds the
 * pseudo-header's sum already. */
static void write_finished(const struct segments *segments, uint8_t *out, uint32_t end)
{
    const struct frame *frame = segments->frame;
    uint32_t start = frame->checksum_start, field = start + frame->checksum_offset;
    memcpy(out, frame->bytes, end);
    if (end - field == 4) {
        memset(out + field, 0, 4);
        uint32_t crc = checksum_crc32c(0, out + start, end - start);
        crc = checksum_crc32c(crc, frame->bytes + end, frame->length - end);
        write_u32(out + field, __builtin_bswap32(crc));
        return;
    }
    uint16_t value = checksum_finish(checksum_add(0, frame->bytes + start, frame->length - start));
    write_u16(out + field, value == 0 ? UINT16_MAX : value);
}

uint32_t segment_head(const struct segments *segments, uint32_t index, uint32_t kept,
                      const uint8_t **rest)
{
    uint32_t header = segments->header;
    if (header != 0) {
        *rest = payload_of(segments, index, segment_captured(segments, index) - header);
        return kept < header ? kept : header;
    }
    header = unfinished(segments, kept);
    *rest = segments->frame->bytes + header;
    return header;
}

void segment_write_head(const struct segments *segments, uint32_t index, uint8_t *out,
                        uint32_t kept)
{
    uint32_t end;
    if (segments->header != 0)
        write_headers(segments, index, out, kept);
    else if ((end = unfinished(segments, kept)) > 0)
        write_finished(segments, out, end);
}

void segment_write(const struct segments *segments, uint32_t index, uint8_t *out, uint32_t kept)
{
    const uint8_t *rest;
    uint32_t head = segment_head(segments, index, kept, &rest);
    segment_write_head(segments, index, out, kept);
    memcpy(out + head, rest, kept - head);
}
