/* Between the keyboard and the connection. Characters are read by our own function, so that the
 * box's messages and the signals are heard while a person thinks; what libedit draws is gathered
 * until then, so that lines typed ahead, as a paste has them, cost no more than a script's. What
 * our own keys do is in editor_keys.c. */
#include "../clock.h"
#include "../config/utf8.h"
#include "editor_internal.h"
#include "keyboard.h"
#include "terminal.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct editor *editor_of(EditLine *el)
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
    } text = {editor_of(el)->prompt};

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
void editor_step_below(struct editor *editor)
{
    size_t width = terminal_size().columns;
    size_t rows = columns_taken(editor, true) / width - columns_taken(editor, false) / width;

    for (size_t i = 0; i <= rows; i++)
        editor_draw(editor, "\n", 1);
}

void editor_step_aside(struct editor *editor)
{
    size_t taken;

    if (!editor || !editor->editing)
        return;
    taken = columns_taken(editor, true);
    if (taken >= terminal_size().columns) {
        editor_step_below(editor);
    } else {
        editor_draw(editor, "\r", 1);
        while (taken--)
            editor_draw(editor, " ", 1);
        editor_draw(editor, "\r", 1);
    }
    editor_show(editor);
}

void editor_come_back(struct editor *editor)
{
    if (!editor || !editor->editing)
        return;
    el_set(editor->el, EL_REFRESH);
    editor_show(editor);
}

/* Takes one byte of a character. 1: it is whole; 0: more of it has to come, or it was none;
 * -1: the terminal has gone. */
static int read_byte(struct editor *editor, wchar_t *character)
{
    unsigned char byte;
    size_t done;

    if (!keyboard_take(&byte))
        return -1;
    done = mbrtowc(character, (const char *)&byte, 1, &editor->typed);
    if (done == (size_t)-1)
        memset(&editor->typed, 0, sizeof editor->typed);
    return done == 0 || done == 1;
}

void editor_show(struct editor *editor)
{
    size_t length = editor->drawn_length;

    editor->drawn_length = 0;
    /* A ^C that comes while it is written is no signal that is lost: it drops the line. */
    if (length && terminal_write(editor->drawn, length) == -ECANCELED)
        editor->queued = L"\003";
}

/* Always taken, for what a terminal under XOFF never shows is lost. */
void editor_draw(struct editor *editor, const char *text, size_t length)
{
    while (length > 0) {
        size_t room = sizeof editor->drawn - editor->drawn_length;
        size_t part = length < room ? length : room;

        memcpy(editor->drawn + editor->drawn_length, text, part);
        editor->drawn_length += part;
        text += part;
        length -= part;
        if (part == room)
            editor_show(editor);
    }
}

/* What libedit prints. */
static ssize_t print(void *cookie, const char *text, size_t length)
{
    struct editor *editor = cookie;

    if (!editor->muted)
        editor_draw(editor, text, length);
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

/* Draws the line anew where the terminal has another size, or it stands elsewhere. */
static void redraw(struct editor *editor)
{
    editor->muted |= terminal_continued(); /* the cursor is behind the shell's lines */
    if (!editor->muted && fits(editor))
        return;
    if (!editor->muted)
        editor_step_aside(editor);
    editor->muted = false;
    fit(editor);
    editor_come_back(editor);
}

/* Waits until something is typed, unless it was, and hears whatever else there is. False: the line
 * is to end with editor->result. */
static bool listen(struct editor *editor)
{
    bool interrupted;
    int ready;

    if (!keyboard_has())
        editor_show(editor);
    if (*editor->queued) /* a ^C came meanwhile */
        return true;
    ready = terminal_wait(STDIN_FILENO, editor->connection->wire.fd, -1);
    if (terminal_ended()) {
        editor->result = EDITOR_HANGUP;
        return false;
    }
    if (terminal_resized())
        connection_resize(editor->connection);
    interrupted = terminal_interrupted();
    if (!interrupted && ready > 0 && ready & 2) {
        if (connection_news(editor->connection, editor->handler)) {
            editor->result = EDITOR_BOX;
            return false;
        }
        interrupted = editor->connection->interrupts > 0;
    }
    if (interrupted) {
        editor->queued = L"\003";
        editor->keys = (struct keys){0};
        memset(&editor->typed, 0, sizeof editor->typed);
    }
    return true;
}

/* What is typed next, or nothing that is a key: to editor->queued. False as above. */
static bool read_key(struct editor *editor)
{
    wchar_t character;
    int got = read_byte(editor, &character);

    if (got > 0)
        editor->queued = keys_take(&editor->keys, character, clock_ms());
    if (got < 0)
        editor->result = EDITOR_HANGUP;
    return got >= 0;
}

/* libedit's source of characters: 1, or 0 when the line is to end with editor->result. Within
 * a line that was typed ahead nothing else is looked at. */
static int next_character(EditLine *el, wchar_t *character)
{
    struct editor *editor = editor_of(el);
    bool goes_on = true;

    while (goes_on) {
        if (!editor->listened || !keyboard_has())
            redraw(editor);
        if (*editor->queued) {
            *character = *editor->queued++;
            return 1;
        }
        if (!editor->listened || !keyboard_has()) {
            editor->listened = true;
            goes_on = listen(editor);
        }
        if (goes_on && !*editor->queued && keyboard_has())
            goes_on = read_key(editor);
    }
    return 0;
}

/* Lines that were gathered go to the file. */
static void save_kept(struct editor *editor)
{
    if (editor->kept_length)
        history_file_add(editor->file, editor->kept);
    editor->kept_length = 0;
}

/* For the file; while more was typed ahead several lines go there together. */
static void gather(struct editor *editor, const char *line)
{
    size_t length = strlen(line) + 1;

    if (editor->kept_length + length > sizeof editor->kept)
        save_kept(editor);
    if (length <= sizeof editor->kept) {
        if (editor->kept_length)
            editor->kept[editor->kept_length - 1] = '\n';
        memcpy(editor->kept + editor->kept_length, line, length);
        editor->kept_length += length;
    }
    if (!keyboard_has())
        save_kept(editor);
}

static void remember(void *context, const char *line)
{
    const struct editor *editor = context;
    HistEvent event;

    history(editor->history, &event, H_ENTER, line);
}

/* ^C is a character from now on, to keyboard.c, whatever modes libedit gives the terminal. */
static void take_terminal(struct editor *editor)
{
    struct termios modes;

    tcgetattr(STDIN_FILENO, &editor->given);
    modes = editor->given;
    modes.c_cc[VINTR] = KEYBOARD_NO_INTERRUPT;
    tcsetattr(STDIN_FILENO, TCSANOW, &modes);
    keyboard_read_ahead(true);
}

static void give_terminal_back(struct editor *editor)
{
    keyboard_read_ahead(false);
    tcsetattr(STDIN_FILENO, TCSANOW, &editor->given);
}

struct editor *editor_open(struct connection *connection, const struct connection_handler *handler)
{
    struct editor *editor = calloc(1, sizeof *editor);
    HistEvent event;

    if (!editor)
        return NULL;
    *editor =
        (struct editor){.connection = connection, .handler = handler, .prompt = "", .queued = L""};
    take_terminal(editor);
    editor->discarded = fopen("/dev/null", "we");
    editor->out = fopencookie(editor, "w", (cookie_io_functions_t){.write = print});
    editor->history = history_init();
    if (editor->discarded && editor->out && editor->history)
        editor->el = el_init_fd("mirrorsh", stdin, editor->out, editor->discarded, STDIN_FILENO,
                                STDOUT_FILENO, fileno(editor->discarded));
    if (!editor->el) {
        editor_close(editor, false);
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
    editor_bind_keys(editor->el);
    return editor;
}

void editor_close(struct editor *editor, bool left)
{
    /* or the terminal's modes would wait for it */
    if (terminal_ended())
        terminal_discard();
    if (editor->el)
        el_end(editor->el);
    give_terminal_back(editor);
    if (left)
        keyboard_give_back();
    save_kept(editor);
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
    editor->listened = false;
    terminal_continued(); /* what stood there was not the line */
    /* libedit begins a line for the size that the terminal says */
    editor->muted = terminal_is_set();
    editor->editing = true;
    text = el_gets(editor->el, &count);
    editor_show(editor);
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
        gather(editor, line);
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

    editor->asked = ASKED_ANSWER;
    result = read_line(editor, question);
    editor->asked = ASKED_COMMAND;
    *yes = false;
    if (result == EDITOR_LINE) {
        const char *answer = editor->line + strspn(editor->line, " \t");
        size_t length = strcspn(answer, " \t");

        *yes = length > 0 && length <= 3 && strncasecmp(answer, "yes", length) == 0;
    }
    return result;
}

int editor_text(struct editor *editor, FILE *to)
{
    static const int outcomes[] = {[EDITOR_LEAVE] = 0,
                                   [EDITOR_DROPPED] = -ECANCELED,
                                   [EDITOR_HANGUP] = -EINTR,
                                   [EDITOR_BOX] = -ECONNRESET};
    char *command = editor->line;
    enum editor_result result;

    editor->line = NULL;
    editor->asked = ASKED_TEXT;
    while ((result = read_line(editor, "")) == EDITOR_LINE)
        if (ftell(to) <= LOAD_MAX) /* else the box says so */
            fprintf(to, "%s\n", editor->line);
    editor->asked = ASKED_COMMAND;
    free(editor->line);
    editor->line = command;
    return outcomes[result];
}
