/* The family of show commands, and what its files share: see show.h. */
#include "show.h"
#include "command_table.h"
#include <arpa/inet.h>
#include <stdlib.h>

bool engine_runs(const struct context *context)
{
    return context->running->engine ||
           problem_at(context->problem, NULL, "no engine runs offline (mirrorsh -n)");
}

struct engine_snapshot *take_snapshot(const struct context *context)
{
    struct engine_snapshot *snapshot = NULL;

    if (!engine_runs(context))
        return NULL;
    snapshot = engine_snapshot(context->running->engine);
    if (!snapshot)
        problem_at(context->problem, NULL, "out of memory");
    return snapshot;
}

const char *session_state_text(enum session_state state)
{
    switch (state) {
    case SESSION_UP:
        return "up";
    case SESSION_DOWN:
        return "down";
    case SESSION_DISABLED:
        return "disabled";
    }
    return "";
}

const char *receiver_state_text(enum receiver_state state)
{
    switch (state) {
    case RECEIVER_UP:
        return "up";
    case RECEIVER_DOWN:
        return "down";
    }
    return "";
}

void receiver_address(const struct mirror_receiver *receiver, char text[static ADDRESS_TEXT_MAX])
{
    if (!inet_ntop(receiver->family == 4 ? AF_INET : AF_INET6, receiver->address, text,
                   ADDRESS_TEXT_MAX))
        text[0] = '\0';
}

void receiver_endpoint(const struct mirror_receiver *receiver, char text[static ADDRESS_TEXT_MAX])
{
    char address[ADDRESS_TEXT_MAX];

    receiver_address(receiver, address);
    snprintf(text, ADDRESS_TEXT_MAX, receiver->family == 4 ? "%.46s:%u" : "[%.46s]:%u", address,
             receiver->port);
}

char *match_text(const struct match *match)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    const char *blank = "";

    if (!out)
        return NULL;
    for (size_t i = 0; i < MATCH_FIELD_COUNT; i++) {
        char value[MATCH_TEXT_MAX];

        if (!(match->given & (1u << i)))
            continue;
        match_value_print(&match_fields[i], &match->value[i], value);
        fprintf(out, "%s%s %s", blank, match_fields[i].name, value);
        blank = " ";
    }
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

const char *direction_text(enum direction direction)
{
    return direction == INGRESS ? "ingress" : "egress";
}

uint64_t session_dropped(const struct session_status *session)
{
    return session->dropped_no_receiver + session->dropped_send_error + session->dropped_backlog;
}

#define NAMED(what, list_name)                                                                     \
    {                                                                                              \
        .name = "NAME", .help = "Only this " what, .kind = ARGUMENT_NAME, .list = list_name        \
    }

const struct command show_commands[] = {
    {.path = "show sessions",
     .help = "Sessions, their state and counters",
     .modes = MODE_OPERATIONAL,
     .displays = DISPLAY_JSON,
     .arguments = {NAMED("session", "session"),
                   {.name = "detail",
                    .help = "Every value, and where it comes from",
                    .kind = ARGUMENT_KEYWORD}},
     .run = show_sessions},
    {.path = "show filters",
     .help = "Filters, their rules and hits",
     .modes = MODE_OPERATIONAL,
     .displays = DISPLAY_JSON,
     .arguments = {NAMED("filter", "filter")},
     .run = show_filters},
    {.path = "show targets",
     .help = "Targets and their receivers' state and counters",
     .modes = MODE_OPERATIONAL,
     .displays = DISPLAY_JSON,
     .arguments = {NAMED("target", "target")},
     .run = show_targets},
    {.path = "show interfaces",
     .help = "Interfaces and what was captured on them",
     .modes = MODE_OPERATIONAL,
     .displays = DISPLAY_JSON,
     .arguments = {NAMED("interface", "interface")},
     .run = show_interfaces},
    {.path = "show engine",
     .help = "The engine's workers and how they send",
     .modes = MODE_OPERATIONAL,
     .displays = DISPLAY_JSON,
     .run = show_engine},
    {.path = "show version",
     .help = "The version of mirrorsh",
     .modes = MODE_OPERATIONAL,
     .displays = DISPLAY_JSON,
     .run = show_version},
    {.path = "show configuration",
     .help = "The running configuration",
     .modes = MODE_OPERATIONAL,
     .displays = DISPLAY_SET | DISPLAY_JSON | DISPLAY_COMPARE,
     .arguments =
         {{.name = "PATH", .help = "Only this part", .kind = ARGUMENT_PATH, .purpose = PATH_SHOW}},
     .run = show_configuration},
    {.path = "show",
     .help = "The candidate configuration from this level on",
     .modes = MODE_CONFIGURATION,
     .configures = true,
     .displays = DISPLAY_SET | DISPLAY_JSON | DISPLAY_COMPARE,
     .arguments =
         {{.name = "PATH", .help = "Only this part", .kind = ARGUMENT_PATH, .purpose = PATH_SHOW}},
     .run = show_candidate},
    {0},
};
