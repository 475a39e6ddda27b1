/* What the person at a live view has chosen: the page, the session, the order, the filter; and
 * what each key does to it. Pure. */
#ifndef MIRRORSH_LIVE_VIEW_H
#define MIRRORSH_LIVE_VIEW_H

#include "live_model.h"

enum live_page { PAGE_TABLE, PAGE_SESSION, PAGE_HELP };

/* Keys are the bytes that they type, or these. */
enum view_key {
    VIEW_CONTROL_C = 3,
    VIEW_CONTROL_H = 8,
    VIEW_CONTROL_L = 12,
    VIEW_CONTROL_U = 21,
    VIEW_ESCAPE = 27,
    VIEW_DELETE = 127,
    VIEW_UP = 256,
    VIEW_DOWN,
    VIEW_LEFT,
    VIEW_PAGE_UP,
    VIEW_PAGE_DOWN,
    VIEW_HOME,
    VIEW_END,
};

/* Rows of the screen above and below the sessions of the table, and the lines of a page. */
enum { TABLE_TOP = 4, TABLE_BOTTOM = 2, PAGE_TOP = 2, PAGE_BOTTOM = 1 };

struct live_view {
    struct live_model model;
    enum live_page page, behind; /* behind: the page that the help covers */
    char selected[SESSION_NAME_SIZE];
    size_t row;   /* its place in the table, or where it stood last */
    size_t first; /* session of the table on the screen */
    size_t line;  /* first line of a session's page on the screen */
    size_t lines; /* of that page, as composed last */
    uint32_t interval_ms;
    bool paused;
    bool typing;      /* keys go to model.filter */
    bool over;        /* they want out */
    bool redraw;      /* of the whole screen is wanted */
    bool blocks;      /* the terminal can draw more than ASCII */
    char notice[200]; /* of the box, until the next key */
    int rows, columns;
};

/* Takes over a sample of the box. false: out of memory. */
bool view_add(struct live_view *view, struct live_sample *sample);
/* The screen has so many rows and columns now. */
void view_resize(struct live_view *view, int rows, int columns);
/* Obeys a key; false: it means nothing here. */
bool view_key(struct live_view *view, int key);
/* The session that the page shows, as it is now; NULL: it is gone. */
const struct live_sample_session *view_session(const struct live_view *view);
/* Whose rules and receivers are wanted; "": nobody's. */
const char *view_watched(const struct live_view *view);
/* Rows of the table, and lines of a page, that fit the screen. */
size_t view_table_rows(const struct live_view *view);
size_t view_page_lines(const struct live_view *view);

/* What the keys do, for the help; a key of NULL at the end. */
extern const struct key_help {
    const char *key, *text;
} view_help[];

#endif
