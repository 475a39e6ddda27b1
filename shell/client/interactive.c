/* Joins editor, session, pager and live view: what a person at a terminal sees of the box. */
#include "interactive.h"
#include "../config/utf8.h"
#include "live.h"
#include "batch.h"
#include "editor.h"
#include "pager.h"
#include "connection.h"
#include "terminal.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct interactive {
    struct session session;
    struct session_handler handler;
    struct editor *editor;
    const char *prompt, *line; /* of the command that runs */
    FILE *answer;              /* what came of it so far; NULL: no command runs */
    char *text;                /* of `answer` */
    size_t length;
    bool streams;    /* it goes on for long: its output is shown as it comes */
    uint32_t column; /* the caret drawn last, 0: none */
};

/* Writes to the answer under way, or at once when it streams. */
static int put(struct interactive *console, const char *text, size_t length)
{
    if (!console->streams && console->answer)
        return fwrite(text, 1, length, console->answer) == length ? 0 : -ENOMEM;
    return terminal_write(text, length);
}

static int on_output(void *context, const char *text, size_t length)
{
    return put(context, text, length);
}

/* Whether an answer that came in spite of a ^C was what it was for. */
static bool is_long(const struct interactive *console)
{
    size_t lines = 0, rows = terminal_size().rows;

    for (size_t i = 0; i < console->length && lines < rows; i++)
        lines += console->text[i] == '\n';
    return lines >= rows;
}

/* Shows what was held back; after a ^C only what fits the screen. */
static int flush(struct interactive *console, bool paged, bool interrupted)
{
    int failed = 0;

    if (console->answer) {
        if (fclose(console->answer) == 0 && console->length && !(interrupted && is_long(console)))
            failed = paged ? pager_show(console->text, console->length)
                           : terminal_write(console->text, console->length);
        console->answer = NULL;
        free(console->text);
        console->text = NULL;
    }
    return failed;
}

static int on_idle(void *context)
{
    struct interactive *console = context;

    if (console->streams || fflush(console->answer) || console->length == 0)
        return 0;
    console->streams = true;
    return flush(console, false, false);
}

/* The caret under the typed line; a line that wrapped is shown again, the part around it. */
static void point_at(struct interactive *console, uint32_t column)
{
    size_t width = terminal_size().columns, blanks = strlen(console->prompt);
    size_t whole = strlen(console->line), at = 0;

    for (uint32_t i = 1; i < column && at < whole; i++)
        do
            at++;
        while (at < whole && ((unsigned char)console->line[at] & 0xc0) == 0x80);
    blanks += utf8_width(console->line, at);
    if (blanks >= width || blanks + utf8_width(console->line + at, whole - at) >= width) {
        size_t room = width / 2, skipped = at;

        while (skipped && utf8_width(console->line + skipped - 1, at - skipped + 1) <= room)
            skipped--;
        while (skipped < at && ((unsigned char)console->line[skipped] & 0xc0) == 0x80)
            skipped++;
        put(console, console->line + skipped,
            utf8_fit(console->line + skipped, whole - skipped, width - 1));
        put(console, "\n", 1);
        blanks = utf8_width(console->line + skipped, at - skipped);
    }
    while (blanks--)
        put(console, " ", 1);
    put(console, "^\n", 2);
}

static void tell(struct interactive *console, uint32_t column, const char *what, const char *text)
{
    if (column && column != console->column)
        point_at(console, column);
    console->column = column;
    put(console, what, strlen(what));
    put(console, text, strlen(text));
    put(console, "\n", 1);
}

static void on_problem(void *context, uint32_t column, const char *text)
{
    tell(context, column, "error: ", text);
}

static void on_warning(void *context, uint32_t column, const char *text)
{
    tell(context, column, "warning: ", text);
}

static void on_notice(void *context, const char *text)
{
    struct interactive *console = context;
    size_t length = strlen(text);

    editor_step_aside(console->editor);
    put(console, text, length);
    if (length == 0 || text[length - 1] != '\n')
        put(console, "\n", 1);
    editor_come_back(console->editor);
}

static int on_view(void *context, struct session *session, const struct view_start *start)
{
    struct interactive *console = context;
    int failed = flush(console, false, false);

    return failed ? failed : live_run(session, start);
}

/* ^C: what a slow terminal has not shown yet is not waited for. */
static void say_interrupted(void)
{
    terminal_discard();
    terminal_write("^C\n", 3);
}

/* Runs a line and shows its answer. 0 or -errno. */
static int run_line(struct interactive *console, const char *prompt, const char *line)
{
    bool interrupted;
    int failed, shown;

    console->prompt = prompt;
    console->line = line;
    console->streams = false;
    console->column = 0;
    console->length = 0;
    console->answer = open_memstream(&console->text, &console->length);
    if (!console->answer)
        console->streams = true;
    failed = session_run(&console->session, line, strlen(line), &console->handler, &interrupted);
    if (interrupted)
        say_interrupted();
    shown = flush(console,
                  !failed && console->session.prompt.page && !interrupted && isatty(STDOUT_FILENO),
                  interrupted);
    if (shown == -ECANCELED)
        say_interrupted();
    return failed || shown == -ECANCELED ? failed : shown;
}

/* May the console go? What would be lost is asked for first. */
static enum editor_result confirm(struct interactive *console,
                                  const struct interactive_options *options, bool *leave)
{
    enum editor_result result = EDITOR_LINE;

    *leave = true;
    if (console->session.prompt.uncommitted)
        result =
            editor_ask(console->editor,
                       "The configuration has uncommitted changes. Leave? [yes,no] (no) ", leave);
    if (*leave && options->ends_mirroring)
        result = editor_ask(console->editor,
                            "Leaving ends the mirroring of this box. Leave? [yes,no] (no) ", leave);
    return result;
}

static int box_gone(int failed)
{
    terminal_error("mirrorsh: %s\n", failed == -EPROTO
                                         ? "the box sent what this console does not understand"
                                     : failed == -ETIMEDOUT ? "the box does not answer"
                                                            : "the box has gone");
    return STATUS_NO_BOX;
}

/* Prompt, line, answer. Returns the exit status. */
static int converse(struct interactive *console, const struct interactive_options *options)
{
    for (;;) {
        struct prompt prompt = console->session.prompt;
        const char *line = "exit";
        enum editor_result result = editor_line(console->editor, prompt.text, &line);
        bool leave = false;
        int failed;

        if (result == EDITOR_BOX)
            terminal_write("\n", 1);
        if (result == EDITOR_LINE || result == EDITOR_LEAVE) {
            size_t blanks = strspn(line, " \t");

            if (line[blanks] == '\0' || line[blanks] == '#')
                continue;
            failed = run_line(console, prompt.text, line);
            if (failed == -ECONNRESET || failed == -EPIPE || failed == -EPROTO ||
                failed == -ETIMEDOUT)
                return box_gone(failed);
            if (failed)
                return STATUS_FAILED;
            if (console->session.prompt.logged_out)
                result = confirm(console, options, &leave);
        }
        if (leave)
            return STATUS_OK;
        if (result == EDITOR_HANGUP)
            return STATUS_FAILED;
        if (result == EDITOR_BOX)
            return box_gone(-ECONNRESET);
    }
}

int interactive_run(int fd, const struct interactive_options *options)
{
    struct interactive console = {0};
    char why[256];
    int status;

    console.handler = (struct session_handler){.context = &console,
                                               .output = on_output,
                                               .idle = on_idle,
                                               .problem = on_problem,
                                               .warning = on_warning,
                                               .notice = on_notice,
                                               .view = on_view};
    if (session_open(&console.session, fd, CONSOLE_TERMINAL, options->full_screen, &console.handler,
                     why, sizeof why)) {
        terminal_error("mirrorsh: %s\n", why);
        return STATUS_NO_BOX;
    }
    console.editor = editor_open(&console.session, &console.handler);
    if (console.editor) {
        status = converse(&console, options);
        editor_close(console.editor);
    } else {
        terminal_error("mirrorsh: this terminal cannot be edited on\n");
        status = STATUS_FAILED;
    }
    session_close(&console.session);
    return status;
}
