/* argv -> struct options, by the table. */
#include "options.h"
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

const struct option_row option_table[] = {
    {'h', "help", NULL, "print this help and exit"},
    {'V', "version", NULL, "print the version and exit"},
    {'v', "verbose", NULL, "with --daemon: the journal also says what the engine decides"},
    {'c', NULL, "COMMAND", "batch: run COMMAND; may be repeated"},
    {'f', NULL, "FILE", "batch: run the lines of FILE, - for standard input"},
    {'k', NULL, NULL, "batch: go on after an error"},
    {'n', NULL, NULL, "no box: edit and commit the saved configuration offline"},
    {0, "daemon", NULL, "be the box, without a console, in the foreground"},
    {0, "state", "DIR", "where the configuration lives (default " DEFAULT_STATE ")"},
    {0, "socket", "PATH", "where consoles attach (default " DEFAULT_SOCKET ")"},
    {0, "check", "FILE", "validate FILE as a configuration, commit nothing"},
    {0, NULL, NULL, NULL},
};

enum { ROWS = sizeof option_table / sizeof *option_table - 1, LONG_BASE = 256 };

/* "-h, --help", "-c COMMAND", "--state DIR" */
static void option_form(const struct option_row *row, char *form, size_t size)
{
    char letter[4] = {'-', row->letter, '\0'};

    snprintf(form, size, "%s%s%s%s%s%s", row->letter ? letter : "",
             row->letter && row->name ? ", " : "", row->name ? "--" : "",
             row->name ? row->name : "", row->argument ? " " : "",
             row->argument ? row->argument : "");
}

void options_usage(FILE *out)
{
    fputs("usage: mirrorsh [-hVv] [-c COMMAND]... [-f FILE] [-k] [-n] [--daemon] [--state DIR]\n"
          "                [--socket PATH] [--check FILE]\n\n"
          "Without -c and -f: a console where standard input is a terminal, else a batch.\n\n",
          out);
    for (const struct option_row *row = option_table; row->letter || row->name; row++) {
        char form[40];

        option_form(row, form, sizeof form);
        fprintf(out, "  %-15s  %s\n", form, row->help);
    }
}

static bool add_input(struct script *script, const char *text, const char *path)
{
    struct script_input *grown =
        realloc(script->inputs, (script->count + 1) * sizeof *script->inputs);
    unsigned commands = 1;

    if (!grown)
        return false;
    for (size_t i = 0; i < script->count; i++)
        commands += grown[i].text != NULL;
    script->inputs = grown;
    grown[script->count] = (struct script_input){.text = text, .path = path, .fd = -1};
    snprintf(grown[script->count].name, sizeof grown->name, "-c%u", commands);
    script->count++;
    return true;
}

/* option: the letter of a row, or LONG_BASE and its number when it has none */
static bool take(struct options *options, int option, const char *argument)
{
    const char *name = option >= LONG_BASE ? option_table[option - LONG_BASE].name : "";

    if (option == 'h')
        options->help = true;
    else if (option == 'V')
        options->version = true;
    else if (option == 'v')
        options->verbose = true;
    else if (option == 'c')
        return add_input(&options->script, argument, NULL);
    else if (option == 'f')
        return add_input(&options->script, NULL, argument);
    else if (option == 'k')
        options->script.keep_going = true;
    else if (option == 'n')
        options->offline = true;
    else if (strcmp(name, "daemon") == 0)
        options->daemon = true;
    else if (strcmp(name, "state") == 0)
        options->state = argument;
    else if (strcmp(name, "socket") == 0)
        options->socket = argument;
    else if (strcmp(name, "check") == 0)
        options->check = argument;
    else
        return false;
    return true;
}

/* What getopt needs, made of the table. */
static void describe(struct option *names, char *letters)
{
    for (int i = 0; i < ROWS; i++) {
        const struct option_row *row = &option_table[i];

        if (row->letter) {
            *letters++ = row->letter;
            if (row->argument)
                *letters++ = ':';
        }
        if (row->name)
            *names++ = (struct option){.name = row->name,
                                       .has_arg = row->argument ? required_argument : no_argument,
                                       .val = row->letter ? row->letter : LONG_BASE + i};
    }
    *letters = '\0';
    *names = (struct option){0};
}

static bool wrong(const char *what)
{
    fprintf(stderr, "mirrorsh: %s\n", what);
    return false;
}

/* Options that make no sense together. */
static bool agree(const struct options *options, const char *operand)
{
    bool script = options->script.count > 0 || options->script.keep_going;

    if (options->help || options->version)
        return true;
    if (operand) {
        fprintf(stderr, "mirrorsh: unexpected argument '%s'\n", operand);
        return false;
    }
    if (options->daemon && (script || options->offline))
        return wrong("--daemon runs no commands: not with -c, -f, -k or -n");
    if (options->verbose && !options->daemon)
        return wrong("--verbose is for the journal of a --daemon");
    if (options->check && (script || options->daemon))
        return wrong("--check runs no commands: not with -c, -f, -k or --daemon");
    return true;
}

bool options_parse(struct options *options, int argc, char **argv)
{
    static char program[] = "mirrorsh";
    struct option names[ROWS + 1];
    char letters[2 * ROWS + 1];
    bool good = true;
    int option;

    *options = (struct options){.state = DEFAULT_STATE, .socket = DEFAULT_SOCKET};
    argv[0] = program; /* what getopt's complaints begin with */
    describe(names, letters);
    while (good && (option = getopt_long(argc, argv, letters, names, NULL)) != -1)
        good = option != '?' && take(options, option, optarg);
    good = good && agree(options, optind < argc ? argv[optind] : NULL);
    if (!good)
        fputs("Try 'mirrorsh -h'.\n", stderr);
    return good;
}
