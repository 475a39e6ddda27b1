/* The words behind `test packet`, for the command and its completion. */
#ifndef MIRRORSH_TEST_PACKET_H
#define MIRRORSH_TEST_PACKET_H

#include "../../engine/engine.h"
#include "command.h"

/* A word that begins a pair, of the command's own or of a match field. */
struct packet_word {
    const char *name, *help;
    const struct match_field *field; /* NULL: one of the command's own */
};

/* All of them, in the order in which they are offered; NULL behind the last. */
const struct packet_word *packet_word_at(size_t index);
/* The one that a word abbreviates; NULL with *problem (which may be NULL). */
const struct packet_word *packet_word_called(const struct word *word, struct problem *problem);

#define PACKET_INTERFACE "interface"
#define PACKET_DIRECTION "direction"
#define PACKET_LENGTH    "length"

enum { PACKET_LENGTH_MIN = 14, PACKET_LENGTH_MAX = 65535 };

#endif
