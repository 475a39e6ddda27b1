/* Whether the live view can be shown at all: asked before HELLO, which tells the box. A file
 * of its own because <term.h> makes macros of everyday words. */
#include <curses.h>
#include <term.h>
#undef columns
#undef lines
#include "live.h"
#include <stdlib.h>
#include <unistd.h>

bool live_possible(void)
{
    const char *term = getenv("TERM");
    bool possible;
    int problem;

    if (!term || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return false;
    if (setupterm(term, STDOUT_FILENO, &problem) != OK)
        return false;
    possible = cursor_address && clear_screen;
    del_curterm(cur_term);
    return possible;
}
