/* What is known of the client's terminal: its size, its name, where its user came from. See
 * terminal.h. */
#include "terminal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utmpx.h>

static struct screen_size set; /* 0: it is not */
static bool endless;

void terminal_set(enum terminal_dimension what, uint16_t value)
{
    switch (what) {
    case TERMINAL_LENGTH:
        set.rows = value;
        endless = value == 0;
        break;
    case TERMINAL_WIDTH:
        set.columns = value;
        break;
    }
}

bool terminal_pages(void)
{
    return !endless;
}

bool terminal_is_set(void)
{
    return set.columns || set.rows;
}

/* What the terminal says; 0: it does not know. */
static struct screen_size given_size(void)
{
    struct winsize window = {0};

    ioctl(STDOUT_FILENO, TIOCGWINSZ, &window);
    return (struct screen_size){.columns = window.ws_col, .rows = window.ws_row};
}

static uint16_t first_of(uint16_t one, uint16_t other, uint16_t last)
{
    return one ? one : other ? other : last;
}

struct screen_size terminal_size(void)
{
    struct screen_size given = given_size();

    return (struct screen_size){.columns = first_of(set.columns, given.columns, 80),
                                .rows = first_of(set.rows, given.rows, 24)};
}

struct screen_size terminal_screen(void)
{
    struct screen_size size = terminal_size(), given = given_size();

    if (given.columns && given.columns < size.columns)
        size.columns = given.columns;
    if (given.rows && given.rows < size.rows)
        size.rows = given.rows;
    return size;
}

void terminal_name(char *name, size_t size)
{
    char path[256];

    name[0] = '\0';
    if (ttyname_r(STDIN_FILENO, path, sizeof path) == 0)
        snprintf(name, size, "%s", strncmp(path, "/dev/", 5) == 0 ? path + 5 : path);
}

/* As sshd says it; behind su or sudo as the login is recorded. */
void terminal_from(const char *name, char *from, size_t size)
{
    const char *connection = getenv("SSH_CONNECTION");
    const struct utmpx *login = NULL;
    struct utmpx line = {.ut_type = LOGIN_PROCESS};

    from[0] = '\0';
    if (connection && *connection) {
        snprintf(from, size, "%.*s", (int)strcspn(connection, " "), connection);
    } else if (*name && strlen(name) < sizeof line.ut_line) {
        memcpy(line.ut_line, name, strlen(name));
        setutxent();
        login = getutxline(&line);
        if (login)
            snprintf(from, size, "%.*s", (int)sizeof login->ut_host, login->ut_host);
        endutxent();
    }
}
