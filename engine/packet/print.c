/* Ethernet, VLAN tags, ARP and IP, outside in. The texts are those of tcpdump 4.99. */
#include "print_internal.h"

#include <arpa/inet.h>
#include <string.h>

enum { VLAN_TAGS_SHOWN = 8, EXTENSIONS_SHOWN = 8, LENGTHS_END = 0x600 };

void print_address(uint8_t family, const uint8_t *address, FILE *out)
{
    char text[INET6_ADDRSTRLEN];
    inet_ntop(family == 4 ? AF_INET : AF_INET6, address, text, sizeof text);
    fputs(text, out);
}

void print_link_address(const uint8_t address[static 6], FILE *out)
{
    for (int i = 0; i < 6; i++)
        fprintf(out, "%s%02x", i ? ":" : "", address[i]);
}

void print_ends(const struct ip_payload *payload, FILE *out)
{
    if (!payload->source)
        return;
    print_address(payload->family, payload->source, out);
    fputs(" > ", out);
    print_address(payload->family, payload->to, out);
    fputs(": ", out);
}

/* ---- ARP, RFC 826 ---- */

static bool is_zero(const uint8_t *bytes, size_t length)
{
    while (length && !bytes[length - 1])
        length--;
    return length == 0;
}

static void print_arp_addresses(uint16_t operation, const uint8_t *sender, FILE *out)
{
    const uint8_t *target = sender + 6 + 4;
    if (operation == 1) {
        fputs("Request who-has ", out);
        print_address(4, target + 6, out);
        if (!is_zero(target, 6)) {
            fputs(" (", out);
            print_link_address(target, out);
            putc(')', out);
        }
        fputs(" tell ", out);
        print_address(4, sender + 6, out);
    } else if (operation == 2) {
        fputs("Reply ", out);
        print_address(4, sender + 6, out);
        fputs(" is-at ", out);
        print_link_address(sender, out);
    } else {
        fprintf(out, "Unknown (%u)", operation);
    }
}

static void print_arp(struct cursor *cursor, uint32_t length, FILE *out)
{
    const uint8_t *fixed = cursor_take(cursor, 8);
    fputs("ARP, ", out);
    if (!fixed) {
        PRINT_CUT(out, "arp");
        return;
    }
    if (read_u16(fixed) != 1 || read_u16(fixed + 2) != ETHERTYPE_IPV4 || fixed[4] != 6 ||
        fixed[5] != 4) {
        fprintf(out, "hardware type %u (len %u), protocol 0x%04x (len %u), operation %u",
                read_u16(fixed), fixed[4], read_u16(fixed + 2), fixed[5], read_u16(fixed + 6));
    } else {
        const uint8_t *sender = cursor_take(cursor, 2 * (6 + 4));
        if (!sender) {
            PRINT_CUT(out, "arp");
            return;
        }
        print_arp_addresses(read_u16(fixed + 6), sender, out);
    }
    fprintf(out, ", length %u", length);
}

/* ---- IPv4 ---- */

/* Nothing behind the packet's own end is looked at. */
static void limit(struct cursor *cursor, uint32_t length)
{
    if (cursor_left(cursor) > length)
        cursor->end = cursor->at + length;
}

static void print_ipv4(struct cursor *cursor, uint32_t length, FILE *out)
{
    const uint8_t *header = cursor_take(cursor, IPV4_HEADER);
    fputs("IP ", out);
    if (!header) {
        PRINT_CUT(out, "ip");
        return;
    }
    uint32_t header_length = (header[0] & 15) * 4u, total = read_u16(header + 2);
    if (header[0] >> 4 != 4) {
        fprintf(out, "version %u", header[0] >> 4);
        return;
    }
    if (header_length < IPV4_HEADER) {
        fprintf(out, "bad-hlen %u", header_length);
        return;
    }
    if (total == 0)
        total = length; /* left to the hardware that splits it */
    if (total > length)
        fprintf(out, "truncated-ip - %u bytes missing! ", total - length);
    if (total < header_length) {
        fprintf(out, "bad-len %u", total);
        return;
    }
    uint16_t fragment = read_u16(header + 6);
    struct ip_payload payload = {
        .length = total - header_length,
        .family = 4,
        .protocol = header[9],
        .first = header[9],
        .fragment = fragment & 0x2000,
        .source = header + 12,
        .to = header + 16,
    };
    bool whole = cursor_take(cursor, header_length - IPV4_HEADER);
    limit(cursor, payload.length);
    payload.cursor = *cursor;
    if (fragment & 0x1fff || !whole) {
        print_ends(&payload, out);
        if (whole)
            fprintf(out, "ip-proto-%u", header[9]);
        else
            PRINT_CUT(out, "ip");
        return;
    }
    print_payload(&payload, out);
}

/* ---- IPv6 ---- */

/* A fragment header; false: no transport header follows. */
static bool print_fragment(const uint8_t *header, struct ip_payload *payload, FILE *out)
{
    uint16_t fragment = read_u16(header + 2);
    fprintf(out, "frag (%u|%u)", fragment & 0xfff8, payload->length);
    payload->fragment = fragment & 1;
    if (fragment & 0xfff8)
        return false;
    putc(' ', out);
    return true;
}

static const char *extension_name(uint8_t protocol)
{
    switch (protocol) {
    case PROTOCOL_HOP_BY_HOP:
        return "HBH";
    case PROTOCOL_DESTINATION_OPTIONS:
        return "DSTOPT";
    case PROTOCOL_ROUTING:
        return "RT6";
    case PROTOCOL_AUTHENTICATION:
        return "AH";
    default:
        return NULL;
    }
}

/* One extension header; false: the line ends with it. */
static bool print_extension(struct ip_payload *payload, FILE *out)
{
    uint8_t protocol = payload->protocol;
    const uint8_t *header = cursor_take(&payload->cursor, EXTENSION_UNIT);
    /* AH counts words of 4 bytes less 2 (RFC 4302), the others units of 8 less 1 */
    uint32_t more =
        header ? header[1] * (protocol == PROTOCOL_AUTHENTICATION ? 4u : EXTENSION_UNIT) : 0;
    if (protocol == PROTOCOL_FRAGMENT)
        more = 0;
    if (!header || payload->length < EXTENSION_UNIT + more) {
        PRINT_CUT(out, "ip6");
        return false;
    }
    payload->length -= EXTENSION_UNIT + more;
    payload->protocol = header[0];
    if (protocol == PROTOCOL_FRAGMENT)
        return print_fragment(header, payload, out);
    fputs(extension_name(protocol), out);
    if (protocol == PROTOCOL_ROUTING)
        fprintf(out, " (len=%u, type=%u, segleft=%u)", header[1], header[2], header[3]);
    putc(' ', out);
    if (cursor_take(&payload->cursor, more))
        return true;
    PRINT_CUT(out, "ip6");
    return false;
}

static void print_ipv6(struct cursor *cursor, uint32_t length, FILE *out)
{
    const uint8_t *header = cursor_take(cursor, IPV6_HEADER);
    fputs("IP6 ", out);
    if (!header) {
        PRINT_CUT(out, "ip6");
        return;
    }
    if (header[0] >> 4 != 6) {
        fprintf(out, "version %u", header[0] >> 4);
        return;
    }
    struct ip_payload payload = {
        .length = read_u16(header + 4),
        .family = 6,
        .protocol = header[6],
        .first = header[6],
        .source = header + 8,
        .to = header + 24,
    };
    if (payload.length == 0 && length > IPV6_HEADER)
        payload.length = length - IPV6_HEADER; /* a jumbogram, RFC 2675 */
    if (payload.length + IPV6_HEADER > length)
        fprintf(out, "truncated-ip6 - %u bytes missing!", payload.length + IPV6_HEADER - length);
    limit(cursor, payload.length);
    payload.cursor = *cursor;
    for (int i = 0; extension_name(payload.protocol) || payload.protocol == PROTOCOL_FRAGMENT;
         i++) {
        if (i == 0) {
            print_ends(&payload, out);
            payload.source = NULL;
        }
        if (i == EXTENSIONS_SHOWN || !print_extension(&payload, out))
            return;
    }
    print_payload(&payload, out);
}

/* ---- Ethernet ---- */

static bool is_vlan(uint16_t type)
{
    return type == ETHERTYPE_VLAN || type == ETHERTYPE_SERVICE_VLAN ||
           type == ETHERTYPE_OLD_SERVICE_VLAN;
}

/* Takes the tags; the type behind them, -1: the frame ends before. */
static int print_tags(struct cursor *cursor, uint32_t *length, FILE *out)
{
    const uint8_t *type = cursor_take(cursor, 2);
    for (int i = 0; type && is_vlan(read_u16(type)) && i < VLAN_TAGS_SHOWN; i++) {
        const uint8_t *control = cursor_take(cursor, 2);
        if (!control || *length < 4)
            return -1;
        uint16_t tag = read_u16(control);
        fprintf(out, "vlan %u, p %u%s, ", tag & 0xfff, tag >> 13, tag & 0x1000 ? ", DEI" : "");
        *length -= 4;
        type = cursor_take(cursor, 2);
    }
    return type ? read_u16(type) : -1;
}

void packet_print(const uint8_t *bytes, uint32_t captured, uint32_t length, FILE *out)
{
    struct cursor cursor = cursor_over(bytes, captured);
    const uint8_t *addresses = cursor_take(&cursor, ETHERNET_ADDRESSES);
    uint32_t behind = length < ETHERNET_ADDRESSES + 2 ? 0 : length - ETHERNET_ADDRESSES - 2;
    int type = addresses ? print_tags(&cursor, &behind, out) : -1;
    switch (type) {
    case -1:
        PRINT_CUT(out, "ether");
        return;
    case ETHERTYPE_IPV4:
        print_ipv4(&cursor, behind, out);
        return;
    case ETHERTYPE_IPV6:
        print_ipv6(&cursor, behind, out);
        return;
    case ETHERTYPE_ARP:
        print_arp(&cursor, behind, out);
        return;
    default:
        print_link_address(addresses + 6, out);
        fputs(" > ", out);
        print_link_address(addresses, out);
        if (type < LENGTHS_END)
            fputs(", 802.3", out);
        else
            fprintf(out, ", ethertype 0x%04x", type);
        fprintf(out, ", length %u", length);
    }
}
