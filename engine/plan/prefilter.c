/* Every rule that may decide a packet, to accept or to reject it, is of interest: what it decides
 * is counted. What a session looks at besides, its prefixes, narrows that. */
#include "prefilter.h"

#include "../packet/protocol.h"
#include "exclusions.h"
#include "prefix_set.h"

#include <string.h>

enum {
    /* More sessions of an interface want anything, for all that is looked at. */
    SESSIONS_MOST = 256,
    /* That decoding and the look for wrapped mirrors read at the most. */
    KEEP_LEAST = LOOP_REACH,
};

static const struct match anything;

/* ---- of one session ---- */

static bool add_rules(struct interest *to, const struct plan *plan,
                      const struct plan_session *session, enum direction direction)
{
    if (!session->filtered)
        return interest_add(to, &anything);
    return interest_add_all(to, &plan->filters[session->filter].interest[direction]);
}

static bool prefixes_of(struct interest *to, const struct plan_session *session,
                        enum match_field_id field)
{
    for (size_t i = 0; i < prefix_set_count(session->prefixes); i++) {
        struct mirror_prefix prefix = prefix_set_get(session->prefixes, i);
        struct match match = interest_prefix(field, &prefix);
        if (!interest_add(to, &match))
            return false;
    }
    return true;
}

/* What comes from its prefixes it takes for sent, what goes there for received: plan_direction. */
static bool add_within(struct interest *to, const struct plan *plan,
                       const struct plan_session *session, enum direction direction)
{
    struct interest rules = {0}, prefixes = {0};
    bool good =
        add_rules(&rules, plan, session, direction) &&
        prefixes_of(&prefixes, session, direction == EGRESS ? FIELD_SOURCE : FIELD_DESTINATION) &&
        interest_add_both(to, &rules, &prefixes);
    interest_free(&rules);
    interest_free(&prefixes);
    return good;
}

static bool add_session(struct interest *to, const struct plan *plan,
                        const struct plan_session *session, enum direction seen)
{
    if (!session->prefixes)
        return !session->direction[seen] || add_rules(to, plan, session, seen);
    for (int direction = 0; direction < DIRECTIONS; direction++)
        if (session->direction[direction] &&
            !add_within(to, plan, session, (enum direction)direction))
            return false;
    return true;
}

/* ---- of an interface ---- */

static bool add_sessions(struct prefilter *prefilter, const struct plan *plan,
                         const struct plan_interface *on, enum direction seen)
{
    const uint32_t *sessions = plan->interface_sessions + on->first_session;
    struct interest *wanted = &prefilter->wanted[seen];
    uint32_t keep = KEEP_LEAST;
    for (uint32_t i = 0; i < on->session_count; i++) {
        const struct plan_session *session = &plan->sessions[sessions[i]];
        bool known = i < SESSIONS_MOST;
        if (!(known ? add_session(wanted, plan, session, seen) : interest_add(wanted, &anything)))
            return false;
        if ((session->prefixes || session->direction[seen]) && session->packet_length > keep)
            keep = session->packet_length;
    }
    prefilter->keep[seen] = keep;
    return true;
}

/* Every receiver, whoever uses it. */
static bool add_receivers(struct interest *own, const struct plan *plan)
{
    static const enum match_field_id ends[] = {FIELD_SOURCE, FIELD_DESTINATION};
    for (uint32_t i = 0; i < plan->receiver_count; i++) {
        const struct mirror_receiver *receiver = &plan->receivers[i].address;
        struct mirror_prefix prefix = {
            .family = receiver->family,
            .bits = (uint8_t)(8 * address_size(receiver->family)),
        };
        memcpy(prefix.address, receiver->address, sizeof prefix.address);
        for (unsigned end = 0; end < sizeof ends / sizeof ends[0]; end++) {
            struct match match = interest_prefix(ends[end], &prefix);
            if (!interest_add(own, &match))
                return false;
        }
    }
    return true;
}

bool prefilter_make(struct prefilter *prefilter, const struct plan *plan, uint32_t interface)
{
    const struct plan_interface *on = &plan->interfaces[interface];
    *prefilter = (struct prefilter){0};
    for (int seen = 0; seen < DIRECTIONS; seen++)
        if (!add_sessions(prefilter, plan, on, (enum direction)seen))
            return false;
    return add_receivers(&prefilter->own, plan);
}

void prefilter_free(struct prefilter *prefilter)
{
    for (int seen = 0; seen < DIRECTIONS; seen++)
        interest_free(&prefilter->wanted[seen]);
    interest_free(&prefilter->own);
}

bool prefilter_is_idle(const struct prefilter *prefilter)
{
    for (int seen = 0; seen < DIRECTIONS; seen++)
        if (!interest_is_all(&prefilter->wanted[seen]) || prefilter->keep[seen] < KEEP_WHOLE)
            return false;
    return true;
}
