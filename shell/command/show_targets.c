/* show targets: every receiver with its state and counters. */
#include "../config/profile.h"
#include "show.h"
#include <stdlib.h>

static void receiver_columns(struct columns *columns, const void *item, const void *context)
{
    const struct receiver_status *receiver = item;
    char address[ADDRESS_TEXT_MAX], endpoint[ADDRESS_TEXT_MAX];

    (void)context;
    receiver_address(receiver->config, address);
    receiver_endpoint(receiver->config, endpoint);
    const struct column table[] = {
        {NULL, "Receiver", LABEL("receiver"), TEXT(columns_text(columns, "%s", endpoint))},
        {"address", TEXT(columns_text(columns, "%s", address))},
        {"port", NUMBER(receiver->config->port)},
        {"state", "State", STATE("up", "Whether the receiver is up"),
         TEXT(receiver_state_text(receiver->state))},
        {"reason", .note = true, TEXT(receiver->reason)},
        {"sent.packets", "Sent",
         COUNTER(receiver->counts.sent.packets, "packets", "Packets sent to the receiver")},
        {"sent.bytes", COUNTER(receiver->counts.sent.bytes, "bytes",
                               "Bytes that were kept of the packets sent to the receiver")},
        {"rate.packets", "Pps", NUMBER(receiver->rate.packets)},
        {"rate.bits", NUMBER(receiver->rate.bytes * 8)},
        {"errors", "Errors",
         COUNTER(receiver->counts.errors, "errors", "Packets whose sending failed")},
        {"interface", "Interface", TEXT(receiver->interface)},
        {"source_address", "Source", TEXT(receiver->source)},
        {"mtu", "MTU", GAUGE("bytes", "MTU of the path to the receiver"), KNOWN(receiver->mtu)},
    };

    COLUMNS_ADD(columns, table);
}

static void target_columns(struct columns *columns, const void *item, const void *context)
{
    const struct owner *target = item;
    const struct node *tree = context;
    const char *balance = profile_setting(profile_of(tree), target->node, "balance").text;
    const struct column table[] = {
        {"name", "Target", LABEL("target"), TEXT(target->name)},
        {"balance", TEXT(balance)},
        {"receivers", LISTING(.items = target->items, .count = target->count,
                              .size = sizeof(struct receiver_status), .columns = receiver_columns)},
    };

    COLUMNS_ADD(columns, table);
}

static const char *target_name(const void *item)
{
    const struct receiver_status *receiver = item;

    return receiver->target->name;
}

enum command_status show_targets(struct context *context, const struct arguments *arguments)
{
    const struct node *tree = context->running->revision->active.tree;
    struct engine_status *status = take_status(context);

    if (!status)
        return COMMAND_FAILED;
    struct owners targets = owners_of(tree, "target",
                                      &(struct owned){status->receivers, status->receiver_count,
                                                      sizeof *status->receivers, target_name});
    show_list(context, "targets",
              &(struct listing){.items = targets.at,
                                .count = targets.count,
                                .size = sizeof *targets.at,
                                .columns = target_columns,
                                .context = tree,
                                .only = argument_text(arguments, "NAME"),
                                .empty = "no targets are configured"});
    free(targets.at);
    engine_status_free(status);
    return COMMAND_OK;
}
