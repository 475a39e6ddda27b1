/* Runs the lines of a script one after the other and turns what happened into error lines and
 * an exit status. */
#include "script.h"
#include "connection.h"
#include "lines.h"
#include "live.h"
#include "terminal.h"
#include "transfer.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A run under way; the handlers' context. */
struct run {
    const struct script *script;
    struct connection connection;
    struct connection_handler handler;
    const struct script_input *input;
    struct lines *lines; /* of it */
    const char *name;    /* of it: FILE of a place */
    uint32_t line;       /* that runs */
    const char *text;
    bool failed; /* something did: the exit status is 1 at least */
    bool over;   /* nothing more is to run */
    bool silent; /* standard output is gone, or the client's end was asked for */
};

bool script_open(struct script *script, char *why, size_t why_size)
{
    for (size_t i = 0; i < script->count; i++) {
        struct script_input *input = &script->inputs[i];

        input->fd = -1;
        if (input->text)
            continue;
        input->fd =
            strcmp(input->path, "-") == 0 ? STDIN_FILENO : open(input->path, O_RDONLY | O_CLOEXEC);
        /* A directory opens, but reads as nothing. */
        if (input->fd < 0 || (read(input->fd, why, 0) < 0)) {
            snprintf(why, why_size, "%s: %s", input->path, strerror(errno));
            return false;
        }
    }
    return true;
}

static void tell(const struct run *run, uint32_t column, const char *what, const char *text)
{
    if (column == 0)
        column = lines_first_column(run->text);
    terminal_error("%s:%u:%u: %s: %s\n", run->name, run->line, column, what, text);
}

static void on_problem(void *context, uint32_t column, const char *text)
{
    struct run *run = context;

    tell(run, column, "error", text);
    run->failed = true;
}

static void on_warning(void *context, uint32_t column, const char *text)
{
    tell(context, column, "warning", text);
}

static void on_notice(void *context, const char *text)
{
    size_t length = strlen(text);

    (void)context;
    terminal_error("%s%s", text, length && text[length - 1] == '\n' ? "" : "\n");
}

static int on_output(void *context, const char *text, size_t length)
{
    (void)context;
    return terminal_write(text, length);
}

static int on_view(void *context, struct connection *connection, const struct view_start *start)
{
    (void)context;
    return live_run(connection, start);
}

/* The run cannot go on: says why, unless everybody knows. Returns the exit status. */
static int give_up(struct run *run, int failed)
{
    const char *lost = connection_lost(&run->connection, failed);

    run->over = run->failed = true;
    if (failed == -EPIPE || failed == -EINTR) {
        run->silent = true;
        return STATUS_FAILED;
    }
    if (lost) {
        terminal_error("mirrorsh: %s\n", lost);
        run->silent = true; /* and whatever the candidate was, it is gone too */
        return *run->connection.refused ? STATUS_FAILED : STATUS_NO_BOX;
    }
    terminal_error("mirrorsh: standard output: %s\n", strerror(-failed));
    return STATUS_FAILED;
}

static int run_line(struct run *run, const char *text, size_t length)
{
    char *line = strndup(text, length); /* a load reads on where it stood */
    bool interrupted;
    int failed = -ENOMEM;

    run->text = line ? line : "";
    if (line)
        failed = connection_run(&run->connection, line, length, &run->handler, &interrupted);
    run->text = "";
    free(line);
    if (failed)
        return give_up(run, failed);
    if (run->connection.prompt.failed)
        run->failed = true;
    if (interrupted)
        run->over = run->failed = true;
    if (run->connection.prompt.logged_out)
        run->over = true;
    return STATUS_OK;
}

/* Waits for more bytes of the input, with an eye on the box. */
static int read_more(struct run *run, struct lines *lines, int fd)
{
    static char buffer[65536];
    int ready = terminal_wait(fd, run->connection.wire.fd, -1);
    ssize_t got;

    if (terminal_ended() || terminal_interrupted()) {
        run->over = run->failed = true;
        run->silent = terminal_ended();
        return STATUS_OK;
    }
    if (ready > 0 && ready & 2) {
        int failed = connection_news(&run->connection, &run->handler);

        if (failed)
            return give_up(run, failed);
    }
    if (ready < 0 || !(ready & 1))
        return STATUS_OK;
    got = read(fd, buffer, sizeof buffer);
    if (got < 0 && errno != EINTR && errno != EAGAIN) {
        terminal_error("mirrorsh: %s: %s\n", run->name, strerror(errno));
        run->over = run->failed = true;
    } else if (got == 0) {
        lines->finished = true;
    } else if (got > 0 && !lines_add(lines, buffer, (size_t)got)) {
        terminal_error("mirrorsh: %s: out of memory\n", run->name);
        run->over = run->failed = true;
    }
    return STATUS_OK;
}

/* `load terminal`: of a -c it is standard input, else the lines that follow, to their end or to a
 * line of nothing but ^D. All of them or nothing: those behind a bad one are no commands either. */
static int on_text(void *context, FILE *to)
{
    struct run *run = context;
    const uint32_t line = run->line;
    bool bad = false;

    if (run->input->text)
        return transfer_typed(&run->connection, &run->handler, to);
    while (!run->over) {
        const char *text = "";
        size_t length = 0;
        uint32_t column = 0;
        enum line_kind kind = lines_next(run->lines, &text, &length, &column);

        if (kind == LINE_LAST || (kind == LINE_COMMAND && strcmp(text, "\004") == 0))
            return bad ? -EINVAL : 0;
        if (kind == LINE_BAD) {
            bad = true;
            run->line = run->lines->number;
            tell(run, column, "error", text);
            run->line = line;
        }
        if (kind == LINE_WAIT && read_more(run, run->lines, run->input->fd) != STATUS_OK)
            return -ECONNRESET;
        if (kind == LINE_WAIT || bad || ftell(to) > LOAD_MAX)
            continue; /* of too much the box says so */
        fwrite(text, 1, length, to);
        putc('\n', to);
    }
    return terminal_ended() ? -EINTR : -ECANCELED;
}

/* Runs the lines of one input. */
static int run_input(struct run *run, const struct script_input *input)
{
    struct lines lines = {0};
    int status = STATUS_OK;
    bool more = true;

    run->input = input;
    run->lines = &lines;
    run->name = input->text ? input->name : input->path;
    if (input->text) {
        more = lines_add(&lines, input->text, strlen(input->text));
        lines.finished = true;
    }
    while (more && !run->over) {
        const char *text;
        size_t length;
        uint32_t column;
        enum line_kind kind = lines_next(&lines, &text, &length, &column);

        run->line = lines.number;
        if (kind == LINE_COMMAND)
            status = run_line(run, text, length);
        else if (kind == LINE_BAD)
            on_problem(run, column, text);
        else if (kind == LINE_WAIT)
            status = read_more(run, &lines, input->fd);
        more = kind != LINE_LAST;
        if (run->failed && !run->script->keep_going)
            run->over = true;
    }
    lines_free(&lines);
    return status;
}

/* What would be lost. A script's prompts say only that something may have changed, which is
 * cheap; a blank line asks for the truth. */
static bool has_changes(struct run *run)
{
    bool interrupted;

    if (run->silent || !run->connection.prompt.uncommitted)
        return false;
    if (!run->connection.prompt.logged_out)
        connection_run(&run->connection, "", 0, &run->handler, &interrupted);
    return run->connection.prompt.uncommitted;
}

int script_run(const struct script *script, int fd)
{
    struct run run = {.script = script, .name = "mirrorsh", .text = ""};
    char why[256];
    int status = STATUS_OK;

    run.handler = (struct connection_handler){.context = &run,
                                              .output = on_output,
                                              .problem = on_problem,
                                              .warning = on_warning,
                                              .notice = on_notice,
                                              .text = on_text,
                                              .view = on_view};
    if (connection_open(&run.connection, fd, CONSOLE_SCRIPT, script->full_screen, &run.handler, why,
                        sizeof why)) {
        terminal_error("mirrorsh: %s\n", why);
        return STATUS_NO_BOX;
    }
    for (size_t i = 0; i < script->count && !run.over; i++)
        status = run_input(&run, &script->inputs[i]);
    /* A run that an error stopped has said so; its changes are dropped without a word more. */
    if ((!run.failed || script->keep_going) && has_changes(&run)) {
        terminal_error("mirrorsh: uncommitted changes were dropped\n");
        run.failed = true;
    }
    connection_close(&run.connection);
    return status ? status : run.failed ? STATUS_FAILED : STATUS_OK;
}
