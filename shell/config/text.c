/* The tree as set lines and as braces, and back from set lines: what is saved, shown and loaded. */
#include "text.h"

#include "node.h"
#include "path.h"
#include "utf8.h"
#include <stdlib.h>
#include <string.h>

/* What a line says of the node at a place, without its end. */
static void print_verb(const char *verb, const struct location *location, FILE *out)
{
    fputs(verb, out);
    location_print(location, out);
}

static void print_marks(const struct location *location, FILE *out)
{
    if (location->node->inactive) {
        print_verb("deactivate", location, out);
        putc('\n', out);
    }
    if (location->node->comment) {
        print_verb("annotate", location, out);
        putc(' ', out);
        word_print_quoted(location->node->comment, out);
        putc('\n', out);
    }
}

static void print_set(const struct location *location, FILE *out)
{
    const struct node *node = location->node;

    for (size_t i = 0; i < node->child_count; i++)
        print_set(&(struct location){.up = location, .node = node->children[i]}, out);
    for (size_t i = 0; i < node->value_count; i++) {
        print_verb("set", location, out);
        putc(' ', out);
        word_print(node->values[i], out);
        putc('\n', out);
    }
    if (node->child_count == 0 && node->value_count == 0 && location->up) {
        print_verb("set", location, out);
        putc('\n', out);
    }
    print_marks(location, out);
}

void text_print_set(const struct node *tree, const struct path *path, FILE *out)
{
    struct found found;
    size_t first;

    if (!path_find(tree, path, &found))
        return;
    const struct location *location = &found.location[found.depth];
    if (!found.list) {
        print_set(location, out);
        return;
    }
    size_t count = node_range(location->node, found.list, &first);
    for (size_t i = first; i < first + count; i++)
        print_set(&(struct location){.up = location, .node = location->node->children[i]}, out);
}

void text_print_comment(const struct node *node, FILE *out)
{
    fprintf(out, "/* %s */\n", node->comment);
}

/* The node's name, key and values; whether there is more below it. */
static bool print_head(const struct node *node, FILE *out)
{
    fputs(node->schema->name, out);
    if (node->key) {
        putc(' ', out);
        word_print(node->key, out);
    }
    if (schema_implied(node->schema) && node->child_count > 0)
        node = node->children[0];
    if (node->value_count > 1)
        fputs(" [", out);
    for (size_t i = 0; i < node->value_count; i++) {
        putc(' ', out);
        word_print(node->values[i], out);
    }
    if (node->value_count > 1)
        fputs(" ]", out);
    return node->child_count > 0;
}

void text_print_outline(const struct node *node, FILE *out)
{
    fputs(print_head(node, out) ? " { ... }\n" : ";\n", out);
}

static void print_braces(const struct node *node, const char *prefix, int depth, FILE *out)
{
    if (node->comment) {
        fprintf(out, "%s%*s", prefix, 4 * depth, "");
        text_print_comment(node, out);
    }
    fprintf(out, "%s%*s%s", prefix, 4 * depth, "", node->inactive ? "inactive: " : "");
    if (!print_head(node, out)) {
        fputs(";\n", out);
        return;
    }
    fputs(" {\n", out);
    for (size_t i = 0; i < node->child_count; i++)
        print_braces(node->children[i], prefix, depth + 1, out);
    fprintf(out, "%s%*s}\n", prefix, 4 * depth, "");
}

void text_print_node(const struct node *node, const char *prefix, FILE *out)
{
    print_braces(node, prefix, 0, out);
}

void text_print_braces(const struct node *tree, const struct path *path, FILE *out)
{
    struct found found;

    if (!path_find(tree, path, &found))
        return;
    const struct node *node = found.location[found.depth].node;
    if (!found.list && (node->value_count > 0 || node->schema->kind == SCHEMA_FLAG))
        print_braces(node, "", 0, out);
    for (size_t i = 0; i < node->child_count; i++)
        if (!found.list || node->children[i]->schema == found.list)
            print_braces(node->children[i], "", 0, out);
}

/* What the lines of a configuration begin with. */
enum verb { VERB_SET, VERB_DEACTIVATE, VERB_ANNOTATE, VERBS };

static const char *const verbs[VERBS] = {
    [VERB_SET] = "set", [VERB_DEACTIVATE] = "deactivate", [VERB_ANNOTATE] = "annotate"};

/* A text on its way into a tree. */
struct loading {
    struct node *tree;
    struct problems *problems;
    bool examine; /* see text_examine */
    bool good;    /* no line was wrong */
};

/* The verb that a line begins with: its place in verbs, or -1 with *problem. */
static int find_verb(const struct words *words, struct problem *problem)
{
    char shown[UTF8_SHORT_SIZE];

    for (size_t i = 0; i < words->count; i++)
        if (!words->at[i].quoted && strcmp(words->at[i].text, "|") == 0)
            return !problem_at(problem, &words->at[i], "a pipe has no place in a configuration") *
                   -1;
    for (int verb = VERB_SET; !words->at[0].quoted && verb < VERBS; verb++)
        if (strcmp(words->at[0].text, verbs[verb]) == 0)
            return verb;
    problem_at(problem, &words->at[0], "%s \"%s\", expected one of: set, deactivate, annotate",
               words->at[0].quoted ? "quoted word" : "unknown word",
               utf8_shorten(words->at[0].text, shown));
    return -1;
}

/* The words behind a line's verb to the tree. */
static bool load_words(struct loading *loading, enum verb verb, const struct origin *origin,
                       size_t count, struct problem *problem)
{
    switch (verb) {
    case VERB_SET:
        return tree_set_from(loading->tree, origin->words, count, origin, problem);
    case VERB_DEACTIVATE:
        return tree_deactivate(loading->tree, origin->words, count, problem);
    case VERB_ANNOTATE:
        return tree_annotate(loading->tree, origin->words, count, problem);
    case VERBS:
        break;
    }
    return false;
}

/* One line of a text to the tree. */
static void load_line(struct loading *loading, const char *line, uint32_t number)
{
    struct problem problem = {0};
    struct words words;
    bool split = words_split(line, &words, &problem);
    int verb = split && words.count > 0 ? find_verb(&words, &problem) : VERB_SET;
    bool good = split && verb >= 0;
    const struct origin origin = {
        .line = number, .text = line, .words = words.count > 0 ? words.at + 1 : NULL};

    if (good && words.count > 0)
        good = load_words(loading, (enum verb)verb, &origin, words.count - 1, &problem) ||
               problem.warning;
    if (!good) {
        loading->good = false;
        problems_add(loading->problems, number, words_column(line, problem.at), "%s", problem.text);
        /* a word that could not be read to its end is none */
        if (loading->examine && verb == VERB_SET && words.count > 1)
            tree_salvage(loading->tree, origin.words, words.count - (split ? 1 : 2), &origin);
    }
    words_free(&words);
}

static bool load(struct loading *loading, const char *text, size_t length)
{
    const char *end = text + length, *next;
    char *line = NULL;
    size_t room = 0;
    uint32_t number = 1;

    loading->good = true;
    for (text += utf8_mark(text, length); text < end; text = next, number++) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t bytes = (size_t)((newline ? newline : end) - text);
        next = newline ? newline + 1 : end;
        if (bytes >= room) {
            free(line);
            room = bytes + 256;
            line = malloc(room);
            if (!line) {
                problems_add(loading->problems, number, 0, "out of memory");
                return false;
            }
        }
        memcpy(line, text, bytes);
        line[bytes] = '\0';
        if (strlen(line) == bytes) {
            load_line(loading, line, number);
        } else {
            problems_add(loading->problems, number, words_column(line, strlen(line)), "a NUL byte");
            loading->good = false;
        }
    }
    free(line);
    return loading->good;
}

bool text_load(struct node *tree, const char *text, size_t length, struct problems *problems)
{
    return load(&(struct loading){.tree = tree, .problems = problems}, text, length);
}

bool text_examine(struct node *tree, const char *text, size_t length, struct problems *problems)
{
    return load(&(struct loading){.tree = tree, .problems = problems, .examine = true}, text,
                length);
}
