/* One's complement addition does not care in which order the bytes of a word stand
 * (RFC 1071 section 2 (B)), so words are added as the machine loads them and only the
 * result is put in network order. */
#include "checksum.h"
#include <string.h>

/* What is summed was written by another processor a moment ago: this far ahead it is asked for. */
enum { AHEAD = 1024, STEP = 64 };

/* Each 64-bit lane adds 32-bit halves, so its carries are kept, not lost. Vectors wider than the
 * machine's the compiler takes apart. */
typedef uint64_t lanes __attribute__((vector_size(STEP / 2)));
typedef uint64_t loaded __attribute__((vector_size(STEP / 2), aligned(1), may_alias));

/* Headers, and what is left behind whole steps. */
static inline uint64_t add_few(uint64_t sum, const uint8_t *bytes, size_t length)
{
    for (; length >= 8; bytes += 8, length -= 8) {
        uint64_t words;
        memcpy(&words, bytes, sizeof words);
        sum += (words & UINT32_MAX) + (words >> 32);
    }
    if (length >= 4) {
        uint32_t word;
        memcpy(&word, bytes, sizeof word);
        sum += word;
        bytes += 4;
        length -= 4;
    }
    if (length > 0) {
        uint32_t word = 0;
        memcpy(&word, bytes, length);
        sum += word;
    }
    return sum;
}

static inline __attribute__((always_inline)) uint64_t add(uint64_t sum, const uint8_t *bytes,
                                                          size_t length)
{
    lanes low[2] = {{0}}, high[2] = {{0}};
    for (; length >= STEP; bytes += STEP, length -= STEP) {
        const loaded *words = (const loaded *)(const void *)bytes;
        __builtin_prefetch((const void *)((uintptr_t)bytes + AHEAD));
        low[0] += words[0] & UINT32_MAX;
        high[0] += words[0] >> 32;
        low[1] += words[1] & UINT32_MAX;
        high[1] += words[1] >> 32;
    }
    lanes all = low[0] + high[0] + low[1] + high[1];
    sum += all[0] + all[1] + all[2] + all[3];
    return add_few(sum, bytes, length);
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static uint64_t add_avx2(uint64_t sum, const uint8_t *bytes,
                                                         size_t length)
{
    return add(sum, bytes, length);
}
#endif

uint64_t checksum_add_anywhere(uint64_t sum, const uint8_t *bytes, size_t length)
{
    return add(sum, bytes, length);
}

uint64_t checksum_add(uint64_t sum, const uint8_t *bytes, size_t length)
{
    if (length < STEP)
        return add_few(sum, bytes, length);
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2"))
        return add_avx2(sum, bytes, length);
#endif
    return add(sum, bytes, length);
}

uint16_t checksum_finish(uint64_t sum)
{
    sum = (sum & UINT32_MAX) + (sum >> 32);
    sum = (sum & UINT32_MAX) + (sum >> 32);
    sum = (sum & UINT16_MAX) + (sum >> 16);
    sum = (sum & UINT16_MAX) + (sum >> 16);
    uint16_t checksum = (uint16_t)~sum;
    uint8_t bytes[2];
    memcpy(bytes, &checksum, sizeof bytes);
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* Four bits at a time: SCTP whose sum was left to the hardware is rare. */
uint32_t checksum_crc32c(uint32_t crc, const uint8_t *bytes, size_t length)
{
    static const uint32_t nibble[16] = {
        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
        0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
        0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
    };
    crc = ~crc;
    for (; length > 0; bytes++, length--) {
        crc ^= *bytes;
        crc = crc >> 4 ^ nibble[crc & 15];
        crc = crc >> 4 ^ nibble[crc & 15];
    }
    return ~crc;
}
