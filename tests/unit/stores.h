/* Stores in a directory of the test, what is committed to them and what is found there then. For
 * the tests of the store. */
#ifndef MIRRORSH_TEST_STORES_H
#define MIRRORSH_TEST_STORES_H

#include "state_directory.h"

static const struct assignments no_vnis;

static inline struct store *open_store(void)
{
    struct store *store;
    char why[600] = "";

    assert_int_equal(store_open(&store, state_directory, why, sizeof why), 0);
    return store;
}

static inline bool accept_all(void *context, const struct node *tree, struct assignments *assigned,
                              char *why, size_t why_size)
{
    (void)context;
    (void)tree;
    (void)assigned;
    (void)why;
    (void)why_size;
    return true;
}

static inline struct node *load(store_accept_fn *accept)
{
    struct store *store = open_store();
    struct assignments assigned;
    struct node *tree = store_load(store, accept, NULL, &assigned);

    assignments_free(&assigned);
    store_close(store);
    return tree;
}

/* 0 or the error of a save, with its text. */
static inline int save_step(struct store *store, enum store_step step, const char *text, char *why,
                            size_t why_size)
{
    struct node *tree = tree_of(text);
    struct store_save *save;

    assert_int_equal(store_save_begin(store,
                                      &(struct store_commit){step, tree, &no_vnis, &no_vnis,
                                                             &(struct record){.when = 1}},
                                      &save),
                     0);
    tree_free(tree);
    int error = store_save_run(save, why, why_size);
    store_save_end(save);
    return error;
}

static inline int save(struct store *store, const char *text, char *why, size_t why_size)
{
    return save_step(store, STORE_COMMIT, text, why, why_size);
}

static inline void commit(struct store *store, const char *text)
{
    char why[600] = "";

    assert_int_equal(save(store, text, why, sizeof why), 0);
}

/* The first line of a file; "" when there is none. */
static inline const char *first_line(const char *name)
{
    static char line[200];
    FILE *file = fopen(state_file(name), "r");

    if (!file || !fgets(line, sizeof line, file))
        line[0] = '\0';
    if (file)
        fclose(file);
    return line;
}

static inline bool exists(const char *name)
{
    struct stat about;

    return lstat(state_file(name), &about) == 0;
}

static inline void host(char *text, size_t size, int number)
{
    snprintf(text, size, "set system host-name h%d\n", number);
}

#endif
