/* A state directory of the tests of store and commit, and trees to put there. */
#ifndef MIRRORSH_TEST_STATE_DIRECTORY_H
#define MIRRORSH_TEST_STATE_DIRECTORY_H

#include "../../shell/config/text.h"
#include "../../shell/running/store.h"
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char state_directory[] = "/tmp/mirrorsh-test-XXXXXX";

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about;
    (void)kind;
    (void)where;
    return remove(path);
}

static inline int make_state(void **state)
{
    (void)state;
    strcpy(state_directory, "/tmp/mirrorsh-test-XXXXXX");
    return mkdtemp(state_directory) ? 0 : -1;
}

static inline int remove_state(void **state)
{
    (void)state;
    return nftw(state_directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static inline const char *state_file(const char *name)
{
    static char path[200];

    snprintf(path, sizeof path, "%s/%s", state_directory, name);
    return path;
}

static inline void write_state(const char *name, const char *text)
{
    FILE *file = fopen(state_file(name), "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static inline struct node *tree_of(const char *text)
{
    struct problems problems = {0};
    struct node *tree = tree_new();

    assert_non_null(tree);
    assert_true(text_load(tree, text, strlen(text), &problems));
    return tree;
}

/* A tree, which it frees, prints that text. */
static inline void assert_tree(struct node *tree, const char *expected)
{
    const struct path whole = {0};
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(tree);
    text_print_set(tree, &whole, out);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
    tree_free(tree);
}

#endif
