/* What a commit publishes: each source interface's rules in the order in which they decide,
 * each target's receivers with those that are up, and the addresses that are never
 * collected. */
#include "plan.h"
#include "../packet/vxlan.h"
#include "classifier.h"
#include "exclusions.h"
#include "rule.h"
#include "services.h"
#include <stdlib.h>
#include <string.h>

enum {
    MTU_UNKNOWN = 1500, /* stands in for a path MTU that is not known: Ethernet's */
    TRIES_MAX = 64,     /* draws for a receiver that is up before weighing all of them */
};

static bool has_source(const struct mirror_session *session, const char *name)
{
    for (size_t i = 0; i < session->source_count; i++) {
        if (strncmp(session->sources[i], name, INTERFACE_NAME_MAX) == 0)
            return true;
    }
    return false;
}

/* The rules of an interface and direction while they are put together. */
struct rule_list {
    struct classifier_rule *rules;
    struct match *matches; /* what they point at */
    size_t count, room;
};

static void append(struct rule_list *list, const struct match *match, const struct verdict *verdict)
{
    list->rules[list->count++] = (struct classifier_rule){match, *verdict};
}

/* How many rules the session has for that direction. */
static size_t count_rules(const struct plan_input *input, uint32_t index, int direction)
{
    const struct mirror_config *config = input->numbering->config;
    int filter = config->sessions[index].filter;
    return filter == NO_FILTER ? 1 : config->filters[filter].rule_count[direction];
}

/* Appends what the session takes of that direction. */
static void append_rules(const struct plan_input *input, uint32_t index, int direction,
                         struct rule_list *list)
{
    const struct mirror_config *config = input->numbering->config;
    int filter = config->sessions[index].filter;
    struct verdict verdict = {VERDICT_MIRRORED, index, NO_SLOT};
    if (filter == NO_FILTER) {
        append(list, NULL, &verdict);
        return;
    }
    const struct mirror_rule *rules = config->filters[filter].rules[direction];
    const uint32_t *slots =
        input->numbering->slots[COUNT_RULE] + input->numbering->first_rule[filter][direction];
    for (size_t i = 0; i < config->filters[filter].rule_count[direction]; i++) {
        struct match *match = &list->matches[list->count];
        verdict.kind = rules[i].accept ? VERDICT_MIRRORED : VERDICT_REJECTED;
        verdict.rule_slot = slots[i];
        if (rule_fold(&rules[i], match))
            append(list, match, &verdict);
    }
}

static bool takes_part(const struct plan_input *input, uint32_t index, const char *interface,
                       int direction)
{
    const struct mirror_session *session = &input->numbering->config->sessions[index];
    return input->session_up[index] && !session->disabled && session->direction[direction] &&
           has_source(session, interface);
}

/* All rules that see the packets of that interface and direction, in the order of sessions. */
static struct classifier *build_classifier(const struct plan_input *input, const char *name,
                                           int direction)
{
    size_t sessions = input->numbering->config->session_count;
    struct rule_list list = {.room = 1};
    for (uint32_t i = 0; i < sessions; i++)
        list.room += takes_part(input, i, name, direction) ? count_rules(input, i, direction) : 0;
    list.rules = calloc(list.room, sizeof *list.rules);
    list.matches = calloc(list.room, sizeof *list.matches);
    struct classifier *classifier = NULL;
    if (list.rules && list.matches) {
        for (uint32_t i = 0; i < sessions; i++) {
            if (takes_part(input, i, name, direction))
                append_rules(input, i, direction, &list);
        }
        classifier = classifier_new(list.rules, list.count);
    }
    free(list.rules);
    free(list.matches);
    return classifier;
}

static bool build_interfaces(struct plan *plan, const struct plan_input *input)
{
    const struct numbering *numbering = input->numbering;
    uint32_t count = numbering->count[COUNT_INTERFACE];
    bool good = true;
    plan->interfaces = calloc(count + 1u, sizeof *plan->interfaces);
    for (uint32_t i = 0; plan->interfaces && good && i < count; i++) {
        struct plan_interface *interface = &plan->interfaces[plan->interface_count++];
        const char *name = numbering->interfaces[i];
        memcpy(interface->name, name, sizeof interface->name);
        interface->slot = numbering->slots[COUNT_INTERFACE][i];
        for (int direction = 0; direction < DIRECTIONS; direction++) {
            interface->classifier[direction] = build_classifier(input, name, direction);
            good = good && interface->classifier[direction];
        }
    }
    return plan->interfaces && good;
}

static bool build_sessions(struct plan *plan, const struct plan_input *input)
{
    const struct numbering *numbering = input->numbering;
    plan->session_count = numbering->count[COUNT_SESSION];
    plan->sessions = calloc(plan->session_count + 1u, sizeof *plan->sessions);
    for (uint32_t i = 0; plan->sessions && i < plan->session_count; i++) {
        const struct mirror_session *session = &numbering->config->sessions[i];
        plan->sessions[i] = (struct plan_session){
            .slot = numbering->slots[COUNT_SESSION][i],
            .vni = session->vni,
            .packet_length = session->packet_length,
            .target = (uint32_t)session->target,
        };
    }
    return plan->sessions;
}

/* Most inner bytes that fit the path. */
static uint32_t room(uint8_t family, uint32_t mtu)
{
    uint32_t overhead = family == 4 ? VXLAN_OVERHEAD_IPV4 : VXLAN_OVERHEAD_IPV6;
    if (mtu == 0)
        mtu = MTU_UNKNOWN;
    return mtu > overhead ? mtu - overhead : 0;
}

static bool build_receivers(struct plan *plan, const struct plan_input *input)
{
    const struct numbering *numbering = input->numbering;
    plan->receiver_count = numbering->count[COUNT_RECEIVER];
    plan->receivers = calloc(plan->receiver_count + 1u, sizeof *plan->receivers);
    for (uint32_t i = 0; plan->receivers && i < plan->receiver_count; i++) {
        const struct mirror_receiver *address = numbering->receivers[i].receiver;
        plan->receivers[i] = (struct plan_receiver){
            .address = *address,
            .slot = numbering->slots[COUNT_RECEIVER][i],
            .keep = room(address->family, input->receivers[i].mtu),
            .up = input->receivers[i].up,
        };
    }
    return plan->receivers;
}

static bool build_target(const struct plan *plan, struct plan_target *target)
{
    uint32_t *live = calloc(target->count + 1u, sizeof *live);
    target->live = live;
    for (uint32_t i = target->first; live && i < target->first + target->count; i++)
        if (plan->receivers[i].up)
            live[target->live_count++] = i;
    return live;
}

static bool build_targets(struct plan *plan, const struct plan_input *input)
{
    const struct mirror_config *config = input->numbering->config;
    plan->targets = calloc(config->target_count + 1, sizeof *plan->targets);
    for (; plan->targets && plan->target_count < config->target_count; plan->target_count++) {
        struct plan_target *target = &plan->targets[plan->target_count];
        target->first = input->numbering->first_receiver[plan->target_count];
        target->count = (uint32_t)config->targets[plan->target_count].receiver_count;
        if (!build_target(plan, target))
            return false;
    }
    return plan->targets;
}

static bool build_exclusions(struct plan *plan, const struct plan_input *input)
{
    const struct mirror_config *config = input->numbering->config;
    plan->exclusions = exclusions_new(2 * (size_t)plan->receiver_count + plan->session_count);
    for (size_t s = 0; plan->exclusions && s < config->session_count; s++) {
        const struct mirror_session *session = &config->sessions[s];
        if (session->disabled)
            continue;
        exclusions_add_vni(plan->exclusions, session->vni);
        const struct mirror_target *target = &config->targets[session->target];
        for (size_t i = 0; i < target->receiver_count; i++) {
            const struct mirror_receiver *receiver = &target->receivers[i];
            exclusions_add_address(plan->exclusions, receiver->family, receiver->address);
            exclusions_add_receiver(plan->exclusions, receiver->family, receiver->address,
                                    receiver->port);
        }
    }
    return plan->exclusions;
}

struct plan *plan_build(const struct plan_input *input)
{
    struct plan *plan = calloc(1, sizeof *plan);
    if (!plan)
        return NULL;
    plan->without_services = input->numbering->config->without_services;
    if (build_sessions(plan, input) && build_receivers(plan, input) && build_targets(plan, input) &&
        build_exclusions(plan, input) && build_interfaces(plan, input))
        return plan;
    plan_free(plan);
    return NULL;
}

void plan_free(struct plan *plan)
{
    if (!plan)
        return;
    for (uint32_t i = 0; i < plan->interface_count; i++) {
        for (int direction = 0; direction < DIRECTIONS; direction++)
            classifier_free(plan->interfaces[i].classifier[direction]);
    }
    for (uint32_t i = 0; plan->targets && i < plan->target_count; i++)
        free((void *)(uintptr_t)plan->targets[i].live);
    free(plan->interfaces);
    free(plan->sessions);
    free(plan->targets);
    free(plan->receivers);
    exclusions_free(plan->exclusions);
    free(plan);
}

struct verdict plan_classify(const struct plan *plan, uint32_t interface, enum direction direction,
                             const struct flow_key *key)
{
    if (exclusions_has(plan->exclusions, key))
        return (struct verdict){.kind = VERDICT_OWN, .rule_slot = NO_SLOT};
    if (plan->without_services && is_service(key))
        return (struct verdict){.kind = VERDICT_UNMATCHED, .rule_slot = NO_SLOT};
    return classifier_find(plan->interfaces[interface].classifier[direction], key);
}

/* Other bits than the hash itself, which the outer source port is drawn by. */
static uint32_t draw(uint32_t hash, uint32_t round)
{
    uint32_t value = hash ^ (round + 1) * 0x9e3779b9u;
    value = (value ^ value >> 16) * 0x85ebca6bu;
    value = (value ^ value >> 13) * 0xc2b2ae35u;
    return value ^ value >> 16;
}

/* Every flow has its own endless order of a target's receivers and goes to the first one that
 * is up. So a receiver that fails, or comes back, moves only its own flows, however many
 * others are down. Should the draws not find one (few of very many are up), the flow takes
 * the one that weighs most for it, which has the same property. */
static uint32_t choose_receiver(const struct plan *plan, const struct plan_target *receivers,
                                uint32_t hash)
{
    if (receivers->live_count == 0)
        return NO_SLOT;
    for (uint32_t round = 0; round < TRIES_MAX; round++) {
        uint64_t scaled = (uint64_t)draw(hash, round) * receivers->count;
        uint32_t receiver = receivers->first + (uint32_t)(scaled >> 32);
        if (plan->receivers[receiver].up)
            return receiver;
    }
    uint32_t best = receivers->live[0], best_weight = 0;
    for (uint32_t i = 0; i < receivers->live_count; i++) {
        uint32_t weight = draw(hash, TRIES_MAX + receivers->live[i]);
        if (weight > best_weight) {
            best = receivers->live[i];
            best_weight = weight;
        }
    }
    return best;
}

/* Flows that share a receiver spread over the ports: other bits of the hash than the choice of
 * the receiver looks at. */
static uint32_t choose_port(uint32_t hash)
{
    return (hash * 2654435769u) >> 16 & (OUTER_PORTS - 1);
}

struct forwarding plan_forward(const struct plan *plan, uint32_t session, uint32_t hash)
{
    const struct plan_session *from = &plan->sessions[session];
    struct forwarding way = {
        .receiver = choose_receiver(plan, &plan->targets[from->target], hash),
        .port = choose_port(hash),
        .keep = from->packet_length,
    };
    if (way.receiver != NO_SLOT && plan->receivers[way.receiver].keep < way.keep)
        way.keep = plan->receivers[way.receiver].keep;
    return way;
}
