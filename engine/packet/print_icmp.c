/* ICMP (RFC 792) and ICMPv6 (RFC 4443, RFC 4861, RFC 2710): see print_internal.h. */
#include "print_internal.h"

enum { ICMP_HEADER = 8, MLD2_QUERY = 28 };

/* ---- of IPv4 ---- */

/* " udp port 53": where the packet went that an error is about, which it quotes. */
static void print_quoted_port(const struct cursor *cursor, FILE *out)
{
    struct cursor quoted = *cursor;
    const uint8_t *header = cursor_take(&quoted, IPV4_HEADER);
    if (!header || (header[0] & 15) * 4 < IPV4_HEADER)
        return;
    uint8_t protocol = header[9];
    cursor_take(&quoted, (header[0] & 15) * 4u - IPV4_HEADER);
    const uint8_t *ports = cursor_peek(&quoted, 4);
    if (!ports)
        return;
    if (protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP)
        fprintf(out, " %s port %u", protocol == PROTOCOL_TCP ? "tcp" : "udp", read_u16(ports + 2));
    else
        fprintf(out, " protocol %u port %u", protocol, read_u16(ports + 2));
}

static void print_unreachable(uint8_t code, const uint8_t *header, const struct cursor *cursor,
                              FILE *out)
{
    static const struct {
        const char *before, *behind;
    } texts[] = {
        [0] = {"net ", ""},
        [1] = {"host ", ""},
        [2] = {"", ""},
        [3] = {"", ""},
        [4] = {"", " - need to frag"},
        [5] = {"", " - source route failed"},
        [9] = {"net ", " - admin prohibited"},
        [10] = {"host ", " - admin prohibited"},
        [13] = {"host ", " - admin prohibited filter"},
    };
    const uint8_t *quoted = cursor_peek(cursor, IPV4_HEADER);
    bool known = code < sizeof texts / sizeof *texts && texts[code].before;
    if (!quoted) {
        fputs("unreachable ", out);
        PRINT_CUT(out, "icmp");
        return;
    }
    fputs(known ? texts[code].before : "", out);
    print_address(4, quoted + 16, out);
    if (code == 2)
        fprintf(out, " protocol %u", quoted[9]);
    else if (code == 3)
        print_quoted_port(cursor, out);
    fputs(" unreachable", out);
    if (known)
        fputs(texts[code].behind, out);
    else
        fprintf(out, " - #%u", code);
    if (code == 4 && read_u16(header + 6))
        fprintf(out, " (mtu %u)", read_u16(header + 6));
}

static void print_redirect(uint8_t code, const uint8_t *header, const struct cursor *cursor,
                           FILE *out)
{
    static const char *const what[] = {"net", "host", "net", "host"};
    const uint8_t *quoted = cursor_peek(cursor, IPV4_HEADER);
    if (!quoted || code > 3) {
        fprintf(out, "redirect-#%u", code);
        return;
    }
    fputs("redirect ", out);
    print_address(4, quoted + 16, out);
    fprintf(out, " to %s ", what[code]);
    print_address(4, header + 4, out);
}

void print_icmp4(struct ip_payload *payload, FILE *out)
{
    const uint8_t *header = cursor_take(&payload->cursor, ICMP_HEADER);
    fputs("ICMP ", out);
    if (!header) {
        PRINT_CUT(out, "icmp");
        return;
    }
    switch (header[0]) {
    case 0:
    case 8:
        fprintf(out, "echo %s, id %u, seq %u", header[0] ? "request" : "reply",
                read_u16(header + 4), read_u16(header + 6));
        break;
    case 3:
        print_unreachable(header[1], header, &payload->cursor, out);
        break;
    case 4:
        fputs("source quench", out);
        break;
    case 5:
        print_redirect(header[1], header, &payload->cursor, out);
        break;
    case 9:
        fputs("router advertisement", out);
        break;
    case 10:
        fputs("router solicitation", out);
        break;
    case 11:
        if (header[1] > 1)
            fprintf(out, "time exceeded-#%u", header[1]);
        else
            fputs(header[1] ? "ip reassembly time exceeded" : "time exceeded in-transit", out);
        break;
    case 12:
        fprintf(out, "parameter problem - octet %u", header[4]);
        break;
    default:
        fprintf(out, "type-#%u", header[0]);
    }
    fprintf(out, ", length %u", payload->length);
}

/* ---- of IPv6 ---- */

/* " for fd00::2": where the packet went that an error quotes. */
static void print_quoted6(const struct cursor *cursor, FILE *out)
{
    const uint8_t *header = cursor_peek(cursor, IPV6_HEADER);
    if (!header)
        return;
    fputs(" for ", out);
    print_address(6, header + 24, out);
}

static void print_unreachable6(uint8_t code, const struct cursor *cursor, FILE *out)
{
    static const char *const what[] = {
        "unreachable route",           "unreachable prohibited", "beyond scope",
        "unreachable address",         "unreachable port",       "source address failed policy",
        "reject route to destination",
    };
    struct cursor quoted = *cursor;
    const uint8_t *header = cursor_take(&quoted, IPV6_HEADER);
    fputs("destination unreachable, ", out);
    if (code < sizeof what / sizeof *what)
        fputs(what[code], out);
    else
        fprintf(out, "unknown unreach code (%u)", code);
    if (!header || code > 4)
        return;
    fputs(code == 4 ? ", " : " ", out);
    print_address(6, header + 24, out);
    const uint8_t *ports = cursor_peek(&quoted, 4);
    if (code == 4 && ports && (header[6] == PROTOCOL_TCP || header[6] == PROTOCOL_UDP))
        fprintf(out, " %s port %u", header[6] == PROTOCOL_TCP ? "tcp" : "udp", read_u16(ports + 2));
}

/* A message with the address that it is about. */
static void print_neighbour(const char *text, const struct cursor *cursor, FILE *out)
{
    const uint8_t *about = cursor_peek(cursor, IPV6_ADDRESS);
    fputs(text, out);
    if (about)
        print_address(6, about, out);
    else
        PRINT_CUT(out, "icmp6");
}

static const char *plain_name6(uint8_t type)
{
    switch (type) {
    case 131:
        return "multicast listener report";
    case 132:
        return "multicast listener done";
    case 133:
        return "router solicitation";
    case 134:
        return "router advertisement";
    default:
        return NULL;
    }
}

void print_icmp6(struct ip_payload *payload, FILE *out)
{
    const uint8_t *header = cursor_take(&payload->cursor, ICMP_HEADER);
    const struct cursor *rest = &payload->cursor;
    fputs("ICMP6, ", out);
    if (!header) {
        PRINT_CUT(out, "icmp6");
        return;
    }
    switch (header[0]) {
    case 1:
        print_unreachable6(header[1], rest, out);
        break;
    case 2:
        fprintf(out, "packet too big, mtu %u", read_u32(header + 4));
        break;
    case 3:
        fprintf(out, "time exceeded %s", header[1] ? "(reassembly)" : "in-transit");
        print_quoted6(rest, out);
        break;
    case 4:
        fputs("parameter problem", out);
        break;
    case 128:
    case 129:
        fprintf(out, "echo %s, id %u, seq %u", header[0] == 128 ? "request" : "reply",
                read_u16(header + 4), read_u16(header + 6));
        break;
    case 130:
        fputs("multicast listener query", out);
        if (payload->length >= MLD2_QUERY) {
            print_neighbour(" v2 [gaddr ", rest, out);
            putc(']', out);
        }
        break;
    case 135:
        print_neighbour("neighbor solicitation, who has ", rest, out);
        break;
    case 136:
        print_neighbour("neighbor advertisement, tgt is ", rest, out);
        break;
    case 143:
        fprintf(out, "multicast listener report v2, %u group record(s)", read_u16(header + 6));
        break;
    default:
        if (plain_name6(header[0]))
            fputs(plain_name6(header[0]), out);
        else
            fprintf(out, "type-#%u", header[0]);
    }
    fprintf(out, ", length %u", payload->length);
}
