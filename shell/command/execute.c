/* Runs lines: see execute.h. The order is: words, display, command (libcli), arguments, names,
 * run. */
#include "execute.h"
#include "explain.h"
#include <stdlib.h>
#include <string.h>

/* A NAME that has to be in the running configuration is. */
static bool check_names(const struct context *context, const struct arguments *arguments,
                        struct problem *problem)
{
    const struct node *tree = context->running->revision->active.tree;

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

enum command_status execute_words(struct context *context, enum command_mode mode,
                                  const struct word *words, size_t count)
{
    struct problem *problem = context->problem;
    enum command_status status;
    struct arguments arguments;
    struct reach reach = dispatch_find(context->dispatch, mode, words, count);

    if (!reach.command) {
        explain_line(context, mode, words, count, problem);
        return COMMAND_FAILED;
    }
    if (!arguments_parse(reach.command, words + reach.words, count - reach.words, &arguments,
                         problem) ||
        !check_names(context, &arguments, problem) ||
        !display_possible(reach.command, &context->request.pipe, problem))
        return COMMAND_FAILED;
    problem->at = words->start;
    status = reach.command->run(context, &arguments);
    if (status == COMMAND_FAILED && mode == MODE_CONFIGURATION &&
        context->request.pipe.display != DISPLAY_COMPARE) /* which has no path */
        explain_operational(context, words, count, problem);
    return status;
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
