/* The writers of every answer: see output.h. */
#include "output.h"
#include "../config/text.h"
#include "../config/utf8.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- tables ---- */

static void add_cell(struct table *table, char *text)
{
    char **more = realloc(table->cells, (table->count + 1) * sizeof *more);

    if (!more) {
        free(text);
        return;
    }
    table->cells = more;
    more[table->count++] = text;
}

void table_cell(struct table *table, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    if (text)
        utf8_make_printable(text);
    add_cell(table, text);
}

/* A note is a row whose first cell begins with a newline. */
void table_note(struct table *table, const char *text)
{
    char *note;

    add_cell(table, asprintf(&note, "\n%s", text) < 0 ? NULL : note);
    for (size_t i = 1; i < table->columns; i++)
        table_cell(table, "%s", "");
}

static bool is_note(const char *cell)
{
    return cell && cell[0] == '\n';
}

/* Columns of a terminal: names may be of any script. */
static size_t width_of(const char *cell)
{
    return cell ? utf8_width(cell, strlen(cell)) : 0;
}

enum {
    FOLDED = 4, /* columns in front of what is folded */
    LEAST = 14, /* of the last column: with less room its words go on in lines of their own */
};

/* Where the columns stand. */
struct layout {
    size_t *widths;
    bool *folds; /* the column begins another line */
    size_t last; /* room of the last column; 0: as it wants */
};

/* Finds where lines are folded to fit `width`. */
static void fold(const struct table *table, size_t width, struct layout *layout)
{
    size_t indent = table->indent ? strlen(table->indent) : 0, at = indent;

    for (size_t i = 0; i < table->columns; i++) {
        bool text = i + 1 == table->columns && table->align[i] == 'l';
        size_t least = text && layout->widths[i] > LEAST ? LEAST : layout->widths[i];

        layout->folds[i] = width > 0 && i > 0 && at + least > width;
        if (layout->folds[i])
            at = indent + FOLDED;
        if (text && width > at)
            layout->last = width - at;
        at += layout->widths[i] + 2;
    }
}

/* The last cell, from column `at` on, its words in as many lines as they take. */
static void print_text(const char *text, size_t at, size_t room, FILE *out)
{
    while (room > 0 && utf8_width(text, strlen(text)) > room) {
        size_t fits = utf8_fit(text, strlen(text), room), cut = fits;

        while (cut > 0 && text[cut] != ' ')
            cut--;
        cut = cut > 0 ? cut : fits;
        if (cut == 0)
            break;
        fprintf(out, "%.*s\n%*s", (int)cut, text, (int)at, "");
        text += cut;
        text += strspn(text, " ");
    }
    fputs(text, out);
}

static void print_row(const struct table *table, char **row, const struct layout *layout, FILE *out)
{
    size_t indent = table->indent ? strlen(table->indent) : 0;
    size_t at = 0, wanted = indent; /* columns; no blanks stand at the end of a line */
    bool folded = false;

    for (size_t i = 0; i < table->columns; i++) {
        const char *cell = row[i] ? row[i] : "";
        size_t width = width_of(cell), fill = layout->widths[i] - width;

        if (layout->folds[i]) {
            folded = true;
            wanted = indent + FOLDED;
        }
        if (width > 0 && folded) {
            if (at > 0)
                fputc('\n', out);
            folded = false;
            at = 0;
        }
        if (table->align[i] == 'r')
            wanted += fill;
        if (width > 0) {
            fprintf(out, "%*s", (int)(wanted - at), "");
            print_text(cell, wanted, i + 1 == table->columns ? layout->last : 0, out);
            at = wanted + width;
        }
        wanted += width + (table->align[i] == 'r' ? 0 : fill) + 2;
    }
    fputc('\n', out);
}

void table_print(struct table *table, size_t width, FILE *out)
{
    size_t columns = table->columns, rows = table->count / columns;
    struct layout layout = {calloc(columns, sizeof *layout.widths),
                            calloc(columns, sizeof *layout.folds), 0};
    bool good = layout.widths && layout.folds;

    for (size_t i = 0; good && i < rows * columns; i++) {
        size_t wide = width_of(table->cells[i]);

        if (!is_note(table->cells[i]) && wide > layout.widths[i % columns])
            layout.widths[i % columns] = wide;
    }
    if (good)
        fold(table, width, &layout);
    for (size_t i = 0; good && i < rows; i++) {
        char **row = table->cells + i * columns;

        if (is_note(row[0]))
            fprintf(out, "%s    %s\n", table->indent ? table->indent : "", row[0] + 1);
        else
            print_row(table, row, &layout, out);
    }
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
    free(layout.widths);
    free(layout.folds);
    table->cells = NULL;
    table->count = 0;
}

/* ---- JSON ---- */

static void value(struct json *json, const char *key)
{
    if (json->behind_value)
        fputc(',', json->out);
    json->behind_value = true;
    if (key) {
        json_string(key, json->out);
        fputc(':', json->out);
    }
}

void json_begin(struct json *json, FILE *out)
{
    *json = (struct json){.out = out};
    json_open(json, NULL, '{');
}

void json_end(struct json *json)
{
    json_close(json, '}');
    fputc('\n', json->out);
}

void json_open(struct json *json, const char *key, char bracket)
{
    value(json, key);
    fputc(bracket, json->out);
    json->behind_value = false;
}

void json_close(struct json *json, char bracket)
{
    fputc(bracket, json->out);
    json->behind_value = true;
}

void json_number(struct json *json, const char *key, uint64_t number)
{
    value(json, key);
    fprintf(json->out, "%llu", (unsigned long long)number);
}

void json_decimal(struct json *json, const char *key, double number)
{
    value(json, key);
    fprintf(json->out, "%.3f", number);
}

void json_truth(struct json *json, const char *key, bool truth)
{
    value(json, key);
    fputs(truth ? "true" : "false", json->out);
}

void json_text(struct json *json, const char *key, const char *text)
{
    value(json, key);
    if (text && *text)
        json_string(text, json->out);
    else
        fputs("null", json->out);
}
