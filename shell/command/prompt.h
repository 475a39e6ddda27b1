/* What stands in front of the cursor: one line of ASCII that leaves room to type, "box[session
 * web]# ". A character that is not ASCII is a `?`. A host name longer than two fifths of the room,
 * and a word longer than a third of it, ends with "..."; of a path that is too long the first words
 * become "...": "box[... ingress rule 10]# ". The room is three quarters of the terminal, 60
 * characters at the most. */
#ifndef MIRRORSH_PROMPT_H
#define MIRRORSH_PROMPT_H

#include "../protocol.h"
#include "command.h"

/* `system host-name` of what runs, else the machine's short name. */
void host_name(const struct node *running, char name[static PROMPT_MAX]);

/* columns: of the terminal. */
void prompt_text(const char *host, const struct path *path, enum command_mode mode,
                 unsigned columns, char text[static PROMPT_MAX]);

#endif
