/* What the columns of several shows are made of: see show.h. */
#include "show.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

const char *session_state_text(enum session_state state)
{
    switch (state) {
    case SESSION_UP:
        return "up";
    case SESSION_DOWN:
        return "down";
    case SESSION_DISABLED:
        return "disabled";
    }
    return "";
}

const char *receiver_state_text(enum receiver_state state)
{
    switch (state) {
    case RECEIVER_UP:
        return "up";
    case RECEIVER_DOWN:
        return "down";
    }
    return "";
}

void receiver_address(const struct mirror_receiver *receiver, char text[static ADDRESS_TEXT_MAX])
{
    char address[INET6_ADDRSTRLEN] = "";

    inet_ntop(receiver->family == 4 ? AF_INET : AF_INET6, receiver->address, address,
              sizeof address);
    snprintf(text, ADDRESS_TEXT_MAX, "%s%s%s", address, receiver->interface[0] ? "%" : "",
             receiver->interface);
}

void receiver_endpoint(const struct mirror_receiver *receiver, char text[static ADDRESS_TEXT_MAX])
{
    char address[ADDRESS_TEXT_MAX];

    receiver_address(receiver, address);
    snprintf(text, ADDRESS_TEXT_MAX, receiver->family == 4 ? "%.55s:%u" : "[%.55s]:%u", address,
             receiver->port);
}

static void print_match(FILE *out, const struct match *match)
{
    for (size_t i = 0; i < MATCH_FIELD_COUNT; i++) {
        char value[MATCH_TEXT_MAX];

        if (!(match->given & (1u << i)))
            continue;
        match_value_print(&match_fields[i], &match->value[i], value);
        fprintf(out, "%s%s %s", ftell(out) > 0 ? " " : "", match_fields[i].name, value);
    }
}

char *rule_match_text(const struct mirror_rule *rule)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    print_match(out, &rule->match);
    for (size_t i = 0; i < rule->condition_count; i++) {
        if (!rule->conditions[i].match.given)
            continue;
        fprintf(out, "%scondition %u", ftell(out) > 0 ? " " : "", rule->conditions[i].number);
        print_match(out, &rule->conditions[i].match);
    }
    if (ftell(out) == 0)
        fputs("any", out);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

const char *direction_text(enum direction direction)
{
    return direction == INGRESS ? "ingress" : "egress";
}

static void moment_text(time_t when, const char *format, char text[static MOMENT_MAX])
{
    struct tm parts;

    if (when == 0 || !localtime_r(&when, &parts) || strftime(text, MOMENT_MAX, format, &parts) == 0)
        text[0] = '\0';
}

void moment_shown(time_t when, char text[static MOMENT_MAX])
{
    moment_text(when, "%Y-%m-%d %H:%M:%S", text);
}

void moment_exact(time_t when, char text[static MOMENT_MAX])
{
    moment_text(when, "%Y-%m-%dT%H:%M:%S%z", text);

    size_t length = strlen(text);
    if (length == 0)
        return;
    memmove(text + length - 1, text + length - 2, 3); /* +0100, and it wants +01:00 */
    text[length - 2] = ':';
}

static bool owns(const char *name, const struct owned *owned, size_t index)
{
    return index < owned->count &&
           strcmp(owned->owner((const char *)owned->items + index * owned->size), name) == 0;
}

/* Owners stand in the order of what they own, but for those that own nothing: `near` is where it
 * probably begins. */
static struct owner owner_of(const struct node *node, const struct owned *owned, size_t near)
{
    const char *name = node->key;
    struct owner owner = {.name = name, .node = node};
    size_t first = near;

    for (size_t i = 0; i < owned->count && !owns(name, owned, first); i++)
        first = (near + i) % owned->count;
    while (owns(name, owned, first + owner.count))
        owner.count++;
    owner.items = (const char *)owned->items + (owner.count ? first * owned->size : 0);
    return owner;
}

struct owners owners_of(const struct node *tree, const char *list, const struct owned *owned)
{
    struct owners owners = {.at = calloc(tree->child_count + 1, sizeof *owners.at)};
    size_t next = 0;

    for (size_t i = 0; owners.at && i < tree->child_count; i++) {
        if (strcmp(tree->children[i]->schema->name, list) != 0)
            continue;
        owners.at[owners.count] = owner_of(tree->children[i], owned, next);
        next += owners.at[owners.count++].count;
    }
    return owners;
}
