/* DNS (RFC 1035) over UDP: the question, and of the answers how many and the addresses and names:
 * see print_internal.h. */
#include "print_internal.h"

#include <string.h>

enum {
    DNS_HEADER = 12,
    NAME_STEPS = 128, /* labels and pointers: a name that has more goes round */
    TYPE_A = 1,
    TYPE_NS = 2,
    TYPE_CNAME = 5,
    TYPE_PTR = 12,
    TYPE_AAAA = 28,
};

static const struct {
    uint16_t type;
    const char *name;
} types[] = {
    {TYPE_A, "A"}, {TYPE_NS, "NS"}, {TYPE_CNAME, "CNAME"}, {6, "SOA"},    {TYPE_PTR, "PTR"},
    {15, "MX"},    {16, "TXT"},     {TYPE_AAAA, "AAAA"},   {33, "SRV"},   {35, "NAPTR"},
    {43, "DS"},    {46, "RRSIG"},   {48, "DNSKEY"},        {65, "HTTPS"}, {255, "ANY"},
    {257, "CAA"},
};

static void print_type(uint16_t type, FILE *out)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].type == type) {
            fputs(types[i].name, out);
            return;
        }
    }
    fprintf(out, "Type%u", type);
}

static void print_label(const uint8_t *label, size_t length, FILE *out)
{
    for (size_t i = 0; i < length; i++)
        putc(label[i] > ' ' && label[i] < 127 ? label[i] : '?', out);
    putc('.', out);
}

/* Takes a name; out NULL: without printing it. false: it is cut off, or goes round. */
static bool take_name(struct cursor message, struct cursor *cursor, FILE *out)
{
    struct cursor at = *cursor;
    bool jumped = false;
    for (int step = 0; step < NAME_STEPS; step++) {
        const uint8_t *length = cursor_take(&at, 1);
        if (!length)
            return false;
        if (*length >= 0xc0) {
            const uint8_t *low = cursor_take(&at, 1);
            if (!low)
                return false;
            if (!jumped)
                *cursor = at;
            jumped = true;
            at = message;
            if (!cursor_take(&at, (*length & 0x3fu) << 8 | *low))
                return false;
            continue;
        }
        const uint8_t *label = *length ? cursor_take(&at, *length) : NULL;
        if (*length && !label)
            return false;
        if (out && label)
            print_label(label, *length, out);
        if (label)
            continue;
        if (out && step == 0)
            putc('.', out); /* the root */
        if (!jumped)
            *cursor = at;
        return true;
    }
    return false;
}

static bool print_questions(struct cursor message, struct cursor *cursor, unsigned count, FILE *out)
{
    while (count--) {
        struct cursor name = *cursor;
        const uint8_t *type = take_name(message, cursor, NULL) ? cursor_take(cursor, 4) : NULL;
        if (!type)
            return false;
        putc(' ', out);
        print_type(read_u16(type), out);
        fputs("? ", out);
        take_name(message, &name, out);
    }
    return true;
}

/* Behind its name. */
static bool print_answer(struct cursor message, struct cursor *cursor, FILE *out)
{
    const uint8_t *fixed = cursor_take(cursor, 10);
    struct cursor data = *cursor;
    const uint8_t *bytes = fixed ? cursor_take(cursor, read_u16(fixed + 8)) : NULL;
    if (!bytes)
        return false;
    uint16_t type = read_u16(fixed), length = read_u16(fixed + 8);
    putc(' ', out);
    print_type(type, out);
    if ((type == TYPE_A && length == 4) || (type == TYPE_AAAA && length == 16)) {
        putc(' ', out);
        print_address(type == TYPE_A ? 4 : 6, bytes, out);
    } else if (type == TYPE_NS || type == TYPE_CNAME || type == TYPE_PTR) {
        putc(' ', out);
        take_name(message, &data, out);
    }
    return true;
}

static bool print_answers(struct cursor message, struct cursor *cursor, unsigned count, FILE *out)
{
    for (unsigned i = 0; i < count; i++) {
        if (i)
            putc(',', out);
        if (!take_name(message, cursor, NULL) || !print_answer(message, cursor, out))
            return false;
    }
    return true;
}

/* Whether it is what stands there otherwise. */
static bool print_response(const uint8_t *header, struct cursor message, struct cursor *cursor,
                           FILE *out)
{
    static const char *const codes[] = {"",          " FormErr", " ServFail",
                                        " NXDomain", " NotImp",  " Refused"};
    unsigned code = header[3] & 15;
    if (code < sizeof codes / sizeof *codes)
        fputs(codes[code], out);
    else
        fprintf(out, " Resp%u", code);
    fprintf(out, "%s%s%s%s", header[2] & 4 ? "*" : "", header[3] & 0x80 ? "" : "-",
            header[2] & 2 ? "|" : "", header[3] & 0x20 ? "$" : "");
    for (unsigned i = read_u16(header + 4); i > 0; i--)
        if (!take_name(message, cursor, NULL) || !cursor_take(cursor, 4))
            return false;
    fprintf(out, " %u/%u/%u", read_u16(header + 6), read_u16(header + 8), read_u16(header + 10));
    return print_answers(message, cursor, read_u16(header + 6), out);
}

void print_dns(struct cursor cursor, uint32_t length, FILE *out)
{
    const struct cursor message = cursor;
    const uint8_t *header = cursor_take(&cursor, DNS_HEADER);
    bool whole;
    if (!header) {
        PRINT_CUT(out, "domain");
        return;
    }
    fprintf(out, "%u", read_u16(header));
    if (header[2] & 0x80) {
        whole = print_response(header, message, &cursor, out);
    } else {
        fprintf(out, "%s%s", header[2] & 1 ? "+" : "", header[3] & 0x10 ? "%" : "");
        if (read_u16(header + 10))
            fprintf(out, " [%uau]", read_u16(header + 10));
        whole = print_questions(message, &cursor, read_u16(header + 4), out);
    }
    if (whole)
        fprintf(out, " (%u)", length);
    else
        fputs(" [|domain]", out);
}
