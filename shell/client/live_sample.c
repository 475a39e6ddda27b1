/* The text of a SAMPLE -> struct live_sample, in one pass over a copy whose tabs and newlines
 * become the ends of its texts. */
#include "live_sample.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = 20 };

/* Splits at tabs in place; returns how many fields there are. */
static size_t split(char *line, const char *fields[FIELDS_MAX])
{
    size_t count = 0;

    for (char *rest = line; rest && count < FIELDS_MAX;)
        fields[count++] = strsep(&rest, "\t");
    return count;
}

static bool number(const char *text, uint64_t *value)
{
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0';
}

/* Room for one more in an array that doubles: at 0, 1, 2, 4... it is full. */
static void *grow(void *array, size_t count, size_t size)
{
    if (count & (count - 1))
        return array;
    return realloc(array, (count ? 2 * count : 1) * size);
}

static bool numbers(const char *const *fields, uint64_t *values, size_t count)
{
    bool good = true;

    for (size_t i = 0; i < count; i++)
        good = good && number(fields[i], &values[i]);
    return good;
}

static bool add_session(struct live_sample *sample, const char *const *f, size_t count)
{
    struct live_sample_session *grown, *session;

    if (count < 19)
        return false;
    grown = grow(sample->sessions, sample->session_count, sizeof *grown);
    if (!grown)
        return false;
    sample->sessions = grown;
    session = &grown[sample->session_count++];
    *session = (struct live_sample_session){.name = f[1],
                                            .state = f[2],
                                            .priority = f[3],
                                            .reason = f[8],
                                            .filter = f[9],
                                            .target = f[10],
                                            .vni = f[11],
                                            .length = f[12]};
    return numbers(f + 4, session->counts, COUNT_CUT) &&
           numbers(f + 13, session->counts + COUNT_CUT, LIVE_COUNTS - COUNT_CUT);
}

static bool add_rule(struct live_sample *sample, const char *const *f, size_t count)
{
    struct live_sample_rule *grown, *rule;

    if (count < 6)
        return false;
    grown = grow(sample->rules, sample->rule_count, sizeof *grown);
    if (!grown)
        return false;
    sample->rules = grown;
    rule = &grown[sample->rule_count++];
    *rule =
        (struct live_sample_rule){.direction = f[1], .number = f[2], .action = f[3], .match = f[4]};
    return number(f[5], &rule->packets);
}

static bool add_receiver(struct live_sample *sample, const char *const *f, size_t count)
{
    struct live_sample_receiver *grown, *receiver;

    if (count < 6)
        return false;
    grown = grow(sample->receivers, sample->receiver_count, sizeof *grown);
    if (!grown)
        return false;
    sample->receivers = grown;
    receiver = &grown[sample->receiver_count++];
    *receiver = (struct live_sample_receiver){.address = f[1], .state = f[2], .reason = f[3]};
    return number(f[4], &receiver->packets) && number(f[5], &receiver->errors);
}

static bool add_line(struct live_sample *sample, char *line)
{
    const char *fields[FIELDS_MAX] = {line};
    size_t count = split(line, fields);

    if (strcmp(fields[0], "session") == 0)
        return add_session(sample, fields, count);
    if (strcmp(fields[0], "rule") == 0)
        return add_rule(sample, fields, count);
    if (strcmp(fields[0], "receiver") == 0)
        return add_receiver(sample, fields, count);
    if (strcmp(fields[0], "more") == 0)
        return count >= 2 && number(fields[1], &sample->rules_left);
    if (strcmp(fields[0], "watched") == 0)
        return (sample->watched = fields[1]);
    if (strcmp(fields[0], "box") != 0)
        return true;
    if (count < 5)
        return false;
    sample->host = fields[1];
    sample->loads = fields[3];
    return number(fields[2], &sample->uptime_ms) && number(fields[4], &sample->taken_ms);
}

struct live_sample *live_sample_parse(const char *text, size_t length)
{
    struct live_sample *sample = calloc(1, sizeof *sample);
    bool good;

    if (!sample)
        return NULL;
    sample->text = strndup(text, length);
    good = sample->text;
    for (char *rest = sample->text; good && rest && *rest;) {
        char *line = strsep(&rest, "\n");

        good = add_line(sample, line);
    }
    if (good && sample->host)
        return sample;
    live_sample_free(sample);
    return NULL;
}

void live_sample_free(struct live_sample *sample)
{
    if (!sample)
        return;
    free(sample->sessions);
    free(sample->rules);
    free(sample->receivers);
    free(sample->text);
    free(sample);
}

const struct live_sample_session *live_sample_find(const struct live_sample *sample,
                                                   const char *name, size_t near)
{
    if (!sample)
        return NULL;
    if (near < sample->session_count && strcmp(sample->sessions[near].name, name) == 0)
        return &sample->sessions[near];
    for (size_t i = 0; i < sample->session_count; i++)
        if (strcmp(sample->sessions[i].name, name) == 0)
            return &sample->sessions[i];
    return NULL;
}

bool live_sample_watches(const struct live_sample *sample, const char *name)
{
    return sample && sample->watched && strcmp(sample->watched, name) == 0;
}
