/* Configurations of the engine from words of a command line, for engine_driver.c:
 *   target=NAME,ADDRESS[/PORT],...; one named even balances so
 *         filter=NAME,in|out:NUMBER:accept|reject[:FIELD:VALUE]...,...
 *         session=NAME,PRIORITY,VNI,LENGTH,in|out|both,TARGET,FILTER|-,INTERFACE+...|*[,SAMPLE,RATE]
 *             SAMPLE: 10 (packets) or 10f (flows); RATE: 1000 (packets) or 1000b (bits), 0: none
 *         workers=N,..., rings=MEGABYTES,...: in turn, one a commit; workers 0: auto */
#include "../../engine/engine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *what, const char *why)
{
    fprintf(stderr, "engine_driver: %s: %s\n", what, why);
    exit(2);
}

static void *more(void *array, size_t count, size_t size)
{
    void *bigger = reallocarray(array, count + 1, size);
    if (!bigger)
        die("memory", strerror(errno));
    memset((char *)bigger + count * size, 0, size);
    return bigger;
}

/* Not inlined: gcc takes its empty word for the only one. */
__attribute__((noinline)) static char *word(char **rest, char separator)
{
    static char nothing[] = "";
    if (!*rest)
        return nothing;
    char *begin = *rest, *end = strchr(begin, separator);
    *rest = end ? end + 1 : NULL;
    if (end)
        *end = '\0';
    return begin;
}

static void add_target(struct mirror_config *config, char *text)
{
    config->targets = more(config->targets, config->target_count, sizeof *config->targets);
    struct mirror_target *target = &config->targets[config->target_count++];
    target->name = strdup(word(&text, ','));
    target->balance = strcmp(target->name, "even") ? BALANCE_FLOW : BALANCE_EVEN;
    while (text) {
        char *rest = word(&text, ','), *address = word(&rest, '/');
        target->receivers =
            more(target->receivers, target->receiver_count, sizeof *target->receivers);
        struct mirror_receiver *receiver = &target->receivers[target->receiver_count++];
        receiver->port = rest ? (uint16_t)atoi(rest) : 4789;
        receiver->family = strchr(address, ':') ? 6 : 4;
        if (inet_pton(receiver->family == 6 ? AF_INET6 : AF_INET, address, receiver->address) != 1)
            die("address", address);
    }
}

static void add_rule(struct mirror_filter *filter, char *text)
{
    enum direction direction = strcmp(word(&text, ':'), "in") ? EGRESS : INGRESS;
    size_t *count = &filter->rule_count[direction];
    filter->rules[direction] =
        more(filter->rules[direction], *count, sizeof *filter->rules[direction]);
    struct mirror_rule *rule = &filter->rules[direction][(*count)++];
    rule->number = (uint16_t)atoi(word(&text, ':'));
    rule->accept = !strcmp(word(&text, ':'), "accept");
    while (text) {
        char why[128];
        const char *name = word(&text, ':'), *value = word(&text, ':');
        const struct match_field *field = match_field_find(name);
        if (!field)
            die("field", name);
        size_t index = (size_t)(field - match_fields);
        rule->match.given |= 1u << index;
        if (!match_value_parse(field, value, &rule->match.value[index], why, sizeof why))
            die(value, why);
    }
}

static void add_filter(struct mirror_config *config, char *text)
{
    config->filters = more(config->filters, config->filter_count, sizeof *config->filters);
    struct mirror_filter *filter = &config->filters[config->filter_count++];
    filter->name = strdup(word(&text, ','));
    while (text)
        add_rule(filter, word(&text, ','));
}

static int target_named(const struct mirror_config *config, const char *name)
{
    for (size_t i = 0; i < config->target_count; i++)
        if (!strcmp(config->targets[i].name, name))
            return (int)i;
    die("target", name);
    return 0;
}

static int filter_named(const struct mirror_config *config, const char *name)
{
    for (size_t i = 0; i < config->filter_count; i++)
        if (!strcmp(config->filters[i].name, name))
            return (int)i;
    return NO_FILTER;
}

static void add_session(struct mirror_config *config, char *text)
{
    config->sessions = more(config->sessions, config->session_count, sizeof *config->sessions);
    struct mirror_session *session = &config->sessions[config->session_count++];
    session->name = strdup(word(&text, ','));
    session->priority = (uint16_t)atoi(word(&text, ','));
    session->vni = (uint32_t)atoi(word(&text, ','));
    int length = atoi(word(&text, ','));
    session->packet_length = length ? (uint16_t)length : PACKET_LENGTH_FULL;
    const char *direction = word(&text, ',');
    session->direction[INGRESS] = strcmp(direction, "out");
    session->direction[EGRESS] = strcmp(direction, "in");
    session->target = target_named(config, word(&text, ','));
    session->filter = filter_named(config, word(&text, ','));
    char *sources = word(&text, ',');
    if (text) {
        char *behind;
        session->sample = (uint16_t)strtoul(word(&text, ','), &behind, 10);
        session->sample_flows = *behind == 'f';
        session->rate_limit = strtoull(word(&text, ','), &behind, 10);
        session->rate_unit = *behind == 'b' ? RATE_BITS : RATE_PACKETS;
    }
    session->all_interfaces = sources && !strcmp(sources, "*");
    while (sources && !session->all_interfaces) {
        session->sources = more(session->sources, session->source_count, sizeof *session->sources);
        snprintf(session->sources[session->source_count++], INTERFACE_NAME_MAX, "%s",
                 word(&sources, '+'));
    }
}

/* The number of this turn. */
static unsigned in_turn(char *text, unsigned turn)
{
    unsigned count = 1;
    for (const char *at = text; *at; at++)
        count += *at == ',';
    for (turn %= count; turn; turn--)
        word(&text, ',');
    return (unsigned)atoi(word(&text, ','));
}

static unsigned workers_of(unsigned number)
{
    return number ? number : WORKERS_AUTO;
}

/* A fresh configuration each time: the engine owns what it is given. */
static struct mirror_config *configure(char **words, int count, unsigned turn)
{
    bool extra = turn % 2;
    struct mirror_config *config = calloc(1, sizeof *config);
    if (!config)
        die("memory", strerror(errno));
    for (int i = 0; i < count; i++) {
        char *copy = strdup(words[i]), *rest = copy;
        const char *kind = word(&rest, '=');
        if (!strcmp(kind, "target"))
            add_target(config, rest);
        else if (!strcmp(kind, "filter"))
            add_filter(config, rest);
        else if (!strcmp(kind, "session"))
            add_session(config, rest);
        else if (!strcmp(kind, "rings"))
            config->ring_megabytes = in_turn(rest, turn);
        else if (!strcmp(kind, "workers"))
            config->workers = workers_of(in_turn(rest, turn));
        else
            die("word", words[i]);
        free(copy);
    }
    if (extra && config->session_count) { /* before all others, wanting nothing that is there */
        char filter[] = "extra,in:1:accept:protocol:253,out:1:accept:protocol:253";
        add_filter(config, filter);
        struct mirror_session first = config->sessions[0];
        char text[256];
        snprintf(text, sizeof text, "extra,1,1,0,both,%s,extra,%s",
                 config->targets[first.target].name, first.sources[0]);
        add_session(config, text);
        struct mirror_session added = config->sessions[config->session_count - 1];
        memmove(config->sessions + 1, config->sessions, (config->session_count - 1) * sizeof added);
        config->sessions[0] = added;
    }
    return config;
}
