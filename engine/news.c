/* Two data planes side by side: what both have is known by its counter slot, which belongs to its
 * name. What is the same in both is no news. */
#include "news.h"

#include "packet/protocol.h"
#include "session_conditions.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUBJECT_MAX = 400 }; /* a name of 64 characters of any script, and an address */

void news_tell(const struct teller *teller, enum engine_news news, const char *subject,
               const char *format, ...)
{
    char text[2 * REASON_MAX];
    va_list arguments;
    if (!teller->tell || (news == NEWS_DETAIL && !teller->details))
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    teller->tell(teller->context, news, subject, text);
}

/* Both, and the numbers in `before` by slot; NO_SLOT: it has none. */
struct change {
    const struct teller *teller;
    const struct dataplane *before, *after;
    uint32_t *numbers[COUNTER_KINDS];
};

static bool find_numbers(struct change *change, enum counter_kind kind, uint32_t slots)
{
    uint32_t *numbers = malloc((slots + 1) * sizeof *numbers);
    change->numbers[kind] = numbers;
    if (!numbers)
        return false;
    memset(numbers, 0xff, (slots + 1) * sizeof *numbers);
    if (!change->before)
        return true;
    const struct numbering *numbering = change->before->numbering;
    for (uint32_t i = 0; i < numbering->count[kind]; i++)
        numbers[numbering->slots[kind][i]] = i;
    return true;
}

/* Its number before, of what is number i now. */
static uint32_t number_before(const struct change *change, enum counter_kind kind, uint32_t i)
{
    return change->numbers[kind][change->after->numbering->slots[kind][i]];
}

struct state {
    bool up;
    const char *reason; /* why it is not, or what of it is not */
};

/* was: NULL: it is new, and that it is up goes without saying. */
static void tell_state(const struct change *change, const char *subject, const struct state *was,
                       const struct state *now)
{
    if (was && was->up == now->up && !strcmp(was->reason, now->reason))
        return;
    if (!now->up)
        news_tell(change->teller, NEWS_FAULT, subject, "is down: %s", now->reason);
    else if (now->reason[0])
        news_tell(change->teller, NEWS_FAULT, subject, "is up, but %s", now->reason);
    else
        news_tell(change->teller, was ? NEWS_WELL : NEWS_DETAIL, subject, "is up");
}

static void tell_session(const struct change *change, uint32_t i)
{
    const struct mirror_session *session = &change->after->numbering->config->sessions[i];
    const struct session_condition *condition = &change->after->sessions[i];
    uint32_t before = number_before(change, COUNT_SESSION, i);
    char subject[SUBJECT_MAX];
    struct state was = {0}, now = {condition->up, condition->reason};
    bool known = before != NO_SLOT && !change->before->numbering->config->sessions[before].disabled;
    snprintf(subject, sizeof subject, "session %s", session->name);
    if (session->disabled) {
        if (known)
            news_tell(change->teller, NEWS_DETAIL, subject, "is disabled");
        return;
    }
    if (known)
        was = (struct state){change->before->sessions[before].up,
                             change->before->sessions[before].reason};
    tell_state(change, subject, known ? &was : NULL, &now);
}

/* ---- receivers ---- */

static bool same_way(const struct receiver_health *a, const struct receiver_health *b)
{
    return a->mtu == b->mtu && a->dead_ports == b->dead_ports &&
           !strcmp(a->interface, b->interface) && !memcmp(a->source, b->source, sizeof a->source);
}

static void tell_way(const struct change *change, const char *subject, uint8_t family,
                     const struct receiver_health *health)
{
    char source[INET6_ADDRSTRLEN];
    char dead[48] = "";
    int count = __builtin_popcount(health->dead_ports);
    inet_ntop(socket_family(family), health->source, source, sizeof source);
    if (count)
        snprintf(dead, sizeof dead, ", %d of %d outer ports lead nowhere", count, OUTER_PORTS);
    news_tell(change->teller, NEWS_DETAIL, subject,
              "leaves by %s, source address %s, path MTU %u%s", health->interface, source,
              (unsigned)health->mtu, dead);
}

static void tell_receiver(const struct change *change, uint32_t i)
{
    const struct numbered_receiver *numbered = &change->after->numbering->receivers[i];
    const struct receiver_health *health = &change->after->health[i];
    uint32_t before = number_before(change, COUNT_RECEIVER, i);
    const struct receiver_health *old = before == NO_SLOT ? NULL : &change->before->health[before];
    char address[RECEIVER_TEXT_MAX], subject[SUBJECT_MAX];
    receiver_print(numbered->receiver, address);
    snprintf(subject, sizeof subject, "receiver %s of target %s", address, numbered->target->name);
    struct state was = {old && old->up, old ? old->reason : ""};
    tell_state(change, subject, old ? &was : NULL, &(struct state){health->up, health->reason});
    if (health->interface[0] && !(old && same_way(old, health)))
        tell_way(change, subject, numbered->receiver->family, health);
}

/* ---- interfaces ---- */

/* Of one that sessions mirror. */
static void tell_interface(const struct change *change, uint32_t i)
{
    const struct numbering *numbering = change->after->numbering;
    const struct interface_condition *condition = &change->after->interfaces[i];
    const struct source *source = change->after->sources[i];
    uint32_t before = number_before(change, COUNT_INTERFACE, i);
    char subject[SUBJECT_MAX], reason[REASON_MAX];
    if (numbering->sessions.first[i] == numbering->sessions.first[i + 1] ||
        (before != NO_SLOT &&
         !memcmp(condition, &change->before->interfaces[before], sizeof *condition)))
        return;
    snprintf(subject, sizeof subject, "source %s", numbering->interfaces[i]);
    interface_judge(change->after, i, reason);
    if (reason[0] || !source || !source->feed)
        news_tell(change->teller, NEWS_DETAIL, subject, "delivers nothing: %s", reason);
    else
        news_tell(change->teller, NEWS_DETAIL, subject,
                  "is interface %d, captured by rings of %zu KiB (interfaces in them: %u)",
                  condition->index, feed_memory(source->feed) >> 10, source->feed->users);
}

/* ---- neighbours that rules name ---- */

static bool has(const struct neighbours *neighbours, const struct neighbour *wanted)
{
    for (size_t i = 0; i < neighbours->count; i++)
        if (!memcmp(&neighbours->at[i], wanted, sizeof *wanted))
            return true;
    return false;
}

/* Those of `some` that `others` have not. */
static void tell_next_hops(const struct change *change, const struct neighbours *some,
                           const struct neighbours *others, const char *verb)
{
    for (size_t i = 0; i < some->count; i++) {
        const struct neighbour *hop = &some->at[i];
        const uint8_t *link = hop->link;
        char address[INET6_ADDRSTRLEN], subject[SUBJECT_MAX];
        if (has(others, hop))
            continue;
        inet_ntop(socket_family(hop->family), hop->address, address, sizeof address);
        snprintf(subject, sizeof subject, "next hop %s", address);
        news_tell(change->teller, NEWS_DETAIL, subject, "%s %02x:%02x:%02x:%02x:%02x:%02x", verb,
                  link[0], link[1], link[2], link[3], link[4], link[5]);
    }
}

static void tell_details(const struct change *change)
{
    static const struct neighbours none;
    const struct neighbours *before = change->before ? &change->before->next_hops : &none;
    const uint32_t *count = change->after->numbering->count;
    for (uint32_t i = 0; i < count[COUNT_INTERFACE]; i++)
        tell_interface(change, i);
    tell_next_hops(change, before, &change->after->next_hops, "is no longer");
    tell_next_hops(change, &change->after->next_hops, before, "is");
    news_tell(change->teller, NEWS_DETAIL, "a plan",
              "is published: %u sessions, %u rules, %u receivers, %u interfaces",
              (unsigned)count[COUNT_SESSION], (unsigned)count[COUNT_RULE],
              (unsigned)count[COUNT_RECEIVER], (unsigned)count[COUNT_INTERFACE]);
}

void news_of_change(const struct teller *teller, const struct dataplane *before,
                    const struct dataplane *after, const struct counter_names *names)
{
    struct change change = {.teller = teller, .before = before, .after = after};
    bool good = teller->tell;
    for (int kind = 0; good && kind < COUNTER_KINDS; kind++)
        good = find_numbers(&change, (enum counter_kind)kind,
                            counter_names_capacity(names, (enum counter_kind)kind));
    if (good && teller->details)
        tell_details(&change);
    for (uint32_t i = 0; good && i < after->numbering->count[COUNT_RECEIVER]; i++)
        tell_receiver(&change, i);
    for (uint32_t i = 0; good && i < after->numbering->count[COUNT_SESSION]; i++)
        tell_session(&change, i);
    for (int kind = 0; kind < COUNTER_KINDS; kind++)
        free(change.numbers[kind]);
}
