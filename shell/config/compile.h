/* A checked tree -> what the engine takes. */
#ifndef MIRRORSH_COMPILE_H
#define MIRRORSH_COMPILE_H

#include "../../engine/mirror_config.h"
#include "assign.h"

/* NULL when memory runs out. *assigned is brought up to the tree: see assign. */
struct mirror_config *compile(const struct node *tree, struct assignments *assigned, uint64_t seed);

#endif
