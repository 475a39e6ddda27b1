/* Registers every path of the command table with libcli and asks it how far a line leads: see
 * dispatch.h. Each word of a path is a node with a callback, which notes the node; running its
 * command is execute.c's. libcli 1.10 mishandles quotes, backslashes, pipes, `?`, capitals and long
 * lines, so it is shown only the first words, each either harmless or replaced. */
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
    int privilege;      /* the console's */
    struct reach reach; /* by the callback */
    int behind;         /* how many of the words shown stand behind it */
};

static int note_reach(struct cli_def *cli, const char *path, char **words, int count)
{
    struct dispatch *dispatch = cli_get_context(cli);

    (void)words;
    dispatch->reach.node = cli->pipeline->current_stage->command;
    dispatch->reach.path = path;
    dispatch->behind = count;
    return CLI_OK;
}

/* libcli says what it makes of a line here; the words for users are those of explain.c. */
static void say_nothing(struct cli_def *cli, const char *text)
{
    (void)cli;
    (void)text;
}

/* The words below a node, NULL: the first ones; those of all modes. */
static struct cli_command *below(const struct dispatch *dispatch, const struct cli_command *node)
{
    return node ? node->children : dispatch->cli->commands;
}

/* Registers the words of a path in a mode one below the other, as far as they are not there. */
static bool register_path(struct dispatch *dispatch, const struct command *command,
                          enum command_mode mode)
{
    struct cli_command *parent = NULL;
    size_t length = 0;

    do {
        const char *start = command->path + length;
        struct cli_command *node = below(dispatch, parent);
        char word[WORD_SHOWN];

        snprintf(word, sizeof word, "%.*s", (int)strcspn(start, " "), start);
        length += strlen(word);
        bool last = command->path[length] == '\0';
        while (node && (node->mode != (int)mode || strcmp(node->command, word) != 0))
            node = node->next;
        if (!node)
            node = cli_register_command(
                dispatch->cli, parent, word, note_reach,
                last && command->configures ? PRIVILEGE_PRIVILEGED : PRIVILEGE_UNPRIVILEGED,
                (int)mode, last ? command->help : command_group_help(command->path, length));
        if (!node)
            return false;
        parent = node;
    } while (command->path[length++] != '\0');
    return true;
}

static bool register_all(struct dispatch *dispatch)
{
    const struct command *command;
    bool registered = true;

    for (size_t i = 0; registered && (command = command_at(i)); i++)
        for (unsigned mode = MODE_OPERATIONAL; registered && mode <= MODE_LEVEL; mode <<= 1)
            if (command_modes(command) & mode)
                registered = register_path(dispatch, command, mode);
    return registered;
}

struct dispatch *dispatch_new(bool may_configure)
{
    struct dispatch *dispatch = calloc(1, sizeof *dispatch);

    if (!dispatch)
        return NULL;
    dispatch->privilege = may_configure ? PRIVILEGE_PRIVILEGED : PRIVILEGE_UNPRIVILEGED;
    dispatch->cli = cli_init();
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
    size_t length = strspn(word->text, "abcdefghijklmnopqrstuvwxyz-");

    return !word->quoted && length > 0 && length < WORD_SHOWN && word->text[length] == '\0';
}

/* Privilege and mode say which nodes are there, and libcli what abbreviates them. */
static struct reach find(struct dispatch *dispatch, int privilege, enum command_mode mode,
                         const struct word *words, size_t count)
{
    char line[WORDS_SHOWN * (WORD_SHOWN + 1)] = "";
    size_t shown = count < WORDS_SHOWN ? count : WORDS_SHOWN, length = 0;

    for (size_t i = 0; i < shown; i++)
        length += (size_t)snprintf(line + length, sizeof line - length, "%s%s", i ? " " : "",
                                   harmless(&words[i]) ? words[i].text : "_");
    cli_set_privilege(dispatch->cli, privilege);
    cli_set_configmode(dispatch->cli, (int)mode, NULL);
    dispatch->reach = (struct reach){.path = "", .mode = mode};
    dispatch->behind = (int)shown;
    cli_run_command(dispatch->cli, line);
    dispatch->reach.words = shown - (size_t)dispatch->behind;
    dispatch->reach.command = command_called(dispatch->reach.path, mode);
    return dispatch->reach;
}

struct reach dispatch_find(struct dispatch *dispatch, enum command_mode mode,
                           const struct word *words, size_t count)
{
    return find(dispatch, dispatch->privilege, mode, words, count);
}

struct reach dispatch_look_up(struct dispatch *dispatch, enum command_mode mode,
                              const struct word *words, size_t count)
{
    return find(dispatch, PRIVILEGE_PRIVILEGED, mode, words, count);
}

void dispatch_next(const struct dispatch *dispatch, const struct reach *reach, const char *partial,
                   choice_fn *choice, void *context)
{
    const struct cli_command *node = below(dispatch, reach->node);

    for (; node; node = node->next)
        if (node->mode == (int)reach->mode && strncmp(node->command, partial, strlen(partial)) == 0)
            choice(context, &(struct choice){.word = node->command, .help = node->help});
}
