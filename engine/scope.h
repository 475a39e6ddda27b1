/* What sessions take of this machine without naming it: the interfaces that `all-interfaces` and
 * prefixes stand for, and the box's addresses, which tell what it sends itself. Both change as the
 * machine does. The control thread's only. */
#ifndef MIRRORSH_SCOPE_H
#define MIRRORSH_SCOPE_H

#include "io/links.h"
#include "plan/numbering.h"

struct scope {
    struct found_interface *interfaces; /* in the order of their names */
    size_t interface_count;
    struct mirror_prefix *addresses;
    size_t address_count;
};

/* As it is now; nothing of it where no enabled session asks for it. false: memory ran out. Freed
 * with scope_free in either case. */
bool scope_look(struct scope *scope, struct links *links, const struct mirror_config *config);
void scope_free(struct scope *scope);

bool scope_same(const struct scope *one, const struct scope *other);

#endif
