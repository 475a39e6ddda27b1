/* Later fragments carry no transport header. This bounded table remembers that of first
 * fragments, so that a later one is matched, hashed and sent as its first was. It
 * keeps headers, not verdicts, so a commit between two fragments does no harm. One
 * table a worker; no allocation after fragments_new. */
#ifndef MIRRORSH_FRAGMENTS_H
#define MIRRORSH_FRAGMENTS_H

#include "decode.h"

struct fragments;

/* NULL when memory runs out; freed with fragments_free. */
struct fragments *fragments_new(void);
void fragments_free(struct fragments *fragments);

/* A first fragment is remembered; a later one whose first is known (and not older than
 * 30 s, RFC 1122 3.3.2 and RFC 8200 4.5 allow 60) gets its protocol, ports and TCP flags.
 * now: seconds of any steady clock. */
void fragments_follow(struct fragments *fragments, struct flow_key *key, uint32_t now);

#endif
