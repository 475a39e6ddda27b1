/* Every show command's tables, with long names, wide characters and large numbers beside short
 * ones: the columns have to stand in line on a terminal. The engine is the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../shell/command/command_table.h"
#include "../../shell/command/show.h"
#include "../../shell/config/compile.h"
#include "../../shell/config/text.h"
#include "no_watches.h"
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define WIDE                                                                                       \
    "\xe7\xbd\x91\xe7\xbb\x9c\xe9\x95\x9c\xe5\x83\x8f" /* four characters, eight columns           \
                                                        */
#define ACCENT "e\xcc\x81"                             /* two characters, one column */
#define LONG   "a-name-of-sixty-four-characters-------------------------------64"

static const char configuration[] =
    "set filter " WIDE " ingress rule 1 action accept protocol tcp source 2001:db8::/32\n"
    "set filter " WIDE " ingress rule 65535 action reject\n"
    "set filter " LONG " egress rule 10 action accept\nset filter f\n"
    "set target " WIDE " receiver 10.0.0.1 [2001:db8:1111:2222:3333:4444:5555:6666]:65535\n"
    "set target " LONG " receiver 10.0.0.2\nset target t receiver 10.0.0.3\n"
    "set session " WIDE " priority 32766 target " WIDE " filter " WIDE " vni 16777215\n"
    "set session " ACCENT " priority 2 target t description \"" WIDE "\"\n"
    "set session " LONG " priority 3 target t source interface a b\n";

static struct mirror_config *config;

static void *make(size_t count, size_t size)
{
    void *made = calloc(count, size);

    assert_non_null(made);
    return made;
}

/* Of every second row the counters are as large as they can be. */
static uint64_t most;

static struct count counted(size_t row)
{
    return row % 2 == 0 ? (struct count){most, most} : (struct count){0, 1};
}

static void add_sessions(struct engine_status *status)
{
    status->session_count = config->session_count;
    status->sessions = make(config->session_count, sizeof *status->sessions);
    for (size_t i = 0; i < config->session_count; i++) {
        const struct mirror_session *session = &config->sessions[i];
        uint64_t number = counted(i).packets;

        status->sessions[i] = (struct session_status){
            .config = session,
            .filter = session->filter < 0 ? NULL : config->filters[session->filter].name,
            .target = config->targets[session->target].name,
            .state = i % 3 == 0 ? SESSION_DISABLED : SESSION_DOWN,
            .reason = "REASON",
            .counts = {.matched = counted(i),
                       .sent = counted(i + 1),
                       .truncated = number,
                       .sampled_out = number,
                       .dropped = {.no_receiver = number}},
        };
    }
}

static void add_rules(struct engine_status *status)
{
    status->rules = make(100, sizeof *status->rules);
    for (size_t f = 0; f < config->filter_count; f++)
        for (int d = 0; d < DIRECTIONS; d++)
            for (size_t r = 0; r < config->filters[f].rule_count[d]; r++)
                status->rules[status->rule_count++] =
                    (struct rule_status){.filter = &config->filters[f],
                                         .direction = (enum direction)d,
                                         .rule = &config->filters[f].rules[d][r],
                                         .counts = {.hits = counted(r)}};
}

static void add_receivers(struct engine_status *status)
{
    status->receivers = make(100, sizeof *status->receivers);
    for (size_t t = 0; t < config->target_count; t++)
        for (size_t r = 0; r < config->targets[t].receiver_count; r++)
            status->receivers[status->receiver_count++] = (struct receiver_status){
                .target = &config->targets[t],
                .config = &config->targets[t].receivers[r],
                .state = r % 2 == 0 ? RECEIVER_UP : RECEIVER_DOWN,
                .reason = "REASON",
                .mtu = r % 2 == 0 ? 0 : UINT32_MAX,
                .counts = {.sent = counted(r), .errors = counted(r + 1).packets}};
}

static void add_machine(struct engine_status *status)
{
    static const char *const names[] = {"lo", "fifteen-bytes-x", WIDE, "e\x1b[2J\xff"};

    status->interface_count = 4;
    status->interfaces = make(4, sizeof *status->interfaces);
    status->worker_count = 2;
    status->workers = make(2, sizeof *status->workers);
    for (size_t i = 0; i < 4; i++) {
        uint64_t number = counted(i).packets;
        struct interface_status *interface = &status->interfaces[i];

        *interface = (struct interface_status){
            .link = (enum link_state)(i % 3),
            .source = i % 2 == 0,
            .dropped = number,
            .counts = {.received = counted(i), .mirrored = number, .unmatched = number}};
        snprintf(interface->name, sizeof interface->name, "%s", names[i]);
        if (i < 2)
            status->workers[i] = (struct worker_status){.load = 1, .batched_packets = number};
    }
    status->uptime_ms = status->plans = UINT64_MAX;
}

struct engine_status *engine_status(struct engine *engine)
{
    struct engine_status *status = make(1, sizeof *status);

    (void)engine;
    add_sessions(status);
    add_rules(status);
    add_receivers(status);
    add_machine(status);
    return status;
}

void engine_status_free(struct engine_status *status)
{
    free(status->sessions);
    free(status->rules);
    free(status->receivers);
    free(status->interfaces);
    free(status->workers);
    free(status);
}

int engine_prepare(struct engine *engine, struct mirror_config *given,
                   struct engine_change **change, engine_problem_fn *problem, void *context,
                   char *why, size_t why_size)
{
    (void)engine, (void)given, (void)change, (void)problem, (void)context, (void)why,
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

/* ---- columns ---- */

enum { COLUMNS_MAX = 1000 };

/* A table's lines so far: which columns of the terminal are taken by any. */
struct block {
    size_t lines, cells; /* cells: of the first line */
    bool taken[COLUMNS_MAX];
};

/* Marks what a line takes; how many cells it has, with two blanks or more between them. */
static size_t mark(const char *line, size_t length, bool taken[COLUMNS_MAX])
{
    mbstate_t state = {0};
    size_t column = 0, blanks = 2, cells = 0;

    for (size_t at = 0; at < length;) {
        wchar_t wide;
        size_t bytes = mbrtowc(&wide, line + at, length - at, &state);
        assert_true(bytes > 0 && bytes <= length - at);
        int width = wcwidth(wide);
        assert_true(width >= 0); /* nothing that a terminal would obey */
        cells += wide != L' ' && blanks >= 2;
        blanks = wide == L' ' ? blanks + 1 : 0;
        for (int i = 0; i < width; i++)
            taken[column + (size_t)i] |= wide != L' ';
        column += (size_t)width;
        assert_true(column < COLUMNS_MAX - 8);
        at += bytes;
    }
    return cells;
}

/* The gaps of two columns or more that go down all of its lines. */
static size_t gaps_of(const struct block *block)
{
    size_t gaps = 0, blanks = 0;
    bool begun = false;

    for (size_t i = 0; i < COLUMNS_MAX; i++) {
        if (block->taken[i]) {
            gaps += begun && blanks >= 2;
            begun = true;
            blanks = 0;
        } else {
            blanks++;
        }
    }
    return gaps;
}

static void end_block(struct block *block, const char *command, const char *text)
{
    if (block->lines > 1 && gaps_of(block) + 1 < block->cells)
        fail_msg("%s: %zu columns, but %zu gaps in line:\n%s", command, block->cells,
                 gaps_of(block), text);
    *block = (struct block){.lines = 0};
}

/* Tables stand between lines that are none, titles. How many tables. */
static size_t check_tables(const char *command, const char *text)
{
    struct block block = {.lines = 0};
    size_t tables = 0;

    for (const char *line = text, *next; *line; line = next) {
        size_t length = strcspn(line, "\n");
        bool unused[COLUMNS_MAX] = {false};

        next = line + length + (line[length] == '\n');
        size_t cells = mark(line, length, unused);
        if (cells < 2) { /* a title, or a note below a row */
            if (line[0] != ' ')
                end_block(&block, command, text);
            continue;
        }
        if (block.lines++ == 0) {
            block.cells = cells;
            tables++;
        }
        mark(line, length, block.taken);
    }
    end_block(&block, command, text);
    return tables;
}

/* ---- the commands ---- */

static char *answer(struct context *context, const struct command *command, const char *line)
{
    struct problem problem = {.text = ""};
    struct arguments arguments;
    struct words words;
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    assert_true(words_split(line, &words, &problem));
    memset(&context->request, 0, sizeof context->request);
    context->out = out;
    context->problem = &problem;
    assert_true(arguments_parse(command, words.at, words.count, &arguments, &problem));
    if (command->run(context, &arguments) != COMMAND_OK)
        fail_msg("%s %s: %s", command->path, line, problem.text);
    words_free(&words);
    fclose(out);
    return text;
}

/* A box that runs a configuration. */
struct box {
    struct assignments assigned;
    struct revision revision;
    struct running running;
    struct context context;
};

static void begin(struct box *box, const char *text, uint64_t count)
{
    struct problems problems = {0};

    *box = (struct box){.revision = {.tree = tree_new(), .users = 1}};
    box->running.revision = &box->revision;
    box->running.engine = (struct engine *)box; /* there is one */
    box->context = (struct context){.running = &box->running, .mode = MODE_OPERATIONAL};
    assert_true(text_load(box->revision.tree, text, strlen(text), &problems));
    box->revision.active = (struct active){.tree = box->revision.tree};
    config = compile(box->revision.tree, &box->assigned, 1);
    assert_non_null(config);
    most = count;
}

static void end(struct box *box)
{
    mirror_config_free(config);
    assignments_free(&box->assigned);
    tree_free(box->revision.tree);
}

static void test_every_show(void **state)
{
    static const char *const lines[] = {"", WIDE, LONG, ACCENT, WIDE " detail"};
    const struct command *command;
    struct box box;
    size_t tables = 0;

    (void)state;
    begin(&box, configuration, UINT64_MAX);
    for (size_t i = 0; (command = command_at(i)); i++) {
        if (!(command->modes & MODE_OPERATIONAL) || strncmp(command->path, "show ", 5) != 0 ||
            command->arguments[0].kind == ARGUMENT_PATH || command->run == show_commits ||
            command->run == show_rollback) /* of the store: tests/console/commits.sh */
            continue;
        for (size_t l = 0; l < sizeof lines / sizeof *lines; l++) {
            bool detail =
                strcmp(command->arguments[1].name ? command->arguments[1].name : "", "detail") == 0;
            if ((l > 0 && command->arguments[0].kind != ARGUMENT_NAME) || (l == 4 && !detail) ||
                (l > 0 && strcmp(command->path, "show interfaces") == 0))
                continue;
            char *text = answer(&box.context, command, lines[l]);
            tables += check_tables(command->path, text);
            free(text);
        }
    }
    assert_true(tables > 10);
    end(&box);
}

/* On a terminal of 80 columns, with a hundred million packets of each kind. */
static void test_sessions_fit(void **state)
{
    static const char text[] = "set target t receiver 10.0.0.1\n"
                               "set session internet priority 1 target t\n"
                               "set session cust-200 priority 2 target t disabled\n";
    const struct command *command;
    struct box box;
    size_t lines = 0;

    (void)state;
    begin(&box, text, 99999999);
    for (size_t i = 0; (command = command_at(i)); i++) {
        if (command->run != show_sessions)
            continue;
        char *table = answer(&box.context, command, "");
        for (const char *line = table; *line; line = strchr(line, '\n') + 1, lines++)
            if (strcspn(line, "\n") > 80)
                fail_msg("wider than a terminal:\n%s", table);
        free(table);
    }
    assert_int_equal(lines, 1 + 2 * 2); /* each has a reason */
    end(&box);
}

/* The check itself. */
static void test_a_sheared_table(void **state)
{
    (void)state;
    assert_int_equal(check_tables("good", "A         Bb  C\naa         1  x\n" WIDE "   3\n"), 1);
    struct block block = {.lines = 2, .cells = 2};
    mark("ab  c", 5, block.taken);
    mark("abcd  e", 7, block.taken);
    assert_int_equal(gaps_of(&block), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_show),
        cmocka_unit_test(test_sessions_fit),
        cmocka_unit_test(test_a_sheared_table),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
