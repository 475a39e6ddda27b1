/* An interface is left out of the scope of all interfaces when what it shows is seen elsewhere
 * already: `lo` leads nowhere, and a bridge, a bond or a VLAN interface shows what passes the
 * interfaces beneath it. */
#include "scope.h"

#include <stdlib.h>
#include <string.h>

static bool is_used(const struct mirror_config *config, size_t target)
{
    for (size_t i = 0; i < config->session_count; i++)
        if (!config->sessions[i].disabled && (size_t)config->sessions[i].target == target)
            return true;
    return false;
}

/* Marks the interfaces by which receivers of enabled sessions are reached. */
static void mark_receivers(struct scope *scope, struct links *links,
                           const struct mirror_config *config)
{
    for (size_t t = 0; t < config->target_count; t++) {
        const struct mirror_target *target = &config->targets[t];
        for (size_t r = 0; is_used(config, t) && r < target->receiver_count; r++) {
            struct route route;
            struct destination to = links_destination(links, target, &target->receivers[r]);
            if (!links_route(links, &to, 0, &route))
                continue;
            for (size_t i = 0; i < scope->interface_count; i++)
                if (!strcmp(scope->interfaces[i].name, route.link))
                    scope->interfaces[i].to_receivers = true;
        }
    }
}

static bool look_at_interfaces(struct scope *scope, const struct links *links)
{
    size_t count;
    const struct link *all = links_all(links, &count);
    scope->interfaces = calloc(count + 1, sizeof *scope->interfaces);
    for (size_t i = 0; scope->interfaces && i < count; i++)
        if (all[i].ethernet && !all[i].loopback && !all[i].stacked)
            memcpy(scope->interfaces[scope->interface_count++].name, all[i].name,
                   sizeof all[i].name);
    return scope->interfaces;
}

bool scope_look(struct scope *scope, struct links *links, const struct mirror_config *config)
{
    bool all = false, prefixes = false;
    *scope = (struct scope){0};
    for (size_t i = 0; i < config->session_count; i++) {
        const struct mirror_session *session = &config->sessions[i];
        if (session->disabled || !session_takes_found(session))
            continue;
        all |= !session->prefix_count;
        prefixes |= session->prefix_count != 0;
    }
    if (!all && !prefixes)
        return true;
    if (!look_at_interfaces(scope, links))
        return false;
    if (all)
        mark_receivers(scope, links, config);
    if (prefixes)
        scope->addresses = links_addresses(links, &scope->address_count);
    return !prefixes || scope->addresses;
}

void scope_free(struct scope *scope)
{
    free(scope->interfaces);
    free(scope->addresses);
}

static bool same_bytes(const void *one, const void *other, size_t size)
{
    return !size || !memcmp(one, other, size);
}

bool scope_same(const struct scope *one, const struct scope *other)
{
    return one->interface_count == other->interface_count &&
           one->address_count == other->address_count &&
           same_bytes(one->interfaces, other->interfaces,
                      one->interface_count * sizeof *one->interfaces) &&
           same_bytes(one->addresses, other->addresses,
                      one->address_count * sizeof *one->addresses);
}
