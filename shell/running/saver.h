/* The thread that waits for the disk, so that the control thread does not: one job at a time,
 * whose end a descriptor tells. */
#ifndef MIRRORSH_SAVER_H
#define MIRRORSH_SAVER_H

struct saver;

typedef void saver_job_fn(void *context);

/* 0 and *saver, or -errno. */
int saver_open(struct saver **saver);
/* Waits for its job. NULL is fine. */
void saver_close(struct saver *saver);

/* Runs job(context) in the thread: 0, or -errno when there can be none. The one before has been
 * taken by saver_wait. */
int saver_start(struct saver *saver, saver_job_fn *job, void *context);
/* Readable once the job has ended; until saver_wait, which returns at once then. */
int saver_descriptor(const struct saver *saver);
void saver_wait(struct saver *saver);

#endif
