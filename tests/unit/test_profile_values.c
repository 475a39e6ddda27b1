/* What a profile fills in: defaults on their way to the engine, priorities that are assigned, and
 * what completion offers. */
#include "trees.h"

#include "../../shell/config/check.h"
#include "../../shell/config/compile.h"
#include "../../shell/config/completion.h"
#include "../../shell/config/profile.h"

static void assert_good(const struct node *tree)
{
    struct problems problems = {0};

    assert_true(check(tree, &problems));
}

/* What a cloud fills in reaches the engine. */
static void defaults_are_compiled(void **state)
{
    static const struct {
        uint32_t vni; /* 0: drawn */
        uint16_t packet_length;
    } expected[PROFILES] = {
        {0, PACKET_LENGTH_FULL}, {0, PACKET_LENGTH_FULL}, {1, 96}, {0, PACKET_LENGTH_FULL}};

    (void)state;
    for (int profile = 0; profile < PROFILES; profile++) {
        struct assignments assigned = {0};
        char lines[200];
        snprintf(lines, sizeof lines,
                 "system profile %s; target t receiver 10.0.0.1;"
                 "session a priority 1 target t; session b priority 2 target t",
                 profile_name((enum profile)profile));
        struct node *tree = tree_of(lines);
        struct mirror_config *config = compile(tree, &assigned, 1);
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(config->sessions[i].packet_length, expected[profile].packet_length);
            if (expected[profile].vni)
                assert_int_equal(config->sessions[i].vni, expected[profile].vni);
        }
        assert_int_equal(assigned.count, expected[profile].vni ? 0 : 2);
        mirror_config_free(config);
        assignments_free(&assigned);
        tree_free(tree);
    }
}

/* ---- priorities in the order of creation ---- */

/* The sessions as the engine sees them, in order: "b 1, a 2". */
static void runs(const char *lines, struct assignments *assigned, const char *expected)
{
    struct node *tree = tree_of(lines);
    struct writer writer;
    FILE *out = write_start(&writer);

    assert_string_equal(run(tree_set, tree, "system profile tencent"), "");
    assert_string_equal(run(tree_set, tree, "target t receiver 10.0.0.1"), "");
    assert_good(tree);
    struct mirror_config *config = compile(tree, assigned, 1);
    for (size_t i = 0; i < config->session_count; i++)
        fprintf(out, "%s%s %u", i == 0 ? "" : ", ", config->sessions[i].name,
                config->sessions[i].priority);
    assert_text(&writer, expected);
    mirror_config_free(config);
    tree_free(tree);
}

#define SESSION(NAME) "session " #NAME " target t vni 5;"

static void priorities_follow_creation(void **state)
{
    struct assignments assigned = {0};

    (void)state;
    runs(SESSION(m) SESSION(k), &assigned, "k 1, m 2"); /* one commit: by name */
    runs(SESSION(m) SESSION(k) SESSION(a), &assigned, "k 1, m 2, a 3");
    runs(SESSION(m) SESSION(a), &assigned, "m 2, a 3");
    runs(SESSION(m) SESSION(a) SESSION(k), &assigned, "m 2, a 3, k 4"); /* created anew */
    /* one that is given is given; its number is nobody else's then, and others follow it */
    runs(SESSION(m) SESSION(a) "session z target t priority 2", &assigned, "z 2, a 3, m 4");
    runs("session z target t priority 32766;" SESSION(a) SESSION(b), &assigned,
         "b 1, a 3, z 32766");
    runs("session z target t priority 1", &assigned, "z 1");
    assert_int_equal(assigned.count, 1); /* its VNI */
    assert_int_equal(assigned.at[0].priority, NO_PRIORITY);
    assignments_free(&assigned);
}

/* Two of one priority, which share no source: by name. */
static void equal_priorities_have_an_order(void **state)
{
    struct assignments assigned = {0};
    struct node *tree = tree_of("system profile aws; target t receiver 10.0.0.1;"
                                "session a10 priority 5 target t source interface x;"
                                "session a9 priority 5 target t source interface y;"
                                "session b priority 1 target t source interface x");
    struct mirror_config *config = compile(tree, &assigned, 1);

    (void)state;
    assert_string_equal(config->sessions[0].name, "b");
    assert_string_equal(config->sessions[1].name, "a9");
    assert_string_equal(config->sessions[2].name, "a10");
    mirror_config_free(config);
    assignments_free(&assigned);
    assert_good(tree);
    tree_free(tree);
}

/* ---- completion ---- */

static void collect(void *context, const struct choice *choice)
{
    fprintf(context, "%s: %s\n", choice->word, choice->help);
}

/* What may stand behind a leaf of a session. */
static void offers(enum profile profile, const char *leaf, const char *expected)
{
    struct problem problem;
    struct words words;
    struct writer writer;
    char line[80];

    snprintf(line, sizeof line, "system profile %s", profile_name(profile));
    struct node *tree = tree_of(line);
    snprintf(line, sizeof line, "session s %s", leaf);
    assert_true(words_split(line, &words, &problem));
    complete_path(tree, words.at, words.count, "", PATH_SET, NULL, collect, write_start(&writer));
    assert_text(&writer, expected);
    words_free(&words);
    tree_free(tree);
}

static void values_are_offered_as_the_profile_has_them(void **state)
{
    (void)state;
    offers(PROFILE_NATIVE, "packet-length",
           "full: The whole packet, as far as the path carries it (default)\n"
           "<1-65535>: Bytes of a packet that are kept (default full)\n");
    offers(PROFILE_AWS, "packet-length",
           "full: The whole packet, as far as the path carries it (default)\n"
           "<1-8500>: Bytes of a packet that are kept (default full)\n");
    offers(PROFILE_HUAWEI, "packet-length",
           "<1-1460>: Bytes of a packet that are kept (default 96)\n");
    offers(PROFILE_TENCENT, "packet-length",
           "full: The whole packet, as far as the path carries it (default)\n");
    offers(PROFILE_HUAWEI, "vni",
           "auto: An unused one, which the session keeps\n"
           "<0-16777215>: VXLAN network identifier (default 1)\n");
    offers(PROFILE_TENCENT, "priority",
           "<1-32766>: Place among the sessions, lowest first (default assigned)\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_compiled),
        cmocka_unit_test(priorities_follow_creation),
        cmocka_unit_test(equal_priorities_have_an_order),
        cmocka_unit_test(values_are_offered_as_the_profile_has_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
