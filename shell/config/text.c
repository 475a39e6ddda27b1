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

/* What lines begin with. */
static const struct verb {
    const char *name;
    bool (*run)(struct node *tree, const struct word *words, size_t count, struct problem *problem);
    bool changes; /* it has no place in a configuration, which begins with nothing */
} verbs[] = {
    {"set", tree_set, false},           {"deactivate", tree_deactivate, false},
    {"annotate", tree_annotate, false}, {"activate", tree_activate, true},
    {"delete", tree_delete, true},      {"rename", tree_rename, true},
    {"copy", tree_duplicate, true},     {NULL, NULL, false},
};

/* A text on its way into a tree. */
struct loading {
    struct node *tree;
    struct problems *problems;
    bool examine; /* see text_examine */
    bool changes; /* see text_load_commands */
    bool good;    /* no line was wrong */
};

/* The verb that a line begins with; NULL with *problem. */
static const struct verb *find_verb(const struct loading *loading, const struct words *words,
                                    struct problem *problem)
{
    char shown[UTF8_SHORT_SIZE], expected[100] = "";
    const struct verb *verb;

    for (size_t i = 0; i < words->count; i++)
        if (!words->at[i].quoted && strcmp(words->at[i].text, "|") == 0) {
            problem_at(problem, &words->at[i], "a pipe has no place in a configuration");
            return NULL;
        }
    for (verb = verbs; verb->name; verb++) {
        if (verb->changes && !loading->changes)
            continue;
        if (!words->at[0].quoted && strcmp(words->at[0].text, verb->name) == 0)
            return verb;
        size_t used = strlen(expected);
        snprintf(expected + used, sizeof expected - used, "%s%s", used > 0 ? ", " : "", verb->name);
    }
    problem_at(problem, &words->at[0], "%s \"%s\", expected one of: %s",
               words->at[0].quoted ? "quoted word" : "unknown word",
               utf8_shorten(words->at[0].text, shown), expected);
    return NULL;
}

/* One line of a text to the tree. */
static void load_line(struct loading *loading, const char *line, uint32_t number)
{
    struct problem problem = {0};
    struct words words;
    bool split = words_split(line, &words, &problem);
    const struct verb *verb = verbs;
    if (split && words.count > 0)
        verb = find_verb(loading, &words, &problem);
    bool good = split && verb;
    const struct origin origin = {
        .place = {number, 1}, .text = line, .words = words.count > 0 ? words.at + 1 : NULL};

    if (good && words.count > 0)
        good = (verb == verbs
                    ? tree_set_from(loading->tree, origin.words, words.count - 1, &origin, &problem)
                    : verb->run(loading->tree, origin.words, words.count - 1, &problem)) ||
               problem.warning;
    if (!good) {
        loading->good = false;
        problems_add(loading->problems, number, words_column(line, problem.at), "%s", problem.text);
        /* a word that could not be read to its end is none */
        if (loading->examine && verb == verbs && words.count > 1)
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
    for (text += utf8_mark(text, length); text < end && !problems_full(loading->problems);
         text = next, number++) {
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

bool text_load_commands(struct node *tree, const char *text, size_t length,
                        struct problems *problems)
{
    return load(&(struct loading){.tree = tree, .problems = problems, .changes = true}, text,
                length);
}

bool text_has_lines(const char *text, size_t length)
{
    const char *at = text + utf8_mark(text, length), *end = text + length, *next;

    for (; at < end; at = next) {
        while (at < end && (*at == ' ' || *at == '\t'))
            at++;
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t word = 0;
        next = newline ? newline + 1 : end;
        if (at == end || *at == '#' || *at == '\r' || *at == '\n')
            continue;
        while (at + word < end && !strchr(" \t\r\n", at[word]))
            word++;
        for (const struct verb *verb = verbs; verb->name; verb++)
            if (strlen(verb->name) == word && memcmp(verb->name, at, word) == 0)
                return true;
        return !memchr(text, '{', length) && !memchr(text, ';', length);
    }
    return true;
}

bool text_examine(struct node *tree, const char *text, size_t length, struct problems *problems)
{
    if (!text_has_lines(text, length))
        return text_examine_braces(tree, text, length, problems);
    load(&(struct loading){.tree = tree, .problems = problems, .examine = true}, text, length);
    return true;
}
