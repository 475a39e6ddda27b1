/* When drops begin and end, on a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../engine/drops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char told[2000];

static void note(void *context, enum engine_news news, const char *subject, const char *text)
{
    static const char *const names[] = {"fault", "well", "detail"};
    (void)context;
    snprintf(told + strlen(told), sizeof told - strlen(told), "%s: %s %s\n", names[news], subject,
             text);
}

static void is_told(const char *text)
{
    assert_string_equal(told, text);
    told[0] = '\0';
}

/* A session `a` on slot 1, an interface `eth0` on slot 2. */
static struct mirror_session session = {.name = (char[]){"a"}};
static struct mirror_config config = {.sessions = &session, .session_count = 1};
static uint32_t session_slots[] = {1}, interface_slots[] = {2};
static char interfaces[][INTERFACE_NAME_MAX] = {"eth0"};
static struct numbering numbering = {
    .config = &config,
    .count = {[COUNT_SESSION] = 1, [COUNT_INTERFACE] = 1},
    .interfaces = interfaces,
    .slots = {[COUNT_SESSION] = session_slots, [COUNT_INTERFACE] = interface_slots},
};
static const struct dataplane dataplane = {.numbering = &numbering};
static uint64_t ring_drops[3];
static struct sources sources = {.dropped = ring_drops, .dropped_room = 3};
static struct drops drops;
static struct counters *sum;
static struct session_drops *dropped;
static uint64_t now_s;

static int begin(void **state)
{
    const uint32_t capacity[COUNTER_KINDS] = {[COUNT_SESSION] = 2, [COUNT_INTERFACE] = 3};
    (void)state;
    sum = counters_new(capacity);
    if (!sum)
        return -1;
    dropped = &counters_session(sum, 1)->dropped;
    drops = (struct drops){0};
    memset(ring_drops, 0, sizeof ring_drops);
    sources.dropped_shared = 0;
    now_s = 1000;
    told[0] = '\0';
    return 0;
}

static int end(void **state)
{
    (void)state;
    drops_free(&drops);
    counters_free(sum);
    return 0;
}

static void seconds_pass(unsigned seconds)
{
    const struct teller teller = {.tell = note};
    while (seconds--)
        drops_look(&drops, &teller, &dataplane, sum, &sources, ++now_s * 1000000000);
}

static void test_edges(void **state)
{
    (void)state;
    seconds_pass(3);
    is_told("");
    dropped->backlog = 5;
    seconds_pass(1);
    is_told("fault: drops of session a have begun: backlog\n");
    for (int i = 0; i < 20; i++) { /* every ninth second is one drop that goes on */
        dropped->backlog++;
        seconds_pass(9);
    }
    is_told("");
    dropped->send_error += 2; /* another kind is told of when it comes */
    dropped->backlog++;
    seconds_pass(1);
    is_told("fault: drops of session a have begun: send error\n");
    seconds_pass(9);
    is_told("");
    seconds_pass(1);
    is_told("well: drops of session a have ended: send error 2, backlog 26 packets in 182 s\n");
    seconds_pass(30);
    is_told("");
    dropped->rate_limit = 1; /* was asked for */
    seconds_pass(1);
    is_told("well: drops of session a have begun: rate-limit\n");
    seconds_pass(10);
    is_told("well: drops of session a have ended: rate-limit 1 packets in 1 s\n");
}

static void test_rings(void **state)
{
    (void)state;
    ring_drops[2] = 100;
    sources.dropped_shared = 7;
    seconds_pass(1);
    is_told("fault: drops of interface eth0 have begun: its ring is full\n"
            "fault: drops of the interfaces that share a ring have begun: its ring is full\n");
    ring_drops[2] = 3; /* cleared, and three more since */
    seconds_pass(11);
    is_told("well: drops of the interfaces that share a ring have ended: 7 packets in 1 s\n"
            "well: drops of interface eth0 have ended: 103 packets in 2 s\n");
}

/* The slot is another session's. */
static void test_forgotten(void **state)
{
    (void)state;
    dropped->no_receiver = 10;
    seconds_pass(1);
    is_told("fault: drops of session a have begun: no receiver\n");
    drops_forget(&drops, COUNT_SESSION, 1);
    dropped->no_receiver = 0;
    seconds_pass(20);
    is_told("");
    drops_forget(&drops, COUNT_RULE, 1); /* of which nothing is kept */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_edges, begin, end),
        cmocka_unit_test_setup_teardown(test_rings, begin, end),
        cmocka_unit_test_setup_teardown(test_forgotten, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
