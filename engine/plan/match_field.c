/* The table made of its rows, and what every row of a kind has in common: how its value is
 * read and printed. */
#include "match_field.h"
#include "../packet/decode.h"
#include "../packet/protocol.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const struct match_name families[] = {{"ipv4", 4}, {"ipv6", 6}, {NULL, 0}};

/* IANA's protocol numbers that people filter by; any other goes by its number. */
static const struct match_name protocols[] = {
    {"icmp", 1},       {"igmp", 2},      {"ipip", 4},  {"tcp", 6},   {"udp", 17},   {"ipv6", 41},
    {"rsvp", 46},      {"gre", 47},      {"esp", 50},  {"ah", 51},   {"icmp6", 58}, {"icmpv6", 58},
    {"ipv6-icmp", 58}, {"eigrp", 88},    {"ospf", 89}, {"pim", 103}, {"vrrp", 112}, {"l2tp", 115},
    {"sctp", 132},     {"udplite", 136}, {NULL, 0},
};

/* The six of RFC 793. */
static const struct match_name tcp_flags[] = {
    {"syn", TCP_SYN}, {"ack", TCP_ACK}, {"fin", TCP_FIN}, {"rst", TCP_RST},
    {"psh", TCP_PSH}, {"urg", TCP_URG}, {NULL, 0},
};

/* RFC 2474 (class selectors), 2597 (assured), 3246 (expedited forwarding), 5865 (voice admit),
 * 8622 (lower effort). */
static const struct match_name code_points[] = {
    {"cs0", 0},   {"cs1", 8},   {"cs2", 16},  {"cs3", 24},  {"cs4", 32},
    {"cs5", 40},  {"cs6", 48},  {"cs7", 56},  {"af11", 10}, {"af12", 12},
    {"af13", 14}, {"af21", 18}, {"af22", 20}, {"af23", 22}, {"af31", 26},
    {"af32", 28}, {"af33", 30}, {"af41", 34}, {"af42", 36}, {"af43", 38},
    {"ef", 46},   {"va", 44},   {"le", 1},    {"be", 0},    {NULL, 0},
};

/* A kind's slots have one width: the row does not compile with a member of another. */
enum {
    WIDTH_MATCH_NAMED = 1,
    WIDTH_MATCH_RANGE = 2,
    WIDTH_MATCH_PREFIX = 16,
    WIDTH_MATCH_FLAGS = 1,
    WIDTH_MATCH_NEIGHBOUR = 6
};

#define WIDTH_IS(member, width)                                                                    \
    sizeof(struct {                                                                                \
        _Static_assert(sizeof(((struct flow_key *)NULL)->member) == (width),                       \
                       "the slot is not as wide as the kind's");                                   \
        int unused;                                                                                \
    })
#define SLOT(of, member)                                                                           \
    .kind = (of), .key_offset = offsetof(struct flow_key, member) + 0 * WIDTH_IS(member, WIDTH_##of)

#define MATCH_FIELD(id, kind, slot, ...) [FIELD_##id] = {SLOT(kind, slot), __VA_ARGS__},
const struct match_field match_fields[MATCH_FIELD_COUNT] = {
#include "match_fields.def"
};
#undef MATCH_FIELD

const struct match_field *match_field_find(const char *name)
{
    for (size_t i = 0; i < MATCH_FIELD_COUNT; i++) {
        if (strcmp(match_fields[i].name, name) == 0)
            return &match_fields[i];
    }
    return NULL;
}

enum number_result { NUMBER_TAKEN, NUMBER_MISSING, NUMBER_TOO_BIG };

/* The decimal number that *text begins with; *text is left behind it. */
static enum number_result take_number(const char **text, uint32_t maximum, uint32_t *number)
{
    const char *at = *text;
    if (*at < '0' || *at > '9')
        return NUMBER_MISSING;
    bool too_big = false;
    for (*number = 0; *at >= '0' && *at <= '9'; at++) {
        *number = *number * 10 + (uint32_t)(*at - '0');
        too_big |= *number > maximum;
        if (too_big)
            *number = 0; /* no overflow, however many digits follow */
    }
    *text = at;
    return too_big ? NUMBER_TOO_BIG : NUMBER_TAKEN;
}

static bool too_big(const char *text, uint32_t maximum, char *why, size_t why_size)
{
    int digits = (int)strspn(text, "0123456789");
    if (digits > 20)
        snprintf(why, why_size, "the number is above %u", maximum);
    else
        snprintf(why, why_size, "%.*s is above %u", digits, text, maximum);
    return false;
}

/* "expected ipv4 or ipv6", "expected icmp, tcp, ... or a number 0-255", "expected syn, ack ... or
 * urg, or more like syn,!ack" */
static bool expected_name(const struct match_field *field, char *why, size_t why_size)
{
    size_t length = 0;
    for (const struct match_name *name = field->names; name->name && length < why_size; name++) {
        if (name > field->names && name[-1].value == name->value)
            continue; /* another name of the same */
        const char *join = field->maximum || name[1].name ? ", " : " or ";
        if (name == field->names)
            join = "expected ";
        length += (size_t)snprintf(why + length, why_size - length, "%s%s", join, name->name);
    }
    if (field->maximum && length < why_size)
        snprintf(why + length, why_size - length, " or a number 0-%u", field->maximum);
    if (field->kind == MATCH_FLAGS && length < why_size)
        snprintf(why + length, why_size - length, ", or more like syn,!ack");
    return false;
}

static bool parse_named(const struct match_field *field, const char *text,
                        struct match_value *value, char *why, size_t why_size)
{
    for (const struct match_name *name = field->names; name->name; name++) {
        if (strcmp(name->name, text) == 0) {
            value->low = value->high = name->value;
            return true;
        }
    }
    const char *at = text;
    uint32_t number = 0;
    enum number_result result =
        field->maximum ? take_number(&at, field->maximum, &number) : NUMBER_MISSING;
    if (result == NUMBER_MISSING || *at)
        return expected_name(field, why, why_size);
    if (result == NUMBER_TOO_BIG)
        return too_big(text, field->maximum, why, why_size);
    value->low = value->high = number;
    return true;
}

static bool parse_range(const struct match_field *field, const char *text,
                        struct match_value *value, char *why, size_t why_size)
{
    const char *at = text, *second = text;
    enum number_result low = take_number(&at, field->maximum, &value->low), high = low;
    value->high = value->low;
    if (low != NUMBER_MISSING && *at == '-') {
        second = ++at;
        high = take_number(&at, field->maximum, &value->high);
    }
    if (low == NUMBER_MISSING || high == NUMBER_MISSING || *at) {
        snprintf(why, why_size, "expected a number 0-%u or a range like %u-%u", field->maximum,
                 field->maximum / 4, field->maximum / 2);
        return false;
    }
    if (low == NUMBER_TOO_BIG || high == NUMBER_TOO_BIG)
        return too_big(low == NUMBER_TOO_BIG ? text : second, field->maximum, why, why_size);
    if (value->low > value->high) {
        snprintf(why, why_size, "the range ends before it begins: %u is above %u", value->low,
                 value->high);
        return false;
    }
    return true;
}

static void mask_host_bits(uint8_t address[16], uint8_t bits)
{
    for (unsigned i = 0; i < 16; i++) {
        unsigned left = bits > i * 8 ? bits - i * 8u : 0;
        if (left < 8)
            address[i] &= (uint8_t)(0xff00 >> left);
    }
}

/* The address text[0..length). */
static bool parse_address(const char *text, size_t length, struct match_value *value)
{
    char address[INET6_ADDRSTRLEN];
    if (length >= sizeof address)
        return false;
    memcpy(address, text, length);
    address[length] = 0;
    value->family = strchr(address, ':') ? 6 : 4;
    return inet_pton(value->family == 4 ? AF_INET : AF_INET6, address, value->address) == 1;
}

static bool parse_prefix(const char *text, struct match_value *value, char *why, size_t why_size)
{
    size_t length = strcspn(text, "/");
    bool good = parse_address(text, length, value);
    uint32_t maximum = value->family == 4 ? 32 : 128, bits = maximum;
    enum number_result result = NUMBER_TAKEN;
    if (good && text[length] == '/') {
        const char *at = text + length + 1;
        result = take_number(&at, maximum, &bits);
        good = result != NUMBER_MISSING && *at == 0;
    }
    if (!good) {
        snprintf(why, why_size, "expected a prefix like 10.0.0.0/24 or 2001:db8::/32");
        return false;
    }
    if (result == NUMBER_TOO_BIG) {
        snprintf(why, why_size, "the length of an IPv%u prefix is at most %u", value->family,
                 maximum);
        return false;
    }
    value->bits = (uint8_t)bits;
    mask_host_bits(value->address, value->bits);
    return true;
}

static bool parse_neighbour(const char *text, struct match_value *value, char *why, size_t why_size)
{
    if (parse_address(text, strlen(text), value))
        return true;
    snprintf(why, why_size, "expected an address like 10.0.0.1 or 2001:db8::1");
    return false;
}

/* The bit that text[0..length) names; 0: none. */
static uint8_t flag_called(const struct match_field *field, const char *text, size_t length)
{
    for (const struct match_name *name = field->names; name->name; name++) {
        if (strlen(name->name) == length && strncmp(name->name, text, length) == 0)
            return name->value;
    }
    return 0;
}

static bool parse_flags(const struct match_field *field, const char *text,
                        struct match_value *value, char *why, size_t why_size)
{
    for (const char *at = text;; at++) {
        bool clear = *at == '!';
        at += clear;
        size_t length = strcspn(at, ",");
        uint8_t bit = flag_called(field, at, length);
        if (!bit)
            return expected_name(field, why, why_size);
        *(clear ? &value->clear : &value->set) |= bit;
        if (value->set & value->clear & bit) {
            snprintf(why, why_size, "%.*s cannot be set and not set", (int)length, at);
            return false;
        }
        at += length;
        if (!*at)
            return true;
    }
}

bool match_value_parse(const struct match_field *field, const char *text, struct match_value *value,
                       char *why, size_t why_size)
{
    *value = (struct match_value){0};
    switch (field->kind) {
    case MATCH_NAMED:
        return parse_named(field, text, value, why, why_size);
    case MATCH_RANGE:
        return parse_range(field, text, value, why, why_size);
    case MATCH_PREFIX:
        return parse_prefix(text, value, why, why_size);
    case MATCH_FLAGS:
        return parse_flags(field, text, value, why, why_size);
    case MATCH_NEIGHBOUR:
        return parse_neighbour(text, value, why, why_size);
    }
    return false;
}

static bool narrow_prefix(struct match_value *value, const struct match_value *by)
{
    const struct match_value *shorter = by->bits < value->bits ? by : value;
    const struct match_value *longer = shorter == by ? value : by;
    uint8_t address[16];
    memcpy(address, longer->address, sizeof address);
    mask_host_bits(address, shorter->bits);
    if (value->family != by->family || memcmp(address, shorter->address, sizeof address) != 0)
        return false;
    *value = *longer;
    return true;
}

bool match_value_narrow(const struct match_field *field, struct match_value *value,
                        const struct match_value *by)
{
    switch (field->kind) {
    case MATCH_NAMED:
    case MATCH_RANGE:
        value->low = by->low > value->low ? by->low : value->low;
        value->high = by->high < value->high ? by->high : value->high;
        return value->low <= value->high;
    case MATCH_PREFIX:
        return narrow_prefix(value, by);
    case MATCH_FLAGS:
        value->set |= by->set;
        value->clear |= by->clear;
        return !(value->set & value->clear);
    case MATCH_NEIGHBOUR:
        return memcmp(value->link, by->link, sizeof value->link) == 0;
    }
    return false;
}

bool match_narrow(struct match *match, const struct match *by)
{
    for (unsigned i = 0; i < MATCH_FIELD_COUNT; i++) {
        if (!(by->given & 1u << i))
            continue;
        if (!(match->given & 1u << i))
            match->value[i] = by->value[i];
        else if (!match_value_narrow(&match_fields[i], &match->value[i], &by->value[i]))
            return false;
    }
    match->given |= by->given;
    return true;
}

static const char *name_of(const struct match_field *field, uint32_t value)
{
    for (const struct match_name *name = field->names; name->name; name++) {
        if (name->value == value)
            return name->name;
    }
    return NULL;
}

static void print_flags(const struct match_field *field, const struct match_value *value,
                        char text[static MATCH_TEXT_MAX])
{
    size_t length = 0;
    text[0] = '\0';
    for (const struct match_name *name = field->names; name->name; name++) {
        if ((value->set | value->clear) & name->value)
            length += (size_t)snprintf(text + length, MATCH_TEXT_MAX - length, "%s%s%s",
                                       length ? "," : "", value->clear & name->value ? "!" : "",
                                       name->name);
    }
}

static void print_address(const struct match_value *value, char text[static INET6_ADDRSTRLEN])
{
    text[0] = '\0';
    inet_ntop(value->family == 4 ? AF_INET : AF_INET6, value->address, text, INET6_ADDRSTRLEN);
}

static void print_number(const struct match_field *field, const struct match_value *value,
                         char text[static MATCH_TEXT_MAX])
{
    const char *name = field->kind == MATCH_NAMED ? name_of(field, value->low) : NULL;
    if (name)
        snprintf(text, MATCH_TEXT_MAX, "%s", name);
    else if (value->low == value->high)
        snprintf(text, MATCH_TEXT_MAX, "%u", value->low);
    else
        snprintf(text, MATCH_TEXT_MAX, "%u-%u", value->low, value->high);
}

void match_value_print(const struct match_field *field, const struct match_value *value,
                       char text[static MATCH_TEXT_MAX])
{
    char address[INET6_ADDRSTRLEN];
    switch (field->kind) {
    case MATCH_NAMED:
    case MATCH_RANGE:
        print_number(field, value, text);
        return;
    case MATCH_PREFIX:
        print_address(value, address);
        snprintf(text, MATCH_TEXT_MAX, "%s/%u", address, value->bits);
        return;
    case MATCH_FLAGS:
        print_flags(field, value, text);
        return;
    case MATCH_NEIGHBOUR:
        print_address(value, text);
        return;
    }
}
