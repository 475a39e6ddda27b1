/* Registers every path of the command table with libcli and asks it which command a line is:
 * see dispatch.h. libcli 1.10 mishandles quotes, backslashes, pipes, `?` and long lines,
 * so it is shown only the first words, each either harmless or replaced. Its callback notes the
 * command; running it is command/execute.c's. */
#include "dispatch.h"
#include "command_table.h"
#include <libcli.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORDS_SHOWN = 8, /* more than any path has */
    WORD_SHOWN = 32  /* a longer word is no keyword */
};

struct dispatch {
    struct cli_def *cli;
    enum command_mode mode; /* as libcli has it now */
    const struct command *found;
    int behind; /* how many of the words shown stand behind its path */
};

/* libcli knows two modes: what may stand behind another command is told from those it finds. */
static enum command_mode whole_mode(enum command_mode mode)
{
    return mode & (MODE_CONFIGURATION | MODE_LEVEL) ? MODE_CONFIGURATION : MODE_OPERATIONAL;
}

static int found_command(struct cli_def *cli, const char *path, char **words, int count)
{
    struct dispatch *dispatch = cli_get_context(cli);

    (void)words;
    dispatch->found = command_called(path, dispatch->mode);
    dispatch->behind = count;
    return CLI_OK;
}

/* libcli says what it makes of a line here; the words for users come from command_walk. */
static void say_nothing(struct cli_def *cli, const char *text)
{
    (void)cli;
    (void)text;
}

/* What was registered for a path or the beginning of one in a mode. */
struct registered {
    char path[96];
    int mode;
    struct cli_command *command;
};

struct registry {
    struct registered *at;
    size_t count;
};

static struct cli_command *registry_find(const struct registry *registry, const char *path,
                                         int mode)
{
    for (size_t i = 0; i < registry->count; i++)
        if (registry->at[i].mode == mode && strcmp(registry->at[i].path, path) == 0)
            return registry->at[i].command;
    return NULL;
}

static struct cli_command *registry_add(struct registry *registry, const char *path, int mode,
                                        struct cli_command *command)
{
    struct registered *more;

    if (!command)
        return NULL;
    more = realloc(registry->at, (registry->count + 1) * sizeof *more);
    if (!more)
        return NULL;
    registry->at = more;
    struct registered *added = &more[registry->count++];
    snprintf(added->path, sizeof added->path, "%s", path);
    added->mode = mode;
    added->command = command;
    return command;
}

/* Registers the words of a path one below the other; only the last has the callback. */
static bool register_path(struct dispatch *dispatch, struct registry *registry,
                          const struct command *command, int mode)
{
    struct cli_command *parent = NULL;
    size_t length = 0;
    char path[96];

    if (strlen(command->path) >= sizeof path)
        return false;
    do {
        size_t start = length;
        char word[sizeof path];

        length += strcspn(command->path + length, " ");
        bool last = command->path[length] == '\0';
        snprintf(path, sizeof path, "%.*s", (int)length, command->path);
        snprintf(word, sizeof word, "%s", path + start);
        struct cli_command *own = last ? NULL : registry_find(registry, path, mode);
        if (!own)
            own = registry_add(
                registry, path, mode,
                cli_register_command(dispatch->cli, parent, word, last ? found_command : NULL,
                                     last && command->configures ? PRIVILEGE_PRIVILEGED
                                                                 : PRIVILEGE_UNPRIVILEGED,
                                     mode, command->help));
        if (!own)
            return false;
        parent = own;
    } while (command->path[length++] != '\0');
    return true;
}

static bool register_all(struct dispatch *dispatch)
{
    struct registry registry = {0};
    const struct command *command;
    bool registered = true;

    for (size_t i = 0; registered && (command = command_at(i)); i++) {
        if (command->modes & MODE_OPERATIONAL)
            registered = register_path(dispatch, &registry, command, MODE_EXEC);
        if (registered && (command->modes & MODE_CONFIGURATION))
            registered = register_path(dispatch, &registry, command, MODE_CONFIG);
    }
    free(registry.at);
    return registered;
}

struct dispatch *dispatch_new(bool may_configure)
{
    struct dispatch *dispatch = calloc(1, sizeof *dispatch);

    if (!dispatch)
        return NULL;
    dispatch->cli = cli_init();
    dispatch->mode = MODE_OPERATIONAL;
    if (!dispatch->cli) {
        free(dispatch);
        return NULL;
    }
    cli_unregister_all(dispatch->cli, NULL); /* its own: help, quit, enable, ... */
    cli_set_context(dispatch->cli, dispatch);
    cli_print_callback(dispatch->cli, say_nothing);
    if (!register_all(dispatch)) {
        dispatch_free(dispatch);
        return NULL;
    }
    /* abbreviations are worked out only when mode or privilege change */
    cli_set_configmode(dispatch->cli, MODE_CONFIG, NULL);
    cli_set_configmode(dispatch->cli, MODE_EXEC, NULL);
    cli_set_privilege(dispatch->cli, may_configure ? PRIVILEGE_PRIVILEGED : PRIVILEGE_UNPRIVILEGED);
    return dispatch;
}

void dispatch_free(struct dispatch *dispatch)
{
    if (!dispatch)
        return;
    cli_done(dispatch->cli);
    free(dispatch);
}

static bool harmless(const struct word *word)
{
    size_t length = strspn(word->text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                       "0123456789_.-");

    return !word->quoted && length > 0 && length < WORD_SHOWN && word->text[length] == '\0';
}

const struct command *dispatch_find(struct dispatch *dispatch, enum command_mode mode,
                                    const struct word *words, size_t count, size_t *used)
{
    char line[WORDS_SHOWN * (WORD_SHOWN + 1)] = "";
    size_t shown = count < WORDS_SHOWN ? count : WORDS_SHOWN, length = 0;

    for (size_t i = 0; i < shown; i++)
        length += (size_t)snprintf(line + length, sizeof line - length, "%s%s", i ? " " : "",
                                   harmless(&words[i]) ? words[i].text : "_");
    if (whole_mode(mode) != dispatch->mode) {
        dispatch->mode = whole_mode(mode);
        cli_set_configmode(dispatch->cli,
                           dispatch->mode == MODE_CONFIGURATION ? MODE_CONFIG : MODE_EXEC, NULL);
    }
    dispatch->found = NULL;
    cli_run_command(dispatch->cli, line);
    if (dispatch->found)
        *used = shown - (size_t)dispatch->behind;
    return dispatch->found;
}
