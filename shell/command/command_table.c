/* Lists the families: see command_table.h. */
#include "command_table.h"
#include <string.h>

static const struct command *const families[] = {
    configure_commands, edit_commands,     load_commands,    commit_commands,
    show_commands,      monitor_commands,  traffic_commands, clear_commands,
    request_commands,   terminal_commands, test_commands,    help_commands,
};

const struct command *command_at(size_t index)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        for (const struct command *command = families[i]; command->path; command++) {
            if (index-- == 0)
                return command;
        }
    }
    return NULL;
}

unsigned command_modes(const struct command *command)
{
    unsigned modes = command->modes;

    if ((modes & MODE_OPERATIONAL) && !command->moves)
        modes |= MODE_RUN;
    if ((modes & MODE_CONFIGURATION) && command->arguments[0].kind == ARGUMENT_PATH)
        modes |= MODE_LEVEL;
    return modes;
}

const struct command *command_called(const char *path, enum command_mode mode)
{
    const struct command *command;

    for (size_t i = 0; (command = command_at(i)); i++)
        if ((command_modes(command) & mode) && strcmp(command->path, path) == 0)
            return command;
    return NULL;
}

const char *command_group_help(const char *path, size_t length)
{
    static const struct {
        const char *path, *help;
    } groups[] = {
        {"show", "What is configured, and how it fares"},
        {"show system", "What is of the box as a whole"},
        {"monitor", "What happens, as it happens"},
        {"monitor traffic", "What sessions send, packet by packet"},
        {"capture", "What sessions send, into a file"},
        {"load", "Take a configuration from a file or the terminal"},
        {"request", "What is asked of the box"},
        {"request rescue", "The configuration to start with when all else fails"},
        {"clear", "Set counters to zero"},
        {"terminal", "The size of this terminal"},
        {"test", "What would happen, without doing it"},
    };

    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (strlen(groups[i].path) == length && memcmp(groups[i].path, path, length) == 0)
            return groups[i].help;
    return "";
}
