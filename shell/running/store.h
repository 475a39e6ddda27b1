/* The state directory: startup.conf, the archive of the configurations that ran before it,
 * rescue.conf, who committed which (`commits`), the VNIs given to sessions, and the lock that keeps
 * a second box out. At every instant startup.conf is the old or the new configuration, whole. What
 * goes to the archive is the text that was loaded or saved, whatever became of the files meanwhile.
 * A configuration that is yet to be confirmed runs and is in unconfirmed.conf, not in
 * startup.conf: that a crash goes back needs nothing to be done. */
#ifndef MIRRORSH_STORE_H
#define MIRRORSH_STORE_H

#include "../config/compile.h"
#include "record.h"

struct store;
struct store_save;

enum { ARCHIVE_MAX = 50 };

/* Creates the directory where needed and locks it: -EWOULDBLOCK when another process has it,
 * -EPERM when everybody may write there, or another -errno, with *why. On a file system that is
 * read-only there is no lock, and every save fails. */
int store_open(struct store **store, const char *directory, char *why, size_t why_size);
void store_close(struct store *store);

/* Whether a configuration that parses can run here; false with *why. It may change *assigned. */
typedef bool store_accept_fn(void *context, const struct node *tree, struct assignments *assigned,
                             char *why, size_t why_size);

/* The configuration to start with: startup.conf, else the newest archived one that is accepted,
 * else rescue.conf, else an empty one. Says on standard error which, unless it is a whole
 * startup.conf or a first start. NULL when memory runs out; *assigned belongs to the caller. */
struct node *store_load(struct store *store, store_accept_fn *accept, void *context,
                        struct assignments *assigned);
/* "RUNNING AN OLD CONFIGURATION: ...": what runs since the start in the place of startup.conf;
 * and whose commit was not confirmed. NULL when there is neither, and after a save. */
const char *store_fallback(const struct store *store);

/* STORE_COMMIT: what is committed is what a start comes to. STORE_TRY: a start comes to what was
 * committed before, until a STORE_COMMIT. STORE_GO_BACK: that runs again, whatever the disk says;
 * its text is what was loaded or saved then. STORE_RESCUE, STORE_NO_RESCUE: it is, or there is no
 * more, rescue.conf. */
enum store_step { STORE_COMMIT, STORE_TRY, STORE_GO_BACK, STORE_RESCUE, STORE_NO_RESCUE };

/* What is committed. */
struct store_commit {
    enum store_step step;
    const struct node *tree;
    const struct assignments *old_assigned, *new_assigned;
    const struct record *record;
};

/* A commit on its way to the disk. begin takes what it needs from its arguments, which are free
 * to go then; run, which may be called in another thread, waits for the disk: 0 when the new
 * configuration will outlive a crash, else -errno with *why and startup.conf is the one before.
 * In between the store may be asked for what is archived, and for nothing else. */
/* -ENOMEM; -EFBIG where no start could load the text (FILE_SIZE_MAX). *begun is NULL then. */
int store_save_begin(struct store *store, const struct store_commit *commit,
                     struct store_save **begun);
int store_save_run(struct store_save *save, char *why, size_t why_size);
/* Whether what stood at startup.conf was not what ran, and is kept as startup.conf.aside. */
bool store_save_set_aside(const struct store_save *save);
/* Frees it; the archive is as it left it. NULL is fine. */
void store_save_end(struct store_save *save);

/* How many are archived; the record of the one `back` commits before the running one, which is 0.
 */
size_t store_archive_count(const struct store *store);
const struct record *store_record(const struct store *store, size_t back);
/* The configuration `back` commits before the running one, 1-50. NULL with *why. */
struct node *store_archived(struct store *store, unsigned long back, char *why, size_t why_size);
/* That of rescue.conf. */
struct node *store_rescue(struct store *store, char *why, size_t why_size);

#endif
