/* words -> steps down the schema: the second step of every configuration command. */
#include "path.h"

#include "utf8.h"
#include "value.h"
#include <stdlib.h>
#include <string.h>

void walk_start(struct walk *walk, enum walk_mode mode)
{
    *walk = (struct walk){.mode = mode, .level = {{.row = schema_root()}}, .bare = true};
}

const struct schema *walk_at(const struct walk *walk)
{
    return walk->level[walk->depth].row;
}

size_t walk_keywords(const struct walk *walk)
{
    return walk->mode == WALK_SET && walk->instance > 0 && !walk->bare ? walk->instance
                                                                       : walk->depth;
}

/* The next keyword stands in a node of this row. */
static void descend(struct walk *walk, const struct schema *row)
{
    const struct schema *implied = schema_implied(row);

    walk->level[++walk->depth] = (struct walk_level){.row = row};
    if (row->kind == SCHEMA_LIST)
        walk->instance = walk->depth;
    walk->open = walk->mode == WALK_SET ? implied : NULL;
    walk->ended = implied && !walk->open;
    walk->bare = row->kind == SCHEMA_CONTAINER;
}

/* Out of an instance whose only leaf has its value: another one may follow. */
static void ascend(struct walk *walk)
{
    const struct schema *list = walk_at(walk);

    walk->depth--;
    walk->level[walk->depth].given &= ~((uint64_t)1 << (list - walk_at(walk)->children));
    walk->instance = walk->depth;
    while (walk->level[walk->instance].row->kind == SCHEMA_CONTAINER && walk->instance > 0)
        walk->instance--;
}

/* The row of a keyword, which may be abbreviated, and its depth: the innermost. */
static const struct schema *find_keyword(const struct walk *walk, const struct word *word,
                                         size_t *depth, struct problem *problem)
{
    for (*depth = walk->depth;; --*depth) {
        const struct schema *row = schema_match(walk->level[*depth].row, word, problem);

        if (row || *depth == walk_keywords(walk))
            return row;
    }
}

static bool is_keyword(const struct walk *walk, const char *word)
{
    for (size_t depth = walk_keywords(walk); depth <= walk->depth; depth++)
        if (schema_child(walk->level[depth].row, word))
            return true;
    return false;
}

static bool take_keyword(struct walk *walk, const struct word *word, struct step *step,
                         struct problem *problem)
{
    char names[SCHEMA_EXPECTED_SIZE], shown[UTF8_SHORT_SIZE];
    const struct schema *text = walk->text;
    size_t depth;

    if (word->quoted) {
        schema_expected(walk_at(walk), "", names, sizeof names);
        return problem_at(problem, word, "\"%s\" in quotes is not a keyword, expected: %s",
                          utf8_shorten(word->text, shown), names);
    }
    const struct schema *row = find_keyword(walk, word, &depth, problem);
    if (!row)
        return !text ? false
                     : problem_at(problem, word,
                                  "unknown word \"%s\": a %s with blanks stands in quotes",
                                  utf8_shorten(word->text, shown), text->name);
    walk->depth = depth;
    uint64_t bit = (uint64_t)1 << (row - walk_at(walk)->children);
    if (walk->level[depth].given & bit)
        return problem_at(problem, word, "%s stands twice in this line", row->name);
    *step = (struct step){.row = row, .depth = depth};
    walk->level[depth].given |= bit;
    walk->bare = false;
    walk->values = 0;
    walk->open = walk->text = NULL;
    switch (row->kind) {
    case SCHEMA_CONTAINER:
        descend(walk, row);
        break;
    case SCHEMA_LIST:
        walk->open = row;
        break;
    case SCHEMA_LEAF:
    case SCHEMA_LEAF_LIST:
        walk->open = walk->mode == WALK_SHOW ? NULL : row;
        walk->ended = walk->mode == WALK_SHOW;
        break;
    case SCHEMA_FLAG:
        walk->ended = walk->mode != WALK_SET;
        break;
    }
    return true;
}

bool walk_needs_quotes(const struct walk *walk, const char *value)
{
    return walk->mode == WALK_SET && walk->open->kind == SCHEMA_LEAF_LIST && walk->values > 0 &&
           !walk->brackets && is_keyword(walk, value);
}

/* The [ or ] of a leaf-list. */
static bool take_bracket(struct walk *walk, const struct word *word, struct step *step,
                         struct problem *problem)
{
    *step = (struct step){.row = walk->open, .depth = walk->depth};
    if (word->text[0] == '[') {
        walk->brackets = true;
        return true;
    }
    if (walk->values == 0)
        return problem_at(problem, word, "%s: the list is empty", walk->open->name);
    walk->brackets = false;
    walk->open = NULL;
    walk->ended = walk->mode != WALK_SET;
    return true;
}

static bool is_bracket(const struct walk *walk, const struct word *word)
{
    return !word->quoted && walk->open->kind == SCHEMA_LEAF_LIST &&
           (walk->brackets ? strcmp(word->text, "]") == 0
                           : walk->values == 0 && strcmp(word->text, "[") == 0);
}

/* May the word that is no value of the open leaf-list be an abbreviated keyword behind it? */
static bool may_end_list(const struct walk *walk, const struct word *word)
{
    struct problem unused;
    size_t depth;

    return walk->mode == WALK_SET && walk->open->kind == SCHEMA_LEAF_LIST && walk->values > 0 &&
           !walk->brackets && !word->quoted && find_keyword(walk, word, &depth, &unused);
}

static bool take_value(struct walk *walk, const struct word *word, struct step *step,
                       struct problem *problem)
{
    const struct schema *row = walk->open;
    char why[sizeof problem->text - 64];

    if (is_bracket(walk, word))
        return take_bracket(walk, word, step, problem);
    if (!word->quoted && walk_needs_quotes(walk, word->text))
        return take_keyword(walk, word, step, problem);
    *step = (struct step){.row = row, .depth = walk->depth};
    if (!row->parse(row, word->text, &step->text, why, sizeof why))
        return may_end_list(walk, word) ? take_keyword(walk, word, step, problem)
                                        : problem_at(problem, word, "%s: %s", row->name, why);
    if (row->kind == SCHEMA_LEAF_LIST && !word->quoted && words_bracketed(step->text)) {
        free(step->text);
        step->text = NULL;
        return problem_at(problem, word,
                          "%s: blanks stand around brackets, [ a b ] (a value with a bracket goes "
                          "in quotes)",
                          row->name);
    }
    if (row->kind == SCHEMA_LIST) {
        descend(walk, row);
    } else if (row->kind == SCHEMA_LEAF_LIST) {
        walk->values++;
    } else {
        walk->open = NULL;
        walk->ended = walk->mode != WALK_SET;
        walk->text = row->parse == value_text && !word->quoted ? row : NULL;
        if (row->implied)
            ascend(walk);
    }
    return true;
}

bool walk_word(struct walk *walk, const struct word *word, struct step *step,
               struct problem *problem)
{
    char shown[UTF8_SHORT_SIZE];

    if (walk->ended)
        return problem_at(problem, word, "unexpected word \"%s\", expected the end of the line",
                          utf8_shorten(word->text, shown));
    return walk->open ? take_value(walk, word, step, problem)
                      : take_keyword(walk, word, step, problem);
}

bool path_missing(const struct schema *row, const struct word *end, struct problem *problem)
{
    char expected[VALUE_EXPECTED_SIZE];

    value_expected(row, expected);
    return problem_at(problem, end, "%s: missing %s (expected %s)", row->name,
                      row->kind != SCHEMA_LIST ? "value"
                      : row->numeric_key       ? "number"
                                               : "name",
                      expected);
}

bool walk_end(const struct walk *walk, const struct word *end, struct problem *problem)
{
    char names[SCHEMA_EXPECTED_SIZE];
    bool nothing = walk->depth == 0 && walk->bare;

    if (walk->brackets)
        return problem_at(problem, end, "%s: the list is not closed, expected ]", walk->open->name);
    if (walk->mode == WALK_SHOW || (walk->mode == WALK_DELETE && !nothing))
        return true;
    if (walk->open && walk->values == 0)
        return path_missing(walk->open, end, problem);
    if (!walk->bare)
        return true;
    size_t count = schema_expected(walk_at(walk), "", names, sizeof names);
    return problem_at(problem, end, "missing word, expected%s %s",
                      count == 1 ? "" : " one of:", names);
}

struct step *path_steps(enum walk_mode mode, const struct word *words, size_t count,
                        struct problem *problem)
{
    struct step *steps = calloc(count + 1, sizeof *steps);
    struct walk walk;
    size_t at = 0;

    if (!steps) {
        problem_at(problem, NULL, "out of memory");
        return NULL;
    }
    walk_start(&walk, mode);
    while (at < count && walk_word(&walk, &words[at], &steps[at], problem))
        at++;
    if (at == count && walk_end(&walk, &words[count], problem))
        return steps;
    path_steps_free(steps, at);
    return NULL;
}

void path_steps_free(struct step *steps, size_t count)
{
    for (size_t i = 0; steps && i < count; i++)
        free(steps[i].text);
    free(steps);
}

bool tree_path(const struct word *words, size_t count, struct path *path, struct problem *problem)
{
    struct step *steps = path_steps(WALK_SHOW, words, count, problem);

    *path = (struct path){0};
    if (!steps)
        return false;
    path->words = calloc(count + 1, sizeof *path->words);
    while (path->words && path->count < count) {
        const struct step *step = &steps[path->count];
        char *word = strdup(step->text ? step->text : step->row->name);
        if (!word)
            break;
        path->words[path->count++] = word;
    }
    path_steps_free(steps, count);
    if (path->words && path->count == count)
        return true;
    path_free(path);
    return problem_at(problem, NULL, "out of memory");
}

void path_free(struct path *path)
{
    for (size_t i = 0; i < path->count; i++)
        free(path->words[i]);
    free(path->words);
    *path = (struct path){0};
}

struct word *path_whole(const struct path *above, const struct word *words, size_t count)
{
    struct word *whole = calloc(above->count + count + 1, sizeof *whole);

    if (!whole)
        return NULL;
    for (size_t i = 0; i < above->count; i++)
        whole[i] = (struct word){.text = above->words[i], .start = words->start};
    memcpy(whole + above->count, words, (count + 1) * sizeof *whole);
    return whole;
}

/* The row that the first `count` words lead to; *key: its key is among them. */
static const struct schema *path_row(const struct path *path, size_t count, bool *key)
{
    const struct schema *row = schema_root();

    *key = false;
    for (size_t i = 0; i < count; i++) {
        *key = row->kind == SCHEMA_LIST && !*key;
        if (!*key)
            row = schema_child(row, path->words[i]);
    }
    return row;
}

bool path_editable(const struct path *path, const struct word *words, struct problem *problem)
{
    bool key;
    const struct schema *row = path_row(path, path->count, &key);

    if (row->kind == SCHEMA_CONTAINER || (key && !schema_implied(row)))
        return true;
    if (row->kind == SCHEMA_LIST && !key)
        return path_missing(row, words + path->count, problem);
    return problem_at(problem, words + path->count - 1, "%s has nothing below it to edit",
                      row->name);
}

size_t path_above(const struct path *path, unsigned long levels)
{
    size_t count = path->count;

    while (count > 0 && levels > 0) {
        bool key;
        const struct schema *row = path_row(path, --count, &key);
        if (row->kind == SCHEMA_CONTAINER || key)
            levels--;
    }
    return count;
}

bool path_find(const struct node *tree, const struct path *path, struct found *found)
{
    *found = (struct found){.location = {{.node = tree}}};
    for (size_t i = 0; i < path->count; i++) {
        const struct location *up = &found->location[found->depth];
        const struct schema *row = schema_child(up->node->schema, path->words[i]);
        const char *key = NULL;
        size_t first;

        if (row->kind == SCHEMA_LIST && i + 1 == path->count) {
            found->list = row;
            return node_range(up->node, row, &first) > 0;
        }
        if (row->kind == SCHEMA_LIST)
            key = path->words[++i];
        const struct node *node = node_find(up->node, row, key);
        if (!node || found->depth + 1 == TREE_DEPTH)
            return false;
        found->location[++found->depth] = (struct location){.up = up, .node = node};
    }
    return true;
}
