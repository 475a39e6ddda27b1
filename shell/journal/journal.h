/* What the box says of itself, a line each: kept in memory for `show log`, and written to standard
 * error, with priorities where that is systemd's journal. Any thread may say something and none
 * waits for who reads it; nobody on a packet's way does. A text may hold anything that users typed:
 * control characters are escaped, so that it stays one line. */
#ifndef MIRRORSH_JOURNAL_H
#define MIRRORSH_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <syslog.h>
#include <time.h>

/* Of the priorities of <syslog.h>: LOG_ERR: somebody has to do something. LOG_WARNING: packets are
 * not mirrored as configured. LOG_NOTICE: what an operator did, and what is well again. LOG_INFO:
 * who comes and goes. LOG_DEBUG: what the engine decides, where that is asked for. */
void journal(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Of what may be said again and again: as often as subjects.h says of one subject. */
void journal_about(const char *subject, int priority, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* To be called about every second, for what journal_about has held back. */
void journal_tick(int64_t now_ms);

/* Without journal_open errors are printed as they are said, and nothing else; while it is quiet,
 * because a console has the terminal, not even they. */
void journal_quiet(bool wanted);
/* From now on a thread writes everything. -errno, and it is as before. */
int journal_open(void);
/* Waits a second at most until all is written. */
void journal_flush(void);
/* The same, and forgets everything. */
void journal_close(void);

enum { JOURNAL_ENTRIES_MAX = 4000 };

struct journal_entry {
    time_t when;
    int priority;
    const char *text;
};

/* The newest `most`, oldest first; to be freed in one piece. NULL when memory runs out. */
struct journal_entry *journal_entries(size_t most, size_t *count);
/* "warning" */
const char *journal_priority(int priority);

#endif
