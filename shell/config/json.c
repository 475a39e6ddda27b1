/* The tree for programs. */
#include "node.h"
#include "path.h"
#include "text.h"
#include "utf8.h"
#include "value.h"
#include <string.h>

void json_string(const char *text, FILE *out)
{
    uint32_t code;

    putc('"', out);
    while (*text != '\0') {
        size_t length = utf8_decode(text, &code);
        if (length == 0)
            fputs("\\ufffd", out);
        else if (code == '"' || code == '\\')
            fprintf(out, "\\%c", (int)code);
        else if (utf8_is_control(code))
            fprintf(out, "\\u%04x", (unsigned)code);
        else
            fwrite(text, 1, length, out);
        text += length == 0 ? 1 : length;
    }
    putc('"', out);
}

static void print_name(const char *mark, const struct schema *row, FILE *out)
{
    fprintf(out, "\"%s", mark);
    for (const char *c = row->name; *c != '\0'; c++)
        putc(*c == '-' ? '_' : *c, out);
    fputs("\":", out);
}

static void print_value(const struct schema *row, const char *text, FILE *out)
{
    if (row->parse == value_number && value_to_number(text, -1) >= 0)
        fputs(text, out);
    else
        json_string(text, out);
}

static void print_object(const struct node *node, size_t depth, const struct found *found,
                         FILE *out);

static void print_marks(const struct node *node, FILE *out)
{
    fputs(node->inactive ? "{\"inactive\":true" : "{", out);
    if (node->comment) {
        fputs(node->inactive ? ",\"comment\":" : "\"comment\":", out);
        json_string(node->comment, out);
    }
    putc('}', out);
}

static bool is_marked(const struct node *node)
{
    return node->inactive || node->comment;
}

static void print_child(const struct node *node, size_t depth, const struct found *found, FILE *out)
{
    switch (node->schema->kind) {
    case SCHEMA_CONTAINER:
    case SCHEMA_LIST:
        print_object(node, depth, found, out);
        break;
    case SCHEMA_LEAF:
        print_value(node->schema, node->values[0], out);
        break;
    case SCHEMA_LEAF_LIST:
        for (size_t i = 0; i < node->value_count; i++) {
            putc(i == 0 ? '[' : ',', out);
            print_value(node->schema, node->values[i], out);
        }
        putc(']', out);
        break;
    case SCHEMA_FLAG:
        fputs("true", out);
        break;
    }
}

/* Is the child of the node at `depth` on the way to what was found, or below it? */
static bool wanted(const struct node *child, size_t depth, const struct found *found)
{
    if (depth < found->depth)
        return child == found->location[depth + 1].node;
    return depth > found->depth || !found->list || child->schema == found->list;
}

static void print_object(const struct node *node, size_t depth, const struct found *found,
                         FILE *out)
{
    const struct schema *open = NULL; /* the list whose array is open */
    bool first = true;

    putc('{', out);
    if (node->key) {
        fputs(node->schema->numeric_key ? "\"number\":" : "\"name\":", out);
        print_value(node->schema, node->key, out);
        first = false;
    }
    if (is_marked(node)) {
        fputs(first ? "\"@\":" : ",\"@\":", out);
        print_marks(node, out);
        first = false;
    }
    for (size_t i = 0; i < node->child_count; i++) {
        const struct node *child = node->children[i];
        if (!wanted(child, depth, found))
            continue;
        if (open && open != child->schema) {
            putc(']', out);
            open = NULL;
        }
        if (!first)
            putc(',', out);
        first = false;
        if (child->schema != open)
            print_name("", child->schema, out);
        if (child->schema != open && child->schema->kind == SCHEMA_LIST) {
            putc('[', out);
            open = child->schema;
        }
        print_child(child, depth + 1, found, out);
        if (is_marked(child) && !child->schema->children) {
            putc(',', out);
            print_name("@", child->schema, out);
            print_marks(child, out);
        }
    }
    fputs(open ? "]}" : "}", out);
}

void text_print_json(const struct node *tree, const struct path *path, FILE *out)
{
    struct found found;

    fputs("{\"configuration\":", out);
    if (path_find(tree, path, &found))
        print_object(tree, 0, &found, out);
    else
        fputs("{}", out);
    fputs("}\n", out);
}
