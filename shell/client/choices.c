/* Choices that the box offers -> text at the cursor and lists on the screen. */
#include "choices.h"
#include "../config/utf8.h"
#include "../config/words.h"
#include "terminal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool choices_parse(struct choices *choices, char *text)
{
    size_t capacity = 0;

    *choices = (struct choices){.text = text};
    for (char *line = text, *next; *line; line = next) {
        char *kind, *word, *help;

        next = line + strcspn(line, "\n");
        if (*next)
            *next++ = '\0';
        help = line;
        kind = strsep(&help, "\t");
        word = strsep(&help, "\t");
        if (!word)
            continue;
        if (choices->count == capacity) {
            size_t wanted = 2 * capacity + 16;
            struct choice *grown = realloc(choices->at, wanted * sizeof *grown);

            if (!grown) {
                choices_free(choices);
                return false;
            }
            choices->at = grown;
            capacity = wanted;
        }
        choices->at[choices->count++] = (struct choice){
            .word = word, .help = help ? help : "", .hint = *kind == 'H', .syntax = *kind == 'S'};
        choices->words += *kind != 'H';
    }
    return true;
}

void choices_free(struct choices *choices)
{
    free(choices->at);
    free(choices->text);
    *choices = (struct choices){0};
}

/* The longest text that all words begin with, whole characters of it; malloced. *syntax: of the
 * only one. */
static char *common_prefix(const struct choices *choices, bool *syntax)
{
    char *common = NULL;
    size_t length = 0;

    *syntax = false;
    for (size_t i = 0; i < choices->count; i++) {
        const char *word = choices->at[i].word;
        size_t same = 0;

        if (choices->at[i].hint)
            continue;
        if (!common) {
            common = strdup(word);
            if (!common)
                return NULL;
            length = strlen(word);
        }
        *syntax = choices->words == 1 && choices->at[i].syntax;
        while (same < length && word[same] == common[same])
            same++;
        while (same && ((unsigned char)common[same] & 0xc0) == 0x80)
            same--;
        length = same;
    }
    if (common)
        common[length] = '\0';
    return common;
}

/* The word as a line has it: in quotes where it must be, which stay open while it may go on. */
static char *as_typed(const char *word, bool quoted, bool whole)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    word_print(word, out);
    if (fclose(out)) {
        free(text);
        return NULL;
    }
    if (text[0] == '"' && !whole) {
        text[size - 1] = '\0';
    } else if (text[0] != '"' && quoted) {
        char *bare = text;

        if (asprintf(&text, "\"%s%s", bare, whole ? "\"" : "") < 0)
            text = NULL;
        free(bare);
    }
    return text;
}

char *choices_insertion(const struct choices *choices, const char *typed)
{
    bool syntax, whole = choices->words == 1;
    char *common = common_prefix(choices, &syntax);
    char *insertion = NULL;

    if (syntax)
        return common;
    if (common && (*common || whole))
        insertion = as_typed(common, *typed == '"', whole);
    free(common);
    if (insertion && !whole && strlen(insertion) <= strlen(typed)) {
        free(insertion);
        insertion = NULL;
    }
    return insertion;
}

char *choices_list(const struct choices *choices)
{
    enum { WIDEST = 32 };
    char *text = NULL;
    size_t size, widest = 0, columns = terminal_size().columns;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    for (size_t i = 0; i < choices->count; i++) {
        size_t width = utf8_width(choices->at[i].word, strlen(choices->at[i].word));

        if (width > widest && width <= WIDEST)
            widest = width;
    }
    fputs(choices->count ? "Possible completions:\n" : "No completions\n", out);
    for (size_t i = 0; i < choices->count; i++) {
        const struct choice *choice = &choices->at[i];
        size_t width = utf8_width(choice->word, strlen(choice->word));

        size_t fill = width < widest ? widest - width + 2 : 2, taken = 2 + width + fill;

        fprintf(out, "  %s", choice->word);
        if (*choice->help) /* a description may be longer than the line */
            fprintf(out, "%*s%.*s", (int)fill, "",
                    (int)utf8_fit(choice->help, strlen(choice->help),
                                  taken < columns ? columns - taken : columns),
                    choice->help);
        putc('\n', out);
    }
    if (fclose(out)) {
        free(text);
        return NULL;
    }
    return text;
}
