/* The packet path's pure half against arbitrary bytes. Built by libFuzzer
 * (clang -fsanitize=fuzzer -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION) it is a fuzz target;
 * otherwise it mutates real captures and a few packets of its own in the same way every time, and
 * ends within seconds. */
#include "../../engine/packet/checksum.h"
#include "../../engine/packet/fragments.h"
#include "../../engine/packet/segment.h"
#include "../unit/captures.h"
#include "../unit/parts.h"
#include <time.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned split, tunnels; /* super-frames */

static void hold(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}

static void check_key(const struct frame *frame, const struct flow_key *key)
{
    struct flow_key back = *key;
    memcpy(back.source, key->destination, 16);
    memcpy(back.destination, key->source, 16);
    back.source_port = key->destination_port;
    back.destination_port = key->source_port;
    hold(flow_hash(key, frame) == flow_hash(&back, frame), "symmetric hash");

    bool later = key->parts & KEY_FRAGMENT_LATER, ports = key->parts & KEY_PORTS;
    hold(!(later && ports), "a later fragment has no ports");
    hold(!ports || key->protocol == 6 || key->protocol == 17 || key->protocol == 132,
         "ports of TCP, UDP and SCTP only");
    hold(ports || (key->source_port | key->destination_port) == 0, "no ports are zero");
    hold(!(key->parts & KEY_ADDRESSES) || key->family == 4 || key->family == 6,
         "addresses have a family");
    hold(!(key->parts & KEY_TRANSPORT) || key->transport_offset < frame->captured,
         "the transport header lies in the frame");
    hold(!ports || key->transport_offset + 4u <= frame->captured, "so do the ports");
    hold(key->vlan <= 4095, "a VLAN ID has twelve bits");
}

/* A packet of a super-frame says its own length and adds up, as far out as the key tells. */
static void check_packet(const struct flow_key *key, const uint8_t *out, uint32_t length)
{
    const uint8_t *ip = out + key->network_offset;
    uint32_t said = (uint32_t)ip[key->family == 4 ? 2 : 4] << 8 | ip[key->family == 4 ? 3 : 5];
    said += key->network_offset + (key->family == 4 ? 0u : 40u);
    hold(said == length || length > 65535, "a packet says its length");
    if (key->family == 4)
        hold(checksum_finish(checksum_add(0, ip, (size_t)(ip[0] & 15) * 4)) == 0, "its IPv4 sum");
}

/* All of few segments, the ends of many; each in full and cut. */
static void check_segments(const struct frame *frame, const struct flow_key *key)
{
    struct segments segments;
    segments_open(&segments, frame, key);
    hold(segments.count >= 1, "at least one packet");
    hold(segments.header || segments.count == 1, "a plain frame is one packet");
    split += segments.header != 0;
    tunnels += segments.header != 0 && segments.layers.count > 2;
    for (uint32_t i = 0; i < segments.count; i++) {
        if (i == 8 && segments.count > 16)
            i = segments.count - 4;
        uint32_t length = segment_length(&segments, i);
        hold(length <= frame->length, "a packet is no longer than its super-frame");
        uint32_t most = segment_captured(&segments, i);
        hold(most <= length, "no more of it was captured");
        for (uint32_t kept = most;; kept /= 3) {
            uint8_t *out = malloc(kept ? kept : 1);
            segment_write(&segments, i, out, kept);
            hold(parts_make_up(&segments, i, kept, out), "its parts are what it is");
            if (segments.header && kept == length)
                check_packet(key, out, length);
            free(out);
            if (kept == 0)
                break;
        }
    }
}

/* The first eight bytes are what the kernel would say of the frame, the rest is the frame. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fragments *fragments;
    if (!fragments)
        fragments = fragments_new();
    if (!fragments || size < 8 || size > 300000)
        return 0;
    uint32_t captured = (uint32_t)size - 8;
    uint8_t *bytes = malloc(captured ? captured : 1);
    if (captured)
        memcpy(bytes, data + 8, captured);
    struct frame frame = {
        .bytes = bytes,
        .captured = captured,
        .length = captured + (data[0] & 16 ? data[7] * (data[0] & 32 ? 256u : 1u) : 0u),
        .super_frame = (enum super_frame)(data[0] & 3),
        .segment_size = (uint16_t)(data[1] << 8 | data[2]),
        .checksum_unfinished = (data[0] & 4) != 0,
        .checksum_start = (uint16_t)(data[3] << 8 | data[4]),
        .checksum_offset = (uint16_t)(data[5] << 8 | data[6]),
    };
    struct flow_key key;
    decode(&frame, &key);
    if (data[0] & 8) /* else hardly any would be split */
        frame.checksum_start = key.transport_offset;
    check_key(&frame, &key);
    check_segments(&frame, &key);
    fragments_follow(fragments, &key, data[7]);
    free(bytes);
    return 0;
}

#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION

enum { SECONDS = 2, ROUNDS = 5000, INPUT_MAX = 4096 };

static uint32_t noise = 1;
static unsigned inputs;
static clock_t deadline;

static uint32_t below(uint32_t limit)
{
    noise = noise * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)noise * limit >> 32);
}

/* Bytes that headers turn on: lengths, next headers, flags, versions. */
static uint8_t telling_byte(void)
{
    static const uint8_t telling[] = {0,  1,  4,  6,   17,  43,  44,   51,   59,   60,
                                      64, 69, 96, 127, 128, 132, 0x81, 0x86, 0xdd, 255};
    return below(3) ? telling[below(sizeof telling)] : (uint8_t)below(256);
}

/* transport: offset of the innermost transport header, where known; else 0 */
static void mutate(const uint8_t *frame, uint32_t length, uint32_t transport, unsigned rounds)
{
    uint8_t input[8 + INPUT_MAX];
    if (length > INPUT_MAX)
        length = INPUT_MAX;
    for (unsigned round = 0; round < rounds && clock() < deadline; round++) {
        uint32_t used = below(3) ? length : below(length + 1);
        for (int i = 0; i < 8; i++)
            input[i] = (uint8_t)below(256);
        input[1] &= below(2) ? 0xff : 0;
        if (transport && below(2)) {
            input[0] = (uint8_t)((input[0] & ~8) | 4);
            input[3] = 0;
            input[4] = (uint8_t)transport;
        }
        memcpy(input + 8, frame, used);
        uint32_t reach = used < 100 ? used : 100; /* headers stand in front */
        for (uint32_t changes = below(6); reach && changes; changes--)
            input[8 + below(reach)] = telling_byte();
        LLVMFuzzerTestOneInput(input, 8 + used);
        inputs++;
    }
}

static void mutate_capture(void *context, const char *path, const struct capture *capture)
{
    (void)context;
    (void)path;
    for (size_t i = 0; i < capture->count && i < 60; i++)
        mutate(capture->records[i].bytes, capture->records[i].captured, 0, 250);
}

#define SEED(transport, bytes)                                                                     \
    {                                                                                              \
        bytes, sizeof bytes - 1, transport                                                         \
    }

static const struct {
    const char *bytes;
    uint32_t length, transport;
} seeds[] = {
    /* VLAN, IPv4, TCP */
    SEED(38, "\2\0\0\0\0\2\2\0\0\0\0\1\x81\0\0\5\x08\0\x45\0\0\x40\0\1\0\0\x40\6\0\0"
             "\x0a\0\0\1\x0a\0\0\2\x9c\x40\0\x50\0\0\0\1\0\0\0\2\x50\x18\1\0\0\0\0\0"
             "twenty-four bytes of it."),
    /* IPv6, hop-by-hop, destination options, fragment, UDP */
    SEED(78, "\2\0\0\0\0\2\2\0\0\0\0\1\x86\xdd\x60\0\0\0\0\x30\0\x40"
             "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2"
             "\x3c\0\1\4\0\0\0\0\x2c\0\1\4\0\0\0\0\x11\0\0\1\0\0\0\7"
             "\0\x35\0\x36\0\x18\0\0and sixteen here"),
    /* IPv4, UDP, VXLAN, Ethernet, IPv4, TCP */
    SEED(84, "\2\0\0\0\0\2\2\0\0\0\0\1\x08\0\x45\0\0\x72\0\1\0\0\x40\x11\0\0"
             "\x0a\0\0\1\x0a\0\0\2\xc0\0\x12\xb5\0\x5e\1\1\x08\0\0\0\0\0\5\0"
             "\2\0\0\0\0\2\2\0\0\0\0\1\x08\0\x45\0\0\x40\0\1\0\0\x40\6\0\0"
             "\x0a\0\0\1\x0a\0\0\2\x9c\x40\0\x50\0\0\0\1\0\0\0\2\x50\x18\1\0\0\0\0\0"
             "twenty-four bytes of it."),
    /* IPv6, GRE with a checksum, a key and a sequence number, IPv6, UDP */
    SEED(110, "\2\0\0\0\0\2\2\0\0\0\0\1\x86\xdd\x60\0\0\0\0\x50\x2f\x40"
              "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2"
              "\xb0\0\x86\xdd\1\2\0\0\0\0\0\7\0\0\0\x09\x60\0\0\0\0\x18\x11\x40"
              "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\3\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\4"
              "\0\x35\0\x36\0\x18\0\0and sixteen here"),
    /* ARP */
    SEED(0, "\xff\xff\xff\xff\xff\xff\2\0\0\0\0\1\x08\6\0\1\x08\0\6\4\0\1"
            "\2\0\0\0\0\1\x0a\0\0\1\0\0\0\0\0\0\x0a\0\0\2"),
};

int main(void)
{
    deadline = clock() + SECONDS * CLOCKS_PER_SEC;
    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++)
        mutate((const uint8_t *)seeds[i].bytes, seeds[i].length, seeds[i].transport, ROUNDS);
    captures_visit(mutate_capture, NULL);
    fprintf(stderr, "# %u split, %u of them inside tunnels\n", split, tunnels);
    hold(split > 100 && tunnels > 20, "super-frames were among them");
    printf("ok fuzz_decode %u inputs\n", inputs);
    return 0;
}

#endif
