/* Choices for the words of a typed `mirrorsh ...`: options from the table, and within the
 * argument of -c what the running box would complete. Runs nothing, starts no box. */
#include "suggest.h"
#include "choices.h"
#include "connection.h"
#include "options.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int no_output(void *context, const char *text, size_t length)
{
    (void)context, (void)text, (void)length;
    return 0;
}

static void no_problem(void *context, uint32_t column, const char *text)
{
    (void)context, (void)column, (void)text;
}

static void no_notice(void *context, const char *text)
{
    (void)context, (void)text;
}

static const struct connection_handler silent = {
    .output = no_output, .problem = no_problem, .warning = no_problem, .notice = no_notice};

/* The row of an option word, "-c" or "--state"; NULL: none. */
static const struct option_row *row_of(const char *word)
{
    for (const struct option_row *row = option_table; row->letter || row->name; row++) {
        if (row->letter && word[0] == '-' && word[1] == row->letter && word[2] == '\0')
            return row;
        if (row->name && strncmp(word, "--", 2) == 0 && strcmp(word + 2, row->name) == 0)
            return row;
    }
    return NULL;
}

static void suggest_option(const char *form, const char *word)
{
    if (strncmp(form, word, strlen(word)) == 0)
        puts(form);
}

static void suggest_options(const char *word)
{
    for (const struct option_row *row = option_table; row->letter || row->name; row++) {
        char form[40] = {'-', row->letter, '\0'};

        if (row->letter)
            suggest_option(form, word);
        snprintf(form, sizeof form, "--%s", row->name ? row->name : "");
        if (row->name)
            suggest_option(form, word);
    }
}

/* A word as bash has it, without its quotes; what it means, for the plain cases. malloced. */
static char *unquoted(const char *word)
{
    char *text = strdup(word), *to = text, quote = '\0';

    for (const char *at = word; text && *at; at++) {
        if (quote ? *at == quote : *at == '"' || *at == '\'')
            quote = quote ? '\0' : *at;
        else if (*at == '\\' && quote != '\'' && at[1])
            *to++ = *++at;
        else
            *to++ = *at;
    }
    if (text)
        *to = '\0';
    return text;
}

/* A -c in front of the one at hand may have changed the mode: those that only look around in a
 * candidate of our own are run, so that the words of that mode are offered. */
static void follow_mode(struct connection *connection, const char *word)
{
    char *line = unquoted(word);
    bool interrupted;

    if (line && (strcmp(line, "configure") == 0 || strncmp(line, "edit ", 5) == 0))
        connection_run(connection, line, strlen(line), &silent, &interrupted);
    free(line);
}

static void suggest_commands(struct connection *connection, const char *word)
{
    char *line = unquoted(word), *text = NULL;
    struct choices choices;
    uint32_t begin;

    if (line && connection_complete(connection, line, strlen(line), &silent, &begin, &text) == 0 &&
        begin <= strlen(line) && choices_parse(&choices, text)) {
        for (size_t i = 0; i < choices.count; i++)
            if (!choices.at[i].hint)
                printf("%.*s%s\n", (int)begin, line, choices.at[i].word);
        choices_free(&choices);
    }
    free(line);
}

/* The socket that the typed command line names, or the default. malloced. */
static char *socket_of(int count, char **words)
{
    for (int i = 1; i + 1 < count; i++)
        if (strcmp(words[i], "--socket") == 0)
            return unquoted(words[i + 1]);
    return strdup(DEFAULT_SOCKET);
}

int suggest(int at, int count, char **words)
{
    const struct option_row *row = NULL;
    struct connection connection = {.wire.fd = -1};
    char why[256], *path;
    int fd;

    if (at < 1 || at >= count)
        return STATUS_OK;
    if (at > 1)
        row = row_of(words[at - 1]);
    if (!row || !row->argument) {
        if (words[at][0] == '-' || words[at][0] == '\0')
            suggest_options(words[at]);
        return STATUS_OK;
    }
    if (row->letter != 'c' || !(path = socket_of(count, words)))
        return STATUS_OK;
    fd = protocol_connect(path, 0);
    free(path);
    if (fd < 0 || connection_open(&connection, fd, CONSOLE_SCRIPT, false, &silent, why, sizeof why))
        return STATUS_OK;
    for (int i = 2; i < at; i++)
        if (strcmp(words[i - 1], "-c") == 0)
            follow_mode(&connection, words[i]);
    suggest_commands(&connection, words[at]);
    connection_close(&connection);
    return STATUS_OK;
}
