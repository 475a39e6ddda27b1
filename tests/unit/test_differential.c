/* links: engine/plan/plan.c engine/plan/rule.c engine/plan/classifier.c engine/plan/exclusions.c
 * engine/plan/prefix_set.c engine/plan/services.c engine/plan/numbering.c engine/packet/decode.c
 * engine/packet/fragments.c engine/plan/match_field.c */
/* Random rule lists over real captures and frames made here: what the engine says of each (decode,
 * fragments, plan, classifier) is what a plain scan over a plain look at the frame says, and what
 * libpcap says of the same rules where it can (libpcap.h). MIRRORSH_DIFFERENTIAL: so many lists;
 * MIRRORSH_SEED: others than always. */
#include "libpcap.h"
#include "random_rules.h"

enum {
#ifdef __SANITIZE_THREAD__ /* no threads here, and it is ten times slower */
    LISTS = 1000,
    LARGE_LISTS = 40,
#else
    LISTS = 5000,
    LARGE_LISTS = 200,
#endif
    SAMPLE = 400, /* frames a list */
    THEIRS = 60,  /* of these, for libpcap */
};

/* ---- the plain scan ---- */

static bool plain_prefix(const struct match_value *value, const struct plain *plain, size_t field)
{
    if (!plain->has_addresses || plain->number[FIELD_FAMILY] != value->family)
        return false;
    for (unsigned bit = 0; bit < value->bits; bit++) {
        if ((value->address[bit / 8] ^ plain->address[field][bit / 8]) & 0x80 >> bit % 8)
            return false;
    }
    return true;
}

static bool plain_next_hop(const struct match_value *value, const struct plain *plain)
{
    for (size_t i = 0; plain->has_link && i < neighbours.count; i++) {
        if (neighbours.at[i].family == value->family &&
            memcmp(neighbours.at[i].address, value->address, 16) == 0 &&
            memcmp(neighbours.at[i].link, plain->link, 6) == 0)
            return true;
    }
    return false;
}

static bool plain_field(size_t field, const struct match_value *value, const struct plain *plain)
{
    int number = plain->number[field];
    switch (match_fields[field].kind) {
    case MATCH_NAMED:
    case MATCH_RANGE:
        return number >= 0 && (uint32_t)number >= value->low && (uint32_t)number <= value->high;
    case MATCH_FLAGS:
        return number >= 0 && (number & value->set) == value->set && !(number & value->clear);
    case MATCH_PREFIX:
        return plain_prefix(value, plain, field);
    case MATCH_NEIGHBOUR:
        return plain_next_hop(value, plain);
    }
    return false;
}

static bool plain_rule(const struct mirror_rule *rule, const struct plain *plain)
{
    for (size_t m = 0; m <= rule->condition_count; m++) {
        const struct match *match = match_of(rule, m);
        for (size_t i = 0; i < MATCH_FIELD_COUNT; i++) {
            if (match->given & 1u << i && !plain_field(i, &match->value[i], plain))
                return false;
        }
    }
    return true;
}

/* The number of the rule that decides; the list's count: none. */
static size_t plain_scan(const struct list *list, const struct plain *plain)
{
    size_t i = 0;
    while (i < list->count && !plain_rule(&list->rules[i], plain))
        i++;
    return i;
}

/* ---- libpcap ---- */

static void compile_list(const struct list *list, struct bpf_program *programs)
{
    for (size_t i = 0; i < list->count; i++) {
        char *text = say_rule(&list->rules[i], &neighbours);
        if (libpcap.compile(libpcap.handle, &programs[i], text, 0, 0))
            fail_msg("libpcap: %s: %s", text, libpcap.geterr(libpcap.handle));
        free(text);
    }
}

/* false: it cannot say. */
static bool libpcap_scan(const struct list *list, const struct bpf_program *programs,
                         const struct sample *sample, size_t *found)
{
    struct pcap_pkthdr header = {.captured = sample->length, .length = sample->length};
    for (*found = 0; *found < list->count; ++*found) {
        if (!is_sayable(&list->rules[*found], &sample->plain))
            return false;
        if (libpcap.offline_filter(&programs[*found], &header, sample->bytes))
            return true;
    }
    return true;
}

/* ---- the comparison ---- */

static struct plan *build_plan(struct list *list, struct numbering **numbering)
{
    static char name[] = "x", source[][INTERFACE_NAME_MAX] = {"eth0"};
    static struct mirror_receiver receiver = {
        .family = 4, .address = {203, 0, 113, 77}, .port = 4789};
    static struct mirror_target target = {
        .name = name, .receivers = &receiver, .receiver_count = 1};
    static struct mirror_session session = {.name = name,
                                            .priority = 1,
                                            .direction = {true, true},
                                            .sources = source,
                                            .source_count = 1,
                                            .packet_length = PACKET_LENGTH_FULL};
    static struct mirror_filter filter = {.name = name};
    static struct mirror_config config = {.filters = &filter,
                                          .filter_count = 1,
                                          .targets = &target,
                                          .target_count = 1,
                                          .sessions = &session,
                                          .session_count = 1};
    filter.rules[INGRESS] = list->rules;
    filter.rule_count[INGRESS] = list->count;
    *numbering = numbering_new(&config, NULL, 0);
    for (uint32_t i = 0; i < list->count; i++)
        (*numbering)->slots[COUNT_RULE][i] = i;
    return plan_build(&(struct plan_input){.numbering = *numbering,
                                           .session_up = (bool[]){true},
                                           .receivers = &(struct plan_receiver_state){.up = true},
                                           .neighbours = neighbours});
}

static struct {
    unsigned by_rule, unmatched, theirs, asked, disagreements;
    unsigned far; /* by a rule that no small list has */
} totals;

static void complain(const char *who, const struct list *list, const struct sample *sample,
                     struct verdict verdict, size_t expected)
{
    if (totals.disagreements++ > 3)
        return;
    print_error("the engine: rule %d, %s: rule %zu of\n",
                verdict.kind == VERDICT_UNMATCHED ? (int)list->count : (int)verdict.rule_slot, who,
                expected);
    for (size_t i = 0; i < list->count; i++) {
        char *text = say_rule(&list->rules[i], &neighbours);
        print_error("  %zu: %s\n", i, text);
        free(text);
    }
    for (uint32_t i = 0; i < sample->length && i < 160; i++)
        print_error("%02x", sample->bytes[i]);
    print_error("\n");
}

static bool agrees(const struct list *list, struct verdict verdict, size_t expected)
{
    if (expected == list->count)
        return verdict.kind == VERDICT_UNMATCHED;
    return verdict.kind == (list->rules[expected].accept ? VERDICT_MIRRORED : VERDICT_REJECTED) &&
           verdict.rule_slot == expected;
}

static void compare(const struct list *list, const struct plan *plan,
                    const struct bpf_program *programs, const struct sample *sample)
{
    struct verdict verdict = plan_classify(plan, 0, INGRESS, &sample->key);
    size_t expected = plain_scan(list, &sample->plain), theirs;
    ++*(expected == list->count ? &totals.unmatched : &totals.by_rule);
    totals.far += expected >= RULES_MAX && expected < list->count;
    if (!agrees(list, verdict, expected))
        complain("a plain scan", list, sample, verdict, expected);
    if (!programs)
        return;
    totals.asked++;
    if (!libpcap_scan(list, programs, sample, &theirs))
        return;
    totals.theirs++;
    if (!agrees(list, verdict, theirs))
        complain("libpcap", list, sample, verdict, theirs);
}

static void compare_list(void)
{
    static struct list list;
    struct bpf_program programs[RULES_MAX];
    struct numbering *numbering;
    random_neighbours();
    random_list(&list);
    struct plan *plan = build_plan(&list, &numbering);
    assert_non_null(plan);
    if (libpcap.handle)
        compile_list(&list, programs);
    for (int i = 0; i < SAMPLE; i++)
        compare(&list, plan, libpcap.handle && i < THEIRS ? programs : NULL,
                &samples[below((uint32_t)sample_count)]);
    for (size_t i = 0; libpcap.handle && i < list.count; i++)
        libpcap.freecode(&programs[i]);
    plan_free(plan);
    numbering_free(numbering);
}

static void every_verdict_is_the_plain_one_and_libpcaps(void **state)
{
    (void)state;
    const char *wanted = getenv("MIRRORSH_DIFFERENTIAL");
    unsigned lists = wanted ? (unsigned)strtoul(wanted, NULL, 10) : LISTS;
    for (unsigned i = 0; i < lists; i++)
        compare_list();
    print_message("# %zu frames, %u lists: %u verdicts of a rule, %u of none; libpcap said %u\n",
                  sample_count, lists, totals.by_rule, totals.unmatched, totals.theirs);
    assert_int_equal(totals.disagreements, 0);
    assert_true(totals.by_rule > totals.unmatched / 4 && totals.unmatched > totals.by_rule / 10);
    if (!libpcap.handle) {
        print_message("# libpcap is not installed: only the plain scan was asked\n");
        skip();
    }
    assert_true(totals.theirs > totals.asked / 3);
}

/* More than RULES_MAX, of many fields each: else few would decide all. */
static void random_large_list(struct list *list)
{
    list->count = RULES_MAX + 1 + below(below(2) ? 64 : LARGE_MAX - RULES_MAX);
    for (size_t i = 0; i < list->count; i++) {
        struct mirror_rule *rule = &list->rules[i];
        *rule = (struct mirror_rule){.number = (uint16_t)i, .accept = below(2)};
        while (rule->match.given == 0)
            rule->match = random_match_of(3 + below(5), random_plain());
    }
}

static void of_large_lists(void **state)
{
    static struct list list;
    struct numbering *numbering;
    (void)state;
    memset(&totals, 0, sizeof totals);
    for (unsigned i = 0; i < LARGE_LISTS; i++) {
        random_neighbours();
        random_large_list(&list);
        struct plan *plan = build_plan(&list, &numbering);
        assert_non_null(plan);
        for (int sample = 0; sample < SAMPLE; sample++)
            compare(&list, plan, NULL, &samples[below((uint32_t)sample_count)]);
        plan_free(plan);
        numbering_free(numbering);
    }
    print_message("# %u large lists: %u verdicts of a rule, %u of them far down, %u of none\n",
                  LARGE_LISTS, totals.by_rule, totals.far, totals.unmatched);
    assert_int_equal(totals.disagreements, 0);
    assert_true(totals.far > totals.by_rule / 4 && totals.unmatched > totals.by_rule / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_large_lists),
        cmocka_unit_test(every_verdict_is_the_plain_one_and_libpcaps),
    };
    libpcap_open();
    return cmocka_run_group_tests_name("differential", tests, setup, teardown);
}
