/* A session is judged by the conditions of what it stands on: its sources, its receivers, and that
 * the two are not the same. */
#include "session_conditions.h"

#include <stdio.h>
#include <string.h>

/* How far the receivers of a session have been looked at. */
struct conflict_search {
    size_t receiver, at;
};

static void set_reason(struct session_condition *condition, const char *format, const char *a,
                       const char *b)
{
    snprintf(condition->reason, sizeof condition->reason, format, a, b);
}

/* A receiver that is an address of a source would be sent what comes from it, and so on; where all
 * interfaces are sources, so are the box's addresses, wherever they are. *search begins as zero;
 * false: no more such receiver. */
static bool next_conflict(const struct links *links, const struct numbering *numbering,
                          uint32_t session, struct conflict_search *search,
                          char text[static REASON_MAX])
{
    const struct mirror_session *configured = &numbering->config->sessions[session];
    const struct mirror_target *target = &numbering->config->targets[configured->target];
    bool everywhere = session_takes_found(configured);
    for (; search->receiver < target->receiver_count; search->receiver++, search->at = 0) {
        const struct mirror_receiver *receiver = &target->receivers[search->receiver];
        const struct link *link;
        while ((link = links_holder(links, receiver->family, receiver->address, &search->at))) {
            bool is_source = numbering_has_source(numbering, session, link->name);
            if (receiver->interface[0] && strcmp(receiver->interface, link->name))
                continue; /* a link-local address is each link's own */
            if (!is_source && (!everywhere || link->loopback))
                continue;
            char address[RECEIVER_TEXT_MAX];
            receiver_print(receiver, address);
            snprintf(text, REASON_MAX, "receiver %s is an address of %s %s", address,
                     is_source ? "its source interface" : "this box, on", link->name);
            return true;
        }
    }
    return false;
}

static bool has_conflict(const struct links *links, const struct numbering *numbering,
                         uint32_t session, char text[static REASON_MAX])
{
    return next_conflict(links, numbering, session, &(struct conflict_search){0}, text);
}

void interface_judge(const struct dataplane *dataplane, uint32_t index,
                     char reason[static REASON_MAX])
{
    const struct interface_condition *interface = &dataplane->interfaces[index];
    const char *name = dataplane->numbering->interfaces[index];
    const struct source *source = dataplane->sources[index];
    reason[0] = '\0';
    if (!interface->index || !interface->up)
        snprintf(reason, REASON_MAX, "interface %s is %s", name,
                 interface->index ? "down" : "absent");
    else if (!interface->open && source)
        snprintf(reason, REASON_MAX, "%s", source->reason);
}

static bool is_usable(const struct interface_condition *interface)
{
    return interface->index && interface->up && interface->open;
}

/* Whether any source delivers packets; the reason is the first one's that does not. Of interfaces
 * that the session does not name only those count that are up: that others are down is as it is. */
static bool judge_sources(const struct dataplane *dataplane, uint32_t session,
                          struct session_condition *condition)
{
    const struct numbering *numbering = dataplane->numbering;
    const struct mirror_session *configured = &numbering->config->sessions[session];
    bool any = false;
    for (size_t s = 0; !condition->reason[0] && s < configured->source_count; s++) {
        uint32_t index = numbering_interface(numbering, configured->sources[s]);
        if (!is_usable(&dataplane->interfaces[index]))
            interface_judge(dataplane, index, condition->reason);
    }
    const struct number_lists *sources = &numbering->sources;
    for (uint32_t i = sources->first[session]; i < sources->first[session + 1]; i++) {
        const struct interface_condition *interface = &dataplane->interfaces[sources->numbers[i]];
        any |= is_usable(interface);
        if (interface->up && !interface->open && !condition->reason[0])
            interface_judge(dataplane, sources->numbers[i], condition->reason);
    }
    if (!any && !condition->reason[0])
        set_reason(condition, "%s%s",
                   session_takes_found(configured) ? "no interface to mirror is up"
                                                   : "no source interface",
                   "");
    return any;
}

/* Whether any receiver is up; the reason of the first one that is not goes where there is none
 * yet, or replaces it when that is what keeps the session down. */
static bool judge_receivers(const struct dataplane *dataplane, uint32_t first, uint32_t count,
                            struct session_condition *condition, bool sources)
{
    bool any = false;
    const struct receiver *faulty = NULL;
    for (uint32_t i = first; i < first + count; i++) {
        any |= dataplane->health[i].up;
        if (!dataplane->health[i].up && !faulty)
            faulty = dataplane->receivers[i];
    }
    if (!count && !condition->reason[0])
        set_reason(condition, "the target has no receiver%s%s", "", "");
    if (faulty && (!condition->reason[0] || (sources && !any))) {
        char text[RECEIVER_TEXT_MAX];
        receiver_print(&faulty->to.receiver, text);
        set_reason(condition, "receiver %s: %s", text, faulty->health.reason);
    }
    return any;
}

static void judge_session(const struct dataplane *dataplane, const struct links *links,
                          uint32_t session, struct session_condition *condition)
{
    const struct numbering *numbering = dataplane->numbering;
    int target = numbering->config->sessions[session].target;
    condition->conflict = has_conflict(links, numbering, session, condition->reason);
    if (condition->conflict)
        return;
    bool sources = judge_sources(dataplane, session, condition);
    bool receivers = judge_receivers(dataplane, numbering->first_receiver[target],
                                     (uint32_t)numbering->config->targets[target].receiver_count,
                                     condition, sources);
    condition->takes_part = receivers && !dataplane->fault;
    condition->up = sources && condition->takes_part;
    if (dataplane->fault)
        set_reason(condition, "io_uring: %s%s", strerror(-dataplane->fault), "");
}

void sessions_judge(struct dataplane *dataplane, const struct links *links)
{
    const struct mirror_config *config = dataplane->numbering->config;
    dataplane->links = links_version(links);
    for (uint32_t i = 0; i < config->session_count; i++)
        if (!config->sessions[i].disabled)
            judge_session(dataplane, links, i, &dataplane->sessions[i]);
}

bool sessions_conflicts_hold(struct dataplane *dataplane, const struct links *links)
{
    const struct mirror_config *config = dataplane->numbering->config;
    char text[REASON_MAX];
    if (dataplane->links == links_version(links))
        return true;
    for (uint32_t i = 0; i < config->session_count; i++)
        if (!config->sessions[i].disabled &&
            has_conflict(links, dataplane->numbering, i, text) != dataplane->sessions[i].conflict)
            return false;
    dataplane->links = links_version(links);
    return true;
}

/* Calls problem() for what next_conflict says of the session, and for receivers without sockets. */
static bool check_session(const struct dataplane *dataplane, const struct resources *resources,
                          uint32_t index, engine_problem_fn *problem, void *context)
{
    const struct numbering *numbering = dataplane->numbering;
    const struct mirror_config *config = numbering->config;
    const struct mirror_session *session = &config->sessions[index];
    uint32_t first = numbering->first_receiver[session->target];
    struct conflict_search search = {0};
    char conflict[REASON_MAX], text[2 * REASON_MAX];
    bool good = true;
    while (next_conflict(resources->links, numbering, index, &search, conflict)) {
        snprintf(text, sizeof text, "target: %s", conflict);
        problem(context, session->name, text);
        good = false;
    }
    for (uint32_t i = 0; i < config->targets[session->target].receiver_count; i++) {
        const struct receiver *receiver = dataplane->receivers[first + i];
        char address[RECEIVER_TEXT_MAX];
        if (receiver_is_open(receiver))
            continue;
        receiver_print(&receiver->to.receiver, address);
        snprintf(text, sizeof text, "target: receiver %s: %s", address, receiver->health.reason);
        problem(context, session->name, text);
        good = false;
    }
    return good;
}

bool dataplane_check(const struct dataplane *dataplane, const struct resources *resources,
                     engine_problem_fn *problem, void *context)
{
    const struct mirror_config *config = dataplane->numbering->config;
    bool good = true;
    for (uint32_t i = 0; i < config->session_count; i++)
        if (!config->sessions[i].disabled)
            good &= check_session(dataplane, resources, i, problem, context);
    return good;
}

void dataplane_warn(const struct dataplane *dataplane, engine_problem_fn *warning, void *context)
{
    const struct numbering *numbering = dataplane->numbering;
    for (uint32_t i = 0; i < numbering->count[COUNT_RULE]; i++) {
        const struct numbered_rule *rule = &numbering->rules[i];
        uint16_t condition;
        const struct match_value *hop =
            rule_unresolved(rule->rule, &dataplane->next_hops, &condition);
        char text[2 * REASON_MAX], within[24] = "", address[MATCH_TEXT_MAX];
        if (!hop)
            continue;
        if (condition)
            snprintf(within, sizeof within, " condition %u", condition);
        match_value_print(&match_fields[FIELD_NEXT_HOP], hop, address);
        snprintf(text, sizeof text,
                 "filter %s %s rule %u%s next-hop: %s is no neighbour now: matches no packet",
                 rule->filter->name, rule->direction == INGRESS ? "ingress" : "egress",
                 rule->rule->number, within, address);
        warning(context, NULL, text);
    }
}
