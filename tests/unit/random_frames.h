/* Frames that nobody sends on purpose, for the tests: the same in every run. */
#ifndef MIRRORSH_TESTS_RANDOM_FRAMES_H
#define MIRRORSH_TESTS_RANDOM_FRAMES_H

#include "packets.h"

static uint64_t noise = 1;

static inline uint32_t below(uint32_t limit)
{
    noise = noise * 6364136223846793005 + 1442695040888963407;
    return (uint32_t)((noise >> 32) * limit >> 32);
}

/* The transport header, or what is in the place of one. */
static inline void put_transport(struct packet *packet, unsigned protocol)
{
    if (protocol == 6 || protocol == 17 || protocol == 132) {
        static const uint16_t ports[] = {0, 53, 80, 443, 1024, 65535};
        packet_ports(packet, ports[below(6)], ports[below(6)]);
    }
    packet_put(packet, NULL, 24)[9] = (uint8_t)below(256);
}

static inline unsigned random_protocol(void)
{
    static const uint8_t protocols[] = {6, 6, 6, 17, 17, 132, 1, 58, 47, 59};
    return protocols[below(10)];
}

static inline void put_ipv4(struct packet *packet)
{
    unsigned protocol = random_protocol(), options = below(4) ? 0 : 4 * below(11);
    unsigned length = below(6) ? 20 + options + 28 : below(60);
    uint8_t *header = packet_ipv4(packet, protocol, options, length);
    header[1] = (uint8_t)below(256);
    header[15] = (uint8_t)below(4);
    header[19] = (uint8_t)below(4);
    if (below(4) == 0) { /* of few packets, so that they meet */
        header[5] = (uint8_t)below(2);
        header[6] = (uint8_t)(below(2) << 5 | (below(4) ? 0 : below(32)));
        header[7] = (uint8_t)(below(2) ? below(3) : 0);
        header[15] = header[19] = 1;
    }
    if (below(60) == 0)
        header[0] = (uint8_t)below(256);
    put_transport(packet, protocol);
}

static inline void put_extensions(struct packet *packet, unsigned *kinds, unsigned count,
                                  unsigned last)
{
    for (unsigned i = 0; i < count; i++) {
        unsigned next = i + 1 < count ? kinds[i + 1] : last, units = below(3);
        if (kinds[i] == 44)
            packet_fragment(packet, next, below(2) ? 0 : 8 * below(3), below(2), below(3));
        else if (kinds[i] == 51)
            memcpy(packet_put(packet, NULL, 8 + 4 * units),
                   (uint8_t[]){(uint8_t)next, (uint8_t)units}, 2);
        else
            packet_extension(packet, next, units);
    }
}

static inline void put_ipv6(struct packet *packet)
{
    static const uint8_t headers[] = {0, 43, 44, 44, 51, 60};
    unsigned protocol = random_protocol(), kinds[18];
    unsigned count = below(2) ? 0 : below(40) ? 1 + below(3) : 18;
    for (unsigned i = 0; i < count; i++)
        kinds[i] = headers[below(6)];
    uint32_t start = packet->length + 2;
    packet_ipv6(packet, count ? kinds[0] : protocol, 0);
    put_extensions(packet, kinds, count, protocol);
    put_transport(packet, protocol);
    uint8_t *header = packet->bytes + start;
    uint32_t length = packet->length - start - 40;
    header[0] = (uint8_t)(below(60) ? 0x60 | below(16) : below(256));
    header[1] = (uint8_t)below(256);
    if (below(6) == 0)
        length = below(length + 8);
    header[4] = (uint8_t)(length >> 8);
    header[5] = (uint8_t)length;
    header[23] = (uint8_t)below(4);
    header[39] = (uint8_t)below(4);
}

/* Of every kind, some of them cut off, some of them wrong. */
static inline void make_frame(struct packet *packet)
{
    static const uint16_t ethertypes[] = {0x8100, 0x88a8, 0x9100};
    packet_start(packet);
    packet->bytes[5] = (uint8_t)below(4);
    for (unsigned tags = below(2) ? 0 : below(4); tags > 0; tags--)
        packet_tag(packet, ethertypes[below(3)], below(2) ? below(8) : below(65536));
    switch (below(12)) {
    case 0:
        packet_u16(packet, below(2) ? 0x0806 : 0x88cc);
        packet_put(packet, NULL, 46);
        break;
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
        put_ipv6(packet);
        break;
    default:
        put_ipv4(packet);
        break;
    }
    if (below(10) == 0)
        packet->length = below(packet->length + 1);
}

#endif
