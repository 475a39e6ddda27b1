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

/* The kernel takes nearly any bytes as an interface's name: what is no character, or what a
 * terminal would obey, becomes a `?`. */
static void make_printable(char *text)
{
    char *to = text;
    uint32_t code;

    while (*text != '\0') {
        size_t length = utf8_decode(text, &code);
        bool printable = length > 0 && !utf8_is_control(code);

        length = length == 0 ? 1 : length;
        if (printable)
            memmove(to, text, length);
        else
            *to = '?';
        to += printable ? length : 1;
        text += length;
    }
    *to = '\0';
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
        make_printable(text);
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

static void print_row(const struct table *table, char **row, const size_t *widths, FILE *out)
{
    size_t pending = 0; /* blanks before the next cell: none at the end of a line */

    fputs(table->indent ? table->indent : "", out);
    for (size_t i = 0; i < table->columns; i++) {
        const char *cell = row[i] ? row[i] : "";
        size_t width = width_of(cell), fill = widths[i] - width;

        if (table->align[i] == 'r')
            pending += fill;
        if (width > 0) {
            fprintf(out, "%*s%s", (int)pending, "", cell);
            pending = 0;
        }
        pending += (table->align[i] == 'r' ? 0 : fill) + 2;
    }
    fputc('\n', out);
}

void table_print(struct table *table, FILE *out)
{
    size_t columns = table->columns, rows = table->count / columns;
    size_t *widths = calloc(columns, sizeof *widths);

    for (size_t i = 0; widths && i < rows * columns; i++) {
        size_t width = width_of(table->cells[i]);

        if (!is_note(table->cells[i]) && width > widths[i % columns])
            widths[i % columns] = width;
    }
    for (size_t i = 0; widths && i < rows; i++) {
        char **row = table->cells + i * columns;

        if (is_note(row[0]))
            fprintf(out, "%s    %s\n", table->indent ? table->indent : "", row[0] + 1);
        else
            print_row(table, row, widths, out);
    }
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
    free(widths);
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
