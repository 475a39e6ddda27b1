/* A frame made of the words of a rule, for questions about packets that are not there. Pure. */
#ifndef MIRRORSH_TEST_FRAME_H
#define MIRRORSH_TEST_FRAME_H

#include "packet/frame.h"
#include "plan/match_field.h"

/* `packet`: its fields with a single value each, of one family; what is not given has no header,
 * and within a header is zero. link: the frame's destination. length: without frame check sequence;
 * it is never less than the headers. The bytes are malloced; NULL when memory runs out. */
uint8_t *test_frame_make(const struct match *packet, const uint8_t link[static 6], uint32_t length,
                         struct frame *frame);

#endif
