/* The family of show commands: its table, and how all of them begin and end. */
#include "show.h"
#include "../journal/journal.h"
#include "command_table.h"

bool engine_runs(const struct context *context)
{
    return context->running->engine ||
           problem_at(context->problem, NULL, "no engine runs offline (mirrorsh -n)");
}

struct engine_status *take_status(const struct context *context)
{
    struct engine_status *status = NULL;

    if (!engine_runs(context))
        return NULL;
    status = engine_status(context->running->engine);
    if (!status)
        problem_at(context->problem, NULL, "out of memory");
    return status;
}

void show_list(struct context *context, const char *key, const struct listing *list)
{
    const struct column answer = {.key = key, .type = COLUMN_LIST, .list = *list};
    const struct paper paper = {context->out, context_width(context)};

    columns_print(&answer, 1, context->request.pipe.display, &paper);
}

#define NAMED(what, list_name)                                                                     \
    {                                                                                              \
        .name = "NAME", .help = "Only this " what, .kind = ARGUMENT_NAME, .list = list_name        \
    }

const struct command show_commands[] = {
    {.path = "show sessions",
     .help = "Sessions, their state and counters",
     .modes = MODE_OPERATIONAL,
     .displays = DISPLAY_JSON | DISPLAY_PROMETHEUS,
     .arguments = {NAMED("session", "session"),
                   {.name = "detail",
                    .help = "Every value, and where it comes from",
                    .kind = ARGUMENT_KEYWORD}},
     .run = show_sessions},
    {.path = "show filters",
     .help = "Filters, their rules and hits",
     .modes = MODE_OPERATIONAL,
     .displays = DISPLAY_JSON | DISPLAY_PROMETHEUS,
     .arguments = {NAMED("filter", "filter")},
     .run = show_filters},
    {.path = "show targets",
     .help = "Targets and their receivers' state and counters",
     .modes = MODE_OPERATIONAL,
     .displays = DISPLAY_JSON | DISPLAY_PROMETHEUS,
     .arguments = {NAMED("target", "target")},
     .run = show_targets},
    {.path = "show interfaces",
     .help = "Interfaces and what was captured on them",
     .modes = MODE_OPERATIONAL,
     .displays = DISPLAY_JSON | DISPLAY_PROMETHEUS,
     .arguments = {NAMED("interface", "interface")},
     .run = show_interfaces},
    {.path = "show engine",
     .help = "The engine's workers and how they send",
     .modes = MODE_OPERATIONAL,
     .displays = DISPLAY_JSON | DISPLAY_PROMETHEUS,
     .run = show_engine},
    {.path = "show version",
     .help = "The version of mirrorsh",
     .modes = MODE_OPERATIONAL,
     .displays = DISPLAY_JSON,
     .run = show_version},
    {.path = "show log",
     .help = "What the box has said: commits, logins, what went down",
     .modes = MODE_OPERATIONAL,
     .displays = DISPLAY_JSON,
     .arguments = {{.name = "last",
                    .help = "Only so many lines, the newest",
                    .kind = ARGUMENT_NUMBER,
                    .minimum = 1,
                    .maximum = JOURNAL_ENTRIES_MAX}},
     .run = show_log},
    {.path = "show system commit",
     .help = "What was committed, when, by whom and why",
     .modes = MODE_OPERATIONAL,
     .displays = DISPLAY_JSON,
     .run = show_commits},
    {.path = "show system consoles",
     .help = "Who is at the consoles of this box",
     .modes = MODE_OPERATIONAL,
     .displays = DISPLAY_JSON,
     .run = show_consoles},
    {.path = "show rollback",
     .help = "A configuration that was committed before",
     .modes = MODE_OPERATIONAL,
     .displays = DISPLAY_SET | DISPLAY_JSON,
     .arguments = {{.name = "N",
                    .help = "How many commits back; 0: the running one",
                    .kind = ARGUMENT_INTEGER,
                    .list = "commit",
                    .minimum = 0,
                    .maximum = ARCHIVE_MAX,
                    .required = true},
                   {.name = "compare",
                    .help = "The changes that going back to it would make",
                    .kind = ARGUMENT_KEYWORD}},
     .run = show_rollback},
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
