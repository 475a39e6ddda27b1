/* A packet is made, decoded and classified as those of the wire are, session by session; what a
 * rule says of it is asked of a classifier too, which has one field of the rule and no other. So
 * there is no second opinion here on what matches. */
#include "explain.h"

#include "packet/protocol.h"
#include "plan/classifier.h"
#include "plan/services.h"
#include "test_frame.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is being explained. */
struct explaining {
    const struct explain_input *input;
    const struct packet_question *question;
    struct explanation *explanation;
    struct flow_key key;
    bool failed; /* memory ran out */
};

static void add(struct explaining *explaining, const char *session, uint16_t rule,
                enum explain_outcome outcome, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

static void add(struct explaining *explaining, const char *session, uint16_t rule,
                enum explain_outcome outcome, const char *format, ...)
{
    struct explanation *explanation = explaining->explanation;
    struct explained *trace = explanation->trace;
    size_t count = explanation->count;
    if ((count & (count - 1)) == 0) { /* room for the next power of two */
        trace = realloc(trace, (count ? 2 * count : 1) * sizeof *trace);
        if (!trace) {
            explaining->failed = true;
            return;
        }
        explanation->trace = trace;
    }
    struct explained *added = &trace[explanation->count++];
    *added = (struct explained){.session = session, .rule = rule, .outcome = outcome};
    va_list values;
    va_start(values, format);
    vsnprintf(added->why, sizeof added->why, format, values);
    va_end(values);
}

/* ---- rules ---- */

/* Whether the packet has one of the fields that a match gives, by a classifier of that alone. */
static bool field_holds(struct explaining *explaining, const struct match *match, unsigned field)
{
    const struct neighbours *neighbours = explaining->input->neighbours;
    struct mirror_rule alone = {.match.given = 1u << field};
    alone.match.value[field] = match->value[field];
    size_t room = rule_matches_max(&alone, neighbours) + 1;
    struct match *matches = calloc(room, sizeof *matches);
    struct classifier_rule *rules = calloc(room, sizeof *rules);
    struct classifier *classifier = NULL;
    if (matches && rules) {
        size_t count = rule_fold(&alone, neighbours, matches);
        for (size_t i = 0; i < count; i++)
            rules[i] = (struct classifier_rule){&matches[i], {.kind = VERDICT_MIRRORED}};
        classifier = classifier_new(rules, count);
    }
    explaining->failed |= !classifier;
    const struct probe probe = classifier_probe(&explaining->key);
    bool holds = classifier && classifier_find(classifier, &probe).kind == VERDICT_MIRRORED;
    classifier_free(classifier);
    free(rules);
    free(matches);
    return holds;
}

/* What the packet has of a field; "": it has no such thing. */
static void print_packet(const struct match_field *field, const struct flow_key *key,
                         char text[static MATCH_TEXT_MAX])
{
    const uint8_t *slot = (const uint8_t *)key + field->key_offset;
    struct match_value value = {.family = key->family};
    uint16_t number = *slot;
    text[0] = '\0';
    if ((key->parts & field->parts) != field->parts || (!field->parts && !number))
        return;
    if (field == &match_fields[FIELD_PROTOCOL] && number == PROTOCOL_NO_NEXT)
        return; /* which is what stands there when nothing follows */
    if (field->kind == MATCH_RANGE)
        memcpy(&number, slot, sizeof number);
    value.low = value.high = number;
    value.set = (uint8_t)number;
    if (field->kind == MATCH_PREFIX)
        memcpy(value.address, slot, sizeof value.address);
    match_value_print(field, &value, text);
    if (field->kind == MATCH_PREFIX)
        text[strcspn(text, "/")] = '\0';
    if (field->kind == MATCH_FLAGS && !*text)
        snprintf(text, MATCH_TEXT_MAX, "none");
}

/* Of a field that the packet does not have as the match wants it. */
static void print_field(const struct explaining *explaining, const struct match *match,
                        unsigned index, char *why, size_t size)
{
    const struct match_field *field = &match_fields[index];
    char wanted[MATCH_TEXT_MAX], has[MATCH_TEXT_MAX];
    match_value_print(field, &match->value[index], wanted);
    if (field->kind == MATCH_NEIGHBOUR) {
        struct mirror_rule alone = {.match.given = 1u << index};
        uint16_t condition;
        alone.match.value[index] = match->value[index];
        bool unresolved = rule_unresolved(&alone, explaining->input->neighbours, &condition);
        snprintf(why, size, unresolved ? "%s %s is no neighbour" : "%s is not %s", field->name,
                 wanted);
        return;
    }
    print_packet(field, &explaining->key, has);
    if (*has)
        snprintf(why, size, "%s is %s, not %s", field->name, has, wanted);
    else
        snprintf(why, size, "the packet has no %s", field->name);
}

/* Whether some field of it does not hold: the first one is told. */
static bool explain_match(struct explaining *explaining, const struct match *match, char *why,
                          size_t size)
{
    for (unsigned i = 0; i < MATCH_FIELD_COUNT; i++) {
        if (!(match->given & 1u << i) || field_holds(explaining, match, i))
            continue;
        print_field(explaining, match, i, why, size);
        return true;
    }
    return false;
}

static void explain_passed_rule(struct explaining *explaining, const char *session,
                                const struct mirror_rule *rule)
{
    char why[REASON_MAX] = "its conditions exclude each other", of[40] = "";
    bool told = explain_match(explaining, &rule->match, why, sizeof why);
    for (size_t i = 0; !told && i < rule->condition_count; i++) {
        const struct mirror_condition *condition = &rule->conditions[i];
        told = explain_match(explaining, &condition->match, why, sizeof why);
        if (told)
            snprintf(of, sizeof of, "condition %u: ", condition->number);
    }
    add(explaining, session, rule->number, EXPLAIN_PASSED, "%s%.150s", of, why);
}

/* ---- sessions ---- */

/* Which of what it takes a session sends, and to whom, where the packet alone does not say it. */
static void note_choice(const struct plan *plan, const struct mirror_session *session, char *note,
                        size_t size)
{
    const struct plan_target *target = &plan->targets[session->target];
    char sample[40] = "";
    if (session->sample > 1)
        snprintf(sample, sizeof sample, "; 1 in %u %s is sent", session->sample,
                 session->sample_flows ? "flows" : "packets");
    snprintf(note, size, "%s%s%s", sample, session->rate_limit ? "; up to its rate limit" : "",
             target->balance == BALANCE_EVEN && target->live_count > 1 ? "; receivers by turns"
                                                                       : "");
}

/* Why plan_direction gives none. */
static const char *why_no_direction(const struct explaining *explaining,
                                    const struct plan_session *session)
{
    const struct flow_key *key = &explaining->key;
    if (plan_direction(explaining->input->plan, session, INGRESS, key) != DIRECTIONS)
        return "not from this box: it counts where it is received";
    return key->parts & KEY_ADDRESSES ? "its addresses are in no source prefix"
                                      : "the packet has no address for its source prefixes";
}

/* The rules up to the one that decides; NULL: none does. */
static const struct mirror_rule *explain_rules(struct explaining *explaining, uint32_t index,
                                               int direction, const struct verdict *verdict)
{
    const struct numbering *numbering = explaining->input->numbering;
    const struct mirror_session *session = &numbering->config->sessions[index];
    const struct mirror_filter *filter = &numbering->config->filters[session->filter];
    const uint32_t *slots =
        numbering->slots[COUNT_RULE] + numbering->first_rule[session->filter][direction];
    for (size_t i = 0; i < filter->rule_count[direction]; i++) {
        const struct mirror_rule *rule = &filter->rules[direction][i];
        if (verdict->kind != VERDICT_UNMATCHED && slots[i] == verdict->rule_slot)
            return rule;
        explain_passed_rule(explaining, session->name, rule);
    }
    add(explaining, session->name, 0, EXPLAIN_PASSED, "no %s rule of filter %s matches",
        direction == INGRESS ? "ingress" : "egress", filter->name);
    return NULL;
}

/* Of a session that takes part on the interface: whether it takes the packet, or rejects it. */
static bool explain_taking(struct explaining *explaining, uint32_t index)
{
    const struct plan *plan = explaining->input->plan;
    const struct plan_session *planned = &plan->sessions[index];
    const struct mirror_session *session = &explaining->input->numbering->config->sessions[index];
    const struct probe probe = classifier_probe(&explaining->key);
    enum direction seen = explaining->question->direction;
    struct verdict verdict = plan_classify_session(plan, index, seen, &explaining->key, &probe);
    int direction = plan_direction(plan, planned, seen, &explaining->key);
    const struct mirror_rule *rule = NULL;
    char note[REASON_MAX];
    if (direction == DIRECTIONS) {
        add(explaining, session->name, 0, EXPLAIN_PASSED, "%s",
            why_no_direction(explaining, planned));
        return false;
    }
    if (!planned->direction[direction]) {
        add(explaining, session->name, 0, EXPLAIN_PASSED, "its direction is %s",
            direction == INGRESS ? "egress" : "ingress");
        return false;
    }
    if (planned->filtered)
        rule = explain_rules(explaining, index, direction, &verdict);
    if (verdict.kind == VERDICT_UNMATCHED)
        return false;
    explaining->explanation->session = session->name;
    explaining->explanation->rule = rule ? rule->number : 0;
    if (verdict.kind == VERDICT_REJECTED) {
        add(explaining, session->name, explaining->explanation->rule, EXPLAIN_REJECTED,
            "the rule matches");
        return true;
    }
    note_choice(plan, session, note, sizeof note);
    add(explaining, session->name, explaining->explanation->rule, EXPLAIN_MIRRORED, "%s%.150s",
        planned->filtered ? "the rule matches" : "no filter: every packet", note);
    return true;
}

static bool explain_session(struct explaining *explaining, uint32_t index)
{
    const struct explain_input *input = explaining->input;
    const struct mirror_session *session = &input->numbering->config->sessions[index];
    const char *interface = explaining->question->interface;
    if (session->disabled)
        add(explaining, session->name, 0, EXPLAIN_PASSED, "disabled");
    else if (!numbering_has_source(input->numbering, index, interface))
        add(explaining, session->name, 0, EXPLAIN_PASSED, "%s is no source of it", interface);
    else if (*input->fault)
        add(explaining, session->name, 0, EXPLAIN_PASSED, "%s", input->fault);
    else if (!input->plan->sessions[index].takes_part)
        add(explaining, session->name, 0, EXPLAIN_PASSED, "down: %.180s", input->down[index]);
    else
        return explain_taking(explaining, index);
    return false;
}

/* ---- the packet ---- */

/* Where the packet goes, once `verdict` says that it is mirrored. */
static void forward(struct explanation *explanation, const struct explaining *explaining,
                    const struct verdict *verdict, uint32_t interface, const struct frame *frame,
                    const uint64_t *given)
{
    const struct plan *plan = explaining->input->plan;
    struct forwarding way =
        plan_forward(plan, verdict->session, interface, flow_hash(&explaining->key, frame), given);
    explanation->mirrored = true;
    explanation->vni = plan->sessions[verdict->session].vni;
    explanation->whole = frame->length;
    explanation->length = way.keep < frame->length ? way.keep : frame->length;
    if (way.receiver != NO_SLOT)
        explanation->receiver = explaining->input->numbering->receivers[way.receiver].receiver;
}

static void explain_all(struct explaining *explaining, const struct frame *frame,
                        const uint64_t *given)
{
    const struct explain_input *input = explaining->input;
    const struct plan *plan = input->plan;
    uint32_t interface = numbering_interface(input->numbering, explaining->question->interface);
    struct verdict verdict = {.kind = VERDICT_UNMATCHED};
    if (interface != NO_SLOT && !*input->fault)
        verdict = plan_classify(plan, interface, frame->direction, &explaining->key);
    if (verdict.kind == VERDICT_OWN) {
        add(explaining, NULL, 0, EXPLAIN_OWN, "to or from a receiver: never mirrored");
        return;
    }
    if (plan->without_services && is_service(&explaining->key)) {
        add(explaining, NULL, 0, EXPLAIN_SERVICE, "of the cloud's own services: not mirrored");
        return;
    }
    for (uint32_t i = 0; i < plan->session_count; i++)
        if (explain_session(explaining, i))
            break;
    if (verdict.kind == VERDICT_MIRRORED)
        forward(explaining->explanation, explaining, &verdict, interface, frame, given);
}

/* The link address of the packet's next hop, where it is one that rules name; else zeros. */
static void find_link(const struct match *packet, const struct neighbours *neighbours,
                      uint8_t link[static 6])
{
    const struct match_value *hop = &packet->value[FIELD_NEXT_HOP];
    memset(link, 0, 6);
    for (size_t i = 0; packet->given & 1u << FIELD_NEXT_HOP && i < neighbours->count; i++) {
        const struct neighbour *neighbour = &neighbours->at[i];
        if (neighbour->family != hop->family ||
            memcmp(neighbour->address, hop->address, sizeof hop->address) != 0)
            continue;
        memcpy(link, neighbour->link, 6);
        return;
    }
}

struct explanation *explain(const struct explain_input *input,
                            const struct packet_question *question)
{
    struct explanation *explanation = calloc(1, sizeof *explanation);
    struct explaining explaining = {input, question, explanation, .failed = false};
    uint64_t *given = calloc(input->plan->receiver_count + 1u, sizeof *given);
    uint8_t link[6], *bytes = NULL;
    struct frame frame;
    find_link(&question->packet, input->neighbours, link);
    if (explanation && given)
        bytes = test_frame_make(&question->packet, link, question->length, &frame);
    if (bytes) {
        frame.direction = question->direction;
        decode(&frame, &explaining.key);
        explain_all(&explaining, &frame, given);
    }
    if (!bytes || explaining.failed) {
        explanation_free(explanation);
        explanation = NULL;
    }
    free(bytes);
    free(given);
    return explanation;
}

void explanation_free(struct explanation *explanation)
{
    if (explanation)
        free(explanation->trace);
    free(explanation);
}
