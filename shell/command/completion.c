/* Completion of lines: the table of commands down to the arguments, then the configuration's
 * own completion or the names at hand: see completion.h. */
#include "completion.h"
#include "../running/interfaces.h"
#include "dispatch.h"
#include "show.h"
#include "test_packet.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* What is being completed. */
struct completion {
    struct context *context;
    const struct command *command; /* whose arguments */
    size_t above;                  /* words of the edit path that stand in front of a path */
    const char *partial;
    FILE *out;
};

static void print_choice(void *context, const struct choice *choice)
{
    struct completion *completion = context;

    fprintf(completion->out, "%c\t%s\t%s\n",
            choice->hint     ? 'H'
            : choice->syntax ? 'S'
                             : 'W',
            choice->word, choice->help);
}

static void complete_name(struct completion *completion, const char *list)
{
    const struct node *tree = completion->context->running->revision->active.tree;
    size_t length = strlen(completion->partial);
    struct interfaces interfaces;

    interfaces_read(&interfaces);
    for (size_t i = 0; i < tree->child_count; i++) {
        const struct node *node = tree->children[i];

        if (strcmp(node->schema->name, list) == 0 && node->key &&
            strncmp(node->key, completion->partial, length) == 0)
            print_choice(completion,
                         &(struct choice){.word = node->key, .help = completion_help(node)});
    }
    for (size_t i = 0; strcmp(list, "interface") == 0 && i < interfaces.count; i++)
        if (strncmp(interfaces.names[i], completion->partial, length) == 0)
            print_choice(completion,
                         &(struct choice){.word = interfaces.names[i], .help = INTERFACE_HELP});
    interfaces_free(&interfaces);
}

/* What `rollback` could go back to: seen, and typed as a number. */
static void complete_commit(struct completion *completion)
{
    const struct store *store = completion->context->running->store;
    char number[24], help[AUTHOR_MAX + MOMENT_MAX + COMMENT_SIZE + 4];

    for (size_t i = 0; i <= store_archive_count(store); i++) {
        const struct record *record = store_record(store, i);
        char when[MOMENT_MAX], author[AUTHOR_MAX];

        moment_shown(record->when, when);
        author_text(&record->author, author);
        snprintf(number, sizeof number, "%zu", i);
        snprintf(help, sizeof help, "%s%s%s%s%s",
                 *when ? when : "a commit of which nothing is known", *author ? " " : "", author,
                 *record->comment ? ": " : "", record->comment);
        print_choice(completion, &(struct choice){.word = number, .help = help, .hint = true});
    }
}

static void complete_configuration(struct completion *completion, const struct argument *argument,
                                   const struct word *words, size_t count)
{
    struct context *context = completion->context;
    /* show configuration is of what runs; everything else of the candidate, at its level */
    bool candidate = completion->command->modes & MODE_CONFIGURATION;
    const struct path above = {context->path.words, candidate ? completion->above : 0};
    struct word *whole = path_whole(&above, words, count);
    struct interfaces interfaces;

    interfaces_read(&interfaces);
    if (whole)
        complete_path(candidate ? edit_tree(&context->edit) : context->running->revision->tree,
                      whole, above.count + count, completion->partial, argument->purpose,
                      &interfaces, print_choice, completion);
    interfaces_free(&interfaces);
    free(whole);
}

/* ---- test packet ---- */

/* A packet has one value where a rule may have a range or a prefix: "<0-65535>[-<0-65535>]". */
static void print_single(void *context, const struct choice *choice)
{
    char hint[MATCH_TEXT_MAX];
    size_t length = choice->hint ? strcspn(choice->word, "[") : 0;

    snprintf(hint, sizeof hint, "%.*s", (int)length, choice->word);
    print_choice(context, &(struct choice){.word = length ? hint : choice->word,
                                           .help = choice->help,
                                           .hint = choice->hint});
}

/* The value of a match field, as the configuration completes it. */
static void complete_match(struct completion *completion, const char *field)
{
    char line[128];
    struct words words = {0};
    struct problem problem;

    snprintf(line, sizeof line, "filter NAME ingress rule 1 condition 1 %s", field);
    if (words_split(line, &words, &problem))
        complete_path(completion->context->running->revision->tree, words.at, words.count,
                      completion->partial, PATH_SET, NULL, print_single, completion);
    words_free(&words);
}

static void complete_value(struct completion *completion, const struct packet_word *name)
{
    static const struct choice directions[] = {
        {"ingress", "The interface receives it", false, false},
        {"egress", "The interface sends it", false, false}};
    size_t length = strlen(completion->partial);

    if (name->field) {
        complete_match(completion, name->field->name);
    } else if (strcmp(name->name, PACKET_INTERFACE) == 0) {
        complete_name(completion, "interface");
    } else if (strcmp(name->name, PACKET_LENGTH) == 0) {
        char hint[32];
        snprintf(hint, sizeof hint, "<%d-%d>", PACKET_LENGTH_MIN, PACKET_LENGTH_MAX);
        print_choice(completion, &(struct choice){hint, name->help, .hint = true});
    } else {
        for (size_t i = 0; i < sizeof directions / sizeof *directions; i++)
            if (strncmp(directions[i].word, completion->partial, length) == 0)
                print_choice(completion, &directions[i]);
    }
}

/* Whether one of the pairs begins with it. */
static bool packet_has(const struct word *words, size_t count, const struct packet_word *name)
{
    for (size_t i = 0; i < count; i += 2)
        if (packet_word_called(&words[i], NULL) == name)
            return true;
    return false;
}

static void complete_packet(struct completion *completion, const struct word *words, size_t count)
{
    size_t length = strlen(completion->partial);
    const struct packet_word *name;
    bool complete = true;

    for (size_t i = 0; i < count; i += 2)
        if (!packet_word_called(&words[i], NULL))
            return;
    if (count % 2) {
        complete_value(completion, packet_word_called(&words[count - 1], NULL));
        return;
    }
    for (size_t i = 0; (name = packet_word_at(i)); i++) {
        bool given = packet_has(words, count, name);
        if (!given && strncmp(name->name, completion->partial, length) == 0)
            print_choice(completion, &(struct choice){.word = name->name, .help = name->help});
        complete &= given || name->field || strcmp(name->name, PACKET_LENGTH) == 0;
    }
    if (complete && !*completion->partial)
        print_choice(completion, &(struct choice){"<enter>", ENTER_HELP, .hint = true});
}

/* ---- commands ---- */

static void complete_command(struct completion *completion, enum command_mode mode,
                             const struct word *words, size_t count);

/* A command behind another one: `run`, `top`, `up 2`. */
static void complete_nested(struct completion *completion, const struct argument *argument,
                            unsigned long levels, const struct word *words, size_t count)
{
    const struct context *context = completion->context;

    if (argument->mode == MODE_LEVEL)
        completion->above = path_above(&context->path, levels);
    complete_command(completion, argument->mode ? argument->mode : context->mode, words, count);
}

/* Behind a command's path. */
static void complete_arguments(struct completion *completion, const struct command *command,
                               const struct word *words, size_t count)
{
    const struct argument *argument = &command->arguments[0];
    unsigned long levels = ULONG_MAX;
    size_t used = 0;

    completion->command = command;
    if (argument->name && argument->kind == ARGUMENT_PATH) {
        complete_configuration(completion, argument, words, count);
        return;
    }
    if (argument->name && argument->kind == ARGUMENT_PACKET) {
        complete_packet(completion, words, count);
        return;
    }
    if (argument->name && argument->kind == ARGUMENT_NAME && count == 0)
        complete_name(completion, argument->list);
    if (argument->name && argument->kind == ARGUMENT_INTEGER && argument->list && count == 0)
        complete_commit(completion);
    if (argument->name && argument->kind == ARGUMENT_INTEGER) { /* up [N] COMMAND */
        levels = 1;
        if (count > 0 && words[0].text[0] >= '0' && words[0].text[0] <= '9')
            levels = strtoul(words[used++].text, NULL, 10);
        argument++;
    }
    bool nested = argument->name && argument->kind == ARGUMENT_COMMAND;
    if (!nested || used == count)
        arguments_next(command, words, count, completion->partial, print_choice, completion);
    if (nested)
        complete_nested(completion, argument, levels, words + used, count - used);
}

static void complete_command(struct completion *completion, enum command_mode mode,
                             const struct word *words, size_t count)
{
    const struct context *context = completion->context;
    struct reach reach = dispatch_look_up(context->dispatch, mode, words, count);

    if (reach.words == count)
        dispatch_next(context->dispatch, &reach, completion->partial, print_choice, completion);
    if (reach.command && (!reach.command->configures || context->may_configure))
        complete_arguments(completion, reach.command, words + reach.words, count - reach.words);
}

/* What the command of a line could be displayed as. */
static unsigned displays_of(const struct context *context, const struct word *words, size_t count)
{
    struct reach reach = dispatch_look_up(context->dispatch, context->mode, words, count);

    return reach.command ? reach.command->displays : 0;
}

static void complete_words(struct completion *completion, const struct word *words, size_t count)
{
    struct context *context = completion->context;
    size_t first = count, last = count; /* pipes */

    for (size_t i = 0; i < count; i++) {
        if (words[i].quoted || strcmp(words[i].text, "|") != 0)
            continue;
        last = i;
        if (first == count)
            first = i;
    }
    if (last == count) {
        complete_command(completion, context->mode, words, count);
        return;
    }
    if (first == last && display_wants_commit(words + last, count - last))
        complete_commit(completion);
    display_next(first == last ? displays_of(context, words, first) : 0, words + last, count - last,
                 completion->partial, print_choice, completion);
}

void completion_print(struct context *context, const char *line, size_t cursor, uint32_t *offset,
                      FILE *out)
{
    struct completion completion = {
        .context = context, .above = context->path.count, .partial = "", .out = out};
    struct words words = {0};
    struct problem problem;
    size_t length = strlen(line);
    char *front = strndup(line, cursor < length ? cursor : length);

    if (!front)
        return;
    length = strlen(front);
    *offset = (uint32_t)length;
    if (words_split(front, &words, &problem) || words.open_quote) {
        size_t count = words.count;

        /* the word that the cursor touches is the one to be completed; a pipe is whole */
        if (count > 0 && words.at[count - 1].end == length &&
            (words.at[count - 1].quoted || strcmp(words.at[count - 1].text, "|") != 0)) {
            count--;
            completion.partial = words.at[count].text;
            *offset = words.at[count].start;
        }
        complete_words(&completion, words.at, count);
    }
    words_free(&words);
    free(front);
}
