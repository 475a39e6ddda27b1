/* The state directory: startup.conf, the archive of the configurations before it, rescue.conf,
 * the VNIs given to sessions, and the lock that keeps a second box out. At every instant
 * startup.conf is the old or the new configuration, whole. */
#ifndef MIRRORSH_STORE_H
#define MIRRORSH_STORE_H

#include "../config/compile.h"

struct store;

enum { ARCHIVE_MAX = 50 };

/* Creates the directory where needed and locks it: -EWOULDBLOCK when another process has it,
 * or another -errno, with *why. */
int store_open(struct store **store, const char *directory, char *why, size_t why_size);
void store_close(struct store *store);

/* Whether a configuration that parses can run here; false with *why. It may change *book. */
typedef bool store_accept_fn(void *context, const struct node *tree, struct vni_book *book,
                             char *why, size_t why_size);

/* The configuration to start with: startup.conf, else the newest archived one that is accepted,
 * else rescue.conf, else an empty one. Says on standard error which, unless it is a whole
 * startup.conf or a first start. NULL when memory runs out; *book belongs to the caller. */
struct node *store_load(struct store *store, store_accept_fn *accept, void *context,
                        struct vni_book *book);

/* The commit's first half: everything that can fill the disk. Writes tree beside startup.conf,
 * and the VNIs of both books. */
int store_stage(struct store *store, const struct node *tree, const struct vni_book *old_book,
                const struct vni_book *new_book, char *why, size_t why_size);
/* Its second half: archives startup.conf and puts what was staged in its place. On an error
 * startup.conf is the one before. */
int store_finish(struct store *store, char *why, size_t why_size);

/* The configuration `back` commits before the running one, 1-50. NULL with *why. */
struct node *store_archived(struct store *store, unsigned long back, char *why, size_t why_size);

#endif
