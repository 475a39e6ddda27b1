/* What the bench's generators send, so that what arrives can be judged (arrivals.c). */
#ifndef MIRRORSH_BENCH_PAYLOAD_H
#define MIRRORSH_BENCH_PAYLOAD_H

/* generator.c: of a frame, behind the UDP header, the packet's number and when it was sent
 * (CLOCK_REALTIME, nanoseconds), in the machine's byte order; all else by its place. */
enum { NUMBER_OFFSET = 42, STAMP_OFFSET = 50, PATTERN_OFFSET = 58 };

/* flows.c: a byte of the stream by its place: no two runs of 251 bytes beside each other. */
enum { STREAM_PERIOD = 251 };

static inline unsigned char payload_byte(unsigned long place)
{
    return (unsigned char)(place % STREAM_PERIOD);
}

#endif
