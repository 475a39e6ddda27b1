/* Composes each row of the live view as a text, and hands curses those that changed. */
#include "live_paint.h"
#include "../config/utf8.h"
#include "terminal.h"
#include <curses.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Columns of a session's page: of a receiver's address, and in front of what goes on from the line
 * above. */
enum { ADDRESS = 28, CONTINUED = 10 };

/* A row under composition. */
struct row {
    char text[PAINT_ROW_BYTES];
    size_t length, width;
};

static void __attribute__((format(printf, 2, 3))) add(struct row *row, const char *format, ...)
{
    size_t room = sizeof row->text - row->length;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(row->text + row->length, room, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    if ((size_t)length >= room)
        length = (int)(room - 1);
    row->width += utf8_width(row->text + row->length, (size_t)length);
    row->length += (size_t)length;
}

/* A text in exactly `width` columns; what is cut ends with a ~. */
static void add_field(struct row *row, const char *text, size_t width)
{
    size_t length = strlen(text), wide = utf8_width(text, length);

    if (wide > width) {
        length = utf8_fit(text, length, width - 1);
        wide = utf8_width(text, length) + 1;
        add(row, "%.*s~", (int)length, text);
    } else {
        add(row, "%s", text);
    }
    add(row, "%*s", (int)(width - wide), "");
}

static void add_number(struct row *row, double value, size_t width)
{
    char text[32];

    number_text(text, sizeof text, value, width);
    add(row, " %*s", (int)width, text);
}

static void put(struct paint *paint, int y, struct row *row, chtype attribute)
{
    size_t fits = utf8_fit(row->text, row->length, (size_t)paint->columns);

    if (y < 0 || y >= paint->rows)
        return;
    row->text[fits] = '\0';
    if (strcmp(paint->shown[y] + 1, row->text) == 0 && paint->shown[y][0] == (char)attribute)
        return;
    paint->shown[y][0] = (char)attribute;
    memcpy(paint->shown[y] + 1, row->text,
           fits + 1 < PAINT_ROW_BYTES ? fits + 1 : PAINT_ROW_BYTES - 1);
    paint->shown[y][PAINT_ROW_BYTES - 1] = '\0';
    move(y, 0);
    clrtoeol();
    if (attribute)
        attron(attribute);
    mvaddnstr(y, 0, row->text, (int)fits);
    if (attribute)
        attroff(attribute);
}

static void put_text(struct paint *paint, int y, const char *text, chtype attribute)
{
    struct row row = {.length = 0};

    add(&row, "%s", text);
    put(paint, y, &row, attribute);
}

/* The widths of the columns that grow with the screen. */
struct layout {
    size_t name, total, curve;
};

static struct layout layout_of(const struct paint *paint)
{
    size_t extra = paint->columns > 80 ? (size_t)paint->columns - 80 : 0;
    struct layout layout = {.name = 11, .total = 5, .curve = 10};
    size_t names = extra / 3 < 21 ? extra / 3 : 21;
    size_t totals = extra / 12 < 9 ? extra / 12 : 9;

    layout.name += names;
    layout.total += totals;
    extra -= names + 3 * totals;
    layout.curve += extra < 50 ? extra : 50;
    return layout;
}

static void paint_header(struct paint *paint)
{
    const struct live_model *model = &paint->model;
    uint64_t up = model->now->uptime_ms / 1000;
    struct live_model_row sum = live_model_sum(model);
    struct row row = {.length = 0};
    char rates[5][32];

    add(&row, "mirrorsh %s  up ", model->now->host);
    if (up >= 86400)
        add(&row, "%llud ", (unsigned long long)(up / 86400));
    add(&row, "%02u:%02u:%02u  load ", (unsigned)(up / 3600 % 24), (unsigned)(up / 60 % 60),
        (unsigned)(up % 60));
    for (const char *at = model->now->loads; *at;) {
        size_t length = strcspn(at, ",");

        add(&row, "%.*s%%%s", (int)length, at, at[length] ? " " : "");
        at += length + (at[length] != '\0');
    }
    add(&row, "  every %g s%s%s", paint->interval_ms / 1000.0, model->base ? "  since reset" : "",
        paint->paused ? "  PAUSED" : "");
    put(paint, 0, &row, A_BOLD);

    number_text(rates[0], sizeof rates[0], sum.matched.per_second, 5);
    number_text(rates[1], sizeof rates[1], sum.matched_bytes.per_second * 8, 5);
    number_text(rates[2], sizeof rates[2], sum.sent.per_second, 5);
    number_text(rates[3], sizeof rates[3], sum.sent_bytes.per_second * 8, 5);
    number_text(rates[4], sizeof rates[4], sum.dropped.per_second, 5);
    row = (struct row){.length = 0};
    add(&row, "matched %s pps %s bit/s, sent %s pps %s bit/s, dropped %s pps", rates[0], rates[1],
        rates[2], rates[3], rates[4]);
    put(paint, 1, &row, 0);
}

static void add_curve(struct row *row, const struct paint *paint, size_t index, size_t cells)
{
    static const char *const ascii[] = {" ", ".", ":", "-", "=", "+", "*", "%", "#"};
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    unsigned char levels[64];

    if (cells > sizeof levels)
        cells = sizeof levels;
    curve_levels(&paint->model.curves[index], paint->model.now->taken_ms, levels, cells);
    for (size_t i = 0; i < cells; i++)
        add(row, "%s", (paint->blocks ? blocks : ascii)[levels[i]]);
}

static void paint_session_row(struct paint *paint, int y, size_t place)
{
    const struct layout layout = layout_of(paint);
    size_t index = paint->model.order[place];
    const struct live_sample_session *session = &paint->model.now->sessions[index];
    struct live_model_row flows = live_model_session(&paint->model, index);
    bool selected = place == paint->row;
    struct row row = {.length = 0};

    add(&row, selected ? ">" : " ");
    add_field(&row, session->name, layout.name);
    add(&row, " ");
    add_field(&row, session->state, 8);
    add(&row, " %5s", session->priority);
    add_number(&row, flows.matched.per_second, 5);
    add_number(&row, flows.matched_bytes.per_second * 8, 5);
    add_number(&row, (double)flows.matched.total, layout.total);
    add_number(&row, flows.sent.per_second, 5);
    add_number(&row, flows.sent_bytes.per_second * 8, 5);
    add_number(&row, (double)flows.sent.total, layout.total);
    add_number(&row, (double)flows.dropped.total, layout.total);
    add(&row, " ");
    /* A curve of the samples held back by a pause would not belong to the numbers. */
    if (index < paint->model.curve_count &&
        strcmp(paint->model.curves[index].name, session->name) == 0)
        add_curve(&row, paint, index, layout.curve);
    put(paint, y, &row, selected ? A_BOLD : 0);
}

static void paint_status(struct paint *paint)
{
    const struct live_sample_session *session =
        live_sample_find(paint->model.now, paint->selected, paint->row);
    struct row row = {.length = 0};

    if (*paint->notice) {
        add(&row, "%s", paint->notice);
    } else if (session) {
        add(&row, "%s: ", session->name);
        if (*session->reason)
            add(&row, "%s; ", session->reason);
        add(&row, "filter %s, target %s, vni %s, length %s",
            *session->filter ? session->filter : "none", session->target, session->vni,
            session->length);
    }
    put(paint, paint->rows - 2, &row, 0);
}

size_t paint_table_rows(const struct paint *paint)
{
    return paint->rows > TABLE_TOP + TABLE_BOTTOM ? (size_t)paint->rows - TABLE_TOP - TABLE_BOTTOM
                                                  : 1;
}

/* The bar below all: the keys, and which of `count` lines the `visible` ones are. */
static void put_bar(struct paint *paint, const char *keys, size_t visible, size_t count)
{
    size_t last = paint->first + visible < count ? paint->first + visible : count;
    size_t columns =
        (size_t)paint->columns - 1; /* the last corner of a screen is best left alone */
    struct row row = {.length = 0};
    char range[64] = "";

    if (count > visible)
        snprintf(range, sizeof range, "  %zu-%zu/%zu", paint->first + 1, last, count);
    add_field(&row, keys, columns > strlen(range) ? columns - strlen(range) : 1);
    add(&row, "%s", range);
    put(paint, paint->rows - 1, &row, A_REVERSE);
}

static void paint_table(struct paint *paint)
{
    const struct layout layout = layout_of(paint);
    size_t visible = paint_table_rows(paint), count = paint->model.now->session_count;
    struct row row = {.length = 0};
    int total = (int)layout.total;
    char keys[100];

    add(&row, "%*smatched%*ssent", (int)layout.name + 17, "", 6 + total, "");
    put(paint, 2, &row, 0);
    row = (struct row){.length = 0};
    add(&row, " %-*s %-8s %5s %5s %5s %*s %5s %5s %*s %*s %s", (int)layout.name, "session", "state",
        "prio", "pps", "bit/s", total, "total", "pps", "bit/s", total, "total", total, "drop",
        "last min");
    if (row.width < (size_t)paint->columns)
        add(&row, "%*s", paint->columns - (int)row.width, "");
    put(paint, 3, &row, A_REVERSE);
    if (paint->row < paint->first)
        paint->first = paint->row;
    if (paint->row >= paint->first + visible)
        paint->first = paint->row - visible + 1;
    if (paint->first + visible > count)
        paint->first = count > visible ? count - visible : 0;
    for (size_t i = 0; i < visible; i++) {
        int y = TABLE_TOP + (int)i;

        if (paint->first + i < count)
            paint_session_row(paint, y, paint->first + i);
        else
            put_text(paint, y, i == 0 ? " no sessions are configured" : "", 0);
    }
    paint_status(paint);
    snprintf(keys, sizeof keys,
             "q out  ? help  enter more  s sort: %s  r reset  p pause  +/- interval",
             sort_name(paint->model.sort));
    put_bar(paint, keys, visible, count);
}

/* One line of a session's page, if it is on the screen. */
static void put_line(struct paint *paint, struct row *row, chtype attribute)
{
    size_t line = paint->lines++, visible = (size_t)paint->rows - 3;

    if (line >= paint->first && line - paint->first < visible)
        put(paint, 2 + (int)(line - paint->first), row, attribute);
    *row = (struct row){.length = 0};
}

/* The same of a row that may be too long: it goes on in further lines, from column `indent` on. */
static void put_wrapped(struct paint *paint, struct row *row, size_t indent, chtype attribute)
{
    const char *rest = row->text;
    struct row line = {.length = 0};

    do {
        size_t length = strlen(rest);
        size_t fits = utf8_fit(rest, length, (size_t)paint->columns - line.width), cut = fits;

        while (fits < length && cut > 0 && rest[cut] != ' ')
            cut--;
        fits = cut > 0 ? cut : fits;
        add(&line, "%.*s", (int)fits, rest);
        put_line(paint, &line, attribute);
        rest += fits;
        rest += strspn(rest, " ");
        add(&line, "%*s", (int)indent, "");
    } while (*rest);
    *row = (struct row){.length = 0};
}

static void paint_rules(struct paint *paint, const char *session)
{
    const struct live_sample *now = paint->model.now;
    struct row row = {.length = 0};

    add(&row, "rules (of all sessions with this filter):");
    put_line(paint, &row, A_BOLD);
    add(&row, "  direction number action %7s %12s  match", "pps", "packets");
    put_line(paint, &row, 0);
    for (size_t i = 0; i < now->rule_count; i++) {
        const struct live_sample_rule *rule = &now->rules[i];
        struct flow flow;

        if (strcmp(rule->session, session) != 0)
            continue;
        flow = live_model_rule(&paint->model, i);
        add(&row, "  %-9s %6s %-6s", rule->direction, rule->number, rule->action);
        add_number(&row, flow.per_second, 7);
        add_number(&row, (double)flow.total, 12);
        add(&row, "  %s", *rule->match ? rule->match : "any packet");
        put_wrapped(paint, &row, CONTINUED, 0);
    }
    if (now->rules_left) {
        add(&row, "  and %llu more: show filters", (unsigned long long)now->rules_left);
        put_line(paint, &row, 0);
    }
}

static void paint_receivers(struct paint *paint, const char *session)
{
    const struct live_sample *now = paint->model.now;
    struct row row = {.length = 0};

    add(&row, "receivers (of all sessions with this target):");
    put_line(paint, &row, A_BOLD);
    add(&row, "  %-*s %-5s %7s %12s %9s  %s", ADDRESS, "address", "state", "pps", "packets",
        "errors", "reason");
    put_line(paint, &row, 0);
    for (size_t i = 0; i < now->receiver_count; i++) {
        const struct live_sample_receiver *receiver = &now->receivers[i];
        struct flow flow;

        if (strcmp(receiver->session, session) != 0)
            continue;
        flow = live_model_receiver(&paint->model, i);
        add(&row, "  ");
        if (utf8_width(receiver->address, strlen(receiver->address)) > ADDRESS) {
            add(&row, "%s", receiver->address);
            put_line(paint, &row, 0);
            add(&row, "  %*s", ADDRESS, "");
        } else {
            add_field(&row, receiver->address, ADDRESS);
        }
        add(&row, " %-5s", receiver->state);
        add_number(&row, flow.per_second, 7);
        add_number(&row, (double)flow.total, 12);
        add_number(&row, (double)receiver->errors, 9);
        add(&row, "  %s", receiver->reason);
        put_wrapped(paint, &row, CONTINUED, 0);
    }
}

static void paint_session(struct paint *paint)
{
    const struct live_sample_session *session =
        live_sample_find(paint->model.now, paint->selected, paint->row);
    size_t visible = (size_t)paint->rows - 3;
    struct row row = {.length = 0};

    paint->lines = 0;
    if (!session) {
        add(&row, "session %s is not configured any more", paint->selected);
        put_wrapped(paint, &row, CONTINUED, A_BOLD);
    } else {
        add(&row, "session %s  %s%s%s", session->name, session->state, *session->reason ? ": " : "",
            session->reason);
        put_wrapped(paint, &row, CONTINUED, A_BOLD);
        add(&row, "  priority %s  vni %s  packet-length %s  filter %s  target %s",
            session->priority, session->vni, session->length,
            *session->filter ? session->filter : "none", session->target);
        put_wrapped(paint, &row, CONTINUED, 0);
        put_line(paint, &row, 0);
        paint_rules(paint, session->name);
        put_line(paint, &row, 0);
        paint_receivers(paint, session->name);
    }
    if (paint->first > 0 && paint->first >= paint->lines) { /* it has become shorter */
        paint->first = 0;
        paint_session(paint);
        return;
    }
    for (size_t i = paint->lines > paint->first ? paint->lines - paint->first : 0; i < visible; i++)
        put_text(paint, 2 + (int)i, "", 0);
    put_bar(paint,
            *paint->notice ? paint->notice : "q out  enter back to the table  arrows move  ? help",
            visible, paint->lines);
}

static void paint_help(struct paint *paint)
{
    static const char *const lines[] = {
        "",
        "  up, down, PgUp, PgDn   move through the sessions",
        "  enter                  rules and receivers of the session, and back",
        "  s                      sort by priority, name, matched, sent, dropped",
        "  r                      count the totals from now on",
        "  p                      pause, and go on",
        "  + -                    longer and shorter interval",
        "  ^L                     draw the screen anew",
        "  q                      out",
        "",
        "  pps, bit/s: of the last interval.  total: packets since the last clear or r.",
        "  last minute: packets matched, each session by its own busiest moment.",
    };
    size_t count = sizeof lines / sizeof *lines;

    for (int y = 2; y < paint->rows - 1; y++)
        put_text(paint, y, (size_t)(y - 2) < count ? lines[y - 2] : "", 0);
    put_text(paint, paint->rows - 1, "q out  any other key back", A_REVERSE);
}

void paint_all(struct paint *paint)
{
    if (paint->rows < 6 || paint->columns < 20) {
        put_text(paint, 0, "too small", 0);
    } else if (!paint->model.now) {
        put_text(paint, 0, "mirrorsh: waiting for the first counts", 0);
    } else {
        paint_header(paint);
        switch (paint->page) {
        case PAGE_TABLE:
            paint_table(paint);
            break;
        case PAGE_SESSION:
            paint_session(paint);
            break;
        case PAGE_HELP:
            paint_help(paint);
            break;
        }
    }
    move(paint->rows - 1, 0);
    refresh();
}

bool paint_resize(struct paint *paint)
{
    struct screen_size size = terminal_size();
    char(*shown)[PAINT_ROW_BYTES];

    resizeterm(size.rows, size.columns);
    getmaxyx(stdscr, paint->rows, paint->columns);
    shown = realloc(paint->shown, (size_t)paint->rows * sizeof *shown);
    if (!shown)
        return false;
    memset(shown, 0, (size_t)paint->rows * sizeof *shown);
    paint->shown = shown;
    clear();
    clearok(curscr, TRUE);
    return true;
}

void paint_free(struct paint *paint)
{
    live_model_free(&paint->model);
    free(paint->shown);
}
