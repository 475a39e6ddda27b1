/* The console's mode and level as a prompt: see prompt.h. */
#include "prompt.h"
#include "../config/node.h"
#include "../config/utf8.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ROOM_LEAST = 20, ROOM_MOST = 60, CUT = 3 /* "..." */ };

/* Appends at most `room` characters of a text, ASCII only; what is cut ends with "...". Says how
 * many those are. */
static size_t add(char *to, const char *text, size_t room)
{
    bool cut = utf8_length(text) > room;
    size_t count = 0, most = cut ? room - CUT : room;
    uint32_t code;

    for (; *text != '\0' && count < most; count++) {
        size_t length = utf8_decode(text, &code);

        to[count] = length == 1 && !utf8_is_control(code) ? (char)code : '?';
        text += length == 0 ? 1 : length;
    }
    strcpy(to + count, cut ? "..." : "");
    return count + (cut ? CUT : 0);
}

static size_t word_room(size_t room, const char *word)
{
    size_t length = utf8_length(word);

    return length < room / 3 ? length : room / 3;
}

/* The first word of the path that is shown: those in front of it would not fit. */
static size_t first_word(const struct path *path, size_t room, size_t left)
{
    size_t first = path->count, taken = 0;

    while (first > 0) {
        size_t front = first > 1 ? CUT + 1 : 0; /* should it be the first that is shown */
        size_t more = word_room(room, path->words[first - 1]) + (taken > 0);

        if (taken + more + front > left)
            break;
        taken += more;
        first--;
    }
    return first;
}

void host_name(const struct node *running, char name[static PROMPT_MAX])
{
    const struct node *system = node_child(running, "system");
    const char *configured = system ? node_value(system, "host-name") : NULL;
    char machine[PROMPT_MAX] = "localhost";

    if (!configured) {
        gethostname(machine, sizeof machine - 1);
        machine[strcspn(machine, ".")] = '\0';
    }
    snprintf(name, PROMPT_MAX, "%s", configured ? configured : machine);
}

void prompt_text(const char *host, const struct path *path, enum command_mode mode,
                 unsigned columns, char text[static PROMPT_MAX])
{
    size_t room = columns * 3 / 4, used;

    room = room < ROOM_LEAST ? ROOM_LEAST : room > ROOM_MOST ? ROOM_MOST : room;
    used = add(text, host, room * 2 / 5);
    if (path->count > 0) {
        size_t first = first_word(path, room, room - used - strlen("[]# "));

        text[used++] = '[';
        if (first > 0)
            used += add(text + used, "...", CUT);
        for (size_t i = first; i < path->count; i++) {
            if (i > 0)
                text[used++] = ' ';
            used += add(text + used, path->words[i], word_room(room, path->words[i]));
        }
        text[used++] = ']';
    }
    strcpy(text + used, mode == MODE_CONFIGURATION ? "# " : "> ");
}
