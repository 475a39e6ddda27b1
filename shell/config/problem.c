/* What parsers and checks report, on its way to the line that it is about. */
#include "problem.h"

#include "utf8.h"
#include "words.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static char out_of_memory[] = "out of memory"; /* stands for a text that found no room */

static void fill(struct problem *problem, const struct word *word, const char *format,
                 va_list arguments)
{
    if (word)
        problem->at = word->start;
    vsnprintf(problem->text, sizeof problem->text, format, arguments);
    utf8_trim(problem->text);
}

_Bool problem_at(struct problem *problem, const struct word *word, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fill(problem, word, format, arguments);
    va_end(arguments);
    problem->warning = 0;
    return 0;
}

_Bool problem_warn(struct problem *problem, const struct word *word, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fill(problem, word, format, arguments);
    va_end(arguments);
    problem->warning = 1;
    return 0;
}

void problems_add(struct problems *problems, uint32_t line, uint32_t column, const char *format,
                  ...)
{
    size_t count = problems->count;
    va_list arguments;
    char *text;

    if (problems_full(problems)) {
        problems->more++;
        return;
    }
    if ((count & (count - 1)) == 0) { /* room for a power of two is what there is */
        struct problem_line *at = realloc(problems->at, (count == 0 ? 1 : 2 * count) * sizeof *at);
        if (!at)
            return;
        problems->at = at;
    }
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = out_of_memory;
    va_end(arguments);
    problems->at[count] = (struct problem_line){.line = line, .column = column, .text = text};
    problems->count++;
}

_Bool problems_full(const struct problems *problems)
{
    return !problems->all && problems->count >= PROBLEMS_MAX;
}

void problems_free(struct problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        if (problems->at[i].text != out_of_memory)
            free(problems->at[i].text);
    free(problems->at);
    *problems = (struct problems){0};
}
