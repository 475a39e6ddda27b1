/* Joins editor, connection, pager and live view: what a person at a terminal sees of the box. */
#include "interactive.h"
#include "../config/utf8.h"
#include "connection.h"
#include "editor.h"
#include "live.h"
#include "pager.h"
#include "script.h"
#include "terminal.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct interactive {
    struct connection connection;
    struct connection_handler handler;
    struct editor *editor;
    const char *prompt, *line; /* of the command that runs */
    FILE *answer;              /* what came of it so far; NULL: no command runs */
    char *text;                /* of `answer` */
    size_t length;
    bool streams;    /* it goes on for long: its output is shown as it comes */
    uint32_t column; /* the caret drawn last, 0: none */
    bool typed;      /* a text has been since, and no caret points at the line any more */
};

/* What comes behind a ^C is held back again: it stands behind what says so, and is not thrown away
 * with what a slow terminal has not shown. */
static void hold_back(struct interactive *client)
{
    if (!client->streams || !(client->connection.interrupts || client->connection.cut))
        return;
    client->length = 0;
    client->answer = open_memstream(&client->text, &client->length);
    client->streams = !client->answer;
}

/* Writes to the answer under way, or at once when it streams. */
static int put(struct interactive *client, const char *text, size_t length)
{
    hold_back(client);
    if (!client->streams && client->answer)
        return fwrite(text, 1, length, client->answer) == length ? 0 : -ENOMEM;
    return terminal_write(text, length);
}

/* The same of a message: a ^C that comes while it is written is for what goes on. */
static void say(struct interactive *client, const char *text, size_t length)
{
    hold_back(client);
    if (!client->streams && client->answer)
        fwrite(text, 1, length, client->answer);
    else
        terminal_say(text, length);
}

static int on_output(void *context, const char *text, size_t length)
{
    return put(context, text, length);
}

/* Whether an answer that came in spite of a ^C was what it was for. */
static bool is_long(const struct interactive *client)
{
    size_t lines = 0, rows = terminal_size().rows;

    for (size_t i = 0; i < client->length && lines < rows; i++)
        lines += client->text[i] == '\n';
    return lines >= rows;
}

/* Shows what was held back; after a ^C only what fits the screen. */
static int flush(struct interactive *client, bool paged, bool interrupted)
{
    FILE *answer = client->answer;
    int failed = 0;

    client->answer = NULL; /* what the box says meanwhile is shown at once */
    if (answer) {
        if (fclose(answer) == 0 && client->length && !(interrupted && is_long(client)))
            failed = paged ? pager_show(client->text, client->length)
                           : terminal_write(client->text, client->length);
        free(client->text);
        client->text = NULL;
    }
    return failed;
}

static int on_round(void *context)
{
    struct interactive *client = context;

    if (client->streams || fflush(client->answer) || client->length == 0)
        return 0;
    client->streams = true;
    return flush(client, false, false);
}

/* What is more than a screen already is an answer whose rest is late: it waits for the pager. */
static int on_idle(void *context)
{
    struct interactive *client = context;

    if (client->streams || fflush(client->answer) || is_long(client))
        return 0;
    return on_round(client);
}

/* The caret under the typed line; a line that wrapped is shown again, the part around it. */
static void point_at(struct interactive *client, uint32_t column)
{
    size_t width = terminal_size().columns, blanks = strlen(client->prompt);
    size_t whole = strlen(client->line), at = 0;

    for (uint32_t i = 1; i < column && at < whole; i++)
        do
            at++;
        while (at < whole && ((unsigned char)client->line[at] & 0xc0) == 0x80);
    blanks += utf8_width(client->line, at);
    if (blanks >= width || blanks + utf8_width(client->line + at, whole - at) >= width) {
        size_t room = width / 2, skipped = at;

        while (skipped && utf8_width(client->line + skipped - 1, at - skipped + 1) <= room)
            skipped--;
        while (skipped < at && ((unsigned char)client->line[skipped] & 0xc0) == 0x80)
            skipped++;
        say(client, client->line + skipped,
            utf8_fit(client->line + skipped, whole - skipped, width - 1));
        say(client, "\n", 1);
        blanks = utf8_width(client->line + skipped, at - skipped);
    }
    while (blanks--)
        say(client, " ", 1);
    say(client, "^\n", 2);
}

/* A text that begins in a column (from 0), broken where a word would be cut by the line's end. What
 * has lines of its own keeps them. */
static void put_words(struct interactive *client, const char *text, size_t column)
{
    static const char margin[] = "\n  ";
    size_t width = terminal_size().columns, length = strlen(text), end;

    while (column < width && !strchr(text, '\n') &&
           (end = utf8_fit(text, length, width - column)) < length) {
        while (end && text[end] != ' ')
            end--;
        if (end == 0)
            break;
        say(client, text, end);
        say(client, margin, strlen(margin));
        column = strlen(margin) - 1;
        text += end + 1;
        length -= end + 1;
    }
    say(client, text, length);
}

static void tell(struct interactive *client, uint32_t column, const char *what, const char *text)
{
    if (column && column != client->column && !client->typed)
        point_at(client, column);
    client->column = column;
    say(client, what, strlen(what));
    put_words(client, text, strlen(what));
    say(client, "\n", 1);
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
    struct interactive *client = context;
    size_t length = strlen(text);

    editor_step_aside(client->editor);
    if (pager_stands())
        say(client, "\r", 1);
    say(client, text, length);
    if (length == 0 || text[length - 1] != '\n')
        say(client, "\n", 1);
    editor_come_back(client->editor);
}

static int on_view(void *context, struct connection *connection, const struct view_start *start)
{
    struct interactive *client = context;
    int failed = flush(client, false, false);

    return failed ? failed : live_run(connection, start);
}

/* What is typed goes to the box as it is, a line at a time. */
static int on_text(void *context, FILE *to)
{
    struct interactive *client = context;
    static const char hint[] = "[Type ^D at a new line to end input]\n";
    int failed = flush(client, false, false);

    client->typed = true;
    if (!failed)
        failed = terminal_write(hint, strlen(hint));
    return failed ? failed : editor_text(client->editor, to);
}

/* ^C: what a slow terminal has not shown yet is not waited for. */
static void say_interrupted(void)
{
    terminal_discard();
    terminal_say("^C\n", 3);
}

/* Runs a line and shows its answer. 0 or -errno. */
static int run_line(struct interactive *client, const char *prompt, const char *line)
{
    bool interrupted;
    int failed, shown;

    client->prompt = prompt;
    client->line = line;
    client->streams = client->typed = false;
    client->column = 0;
    client->length = 0;
    client->answer = open_memstream(&client->text, &client->length);
    if (!client->answer)
        client->streams = true;
    failed =
        connection_run(&client->connection, line, strlen(line), &client->handler, &interrupted);
    if (interrupted)
        say_interrupted();
    shown = flush(
        client, !failed && client->connection.prompt.page && !interrupted && isatty(STDOUT_FILENO),
        interrupted);
    if (shown == -ECANCELED)
        say_interrupted();
    return failed || shown == -ECANCELED ? failed : shown;
}

/* May the client go? What would be lost is asked for first. */
static enum editor_result confirm(struct interactive *client,
                                  const struct interactive_options *options, bool *leave)
{
    enum editor_result result = EDITOR_LINE;

    *leave = true;
    if (client->connection.prompt.uncommitted)
        result =
            editor_ask(client->editor,
                       "The configuration has uncommitted changes. Leave? [yes,no] (no) ", leave);
    if (*leave && options->ends_mirroring)
        result = editor_ask(client->editor,
                            "Leaving ends the mirroring of this box. Leave? [yes,no] (no) ", leave);
    return result;
}

static int box_gone(const struct interactive *client, int failed)
{
    terminal_error("mirrorsh: %s\n", connection_lost(&client->connection, failed));
    return *client->connection.refused ? STATUS_FAILED : STATUS_NO_BOX;
}

/* Prompt, line, answer. Returns the exit status. */
static int converse(struct interactive *client, const struct interactive_options *options)
{
    for (;;) {
        struct prompt prompt = client->connection.prompt;
        const char *line = "exit";
        enum editor_result result = editor_line(client->editor, prompt.text, &line);
        bool leave = false;
        int failed;

        if (result == EDITOR_LINE || result == EDITOR_LEAVE) {
            size_t blanks = strspn(line, " \t");

            if (line[blanks] == '\0' || line[blanks] == '#')
                continue;
            failed = run_line(client, prompt.text, line);
            if (connection_lost(&client->connection, failed))
                return box_gone(client, failed);
            if (failed)
                return STATUS_FAILED;
            if (client->connection.prompt.logged_out)
                result = confirm(client, options, &leave);
        }
        if (leave)
            return STATUS_OK;
        if (result == EDITOR_HANGUP)
            return STATUS_FAILED;
        if (result == EDITOR_BOX) {
            terminal_say("\n", 1);
            return box_gone(client, -ECONNRESET);
        }
    }
}

int interactive_run(int fd, const struct interactive_options *options)
{
    struct interactive client = {0};
    char why[256];
    int status;

    client.handler = (struct connection_handler){.context = &client,
                                                 .person = true,
                                                 .output = on_output,
                                                 .round = on_round,
                                                 .idle = on_idle,
                                                 .problem = on_problem,
                                                 .warning = on_warning,
                                                 .notice = on_notice,
                                                 .text = on_text,
                                                 .view = on_view};
    if (connection_open(&client.connection, fd, CONSOLE_TERMINAL, options->full_screen,
                        &client.handler, why, sizeof why)) {
        terminal_error("mirrorsh: %s\n", why);
        return STATUS_NO_BOX;
    }
    client.editor = editor_open(&client.connection, &client.handler);
    if (client.editor) {
        status = converse(&client, options);
        editor_close(client.editor, status == STATUS_OK);
    } else {
        terminal_error("mirrorsh: this terminal cannot be edited on\n");
        status = STATUS_FAILED;
    }
    connection_close(&client.connection);
    return status;
}
