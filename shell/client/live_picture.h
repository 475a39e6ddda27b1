/* The picture of the live view, a row of the screen each, made of what the view says. Pure. */
#ifndef MIRRORSH_LIVE_PICTURE_H
#define MIRRORSH_LIVE_PICTURE_H

#include "live_row.h"
#include "live_view.h"

/* A screen with less room is told that it is too small. */
enum { PICTURE_COLUMNS_MIN = 20, PICTURE_ROWS_MIN = 7 };

/* Composes view->rows rows. */
void picture_compose(struct live_view *view, struct row *rows);

/* Its parts: the table with its status line, and the pages. */
void picture_table(const struct live_view *view, struct row *rows);
void picture_session(struct live_view *view, struct row *rows);
void picture_help(struct live_view *view, struct row *rows);
/* The bar below all: the keys, and which of `count` things `visible` ones are shown from `first`
 * on. */
void picture_bar(const struct live_view *view, const struct part *keys, size_t key_count,
                 size_t first, size_t visible, size_t count, struct row *rows);
/* A rate, which may not be known yet. */
void picture_rate(struct row *row, const struct flow *flow, double factor, size_t width);

#endif
