/* The one pipe that a command hears of: see display.h. */
#include "display.h"
#include "../config/utf8.h"
#include "../running/store.h"
#include <stdlib.h>
#include <string.h>

/* A word and what it stands for. */
struct row {
    const char *name, *help;
    unsigned displays;
};

static const struct row pipe_rows[] = {
    {"display", "In another form", DISPLAY_SET | DISPLAY_JSON | DISPLAY_PROMETHEUS},
    {"compare", "The changes against the running or an archived configuration", DISPLAY_COMPARE},
    {NULL, NULL, 0},
};

static const struct row form_rows[] = {
    {"set", "As the set commands that make it", DISPLAY_SET},
    {"json", "As JSON, for programs", DISPLAY_JSON},
    {"prometheus", "As metrics in the text format of Prometheus", DISPLAY_PROMETHEUS},
    {NULL, NULL, 0},
};

static bool begins(const char *name, const char *word)
{
    return strncmp(name, word, strlen(word)) == 0;
}

enum { LIST_MAX = 80 };

/* ", expected one of: set, json" of those rows that have one of `displays`; "" where none has. */
static const char *expected(const struct row *rows, unsigned displays, char list[static LIST_MAX])
{
    size_t used = 0;

    list[0] = '\0';
    for (const struct row *row = rows; row->name && used < LIST_MAX; row++)
        if (row->displays & displays)
            used += (size_t)snprintf(list + used, LIST_MAX - used, "%s%s",
                                     used > 0 ? ", " : ", expected one of: ", row->name);
    return list;
}

bool display_possible(const struct command *command, const struct display_pipe *pipe,
                      struct problem *problem)
{
    char list[LIST_MAX];

    if (pipe->display == DISPLAY_TEXT || (command->displays & pipe->display))
        return true;
    if (pipe->display == DISPLAY_COMPARE)
        return problem_at(problem, pipe->word,
                          "compare stands behind `show` of a configuration only");
    for (const struct row *form = form_rows; form->name; form++)
        if (form->displays == pipe->display)
            return problem_at(problem, pipe->word, "%s cannot be displayed as %s%s", command->path,
                              form->name, expected(form_rows, command->displays, list));
    return false;
}

/* The row that words[index] names or begins, or NULL with *problem. */
static const struct row *find_row(const struct row *rows, const char *what,
                                  const struct word *words, size_t count, size_t index,
                                  struct problem *problem)
{
    const struct row *row = rows;
    char brief[UTF8_SHORT_SIZE], list[LIST_MAX];

    while (index < count && row->name &&
           (!*words[index].text || !begins(row->name, words[index].text)))
        row++;
    if (index < count && row->name)
        return row;
    if (index >= count)
        problem_at(problem, &words[index], "%s is missing%s", what, expected(rows, ~0u, list));
    else
        problem_at(problem, &words[index], "unknown %s \"%s\"%s", what,
                   utf8_shorten(words[index].text, brief), expected(rows, ~0u, list));
    return NULL;
}

static bool is_pipe(const struct word *word)
{
    return !word->quoted && strcmp(word->text, "|") == 0;
}

static bool parse_number(const struct word *word, long *value, struct problem *problem)
{
    char *behind, brief[UTF8_SHORT_SIZE];

    *value = strtol(word->text, &behind, 10);
    return (word->text[0] >= '0' && word->text[0] <= '9' && !*behind && *value <= ARCHIVE_MAX) ||
           problem_at(problem, word, "\"%s\" is not a number of 0-%d",
                      utf8_shorten(word->text, brief), ARCHIVE_MAX);
}

/* What stands behind `compare`: words[*index] on. */
static bool parse_compare(const struct word *words, size_t count, size_t *index,
                          struct display_pipe *pipe, struct problem *problem)
{
    char brief[UTF8_SHORT_SIZE];

    if (*index == count || is_pipe(&words[*index]))
        return true;
    if (words[*index].quoted || !begins("rollback", words[*index].text))
        return problem_at(problem, &words[*index], "unknown word \"%s\", expected one of: rollback",
                          utf8_shorten(words[*index].text, brief));
    if (++*index == count || is_pipe(&words[*index]))
        return problem_at(problem, &words[*index], "rollback: a number of 0-%d is missing",
                          ARCHIVE_MAX);
    pipe->back = &words[*index];
    return parse_number(&words[*index], &pipe->rollback, problem) && ++*index;
}

static bool parse_form(const struct word *words, size_t count, size_t *index,
                       struct display_pipe *pipe, struct problem *problem)
{
    const struct row *form = find_row(form_rows, "display", words, count, *index, problem);

    if (!form)
        return false;
    pipe->display = (enum display)form->displays;
    pipe->word = &words[(*index)++];
    return true;
}

bool display_parse(const struct word *words, size_t count, struct display_pipe *pipe,
                   struct problem *problem)
{
    size_t index = 2; /* behind the | and its name */
    const struct row *row;
    char brief[UTF8_SHORT_SIZE];
    bool parsed;

    *pipe = (struct display_pipe){.display = DISPLAY_TEXT};
    if (count == 0)
        return true;
    row = find_row(pipe_rows, "pipe", words, count, 1, problem);
    if (!row)
        return false;
    if (row->displays == DISPLAY_COMPARE) {
        *pipe = (struct display_pipe){.display = DISPLAY_COMPARE, .word = &words[1]};
        parsed = parse_compare(words, count, &index, pipe, problem);
    } else {
        parsed = parse_form(words, count, &index, pipe, problem);
    }
    if (parsed && index < count)
        return problem_at(problem, &words[index],
                          "unexpected word \"%s\", expected the end of the line",
                          utf8_shorten(words[index].text, brief));
    return parsed;
}

/* ---- completion ---- */

bool display_wants_commit(const struct word *words, size_t count)
{
    return count == 3 && *words[1].text && begins("compare", words[1].text) && *words[2].text &&
           begins("rollback", words[2].text);
}

static void offer(const struct row *rows, unsigned displays, const char *partial, choice_fn *choice,
                  void *context)
{
    for (const struct row *row = rows; row->name; row++)
        if ((row->displays & displays) && begins(row->name, partial))
            choice(context, &(struct choice){.word = row->name, .help = row->help});
}

void display_next(unsigned displays, const struct word *words, size_t count, const char *partial,
                  choice_fn *choice, void *context)
{
    static const struct row rollback[] = {
        {"rollback", "With an archived configuration", DISPLAY_COMPARE}, {NULL, NULL, 0}};
    struct problem problem;
    const struct row *row;
    char back[16];

    if (count < 2) {
        offer(pipe_rows, displays, partial, choice, context);
        return;
    }
    row = find_row(pipe_rows, "pipe", words, count, 1, &problem);
    if (!row)
        return;
    if (count == 2)
        offer(row->displays == DISPLAY_COMPARE ? rollback : form_rows, displays, partial, choice,
              context);
    snprintf(back, sizeof back, "<0-%d>", ARCHIVE_MAX);
    if (count == 3 && row->displays == DISPLAY_COMPARE)
        choice(context,
               &(struct choice){.word = back, .help = "How many commits back", .hint = true});
    else if (!*partial && (count > 2 || row->displays == DISPLAY_COMPARE))
        choice(context, &(struct choice){.word = "<enter>", .help = ENTER_HELP, .hint = true});
}
