/* One parser for the arguments of all commands: see arguments.h. */
#include "arguments.h"
#include "../config/utf8.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool positional(const struct argument *argument)
{
    return argument->kind == ARGUMENT_NAME || argument->kind == ARGUMENT_INTEGER ||
           argument->kind == ARGUMENT_FILE;
}

static bool to_the_end(const struct argument *argument)
{
    return argument->kind == ARGUMENT_PATH || argument->kind == ARGUMENT_COMMAND ||
           argument->kind == ARGUMENT_PACKET;
}

/* The arguments that may stand next, as a set of bits: keywords not given yet, and the first
 * value by itself that is not given as long as nothing behind it is. */
static unsigned open_arguments(const struct arguments *given)
{
    unsigned open = 0;
    bool value_seen = false;

    for (size_t i = 0; i < ARGUMENTS_MAX && given->command->arguments[i].name; i++) {
        const struct argument *argument = &given->command->arguments[i];

        if (given->value[i])
            continue;
        if (positional(argument) || to_the_end(argument)) {
            bool later = false;
            for (size_t j = i + 1; j < ARGUMENTS_MAX; j++)
                later |= given->value[j] != NULL;
            if (!later && !value_seen)
                open |= 1u << i;
            /* a number that may be left out is told from what follows it */
            value_seen |= argument->kind != ARGUMENT_INTEGER || argument->required;
        } else if (!value_seen) {
            open |= 1u << i;
        }
    }
    return open;
}

/* "NAME", "plain", "interval": what may stand where a word was wrong or is missing. */
static void list_open(const struct command *command, unsigned open, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < ARGUMENTS_MAX && used < size; i++)
        if (open & (1u << i))
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
                                     command->arguments[i].name);
}

static bool is_digit(const struct word *word)
{
    return !word->quoted && word->text[0] >= '0' && word->text[0] <= '9';
}

static bool check_number(const struct argument *argument, const struct word *word,
                         struct problem *problem)
{
    char *behind;
    const char *text = word->text;
    unsigned long value;

    errno = 0;
    value = strtoul(text, &behind, 10);
    if (text[0] < '0' || text[0] > '9' || *behind || errno || (long)value < argument->minimum ||
        (long)value > argument->maximum)
        return problem_at(problem, word, "\"%s\" is not a number of %ld-%ld", text,
                          argument->minimum, argument->maximum);
    return true;
}

static bool check_text(const struct argument *argument, const struct word *word,
                       struct problem *problem)
{
    size_t length = utf8_length(word->text);

    if (length < (size_t)argument->minimum)
        return problem_at(problem, word, "%s: a text is missing", argument->name);
    return length <= (size_t)argument->maximum ||
           problem_at(problem, word, "%s of %zu characters, expected at most %ld", argument->name,
                      length, argument->maximum);
}

/* Which open argument a word is: its index, or -1 with *problem. */
static int which(const struct arguments *given, const struct word *word, struct problem *problem)
{
    unsigned open = open_arguments(given);
    int found = -1, matches = 0;
    char list[200];

    for (int i = 0; i < ARGUMENTS_MAX; i++) {
        const struct argument *argument = &given->command->arguments[i];

        if (!(open & (1u << i)))
            continue;
        if (argument->kind == ARGUMENT_INTEGER && i + 1 < ARGUMENTS_MAX && open >> (i + 1) &&
            (word->quoted || word->text[0] < '0' || word->text[0] > '9'))
            continue;
        if (positional(argument) || to_the_end(argument))
            return i;
        if (word->quoted || !*word->text ||
            strncmp(argument->name, word->text, strlen(word->text)) != 0)
            continue;
        if (strcmp(argument->name, word->text) == 0)
            return i;
        found = i;
        matches++;
    }
    if (matches == 1)
        return found;
    list_open(given->command, open, list, sizeof list);
    if (matches > 1)
        problem_at(problem, word, "\"%s\" is ambiguous, expected one of: %s", word->text, list);
    else if (open)
        problem_at(problem, word, "unknown word \"%s\", expected one of: %s", word->text, list);
    else
        problem_at(problem, word, "unexpected word \"%s\", expected the end of the line",
                   word->text);
    return -1;
}

/* Takes one argument from the word at *index on. */
static bool take(struct arguments *given, const struct word *words, size_t count, size_t *index,
                 struct problem *problem)
{
    int i = which(given, &words[*index], problem);

    if (i < 0)
        return false;
    const struct argument *argument = &given->command->arguments[i];
    if (argument->kind == ARGUMENT_TEXT && ++*index == count)
        return problem_at(problem, &words[count], "%s: a text is missing", argument->name);
    if (argument->kind == ARGUMENT_NUMBER && ++*index == count)
        return problem_at(problem, &words[count], "%s: a number of %ld-%ld is missing",
                          argument->name, argument->minimum, argument->maximum);
    given->value[i] = &words[*index];
    if (argument->kind == ARGUMENT_OPTION && *index + 1 < count && is_digit(&words[*index + 1]))
        given->value[i] = &words[++*index];
    if ((argument->kind == ARGUMENT_NUMBER || argument->kind == ARGUMENT_INTEGER ||
         (argument->kind == ARGUMENT_OPTION && is_digit(&words[*index]))) &&
        !check_number(argument, &words[*index], problem))
        return false;
    if (argument->kind == ARGUMENT_TEXT && !check_text(argument, &words[*index], problem))
        return false;
    *index = to_the_end(argument) ? count : *index + 1;
    return true;
}

bool arguments_parse(const struct command *command, const struct word *words, size_t count,
                     struct arguments *arguments, struct problem *problem)
{
    *arguments = (struct arguments){.command = command, .words = words, .count = count};
    for (size_t index = 0; index < count;)
        if (!take(arguments, words, count, &index, problem))
            return false;
    for (size_t i = 0; i < ARGUMENTS_MAX && command->arguments[i].name; i++)
        if (command->arguments[i].required && !arguments->value[i])
            return problem_at(problem, &words[count], "%s: %s is missing", command->path,
                              command->arguments[i].name);
    return true;
}

static int argument_index(const struct arguments *arguments, const char *name)
{
    for (int i = 0; i < ARGUMENTS_MAX && arguments->command->arguments[i].name; i++)
        if (strcmp(arguments->command->arguments[i].name, name) == 0)
            return i;
    return -1;
}

const struct word *argument_words(const struct arguments *arguments, const char *name)
{
    int i = argument_index(arguments, name);

    return i >= 0 ? arguments->value[i] : NULL;
}

bool argument_given(const struct arguments *arguments, const char *name)
{
    return argument_text(arguments, name);
}

const char *argument_text(const struct arguments *arguments, const char *name)
{
    const struct word *word = argument_words(arguments, name);

    return word ? word->text : NULL;
}

unsigned long argument_number(const struct arguments *arguments, const char *name,
                              unsigned long otherwise)
{
    const char *text = argument_text(arguments, name);

    return text && text[0] >= '0' && text[0] <= '9' ? strtoul(text, NULL, 10) : otherwise;
}

static void hint_number(const struct argument *argument, const char *help, choice_fn *choice,
                        void *context)
{
    char text[64];

    snprintf(text, sizeof text, "<%ld-%ld>", argument->minimum, argument->maximum);
    choice(context, &(struct choice){.word = text, .help = help, .hint = true});
}

const char *argument_hint(const struct argument *argument)
{
    return argument->list ? argument->list : "TEXT";
}

static void offer(const struct argument *argument, const char *partial, choice_fn *choice,
                  void *context)
{
    struct choice offered = {.word = argument->name, .help = argument->help};

    if (argument->kind == ARGUMENT_INTEGER) {
        hint_number(argument, argument->help, choice, context);
    } else if (argument->kind == ARGUMENT_NAME || argument->kind == ARGUMENT_FILE) {
        char first[40]; /* FILE of FILE|terminal */

        snprintf(first, sizeof first, "%.*s", (int)strcspn(argument->name, "|"), argument->name);
        offered = (struct choice){.word = first, .help = argument->help, .hint = true};
        choice(context, &offered);
        if (argument->list_help && strncmp(argument->list, partial, strlen(partial)) == 0)
            choice(context, &(struct choice){.word = argument->list, .help = argument->list_help});
    } else if (!to_the_end(argument) && strncmp(argument->name, partial, strlen(partial)) == 0) {
        choice(context, &offered);
    }
}

void arguments_next(const struct command *command, const struct word *words, size_t count,
                    const char *partial, choice_fn *choice, void *context)
{
    struct arguments given = {.command = command};
    struct problem problem;
    bool complete = true;

    for (size_t index = 0; index < count;) {
        int i = which(&given, &words[index], &problem);

        if (i >= 0 && command->arguments[i].kind == ARGUMENT_NUMBER && index + 1 == count) {
            hint_number(&command->arguments[i], command->arguments[i].help, choice, context);
            return;
        }
        if (i >= 0 && command->arguments[i].kind == ARGUMENT_OPTION && index + 1 == count &&
            !*partial)
            hint_number(&command->arguments[i], command->arguments[i].help, choice, context);
        if (i >= 0 && command->arguments[i].kind == ARGUMENT_TEXT && index + 1 == count) {
            choice(context, &(struct choice){argument_hint(&command->arguments[i]),
                                             command->arguments[i].help, .hint = true});
            return;
        }
        if (!take(&given, words, count, &index, &problem))
            return;
    }
    unsigned open = open_arguments(&given);
    for (size_t i = 0; i < ARGUMENTS_MAX && command->arguments[i].name; i++) {
        const char *without = command->arguments[i].without;

        if (open & (1u << i) && !(without && argument_given(&given, without)))
            offer(&command->arguments[i], partial, choice, context);
        complete &= given.value[i] || !command->arguments[i].required;
    }
    if (complete && !*partial)
        choice(context, &(struct choice){.word = "<enter>", .help = ENTER_HELP, .hint = true});
}

void command_usage(const struct command *command, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "%s", command->path), nested = 0;

    for (size_t i = 0; i < ARGUMENTS_MAX && command->arguments[i].name && used < size; i++) {
        const struct argument *argument = &command->arguments[i];
        /* what is behind it can only stand with it */
        bool value = argument->kind == ARGUMENT_NAME;

        used += (size_t)snprintf(text + used, size - used, " %s%s%s%s%s%s",
                                 argument->required ? "" : "[", argument->name,
                                 argument->kind == ARGUMENT_NUMBER   ? " N"
                                 : argument->kind == ARGUMENT_OPTION ? " [N]"
                                 : argument->kind == ARGUMENT_TEXT   ? " "
                                                                     : "",
                                 argument->kind == ARGUMENT_TEXT ? argument_hint(argument) : "",
                                 argument->kind == ARGUMENT_PATH ? "..." : "",
                                 argument->required || value ? "" : "]");
        nested += value && !argument->required;
    }
    for (; nested > 0 && used < size; nested--)
        used += (size_t)snprintf(text + used, size - used, "]");
}
