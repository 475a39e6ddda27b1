/* What a commit publishes: each source interface's rules in the order in which they decide,
 * each target's receivers with those that are up, and the addresses that are never
 * collected. */
#include "plan.h"
#include "../packet/vxlan.h"
#include "classifier.h"
#include "own.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    MTU_UNKNOWN = 1500, /* stands in for a path MTU that is not known: Ethernet's */
    TRIES_MAX = 64,     /* draws for a receiver that is up before weighing all of them */
};

static int compare_names(const void *one, const void *other)
{
    return strncmp(one, other, INTERFACE_NAME_MAX);
}

int plan_interfaces(const struct mirror_config *config, char (**names)[INTERFACE_NAME_MAX])
{
    size_t count = 0, distinct = 0;
    for (size_t i = 0; i < config->session_count; i++)
        count += config->sessions[i].source_count;
    char(*all)[INTERFACE_NAME_MAX] = calloc(count ? count : 1, sizeof *all);
    if (!all)
        return -ENOMEM;
    count = 0;
    for (size_t i = 0; i < config->session_count; i++) {
        const struct mirror_session *session = &config->sessions[i];
        for (size_t source = 0; source < session->source_count; source++)
            memcpy(all[count++], session->sources[source], sizeof *all);
    }
    qsort(all, count, sizeof *all, compare_names);
    for (size_t i = 0; i < count; i++) {
        if (distinct == 0 || compare_names(all[distinct - 1], all[i]) != 0)
            memmove(all[distinct++], all[i], sizeof *all);
    }
    *names = all;
    return (int)distinct;
}

static bool has_source(const struct mirror_session *session, const char *name)
{
    for (size_t i = 0; i < session->source_count; i++) {
        if (strncmp(session->sources[i], name, INTERFACE_NAME_MAX) == 0)
            return true;
    }
    return false;
}

/* The number of a list's first rule: rules are numbered by filter, ingress first. */
static size_t first_rule(const struct mirror_config *config, int filter, int direction)
{
    size_t number = direction == EGRESS ? config->filters[filter].rule_count[INGRESS] : 0;
    for (int i = 0; i < filter; i++)
        number += config->filters[i].rule_count[INGRESS] + config->filters[i].rule_count[EGRESS];
    return number;
}

/* Appends to `rules` (NULL: only counts) what the session takes of that direction. */
static size_t session_rules(const struct plan_input *input, uint32_t index, int direction,
                            struct classifier_rule *rules)
{
    const struct mirror_config *config = input->config;
    int filter = config->sessions[index].filter;
    struct verdict verdict = {VERDICT_MIRRORED, index, NO_SLOT};
    if (filter == NO_FILTER) {
        if (rules)
            rules[0] = (struct classifier_rule){.verdict = verdict};
        return 1;
    }
    const struct mirror_rule *list = config->filters[filter].rules[direction];
    size_t count = config->filters[filter].rule_count[direction];
    const uint32_t *slots = input->rule_slots + first_rule(config, filter, direction);
    for (size_t i = 0; rules && i < count; i++) {
        verdict.kind = list[i].accept ? VERDICT_MIRRORED : VERDICT_REJECTED;
        verdict.rule_slot = slots[i];
        rules[i] = (struct classifier_rule){&list[i].match, verdict};
    }
    return count;
}

/* All rules that see the packets of that interface and direction, in the order of sessions. */
static size_t interface_rules(const struct plan_input *input, const char *name, int direction,
                              struct classifier_rule *rules)
{
    size_t count = 0;
    for (uint32_t i = 0; i < input->config->session_count; i++) {
        const struct mirror_session *session = &input->config->sessions[i];
        bool takes_part = input->session_up[i] && !session->disabled &&
                          session->direction[direction] && has_source(session, name);
        if (takes_part)
            count += session_rules(input, i, direction, rules ? rules + count : NULL);
    }
    return count;
}

static struct classifier *build_classifier(const struct plan_input *input, const char *name,
                                           int direction)
{
    size_t count = interface_rules(input, name, direction, NULL);
    struct classifier_rule *rules = calloc(count ? count : 1, sizeof *rules);
    if (!rules)
        return NULL;
    interface_rules(input, name, direction, rules);
    struct classifier *classifier = classifier_new(rules, count);
    free(rules);
    return classifier;
}

static bool build_interfaces(struct plan *plan, const struct plan_input *input)
{
    char(*names)[INTERFACE_NAME_MAX];
    int count = plan_interfaces(input->config, &names);
    if (count < 0)
        return false;
    bool good = true;
    plan->interfaces = calloc(count ? (size_t)count : 1, sizeof *plan->interfaces);
    for (int i = 0; plan->interfaces && good && i < count; i++) {
        struct plan_interface *interface = &plan->interfaces[plan->interface_count++];
        memcpy(interface->name, names[i], sizeof interface->name);
        interface->slot = input->interface_slots[i];
        for (int direction = 0; direction < DIRECTIONS; direction++) {
            interface->classifier[direction] = build_classifier(input, names[i], direction);
            good = good && interface->classifier[direction];
        }
    }
    free(names);
    return plan->interfaces && good;
}

static bool build_sessions(struct plan *plan, const struct plan_input *input)
{
    const struct mirror_config *config = input->config;
    plan->session_count = (uint32_t)config->session_count;
    plan->sessions = calloc(plan->session_count + 1u, sizeof *plan->sessions);
    for (uint32_t i = 0; plan->sessions && i < plan->session_count; i++) {
        const struct mirror_session *session = &config->sessions[i];
        plan->sessions[i] = (struct plan_session){
            .slot = input->session_slots[i],
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

static bool build_target(struct plan *plan, const struct plan_input *input, uint32_t index)
{
    const struct mirror_target *configured = &input->config->targets[index];
    struct plan_target *target = &plan->targets[index];
    target->first = plan->receiver_count;
    target->count = (uint32_t)configured->receiver_count;
    uint32_t *live = calloc(target->count + 1u, sizeof *live);
    if (!live)
        return false;
    target->live = live;
    for (uint32_t i = 0; i < target->count; i++) {
        uint32_t at = plan->receiver_count++;
        plan->receivers[at] = (struct plan_receiver){
            .address = configured->receivers[i],
            .slot = input->receiver_slots[at],
            .keep = room(configured->receivers[i].family, input->receivers[at].mtu),
            .up = input->receivers[at].up,
        };
        if (plan->receivers[at].up)
            live[target->live_count++] = at;
    }
    return true;
}

static bool build_targets(struct plan *plan, const struct plan_input *input)
{
    const struct mirror_config *config = input->config;
    size_t receivers = 0;
    for (size_t i = 0; i < config->target_count; i++)
        receivers += config->targets[i].receiver_count;
    plan->targets = calloc(config->target_count + 1, sizeof *plan->targets);
    plan->receivers = calloc(receivers + 1, sizeof *plan->receivers);
    if (!plan->targets || !plan->receivers)
        return false;
    for (; plan->target_count < config->target_count; plan->target_count++) {
        if (!build_target(plan, input, plan->target_count))
            return false;
    }
    return true;
}

static bool build_own(struct plan *plan, const struct plan_input *input)
{
    plan->own = own_new(2 * (size_t)plan->receiver_count + plan->session_count);
    for (size_t s = 0; plan->own && s < input->config->session_count; s++) {
        const struct mirror_session *session = &input->config->sessions[s];
        if (session->disabled)
            continue;
        own_add_vni(plan->own, session->vni);
        const struct mirror_target *target = &input->config->targets[session->target];
        for (size_t i = 0; i < target->receiver_count; i++) {
            const struct mirror_receiver *receiver = &target->receivers[i];
            own_add(plan->own, receiver->family, receiver->address);
            own_add_receiver(plan->own, receiver->family, receiver->address, receiver->port);
        }
    }
    return plan->own;
}

struct plan *plan_build(const struct plan_input *input)
{
    struct plan *plan = calloc(1, sizeof *plan);
    if (!plan)
        return NULL;
    if (build_sessions(plan, input) && build_targets(plan, input) && build_own(plan, input) &&
        build_interfaces(plan, input))
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
    own_free(plan->own);
    free(plan);
}

struct verdict plan_classify(const struct plan *plan, uint32_t interface, enum direction direction,
                             const struct flow_key *key)
{
    if (own_has(plan->own, key))
        return (struct verdict){.kind = VERDICT_OWN, .rule_slot = NO_SLOT};
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
