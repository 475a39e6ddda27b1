/* TCP, UDP and what else stands in IP: see print_internal.h. */
#include "print_internal.h"

enum {
    DNS_PORT = 53,
    SCTP_HEADER = 12,
    ESP = 50,
    TCP_OPTION_END = 0,
    TCP_OPTION_NOTHING = 1,
    TCP_OPTION_SEGMENT = 2,
    TCP_OPTION_SCALE = 3,
    TCP_OPTION_SELECTIVE = 4,
    TCP_OPTION_SACK = 5,
    TCP_OPTION_TIMES = 8,
    TCP_OPTION_MULTIPATH = 30,
};

/* "10.0.0.1.1024 > 10.0.0.2.80: " */
static void print_ports(const struct ip_payload *payload, const uint8_t *ports, FILE *out)
{
    if (payload->source) {
        print_address(payload->family, payload->source, out);
        putc('.', out);
    }
    fprintf(out, "%u > ", read_u16(ports));
    if (payload->source) {
        print_address(payload->family, payload->to, out);
        putc('.', out);
    }
    fprintf(out, "%u: ", read_u16(ports + 2));
}

/* ---- TCP, RFC 9293 ---- */

static void print_flags(uint8_t flags, FILE *out)
{
    static const char letters[] = "FSRP.UEW";
    fputs("Flags [", out);
    for (int bit = 0; bit < 8; bit++)
        if (flags >> bit & 1)
            putc(letters[bit], out);
    fputs(flags ? "]" : "none]", out);
}

static void print_sack(const uint8_t *data, uint32_t length, FILE *out)
{
    fprintf(out, "sack %u ", length / 8);
    for (uint32_t i = 0; i + 8 <= length; i += 8)
        fprintf(out, "{%u:%u}", read_u32(data + i), read_u32(data + i + 4));
}

/* data: `length` bytes behind kind and length. */
static void print_option(uint8_t kind, const uint8_t *data, uint32_t length, FILE *out)
{
    if (kind == TCP_OPTION_SEGMENT && length == 2) {
        fprintf(out, "mss %u", read_u16(data));
    } else if (kind == TCP_OPTION_SCALE && length == 1) {
        fprintf(out, "wscale %u", data[0]);
    } else if (kind == TCP_OPTION_SELECTIVE && length == 0) {
        fputs("sackOK", out);
    } else if (kind == TCP_OPTION_SACK && length % 8 == 0 && length > 0) {
        print_sack(data, length, out);
    } else if (kind == TCP_OPTION_TIMES && length == 8) {
        fprintf(out, "TS val %u ecr %u", read_u32(data), read_u32(data + 4));
    } else if (kind == TCP_OPTION_MULTIPATH) {
        fputs("mptcp", out);
    } else {
        fprintf(out, "unknown-%u%s", kind, length ? " 0x" : "");
        for (uint32_t i = 0; i < length; i++)
            fprintf(out, "%02x", data[i]);
    }
}

static void print_options(struct cursor cursor, FILE *out)
{
    const char *between = "";
    fputs(", options [", out);
    while (cursor_left(&cursor)) {
        uint8_t kind = *cursor_take(&cursor, 1);
        fputs(between, out);
        between = ",";
        if (kind == TCP_OPTION_END) {
            fputs("eol", out);
            break;
        }
        if (kind == TCP_OPTION_NOTHING) {
            fputs("nop", out);
            continue;
        }
        const uint8_t *size = cursor_take(&cursor, 1);
        const uint8_t *data = size && *size >= 2 ? cursor_take(&cursor, *size - 2u) : NULL;
        if (!data) {
            fprintf(out, "bad option %u", kind);
            break;
        }
        print_option(kind, data, *size - 2u, out);
    }
    putc(']', out);
}

static void print_tcp(struct ip_payload *payload, FILE *out)
{
    const uint8_t *header = cursor_peek(&payload->cursor, 4);
    if (!header) {
        print_ends(payload, out);
        PRINT_CUT(out, "tcp");
        return;
    }
    print_ports(payload, header, out);
    header = cursor_take(&payload->cursor, TCP_HEADER);
    if (!header) {
        PRINT_CUT(out, "tcp");
        return;
    }
    uint32_t header_length = (header[12] >> 4) * 4u;
    if (header_length < TCP_HEADER || header_length > payload->length) {
        fprintf(out, "tcp %u [bad hdr length %u]",
                payload->length > header_length ? payload->length - header_length : 0,
                header_length);
        return;
    }
    uint32_t length = payload->length - header_length, sequence = read_u32(header + 4);
    uint8_t flags = header[TCP_FLAGS];
    print_flags(flags, out);
    if (length || flags & (TCP_SYN | TCP_FIN | TCP_RST))
        fprintf(out, ", seq %u", sequence);
    if (length)
        fprintf(out, ":%u", sequence + length);
    if (flags & TCP_ACK)
        fprintf(out, ", ack %u", read_u32(header + 8));
    fprintf(out, ", win %u", read_u16(header + 14));
    if (flags & TCP_URG)
        fprintf(out, ", urg %u", read_u16(header + 18));
    const uint8_t *options = cursor_take(&payload->cursor, header_length - TCP_HEADER);
    if (header_length > TCP_HEADER && !options)
        PRINT_CUT(out, "tcp");
    else if (header_length > TCP_HEADER)
        print_options(cursor_over(options, header_length - TCP_HEADER), out);
    fprintf(out, ", length %u", length);
}

/* ---- UDP, RFC 768 ---- */

static void print_udp(struct ip_payload *payload, FILE *out)
{
    const uint8_t *header = cursor_peek(&payload->cursor, 4);
    if (!header) {
        print_ends(payload, out);
        PRINT_CUT(out, "udp");
        return;
    }
    print_ports(payload, header, out);
    header = cursor_take(&payload->cursor, UDP_HEADER);
    if (!header) {
        PRINT_CUT(out, "udp");
        return;
    }
    uint32_t length = read_u16(header + 4);
    if (length == 0)
        length = payload->length; /* a jumbogram, or left to the hardware */
    if (length < UDP_HEADER) {
        fprintf(out, "truncated-udplength %u", length);
        return;
    }
    length -= UDP_HEADER;
    if (read_u16(header) == DNS_PORT || read_u16(header + 2) == DNS_PORT)
        print_dns(payload->cursor, length, out);
    else if (length + UDP_HEADER > payload->length && !payload->fragment)
        fprintf(out, "UDP, bad length %u > %u", length,
                payload->length < UDP_HEADER ? 0 : payload->length - UDP_HEADER);
    else
        fprintf(out, "UDP, length %u", length);
}

/* ---- others ---- */

static void print_sctp(struct ip_payload *payload, FILE *out)
{
    const uint8_t *header = cursor_take(&payload->cursor, SCTP_HEADER);
    if (!header) {
        print_ends(payload, out);
        PRINT_CUT(out, "sctp");
        return;
    }
    print_ports(payload, header, out);
    fprintf(out, "sctp, length %u", payload->length);
}

static void print_esp(struct ip_payload *payload, FILE *out)
{
    const uint8_t *header = cursor_take(&payload->cursor, 8);
    print_ends(payload, out);
    if (header)
        fprintf(out, "ESP(spi=0x%08x,seq=0x%x), length %u", read_u32(header), read_u32(header + 4),
                payload->length);
    else
        PRINT_CUT(out, "esp");
}

static void print_gre(struct ip_payload *payload, FILE *out)
{
    const uint8_t *header = cursor_take(&payload->cursor, GRE_HEADER);
    print_ends(payload, out);
    if (header)
        fprintf(out, "GREv%u, length %u", header[1] & 7, payload->length);
    else
        PRINT_CUT(out, "gre");
}

void print_payload(struct ip_payload *payload, FILE *out)
{
    switch (payload->protocol) {
    case PROTOCOL_TCP:
        print_tcp(payload, out);
        return;
    case PROTOCOL_UDP:
        print_udp(payload, out);
        return;
    case PROTOCOL_SCTP:
        print_sctp(payload, out);
        return;
    case PROTOCOL_ICMP:
        print_ends(payload, out);
        print_icmp4(payload, out);
        return;
    case PROTOCOL_ICMPV6:
        print_ends(payload, out);
        print_icmp6(payload, out);
        return;
    case PROTOCOL_GRE:
        print_gre(payload, out);
        return;
    case ESP:
        print_esp(payload, out);
        return;
    case PROTOCOL_NO_NEXT:
        print_ends(payload, out);
        fputs("no next header", out);
        return;
    default:
        print_ends(payload, out);
        fprintf(out, "ip-proto-%u %u", payload->protocol, payload->length);
    }
}
