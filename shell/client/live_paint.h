/* The drawing of the live view: the model and what the person chose -> rows of the screen.
 * Sends only what changed. */
#ifndef MIRRORSH_LIVE_PAINT_H
#define MIRRORSH_LIVE_PAINT_H

#include "live_model.h"

enum live_page { PAGE_TABLE, PAGE_SESSION, PAGE_HELP };

enum { PAINT_ROW_BYTES = 1024, TABLE_TOP = 4, TABLE_BOTTOM = 2 };

struct paint {
    struct live_model model;
    enum live_page page;
    char selected[260]; /* name of the session under the cursor */
    size_t row;         /* its place in model.order */
    size_t first;       /* first row on the screen, or first line of a session's page */
    size_t lines;       /* of the session's page, as painted last */
    uint32_t interval_ms;
    bool paused, blocks; /* blocks: the terminal can draw more than ASCII */
    char notice[200];    /* of the box, on the status line until the next key */

    char (*shown)[PAINT_ROW_BYTES]; /* what stands on the screen */
    int rows, columns;
};

/* The screen's size as it is now; forgets what stood there. false: out of memory. */
bool paint_resize(struct paint *paint);
void paint_all(struct paint *paint);
/* Rows of the table that fit the screen. */
size_t paint_table_rows(const struct paint *paint);
void paint_free(struct paint *paint);

#endif
