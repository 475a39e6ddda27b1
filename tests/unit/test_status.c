/* Every counter that the engine keeps, from its row through the status to `display json`: each
 * has a value of its own, and that value must arrive. Rows are gone through as numbers, so that
 * a new one needs no word here and cannot be forgotten there. */
#define message outer_message /* the console's protocol has one too */
#include "../../engine/clock.h"
#include "../../engine/engine_state.h"
#include "../../engine/prefilters.h"
#undef message
#include "../../shell/command/show.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

/* ---- what stands in for the rest of the program ---- */

uint64_t clock_ns(void)
{
    return 5000000000u;
}
bool receiver_is_open(const struct receiver *receiver)
{
    return !receiver;
}
void sources_count(struct sources *sources)
{
    (void)sources;
}
void sources_memory(const struct sources *sources, unsigned *rings, size_t *bytes)
{
    (void)sources;
    *rings = 0;
    *bytes = 0;
}

static int refused;
int prefilters_refused(const struct sources *sources)
{
    (void)sources;
    return refused;
}

const struct link *links_all(const struct links *links, size_t *count)
{
    *count = 0;
    return (const struct link *)(const void *)links;
}

enum { FIRST = 7000001 }; /* of the values */

static struct engine engine;
static struct totals totals;
static struct outbox_totals sends;
static const struct counters *counted;

void worker_ask(struct worker *worker, struct worker_request *request)
{
    (void)worker;
    counters_add(request->sum, counted);
    request->totals = totals;
    request->sends = sends;
}

void worker_wait(struct worker_request *request)
{
    (void)request;
}

struct engine_status *take_status(const struct context *context)
{
    (void)context;
    return engine_status(&engine);
}

void show_list(struct context *context, const char *key, const struct listing *list)
{
    const struct column answer = {.key = key, .type = COLUMN_LIST, .list = *list};

    columns_print(&answer, 1, context->request.pipe.display, &(struct paper){.out = context->out});
}

const struct word *argument_words(const struct arguments *arguments, const char *name)
{
    (void)arguments;
    (void)name;
    return NULL;
}

const char *argument_text(const struct arguments *arguments, const char *name)
{
    const struct word *word = argument_words(arguments, name);

    return word ? word->text : NULL;
}

bool argument_given(const struct arguments *arguments, const char *name)
{
    return argument_text(arguments, name);
}

/* ---- an engine with one of everything ---- */

static struct mirror_rule rule = {.number = 10, .accept = true};
static struct mirror_filter filter = {.rules = {&rule}, .rule_count = {1, 0}};
static struct mirror_receiver address = {.family = 4, .port = 4789};
static struct mirror_target target = {.receivers = &address, .receiver_count = 1};
static struct mirror_session session;
static char sources[1][INTERFACE_NAME_MAX] = {"eth7"};
static struct mirror_config config = {.filters = &filter,
                                      .filter_count = 1,
                                      .targets = &target,
                                      .target_count = 1,
                                      .sessions = &session,
                                      .session_count = 1};
static uint64_t dropped = FIRST - 1;
static struct count left_out;

static char *name_of(char text[])
{
    return text;
}

static void set_up(void)
{
    static char filter_name[] = "f", target_name[] = "t", session_name[] = "s";
    static struct receiver_health health = {.up = true};
    static struct session_condition condition = {.up = true};
    static _Atomic uint32_t loop_seen;
    static struct workload workload = {.loop_seen = &loop_seen};
    static struct dataplane dataplane = {
        .health = &health, .sessions = &condition, .workloads = &workload, .workers = 1};
    const uint32_t capacity[COUNTER_KINDS] = {1, 1, 1, 1};
    filter.name = name_of(filter_name);
    target.name = name_of(target_name);
    session = (struct mirror_session){.name = name_of(session_name),
                                      .sources = sources,
                                      .source_count = 1,
                                      .direction = {true, true}};
    dataplane.numbering = numbering_new(&config, NULL, 0);
    for (int kind = 0; kind < COUNTER_KINDS; kind++)
        dataplane.numbering->slots[kind][0] = 0;
    engine = (struct engine){
        .config = &config,
        .dataplane = &dataplane,
        .worker_count = 1,
        .cleared = counters_new(capacity),
        .resources = {.sources = {.dropped = &dropped,
                                  .left_out = &left_out,
                                  .dropped_room = 1,
                                  .dropped_all = FIRST - 2}},
    };
}

static void tear_down(struct counters *counters)
{
    counters_free(counters);
    counters_free(engine.cleared);
    numbering_free(engine.dataplane->numbering);
}

/* Fills `count` numbers with values of their own, from *next on. */
static void number(uint64_t *numbers, size_t count, uint64_t *next)
{
    for (size_t i = 0; i < count; i++)
        numbers[i] = (*next)++;
}

/* Everything that is counted, as numbers; returns one more than the last of them. Totals come
 * last, from *totals_from on. */
static uint64_t fill(struct counters *counters, uint64_t *totals_from)
{
    static const size_t width[COUNTER_KINDS] = {
        sizeof(struct session_counts) / 8, sizeof(struct rule_counts) / 8,
        sizeof(struct receiver_counts) / 8, sizeof(struct interface_counts) / 8};
    uint64_t next = FIRST;
    for (int kind = 0; kind < COUNTER_KINDS; kind++)
        number(counters->rows[kind], width[kind], &next);
    number((uint64_t *)(void *)&sends, sizeof sends / 8, &next);
    *totals_from = next;
    number((uint64_t *)(void *)&totals, sizeof totals / 8, &next);
    counted = counters;
    return next;
}

static char *printed(command_fn *const commands[], size_t count)
{
    static struct node nodes[2];
    static struct node *children[] = {&nodes[0], &nodes[1]};
    static struct node tree = {.children = children, .child_count = 2};
    static struct revision revision = {.tree = &tree, .active = {.tree = &tree}};
    static struct running running = {.revision = &revision};
    static struct context context = {.running = &running};
    tree.schema = schema_root();
    nodes[0] = (struct node){.schema = schema_child(tree.schema, "filter"), .key = filter.name};
    nodes[1] = (struct node){.schema = schema_child(tree.schema, "target"), .key = target.name};
    static const struct command command = {.path = ""};
    static const struct arguments none = {.command = &command};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    context.out = out;
    context.request.pipe.display = DISPLAY_JSON;
    for (size_t i = 0; i < count; i++)
        assert_int_equal(commands[i](&context, &none), COMMAND_OK);
    fclose(out);
    return text;
}

static void every_counter_arrives_in_json(void **state)
{
    (void)state;
    static command_fn *const commands[] = {show_sessions, show_filters, show_targets,
                                           show_interfaces, show_engine};
    set_up();
    struct counters *counters = counters_new(engine.cleared->capacity);
    uint64_t totals_from, end = fill(counters, &totals_from);
    assert_true(end - FIRST > 20);
    char *text = printed(commands, sizeof commands / sizeof commands[0]);
    for (uint64_t value = FIRST - 2; value < end; value++) {
        char wanted[32];
        snprintf(wanted, sizeof wanted, ":%u", (unsigned)value);
        const char *at = strstr(text, wanted);
        if (!at)
            fail_msg("%u does not arrive:\n%s", (unsigned)value, text);
        /* totals may, of the worker and of all */
        if (value < totals_from && strstr(at + 1, wanted))
            fail_msg("%u arrives twice:\n%s", (unsigned)value, text);
    }
    free(text);
    tear_down(counters);
}

/* What workers have not seen is received and unmatched of its interface, and of all, but of no
 * worker; and it is said whether the kernel does that. */
static void what_the_kernel_left_out_is_counted(void **state)
{
    (void)state;
    static command_fn *const commands[] = {show_engine, show_interfaces};
    static const char *const wanted[] = {
        "\"left_out\":{\"packets\":40,\"bytes\":3000},\"filtered\":true",
        "\"interfaces\":{\"received\":{\"packets\":45,\"bytes\":3300},\"mirrored\":{\"packets\":3},"
        "\"rejected\":{\"packets\":0},\"unmatched\":{\"packets\":42}",
        "\"received\":{\"packets\":5,\"bytes\":300}",
        "\"received\":{\"packets\":17,\"bytes\":900},\"mirrored\":{\"packets\":0},\"rejected\":{\"packets\":"
        "0},\"unmatched\":{\"packets\":10}",
    };
    set_up();
    struct counters *counters = counters_new(engine.cleared->capacity);
    counters_interface(counters, 0)->received = (struct count){7, 400};
    counted = counters;
    sends = (struct outbox_totals){0};
    totals = (struct totals){.interfaces = {.received = {5, 300}, .mirrored = 3, .unmatched = 2}};
    left_out = (struct count){10, 500};
    engine.resources.sources.left_out_all = (struct count){40, 3000};
    char *text = printed(commands, 2);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (!strstr(text, wanted[i]))
            fail_msg("%s does not arrive:\n%s", wanted[i], text);
    free(text);
    assert_int_equal(engine_clear(&engine, NULL), 0);
    assert_int_equal(left_out.packets + engine.resources.sources.left_out_all.packets, 0);
    refused = -EPERM;
    text = printed(commands, 1);
    assert_non_null(strstr(text, "\"filtered\":false"));
    free(text);
    refused = 0;
    tear_down(counters);
}

/* Cleared is what all of it was: nothing but zeros comes. */
static void every_counter_is_cleared(void **state)
{
    (void)state;
    static command_fn *const commands[] = {show_sessions, show_filters, show_targets,
                                           show_interfaces, show_engine};
    set_up();
    struct counters *counters = counters_new(engine.cleared->capacity);
    uint64_t totals_from;
    fill(counters, &totals_from);
    assert_int_equal(engine_clear(&engine, NULL), 0);
    char *text = printed(commands, sizeof commands / sizeof commands[0]);
    if (strstr(text, ":70000") || strstr(text, ":6999"))
        fail_msg("something is left:\n%s", text);
    free(text);
    tear_down(counters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_counter_arrives_in_json),
        cmocka_unit_test(every_counter_is_cleared),
        cmocka_unit_test(what_the_kernel_left_out_is_counted),
    };
    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
