/* The keys of a line that are ours rather than libedit's: completion, `?`, ^C, ^D, ^Z. See
 * editor_internal.h. */
#include "../config/words.h"
#include "choices.h"
#include "editor_internal.h"
#include "pager.h"
#include "terminal.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Output of the line before that a slow terminal has not shown yet goes too. */
static unsigned char drop_line(EditLine *el, int key)
{
    struct editor *editor = editor_of(el);
    const LineInfo *line = el_line(el);

    (void)key;
    editor->result = EDITOR_DROPPED;
    terminal_discard();
    if (line->cursor == line->lastchar)
        editor_draw(editor, "^C", 2);
    editor_step_below(editor);
    return CC_NEWLINE;
}

static unsigned char leave_or_delete(EditLine *el, int key)
{
    struct editor *editor = editor_of(el);
    const LineInfo *line = el_line(el);

    (void)key;
    if (line->buffer == line->lastchar) {
        editor->result = EDITOR_LEAVE;
        if (editor->asked != ASKED_TEXT) /* there is no prompt to step below */
            editor_draw(editor, "\n", 1);
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
    const struct connection_handler *handler = editor_of(el)->handler;

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
    editor_show(editor);
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
    if (editor->connection->interrupts) /* it drops the line */
        editor->queued = L"\003";
    free(line);
    return done;
}

/* Shows what may stand here below the line, and the line again below that. */
static void list(struct editor *editor, const struct choices *choices)
{
    char *text = choices_list(choices);

    editor_step_below(editor);
    editor_show(editor);
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
    struct editor *editor = editor_of(el);
    unsigned char outcome = CC_ERROR;
    struct choices choices;
    char *typed, *insertion;

    (void)key;
    if (editor->asked == ASKED_TEXT) {
        el_insertstr(el, "\t");
        return CC_REFRESH;
    }
    if (editor->asked != ASKED_COMMAND || !ask_choices(editor, &choices, &typed))
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
    struct editor *editor = editor_of(el);
    struct choices choices;
    char *typed;

    (void)key;
    if (editor->asked != ASKED_COMMAND || in_quotes(el)) {
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

void editor_bind_keys(EditLine *el)
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
    /* While a line is edited ^Z is a key; while a command runs it is a signal, and what is
     * typed ahead is neither echoed twice nor cut into lines by the kernel. */
    el_set(el, EL_SETTY, "-d", "-isig", NULL);
    el_set(el, EL_SETTY, "-x", "-echo", "-icanon", NULL);
}
