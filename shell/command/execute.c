/* Runs lines: see execute.h. The order is: words, display, command (libcli), arguments, names,
 * run. */
#include "execute.h"
#include "command_table.h"
#include "dispatch.h"
#include <stdlib.h>
#include <string.h>

/* libcli takes keywords in any case; the tables, completion and users do not. */
static bool same_case(const struct command *command, const struct word *words, size_t used)
{
    const char *path = command->path;

    for (size_t i = 0; i < used; i++) {
        if (strncmp(path, words[i].text, strlen(words[i].text)) != 0)
            return false;
        path += strcspn(path, " ");
        path += *path == ' ';
    }
    return true;
}

/* A NAME that has to be in the running configuration is. */
static bool check_names(const struct context *context, const struct arguments *arguments,
                        struct problem *problem)
{
    const struct node *tree = context->running->snapshot->tree;

    for (size_t i = 0; i < ARGUMENTS_MAX && arguments->command->arguments[i].name; i++) {
        const struct argument *argument = &arguments->command->arguments[i];
        const struct word *word = arguments->value[i];

        if (argument->kind != ARGUMENT_NAME || !word ||
            !schema_child(schema_root(), argument->list) ||
            node_instance(tree, argument->list, word->text))
            continue;
        return problem_at(problem, word, "there is no %s \"%s\"", argument->list, word->text);
    }
    return true;
}

static bool check_display(const struct command *command, const struct display_pipe *pipe,
                          struct problem *problem)
{
    if (pipe->display == DISPLAY_TEXT || (command->displays & pipe->display))
        return true;
    if (pipe->display == DISPLAY_COMPARE)
        return problem_at(problem, pipe->word,
                          "compare stands behind `show` of a configuration only");
    return problem_at(problem, pipe->word, "%s cannot be displayed as %s%s", command->path,
                      pipe->display == DISPLAY_SET ? "set" : "json",
                      command->displays & DISPLAY_JSON  ? ", expected one of: json"
                      : command->displays & DISPLAY_SET ? ", expected one of: set"
                                                        : "");
}

/* Whether the first word leads to a command of a mode, and to which. */
static bool is_of(enum command_mode mode, const struct word *words, struct command_walk *walk)
{
    struct problem unused;

    command_walk(mode, words, 1, walk, &unused);
    return walk->depth == 1;
}

/* A word of another mode: how to get there. */
static void explain_mode(enum command_mode mode, const struct word *word, struct problem *problem)
{
    bool configures = mode & (MODE_CONFIGURATION | MODE_LEVEL);
    struct command_walk walk;

    if (mode == MODE_RUN && is_of(MODE_OPERATIONAL, word, &walk))
        problem_at(problem, word, "%s cannot stand behind run", walk.prefix->path);
    else if (mode == MODE_RUN && is_of(MODE_CONFIGURATION, word, &walk))
        problem_at(problem, word, "\"%s\" is a command of this mode, without run", word->text);
    else if (configures && is_of(MODE_RUN, word, &walk))
        problem_at(problem, word, "\"%s\" is a command of the operational mode, expected run %s",
                   word->text, word->text);
    else if (mode == MODE_CONFIGURATION && is_of(MODE_OPERATIONAL, word, &walk))
        problem_at(problem, word, "%s: this is the configuration mode already", walk.prefix->path);
    else if (!configures && is_of(MODE_CONFIGURATION, word, &walk))
        problem_at(problem, word, "\"%s\" is a command of the configuration mode: configure first",
                   word->text);
}

/* Why libcli knows no such command for this console. */
static void explain(const struct context *context, enum command_mode mode, const struct word *words,
                    size_t count, struct problem *problem)
{
    struct command_walk walk;

    if (!command_walk(mode, words, count, &walk, problem)) {
        if (walk.depth == 0 && count > 0)
            explain_mode(mode, words, problem);
        return;
    }
    if (walk.command->configures && !context->may_configure)
        problem_at(problem, words, "only root and members of the group mirrorsh may %s",
                   walk.command->path);
    else
        problem_at(problem, &words[walk.depth],
                   "unexpected word \"%s\", expected the end of the line",
                   walk.depth < count ? words[walk.depth].text : "");
}

enum command_status execute_words(struct context *context, enum command_mode mode,
                                  const struct word *words, size_t count)
{
    struct problem *problem = context->problem;
    struct arguments arguments;
    size_t used = 0;
    const struct command *command = dispatch_find(context->dispatch, mode, words, count, &used);

    if (!command || !(command_modes(command) & mode) || !same_case(command, words, used)) {
        explain(context, mode, words, count, problem);
        return COMMAND_FAILED;
    }
    if (!arguments_parse(command, words + used, count - used, &arguments, problem) ||
        !check_names(context, &arguments, problem) ||
        !check_display(command, &context->request.pipe, problem))
        return COMMAND_FAILED;
    problem->at = words->start;
    return command->run(context, &arguments);
}

/* A line split into the command's words and those of how to display it. */
static enum command_status run_words(struct context *context, struct words *words)
{
    struct request *request = &context->request;
    struct problem problem = {0};
    enum command_status status = COMMAND_FAILED;
    size_t part = 0, size = 0;
    char *text = NULL;
    FILE *out;

    while (part < words->count &&
           (words->at[part].quoted || strcmp(words->at[part].text, "|") != 0))
        part++;
    request->column = words_column(request->line, words->at[0].start);
    if (!display_parse(words->at + part, words->count - part, &request->pipe, &problem)) {
        context_problem(context, words_column(request->line, problem.at), "%s", problem.text);
        return COMMAND_FAILED;
    }
    words_cut(words, part);
    out = open_memstream(&text, &size);
    context->out = out;
    context->problem = &problem;
    if (out)
        status = execute_words(context, context->mode, words->at, part);
    context->out = NULL;
    context->problem = NULL;
    if ((!out || fclose(out) != 0) && status != COMMAND_RUNNING) {
        problem_at(&problem, NULL, "out of memory");
        status = COMMAND_FAILED;
    }
    context_output(context, text, size);
    free(text);
    if (*problem.text && (status == COMMAND_FAILED || problem.warning)) /* else it was told */
        (problem.warning ? context_warning : context_problem)(
            context, words_column(request->line, problem.at), "%s", problem.text);
    return status;
}

enum command_status execute_line(struct context *context, const char *line)
{
    enum command_status status = COMMAND_OK;
    struct problem problem = {0};
    struct words words = {0};

    context->request.line = line;
    if (!words_split(line, &words, &problem)) {
        context_problem(context, words_column(line, problem.at), "%s", problem.text);
        status = COMMAND_FAILED;
    } else if (words.count > 0) { /* else a blank line or a comment */
        status = run_words(context, &words);
    }
    words_free(&words);
    context->request.line = NULL;
    return context->request.failed ? COMMAND_FAILED : status;
}
