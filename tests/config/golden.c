/* What a text of set lines becomes: the problems of loading and checking it, then the tree in its
 * three printed forms. golden.sh holds it against the .ok files. */
#include "../../shell/config/check.h"
#include "../../shell/config/text.h"
#include <stdlib.h>

static char *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "r"), *copy;
    char *text, buffer[4096];
    size_t count;

    if (!file || !(copy = open_memstream(&text, length))) {
        perror(path);
        exit(1);
    }
    while ((count = fread(buffer, 1, sizeof buffer, file)) > 0)
        fwrite(buffer, 1, count, copy);
    fclose(file);
    fclose(copy);
    return text;
}

int main(int argc, char **argv)
{
    const struct path whole = {0};
    struct problems loading = {0}, checking = {0};
    struct node *tree = tree_new();
    size_t length;

    if (argc != 2 || !tree) {
        fputs("usage: golden FILE.in\n", stderr);
        return 2;
    }
    char *text = read_file(argv[1], &length);
    text_load(tree, text, length, &loading);
    check(tree, &checking);
    for (size_t i = 0; i < loading.count; i++)
        printf("%u:%u: %s\n", loading.at[i].line, loading.at[i].column, loading.at[i].text);
    for (size_t i = 0; i < checking.count; i++)
        printf("check: %s\n", checking.at[i].text);
    puts("--- set");
    text_print_set(tree, &whole, stdout);
    puts("--- braces");
    text_print_braces(tree, &whole, stdout);
    puts("--- json");
    text_print_json(tree, &whole, stdout);
    problems_free(&loading);
    problems_free(&checking);
    tree_free(tree);
    free(text);
    return 0;
}
