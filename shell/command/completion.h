/* What may be typed next in a line, for TAB and `?`. */
#ifndef MIRRORSH_COMMAND_COMPLETION_H
#define MIRRORSH_COMMAND_COMPLETION_H

#include "context.h"

/* The candidates for the word that ends at byte `cursor` of the line, as the text of a
 * CHOICES message behind its offset; *offset is where that word begins. */
void completion_print(struct context *context, const char *line, size_t cursor, uint32_t *offset,
                      FILE *out);

#endif
