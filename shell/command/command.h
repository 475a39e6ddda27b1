/* One constant struct a command; a family of commands is one file that exports a table of
 * them; command_table lists the families. dispatch registers the paths with libcli, in whose tree
 * the command of a line is found, and what could stand there for completion and error texts. */
#ifndef MIRRORSH_COMMAND_H
#define MIRRORSH_COMMAND_H

#include "../config/completion.h"

struct context;   /* context.h: for whom it runs */
struct arguments; /* arguments.h */

/* libcli's modes too, except for its own 0 and 1, which it treats in its own way. */
enum command_mode {
    MODE_OPERATIONAL = 2,
    MODE_CONFIGURATION = 4,
    /* Which commands may stand behind another one; command_modes tells. */
    MODE_RUN = 8,    /* behind run: operational ones that do not go to another mode */
    MODE_LEVEL = 16, /* behind top and up: those of the configuration mode that take a path */
};

enum command_status {
    COMMAND_OK,
    COMMAND_FAILED,
    COMMAND_RUNNING /* a monitor: DONE comes later */
};

enum argument_kind {
    ARGUMENT_KEYWORD, /* name stands by itself: "plain" */
    ARGUMENT_NUMBER,  /* name then a number: "interval S" */
    ARGUMENT_OPTION,  /* name then a number, which may be left out: "confirmed [N]" */
    ARGUMENT_TEXT,    /* name then a text: "comment TEXT" */
    ARGUMENT_INTEGER, /* a number by itself, called name: "rollback N" */
    ARGUMENT_NAME,    /* a value by itself: a session, filter, target or interface */
    ARGUMENT_FILE,    /* a value by itself: a file of the console's machine */
    ARGUMENT_PATH,    /* a configuration path to the end of the line */
    ARGUMENT_PACKET,  /* a packet's words to the end of the line (test_packet.h) */
    ARGUMENT_COMMAND, /* another command to the end of the line: run, top, help */
};

/* An optional word or pair of words behind a command's path; all may be left out unless
 * `required`, each at most once, keywords in any order. */
struct argument {
    const char *name; /* keyword; of ARGUMENT_NAME: "NAME" */
    const char *help;
    enum argument_kind kind;
    long minimum, maximum;     /* of a number; ARGUMENT_TEXT: characters */
    const char *list;          /* ARGUMENT_NAME: "session", "filter", "target", "interface";
                                  ARGUMENT_INTEGER: "commit", whose numbers are told;
                                  ARGUMENT_FILE: a word that may stand there instead, or NULL;
                                  ARGUMENT_TEXT: what it is, NULL: TEXT */
    const char *list_help;     /* ARGUMENT_FILE: of that word */
    enum path_purpose purpose; /* ARGUMENT_PATH */
    enum command_mode mode;    /* ARGUMENT_COMMAND: of which; 0: the console's */
    bool required;
    const char *without; /* the argument that it cannot stand with, which its command says */
};

enum { ARGUMENTS_MAX = 6 };

/* The argument of those commands that read a file or what is typed. */
#define FILE_OR_TERMINAL "FILE|terminal"

/* How a command's answer can be shown: `| display json`, `| compare`. */
enum display {
    DISPLAY_TEXT,
    DISPLAY_SET = 1,
    DISPLAY_JSON = 2,
    DISPLAY_COMPARE = 4,
    DISPLAY_PROMETHEUS = 8,
};

/* Runs with what follows the path, checked against the command's rows already. Its text goes to
 * context->out; context->problem stands at the command's first word unless it is given another
 * place; a warning may come with COMMAND_OK. */
typedef enum command_status command_fn(struct context *context, const struct arguments *arguments);

struct command {
    const char *path;                         /* "show sessions" */
    const char *help;                         /* one line */
    unsigned modes;                           /* enum command_mode, ored */
    bool configures;                          /* only for those who may configure */
    bool moves;                               /* to another mode, or out of the console */
    unsigned displays;                        /* enum display, ored: which it has besides text */
    struct argument arguments[ARGUMENTS_MAX]; /* ends with a NULL name */
    command_fn *run;
};

#endif
