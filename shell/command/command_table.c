/* Lists the families and walks their paths: see command_table.h. Dispatch is libcli's
 * (dispatch.c); this walk exists for what libcli cannot tell: which word was wrong, what
 * could have stood there, and what completes a line. */
#include "command_table.h"
#include <string.h>

static const struct command *const families[] = {
    configure_commands, edit_commands,  commit_commands, show_commands,
    monitor_commands,   clear_commands, help_commands,
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

/* One word of a path. */
struct keyword {
    const char *text;
    size_t length;
};

/* The depth-th word of a command's path, empty when it is shorter. */
static struct keyword keyword_at(const struct command *command, size_t depth)
{
    const char *text = command->path;

    for (; depth > 0 && *text; depth--) {
        text += strcspn(text, " ");
        text += *text == ' ';
    }
    return (struct keyword){text, strcspn(text, " ")};
}

/* Whether two paths agree in their first `depth` words. */
static bool same_prefix(const struct command *a, const struct command *b, size_t depth)
{
    for (size_t i = 0; i < depth; i++) {
        struct keyword x = keyword_at(a, i), y = keyword_at(b, i);

        if (x.length == 0 || x.length != y.length || memcmp(x.text, y.text, x.length) != 0)
            return false;
    }
    return true;
}

/* Steps through the distinct keywords that may stand behind a walk: *index is where to go on.
 * NULL: no more. The shortest command with that keyword comes first, as the tables have it. */
static const struct command *next_keyword(enum command_mode mode, const struct command_walk *walk,
                                          size_t *index)
{
    const struct command *command;

    while ((command = command_at((*index)++))) {
        bool seen = false;

        if (!(command_modes(command) & mode) || keyword_at(command, walk->depth).length == 0 ||
            (walk->depth > 0 && !same_prefix(command, walk->prefix, walk->depth)))
            continue;
        for (size_t i = 0; i + 1 < *index && !seen; i++) {
            const struct command *earlier = command_at(i);
            seen =
                (command_modes(earlier) & mode) && same_prefix(earlier, command, walk->depth + 1);
        }
        if (!seen)
            return command;
    }
    return NULL;
}

/* "a, b, c": those that begin with `prefix`. */
static void list_keywords(enum command_mode mode, const struct command_walk *walk,
                          const char *prefix, char *text, size_t size)
{
    const struct command *command;
    size_t index = 0, used = 0;

    text[0] = '\0';
    while (used < size && (command = next_keyword(mode, walk, &index))) {
        struct keyword keyword = keyword_at(command, walk->depth);

        if (strncmp(keyword.text, prefix, strlen(prefix)) == 0)
            used += (size_t)snprintf(text + used, size - used, "%s%.*s", used ? ", " : "",
                                     (int)keyword.length, keyword.text);
    }
}

/* How many keywords behind the walk a word stands for; *found is the last, or the exact one. */
static size_t match_keyword(enum command_mode mode, const struct command_walk *walk,
                            const struct word *word, const struct command **found)
{
    const struct command *command;
    size_t index = 0, matches = 0, length = strlen(word->text);

    if (word->quoted || length == 0)
        return 0;
    while ((command = next_keyword(mode, walk, &index))) {
        struct keyword keyword = keyword_at(command, walk->depth);

        if (length > keyword.length || memcmp(keyword.text, word->text, length) != 0)
            continue;
        *found = command;
        if (length == keyword.length)
            return 1;
        matches++;
    }
    return matches;
}

static const struct command *walk_command(enum command_mode mode, const struct command_walk *walk)
{
    const struct command *command;

    for (size_t i = 0; walk->depth > 0 && (command = command_at(i)); i++)
        if ((command_modes(command) & mode) && same_prefix(command, walk->prefix, walk->depth) &&
            keyword_at(command, walk->depth).length == 0)
            return command;
    return NULL;
}

static bool explain(enum command_mode mode, const struct command_walk *walk, const struct word *at,
                    const char *word, size_t matches, struct problem *problem)
{
    char list[300];

    list_keywords(mode, walk, matches > 1 ? word : "", list, sizeof list);
    if (matches > 1)
        return problem_at(problem, at, "\"%s\" is ambiguous: %s", word, list);
    if (!word)
        return problem_at(problem, at, "a word is missing, expected one of: %s", list);
    if (!*list)
        return problem_at(problem, at, "unexpected word \"%s\", expected the end of the line",
                          word);
    return problem_at(problem, at, "unknown %s \"%s\", expected one of: %s",
                      walk->depth == 0 ? "command" : "word", word, list);
}

bool command_walk(enum command_mode mode, const struct word *words, size_t count,
                  struct command_walk *walk, struct problem *problem)
{
    *walk = (struct command_walk){0};
    while (walk->depth < count) {
        const struct command *found = NULL;
        size_t matches = match_keyword(mode, walk, &words[walk->depth], &found);

        if (matches != 1) {
            if (matches == 0 && walk->command && walk->command->arguments[0].name)
                return true;
            return explain(mode, walk, &words[walk->depth], words[walk->depth].text, matches,
                           problem);
        }
        walk->prefix = found;
        walk->depth++;
        walk->command = walk_command(mode, walk);
    }
    return walk->command || explain(mode, walk, &words[count], NULL, 0, problem);
}

/* Help for the words that are no command yet. */
static const char *help_of(const struct command *command, size_t depth)
{
    static const struct {
        const char *path, *help;
    } beginnings[] = {
        {"show", "What is configured, and how it fares"},
        {"monitor", "What happens, as it happens"},
        {"clear", "Set counters to zero"},
    };

    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        struct command beginning = {.path = beginnings[i].path};

        if (same_prefix(command, &beginning, depth) && keyword_at(&beginning, depth).length == 0)
            return beginnings[i].help;
    }
    return "";
}

void command_next_words(enum command_mode mode, const struct command_walk *walk,
                        const char *partial, choice_fn *choice, void *context)
{
    const struct command *command;
    size_t index = 0;

    while ((command = next_keyword(mode, walk, &index))) {
        struct keyword keyword = keyword_at(command, walk->depth);
        struct command_walk behind = {.prefix = command, .depth = walk->depth + 1};
        const struct command *whole = walk_command(mode, &behind);
        char text[64];

        if (strncmp(keyword.text, partial, strlen(partial)) != 0)
            continue;
        snprintf(text, sizeof text, "%.*s", (int)keyword.length, keyword.text);
        choice(context,
               &(struct choice){.word = text,
                                .help = whole ? whole->help : help_of(command, walk->depth + 1)});
    }
}
