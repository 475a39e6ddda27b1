/* What a commit publishes: each source interface's sessions in the order in which they see a
 * packet, each filter's rules, each target's receivers with those that are up, and the addresses
 * that are never collected. */
#include "plan.h"
#include "../packet/vxlan.h"
#include "balance.h"
#include "classifier.h"
#include "exclusions.h"
#include "prefix_set.h"
#include "services.h"
#include <stdlib.h>
#include <string.h>

enum { MTU_UNKNOWN = 1500 }; /* stands in for a path MTU that is not known: Ethernet's */

/* ---- rules ----
 *
 * A filter is compiled once, each direction by itself, however many sessions have it, and on
 * however many interfaces. An interface has no rules of its own but the list of its sessions, in
 * the order in which they see a packet. */

static struct classifier *build_rules(const struct plan_input *input, uint32_t filter,
                                      int direction, struct interest *interest)
{
    const struct numbering *numbering = input->numbering;
    const struct mirror_filter *configured = &numbering->config->filters[filter];
    const struct mirror_rule *list = configured->rules[direction];
    const uint32_t *slots = numbering->slots[COUNT_RULE] + numbering->first_rule[filter][direction];
    size_t rule_count = configured->rule_count[direction], count = 0, room = 1;
    for (size_t i = 0; i < rule_count; i++)
        room += rule_matches_max(&list[i], &input->neighbours);
    struct classifier_rule *rules = calloc(room, sizeof *rules);
    struct match *matches = calloc(room, sizeof *matches);
    struct classifier *classifier = NULL;
    if (rules && matches) {
        for (size_t i = 0; i < rule_count; i++) {
            size_t folded = rule_fold(&list[i], &input->neighbours, &matches[count]);
            for (; folded > 0; folded--, count++) {
                rules[count].match = &matches[count];
                rules[count].verdict = (struct verdict){
                    .kind = list[i].accept ? VERDICT_MIRRORED : VERDICT_REJECTED,
                    .rule = list[i].number,
                    .rule_slot = slots[i],
                };
            }
        }
        bool good = true;
        for (size_t i = 0; good && i < count; i++)
            good = interest_add(interest, &matches[i]);
        classifier = good ? classifier_new(rules, count) : NULL;
    }
    free(rules);
    free(matches);
    return classifier;
}

static bool build_filters(struct plan *plan, const struct plan_input *input)
{
    uint32_t count = (uint32_t)input->numbering->config->filter_count;
    plan->filters = calloc(count + 1u, sizeof *plan->filters);
    if (!plan->filters)
        return false;
    for (; plan->filter_count < count; plan->filter_count++) {
        struct plan_filter *filter = &plan->filters[plan->filter_count];
        for (int direction = 0; direction < DIRECTIONS; direction++)
            filter->rules[direction] =
                build_rules(input, plan->filter_count, direction, &filter->interest[direction]);
        if (!filter->rules[INGRESS] || !filter->rules[EGRESS]) {
            plan->filter_count++;
            return false;
        }
    }
    return true;
}

static bool build_interfaces(struct plan *plan, const struct plan_input *input)
{
    const struct numbering *numbering = input->numbering;
    const struct number_lists *sessions = &numbering->sessions;
    uint32_t next = 0;
    plan->interface_count = numbering->count[COUNT_INTERFACE];
    plan->interfaces = calloc(plan->interface_count + 1u, sizeof *plan->interfaces);
    plan->interface_sessions =
        calloc(sessions->first[plan->interface_count] + 1u, sizeof(uint32_t));
    if (!plan->interfaces || !plan->interface_sessions)
        return false;
    for (uint32_t i = 0; i < plan->interface_count; i++) {
        struct plan_interface *interface = &plan->interfaces[i];
        memcpy(interface->name, numbering->interfaces[i], sizeof interface->name);
        interface->slot = numbering->slots[COUNT_INTERFACE][i];
        interface->first_session = next;
        for (uint32_t at = sessions->first[i]; at < sessions->first[i + 1]; at++)
            if (plan->sessions[sessions->numbers[at]].takes_part)
                plan->interface_sessions[next++] = sessions->numbers[at];
        interface->session_count = next - interface->first_session;
    }
    return true;
}

static bool build_scope(struct plan_session *session, const struct mirror_session *configured)
{
    if (!configured->prefix_count)
        return true;
    session->everywhere = session_takes_found(configured);
    session->prefixes = prefix_set_new(configured->prefixes, configured->prefix_count);
    return session->prefixes;
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
            .takes_part = input->session_up[i] && !session->disabled,
            .direction = {session->direction[INGRESS], session->direction[EGRESS]},
            .filtered = session->filter != NO_FILTER,
            .filter = session->filter != NO_FILTER ? (uint32_t)session->filter : 0,
        };
    }
    for (uint32_t i = 0; plan->sessions && i < plan->session_count; i++)
        if (!build_scope(&plan->sessions[i], &numbering->config->sessions[i]))
            return false;
    plan->addresses = prefix_set_new(input->addresses, input->address_count);
    return plan->sessions && plan->addresses;
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
            .dead_ports = input->receivers[i].dead_ports,
            .up = input->receivers[i].up,
        };
    }
    return plan->receivers;
}

static bool build_live(const struct plan *plan, struct plan_target *target)
{
    uint32_t *live = calloc(target->count + 1u, sizeof *live);
    target->live = live;
    for (uint32_t i = target->first; live && i < target->first + target->count; i++)
        if (plan->receivers[i].up)
            live[target->live_count++] = i;
    return live;
}

static bool uses_target(const struct numbering *numbering, uint32_t interface, uint32_t target)
{
    const struct number_lists *sessions = &numbering->sessions;
    for (uint32_t i = sessions->first[interface]; i < sessions->first[interface + 1]; i++)
        if ((uint32_t)numbering->config->sessions[sessions->numbers[i]].target == target)
            return true;
    return false;
}

static bool build_by_interface(const struct plan *plan, const struct plan_input *input,
                               uint32_t index)
{
    const struct numbering *numbering = input->numbering;
    struct plan_target *target = &plan->targets[index];
    uint32_t count = numbering->count[COUNT_INTERFACE];
    bool *used = calloc(count + 1u, sizeof *used);
    for (uint32_t i = 0; used && i < count; i++)
        used[i] = uses_target(numbering, i, index);
    if (used)
        target->by_interface = balance_interfaces(plan, target, numbering->interfaces, used, count);
    free(used);
    return target->by_interface;
}

static bool build_targets(struct plan *plan, const struct plan_input *input)
{
    const struct mirror_config *config = input->numbering->config;
    plan->targets = calloc(config->target_count + 1, sizeof *plan->targets);
    for (; plan->targets && plan->target_count < config->target_count; plan->target_count++) {
        uint32_t index = plan->target_count;
        struct plan_target *target = &plan->targets[index];
        target->first = input->numbering->first_receiver[index];
        target->count = (uint32_t)config->targets[index].receiver_count;
        target->balance = config->targets[index].balance;
        if (!build_live(plan, target) || (target->balance == BALANCE_SOURCE_INTERFACE &&
                                          !build_by_interface(plan, input, index)))
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
        build_exclusions(plan, input) && build_filters(plan, input) &&
        build_interfaces(plan, input))
        return plan;
    plan_free(plan);
    return NULL;
}

void plan_free(struct plan *plan)
{
    if (!plan)
        return;
    for (uint32_t i = 0; plan->filters && i < plan->filter_count; i++)
        for (int direction = 0; direction < DIRECTIONS; direction++) {
            classifier_free(plan->filters[i].rules[direction]);
            interest_free(&plan->filters[i].interest[direction]);
        }
    for (uint32_t i = 0; plan->sessions && i < plan->session_count; i++)
        prefix_set_free(plan->sessions[i].prefixes);
    /* one more: it may be half built */
    for (uint32_t i = 0; plan->targets && i <= plan->target_count; i++) {
        free((void *)(uintptr_t)plan->targets[i].live);
        free((void *)(uintptr_t)plan->targets[i].by_interface);
    }
    free(plan->interfaces);
    free(plan->interface_sessions);
    free(plan->filters);
    free(plan->sessions);
    free(plan->targets);
    free(plan->receivers);
    exclusions_free(plan->exclusions);
    prefix_set_free(plan->addresses);
    free(plan);
}

/* ---- classifying ----
 *
 * A session with prefixes mirrors what its prefixes' hosts receive and send, wherever this box is
 * on the way: which of the two a packet is, its addresses say.
 *
 * On all interfaces that would be twice where the box forwards it: once as it comes in and once as
 * it goes out. So a packet counts where it is received; what is sent counts only when this box is
 * where it comes from, which its source address says. Named interfaces show all they have: there
 * the other end of the way need not be among them. */
int plan_direction(const struct plan *plan, const struct plan_session *session, enum direction seen,
                   const struct flow_key *key)
{
    int direction = DIRECTIONS;
    if (!session->prefixes)
        return seen;
    if (!(key->parts & KEY_ADDRESSES))
        return DIRECTIONS;
    if (prefix_set_has(session->prefixes, key->family, key->source))
        direction = EGRESS;
    else if (prefix_set_has(session->prefixes, key->family, key->destination))
        direction = INGRESS;
    if (direction != DIRECTIONS && seen == EGRESS && session->everywhere &&
        !prefix_set_has(plan->addresses, key->family, key->source))
        return DIRECTIONS;
    return direction;
}

struct verdict plan_classify_session(const struct plan *plan, uint32_t index, enum direction seen,
                                     const struct flow_key *key, const struct probe *probe)
{
    const struct plan_session *session = &plan->sessions[index];
    struct verdict verdict = {.kind = VERDICT_UNMATCHED, .rule_slot = NO_SLOT};
    int direction = plan_direction(plan, session, seen, key);
    if (direction == DIRECTIONS || !session->direction[direction])
        return verdict;
    if (session->filtered)
        verdict = classifier_find(plan->filters[session->filter].rules[direction], probe);
    else
        verdict.kind = VERDICT_MIRRORED;
    verdict.session = index;
    return verdict;
}

struct verdict plan_classify(const struct plan *plan, uint32_t interface, enum direction direction,
                             const struct flow_key *key)
{
    if (exclusions_has(plan->exclusions, key))
        return (struct verdict){.kind = VERDICT_OWN, .rule_slot = NO_SLOT};
    if (plan->without_services && is_service(key))
        return (struct verdict){.kind = VERDICT_UNMATCHED, .rule_slot = NO_SLOT};
    const struct plan_interface *on = &plan->interfaces[interface];
    const uint32_t *sessions = plan->interface_sessions + on->first_session;
    const struct probe probe = classifier_probe(key);
    for (uint32_t i = 0; i < on->session_count; i++) {
        struct verdict verdict = plan_classify_session(plan, sessions[i], direction, key, &probe);
        if (verdict.kind != VERDICT_UNMATCHED)
            return verdict;
    }
    return (struct verdict){.kind = VERDICT_UNMATCHED, .rule_slot = NO_SLOT};
}

/* Flows that share a receiver spread over the ports: other bits of the hash than the choice of
 * the receiver looks at. What a dead port would get is spread over the others. */
static uint32_t choose_port(uint32_t hash, uint32_t dead)
{
    uint32_t port = (hash * 2654435769u) >> 16 & (OUTER_PORTS - 1);
    if (!(dead >> port & 1))
        return port;
    uint32_t others = OUTER_PORTS - (uint32_t)__builtin_popcount(dead & ((1u << OUTER_PORTS) - 1));
    uint32_t nth = others ? (hash * 2246822519u >> 16) % others : 0;
    for (port = 0; port < OUTER_PORTS - 1; port++)
        if (!(dead >> port & 1) && !nth--)
            break;
    return port;
}

struct forwarding plan_forward(const struct plan *plan, uint32_t session, uint32_t interface,
                               uint32_t hash, const uint64_t *given)
{
    const struct plan_session *from = &plan->sessions[session];
    struct forwarding way = {
        .receiver = balance_receiver(plan, &plan->targets[from->target], interface, hash, given),
        .keep = from->packet_length,
    };
    if (way.receiver == NO_SLOT)
        return way;
    const struct plan_receiver *receiver = &plan->receivers[way.receiver];
    way.port = choose_port(hash, receiver->dead_ports);
    if (receiver->keep < way.keep)
        way.keep = receiver->keep;
    return way;
}
