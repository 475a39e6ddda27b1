/* From the picture to curses: see live_paint.h. */
#include "live_paint.h"
#include "terminal.h"
#include <curses.h>
#include <stdlib.h>
#include <string.h>

/* A piece is what a slow line carries in this part of a second. */
enum { PIECES = 4 };

/* About how many bytes the change of a row costs; 0: it stands there. */
static size_t cost(const struct row *wanted, const struct row *shown)
{
    size_t same = 0, end = 0;
    size_t longer = wanted->length > shown->length ? wanted->length : shown->length;

    if (wanted->look != shown->look)
        return wanted->length + 1;
    while (wanted->text[same] && wanted->text[same] == shown->text[same])
        same++;
    if (same == longer)
        return 0;
    while (wanted->length == shown->length && same + end < longer &&
           wanted->text[longer - 1 - end] == shown->text[longer - 1 - end])
        end++;
    return longer - same - end;
}

static void draw(const struct row *row, int y)
{
    static const chtype attributes[] = {
        [LOOK_PLAIN] = A_NORMAL, [LOOK_BOLD] = A_BOLD, [LOOK_REVERSE] = A_REVERSE};

    move(y, 0);
    clrtoeol();
    attrset((int)attributes[row->look]);
    addnstr(row->text, (int)row->length);
    attrset(A_NORMAL);
}

/* What tells a key's effect: the header, the cursor, the last two rows. */
static bool is_urgent(const struct paint *paint, int y)
{
    return y == 0 || y >= paint->count - 2 || paint->rows[y].look != LOOK_PLAIN ||
           paint->shown[y].look != LOOK_PLAIN;
}

/* Draws rows that changed while there is room; false: some are left. */
static bool paint_rows(struct paint *paint, bool urgent, size_t *room)
{
    for (int y = 0; y < paint->count; y++) {
        size_t bytes = cost(&paint->rows[y], &paint->shown[y]);

        if (bytes == 0 || (urgent && !is_urgent(paint, y)))
            continue;
        if (*room == 0)
            return false;
        draw(&paint->rows[y], y);
        paint->shown[y] = paint->rows[y];
        *room -= bytes < *room ? bytes : *room;
    }
    return true;
}

bool paint_piece(struct paint *paint, struct live_view *view)
{
    uint32_t slow = terminal_slow();
    size_t room = slow ? slow / PIECES + 1 : SIZE_MAX;
    bool whole;

    picture_compose(view, paint->rows);
    whole = (!slow || paint_rows(paint, true, &room)) && paint_rows(paint, false, &room);
    move(view->rows - 1, 0);
    refresh();
    return whole;
}

bool paint_resize(struct paint *paint, struct live_view *view)
{
    struct screen_size size = terminal_screen();
    struct row *rows, *shown;
    int columns;

    resizeterm(size.rows, size.columns);
    columns = getmaxx(stdscr);
    view_resize(view, getmaxy(stdscr), columns < ROW_COLUMNS ? columns : ROW_COLUMNS);
    rows = realloc(paint->rows, (size_t)view->rows * sizeof *rows);
    if (rows)
        paint->rows = rows;
    shown = realloc(paint->shown, (size_t)view->rows * sizeof *shown);
    if (shown)
        paint->shown = shown;
    if (!rows || !shown)
        return false;
    memset(shown, 0, (size_t)view->rows * sizeof *shown);
    paint->count = view->rows;
    clear();
    clearok(curscr, TRUE);
    return true;
}

void paint_free(struct paint *paint)
{
    free(paint->rows);
    free(paint->shown);
}
