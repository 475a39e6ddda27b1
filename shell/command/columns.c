/* The columns of things as text or as JSON: see columns.h; as metrics: prometheus.c. */
#include "columns.h"
#include "output.h"
#include "things.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void columns_add(struct columns *columns, const struct column *added, size_t count)
{
    struct column *more = realloc(columns->at, (columns->count + count) * sizeof *more);

    if (!more)
        return;
    columns->at = more;
    memcpy(more + columns->count, added, count * sizeof *added);
    columns->count += count;
}

void *columns_keep(struct columns *columns, void *memory)
{
    void **more = realloc(columns->kept, (columns->kept_count + 1) * sizeof *more);

    if (!more) {
        free(memory);
        return NULL;
    }
    columns->kept = more;
    return more[columns->kept_count++] = memory;
}

const char *columns_text(struct columns *columns, const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    return columns_keep(columns, text);
}

void columns_free(struct columns *columns)
{
    for (size_t i = 0; i < columns->kept_count; i++)
        free(columns->kept[i]);
    free(columns->kept);
    free(columns->at);
    *columns = (struct columns){0};
}

bool next_thing(const struct listing *list, size_t *index, struct columns *columns)
{
    while (columns_free(columns), *index < list->count) {
        list->columns(columns, (const char *)list->items + (*index)++ * list->size, list->context);
        if (!list->only || (columns->count > 0 && strcmp(columns->at->text, list->only) == 0))
            return true;
    }
    return false;
}

/* ---- JSON ---- */

static void json_columns(struct json *json, const struct column *at, size_t count);

static void json_list(struct json *json, const char *key, const struct listing *list)
{
    struct columns columns = {0};

    if (!list->single)
        json_open(json, key, '[');
    for (size_t i = 0; next_thing(list, &i, &columns);) {
        json_open(json, list->single ? key : NULL, '{');
        json_columns(json, columns.at, columns.count);
        json_close(json, '}');
    }
    if (!list->single)
        json_close(json, ']');
}

static void json_texts(struct json *json, const char *key, const char *const *texts)
{
    json_open(json, key, '[');
    for (size_t i = 0; texts && texts[i]; i++)
        json_text(json, NULL, texts[i]);
    json_close(json, ']');
}

static void json_column(struct json *json, const char *key, const struct column *column)
{
    switch (column->type) {
    case COLUMN_TEXT:
        json_text(json, key, column->text);
        break;
    case COLUMN_TEXTS:
        json_texts(json, key, column->texts);
        break;
    case COLUMN_KNOWN:
        if (column->number == 0) {
            json_text(json, key, NULL);
            break;
        }
        /* fallthrough */
    case COLUMN_NUMBER:
        json_number(json, key, column->number);
        break;
    case COLUMN_DECIMAL:
        json_decimal(json, key, column->decimal);
        break;
    case COLUMN_TRUTH:
        json_truth(json, key, column->truth);
        break;
    case COLUMN_LIST:
        json_list(json, key, &column->list);
        break;
    }
}

/* Where a key's last part begins. */
static const char *member_of(const char *key)
{
    const char *dot = strrchr(key, '.');

    return dot ? dot + 1 : key;
}

/* Columns of one object stand beside each other: it is opened with the first of them. */
static void json_columns(struct json *json, const struct column *at, size_t count)
{
    char object[64] = "";

    for (const struct column *column = at; column < at + count; column++) {
        if (!column->key)
            continue;
        const char *member = member_of(column->key);
        size_t length = member > column->key ? (size_t)(member - column->key) - 1 : 0;
        if (strlen(object) != length || strncmp(object, column->key, length) != 0) {
            if (*object)
                json_close(json, '}');
            snprintf(object, sizeof object, "%.*s", (int)length, column->key);
            if (*object)
                json_open(json, object, '{');
        }
        json_column(json, member, column);
    }
    if (*object)
        json_close(json, '}');
}

/* ---- text ---- */

const char *column_text(struct columns *columns, const struct column *column)
{
    const char *text = NULL;

    switch (column->type) {
    case COLUMN_TEXT:
        text = column->text;
        break;
    case COLUMN_KNOWN:
        if (column->number == 0)
            return "-";
        /* fallthrough */
    case COLUMN_NUMBER:
        text = columns_text(columns, "%" PRIu64, column->number);
        break;
    case COLUMN_DECIMAL:
        text = columns_text(columns, "%.1f", column->decimal);
        break;
    case COLUMN_TRUTH:
        return column->truth ? "yes" : "no";
    case COLUMN_TEXTS:
    case COLUMN_LIST:
        break;
    }
    return text ? text : "";
}

/* ---- a section of lines ---- */

/* As "256 packets" where the key is matched.packets. */
static bool says_unit(const struct column *column)
{
    const char *dot = column->unit && column->key ? strrchr(column->key, '.') : NULL;

    return dot && strcmp(dot + 1, column->unit) == 0;
}

struct lines {
    struct table table;
    const char *line;
    char *value; /* of `line`, which may go on */
};

static void end_line(struct lines *lines)
{
    if (lines->line) {
        table_cell(&lines->table, "%s", lines->line);
        table_cell(&lines->table, "%s", lines->value ? lines->value : "");
    }
    free(lines->value);
    lines->line = NULL;
    lines->value = NULL;
}

/* Begins a line, or goes on with the one that stands. */
static void add_value(struct lines *lines, const char *line, const char *between, const char *text)
{
    char *value = NULL;

    if (between) {
        if (asprintf(&value, "%s%s%s", lines->value ? lines->value : "", between, text) < 0)
            value = NULL;
        free(lines->value);
    } else {
        end_line(lines);
        value = strdup(text);
        lines->line = line;
    }
    lines->value = value;
}

/* A line for each of several values. */
static void add_texts(struct lines *lines, const struct column *column)
{
    for (size_t i = 0; column->texts && column->texts[i]; i++)
        add_value(lines, i == 0 ? column->line : "", NULL, column->texts[i]);
}

static void add_line(struct lines *lines, struct columns *columns, const struct column *column)
{
    const char *text = column->spelled ? column->spelled : column_text(columns, column);
    bool goes_on = lines->line && strcmp(lines->line, column->line) == 0;

    if (says_unit(column))
        text = columns_text(columns, "%s %s", text, column->unit);
    if (text && column->mark)
        text = columns_text(columns, "%s (%s)", text, column->mark);
    add_value(lines, column->line, goes_on ? ", " : NULL, text ? text : "");
}

static void add_lines(struct lines *lines, struct columns *columns)
{
    for (size_t i = 0; i < columns->count; i++) {
        const struct column *column = &columns->at[i];

        if (column->note && column->text && *column->text)
            add_value(lines, NULL, ": ", column->text);
        else if (column->line && column->type == COLUMN_TEXTS)
            add_texts(lines, column);
        else if (column->line)
            add_line(lines, columns, column);
    }
    end_line(lines);
}

static void print_lines(struct columns *columns, const char *indent, const struct paper *paper)
{
    struct lines lines = {.table = {.columns = 2, .align = "ll", .indent = indent}};

    add_lines(&lines, columns);
    table_print(&lines.table, paper->width, paper->out);
}

static void print_list(const struct listing *list, const char *indent, const struct paper *paper);

static void print_section(struct columns *columns, const struct paper *paper)
{
    const char *indent = "";

    for (size_t i = 0; i < columns->count; i++) {
        if (!columns->at[i].heading)
            continue;
        fprintf(paper->out, "%s\n", columns->at[i].heading);
        indent = "  ";
    }
    print_lines(columns, indent, paper);
    for (size_t i = 0; i < columns->count; i++)
        if (columns->at[i].type == COLUMN_LIST)
            print_list(&columns->at[i].list, indent, paper);
}

/* ---- a table ---- */

enum { TITLES_MAX = 32 };

struct titles {
    const char *at[TITLES_MAX];
    char align[TITLES_MAX]; /* numbers stand to the right */
    size_t count;
};

static bool is_number(const struct column *column)
{
    return column->type == COLUMN_NUMBER || column->type == COLUMN_KNOWN ||
           column->type == COLUMN_DECIMAL;
}

static void add_titles(struct titles *titles, const struct columns *columns)
{
    struct columns inner = {0};

    for (const struct column *column = columns->at; column < columns->at + columns->count;
         column++) {
        size_t first = 0;

        if (column->type == COLUMN_LIST && next_thing(&column->list, &first, &inner)) {
            add_titles(titles, &inner);
        } else if (column->title && titles->count < TITLES_MAX) {
            titles->align[titles->count] = is_number(column) ? 'r' : 'l';
            titles->at[titles->count++] = column->title;
        }
    }
    columns_free(&inner);
}

/* Of the thing that has most: the list in another one may be empty. */
static struct titles titles_of(const struct listing *list)
{
    struct titles most = {.count = 0};
    struct columns columns = {0};

    for (size_t i = 0; next_thing(list, &i, &columns);) {
        struct titles titles = {.count = 0};

        add_titles(&titles, &columns);
        if (titles.count > most.count)
            most = titles;
    }
    return most;
}

static void add_blanks(struct table *table, size_t count)
{
    for (size_t i = 0; i < count; i++)
        table_cell(table, "%s", "");
}

static void end_row(struct table *table, const struct columns *columns, size_t cells)
{
    add_blanks(table, table->columns - cells);
    for (size_t i = 0; i < columns->count; i++)
        if (columns->at[i].note && columns->at[i].text && *columns->at[i].text)
            table_note(table, columns->at[i].text);
}

/* Whether a list in a thing has anything in a table. */
static bool is_titled(const struct listing *list)
{
    struct columns columns = {0};
    struct titles titles = {.count = 0};
    size_t first = 0;

    if (next_thing(list, &first, &columns))
        add_titles(&titles, &columns);
    columns_free(&columns);
    return titles.count > 0;
}

/* The row of one thing, in which `cells` stand already: of what it is in. As many rows as the list
 * in it has things, where there is one. */
static void add_row(struct table *table, struct columns *columns, size_t cells)
{
    const struct listing *list = NULL;
    struct columns inner = {0};
    size_t i = 0;

    for (const struct column *at = columns->at; at < columns->at + columns->count; at++) {
        if (at->type == COLUMN_LIST) {
            list = is_titled(&at->list) ? &at->list : list;
        } else if (at->title && cells < table->columns) {
            table_cell(table, "%s", column_text(columns, at));
            cells++;
        }
    }
    if (!list || !next_thing(list, &i, &inner)) {
        end_row(table, columns, cells);
        return;
    }
    do {
        add_blanks(table, i > 1 ? cells : 0);
        add_row(table, &inner, cells);
    } while (next_thing(list, &i, &inner));
}

static void print_table(const struct listing *list, const char *indent, const struct paper *paper)
{
    struct titles titles = titles_of(list);
    struct table table = {.columns = titles.count, .align = titles.align, .indent = indent};
    struct columns columns = {0};

    if (titles.count == 0)
        return;
    for (size_t i = 0; i < titles.count; i++)
        table_cell(&table, "%s", titles.at[i]);
    for (size_t i = 0; next_thing(list, &i, &columns);)
        add_row(&table, &columns, 0);
    table_print(&table, paper->width, paper->out);
}

static void print_list(const struct listing *list, const char *indent, const struct paper *paper)
{
    struct columns columns = {0};

    if (list->count == 0 && list->empty)
        fprintf(paper->out, "%s%s\n", indent, list->empty);
    else if (list->form == FORM_TABLE)
        print_table(list, indent, paper);
    else
        for (size_t i = 0; next_thing(list, &i, &columns);)
            print_section(&columns, paper);
}

/* ---- the answer ---- */

void columns_print(const struct column *answer, size_t count, enum display display,
                   const struct paper *paper)
{
    struct columns columns = {0};

    if (display == DISPLAY_PROMETHEUS) {
        prometheus_print(answer, count, paper->out);
        return;
    }
    if (display == DISPLAY_JSON) {
        struct json json;

        json_begin(&json, paper->out);
        json_columns(&json, answer, count);
        json_end(&json);
        return;
    }
    columns_add(&columns, answer, count);
    print_section(&columns, paper);
    columns_free(&columns);
}
