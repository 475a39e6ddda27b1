/* Blocks and their options, each of a multiple of four bytes: see pcapng.h. */
#include "pcapng.h"
#include <string.h>
#include <sys/utsname.h>

enum {
    SECTION = 0x0a0d0d0a,
    INTERFACE = 1,
    STATISTICS = 5,
    PACKET = 6,

    LINK_ETHERNET = 1,
    SNAPSHOT = 262144, /* bytes of a packet at most; more than any has */

    OPTION_END = 0,
    OPTION_COMMENT = 1,
    SECTION_HARDWARE = 2,
    SECTION_SYSTEM = 3,
    SECTION_PROGRAM = 4,
    INTERFACE_NAME = 2,
    INTERFACE_RESOLUTION = 9, /* of its times: */
    NANOSECONDS = 9,          /* 10 to the power of -9 */
    PACKET_FLAGS = 2,         /* of which these are the lowest bits: */
    FLAGS_INBOUND = 1,
    FLAGS_OUTBOUND = 2,
    STATISTICS_START = 2,
    STATISTICS_END = 3,
    STATISTICS_DROPPED = 5,
    STATISTICS_WRITTEN = 8,
};

static size_t padded(size_t length)
{
    return (length + 3) & ~(size_t)3;
}

static void put_u32(FILE *out, uint32_t value)
{
    fwrite(&value, sizeof value, 1, out);
}

static void put_u16(FILE *out, uint16_t value)
{
    fwrite(&value, sizeof value, 1, out);
}

static void put_padded(FILE *out, const void *bytes, size_t length)
{
    fwrite(bytes, 1, length, out);
    fwrite("\0\0", 1, padded(length) - length, out);
}

/* An option of a block. */
struct option {
    uint16_t code;
    uint16_t length;
    const void *value;
};

static struct option text_option(uint16_t code, const char *text)
{
    size_t length = strlen(text);

    return (struct option){code, (uint16_t)(length < UINT16_MAX ? length : UINT16_MAX), text};
}

/* A block of a fixed part, the bytes of a packet or none, and options. */
static void put_block(FILE *out, uint32_t type, const void *fixed, size_t fixed_length,
                      const void *bytes, size_t length, const struct option *options, size_t count)
{
    size_t whole = 12 + fixed_length + padded(length) + 4;

    for (size_t i = 0; i < count; i++)
        whole += 4 + padded(options[i].length);
    put_u32(out, type);
    put_u32(out, (uint32_t)whole);
    fwrite(fixed, 1, fixed_length, out);
    put_padded(out, bytes, length);
    for (size_t i = 0; i < count; i++) {
        put_u16(out, options[i].code);
        put_u16(out, options[i].length);
        put_padded(out, options[i].value, options[i].length);
    }
    put_u32(out, OPTION_END);
    put_u32(out, (uint32_t)whole);
}

void pcapng_section(FILE *out)
{
    static const struct {
        uint32_t order;
        uint16_t major, minor;
        int64_t length; /* -1: not known */
    } section = {0x1a2b3c4d, 1, 0, -1};
    struct utsname machine;
    char system[2 * sizeof machine.release];

    if (uname(&machine) < 0)
        memset(&machine, 0, sizeof machine);
    snprintf(system, sizeof system, "%s %s", machine.sysname, machine.release);
    const struct option options[] = {
        text_option(SECTION_HARDWARE, machine.machine),
        text_option(SECTION_SYSTEM, system),
        text_option(SECTION_PROGRAM, "mirrorsh " MIRRORSH_VERSION),
    };
    put_block(out, SECTION, &section, sizeof section, "", 0, options, 3);
}

void pcapng_interface(FILE *out, const char *name)
{
    static const struct {
        uint16_t link, reserved;
        uint32_t snapshot;
    } interface = {LINK_ETHERNET, 0, SNAPSHOT};
    const uint8_t resolution = NANOSECONDS;
    const struct option options[] = {
        text_option(INTERFACE_NAME, name),
        {INTERFACE_RESOLUTION, sizeof resolution, &resolution},
    };

    put_block(out, INTERFACE, &interface, sizeof interface, "", 0, options, 2);
}

void pcapng_packet(FILE *out, uint32_t interface, const struct packet_shown *packet,
                   const uint8_t *bytes, const char *comment)
{
    const uint32_t fixed[] = {interface, (uint32_t)(packet->time_ns >> 32),
                              (uint32_t)packet->time_ns, packet->kept, packet->length};
    const uint32_t flags = packet->egress ? FLAGS_OUTBOUND : FLAGS_INBOUND;
    const struct option options[] = {
        {PACKET_FLAGS, sizeof flags, &flags},
        text_option(OPTION_COMMENT, comment),
    };

    put_block(out, PACKET, fixed, sizeof fixed, bytes, packet->kept, options, 2);
}

void pcapng_statistics(FILE *out, uint32_t interface, const struct pcapng_statistics *statistics)
{
    const uint64_t end = statistics->end_ns, start = statistics->start_ns;
    const uint32_t fixed[] = {interface, (uint32_t)(end >> 32), (uint32_t)end};
    const uint32_t from[] = {(uint32_t)(start >> 32), (uint32_t)start};
    const struct option options[] = {
        {STATISTICS_START, sizeof from, from},
        {STATISTICS_END, sizeof from, fixed + 1},
        {STATISTICS_DROPPED, sizeof statistics->dropped, &statistics->dropped},
        {STATISTICS_WRITTEN, sizeof statistics->written, &statistics->written},
        text_option(OPTION_COMMENT, statistics->comment ? statistics->comment : ""),
    };

    put_block(out, STATISTICS, fixed, sizeof fixed, "", 0, options, statistics->comment ? 5 : 4);
}

size_t pcapng_whole(const char *blocks, size_t length, uint64_t *packets)
{
    size_t whole = 0;
    uint32_t head[2]; /* type and length */

    *packets = 0;
    while (length - whole >= sizeof head) {
        memcpy(head, blocks + whole, sizeof head);
        if (head[1] > length - whole)
            break;
        whole += head[1];
        *packets += head[0] == PACKET;
    }
    return whole;
}
