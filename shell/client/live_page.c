/* The pages of the live view behind the table: one session with its rules and receivers, line by
 * line, of which the screen shows those from view->line on; and the help. */
#include "../config/utf8.h"
#include "live_picture.h"
#include <stdio.h>
#include <string.h>

/* Columns in front of what goes on from the line above. */
enum { CONTINUED = 6 };

/* Columns of a total, on a screen with room for that and on a narrow one. */
enum { WIDE_TOTAL = 12, NARROW_TOTAL = 5, WIDE_PAGE = 60 };

/* A page while it is composed. */
struct page {
    struct live_view *view;
    struct row *rows;
    size_t total; /* columns of a total */
};

/* One line, if it is on the screen; makes the row empty. */
static void put(struct page *page, struct row *row)
{
    struct live_view *view = page->view;
    size_t line = view->lines++;

    if (line >= view->line && line - view->line < view_page_lines(view))
        page->rows[PAGE_TOP + line - view->line] = *row;
    *row = (struct row){.length = 0};
}

/* The same of a row that may be too long: it goes on in further lines. */
static void put_wrapped(struct page *page, struct row *row)
{
    size_t columns = (size_t)page->view->columns;
    const char *rest = row->text;
    struct row line = {.length = 0};

    do {
        size_t length = strlen(rest), fits = utf8_fit(rest, length, columns - line.width);
        size_t cut = fits;

        while (fits < length && cut > 0 && rest[cut] != ' ')
            cut--;
        row_add(&line, "%.*s", (int)(cut > 0 ? cut : fits), rest);
        line.look = row->look;
        put(page, &line);
        rest += cut > 0 ? cut : fits;
        rest += strspn(rest, " ");
        row_fill(&line, CONTINUED);
    } while (*rest);
    *row = (struct row){.length = 0};
}

static void put_blank(struct page *page)
{
    put(page, &(struct row){.length = 0});
}

/* ---- a session ---- */

static void put_count(struct page *page, const char *name, const struct flow *packets,
                      const struct flow *bytes)
{
    struct row row = {.length = 0};

    row_add(&row, "  %-14s ", name);
    picture_rate(&row, packets, 1, 5);
    row_add(&row, " ");
    if (bytes)
        picture_rate(&row, bytes, 8, 5);
    row_fill(&row, 29);
    row_number(&row, (double)packets->total, page->total);
    row_add(&row, " ");
    if (bytes)
        row_number(&row, (double)bytes->total, page->total);
    put(page, &row);
}

/* Sampled out, cut and the reasons of drops where there is any of that. */
static void put_counts(struct page *page, const struct live_model_row *flows)
{
    static const char *const names[LIVE_COUNTS] = {
        [COUNT_CUT] = "  cut",
        [COUNT_SAMPLED_OUT] = "sampled out",
        [COUNT_RATE_LIMIT] = "  rate limit",
        [COUNT_NO_RECEIVER] = "  no receiver",
        [COUNT_SEND_ERROR] = "  send error",
        [COUNT_BACKLOG] = "  backlog",
    };
    struct row row = {.length = 0};

    row_add(&row, "  %-14s %5s %5s %*s %*s", "", "pps", "bit/s", (int)page->total,
            page->total == NARROW_TOTAL ? "pkts" : "packets", (int)page->total, "bytes");
    put(page, &row);
    put_count(page, "matched", &flows->counts[COUNT_MATCHED], &flows->counts[COUNT_MATCHED_BYTES]);
    put_count(page, "sent", &flows->counts[COUNT_SENT], &flows->counts[COUNT_SENT_BYTES]);
    for (size_t i = COUNT_CUT; i < LIVE_COUNTS; i++) {
        if (i == COUNT_RATE_LIMIT)
            put_count(page, "dropped", &flows->dropped, NULL);
        if (flows->counts[i].total)
            put_count(page, names[i], &flows->counts[i], NULL);
    }
}

/* Since when the totals of rules and receivers count: no sample of the reset has them, where it was
 * not done on this page. */
static const char *since(const struct live_model *model)
{
    return model->base && !live_sample_watches(model->base, model->now->watched)
               ? ", since the last clear"
               : "";
}

static void put_rules(struct page *page, const struct live_sample_session *session)
{
    const struct live_model *model = &page->view->model;
    const struct live_sample *now = model->now;
    struct row row = {.look = LOOK_BOLD};

    if (!*session->filter) {
        row_add(&row, "no filter: every packet");
        put(page, &row);
        return;
    }
    row_add(&row, "filter %s: hits in all sessions with it%s", session->filter, since(model));
    put_wrapped(page, &row);
    if (now->rule_count)
        row_add(&row, "  %-7s %5s %-6s %5s %*s%s", "", "rule", "action", "pps", (int)page->total,
                "total", page->total == NARROW_TOTAL ? "" : "  match");
    else
        row_add(&row, "  no rules: it takes nothing");
    put(page, &row);
    for (size_t i = 0; i < now->rule_count; i++) {
        const struct live_sample_rule *rule = &now->rules[i];
        struct flow flow = live_model_rule(model, i);

        row_add(&row, "  %-7s %5s %-6s ", rule->direction, rule->number, rule->action);
        picture_rate(&row, &flow, 1, 5);
        row_add(&row, " ");
        row_number(&row, (double)flow.total, page->total);
        row_add(&row, "  %s", *rule->match ? rule->match : "any packet");
        put_wrapped(page, &row);
    }
    if (now->rules_left) {
        row_add(&row, "  and %llu more: show filters", (unsigned long long)now->rules_left);
        put(page, &row);
    }
}

/* An address that is wider than its column has a line to itself. */
static void add_address(struct page *page, struct row *row, const char *address, size_t width)
{
    row_add(row, "  %s", address);
    if (row->width > 2 + width)
        put(page, row);
    row_fill(row, 2 + width);
}

static void put_receivers(struct page *page, const struct live_sample_session *session)
{
    const struct live_model *model = &page->view->model;
    const struct live_sample *now = model->now;
    size_t columns = (size_t)page->view->columns, others = 22 + page->total;
    size_t address = columns > others + 28 ? 28 : columns > others + 9 ? columns - others : 9;
    struct row row = {.look = LOOK_BOLD};

    row_add(&row, "target %s: sent for all sessions with it%s", session->target, since(model));
    put_wrapped(page, &row);
    row_add(&row, "  %-*s %-5s %5s %*s %6s", (int)address, "receiver", "state", "pps",
            (int)page->total, "total", "errors");
    put(page, &row);
    for (size_t i = 0; i < now->receiver_count; i++) {
        const struct live_sample_receiver *receiver = &now->receivers[i];
        struct flow flow = live_model_receiver(model, i);

        add_address(page, &row, receiver->address, address);
        row_add(&row, " %-5s ", receiver->state);
        picture_rate(&row, &flow, 1, 5);
        row_add(&row, " ");
        row_number(&row, (double)flow.total, page->total);
        row_add(&row, " ");
        row_number(&row, (double)receiver->errors, 6);
        row_add(&row, "  %s", receiver->reason);
        put_wrapped(page, &row);
    }
}

static void put_session(struct page *page, const struct live_sample_session *session)
{
    const struct live_model *model = &page->view->model;
    struct live_model_row flows =
        live_model_session(model, (size_t)(session - model->now->sessions));
    struct row row = {.look = LOOK_BOLD};

    row_add(&row, "session %s: %s%s%s", session->name, session->state, *session->reason ? ", " : "",
            session->reason);
    put_wrapped(page, &row);
    row_add(&row, "  priority %s, filter %s, target %s, vni %s, length %s", session->priority,
            *session->filter ? session->filter : "none", session->target, session->vni,
            session->length);
    put_wrapped(page, &row);
    put_blank(page);
    put_counts(page, &flows);
    put_blank(page);
    if (!live_sample_watches(model->now, session->name)) {
        row_add(&row, "waiting for its rules and receivers");
        put(page, &row);
        return;
    }
    put_rules(page, session);
    put_blank(page);
    put_receivers(page, session);
}

static void compose_session(struct page *page)
{
    const struct live_sample_session *session = view_session(page->view);
    struct row row = {.look = LOOK_BOLD};

    if (session) {
        put_session(page, session);
        return;
    }
    row_add(&row, "session %s is gone", page->view->selected);
    put_wrapped(page, &row);
}

/* ---- the help ---- */

static void compose_help(struct page *page)
{
    static const char *const notes[] = {
        "",
        "pps and bit/s: of the last interval; totals: packets since the last clear or r",
        "last min: packets matched, each session by its own busiest moment",
    };
    struct row row = {.length = 0};

    for (size_t i = 0; view_help[i].key; i++) {
        row_add(&row, "  %-10s %s", view_help[i].key, view_help[i].text);
        put_wrapped(page, &row);
    }
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        row_add(&row, "%s", notes[i]);
        put_wrapped(page, &row);
    }
}

/* ---- both ---- */

/* A page that has become shorter than what is on the screen is composed from a line before. */
static void compose(struct live_view *view, struct row *rows, void (*lines)(struct page *page))
{
    struct page page = {view, rows, view->columns < WIDE_PAGE ? NARROW_TOTAL : WIDE_TOTAL};
    size_t visible = view_page_lines(view);

    view->lines = 0;
    lines(&page);
    if (view->line == 0 || view->line + visible <= view->lines)
        return;
    view->line = view->lines > visible ? view->lines - visible : 0;
    for (size_t i = 0; i < visible; i++)
        rows[PAGE_TOP + i] = (struct row){.length = 0};
    view->lines = 0;
    lines(&page);
}

void picture_session(struct live_view *view, struct row *rows)
{
    static const struct part keys[] = {
        {"q back", 0}, {"? help", 1}, {"arrows move", 2}, {"r reset", 3}, {"p pause", 4}};

    compose(view, rows, compose_session);
    if (*view->notice)
        row_text(&rows[1], view->notice, (size_t)view->columns);
    picture_bar(view, keys, sizeof keys / sizeof *keys, view->line, view_page_lines(view),
                view->lines, rows);
}

void picture_help(struct live_view *view, struct row *rows)
{
    static const struct part keys[] = {{"any key: back", 0}, {"arrows move", 1}};

    compose(view, rows, compose_help);
    picture_bar(view, keys, view->lines > view_page_lines(view) ? 2 : 1, view->line,
                view_page_lines(view), view->lines, rows);
}
