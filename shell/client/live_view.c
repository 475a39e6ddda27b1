/* The keys of the live view: see live_view.h. A session is chosen by its name, and only a key
 * chooses another one: whatever is added, removed or sorted meanwhile, a page shows what was under
 * the cursor when the person looked. */
#include "live_view.h"
#include "../config/utf8.h"
#include <stdio.h>
#include <string.h>

size_t view_table_rows(const struct live_view *view)
{
    int rows = view->rows - TABLE_TOP - TABLE_BOTTOM;

    return rows > 1 ? (size_t)rows : 1;
}

size_t view_page_lines(const struct live_view *view)
{
    int lines = view->rows - PAGE_TOP - PAGE_BOTTOM;

    return lines > 1 ? (size_t)lines : 1;
}

const struct live_sample_session *view_session(const struct live_view *view)
{
    return live_sample_find(view->model.now, view->selected, 0);
}

const char *view_watched(const struct live_view *view)
{
    return view->page == PAGE_TABLE || (view->page == PAGE_HELP && view->behind == PAGE_TABLE)
               ? ""
               : view->selected;
}

/* ---- the cursor ---- */

static void keep_on_screen(struct live_view *view)
{
    size_t visible = view_table_rows(view), count = view->model.row_count;

    if (view->row >= count)
        view->row = count ? count - 1 : 0;
    if (view->row < view->first)
        view->first = view->row;
    if (view->row >= view->first + visible)
        view->first = view->row - visible + 1;
    if (view->first + visible > count)
        view->first = count > visible ? count - visible : 0;
}

void view_resize(struct live_view *view, int rows, int columns)
{
    view->rows = rows;
    view->columns = columns;
    keep_on_screen(view);
}

/* The session of the row where the cursor stands is the chosen one. */
static void select_row(struct live_view *view)
{
    const struct live_model *model = &view->model;

    keep_on_screen(view);
    if (model->row_count)
        snprintf(view->selected, sizeof view->selected, "%s",
                 model->now->sessions[model->order[view->row]].name);
}

/* The cursor goes to where the chosen session stands now; false: it has no row. */
static bool find_row(struct live_view *view)
{
    const struct live_model *model = &view->model;
    bool found = false;

    for (size_t i = 0; !found && i < model->row_count; i++) {
        found = strcmp(model->now->sessions[model->order[i]].name, view->selected) == 0;
        if (found)
            view->row = i;
    }
    keep_on_screen(view);
    return found;
}

static void arrange(struct live_view *view)
{
    live_model_arrange(&view->model);
    if (!find_row(view) && view->page == PAGE_TABLE)
        select_row(view);
}

bool view_add(struct live_view *view, struct live_sample *sample)
{
    const struct live_sample *now = view->model.now;
    const char *watched = view_watched(view);
    /* What is paused moves once for the page of another session: its rules are not there yet. */
    bool wanted =
        !now || !view->paused ||
        (*watched && !live_sample_watches(now, watched) && live_sample_watches(sample, watched));

    if (!wanted) {
        live_sample_free(sample);
        return true;
    }
    if (!live_model_add(&view->model, sample))
        return false;
    if (!find_row(view) && !*view->selected)
        select_row(view);
    return true;
}

static void move_by(struct live_view *view, long rows)
{
    bool table = view->page == PAGE_TABLE;
    size_t *place = table ? &view->row : &view->line;
    size_t visible = view_page_lines(view);
    size_t last = table ? view->model.row_count : view->lines > visible ? view->lines - visible : 0;

    if (rows < 0)
        *place -= *place < (size_t)-rows ? *place : (size_t)-rows;
    else
        *place += (size_t)rows;
    if (*place > last)
        *place = last;
    if (table)
        select_row(view);
}

static long page_of(const struct live_view *view)
{
    return (long)(view->page == PAGE_TABLE ? view_table_rows(view) : view_page_lines(view));
}

static void up(struct live_view *view)
{
    move_by(view, -1);
}

static void down(struct live_view *view)
{
    move_by(view, 1);
}

static void page_up(struct live_view *view)
{
    move_by(view, -page_of(view));
}

static void page_down(struct live_view *view)
{
    move_by(view, page_of(view));
}

static void home(struct live_view *view)
{
    move_by(view, -(long)INT32_MAX);
}

static void end(struct live_view *view)
{
    move_by(view, INT32_MAX);
}

/* ---- pages ---- */

static void to_table(struct live_view *view)
{
    view->page = PAGE_TABLE;
    if (!find_row(view))
        select_row(view);
}

/* Into the page of a session, and out of it. */
static void enter(struct live_view *view)
{
    if (view->page == PAGE_SESSION) {
        to_table(view);
    } else if (view->model.row_count) {
        view->page = PAGE_SESSION;
        view->line = view->lines = 0;
    }
}

static void quit(struct live_view *view)
{
    if (view->page == PAGE_SESSION)
        to_table(view);
    else
        view->over = true;
}

static void out(struct live_view *view)
{
    view->over = true;
}

/* One step back: out of the page, out of the filter. */
static void escape(struct live_view *view)
{
    if (view->page == PAGE_SESSION) {
        to_table(view);
    } else if (*view->model.filter) {
        view->model.filter[0] = '\0';
        arrange(view);
    }
}

static void help(struct live_view *view)
{
    view->behind = view->page;
    view->page = PAGE_HELP;
    view->line = 0;
}

/* ---- order, totals, time ---- */

static void sort(struct live_view *view)
{
    view->model.sort = (view->model.sort + 1) % SORTS;
    view->model.reversed = false;
    arrange(view);
}

static void reverse(struct live_view *view)
{
    view->model.reversed = !view->model.reversed;
    arrange(view);
}

static void reset(struct live_view *view)
{
    live_model_reset(&view->model);
}

static void pause(struct live_view *view)
{
    view->paused = !view->paused;
}

static const uint32_t intervals[] = {1000, 2000, 5000, 10000, 30000, 60000};
enum { INTERVALS = sizeof intervals / sizeof *intervals };

static void longer(struct live_view *view)
{
    size_t i = 0;

    while (i < INTERVALS - 1 && intervals[i] <= view->interval_ms)
        i++;
    if (intervals[i] > view->interval_ms)
        view->interval_ms = intervals[i];
}

static void shorter(struct live_view *view)
{
    size_t i = INTERVALS - 1;

    while (i > 0 && intervals[i] >= view->interval_ms)
        i--;
    if (intervals[i] < view->interval_ms)
        view->interval_ms = intervals[i];
}

static void redraw(struct live_view *view)
{
    view->redraw = true;
}

/* ---- the filter ---- */

static void find(struct live_view *view)
{
    if (view->page != PAGE_TABLE)
        to_table(view);
    view->typing = true;
}

static void erase(char *text)
{
    size_t length = strlen(text);

    while (length > 0 && ((unsigned char)text[--length] & 0xc0) == 0x80)
        ;
    text[length] = '\0';
}

/* A byte of what is typed: those of one character come one by one. */
static void type(struct live_view *view, int key)
{
    char *filter = view->model.filter;
    size_t length = strlen(filter);

    if (key == VIEW_ESCAPE || key == VIEW_CONTROL_U) {
        filter[0] = '\0';
        view->typing = key == VIEW_CONTROL_U;
    } else if (key == '\r' || key == '\n') {
        view->typing = false;
    } else if (key == VIEW_DELETE || key == VIEW_CONTROL_H) {
        erase(filter);
    } else if (key >= ' ' && key < 256 && length + 1 < sizeof view->model.filter) {
        filter[length] = (char)key;
        filter[length + 1] = '\0';
    }
    arrange(view);
}

/* ---- the keys ---- */

static const struct binding {
    int keys[3];
    void (*obey)(struct live_view *view);
} bindings[] = {
    {{VIEW_UP, 'k'}, up},
    {{VIEW_DOWN, 'j'}, down},
    {{VIEW_PAGE_UP, 'b'}, page_up},
    {{VIEW_PAGE_DOWN, ' '}, page_down},
    {{VIEW_HOME, 'g'}, home},
    {{VIEW_END, 'G'}, end},
    {{'\r', '\n'}, enter},
    {{VIEW_ESCAPE, VIEW_LEFT, VIEW_DELETE}, escape},
    {{'/'}, find},
    {{'s'}, sort},
    {{'S'}, reverse},
    {{'r'}, reset},
    {{'p'}, pause},
    {{'+', '='}, longer},
    {{'-', '_'}, shorter},
    {{VIEW_CONTROL_L}, redraw},
    {{'?'}, help},
    {{'q', 'Q'}, quit},
    {{VIEW_CONTROL_C}, out},
};

const struct key_help view_help[] = {
    {"arrows", "move; so do PgUp, PgDn, Home and End"},
    {"enter", "rules and receivers of the session"},
    {"/", "only names with this in them; esc: all"},
    {"s, S", "next order of the rows; the other way round"},
    {"r", "count the totals from now on"},
    {"p", "pause, and go on"},
    {"+, -", "longer and shorter interval"},
    {"^L", "draw the screen anew"},
    {"q", "back from a session; from the table: out"},
    {0},
};

bool view_key(struct live_view *view, int key)
{
    view->notice[0] = '\0';
    if (view->page == PAGE_HELP && (key < VIEW_UP || key == VIEW_LEFT) && key != VIEW_CONTROL_C &&
        key != VIEW_CONTROL_L) {
        view->page = view->behind; /* whatever else the key means */
        view->line = 0;
        return true;
    }
    if (view->typing && key < 256 && key != VIEW_CONTROL_C && key != VIEW_CONTROL_L) {
        type(view, key);
        return true;
    }
    for (size_t i = 0; i < sizeof bindings / sizeof *bindings; i++) {
        for (size_t j = 0; j < 3 && bindings[i].keys[j]; j++) {
            if (bindings[i].keys[j] == key) {
                bindings[i].obey(view);
                return true;
            }
        }
    }
    return false;
}
