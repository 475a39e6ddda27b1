/* Between the keyboard and the connection: the only file that knows libedit. Characters are
 * read by our own function, so that the box's messages and the signals are heard while a
 * person thinks. */
#include "editor.h"
#include "../clock.h"
#include "../config/utf8.h"
#include "../config/words.h"
#include "choices.h"
#include "history_file.h"
#include "keys.h"
#include "pager.h"
#include "terminal.h"
#include <errno.h>
#include <histedit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

struct editor {
    EditLine *el;
    History *history;
    char *file;      /* that keeps it across logins; NULL: none does */
    FILE *discarded; /* libedit's complaints about terminals it does not know */
    struct connection *connection;
    const struct connection_handler *handler;
    const char *prompt;
    char *line;                /* handed out last */
    mbstate_t typed;           /* of the character whose first bytes have come */
    struct keys keys;          /* of the key whose first characters have come */
    const wchar_t *queued;     /* what it is to libedit, as far as that has not read it */
    FILE *out;                 /* libedit's way to the terminal */
    bool muted;                /* what it draws now is for a size that does not hold */
    bool editing, asking;      /* a line is on the screen; it answers a question */
    enum editor_result result; /* of the line that ends now */
};

static struct editor *of(EditLine *el)
{
    void *editor = NULL;

    el_get(el, EL_CLIENTDATA, &editor);
    return editor;
}

static char *prompt_of(EditLine *el)
{
    /* libedit does not write to it. */
    union {
        const char *given;
        char *taken;
    } text = {of(el)->prompt};

    return text.taken;
}

/* Columns of the prompt and the line, up to the cursor or whole. */
static size_t columns_taken(const struct editor *editor, bool whole)
{
    const LineInfo *line = el_line(editor->el);
    const char *end = whole ? line->lastchar : line->cursor;

    return utf8_width(editor->prompt, strlen(editor->prompt)) +
           utf8_width(line->buffer, (size_t)(end - line->buffer));
}

/* Moves from the cursor to the start of the row below the line. */
static void step_below(const struct editor *editor)
{
    size_t width = terminal_size().columns;
    size_t rows = columns_taken(editor, true) / width - columns_taken(editor, false) / width;

    for (size_t i = 0; i <= rows; i++)
        terminal_write("\n", 1);
}

void editor_step_aside(struct editor *editor)
{
    size_t taken;

    if (!editor || !editor->editing)
        return;
    taken = columns_taken(editor, true);
    if (taken >= terminal_size().columns) {
        step_below(editor);
        return;
    }
    terminal_write("\r", 1);
    while (taken--)
        terminal_write(" ", 1);
    terminal_write("\r", 1);
}

void editor_come_back(struct editor *editor)
{
    if (editor && editor->editing)
        el_set(editor->el, EL_REFRESH);
}

/* Takes one byte of a character. 1: it is whole; 0: more of it has to come, or it was none;
 * -1: the terminal has gone. */
static int read_byte(struct editor *editor, wchar_t *character)
{
    char byte;
    size_t done;

    if (read(STDIN_FILENO, &byte, 1) != 1)
        return -1;
    done = mbrtowc(character, &byte, 1, &editor->typed);
    if (done == (size_t)-1)
        memset(&editor->typed, 0, sizeof editor->typed);
    return done == 0 || done == 1;
}

/* What libedit prints; always taken, for what a terminal under XOFF never shows is lost. */
static ssize_t print(void *cookie, const char *text, size_t length)
{
    const struct editor *editor = cookie;

    if (!editor->muted)
        terminal_write(text, length);
    return (ssize_t)length;
}

/* Whether libedit draws for the terminal as it is. */
static bool fits(const struct editor *editor)
{
    struct screen_size size = terminal_size();
    int columns = 0, rows = 0;

    el_get(editor->el, EL_GETTC, "co", &columns);
    el_get(editor->el, EL_GETTC, "li", &rows);
    return columns == size.columns && rows == size.rows;
}

static void fit(struct editor *editor)
{
    struct screen_size size = terminal_size();
    char columns[8], rows[8];

    snprintf(columns, sizeof columns, "%u", size.columns);
    snprintf(rows, sizeof rows, "%u", size.rows);
    el_set(editor->el, EL_SETTC, "co", columns, NULL);
    el_set(editor->el, EL_SETTC, "li", rows, NULL);
}

/* libedit's source of characters: 1, or 0 when the line is to end with editor->result. */
static int next_character(EditLine *el, wchar_t *character)
{
    struct editor *editor = of(el);

    for (;;) {
        editor->muted |= terminal_continued(); /* the cursor is behind the shell's lines */
        if (editor->muted || !fits(editor)) {
            if (!editor->muted)
                editor_step_aside(editor);
            editor->muted = false;
            fit(editor);
            editor_come_back(editor);
        }
        if (*editor->queued) {
            *character = *editor->queued++;
            return 1;
        }
        int ready = terminal_wait(STDIN_FILENO, editor->connection->wire.fd, -1);

        if (ready > 0)
            terminal_called(); /* a ^C that came as a signal is before what was typed behind it */
        if (terminal_ended()) {
            editor->result = EDITOR_HANGUP;
            return 0;
        }
        if (terminal_resized())
            connection_resize(editor->connection);
        if (terminal_interrupted()) {
            *character = L'\003';
            return 1;
        }
        if (ready > 0 && ready & 2 && connection_news(editor->connection, editor->handler)) {
            editor->result = EDITOR_BOX;
            return 0;
        }
        if (ready > 0 && ready & 1) {
            int got = read_byte(editor, character);

            if (got > 0)
                editor->queued = keys_take(&editor->keys, *character, clock_ms());
            if (got < 0) {
                editor->result = EDITOR_HANGUP;
                return 0;
            }
        }
    }
}

/* Output of the line before that a slow terminal has not shown yet goes too. */
static unsigned char drop_line(EditLine *el, int key)
{
    const LineInfo *line = el_line(el);

    (void)key;
    of(el)->result = EDITOR_DROPPED;
    terminal_discard();
    if (line->cursor == line->lastchar)
        terminal_write("^C", 2);
    step_below(of(el));
    return CC_NEWLINE;
}

static unsigned char leave_or_delete(EditLine *el, int key)
{
    const LineInfo *line = el_line(el);

    (void)key;
    if (line->buffer == line->lastchar) {
        of(el)->result = EDITOR_LEAVE;
        terminal_write("\n", 1);
        return CC_EOF;
    }
    if (line->cursor == line->lastchar)
        return CC_ERROR;
    el_cursor(el, 1);
    el_deletestr(el, 1);
    return CC_REFRESH;
}

/* ^Z: the line stays; the next wait stops. */
static unsigned char stop(EditLine *el, int key)
{
    const struct connection_handler *handler = of(el)->handler;

    (void)key;
    if (!terminal_stop_group())
        handler->notice(handler->context, "^Z would stop the box, which is in this process");
    return CC_NORM;
}

/* Asks the box for the choices at the cursor; *typed is the word's beginning, malloced. */
static bool ask_choices(struct editor *editor, struct choices *choices, char **typed)
{
    const LineInfo *info = el_line(editor->el);
    size_t cursor = (size_t)(info->cursor - info->buffer);
    char *line = strndup(info->buffer, (size_t)(info->lastchar - info->buffer));
    char *text = NULL;
    uint32_t begin = 0;
    bool done = false;

    *typed = NULL;
    if (line && connection_complete(editor->connection, line, cursor, editor->handler, &begin,
                                    &text) == 0) {
        if (begin > cursor)
            begin = (uint32_t)cursor;
        *typed = strndup(line + begin, cursor - begin);
        done = choices_parse(choices, text);
        if (done && !*typed) {
            choices_free(choices);
            done = false;
        }
    }
    free(line);
    return done;
}

/* Shows what may stand here below the line, and the line again below that. */
static void list(struct editor *editor, const struct choices *choices)
{
    char *text = choices_list(choices);

    step_below(editor);
    editor->editing = false; /* the line is shown anew behind the list */
    /* A ^C that comes while it is written is no signal that is lost: it drops the line. */
    if (text && pager_show(text, strlen(text)) == -ECANCELED)
        editor->queued = L"\003";
    editor->editing = true;
    free(text);
    el_set(editor->el, EL_REFRESH);
}

/* Puts the insertion in the place of what was typed of the word. */
static void insert(struct editor *editor, const char *typed, const char *insertion, bool whole)
{
    const LineInfo *line = el_line(editor->el);
    bool blank_follows = line->cursor < line->lastchar && *line->cursor == ' ';
    int characters = 0;

    for (const char *at = typed; *at; at++)
        characters += ((unsigned char)*at & 0xc0) != 0x80;
    if (characters)
        el_deletestr(editor->el, characters);
    el_insertstr(editor->el, insertion);
    if (whole && blank_follows)
        el_cursor(editor->el, 1);
    else if (whole)
        el_insertstr(editor->el, " ");
}

static unsigned char complete(EditLine *el, int key)
{
    struct editor *editor = of(el);
    unsigned char outcome = CC_ERROR;
    struct choices choices;
    char *typed, *insertion;

    (void)key;
    if (editor->asking || !ask_choices(editor, &choices, &typed))
        return CC_ERROR;
    insertion = choices_insertion(&choices, typed);
    if (insertion) {
        insert(editor, typed, insertion, choices.words == 1);
        outcome = CC_REFRESH;
    } else if (choices.count) {
        list(editor, &choices);
        outcome = CC_NORM;
    }
    free(insertion);
    free(typed);
    choices_free(&choices);
    return outcome;
}

static bool in_quotes(EditLine *el)
{
    const LineInfo *info = el_line(el);

    return words_in_quotes(info->buffer, (size_t)(info->cursor - info->buffer));
}

static unsigned char explain(EditLine *el, int key)
{
    struct editor *editor = of(el);
    struct choices choices;
    char *typed;

    (void)key;
    if (editor->asking || in_quotes(el)) {
        el_insertstr(el, "?");
        return CC_REFRESH;
    }
    if (!ask_choices(editor, &choices, &typed))
        return CC_ERROR;
    list(editor, &choices);
    free(typed);
    choices_free(&choices);
    return CC_NORM;
}

static void bind_keys(EditLine *el)
{
    static const struct {
        const wchar_t *name, *help, *key; /* wide: libedit keeps them, but frees no copies */
        unsigned char (*run)(EditLine *, int);
    } own[] = {
        {L"mirrorsh-complete", L"complete the word", L"^I", complete},
        {L"mirrorsh-explain", L"list what may stand here", L"?", explain},
        {L"mirrorsh-drop", L"drop the line", L"^C", drop_line},
        {L"mirrorsh-stop", L"stop the console", L"^Z", stop},
        {L"mirrorsh-leave", L"leave, or delete a character", L"^D", leave_or_delete},
    };

    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        el_wset(el, EL_ADDFN, own[i].name, own[i].help, own[i].run);
        el_wset(el, EL_BIND, own[i].key, own[i].name, NULL);
    }
    el_set(el, EL_BIND, "^W", "ed-delete-prev-word", NULL);
    el_set(el, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_wset(el, EL_BIND, KEYS_DELETE, L"ed-delete-next-char", NULL);
    /* While a line is edited ^C is a key; while a command runs it is a signal, and what is
     * typed ahead is neither echoed twice nor cut into lines by the kernel. */
    el_set(el, EL_SETTY, "-d", "-isig", NULL);
    el_set(el, EL_SETTY, "-x", "-echo", "-icanon", NULL);
}

static void remember(void *context, const char *line)
{
    const struct editor *editor = context;
    HistEvent event;

    history(editor->history, &event, H_ENTER, line);
}

struct editor *editor_open(struct connection *connection, const struct connection_handler *handler)
{
    struct editor *editor = calloc(1, sizeof *editor);
    HistEvent event;

    if (!editor)
        return NULL;
    *editor =
        (struct editor){.connection = connection, .handler = handler, .prompt = "", .queued = L""};
    editor->discarded = fopen("/dev/null", "we");
    editor->out = fopencookie(editor, "w", (cookie_io_functions_t){.write = print});
    editor->history = history_init();
    if (editor->discarded && editor->out && editor->history)
        editor->el = el_init_fd("mirrorsh", stdin, editor->out, editor->discarded, STDIN_FILENO,
                                STDOUT_FILENO, fileno(editor->discarded));
    if (!editor->el) {
        editor_close(editor);
        return NULL;
    }
    history(editor->history, &event, H_SETSIZE, HISTORY_LINES);
    history(editor->history, &event, H_SETUNIQUE, 1);
    editor->file = history_file_path();
    if (editor->file)
        history_file_load(editor->file, remember, editor);
    el_set(editor->el, EL_CLIENTDATA, editor);
    el_set(editor->el, EL_SIGNAL, 0);
    el_set(editor->el, EL_PROMPT, prompt_of);
    el_set(editor->el, EL_EDITOR, "emacs");
    el_set(editor->el, EL_HIST, history, editor->history);
    el_set(editor->el, EL_GETCFN, next_character);
    bind_keys(editor->el);
    return editor;
}

void editor_close(struct editor *editor)
{
    /* or the terminal's modes would wait for it */
    if (terminal_ended())
        terminal_discard();
    if (editor->el)
        el_end(editor->el);
    if (editor->history)
        history_end(editor->history);
    if (editor->discarded)
        fclose(editor->discarded);
    if (editor->out)
        fclose(editor->out);
    free(editor->line);
    free(editor->file);
    free(editor);
}

static enum editor_result read_line(struct editor *editor, const char *prompt)
{
    const char *text;
    int count = 0;

    free(editor->line);
    editor->line = NULL;
    editor->prompt = prompt;
    editor->result = EDITOR_LINE;
    terminal_continued(); /* what stood there was not the line */
    /* libedit begins a line for the size that the terminal says */
    editor->muted = terminal_is_set();
    editor->editing = true;
    text = el_gets(editor->el, &count);
    editor->editing = false;
    if (editor->result != EDITOR_LINE)
        return editor->result;
    if (!text || count <= 0)
        return EDITOR_HANGUP;
    editor->line = strndup(text, (size_t)count);
    if (!editor->line)
        return EDITOR_HANGUP;
    editor->line[strcspn(editor->line, "\r\n")] = '\0';
    return EDITOR_LINE;
}

/* A line that is typed twice is kept once. */
static void keep(struct editor *editor, const char *line)
{
    HistEvent last;

    if (history(editor->history, &last, H_FIRST) >= 0 && strcmp(last.str, line) == 0)
        return;
    remember(editor, line);
    if (editor->file)
        history_file_add(editor->file, line);
}

enum editor_result editor_line(struct editor *editor, const char *prompt, const char **line)
{
    enum editor_result result = read_line(editor, prompt);

    if (result == EDITOR_LINE) {
        if (editor->line[strspn(editor->line, " \t")])
            keep(editor, editor->line);
        *line = editor->line;
    }
    return result;
}

enum editor_result editor_ask(struct editor *editor, const char *question, bool *yes)
{
    enum editor_result result;

    editor->asking = true;
    result = read_line(editor, question);
    editor->asking = false;
    *yes = false;
    if (result == EDITOR_LINE) {
        const char *answer = editor->line + strspn(editor->line, " \t");
        size_t length = strcspn(answer, " \t");

        *yes = length > 0 && length <= 3 && strncasecmp(answer, "yes", length) == 0;
    }
    return result;
}
