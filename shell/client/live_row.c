/* The text of a row, by columns of the terminal rather than bytes: see live_row.h. */
#include "live_row.h"
#include "../config/utf8.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void row_add(struct row *row, const char *format, ...)
{
    char *at = row->text + row->length;
    size_t room = sizeof row->text - row->length;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(at, room, format, arguments);
    va_end(arguments);
    if (length >= 0 && (size_t)length >= room)
        utf8_trim(at);
    row->length += strlen(at);
    row->width += utf8_width(at, strlen(at));
}

void row_clip(struct row *row, size_t width)
{
    if (row->width <= width)
        return;
    row->length = utf8_fit(row->text, row->length, width);
    row->text[row->length] = '\0';
    row->width = utf8_width(row->text, row->length);
}

void row_fill(struct row *row, size_t width)
{
    if (row->width < width)
        row_add(row, "%*s", (int)(width - row->width), "");
}

void row_text(struct row *row, const char *text, size_t width)
{
    size_t end = row->width + width, length = strlen(text);

    if (utf8_width(text, length) <= width)
        row_add(row, "%s", text);
    else
        row_add(row, "%.*s~", (int)utf8_fit(text, length, width - 1), text);
    row_fill(row, end);
}

void row_name(struct row *row, const char *name, size_t width)
{
    size_t end = row->width + width, length = strlen(name), wide = utf8_width(name, length);
    size_t tail = width / 3, from;

    if (wide <= width) {
        row_text(row, name, width);
        return;
    }
    from = utf8_fit(name, length, wide - tail);
    if (utf8_width(name + from, length - from) > tail) /* a wide character stands across */
        from += utf8_fit(name + from, length - from, 2);
    row_add(row, "%.*s~%s", (int)utf8_fit(name, length, width - 1 - tail), name, name + from);
    row_fill(row, end);
}

void number_text(char *text, size_t size, double value, size_t width)
{
    static const char suffixes[] = " kMGTPE";
    double most = 1;
    size_t step = 0;

    for (size_t i = 0; i < width && i < 18; i++)
        most *= 10;
    if (value + 0.5 < most) {
        snprintf(text, size, "%.0f", value);
        return;
    }
    while (value >= 999.5 && suffixes[step + 1]) {
        value /= 1000;
        step++;
    }
    snprintf(text, size, "%.*f%c",
             value < 9.995   ? 2
             : value < 99.95 ? 1
                             : 0,
             value, suffixes[step]);
}

void row_number(struct row *row, double value, size_t width)
{
    char text[32];

    number_text(text, sizeof text, value, width);
    row_add(row, "%*s", (int)width, text);
}

static bool is_said(const struct part *parts, size_t count, size_t index, size_t columns)
{
    const struct part *part = &parts[index];
    size_t width = utf8_width(part->text, strlen(part->text));

    for (size_t i = 0; i < count; i++) {
        bool first = parts[i].importance < part->importance ||
                     (parts[i].importance == part->importance && i < index);

        if (first && *parts[i].text)
            width += 2 + utf8_width(parts[i].text, strlen(parts[i].text));
    }
    return *part->text && width <= columns;
}

void row_parts(struct row *row, const struct part *parts, size_t count, size_t columns)
{
    bool begun = false;

    for (size_t i = 0; i < count; i++) {
        if (!is_said(parts, count, i, columns))
            continue;
        row_add(row, "%s%s", begun ? "  " : "", parts[i].text);
        begun = true;
    }
}
