/* The stages behind `|`: see pipe.h. A stage is a row of the table below. */
#include "pipe.h"
#include <regex.h>
#include <stdlib.h>
#include <string.h>

enum stage_kind {
    STAGE_MATCH,
    STAGE_EXCEPT,
    STAGE_FIND,
    STAGE_COUNT,
    STAGE_LAST,
    STAGE_NO_MORE,
    STAGE_DISPLAY,
    STAGE_COMPARE
};

enum { LAST_DEFAULT = 10, LAST_MAX = 100000 };

struct pipe_stage {
    enum stage_kind kind;
    regex_t expression;  /* MATCH, EXCEPT, FIND */
    bool found;          /* FIND: the line has come */
    unsigned long count; /* COUNT: lines so far; LAST: how many came */
    struct line *ring;   /* LAST: the last `size` lines */
    unsigned long size;
    struct pipe_stage *next;
};

static const struct stage_row {
    const char *name, *help;
    enum stage_kind kind;
    const char *value; /* hint of what follows; NULL: nothing */
    bool required;     /* it has to */
} stage_rows[] = {
    {"match", "Only the lines that match a regular expression", STAGE_MATCH, "RE", true},
    {"except", "Only the lines that do not match a regular expression", STAGE_EXCEPT, "RE", true},
    {"find", "From the first line that matches a regular expression on", STAGE_FIND, "RE", true},
    {"count", "The number of lines", STAGE_COUNT, NULL, false},
    {"last", "The last lines", STAGE_LAST, "<1-100000>", false},
    {"no-more", "Without the pager", STAGE_NO_MORE, NULL, false},
    {"display", "In another form", STAGE_DISPLAY, NULL, true},
    {"compare", "The changes against the running or an archived configuration", STAGE_COMPARE, NULL,
     false},
};

enum { STAGE_ROWS = sizeof stage_rows / sizeof *stage_rows };

static const struct display_row {
    const char *name, *help;
    enum display display;
} display_rows[] = {
    {"set", "As the set commands that make it", DISPLAY_SET},
    {"json", "As JSON, for programs", DISPLAY_JSON},
};

enum { DISPLAY_ROWS = sizeof display_rows / sizeof *display_rows };

typedef const char *row_name_fn(size_t row);

static const char *stage_name(size_t row)
{
    return row < STAGE_ROWS ? stage_rows[row].name : NULL;
}

static const char *display_name(size_t row)
{
    return row < DISPLAY_ROWS ? display_rows[row].name : NULL;
}

/* The row that words[index] names or begins: its number, or -1 with *problem. */
static int find_row(row_name_fn *name, const char *what, const struct word *words, size_t count,
                    size_t index, struct problem *problem)
{
    const char *word = index < count ? words[index].text : "";
    int found = -1, matches = 0;
    size_t used = 0;
    char list[200] = "";

    for (size_t i = 0; name(i); i++) {
        if (*word && strcmp(name(i), word) == 0)
            return (int)i;
        if (*word && strncmp(name(i), word, strlen(word)) == 0) {
            found = (int)i;
            matches++;
        }
        if (used < sizeof list)
            used +=
                (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", name(i));
    }
    if (matches == 1)
        return found;
    if (index >= count)
        problem_at(problem, index, "%s is missing, expected one of: %s", what, list);
    else
        problem_at(problem, index, "%s%s \"%s\", expected one of: %s",
                   matches ? "ambiguous " : "unknown ", what, word, list);
    return -1;
}

/* ---- parsing ---- */

static bool is_pipe(const struct word *word)
{
    return !word->quoted && strcmp(word->text, "|") == 0;
}

static bool parse_expression(struct pipe_stage *stage, const struct word *words, size_t count,
                             size_t *index, struct problem *problem)
{
    char why[200];

    if (*index >= count || is_pipe(&words[*index]))
        return problem_at(problem, *index, "a regular expression is missing");
    int error = regcomp(&stage->expression, words[*index].text, REG_EXTENDED | REG_NOSUB);
    if (error) {
        regerror(error, &stage->expression, why, sizeof why);
        return problem_at(problem, *index, "\"%s\" is not a regular expression: %s",
                          words[*index].text, why);
    }
    ++*index;
    return true;
}

static bool parse_number(const struct word *words, size_t *index, unsigned long minimum,
                         unsigned long maximum, unsigned long *value, struct problem *problem)
{
    char *behind;
    const char *text = words[*index].text;

    *value = strtoul(text, &behind, 10);
    if (text[0] < '0' || text[0] > '9' || *behind || *value < minimum || *value > maximum)
        return problem_at(problem, *index, "\"%s\" is not a number of %lu-%lu", text, minimum,
                          maximum);
    ++*index;
    return true;
}

static bool parse_last(struct pipe_stage *stage, const struct word *words, size_t count,
                       size_t *index, struct problem *problem)
{
    stage->size = LAST_DEFAULT;
    if (*index < count && !is_pipe(&words[*index]) &&
        !parse_number(words, index, 1, LAST_MAX, &stage->size, problem))
        return false;
    stage->ring = calloc(stage->size, sizeof *stage->ring);
    return stage->ring || problem_at(problem, *index, "out of memory");
}

static bool parse_display(struct pipe *pipe, const struct word *words, size_t count, size_t *index,
                          struct problem *problem)
{
    if (*index < count && is_pipe(&words[*index]))
        count = *index;
    int row = find_row(display_name, "display", words, count, *index, problem);

    if (row < 0)
        return false;
    pipe->display = display_rows[row].display;
    pipe->display_word = (*index)++;
    return true;
}

static bool parse_compare(struct pipe *pipe, const struct word *words, size_t count, size_t *index,
                          struct problem *problem)
{
    unsigned long back = 0;

    pipe->display = DISPLAY_COMPARE;
    pipe->display_word = *index - 1;
    if (*index == count || is_pipe(&words[*index]))
        return true;
    const char *word = words[*index].text;
    if (words[*index].quoted || strncmp("rollback", word, strlen(word)) != 0)
        return problem_at(problem, *index, "unknown word \"%s\", expected one of: rollback", word);
    ++*index;
    if (*index == count || is_pipe(&words[*index]))
        return problem_at(problem, *index, "rollback: a number of 0-50 is missing");
    if (!parse_number(words, index, 0, 50, &back, problem))
        return false;
    pipe->rollback = (long)back;
    return true;
}

static void stage_free(struct pipe_stage *stage)
{
    if (stage->kind == STAGE_MATCH || stage->kind == STAGE_EXCEPT || stage->kind == STAGE_FIND)
        regfree(&stage->expression);
    for (unsigned long i = 0; stage->ring && i < stage->size; i++)
        free(stage->ring[i].text);
    free(stage->ring);
    free(stage);
}

/* The words of a stage that stays in the pipe; words[*index] is the first behind its name. */
static bool parse_filter(struct pipe *pipe, enum stage_kind kind, const struct word *words,
                         size_t count, size_t *index, struct problem *problem)
{
    struct pipe_stage *stage = calloc(1, sizeof *stage), **end = &pipe->stages;
    bool parsed = true;

    if (!stage)
        return problem_at(problem, *index, "out of memory");
    stage->kind = STAGE_COUNT; /* nothing to free but itself, so far */
    if (kind == STAGE_LAST)
        parsed = parse_last(stage, words, count, index, problem);
    else if (kind != STAGE_COUNT)
        parsed = parse_expression(stage, words, count, index, problem);
    if (!parsed) {
        stage_free(stage);
        return false;
    }
    stage->kind = kind;
    while (*end)
        end = &(*end)->next;
    *end = stage;
    return true;
}

static bool parse_stage(struct pipe *pipe, const struct word *words, size_t count, size_t *index,
                        struct problem *problem)
{
    bool first = *index == 0;
    size_t name = ++*index; /* behind the | */

    if (name < count && is_pipe(&words[name]))
        count = name; /* `| |`: the word between them is missing */
    int row = find_row(stage_name, "pipe", words, count, name, problem);
    if (row < 0)
        return false;
    ++*index;
    switch (stage_rows[row].kind) {
    case STAGE_NO_MORE:
        pipe->no_more = true;
        return true;
    case STAGE_DISPLAY:
    case STAGE_COMPARE:
        if (!first)
            return problem_at(problem, name, "%s has to be the first pipe", stage_rows[row].name);
        return stage_rows[row].kind == STAGE_DISPLAY
                   ? parse_display(pipe, words, count, index, problem)
                   : parse_compare(pipe, words, count, index, problem);
    case STAGE_MATCH:
    case STAGE_EXCEPT:
    case STAGE_FIND:
    case STAGE_COUNT:
    case STAGE_LAST:
        break;
    }
    return parse_filter(pipe, stage_rows[row].kind, words, count, index, problem);
}

bool pipe_parse(const struct word *words, size_t count, struct pipe *pipe, struct problem *problem)
{
    memset(pipe, 0, sizeof *pipe);
    for (size_t index = 0; index < count;) {
        bool parsed = is_pipe(&words[index])
                          ? parse_stage(pipe, words, count, &index, problem)
                          : problem_at(problem, index,
                                       "unexpected word \"%s\", expected | or the "
                                       "end of the line",
                                       words[index].text);
        if (!parsed) {
            pipe_close(pipe);
            return false;
        }
    }
    return true;
}

void pipe_close(struct pipe *pipe)
{
    while (pipe->stages) {
        struct pipe_stage *stage = pipe->stages;

        pipe->stages = stage->next;
        stage_free(stage);
    }
    free(pipe->partial.text);
    memset(pipe, 0, sizeof *pipe);
}

bool pipe_filters(const struct pipe *pipe)
{
    return pipe->stages;
}

/* ---- running ---- */

static bool line_append(struct line *line, const char *text, size_t length)
{
    if (line->length + length + 1 > line->capacity) {
        size_t capacity = 2 * (line->length + length + 1);
        char *more = realloc(line->text, capacity);

        if (!more)
            return false;
        line->text = more;
        line->capacity = capacity;
    }
    memcpy(line->text + line->length, text, length);
    line->length += length;
    line->text[line->length] = '\0';
    return true;
}

/* Puts a whole line (without its newline) into a stage and those behind it. */
static void put_line(struct pipe_stage *stage, const char *line, FILE *out)
{
    for (; stage; stage = stage->next) {
        bool matches = false;

        if (stage->kind == STAGE_MATCH || stage->kind == STAGE_EXCEPT ||
            (stage->kind == STAGE_FIND && !stage->found))
            matches = regexec(&stage->expression, line, 0, NULL, 0) == 0;
        switch (stage->kind) {
        case STAGE_MATCH:
            if (!matches)
                return;
            break;
        case STAGE_EXCEPT:
            if (matches)
                return;
            break;
        case STAGE_FIND:
            stage->found |= matches;
            if (!stage->found)
                return;
            break;
        case STAGE_LAST: {
            struct line *slot = &stage->ring[stage->count++ % stage->size];
            slot->length = 0;
            line_append(slot, line, strlen(line));
            return;
        }
        case STAGE_COUNT:
            stage->count++;
            return;
        case STAGE_NO_MORE:
        case STAGE_DISPLAY:
        case STAGE_COMPARE:
            break; /* never in the list */
        }
    }
    fprintf(out, "%s\n", line);
}

void pipe_feed(struct pipe *pipe, const char *text, size_t length, FILE *out)
{
    if (!pipe->stages) {
        fwrite(text, 1, length, out);
        return;
    }
    while (length > 0) {
        const char *newline = memchr(text, '\n', length);
        size_t part = newline ? (size_t)(newline - text) : length;

        if (!line_append(&pipe->partial, text, part) || !newline)
            return;
        put_line(pipe->stages, pipe->partial.text, out);
        pipe->partial.length = 0;
        text += part + 1;
        length -= part + 1;
    }
}

void pipe_finish(struct pipe *pipe, FILE *out)
{
    if (pipe->partial.length > 0)
        put_line(pipe->stages, pipe->partial.text, out);
    pipe->partial.length = 0;
    for (struct pipe_stage *stage = pipe->stages; stage; stage = stage->next) {
        char text[64];

        if (stage->kind == STAGE_COUNT) {
            snprintf(text, sizeof text, "Count: %lu lines", stage->count);
            put_line(stage->next, text, out);
        } else if (stage->kind == STAGE_LAST) {
            unsigned long kept = stage->count < stage->size ? stage->count : stage->size;

            for (unsigned long i = stage->count - kept; i < stage->count; i++)
                if (stage->ring[i % stage->size].text)
                    put_line(stage->next, stage->ring[i % stage->size].text, out);
        }
    }
}

/* ---- completion ---- */

static void offer(const char *name, const char *help, const char *partial, candidate_fn *candidate,
                  void *context)
{
    if (strncmp(name, partial, strlen(partial)) == 0)
        candidate(context, &(struct candidate){.word = name, .help = help});
}

static void offer_enter(const char *partial, candidate_fn *candidate, void *context)
{
    if (!*partial)
        candidate(context,
                  &(struct candidate){.word = "<enter>", .help = ENTER_HELP, .hint = true});
}

static void next_behind(const struct stage_row *row, unsigned displays, size_t count,
                        const char *partial, candidate_fn *candidate, void *context)
{
    if (count == 0 && row->kind == STAGE_DISPLAY) {
        for (size_t i = 0; i < DISPLAY_ROWS; i++)
            if (displays & display_rows[i].display)
                offer(display_rows[i].name, display_rows[i].help, partial, candidate, context);
        return;
    }
    if (row->kind == STAGE_COMPARE && count == 0)
        offer("rollback", "With an archived configuration", partial, candidate, context);
    if (row->kind == STAGE_COMPARE && count == 1)
        candidate(context, &(struct candidate){
                               .word = "<0-50>", .help = "How many commits back", .hint = true});
    if (row->value && count == 0)
        candidate(context,
                  &(struct candidate){.word = row->value, .help = row->help, .hint = true});
    if (count > 0 ? count == 1 + (row->kind == STAGE_COMPARE) : !row->required)
        offer_enter(partial, candidate, context);
}

void pipe_next(unsigned displays, const struct word *words, size_t count, const char *partial,
               candidate_fn *candidate, void *context)
{
    struct problem problem;

    if (count > 1) {
        int row = find_row(stage_name, "pipe", words, count, 1, &problem);
        if (row >= 0)
            next_behind(&stage_rows[row], displays, count - 2, partial, candidate, context);
        return;
    }
    for (size_t i = 0; i < STAGE_ROWS; i++) {
        const struct stage_row *row = &stage_rows[i];

        if ((row->kind == STAGE_DISPLAY && !(displays & (DISPLAY_SET | DISPLAY_JSON))) ||
            (row->kind == STAGE_COMPARE && !(displays & DISPLAY_COMPARE)))
            continue;
        offer(row->name, row->help, partial, candidate, context);
    }
}
