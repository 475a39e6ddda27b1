/* test packet: what would become of a packet, and why. Its words are those of a rule, read by the
 * same rows; the answer is the engine's. */
#include "test_packet.h"
#include "command_table.h"
#include "show.h"
#include <stdlib.h>
#include <string.h>

enum {
    OWN_WORDS = 3,
    PACKET_WORDS = OWN_WORDS + MATCH_FIELD_COUNT,
    ETHERNET_FULL = 1514, /* of a packet whose length is not given */
    LINE_WIDTH = 80,
};

/* ---- its words ---- */

const struct packet_word *packet_word_at(size_t index)
{
    static const struct packet_word own[OWN_WORDS] = {
        {PACKET_INTERFACE, "The interface that it is seen on", NULL},
        {PACKET_DIRECTION, "Whether the interface receives or sends it", NULL},
        {PACKET_LENGTH, "Bytes from its Ethernet header on, 1514 unless given", NULL},
    };
    static struct packet_word fields[MATCH_FIELD_COUNT];

    if (index >= PACKET_WORDS)
        return NULL;
    if (index < OWN_WORDS)
        return &own[index];
    const struct match_field *field = &match_fields[index - OWN_WORDS];
    struct packet_word *word = &fields[index - OWN_WORDS];
    *word = (struct packet_word){field->name, field->help, field};
    return word;
}

/* "interface, direction, ...": all of them, or those that begin so. */
static void list_words(const char *begin, char *text, size_t size)
{
    const struct packet_word *word;
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; (word = packet_word_at(i)) && used < size; i++)
        if (strncmp(word->name, begin, strlen(begin)) == 0)
            used +=
                (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", word->name);
}

const struct packet_word *packet_word_called(const struct word *word, struct problem *problem)
{
    const struct packet_word *at, *found = NULL;
    size_t matches = 0, length = strlen(word->text);
    char list[200];

    for (size_t i = 0; length > 0 && !word->quoted && (at = packet_word_at(i)); i++) {
        if (strcmp(at->name, word->text) == 0)
            return at;
        if (strncmp(at->name, word->text, length) != 0)
            continue;
        found = at;
        matches++;
    }
    if (matches == 1 || !problem)
        return matches == 1 ? found : NULL;
    list_words(matches ? word->text : "", list, sizeof list);
    problem_at(problem, word, "%s \"%s\", expected one of: %s",
               matches ? "ambiguous word" : "unknown word", word->text, list);
    return NULL;
}

/* ---- reading them ---- */

struct asked {
    struct packet_question question;
    const struct word *values[PACKET_WORDS]; /* as packet_word_at has them; NULL: left out */
};

static bool read_direction(struct packet_question *question, const struct word *value,
                           struct problem *problem)
{
    size_t length = strlen(value->text);

    for (int direction = 0; direction < DIRECTIONS && length > 0; direction++) {
        if (strncmp(direction_text(direction), value->text, length) != 0)
            continue;
        question->direction = direction;
        return true;
    }
    return problem_at(problem, value, "\"%s\" is unknown, expected ingress or egress", value->text);
}

static bool read_length(struct packet_question *question, const struct word *value,
                        struct problem *problem)
{
    size_t digits = strspn(value->text, "0123456789");
    unsigned long length = strtoul(value->text, NULL, 10);

    if (digits == 0 || digits > 9 || value->text[digits] || length < PACKET_LENGTH_MIN ||
        length > PACKET_LENGTH_MAX)
        return problem_at(problem, value, "\"%s\" is not a number of %d-%d", value->text,
                          PACKET_LENGTH_MIN, PACKET_LENGTH_MAX);
    question->length = (uint32_t)length;
    return true;
}

static bool is_single(const struct match_field *field, const struct match_value *value)
{
    if (field->kind == MATCH_PREFIX)
        return value->bits == (value->family == 4 ? 32 : 128);
    return value->low == value->high;
}

static bool read_field(struct packet_question *question, const struct match_field *field,
                       const struct word *word, struct problem *problem)
{
    size_t index = (size_t)(field - match_fields);
    struct match_value *value = &question->packet.value[index];
    char why[320];

    if (!match_value_parse(field, word->text, value, why, sizeof why))
        return problem_at(problem, word, "%s \"%.60s\": %s", field->name, word->text, why);
    if (!is_single(field, value))
        return problem_at(problem, word, "%s \"%s\": expected a single %s, as a packet has",
                          field->name, word->text,
                          field->kind == MATCH_PREFIX ? "address" : "number");
    question->packet.given |= 1u << index;
    return true;
}

static bool read_pair(struct asked *asked, const struct word *words, struct problem *problem)
{
    const struct packet_word *name = packet_word_called(words, problem);
    const struct word *value = words + 1;
    size_t index = 0;

    if (!name)
        return false;
    while (packet_word_at(index) != name)
        index++;
    if (asked->values[index])
        return problem_at(problem, words, "%s stands twice, expected a single one", name->name);
    asked->values[index] = value;
    if (name->field)
        return read_field(&asked->question, name->field, value, problem);
    if (strcmp(name->name, PACKET_DIRECTION) == 0)
        return read_direction(&asked->question, value, problem);
    if (strcmp(name->name, PACKET_LENGTH) == 0)
        return read_length(&asked->question, value, problem);
    asked->question.interface = value->text;
    return true;
}

/* ---- what no packet is ---- */

static const struct word *value_of(const struct asked *asked, enum match_field_id field)
{
    return asked->values[OWN_WORDS + field];
}

static bool check_families(const struct asked *asked, struct problem *problem)
{
    static const enum match_field_id fields[] = {FIELD_FAMILY, FIELD_SOURCE, FIELD_DESTINATION};
    const struct match_value *values = asked->question.packet.value;
    uint32_t first = 0;

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const struct word *word = value_of(asked, fields[i]);
        uint32_t family =
            fields[i] == FIELD_FAMILY ? values[FIELD_FAMILY].low : values[fields[i]].family;
        if (!word)
            continue;
        if (first && family != first)
            return problem_at(problem, word, "%s \"%s\": expected IPv%u, as the other words are",
                              match_fields[fields[i]].name, word->text, first);
        first = family;
    }
    return true;
}

/* What only some protocols have needs one of them. */
static bool check_protocol(const struct asked *asked, struct problem *problem)
{
    enum { TCP = 6, UDP = 17, SCTP = 132 };
    static const struct {
        enum match_field_id field;
        bool tcp_only;
    } needs[] = {
        {FIELD_SOURCE_PORT, false}, {FIELD_DESTINATION_PORT, false}, {FIELD_TCP_FLAGS, true}};
    uint32_t protocol = asked->question.packet.value[FIELD_PROTOCOL].low;

    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        const struct word *word = value_of(asked, needs[i].field);
        bool good =
            protocol == TCP || (!needs[i].tcp_only && (protocol == UDP || protocol == SCTP));

        if (word && !good)
            return problem_at(problem, word, "%s needs protocol %s",
                              match_fields[needs[i].field].name,
                              needs[i].tcp_only ? "tcp" : "tcp, udp or sctp");
    }
    return true;
}

static bool read_words(const struct arguments *arguments, struct asked *asked,
                       struct problem *problem)
{
    const struct word *words = arguments->words;
    size_t count = arguments->count;

    *asked = (struct asked){.question.length = ETHERNET_FULL};
    for (size_t i = 0; i < count; i += 2) {
        const struct packet_word *name = packet_word_called(&words[i], problem);
        if (!name)
            return false;
        if (i + 1 == count)
            return problem_at(problem, &words[count], "%s: a value is missing, expected %s",
                              name->name, name->field ? name->field->hint : "one behind it");
        if (!read_pair(asked, &words[i], problem))
            return false;
    }
    for (size_t i = 0; i < 2; i++)
        if (!asked->values[i])
            return problem_at(problem, &words[count],
                              "%s is missing, expected interface IF direction ingress|egress",
                              packet_word_at(i)->name);
    return check_families(asked, problem) && check_protocol(asked, problem);
}

/* ---- the answer ---- */

static const char *outcome_text(enum explain_outcome outcome)
{
    switch (outcome) {
    case EXPLAIN_PASSED:
        return "passed";
    case EXPLAIN_MIRRORED:
        return "mirrored";
    case EXPLAIN_REJECTED:
        return "rejected";
    case EXPLAIN_OWN:
        return "own";
    case EXPLAIN_SERVICE:
        return "service";
    }
    return "";
}

/* Whether all of a row is narrow enough that the reason can stand in it. */
static bool fits(const struct explanation *explanation)
{
    enum { OTHERS = 20 }; /* columns of the indent, the rule, the outcome and what is between */
    size_t session = strlen("Session"), why = 0;

    for (size_t i = 0; i < explanation->count; i++) {
        const struct explained *at = &explanation->trace[i];
        size_t name = at->session ? strlen(at->session) : 0;
        session = name > session ? name : session;
        why = strlen(at->why) > why ? strlen(at->why) : why;
    }
    return session + OTHERS + why <= LINE_WIDTH;
}

static void trace_columns(struct columns *columns, const void *item, const void *context)
{
    const struct explained *at = item;
    bool beside = fits(context);
    const struct column table[] = {
        {"session", "Session", TEXT(at->session)},
        {"rule", "Rule", KNOWN(at->rule)},
        {"outcome", "Outcome", TEXT(outcome_text(at->outcome))},
        {"why", beside ? "Why" : NULL, .note = !beside, TEXT(at->why)},
    };

    COLUMNS_ADD(columns, table);
}

static const char *heading(struct columns *columns, const struct explanation *explanation)
{
    const char *done = explanation->mirrored ? "Mirrored" : "Rejected";

    if (!explanation->session)
        return "Not mirrored";
    if (!explanation->rule)
        return columns_text(columns, "%s by session %s", done, explanation->session);
    return columns_text(columns, "%s by session %s, rule %u", done, explanation->session,
                        explanation->rule);
}

static void verdict_columns(struct columns *columns, const void *item, const void *context)
{
    const struct explanation *explanation = item;
    char receiver[ADDRESS_TEXT_MAX] = "";
    const struct column none = {"", TEXT(NULL)};
    struct column vni = none, length = none;

    (void)context;
    if (explanation->receiver)
        receiver_endpoint(explanation->receiver, receiver);
    if (explanation->mirrored) {
        vni = (struct column){.line = "VNI", NUMBER(explanation->vni)};
        length = (struct column){.line = "length", NUMBER(explanation->length)};
        if (explanation->length < explanation->whole)
            length.mark = columns_text(columns, "cut from %u", explanation->whole);
    }
    vni.key = "vni";
    length.key = "length";
    const struct column table[] = {
        {"mirrored", .heading = heading(columns, explanation), TRUTH(explanation->mirrored)},
        {"session", TEXT(explanation->session)},
        {"rule", KNOWN(explanation->rule)},
        {"receiver", .line = *receiver ? "receiver" : NULL,
         TEXT(columns_text(columns, "%s", receiver))},
        vni,
        length,
        {"trace", LISTING(.items = explanation->trace, .count = explanation->count,
                          .size = sizeof *explanation->trace, .columns = trace_columns,
                          .context = explanation, .empty = "There is no session")},
    };
    COLUMNS_ADD(columns, table);
}

/* An interface of this machine, or one that sessions have as a source. */
static bool check_interface(struct context *context, const struct word *name)
{
    struct engine_status *status = take_status(context);
    bool there = status && interface_there(status, name, context->problem);

    engine_status_free(status);
    return there;
}

static enum command_status run_packet(struct context *context, const struct arguments *arguments)
{
    struct asked asked;
    struct explanation *explanation;

    if (!read_words(arguments, &asked, context->problem) ||
        !check_interface(context, asked.values[0]))
        return COMMAND_FAILED;
    explanation = engine_explain(context->running->engine, &asked.question);
    if (!explanation) {
        problem_at(context->problem, NULL, "out of memory");
        return COMMAND_FAILED;
    }
    show_list(context, "verdict",
              &(struct listing){.items = explanation,
                                .count = 1,
                                .size = sizeof *explanation,
                                .columns = verdict_columns,
                                .form = FORM_LINES,
                                .single = true});
    explanation_free(explanation);
    return COMMAND_OK;
}

const struct command test_commands[] = {
    {.path = "test packet",
     .help = "What would become of a packet, and why",
     .modes = MODE_OPERATIONAL,
     .displays = DISPLAY_JSON,
     .arguments = {{.name = "interface IF direction ingress|egress MATCH... [length N]",
                    .help = "The packet, in the words of a rule",
                    .kind = ARGUMENT_PACKET,
                    .required = true}},
     .run = run_packet},
    {0},
};
