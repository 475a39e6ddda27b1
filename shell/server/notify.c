/* A datagram a message, dropped where systemd does not take it at once; a status is told again
 * then: see notify.h. */
#include "notify.h"
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = path ? strlen(path) : 0;

    if (length == 0 || length >= sizeof address.sun_path || (*path != '/' && *path != '@'))
        return -1;
    memcpy(address.sun_path, path, length);
    if (*path == '@')
        address.sun_path[0] = '\0'; /* an abstract name */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address,
                           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static unsigned long long number_of(const char *variable)
{
    const char *text = getenv(variable);

    return text ? strtoull(text, NULL, 10) : 0;
}

void notify_open(struct notify *notify)
{
    unsigned long long watched = number_of("WATCHDOG_PID");

    *notify = (struct notify){.fd = connect_to(getenv("NOTIFY_SOCKET"))};
    if (watched == 0 || watched == (unsigned long long)getpid())
        notify->alive_ms = (int64_t)(number_of("WATCHDOG_USEC") / 2000); /* twice as often */
}

void notify_close(struct notify *notify)
{
    if (notify->fd >= 0)
        close(notify->fd);
    notify->fd = -1;
}

static bool sent(const struct notify *notify, const char *state)
{
    return notify->fd < 0 ||
           send(notify->fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

void notify_send(const struct notify *notify, const char *state)
{
    sent(notify, state);
}

void notify_tick(struct notify *notify, const char *status, int64_t now_ms)
{
    char state[NOTIFY_STATUS_MAX + 16];

    snprintf(state, sizeof state, "STATUS=%s", status);
    if (strcmp(status, notify->status) != 0 && sent(notify, state))
        snprintf(notify->status, sizeof notify->status, "%s", status);
    if (notify->alive_ms > 0 && now_ms >= notify->next_ms) {
        sent(notify, "WATCHDOG=1");
        notify->next_ms = now_ms + notify->alive_ms;
    }
}
