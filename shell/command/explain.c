/* The texts for lines that are no command, from the tree of commands: see explain.h. */
#include "explain.h"
#include "../journal/journal.h"
#include <string.h>

/* "a, b, c" */
struct list {
    char text[300];
    size_t used, count;
};

static void add_to_list(void *context, const struct choice *choice)
{
    struct list *list = context;

    if (list->used < sizeof list->text)
        list->used += (size_t)snprintf(list->text + list->used, sizeof list->text - list->used,
                                       "%s%s", list->count > 0 ? ", " : "", choice->word);
    list->count++;
}

bool explain_word(const struct context *context, const struct reach *reach,
                  const struct word *words, size_t count, struct problem *problem)
{
    const struct word *word = &words[reach->words];
    struct list begin = {.text = ""}, all = {.text = ""};

    if (reach->words < count && !word->quoted)
        dispatch_next(context->dispatch, reach, word->text, add_to_list, &begin);
    dispatch_next(context->dispatch, reach, "", add_to_list, &all);
    if (begin.count > 1 && *word->text)
        return problem_at(problem, word, "\"%s\" is ambiguous: %s", word->text, begin.text);
    if (reach->words == count)
        return problem_at(problem, word, "a word is missing, expected one of: %s", all.text);
    if (all.count == 0)
        return problem_at(problem, word, "unexpected word \"%s\", expected the end of the line",
                          word->text);
    return problem_at(problem, word, "unknown %s \"%s\", expected one of: %s",
                      reach->words == 0 ? "command" : "word", word->text, all.text);
}

/* Of one who may only look: told to them, and to the journal. */
static bool explain_role(const struct context *context, const struct reach *reach,
                         const struct word *words, struct problem *problem)
{
    char author[AUTHOR_MAX], subject[AUTHOR_MAX + 16];

    author_text(&context->edit.author, author);
    /* Not its terminal, which is what the console says. */
    snprintf(subject, sizeof subject, "role %s", context->edit.author.user);
    journal_about(subject, LOG_NOTICE, "%s may not %s: refused", author, reach->path);
    return problem_at(problem, words, "only root and members of the group mirrorsh may %s",
                      reach->path);
}

/* Whether the first word leads to commands of a mode, and to which. */
static bool is_of(const struct context *context, enum command_mode mode, const struct word *words,
                  struct reach *reach)
{
    *reach = dispatch_look_up(context->dispatch, mode, words, 1);
    return reach->words == 1;
}

static const char OPERATIONAL[] = "\"%s\" is a command of the operational mode, expected run %s";

/* A word of another mode: how to get there. False: of none. */
static bool explain_mode(const struct context *context, enum command_mode mode,
                         const struct word *word, struct problem *problem)
{
    bool configures = mode & (MODE_CONFIGURATION | MODE_LEVEL);
    struct reach reach;

    if (mode == MODE_RUN && is_of(context, MODE_OPERATIONAL, word, &reach))
        problem_at(problem, word, "%s cannot stand behind run", reach.path);
    else if (mode == MODE_RUN && is_of(context, MODE_CONFIGURATION, word, &reach))
        problem_at(problem, word, "\"%s\" is a command of this mode, without run", word->text);
    else if (configures && is_of(context, MODE_RUN, word, &reach))
        problem_at(problem, word, OPERATIONAL, word->text, word->text);
    else if (mode == MODE_CONFIGURATION && is_of(context, MODE_OPERATIONAL, word, &reach))
        problem_at(problem, word, "%s: this is the configuration mode already", reach.path);
    else if (!configures && is_of(context, MODE_CONFIGURATION, word, &reach))
        problem_at(problem, word, "\"%s\" is a command of the configuration mode: configure first",
                   word->text);
    else
        return false;
    return true;
}

bool explain_line(const struct context *context, enum command_mode mode, const struct word *words,
                  size_t count, struct problem *problem)
{
    struct reach reach = dispatch_look_up(context->dispatch, mode, words, count);

    if (reach.command)
        return explain_role(context, &reach, words, problem);
    if (reach.words == 0 && count > 0 && explain_mode(context, mode, words, problem))
        return false;
    return explain_word(context, &reach, words, count, problem);
}

void explain_operational(const struct context *context, const struct word *words, size_t count,
                         struct problem *problem)
{
    struct reach reach = dispatch_look_up(context->dispatch, MODE_RUN, words, count);

    if (reach.words > 1 && problem->at > words->start &&
        problem->at <= words[reach.words - 1].start)
        problem_at(problem, &words[1], OPERATIONAL, reach.path, reach.path);
}
