/* An answer's metrics in the text format of Prometheus, as node_exporter's textfile collector reads
 * it: from the rows that text and JSON are written from, see columns.h.
 *
 * A thing's metrics are called mirrorsh_SUBJECT_KEY_UNIT, with _total behind those of counters:
 * SUBJECT is what identifies the thing ("session", of a receiver "receiver"), for a thing that
 * nothing identifies the keys that lead to it ("engine_sessions"). Its labels are those of the
 * things that it is in, and its own. */
#include "../config/utf8.h"
#include "things.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A metric with its samples, which have to stand together, though each comes with its thing. It
 * does not move: `samples` writes where it stands. */
struct family {
    char *name;
    FILE *samples;
    char *text; /* of `samples`: HELP and TYPE first */
    size_t size;
    struct family *next;
};

struct families {
    struct family *first, *last;
};

static const char *type_text(enum metric metric)
{
    return metric == METRIC_COUNTER ? "counter" : "gauge";
}

static struct family *find_family(const struct families *families, const char *name)
{
    struct family *family = families->first;

    while (family && strcmp(family->name, name) != 0)
        family = family->next;
    return family;
}

static void free_family(struct family *family)
{
    free(family->text);
    free(family->name);
    free(family);
}

/* Begins with HELP and TYPE. Takes the name; NULL when memory runs out. */
static struct family *add_family(struct families *families, char *name, const struct column *column)
{
    struct family *family = calloc(1, sizeof *family);

    if (!family) {
        free(name);
        return NULL;
    }
    family->name = name;
    family->samples = open_memstream(&family->text, &family->size);
    if (!family->samples) {
        free_family(family);
        return NULL;
    }
    fprintf(family->samples, "# HELP %s %s.\n# TYPE %s %s\n", name, column->help, name,
            type_text(column->metric));
    *(families->last ? &families->last->next : &families->first) = family;
    return families->last = family;
}

static void print_families(struct families *families, FILE *out)
{
    for (struct family *family = families->first, *next; family; family = next) {
        next = family->next;
        if (fclose(family->samples) == 0)
            fwrite(family->text, 1, family->size, out);
        free_family(family);
    }
}

/* ---- names and labels ---- */

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), wanted = strlen(end);

    return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

/* Malloced; NULL when memory runs out. */
static char *metric_name(const char *subject, const struct column *column)
{
    const char *key = column->called ? column->called : column->key;
    bool unit = !column->called && column->unit && !ends_with(key, column->unit);
    char *name;

    if (asprintf(&name, "mirrorsh_%s_%s%s%s%s", subject, key, unit ? "_" : "",
                 unit ? column->unit : "", column->metric == METRIC_COUNTER ? "_total" : "") < 0)
        return NULL;
    for (char *dot = name; (dot = strchr(dot, '.'));)
        *dot = '_';
    return name;
}

/* The kernel takes nearly any bytes as an interface's name: what is no character, or what a
 * terminal would obey, becomes \x1b, two of them never the same. */
static void print_label_value(const char *text, FILE *out)
{
    uint32_t code;

    while (*text) {
        size_t length = utf8_decode(text, &code);

        if (length == 0 || utf8_is_control(code)) {
            fprintf(out, "\\\\x%02x", (unsigned char)*text++);
            continue;
        }
        if (*text == '\\' || *text == '"')
            fputc('\\', out);
        fwrite(text, 1, length, out);
        text += length;
    }
}

/* Those of the things around, then a thing's own: `session="web",`. Malloced. */
static char *labels_of(const char *around, struct columns *columns)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    fputs(around, out);
    for (size_t i = 0; i < columns->count; i++) {
        if (!columns->at[i].label)
            continue;
        fprintf(out, "%s%s=\"", ftell(out) > 0 ? "," : "", columns->at[i].label);
        print_label_value(column_text(columns, &columns->at[i]), out);
        fputc('"', out);
    }
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* ---- samples ---- */

static void print_value(const struct column *column, FILE *out)
{
    switch (column->type) {
    case COLUMN_TEXT:
        fputs(column->text && strcmp(column->text, column->called) == 0 ? "1" : "0", out);
        break;
    case COLUMN_TRUTH:
        fputs(column->truth ? "1" : "0", out);
        break;
    case COLUMN_DECIMAL:
        fprintf(out, "%.3f", column->decimal);
        break;
    case COLUMN_NUMBER:
    case COLUMN_KNOWN:
        fprintf(out, "%" PRIu64, column->number);
        break;
    case COLUMN_TEXTS:
    case COLUMN_LIST:
        break;
    }
}

static void add_sample(struct families *families, const char *subject, const char *labels,
                       const struct column *column)
{
    char *name = metric_name(subject, column);
    struct family *family = name ? find_family(families, name) : NULL;

    if (family)
        free(name);
    else if (name)
        family = add_family(families, name, column);
    if (!family)
        return;
    fprintf(family->samples, *labels ? "%s{%s} " : "%s%s ", family->name, labels);
    print_value(column, family->samples);
    fputc('\n', family->samples);
}

static void add_list(struct families *families, const char *subject, const char *around,
                     const struct listing *list);

/* What is in a thing, in names: "engine_sessions"; "sessions" at the top. */
static void add_member(struct families *families, const char *subject, const char *labels,
                       const struct column *column)
{
    char *member;

    if (asprintf(&member, "%s%s%s", subject, *subject ? "_" : "", column->key) < 0)
        return;
    add_list(families, member, labels, &column->list);
    free(member);
}

static void add_columns(struct families *families, const char *subject, const char *labels,
                        const struct column *column, size_t count)
{
    for (; count-- > 0; column++) {
        bool known = column->type != COLUMN_KNOWN || column->number > 0;

        if (column->type == COLUMN_LIST)
            add_member(families, subject, labels, column);
        else if (column->metric != METRIC_NONE && known)
            add_sample(families, subject, labels, column);
    }
}

/* The last of a thing's labels says what kind of thing it is. */
static const char *subject_of(const struct columns *columns, const char *otherwise)
{
    const char *subject = otherwise;

    for (size_t i = 0; i < columns->count; i++)
        subject = columns->at[i].label ? columns->at[i].label : subject;
    return subject;
}

static void add_list(struct families *families, const char *subject, const char *around,
                     const struct listing *list)
{
    struct columns columns = {0};

    for (size_t i = 0; next_thing(list, &i, &columns);) {
        char *labels = labels_of(around, &columns);

        if (labels)
            add_columns(families, subject_of(&columns, subject), labels, columns.at, columns.count);
        free(labels);
    }
}

void prometheus_print(const struct column *answer, size_t count, FILE *out)
{
    struct families families = {0};

    add_columns(&families, "", "", answer, count);
    print_families(&families, out);
}
