/* Random configurations, made from the schema's own rows, and what holds of every tree: for the
 * fuzzers of the configuration. */
#ifndef MIRRORSH_FUZZ_RANDOM_TREES_H
#define MIRRORSH_FUZZ_RANDOM_TREES_H

#include "../unit/trees.h"

#include "../../shell/config/path.h"
#include "../../shell/config/text.h"
#include "../../shell/config/value.h"
#include "random.h"

/* A valid value of a row; few different ones, so that lines meet. */
static const char *random_value(const struct schema *row)
{
    static const char *const names[] = {
        "a", "b", "web", "x.y-z_0", "\xe7\xbd\x91\xe7\xbb\x9c", "10", "set", "filter", NULL};
    static const char *const texts[] = {
        "",
        " ",
        "plain",
        "two words",
        "\"quoted\"",
        "a|b",
        "# not",
        "\\",
        "\\\"",
        "\xe2\x82\xac",
        "\xe6\xb7\xb1\xe5\x9c\xb3 \xe2\x86\x92 \xe5\x8c\x97\xe4\xba\xac",
        NULL};
    static const char *const endpoints[] = {"10.0.0.1",     "10.0.0.1:4789",      "10.0.0.2:1",
                                            "2001:DB8::1",  "[2001:db8::1]:4789", "[::1]:9",
                                            "fe80::1%eth0", "[fe80::1%eth0]:9",   NULL};
    static const char *const addresses[] = {"10.0.0.1", "2001:DB8::1", NULL};
    static const char *const prefixes[] = {"10.0.0.1", "10.1.2.3/8",     "0.0.0.0/0",
                                           "::/0",     "2001:db8::1/33", NULL};
    static const char *const rates[] = {"1pps", "2000kpps", "3Mbps", "1000gbps", NULL};
    static char number[24];

    for (size_t i = 0; row->choices; i++)
        if (!row->choices[i + 1].name || random_below(2) == 0)
            return row->choices[i].name;
    if (row->parse == value_number) {
        if (row->also.name && random_below(4) == 0)
            return row->also.name;
        snprintf(number, sizeof number, "%ld",
                 random_below(3) == 0 ? row->maximum : row->minimum + (long)random_below(12));
        return number;
    }
    if (row->match) {
        if (row->match->names)
            return row->match->names[random_below(2)].name;
        if (row->match->kind == MATCH_PREFIX)
            return one_of(prefixes);
        if (row->match->kind == MATCH_NEIGHBOUR)
            return random_below(2) ? "10.0.0.1" : "fe80::1";
        snprintf(number, sizeof number, "%u-%u", random_below(5), 5 + random_below(5));
        return number;
    }
    return one_of(row->parse == value_endpoint                       ? endpoints
                  : row->parse == value_address                      ? addresses
                  : row->parse == value_rate                         ? rates
                  : row->parse == value_text && !schema_implied(row) ? texts
                                                                     : names);
}

/* A valid line below `row`, each word behind a blank. */
static inline void random_line(const struct schema *row, FILE *out)
{
    unsigned count = 0;

    while (row->children[count].name)
        count++;
    const struct schema *child = &row->children[random_below(count)];
    if (!child->implied) {
        putc(' ', out);
        fwrite(child->name, 1, strlen(child->name), out);
    }
    if (child->kind == SCHEMA_FLAG)
        return;
    unsigned values = child->kind == SCHEMA_CONTAINER   ? 0
                      : child->kind == SCHEMA_LEAF_LIST ? 1 + random_below(30)
                                                        : 1;
    for (unsigned i = 0; i < values; i++) {
        const char *value = random_value(child);
        if (i > 0) /* or it might be taken for the next keyword */
            fprintf(out, " \"%s\"", value);
        else
            putc(' ', out), word_print(value, out);
    }
    if (child->kind == SCHEMA_CONTAINER ||
        (child->kind == SCHEMA_LIST && (schema_implied(child) || random_below(8) != 0)))
        random_line(child, out);
}

/* Marks what the line leads to, as far as that is there. */
static inline void random_mark(struct node *tree, const struct words *words,
                               struct problem *problem)
{
    static const char *const comments[] = {
        "",
        " ",
        "plain",
        "{ a; }",
        "\"quoted\"",
        "/* x",
        "*",
        " /",
        "#",
        "\\",
        "\xe2\x82\xac",
        "\xe9\x87\x8d\xe8\xa6\x81\xef\xbc\x9b \"\xe5\x8b\xbf\xe5\x88\xaa\"",
        NULL};
    struct word marked[TREE_DEPTH * 2];
    size_t count = 1 + random_below((unsigned)words->count);
    char *comment = strdup(one_of(comments));

    if (count + 2 > sizeof marked / sizeof *marked)
        count = 1;
    memcpy(marked, words->at, (count + 1) * sizeof *marked);
    if (random_below(2) == 0)
        (random_below(3) == 0 ? tree_activate : tree_deactivate)(tree, marked, count, problem);
    marked[count] = (struct word){.text = comment, .quoted = true};
    marked[count + 1] = marked[count];
    if (random_below(2) == 0)
        tree_annotate(tree, marked, count + 1, problem);
    free(comment);
}

/* Changes a tree by random lines; what a line says of values it may delete. */
static inline void change(struct node *tree, unsigned lines)
{
    for (unsigned i = 0; i < lines; i++) {
        struct problem problem = {.text = ""};
        struct words words;
        struct writer writer;
        FILE *out = write_start(&writer);
        random_line(schema_root(), out);
        fclose(out);
        if (!words_split(writer.text, &words, &problem))
            fail_msg("%s: %s", writer.text, problem.text);
        if (random_below(5) == 0)
            tree_delete(tree, words.at, 1 + random_below((unsigned)words.count), &problem);
        else if (!tree_set(tree, words.at, words.count, &problem))
            fail_msg("%s: %s", writer.text, problem.text);
        if (random_below(2) == 0)
            random_mark(tree, &words, &problem);
        words_free(&words);
        free(writer.text);
    }
}

static inline char *set_text(const struct node *tree, size_t *size)
{
    char *text;
    FILE *out = open_memstream(&text, size);

    text_print_set(tree, &(struct path){0}, out);
    fclose(out);
    return text;
}

/* Every node stands in its place, has what its row demands, and no plain container is empty. */
static inline void is_well_formed(const struct node *node, bool root)
{
    assert_int_equal(node->key != NULL, node->schema->kind == SCHEMA_LIST);
    assert_int_equal(node->value_count > 0,
                     node->schema->kind == SCHEMA_LEAF || node->schema->kind == SCHEMA_LEAF_LIST);
    assert_true(node->schema->kind == SCHEMA_LEAF_LIST || node->value_count <= 1);
    assert_true(root || node->schema->kind != SCHEMA_CONTAINER || node->child_count > 0);
    for (size_t i = 0; i < node->child_count; i++) {
        const struct node *child = node->children[i];
        if (i > 0) {
            const struct node *before = node->children[i - 1];
            assert_true(before->schema < child->schema ||
                        (before->schema == child->schema && child->key));
        }
        is_well_formed(child, false);
    }
}

#endif
