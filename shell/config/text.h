/* Trees as text: set lines (saved, loaded, piped), braces (for people), JSON (for programs),
 * and back from set lines. */
#ifndef MIRRORSH_TEXT_H
#define MIRRORSH_TEXT_H

#include "tree.h"

/* Below `path` (canonical, may be empty). Every set line carries its whole path, with one value of
 * a leaf-list; an instance without anything in it is a line of its own; marks follow the lines of
 * what they are on. Braces begin at the path: of a container or an instance what is in it, of a
 * list its instances, of a leaf itself. */
void text_print_set(const struct node *tree, const struct path *path, FILE *out);
void text_print_braces(const struct node *tree, const struct path *path, FILE *out);
/* One node with its name in braces, its marks in front, every line behind `prefix`. */
void text_print_node(const struct node *node, const char *prefix, FILE *out);
/* Its name and values alone, what is below it only hinted at: "session web { ... }". */
void text_print_outline(const struct node *node, FILE *out);
void text_print_comment(const struct node *node, FILE *out);
/* {"configuration":{...}} with a final newline: the tree from its root with nothing but what is at
 * the path; keys with _, flags true, leaf-lists arrays, instances arrays of objects with "name" (or
 * "number"). The marks of an object are its member "@", those of a leaf are "@leaf" beside it:
 * {"inactive":true,"comment":"..."}. Numbers are integers; match values are strings always ("80",
 * "80-90", "tcp"). */
void text_print_json(const struct node *tree, const struct path *path, FILE *out);

/* Adds a text of set, deactivate and annotate lines (a byte order mark in front of it is passed
 * over), blank lines and # comments to the tree; every line that is wrong is a problem with its
 * line and column, the others are taken; where the list of problems is full, nothing is read any
 * more. false: at least one. */
bool text_load(struct node *tree, const char *text, size_t length, struct problems *problems);
/* A text of either kind, for a check of what is only looked at: of a line or statement that is
 * wrong the tree has what can be known (leaves without a value among it), so that the check finds
 * no mere consequences. false: what is behind the last problem was not read. */
bool text_examine(struct node *tree, const char *text, size_t length, struct problems *problems);
bool text_examine_braces(struct node *tree, const char *text, size_t length,
                         struct problems *problems);

/* Adds a text in braces; replaces: what has `replace:` in front takes the place of what is there.
 * As text_load, but of a text whose levels are wrong only the first problem is told. */
bool text_load_braces(struct node *tree, const char *text, size_t length, bool replaces,
                      struct problems *problems);
/* Runs a text of lines that change a configuration: set, delete, activate and the like. */
bool text_load_commands(struct node *tree, const char *text, size_t length,
                        struct problems *problems);
/* Is it such a text of lines, and not one in braces? */
bool text_has_lines(const char *text, size_t length);

/* A string as a JSON string, quotes included; the one such printer of the program. */
void json_string(const char *text, FILE *out);

#endif
