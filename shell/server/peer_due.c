/* What becomes due at a console as time goes by: its monitor's next round, the end of one that says
 * nothing or that nobody uses. See peer.h. */
#include "../command/configure.h"
#include "../command/monitor.h"
#include "../config/value.h"
#include "../journal/journal.h"
#include "peer_internal.h"

enum { HELLO_MS = 5000 };

/* 0: never. The console of a box in the same process would take the box with it. */
static int64_t idle_timeout_ms(const struct peer *peer)
{
    const struct node *system = node_child(peer->context.running->revision->active.tree, "system");
    const char *minutes = system ? node_value(system, "idle-timeout") : NULL;

    return peer->role.own_process ? 0 : value_to_number(minutes, 0) * INT64_C(60000);
}

/* Whether it is the box that takes its time, or the console shows what comes: it is not idle, but
 * one that is stopped and shows nothing is. */
static bool is_waited_for(const struct peer *peer)
{
    const struct context *context = &peer->context;

    return context->committing.running || context->lock_until_ms ||
           (context->monitor && monitor_is_shown(context->monitor));
}

static void tell_idle(struct peer *peer, int64_t left_ms)
{
    bool changed = edit_changed(&peer->context.edit);

    context_notice(&peer->context, "this console is idle: it is closed in %d seconds%s",
                   (int)((left_ms + 999) / 1000),
                   changed ? ", and its uncommitted changes are lost" : "");
}

/* What it holds goes with it: its candidate, the lock. A commit that is to be confirmed does not.
 */
static void close_idle(struct peer *peer, int64_t idle_ms)
{
    bool changed = edit_changed(&peer->context.edit);
    int64_t minutes = idle_ms / 60000;
    char text[120], author[AUTHOR_MAX];

    snprintf(text, sizeof text, "this console was idle for %d minute%s and is closed%s",
             (int)minutes, minutes == 1 ? "" : "s",
             changed ? ": its uncommitted changes are lost" : "");
    author_text(&peer->context.edit.author, author);
    journal(LOG_NOTICE, "%s: %s", author, text);
    peer_tell_minutes_left(peer);
    peer_hang_up(peer, text);
}

static void tick_idle(struct peer *peer, int64_t now_ms)
{
    struct edit *edit = &peer->context.edit;

    if (is_waited_for(peer))
        edit->active_ms = now_ms;
    switch (idle_step(&peer->idle, edit->active_ms, idle_timeout_ms(peer), now_ms)) {
    case IDLE_WARN:
        tell_idle(peer, peer->idle.close_ms - now_ms);
        channel_flush(&peer->channel);
        break;
    case IDLE_CLOSE:
        close_idle(peer, now_ms - edit->active_ms);
        break;
    case IDLE_NOTHING:
        break;
    }
}

/* Milliseconds until the console's command goes on; -1: none waits for a time. */
static int64_t command_due(const struct peer *peer, int64_t now_ms)
{
    if (peer->context.lock_until_ms)
        return configure_due(&peer->context, now_ms);
    return peer->context.monitor ? monitor_due(peer->context.monitor, now_ms) : -1;
}

int64_t peer_due(const struct peer *peer, int64_t now_ms)
{
    int64_t left = peer->arrived_ms + HELLO_MS - now_ms;

    if (!peer_greeted(peer))
        return left > 0 ? left : 0;
    int64_t command = command_due(peer, now_ms);
    int64_t idle = is_waited_for(peer) ? -1
                                       : idle_due(&peer->idle, peer->context.edit.active_ms,
                                                  idle_timeout_ms(peer), now_ms);

    return command < 0 || (idle >= 0 && idle < command) ? idle : command;
}

void peer_tick(struct peer *peer, int64_t now_ms)
{
    if (!peer_greeted(peer)) {
        if (peer_due(peer, now_ms) == 0)
            peer_refuse(peer, "this console did not say hello in time");
        return;
    }
    tick_idle(peer, now_ms);
    /* a lock that is waited for is the next peer_serve's */
    if (!peer->context.monitor || command_due(peer, now_ms) != 0)
        return;
    if (!monitor_round(&peer->context, now_ms))
        peer_end_monitor(peer);
    channel_flush(&peer->channel);
}
