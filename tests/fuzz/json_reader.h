/* The lines that a text of text_print_json stands for, read by nothing that wrote it: for the
 * fuzzers of the configuration. What is no JSON, or tells of no row of the schema, fails the test.
 */
#ifndef MIRRORSH_FUZZ_JSON_READER_H
#define MIRRORSH_FUZZ_JSON_READER_H

#include "../unit/trees.h"

#include "../../shell/config/text.h"

struct json_reader {
    const char *at;
    FILE *lines, *marks; /* of the same configuration; the marks come behind all that they are on */
};

static inline void json_expect(struct json_reader *reader, const char *text)
{
    if (strncmp(reader->at, text, strlen(text)) != 0)
        fail_msg("no %s at %.40s", text, reader->at);
    reader->at += strlen(text);
}

/* Whether it stands there, and then is passed. */
static inline bool json_passes(struct json_reader *reader, char c)
{
    bool there = *reader->at == c;

    reader->at += there;
    return there;
}

/* One character of a string; escapes are of what is below U+0800. */
static inline void json_character(struct json_reader *reader, FILE *out)
{
    unsigned char c = (unsigned char)*reader->at++;
    unsigned code;

    assert_true(c >= ' ');
    if (c != '\\') {
        putc(c, out);
    } else if (*reader->at != 'u') {
        assert_true(*reader->at == '"' || *reader->at == '\\');
        putc(*reader->at++, out);
    } else {
        assert_int_equal(sscanf(reader->at, "u%4x", &code), 1);
        reader->at += 5;
        if (code >= 0x80)
            putc((int)(0xc0 | code >> 6), out);
        putc((int)(code >= 0x80 ? 0x80 | (code & 0x3f) : code), out);
    }
}

/* A string or a number as plain text, malloced. */
static inline char *json_scalar(struct json_reader *reader)
{
    struct writer writer;
    FILE *out = write_start(&writer);

    if (json_passes(reader, '"')) {
        while (!json_passes(reader, '"'))
            json_character(reader, out);
    } else {
        size_t digits = strspn(reader->at, "0123456789");
        assert_true(digits > 0);
        fwrite(reader->at, 1, digits, out);
        reader->at += digits;
    }
    fclose(out);
    return writer.text;
}

/* The path with one more word, malloced. */
static inline char *json_path(const char *path, const char *word)
{
    struct writer writer;
    FILE *out = write_start(&writer);

    fprintf(out, "%s ", path);
    word_print(word, out);
    fclose(out);
    return writer.text;
}

/* What stands behind "@" or "@leaf". */
static inline void json_marks(struct json_reader *reader, const char *path)
{
    bool inactive = strncmp(reader->at, "{\"inactive\":true", 16) == 0;

    reader->at += inactive ? 16 : 1;
    if (inactive)
        fprintf(reader->marks, "deactivate%s\n", path);
    if (inactive ? json_passes(reader, ',') : *reader->at == '"') {
        json_expect(reader, "\"comment\":");
        char *comment = json_scalar(reader);
        fprintf(reader->marks, "annotate%s ", path);
        word_print_quoted(comment, reader->marks);
        putc('\n', reader->marks);
        free(comment);
    }
    json_expect(reader, "}");
}

static inline void json_object(struct json_reader *reader, const struct schema *row,
                               const char *path);

static inline void json_value(struct json_reader *reader, const char *path)
{
    char *value = json_scalar(reader), *line = json_path(path, value);

    fprintf(reader->lines, "set%s\n", line);
    free(line);
    free(value);
}

/* What a member tells of the row; path: that of the node around it. */
static inline void json_member(struct json_reader *reader, const struct schema *row,
                               const char *around)
{
    char *path = row->implied ? strdup(around) : json_path(around, row->name);

    switch (row->kind) {
    case SCHEMA_CONTAINER:
        json_object(reader, row, path);
        break;
    case SCHEMA_LIST:
    case SCHEMA_LEAF_LIST:
        json_expect(reader, "[");
        do {
            if (row->kind == SCHEMA_LIST)
                json_object(reader, row, path);
            else
                json_value(reader, path);
        } while (json_passes(reader, ','));
        json_expect(reader, "]");
        break;
    case SCHEMA_LEAF:
        json_value(reader, path);
        break;
    case SCHEMA_FLAG:
        json_expect(reader, "true");
        fprintf(reader->lines, "set%s\n", path);
        break;
    }
    free(path);
}

/* path: in front of an instance's key. */
static inline void json_object(struct json_reader *reader, const struct schema *row,
                               const char *path)
{
    bool list = row->kind == SCHEMA_LIST;
    char *here = strdup(path);

    json_expect(reader, "{");
    if (list) {
        json_expect(reader, row->numeric_key ? "\"number\":" : "\"name\":");
        char *key = json_scalar(reader);
        free(here);
        here = json_path(path, key);
        free(key);
        if (!schema_implied(row))
            fprintf(reader->lines, "set%s\n", here);
    }
    for (bool first = !list; !json_passes(reader, '}'); first = false) {
        if (!first)
            json_expect(reader, ",");
        char *name = json_scalar(reader);
        json_expect(reader, ":");
        for (char *c = name; *c; c++)
            *c = *c == '_' ? '-' : *c;
        const struct schema *child = schema_child(row, name + (*name == '@'));
        assert_true(child || strcmp(name, "@") == 0);
        char *marked = child ? json_path(here, child->name) : strdup(here);
        if (*name == '@')
            json_marks(reader, marked);
        else
            json_member(reader, child, here);
        free(marked);
        free(name);
    }
    free(here);
}

/* The tree of a whole text; freed by who asks. */
static inline struct node *json_tree(const char *text)
{
    struct writer lines, marks;
    struct json_reader reader = {
        .at = text, .lines = write_start(&lines), .marks = write_start(&marks)};
    struct problems problems = {0};
    struct node *tree = tree_new();

    json_expect(&reader, "{\"configuration\":");
    json_object(&reader, schema_root(), "");
    json_expect(&reader, "}\n");
    assert_int_equal(*reader.at, '\0');
    fclose(reader.lines);
    fclose(reader.marks);
    if (!text_load(tree, lines.text, lines.size, &problems) ||
        !text_load(tree, marks.text, marks.size, &problems))
        fail_msg("%s\n%s%s", problems.at[0].text, lines.text, marks.text);
    free(lines.text);
    free(marks.text);
    return tree;
}

#endif
