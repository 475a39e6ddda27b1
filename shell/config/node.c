/* Nodes: sorted arrays of children, searched by halves, so that ten thousand lines load at once.
 * An array has room for the next power of two, which its count alone tells. */
#include "node.h"

#include <stdlib.h>
#include <string.h>

struct node *node_new(const struct schema *schema, const char *key)
{
    struct node *node = calloc(1, sizeof *node);

    if (!node)
        return NULL;
    node->schema = schema;
    if (key && !(node->key = strdup(key))) {
        free(node);
        return NULL;
    }
    return node;
}

void node_free(struct node *node)
{
    if (!node)
        return;
    for (size_t i = 0; i < node->child_count; i++)
        node_free(node->children[i]);
    for (size_t i = 0; i < node->value_count; i++)
        free(node->values[i]);
    free(node->children);
    free(node->values);
    free(node->index);
    free(node->key);
    free(node->comment);
    free(node);
}

struct node *node_copy(const struct node *node)
{
    struct node *copy = node_new(node->schema, node->key);
    bool good = copy;

    if (good && node->comment)
        good = (copy->comment = strdup(node->comment));
    if (good)
        copy->inactive = node->inactive;
    for (size_t i = 0; good && i < node->value_count; i++)
        good = node_value_add(copy, node->values[i]);
    for (size_t i = 0; good && i < node->child_count; i++) {
        struct node *child = node_copy(node->children[i]);
        good = child && node_append(copy, child);
    }
    if (good)
        return copy;
    node_free(copy);
    return NULL;
}

void node_annotate(struct node *node, char *comment)
{
    free(node->comment);
    node->comment = comment;
}

bool comment_equal(const char *a, const char *b)
{
    return !a || !b ? a == b : strcmp(a, b) == 0;
}

bool node_marks_equal(const struct node *a, const struct node *b)
{
    return a->inactive == b->inactive && comment_equal(a->comment, b->comment);
}

bool node_values_equal(const struct node *a, const struct node *b)
{
    if (a->value_count != b->value_count)
        return false;
    for (size_t i = 0; i < a->value_count; i++)
        if (strcmp(a->values[i], b->values[i]) != 0)
            return false;
    return true;
}

bool node_equal(const struct node *a, const struct node *b)
{
    if (a == b)
        return true;
    if (node_order(a, b) != 0 || a->child_count != b->child_count || !node_values_equal(a, b) ||
        !node_marks_equal(a, b))
        return false;
    for (size_t i = 0; i < a->child_count; i++)
        if (!node_equal(a->children[i], b->children[i]))
            return false;
    return true;
}

int name_order(const char *a, const char *b)
{
    return strverscmp(a, b);
}

static int order(const struct node *node, const struct schema *row, const char *key)
{
    if (node->schema != row)
        return node->schema < row ? -1 : 1; /* siblings' rows are one array */
    return !node->key || !key ? 0 : name_order(node->key, key);
}

int node_order(const struct node *a, const struct node *b)
{
    return order(a, b->schema, b->key);
}

bool node_search(const struct node *parent, const struct schema *row, const char *key, size_t *at)
{
    size_t low = 0, high = parent->child_count;

    if (high > 0 && order(parent->children[high - 1], row, key) < 0)
        low = high; /* what is loaded comes in order */
    while (low < high) {
        size_t middle = (low + high) / 2;
        int side = order(parent->children[middle], row, key);
        if (side == 0) {
            *at = middle;
            return true;
        }
        if (side < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *at = low;
    return false;
}

struct node *node_find(const struct node *parent, const struct schema *row, const char *key)
{
    size_t at;

    return node_search(parent, row, key, &at) ? parent->children[at] : NULL;
}

/* The first child of a row that comes behind `row`, or at it. */
static size_t row_start(const struct node *parent, const struct schema *row)
{
    size_t low = 0, high = parent->child_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (parent->children[middle]->schema < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t node_range(const struct node *parent, const struct schema *row, size_t *first)
{
    *first = row_start(parent, row);
    return row_start(parent, row + 1) - *first;
}

/* Room for one more pointer in an array of `count`. */
static bool grow(void *array, size_t count)
{
    void **at, **bigger;

    if ((count & (count - 1)) != 0)
        return true;
    memcpy(&at, array, sizeof at);
    bigger = realloc(at, (count == 0 ? 1 : 2 * count) * sizeof *bigger);
    if (!bigger)
        return false;
    memcpy(array, &bigger, sizeof bigger);
    return true;
}

static bool insert(struct node *parent, size_t at, struct node *child)
{
    if (!grow(&parent->children, parent->child_count)) {
        node_free(child);
        return false;
    }
    memmove(parent->children + at + 1, parent->children + at,
            (parent->child_count - at) * sizeof *parent->children);
    parent->children[at] = child;
    parent->child_count++;
    return true;
}

struct node *node_make(struct node *parent, const struct schema *row, const char *key)
{
    size_t at;

    if (node_search(parent, row, key, &at))
        return parent->children[at];
    struct node *child = node_new(row, key);
    return child && insert(parent, at, child) ? child : NULL;
}

bool node_append(struct node *parent, struct node *child)
{
    return insert(parent, parent->child_count, child);
}

void node_remove(struct node *parent, size_t first, size_t count)
{
    for (size_t i = first; i < first + count; i++)
        node_free(parent->children[i]);
    memmove(parent->children + first, parent->children + first + count,
            (parent->child_count - first - count) * sizeof *parent->children);
    parent->child_count -= count;
}

/* The values of a long leaf-list are found by a hash table in node->index: of twice to four times
 * as many places as there are values, each holding 1 + a value's position, or 0. */
enum { INDEX_FROM = 16 };

static size_t index_place(const struct node *node, const char *text)
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    for (const char *c = text; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    for (size_t place = hash & (node->index_size - 1);;
         place = (place + 1) & (node->index_size - 1))
        if (node->index[place] == 0 || strcmp(node->values[node->index[place] - 1], text) == 0)
            return place;
}

/* The table for the values there are and as many again. */
static bool build_index(struct node *node)
{
    size_t size = INDEX_FROM;

    free(node->index);
    node->index = NULL;
    if (node->value_count < INDEX_FROM)
        return true;
    while (size < 4 * node->value_count)
        size *= 2;
    node->index = calloc(size, sizeof *node->index);
    if (!node->index)
        return false;
    node->index_size = size;
    for (size_t i = 0; i < node->value_count; i++)
        node->index[index_place(node, node->values[i])] = (uint32_t)i + 1;
    return true;
}

bool node_value_has(const struct node *node, const char *text)
{
    if (node->index)
        return node->index[index_place(node, text)] != 0;
    for (size_t i = 0; i < node->value_count; i++)
        if (strcmp(node->values[i], text) == 0)
            return true;
    return false;
}

bool node_value_add(struct node *node, const char *text)
{
    if (node_value_has(node, text))
        return true;
    char *copy = strdup(text);
    if (!copy || !grow(&node->values, node->value_count)) {
        free(copy);
        return false;
    }
    node->values[node->value_count++] = copy;
    if (!node->index || 2 * node->value_count > node->index_size)
        return build_index(node);
    node->index[index_place(node, copy)] = (uint32_t)node->value_count;
    return true;
}

bool node_value_set(struct node *node, const char *text)
{
    char *copy = strdup(text);

    if (!copy || (node->value_count == 0 && !grow(&node->values, 0))) {
        free(copy);
        return false;
    }
    if (node->value_count > 0)
        free(node->values[0]);
    node->values[0] = copy;
    node->value_count = 1;
    return true;
}

bool node_values_remove(struct node *node, const struct node *others)
{
    size_t kept = 0;

    for (size_t i = 0; i < node->value_count; i++) {
        if (node_value_has(others, node->values[i]))
            free(node->values[i]);
        else
            node->values[kept++] = node->values[i];
    }
    node->value_count = kept;
    return build_index(node);
}

/* Calls word() for each word of the path. */
static void location_words(const struct location *location, void (*word)(void *, const char *),
                           void *context)
{
    if (!location || !location->up)
        return;
    location_words(location->up, word, context);
    if (!location->node->schema->implied)
        word(context, location->node->schema->name);
    if (location->node->key)
        word(context, location->node->key);
}

static void append_word(void *context, const char *word)
{
    char *out = context;
    size_t length = strlen(out);

    snprintf(out + length, LOCATION_TEXT_SIZE - length, "%s%s", length == 0 ? "" : " ", word);
}

const char *location_text(const struct location *location, char out[static LOCATION_TEXT_SIZE])
{
    out[0] = '\0';
    location_words(location, append_word, out);
    return out;
}

/* How far a location goes along a path. */
struct meeting {
    const struct path *path;
    size_t words;
    bool apart;
};

static void compare_word(void *context, const char *word)
{
    struct meeting *meeting = context;
    size_t at = meeting->words++;

    meeting->apart |= at < meeting->path->count && strcmp(meeting->path->words[at], word) != 0;
}

bool location_meets(const struct location *location, const struct path *path)
{
    struct meeting meeting = {.path = path};

    location_words(location, compare_word, &meeting);
    return !meeting.apart;
}

void location_in_text(const struct location *location, const char *row, uint32_t *line,
                      uint32_t *column)
{
    const struct node *node = node_child(location->node, row);

    while (!node || node->line == 0) {
        if (!location)
            break;
        node = location->node;
        location = location->up;
    }
    *line = node ? node->line : 0;
    *column = node ? node->column : 0;
}

static void print_word(void *context, const char *word)
{
    putc(' ', context);
    word_print(word, context);
}

void location_print(const struct location *location, FILE *out)
{
    location_words(location, print_word, out);
}
