/* The stages behind `|`: see pipe.h. A stage is a row of the table below. */
#include "pipe.h"
#include "../config/completion.h"
#include "../config/utf8.h"
#include "pattern.h"
#include <stdlib.h>
#include <string.h>

enum stage_kind {
    STAGE_MATCH,
    STAGE_EXCEPT,
    STAGE_FIND,
    STAGE_COUNT,
    STAGE_LAST,
    STAGE_NO_MORE,
    STAGE_SAVE,
    STAGE_BOX /* display and compare: the box's */
};

enum { LAST_DEFAULT = 10, LAST_MAX = 100000 };

struct pipe_stage {
    enum stage_kind kind;
    const struct word *word; /* MATCH, EXCEPT, FIND: of the pattern, in the line */
    struct pattern *pattern; /* theirs */
    bool found;              /* FIND: the line has come */
    unsigned long count;     /* COUNT: lines so far; LAST: how many came */
    struct line *ring;       /* LAST: the last `size` lines */
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
    {"save", "Into a file of the console's machine", STAGE_SAVE, "<file>", true},
    {"display", "", STAGE_BOX, NULL, false},
    {"compare", "", STAGE_BOX, NULL, false},
};

enum { STAGE_ROWS = sizeof stage_rows / sizeof *stage_rows, LIST_SIZE = 200 };

/* How many rows begin with a text, the last of them, and the names of all of them. */
static size_t rows_of(const char *begin, const struct stage_row **last, char list[static LIST_SIZE])
{
    size_t used = 0, count = 0;

    for (const struct stage_row *row = stage_rows; row < stage_rows + STAGE_ROWS; row++) {
        if (strncmp(row->name, begin, strlen(begin)) != 0)
            continue;
        *last = row;
        if (used < LIST_SIZE)
            used += (size_t)snprintf(list + used, LIST_SIZE - used, "%s%s", count++ ? ", " : "",
                                     row->name);
    }
    return count;
}

/* The row that words[index] names or begins, or NULL with *problem. */
static const struct stage_row *find_row(const struct word *words, size_t count, size_t index,
                                        struct problem *problem)
{
    const char *word = index < count ? words[index].text : "";
    const struct stage_row *found = NULL;
    char list[LIST_SIZE] = "", brief[UTF8_SHORT_SIZE];
    size_t matches = rows_of(word, &found, list);

    for (const struct stage_row *row = stage_rows; row < stage_rows + STAGE_ROWS; row++)
        if (strcmp(row->name, word) == 0)
            return row;
    if (matches == 1)
        return found;
    if (!*word)
        problem_at(problem, &words[index], "pipe is missing, expected one of: %s", list);
    else if (matches)
        problem_at(problem, &words[index], "ambiguous pipe \"%s\", expected one of: %s",
                   utf8_shorten(word, brief), list);
    else if (rows_of("", &found, list))
        problem_at(problem, &words[index], "unknown pipe \"%s\", expected one of: %s",
                   utf8_shorten(word, brief), list);
    return NULL;
}

/* ---- parsing ---- */

static bool is_pipe(const struct word *word)
{
    return !word->quoted && strcmp(word->text, "|") == 0;
}

static bool parse_pattern(struct pipe_stage *stage, const struct word *words, size_t count,
                          size_t *index, struct problem *problem)
{
    char why[200], brief[UTF8_SHORT_SIZE];

    if (*index >= count || is_pipe(&words[*index]))
        return problem_at(problem, &words[*index], "a regular expression is missing");
    stage->word = &words[*index];
    stage->pattern = pattern_compile(words[*index].text, why, sizeof why);
    if (!stage->pattern)
        return problem_at(problem, &words[*index], "\"%s\" is not a regular expression: %s",
                          utf8_shorten(words[*index].text, brief), why);
    ++*index;
    return true;
}

static bool parse_last(struct pipe_stage *stage, const struct word *words, size_t count,
                       size_t *index, struct problem *problem)
{
    stage->size = LAST_DEFAULT;
    if (*index < count && !is_pipe(&words[*index])) {
        const char *text = words[*index].text;
        char *behind, brief[UTF8_SHORT_SIZE];

        stage->size = strtoul(text, &behind, 10);
        if (text[0] < '0' || text[0] > '9' || *behind || stage->size < 1 || stage->size > LAST_MAX)
            return problem_at(problem, &words[*index], "\"%s\" is not a number of 1-%d",
                              utf8_shorten(text, brief), LAST_MAX);
        ++*index;
    }
    stage->ring = calloc(stage->size, sizeof *stage->ring);
    return stage->ring || problem_at(problem, &words[*index], "out of memory");
}

static void stage_free(struct pipe_stage *stage)
{
    pattern_free(stage->pattern);
    for (unsigned long i = 0; stage->ring && i < stage->size; i++)
        free(stage->ring[i].text);
    free(stage->ring);
    free(stage);
}

/* Nothing may stand behind it. */
static bool parse_save(struct pipe *pipe, const struct word *words, size_t count, size_t *index,
                       struct problem *problem)
{
    if (*index >= count || is_pipe(&words[*index]) || !*words[*index].text)
        return problem_at(problem, &words[*index], "a file name is missing");
    pipe->save = &words[*index];
    ++*index;
    if (*index < count && is_pipe(&words[*index]))
        return problem_at(problem, &words[*index], "save has to be the last pipe");
    return true;
}

/* Appends a stage to the pipe; words[*index] is the first behind its name. */
static bool parse_filter(struct pipe *pipe, enum stage_kind kind, const struct word *words,
                         size_t count, size_t *index, struct problem *problem)
{
    struct pipe_stage *stage = calloc(1, sizeof *stage), **end = &pipe->stages;

    if (!stage)
        return problem_at(problem, &words[*index], "out of memory");
    stage->kind = kind;
    while (*end)
        end = &(*end)->next;
    *end = stage; /* whoever closes the pipe frees it, whatever becomes of it */
    if (kind == STAGE_COUNT)
        return true;
    return kind == STAGE_LAST ? parse_last(stage, words, count, index, problem)
                              : parse_pattern(stage, words, count, index, problem);
}

/* One stage; words[*index] is its `|`, the first of the line's at `first`. */
static bool parse_stage(struct pipe *pipe, const struct word *words, size_t count, size_t first,
                        size_t *index, size_t *kept, struct problem *problem)
{
    size_t name = *index + 1;
    const struct stage_row *row;

    if (name < count && is_pipe(&words[name]))
        count = name; /* `| |`: the word between them is missing */
    row = find_row(words, count, name, problem);
    if (!row)
        return false;
    if (row->kind == STAGE_BOX && *index != first)
        return problem_at(problem, &words[name], "%s has to be the first pipe", row->name);
    *index = name + 1;
    switch (row->kind) {
    case STAGE_BOX: /* and what is wrong with it */
        while (*index < count && !is_pipe(&words[*index]))
            ++*index;
        *kept = *index;
        return true;
    case STAGE_NO_MORE:
        pipe->no_more = true;
        return true;
    case STAGE_SAVE:
        return parse_save(pipe, words, count, index, problem);
    case STAGE_MATCH:
    case STAGE_EXCEPT:
    case STAGE_FIND:
    case STAGE_COUNT:
    case STAGE_LAST:
        break;
    }
    return parse_filter(pipe, row->kind, words, count, index, problem);
}

bool pipe_parse(const struct word *words, size_t count, struct pipe *pipe, size_t *kept,
                struct problem *problem)
{
    size_t first = 0, stages = 0;
    char brief[UTF8_SHORT_SIZE];

    *pipe = (struct pipe){.no_more = false};
    while (first < count && !is_pipe(&words[first]))
        first++;
    *kept = first;
    for (size_t index = first; index < count;) {
        bool parsed;

        if (!is_pipe(&words[index]))
            parsed = problem_at(problem, &words[index],
                                "unexpected word \"%s\", expected | or the end of the line",
                                utf8_shorten(words[index].text, brief));
        else if (stages++ == PIPE_STAGES_MAX)
            parsed = problem_at(problem, &words[index], "more than %d pipes", PIPE_STAGES_MAX);
        else
            parsed = parse_stage(pipe, words, count, first, &index, kept, problem);
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
    return pipe->stages || pipe->save;
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

/* Whether a stage's pattern is in a line; false too when the pipe can go on no more. */
static bool matches(struct pipe *pipe, const struct pipe_stage *stage, const struct line *line)
{
    enum pattern_verdict verdict;

    if (pipe->stopped && pipe->stopped()) {
        problem_at(&pipe->problem, stage->word, "interrupted");
        return false;
    }
    verdict = pattern_search(stage->pattern, line->text, line->length);
    if (verdict == PATTERN_COSTLY)
        problem_at(&pipe->problem, stage->word,
                   "this regular expression takes too long: given up at line %llu of what it "
                   "filters",
                   (unsigned long long)pipe->lines);
    return verdict == PATTERN_FOUND;
}

static bool can_go_on(const struct pipe *pipe)
{
    return !*pipe->problem.text;
}

/* Puts a whole line (without its newline) into a stage and those behind it. */
static void put_line(struct pipe *pipe, struct pipe_stage *stage, const struct line *line,
                     FILE *out)
{
    for (; stage; stage = stage->next) {
        bool found = stage->pattern && !stage->found && matches(pipe, stage, line);

        if (!can_go_on(pipe))
            return;
        switch (stage->kind) {
        case STAGE_MATCH:
            if (!found)
                return;
            break;
        case STAGE_EXCEPT:
            if (found)
                return;
            break;
        case STAGE_FIND:
            stage->found |= found;
            if (!stage->found)
                return;
            break;
        case STAGE_LAST: {
            struct line *slot = &stage->ring[stage->count++ % stage->size];
            slot->length = 0;
            line_append(slot, line->text, line->length);
            return;
        }
        case STAGE_COUNT:
            stage->count++;
            return;
        case STAGE_NO_MORE:
        case STAGE_SAVE:
        case STAGE_BOX:
            break; /* never in the list */
        }
    }
    fwrite(line->text, 1, line->length, out);
    putc('\n', out);
}

bool pipe_feed(struct pipe *pipe, const char *text, size_t length, FILE *out)
{
    if (!pipe->stages) {
        fwrite(text, 1, length, out);
        return true;
    }
    while (length > 0 && can_go_on(pipe)) {
        const char *newline = memchr(text, '\n', length);
        size_t part = newline ? (size_t)(newline - text) : length;

        if (!line_append(&pipe->partial, text, part))
            return problem_at(&pipe->problem, NULL, "out of memory");
        if (!newline)
            return true;
        pipe->lines++;
        put_line(pipe, pipe->stages, &pipe->partial, out);
        pipe->partial.length = 0;
        text += part + 1;
        length -= part + 1;
    }
    return can_go_on(pipe);
}

/* What a stage has kept for the end. */
static void finish_stage(struct pipe *pipe, const struct pipe_stage *stage, FILE *out)
{
    unsigned long kept = stage->count < stage->size ? stage->count : stage->size;
    char text[64];

    if (stage->kind == STAGE_COUNT) {
        snprintf(text, sizeof text, "Count: %lu lines", stage->count);
        put_line(pipe, stage->next, &(struct line){.text = text, .length = strlen(text)}, out);
    } else if (stage->kind == STAGE_LAST) {
        for (unsigned long i = stage->count - kept; i < stage->count && can_go_on(pipe); i++)
            if (stage->ring[i % stage->size].text)
                put_line(pipe, stage->next, &stage->ring[i % stage->size], out);
    }
}

bool pipe_finish(struct pipe *pipe, FILE *out)
{
    if (pipe->partial.length > 0)
        put_line(pipe, pipe->stages, &pipe->partial, out);
    pipe->partial.length = 0;
    for (struct pipe_stage *stage = pipe->stages; stage && can_go_on(pipe); stage = stage->next)
        finish_stage(pipe, stage, out);
    return can_go_on(pipe);
}

/* ---- completion ---- */

/* words: from the last | on, without the one that is typed. Whether another pipe may follow. */
static bool complete_words(const struct word *words, size_t count, const char *partial, FILE *out)
{
    const struct stage_row *row;
    struct problem problem;

    for (row = stage_rows; count == 1 && row < stage_rows + STAGE_ROWS; row++)
        if (row->kind != STAGE_BOX && strncmp(row->name, partial, strlen(partial)) == 0)
            fprintf(out, "W\t%s\t%s\n", row->name, row->help);
    row = count > 1 ? find_row(words, count, 1, &problem) : NULL;
    if (!row || row->kind == STAGE_BOX)
        return false;
    if (row->value && count == 2)
        fprintf(out, "H\t%s\t%s\n", row->value, row->help);
    if (*partial || !(row->value && count == 3 ? true : count == 2 && !row->required))
        return false;
    fprintf(out, "H\t<enter>\t%s\n", ENTER_HELP);
    return row->kind != STAGE_SAVE;
}

void pipe_complete(const char *front, const char *choices, FILE *out)
{
    struct words words = {0};
    struct problem problem;
    size_t length = strlen(front), count, last;
    const char *partial = "";
    bool goes_on = strstr(choices, "H\t<enter>\t");

    if (words_split(front, &words, &problem) || words.open_quote) {
        count = last = words.count;
        /* the word that the cursor touches is the one to be completed; a pipe is whole */
        if (count > 0 && words.at[count - 1].end == length && !is_pipe(&words.at[count - 1]))
            partial = words.at[--count].text;
        for (size_t i = 0; i < count; i++)
            if (is_pipe(&words.at[i]))
                last = i;
        if (last < count)
            goes_on |= complete_words(words.at + last, count - last, partial, out);
    }
    fprintf(out, "%s%s", choices, goes_on ? "H\t|\tFilter or save what it says\n" : "");
    words_free(&words);
}
