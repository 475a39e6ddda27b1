/* Holds the table of commands and libcli's tree of their words against each other. No command is
 * run: what of the engine they would call is never reached. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <libcli.h>

#include "../../engine/engine.h"
#include "../../shell/command/arguments.h"
#include "../../shell/command/command_table.h"
#include "../../shell/command/explain.h"
#include "no_watches.h"
#include "places.h"
#include <stdlib.h>
#include <string.h>

int engine_prepare(struct engine *engine, struct mirror_config *config,
                   struct engine_change **change, engine_problem_fn *problem, void *context,
                   char *why, size_t why_size)
{
    (void)engine, (void)config, (void)change, (void)problem, (void)context, (void)why,
        (void)why_size;
    abort();
}

void engine_warn(const struct engine_change *change, engine_problem_fn *warning, void *context)
{
    (void)change, (void)warning, (void)context;
}

void engine_commit(struct engine *engine, struct engine_change *change)
{
    (void)engine, (void)change;
    abort();
}

void engine_abandon(struct engine *engine, struct engine_change *change)
{
    (void)engine, (void)change;
    abort();
}

struct engine_status *engine_status(struct engine *engine)
{
    (void)engine;
    abort();
}

void engine_status_free(struct engine_status *status)
{
    (void)status;
    abort();
}

struct explanation *engine_explain(const struct engine *engine,
                                   const struct packet_question *question)
{
    (void)engine, (void)question;
    abort();
}

int engine_clear(struct engine *engine, const char *session)
{
    (void)engine, (void)session;
    abort();
}

/* libcli's own, which refuses when so many were registered. */
static int registrations_left = -1;

struct cli_command *
cli_register_command(struct cli_def *cli, struct cli_command *parent, const char *name,
                     int (*callback)(struct cli_def *, const char *, char **, int), int privilege,
                     int mode, const char *help)
{
    struct cli_command *(*real)(struct cli_def *, struct cli_command *, const char *,
                                int (*)(struct cli_def *, const char *, char **, int), int, int,
                                const char *);
    void *symbol = dlsym(RTLD_NEXT, "cli_register_command");

    if (registrations_left == 0)
        return NULL;
    registrations_left--;
    memcpy(&real, &symbol, sizeof real);
    return real(cli, parent, name, callback, privilege, mode, help);
}

static void test_libcli_out_of_memory(void **state)
{
    struct dispatch *dispatch = NULL;
    int registered = 0;

    (void)state;
    while (!dispatch) {
        registrations_left = registered++;
        dispatch = dispatch_new(true);
    }
    registrations_left = -1;
    assert_true(registered > 20);
    dispatch_free(dispatch);
}

static const enum command_mode modes[] = {MODE_OPERATIONAL, MODE_CONFIGURATION};

/* One line for people: begins with a capital, ends without a full stop, fits the screen. */
static void assert_help(const char *help, size_t longest)
{
    assert_non_null(help);
    assert_true(help[0] >= 'A' && help[0] <= 'Z');
    assert_true(strlen(help) <= longest);
    assert_null(strpbrk(help, "\n\t"));
    assert_true(help[strlen(help) - 1] != '.');
}

static void test_rows(void **state)
{
    const struct command *command, *other;

    (void)state;
    assert_non_null(command_at(0));
    for (size_t i = 0; (command = command_at(i)); i++) {
        char usage[200];

        assert_help(command->help, 80 - 24);
        assert_true(command->modes != 0);
        assert_non_null(command->run);
        command_usage(command, usage, sizeof usage);
        assert_true(strlen(usage) <= 78);
        for (size_t k = 0; k < ARGUMENTS_MAX && command->arguments[k].name; k++) {
            const struct argument *argument = &command->arguments[k];

            assert_help(argument->help, 60);
            if (argument->kind != ARGUMENT_INTEGER && argument->kind != ARGUMENT_FILE &&
                argument->kind != ARGUMENT_TEXT)
                assert_int_equal(argument->kind == ARGUMENT_NAME, argument->list != NULL);
            if (argument->kind == ARGUMENT_NUMBER || argument->kind == ARGUMENT_INTEGER)
                assert_true(argument->minimum < argument->maximum);
        }
        /* no path twice in a mode; a path before those that go on from it (dispatch.c) */
        for (size_t k = 0; k < i; k++) {
            other = command_at(k);
            size_t length = strlen(command->path);
            if (command->modes & other->modes)
                assert_false(strncmp(other->path, command->path, length) == 0 &&
                             (other->path[length] == ' ' || other->path[length] == '\0'));
        }
    }
}

/* What a line leads to; path NULL: to no command, and what is wrong is said of word `words_used`.
 */
static void leads(struct dispatch *dispatch, enum command_mode mode, const char *line,
                  const char *path, size_t words_used)
{
    const struct context context = {.dispatch = dispatch, .may_configure = true};
    struct problem problem = {.text = ""};
    struct words words;

    assert_true(words_split(line, &words, &problem));
    struct reach reach = dispatch_find(dispatch, mode, words.at, words.count);
    if (path) {
        assert_non_null(reach.command);
        assert_string_equal(reach.command->path, path);
        assert_string_equal(reach.path, path);
        assert_int_equal(reach.words, words_used);
    } else {
        assert_null(reach.command);
        assert_false(explain_line(&context, mode, words.at, words.count, &problem));
        assert_int_equal(problem_word(&problem, &words), words_used);
        assert_true(problem.text[0] != '\0');
    }
    words_free(&words);
}

static void test_every_path(void **state)
{
    struct dispatch *dispatch = dispatch_new(true);
    const struct command *command;

    (void)state;
    assert_non_null(dispatch);
    for (size_t i = 0; (command = command_at(i)); i++) {
        size_t words = 1;

        for (const char *at = command->path; (at = strchr(at, ' ')); at++)
            words++;
        for (size_t m = 0; m < 2; m++)
            if (command->modes & modes[m])
                leads(dispatch, modes[m], command->path, command->path, words);
    }
    dispatch_free(dispatch);
}

static void test_lines(void **state)
{
    struct dispatch *dispatch = dispatch_new(true);

    (void)state;
    leads(dispatch, MODE_OPERATIONAL, "sh sess", "show sessions", 2);
    leads(dispatch, MODE_OPERATIONAL, "sh sess web detail", "show sessions", 2);
    leads(dispatch, MODE_OPERATIONAL, "conf", "configure", 1);
    leads(dispatch, MODE_OPERATIONAL, "cl c s web", "clear counters session", 3);
    leads(dispatch, MODE_OPERATIONAL, "clear counters", "clear counters", 2);
    leads(dispatch, MODE_OPERATIONAL, "mon s i 5 c 2 p", "monitor sessions", 2);
    leads(dispatch, MODE_OPERATIONAL, "show conf session \"a | b\" ?", "show configuration", 2);
    leads(dispatch, MODE_CONFIGURATION, "comm and-quit", "commit", 1);
    leads(dispatch, MODE_CONFIGURATION, "se session web priority 1 target a vni 1 x y z", "set", 1);
    leads(dispatch, MODE_CONFIGURATION, "show session", "show", 1);
    leads(dispatch, MODE_CONFIGURATION, "sh", "show", 1);
    leads(dispatch, MODE_CONFIGURATION, "run show sessions", "run", 1);
    leads(dispatch, MODE_CONFIGURATION, "set session \xc3\xa9 description \"q \\\" |\"", "set", 1);
    /* back in the other mode, abbreviations are its own again */
    leads(dispatch, MODE_OPERATIONAL, "e", "exit", 1);
    leads(dispatch, MODE_CONFIGURATION, "e", NULL, 0);
    leads(dispatch, MODE_OPERATIONAL, "c", NULL, 0);
    leads(dispatch, MODE_OPERATIONAL, "show", NULL, 1);
    leads(dispatch, MODE_OPERATIONAL, "show se x", "show sessions", 2);
    leads(dispatch, MODE_OPERATIONAL, "show s", NULL, 1); /* sessions, system */
    leads(dispatch, MODE_OPERATIONAL, "show x", NULL, 1);
    leads(dispatch, MODE_OPERATIONAL, "\"show\" sessions", NULL, 0);
    leads(dispatch, MODE_OPERATIONAL, "set x", NULL, 0);
    leads(dispatch, MODE_OPERATIONAL, "_ ?", NULL, 0);
    leads(dispatch, MODE_OPERATIONAL, "Show version", NULL, 0);
    leads(dispatch, MODE_OPERATIONAL, "show VERSION", NULL, 1);
    leads(dispatch, MODE_OPERATIONAL, "show sessions X", "show sessions", 2);
    /* what may stand behind another command */
    leads(dispatch, MODE_RUN, "show vers", "show version", 2);
    leads(dispatch, MODE_RUN, "cl counters", "clear counters", 2);
    leads(dispatch, MODE_RUN, "c", NULL, 0); /* capture, clear */
    leads(dispatch, MODE_RUN, "configure", NULL, 0);
    leads(dispatch, MODE_RUN, "commit", NULL, 0);
    leads(dispatch, MODE_LEVEL, "se x", "set", 1);
    leads(dispatch, MODE_LEVEL, "commit", NULL, 0);
    dispatch_free(dispatch);
}

/* One who may only look finds no command that configures. */
static void test_privileges(void **state)
{
    struct dispatch *dispatch = dispatch_new(false);
    const struct command *command;

    (void)state;
    assert_non_null(dispatch);
    for (size_t i = 0; (command = command_at(i)); i++) {
        for (size_t m = 0; m < 2; m++) {
            struct problem problem;
            struct words words;

            if (!(command->modes & modes[m]))
                continue;
            assert_true(words_split(command->path, &words, &problem));
            struct reach reach = dispatch_find(dispatch, modes[m], words.at, words.count);
            struct reach shown = dispatch_look_up(dispatch, modes[m], words.at, words.count);
            assert_ptr_equal(reach.command, command->configures ? NULL : command);
            assert_ptr_equal(shown.command, command);
            words_free(&words);
        }
    }
    dispatch_free(dispatch);
}

/* The words behind the path `path`; expected: "name=value" pairs, or "WORD: text". */
static void gives(const char *path, enum command_mode mode, const char *line, const char *expected)
{
    const struct command *command = command_called(path, mode);
    struct problem problem = {.text = ""};
    struct arguments arguments;
    struct words words;
    char got[600] = "";

    assert_non_null(command);
    assert_true(words_split(line, &words, &problem));
    if (arguments_parse(command, words.at, words.count, &arguments, &problem)) {
        for (size_t i = 0; i < ARGUMENTS_MAX; i++)
            if (arguments.value[i])
                snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s=%s", *got ? " " : "",
                         command->arguments[i].name, arguments.value[i]->text);
    } else {
        snprintf(got, sizeof got, "%zu: %s", problem_word(&problem, &words), problem.text);
    }
    assert_string_equal(got, expected);
    words_free(&words);
}

static void test_arguments(void **state)
{
    const enum command_mode o = MODE_OPERATIONAL, c = MODE_CONFIGURATION;

    (void)state;
    gives("show sessions", o, "", "");
    gives("show sessions", o, "web", "NAME=web");
    gives("show sessions", o, "web det", "NAME=web detail=det");
    gives("show sessions", o, "detail", "NAME=detail");
    gives("show sessions", o, "web x", "1: unknown word \"x\", expected one of: detail");
    gives("show sessions", o, "web detail x",
          "2: unexpected word \"x\", expected the end of the line");
    gives("monitor sessions", o, "plain c 5 int 2", "interval=2 count=5 plain=plain");
    gives("monitor sessions", o, "count", "1: count: a number of 1-1000000 is missing");
    gives("monitor sessions", o, "interval 3601", "1: \"3601\" is not a number of 1-3600");
    gives("monitor sessions", o, "interval 1x", "1: \"1x\" is not a number of 1-3600");
    gives("monitor sessions", o, "count -1", "1: \"-1\" is not a number of 1-1000000");
    gives("monitor sessions", o, "count 99999999999999999999",
          "1: \"99999999999999999999\" is not a number of 1-1000000");
    gives("monitor sessions", o, "plain plain",
          "1: unknown word \"plain\", expected one of: interval, count");
    gives("monitor traffic session", o, "web c 5", "NAME=web count=5");
    gives("monitor traffic session", o, "", "0: monitor traffic session: NAME is missing");
    gives("capture session", o, "web file /tmp/x count 5", "NAME=web file=/tmp/x count=5");
    gives("capture session", o, "web count 5 file count", "NAME=web file=count count=5");
    gives("capture session", o, "web", "1: capture session: file is missing");
    gives("capture session", o, "web file", "2: file: a text is missing");
    gives("capture session", o, "web file \"\"", "2: file: a text is missing");
    gives("rollback", c, "7", "N=7");
    gives("up", c, "2", "N=2");
    gives("up", c, "set x", "COMMAND=set");
    gives("up", c, "2 set x", "N=2 COMMAND=set");
    gives("up", c, "101 set x", "0: \"101\" is not a number of 1-100");
    gives("top", c, "set 2", "COMMAND=set");
    gives("rollback", c, "51", "0: \"51\" is not a number of 0-50");
    gives("commit", c, "and check", "check=check and-quit=and");
    gives("set", c, "", "0: set: PATH is missing");
    gives("set", c, "session web", "PATH=session");
    gives("clear counters session", o, "", "0: clear counters session: NAME is missing");
}

/* A word that may stand somewhere: what it is for is said beside it. */
static void check_choice(void *context, const struct choice *choice)
{
    size_t *count = context;

    if (choice->help[0] == '\0')
        fail_msg("`%s` has no help", choice->word);
    assert_help(choice->help, 80 - 12);
    ++*count;
}

/* Every word that `?` can list has its line of help. */
static void test_help_of_every_word(void **state)
{
    const enum command_mode every[] = {MODE_OPERATIONAL, MODE_CONFIGURATION, MODE_RUN, MODE_LEVEL};
    struct dispatch *dispatch = dispatch_new(true);
    const struct command *command;
    size_t count = 0;

    (void)state;
    for (size_t m = 0; m < 4; m++) {
        for (size_t i = 0; (command = command_at(i)); i++) {
            struct problem problem;
            struct words words;

            assert_true(words_split(command->path, &words, &problem));
            for (size_t depth = 0; depth <= words.count; depth++) {
                struct reach reach = dispatch_look_up(dispatch, every[m], words.at, depth);
                dispatch_next(dispatch, &reach, "", check_choice, &count);
            }
            words_free(&words);
        }
    }
    dispatch_free(dispatch);
    for (size_t i = 0; (command = command_at(i)); i++) {
        arguments_next(command, NULL, 0, "", check_choice, &count);
        for (size_t k = 0; k < ARGUMENTS_MAX && command->arguments[k].name; k++) {
            char name[] = "5", *texts[] = {strdup(command->arguments[k].name), name};
            struct word words[] = {{.text = texts[0]}, {.text = texts[1]}};
            arguments_next(command, words, 1, "", check_choice, &count);
            arguments_next(command, words, 2, "", check_choice, &count);
            free(texts[0]);
        }
    }
    assert_true(count > 100);
}

struct names {
    char at[32][16];
    size_t count;
};

static void note_name(void *context, const struct choice *choice)
{
    struct names *names = context;

    snprintf(names->at[names->count++], sizeof names->at[0], "%s", choice->word);
}

static void test_help_of_every_pipe(void **state)
{
    struct names stages = {.count = 0};
    const unsigned displays = DISPLAY_SET | DISPLAY_JSON | DISPLAY_COMPARE | DISPLAY_PROMETHEUS;
    char bar[] = "|", rollback[] = "rollback", number[] = "1";
    struct word words[] = {{.text = bar}, {.text = NULL}, {.text = rollback}, {.text = number}};
    size_t count = 0;

    (void)state;
    display_next(displays, words, 1, "", check_choice, &count);
    display_next(displays, words, 1, "", note_name, &stages);
    assert_int_equal(stages.count, count);
    for (size_t i = 0; i < stages.count; i++)
        for (size_t given = 2; given <= 4; given++) {
            words[1].text = stages.at[i];
            display_next(displays, words, given, "", check_choice, &count);
        }
    assert_true(count > 2 * stages.count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_every_path),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_privileges),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_help_of_every_word),
        cmocka_unit_test(test_help_of_every_pipe),
        cmocka_unit_test(test_libcli_out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
