/* The picture on the screen: hands curses what changed of it; where the line is slow in pieces,
 * what answers a key first, so that it is soon free for what the next key changes. */
#ifndef MIRRORSH_LIVE_PAINT_H
#define MIRRORSH_LIVE_PAINT_H

#include "live_picture.h"

struct paint {
    struct row *rows;  /* as they are to be */
    struct row *shown; /* as they stand on the screen */
    int count;
};

/* The screen's size as it is now, which the view is told; forgets what stood there. false: out of
 * memory. */
bool paint_resize(struct paint *paint, struct live_view *view);
/* Draws the picture, or a piece of it; false: there is more. */
bool paint_piece(struct paint *paint, struct live_view *view);
void paint_free(struct paint *paint);

#endif
