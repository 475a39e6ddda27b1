/* The table of the live view: a row a session. What columns there are, how wide, and which go
 * first when the screen is narrow, is one table below. */
#include "live_picture.h"
#include <stdio.h>
#include <string.h>

/* What a row shows; session NULL: it is the sum. */
struct line {
    const struct live_view *view;
    const struct live_sample_session *session;
    size_t index; /* of the session */
    struct live_model_row flows;
};

static void add_name(struct row *row, const struct line *line, size_t width)
{
    const struct live_model *model = &line->view->model;
    char count[64];

    if (line->session) {
        row_name(row, line->session->name, width);
        return;
    }
    if (model->row_count == model->now->session_count)
        snprintf(count, sizeof count, "all %zu", model->row_count);
    else
        snprintf(count, sizeof count, "%zu of %zu", model->row_count, model->now->session_count);
    row_text(row, count, width);
}

/* Of all: how many are down, for that is what one looks for. */
static void add_state(struct row *row, const struct line *line, size_t width)
{
    const struct live_model *model = &line->view->model;
    char text[32] = "";
    size_t down = 0;

    for (size_t i = 0; !line->session && i < model->row_count; i++)
        down += strcmp(model->now->sessions[model->order[i]].state, "down") == 0;
    if (down)
        snprintf(text, sizeof text, "%zu down", down);
    row_text(row, line->session ? line->session->state : text, width);
}

static void add_priority(struct row *row, const struct line *line, size_t width)
{
    row_add(row, "%*s", (int)width, line->session ? line->session->priority : "");
}

static void add_matched(struct row *row, const struct line *line, size_t width)
{
    picture_rate(row, &line->flows.counts[COUNT_MATCHED], 1, width);
}

static void add_matched_bits(struct row *row, const struct line *line, size_t width)
{
    picture_rate(row, &line->flows.counts[COUNT_MATCHED_BYTES], 8, width);
}

static void add_matched_total(struct row *row, const struct line *line, size_t width)
{
    row_number(row, (double)line->flows.counts[COUNT_MATCHED].total, width);
}

static void add_sent(struct row *row, const struct line *line, size_t width)
{
    picture_rate(row, &line->flows.counts[COUNT_SENT], 1, width);
}

static void add_sent_bits(struct row *row, const struct line *line, size_t width)
{
    picture_rate(row, &line->flows.counts[COUNT_SENT_BYTES], 8, width);
}

static void add_sent_total(struct row *row, const struct line *line, size_t width)
{
    row_number(row, (double)line->flows.counts[COUNT_SENT].total, width);
}

static void add_dropped(struct row *row, const struct line *line, size_t width)
{
    row_number(row, (double)line->flows.dropped.total, width);
}

enum { CURVE_CELLS = 60 }; /* one a second */

static void add_curve(struct row *row, const struct line *line, size_t width)
{
    static const char *const ascii[] = {" ", ".", ":", "-", "=", "+", "*", "%", "#"};
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    const struct live_model *model = &line->view->model;
    unsigned char levels[CURVE_CELLS] = {0};

    if (line->session)
        curve_levels(&model->curves[line->index], model->now->taken_ms, levels, width);
    for (size_t i = 0; i < width; i++)
        row_add(row, "%s", (line->view->blocks ? blocks : ascii)[levels[i]]);
}

/* `width` is the least; of a column that grows, `most` is the widest. The least importance goes in
 * first. At 80 columns there is room for all, at 40 for the first five. */
static const struct table_column {
    const char *title, *group;
    size_t width, most;
    unsigned importance;
    void (*add)(struct row *row, const struct line *line, size_t width);
} columns[] = {
    {"session", "", 11, 32, 0, add_name},
    {"state", "", 8, 8, 1, add_state},
    {"prio", "", 5, 5, 7, add_priority},
    {"pps", "matched", 5, 5, 2, add_matched},
    {"bit/s", "matched", 5, 5, 6, add_matched_bits},
    {"total", "matched", 5, 14, 9, add_matched_total},
    {"pps", "sent", 5, 5, 3, add_sent},
    {"bit/s", "sent", 5, 5, 5, add_sent_bits},
    {"total", "sent", 5, 14, 10, add_sent_total},
    {"drop", "", 5, 14, 4, add_dropped},
    {"last min", "", 10, CURVE_CELLS, 8, add_curve},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

/* The columns' widths on this screen; 0: it is left out. A blank, or the cursor, stands before
 * each. */
struct layout {
    size_t width[COLUMNS];
};

static size_t longest_name(const struct live_model *model)
{
    size_t longest = 0;

    for (size_t i = 0; i < model->now->session_count; i++) {
        struct row row = {.length = 0};

        row_add(&row, "%s", model->now->sessions[i].name);
        longest = row.width > longest ? row.width : longest;
    }
    return longest;
}

/* Gives a column up to `wanted` more of what is left. */
static void widen(struct layout *layout, size_t index, size_t wanted, size_t *left)
{
    size_t room = columns[index].most - layout->width[index];
    size_t more = wanted < room ? wanted : room;

    if (layout->width[index] == 0)
        return;
    more = more < *left ? more : *left;
    layout->width[index] += more;
    *left -= more;
}

/* What is left when every column that fits is there goes to the names, as far as they want it,
 * then to the totals, and to the curve. */
static struct layout layout_of(const struct live_view *view)
{
    size_t left = (size_t)view->columns, longest = longest_name(&view->model), share;
    struct layout layout = {{0}};

    for (unsigned importance = 0; importance < COLUMNS; importance++) {
        for (size_t i = 0; i < COLUMNS; i++) {
            if (columns[i].importance != importance || columns[i].width + 1 > left)
                continue;
            layout.width[i] = columns[i].width;
            left -= columns[i].width + 1;
        }
    }
    if (longest > layout.width[0])
        widen(&layout, 0, longest - layout.width[0], &left);
    share = left / 6;
    for (size_t i = 1; i < COLUMNS - 1; i++)
        widen(&layout, i, share, &left);
    widen(&layout, COLUMNS - 1, left, &left);
    return layout;
}

/* A group's name above its columns, between lines that reach as far as they do. */
static void add_group(struct row *row, const char *group, size_t from, size_t to)
{
    size_t length = strlen(group);

    if (length + 4 > to - from) {
        row_fill(row, to - length);
        row_add(row, "%s", group);
        return;
    }
    row_fill(row, from);
    for (size_t dashes = (to - from - length - 2) / 2; row->width < from + dashes;)
        row_add(row, "-");
    row_add(row, " %s ", group);
    while (row->width < to)
        row_add(row, "-");
}

static void titles(const struct live_view *view, const struct layout *layout, struct row *rows)
{
    struct row *groups = &rows[1], *row = &rows[2];
    const char *group = "";
    size_t from = 0;

    for (size_t i = 0; i < COLUMNS; i++) {
        const struct table_column *column = &columns[i];
        bool left = column->add == add_name || column->add == add_state || column->add == add_curve;
        int width = (int)layout->width[i];

        if (width > 0 && strcmp(column->group, group) != 0) {
            if (*group)
                add_group(groups, group, from, row->width);
            group = column->group;
            from = row->width + 1;
        }
        if (width > 0)
            row_add(row, " %*s", left ? -width : width, column->title);
    }
    if (*group)
        add_group(groups, group, from, row->width);
    row->look = LOOK_REVERSE;
    row_fill(row, (size_t)view->columns);
}

static void add_line(const struct layout *layout, const struct line *line, bool chosen,
                     struct row *row)
{
    row->look = chosen ? LOOK_BOLD : LOOK_PLAIN;
    for (size_t i = 0; i < COLUMNS; i++) {
        if (layout->width[i] == 0)
            continue;
        row_add(row, chosen && i == 0 ? ">" : " ");
        columns[i].add(row, line, layout->width[i]);
    }
}

/* What the chosen session is, or what the box says. */
static void status(const struct live_view *view, struct row *row)
{
    const struct live_sample_session *session = view_session(view);
    struct row text = {.length = 0};

    if (*view->notice)
        row_add(&text, "%s", view->notice);
    else if (session && view->model.row_count)
        row_add(&text, "%s: %s%sfilter %s, target %s, vni %s, length %s", session->name,
                session->reason, *session->reason ? "; " : "",
                *session->filter ? session->filter : "none", session->target, session->vni,
                session->length);
    else if (!session && *view->selected)
        row_add(&text, "session %s is gone", view->selected);
    row_text(row, text.text, (size_t)view->columns - 1);
}

static void bar(const struct live_view *view, struct row *rows)
{
    const struct live_model *model = &view->model;
    struct part keys[] = {{"q out", 0},  {"? help", 1},  {"enter more", 3}, {"s ", 2},
                          {"/ find", 4}, {"r reset", 6}, {"p pause", 5},    {"+- interval", 7}};
    struct part typing[] = {{"", 0}, {"enter: keep", 2}, {"esc: all", 1}};
    char *text = view->typing ? typing[0].text : keys[3].text;

    if (view->typing)
        snprintf(text, sizeof typing[0].text, "/%s_", model->filter);
    else
        snprintf(text, sizeof keys[3].text, "s by %s%s", sort_name(model->sort),
                 model->reversed ? " reversed" : "");
    if (view->paused)
        snprintf(keys[6].text, sizeof keys[6].text, "p go on");
    picture_bar(view, view->typing ? typing : keys,
                view->typing ? sizeof typing / sizeof *typing : sizeof keys / sizeof *keys,
                view->first, view_table_rows(view), model->row_count, rows);
}

void picture_table(const struct live_view *view, struct row *rows)
{
    const struct live_model *model = &view->model;
    const struct layout layout = layout_of(view);
    const struct line sum = {.view = view, .flows = live_model_sum(model)};
    size_t visible = view_table_rows(view);

    titles(view, &layout, rows);
    add_line(&layout, &sum, false, &rows[3]);
    for (size_t i = view->first; i < view->first + visible && i < model->row_count; i++) {
        size_t index = model->order[i];
        const struct line line = {view, &model->now->sessions[index], index,
                                  live_model_session(model, index)};

        add_line(&layout, &line, strcmp(line.session->name, view->selected) == 0,
                 &rows[TABLE_TOP + i - view->first]);
    }
    if (model->row_count == 0)
        row_text(&rows[TABLE_TOP],
                 model->now->session_count ? " no session has this in its name"
                                           : " no sessions are configured",
                 (size_t)view->columns);
    status(view, &rows[view->rows - 2]);
    bar(view, rows);
}
