/* What is checked of a profile's rules at a commit: the functions that the rows of profile.c name.
 * For the files of this folder. */
#ifndef MIRRORSH_LIMITS_H
#define MIRRORSH_LIMITS_H

#include "node.h"
#include "profile.h"

struct checking {
    const struct node *tree;  /* what takes part of `whole` */
    const struct node *whole; /* with what is deactivated */
    enum profile profile;
    struct problems *problems;
    bool good;
};

/* Adds "PATH ROW: text" with its place; row "": of the node itself. */
void check_report(struct checking *checking, const struct location *location, const char *row,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* All rules of the tree's profile. */
void check_limits(struct checking *checking);

profile_check_fn limit_number;      /* a leaf's number, or the word it may be instead */
profile_check_fn limit_name;        /* characters of an instance's name */
profile_check_fn limit_values;      /* of a leaf-list */
profile_check_fn limit_rules;       /* of a filter */
profile_check_fn limit_direction;   /* rules of each of its directions */
profile_check_fn limit_description; /* what no description below an instance may have */
profile_check_fn limit_kinds;       /* what the sources of a session may be */
profile_check_fn limit_public;      /* a session whose source is a public IP */

profile_check_fn limit_instances;  /* of a list */
profile_check_fn limit_users_one;  /* sessions of a target with one receiver */
profile_check_fn limit_users_many; /* with several */
profile_check_fn limit_users;      /* sessions of a filter */
profile_check_fn limit_of_source;  /* sessions of a source */
profile_check_fn unique_on_source; /* priorities of them */

#endif
