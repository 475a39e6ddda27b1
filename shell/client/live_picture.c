/* What all pages of the live view have: the header, the bar. */
#include "live_picture.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From so many columns on the header says whose box it is. */
enum { WIDE = 60 };

/* Of one worker, or of several: the busiest is the one that loses packets first. */
static void load_text(const char *loads, char *text, size_t size)
{
    unsigned long most = 0, sum = 0, count = 0;

    for (const char *at = loads; *at;) {
        char *end;
        unsigned long load = strtoul(at, &end, 10);

        if (end == at)
            break;
        most = load > most ? load : most;
        sum += load;
        count++;
        at = end + (*end == ',');
    }
    if (count < 2)
        snprintf(text, size, "load %lu%%", most);
    else
        snprintf(text, size, "load %lu%%, most %lu%%", sum / count, most);
}

static void header(const struct live_view *view, struct row *row)
{
    const struct live_model *model = &view->model;
    uint64_t up = model->now->uptime_ms / 1000;
    struct part parts[] = {{"", 1}, {"", 4}, {"", 3}, {"", 6}, {"", 7}, {"", 2}, {"", 0}};
    bool wide = view->columns >= WIDE;
    char days[32] = "";

    snprintf(parts[0].text, sizeof parts[0].text, "%s%s", wide ? "mirrorsh " : "",
             model->now->host);
    if (up >= 86400)
        snprintf(days, sizeof days, "%llud ", (unsigned long long)(up / 86400));
    snprintf(parts[1].text, sizeof parts[1].text, "up %s%02u:%02u:%02u", days,
             (unsigned)(up / 3600 % 24), (unsigned)(up / 60 % 60), (unsigned)(up % 60));
    load_text(model->now->loads, parts[2].text, sizeof parts[2].text);
    snprintf(parts[3].text, sizeof parts[3].text, "every %g s", view->interval_ms / 1000.0);
    if (model->base)
        snprintf(parts[4].text, sizeof parts[4].text, "since reset");
    if (*model->filter)
        snprintf(parts[5].text, sizeof parts[5].text, "only *%s*", model->filter);
    if (view->paused)
        snprintf(parts[6].text, sizeof parts[6].text, "PAUSED");
    row->look = LOOK_BOLD;
    row_parts(row, parts, sizeof parts / sizeof *parts, (size_t)view->columns);
}

void picture_bar(const struct live_view *view, const struct part *keys, size_t key_count,
                 size_t first, size_t visible, size_t count, struct row *rows)
{
    struct row *row = &rows[view->rows - 1];
    size_t columns = (size_t)view->columns - 1; /* the last corner of a screen is best left alone */
    char range[64] = "";
    size_t room;

    if (count > visible)
        snprintf(range, sizeof range, "  %zu-%zu/%zu", first + 1,
                 first + visible < count ? first + visible : count, count);
    room = columns > strlen(range) ? columns - strlen(range) : 0;
    row->look = LOOK_REVERSE;
    row_parts(row, keys, key_count, room);
    row_fill(row, room);
    row_add(row, "%s", range);
}

void picture_rate(struct row *row, const struct flow *flow, double factor, size_t width)
{
    if (flow->rated)
        row_number(row, flow->per_second * factor, width);
    else
        row_add(row, "%*s", (int)width, "-");
}

void picture_compose(struct live_view *view, struct row *rows)
{
    for (int i = 0; i < view->rows; i++)
        rows[i] = (struct row){.length = 0};
    if (view->rows < PICTURE_ROWS_MIN || view->columns < PICTURE_COLUMNS_MIN) {
        row_text(&rows[0], "too small", (size_t)view->columns);
    } else if (!view->model.now) {
        row_text(&rows[0], "waiting for the box", (size_t)view->columns);
    } else {
        header(view, &rows[0]);
        switch (view->page) {
        case PAGE_TABLE:
            picture_table(view, rows);
            break;
        case PAGE_SESSION:
            picture_session(view, rows);
            break;
        case PAGE_HELP:
            picture_help(view, rows);
            break;
        }
    }
    for (int i = 0; i < view->rows; i++)
        row_clip(&rows[i], (size_t)view->columns);
}
