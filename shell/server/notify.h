/* How the box fares, told to systemd (sd_notify(3)), where that has started it: ready, ending, a
 * line for `systemctl status`, and that it is alive. Nothing here waits; elsewhere it does nothing.
 * The control thread's. */
#ifndef MIRRORSH_NOTIFY_H
#define MIRRORSH_NOTIFY_H

#include <stddef.h>
#include <stdint.h>

enum { NOTIFY_STATUS_MAX = 512 };

struct notify {
    int fd;                         /* connected to NOTIFY_SOCKET; -1: there is none */
    int64_t alive_ms;               /* how often it says that it is alive; 0: nobody asks */
    int64_t next_ms;                /* when it does so next, of clock.h */
    char status[NOTIFY_STATUS_MAX]; /* as it was told */
};

void notify_open(struct notify *notify);
void notify_close(struct notify *notify);

/* "READY=1" */
void notify_send(const struct notify *notify, const char *state);
/* One line, told when it is another one than before; and, when it is time, that the box is alive.
 * To be called at least every second. */
void notify_tick(struct notify *notify, const char *status, int64_t now_ms);

#endif
