/* Prints the configuration's tables as the manual page has them, for tests/tables.sh: a line a
 * leaf, its path and what it takes; with the word `defaults` only those that have one, and ": "
 * and that behind them. The two lists of a filter have the same rows and share their lines; what a
 * rule's further conditions take is what the rule does, in a line of its own. */
#include "../../shell/config/profile.h"
#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 256 };

static void print_value(const struct schema *row)
{
    const char *between = " ";
    for (const struct schema_choice *choice = row->choices; choice && choice->name; choice++) {
        printf("%s%s", between, choice->name);
        between = "|";
    }
    if (row->hint) {
        printf("%s%s", between, row->hint);
        between = "|";
    }
    if (row->also.name)
        printf("%s%s", between, row->also.name);
    fputs(row->kind == SCHEMA_LEAF_LIST ? "..." : "", stdout);
}

static void print_rows(const struct schema *rows, const char *path, bool defaults)
{
    for (const struct schema *row = rows; row->name; row++) {
        char below[PATH_SIZE];
        bool condition = strcmp(row->name, "condition") == 0;
        const char *key = row->kind != SCHEMA_LIST ? ""
                          : condition              ? " M"
                          : row->numeric_key       ? " N"
                          : schema_implied(row)    ? " KEY"
                                                   : " NAME";
        const char *name = strcmp(row->name, "ingress") == 0 ? "ingress|egress" : row->name;
        if (strcmp(row->name, "egress") == 0)
            continue;
        if (row->implied)
            snprintf(below, sizeof below, "%s", path);
        else
            snprintf(below, sizeof below, "%s%s%s%s", path, *path ? " " : "", name, key);
        if (row->kind == SCHEMA_CONTAINER || row->kind == SCHEMA_LIST) {
            print_rows(row->children, below, defaults);
            if (condition && !defaults)
                printf("%s MATCH...\n", below);
            continue;
        }
        if (row->match && strstr(path, " condition "))
            continue;
        char default_text[PROFILE_DEFAULTS_SIZE];
        if (defaults && !*profile_defaults(row, default_text))
            continue;
        fputs(below, stdout);
        print_value(row);
        if (defaults)
            printf(": %s", default_text);
        putchar('\n');
    }
}

int main(int count, char **arguments)
{
    print_rows(schema_root()->children, "", count > 1 && strcmp(arguments[1], "defaults") == 0);
    return 0;
}
