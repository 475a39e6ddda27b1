/* line -> words. The one tokenizer: of typed lines, scripts and saved configuration.
 * Blanks separate words; "..." quotes, in which \" and \\ stand for themselves, as they do
 * outside quotes too; an unquoted | is a word of its own. */
#ifndef MIRRORSH_WORDS_H
#define MIRRORSH_WORDS_H

#include "problem.h"
#include <stdbool.h>
#include <stdio.h>

struct word {
    char *text;     /* without quotes and escapes; points into words->storage */
    uint32_t start; /* byte offset in the line of its first character, a quote included */
    uint32_t end;   /* byte offset behind its last */
    bool quoted;    /* some of it was in quotes: never a pipe, a keyword or a comment */
};

struct words {
    struct word *at; /* at[count] stands where one more would be missing: behind the last */
    size_t count;
    bool open_quote; /* the line ended inside quotes (the last word is what came so far) */
    char *storage;
};

/* Splits the whole line; a line end behind it is ignored, a comment line (its first word begins
 * with an unquoted #) has no words. false with *problem for a control character, invalid UTF-8
 * or an unclosed quote (a NUL ends the line: who reads files looks for it). *words is filled in
 * either case as far as it goes, freed with words_free. A completion takes an open quote as it is.
 */
bool words_split(const char *line, struct words *words, struct problem *problem);
/* Whether these first bytes of a line end inside quotes. */
bool words_in_quotes(const char *line, size_t length);
/* Leaves the first `count`; at[count] is the place behind them then. */
void words_cut(struct words *words, size_t count);
void words_free(struct words *words);

/* 1-based column in characters of a byte offset; columns count code points. */
uint32_t words_column(const char *line, size_t offset);

/* Of a text, both from 1 on; characters count. */
struct place {
    uint32_t line, column;
};
/* Moves it over so many bytes. */
void place_pass(struct place *place, const char *text, size_t length);

/* Begins the text or ends it with a bracket that has no partner in it? As a word of a list it
 * stands in quotes. */
bool words_bracketed(const char *text);

/* Writes a word so that words_split reads it back, and so does who reads braces: bare, or in quotes
 * where it must be. */
void word_print(const char *text, FILE *out);
void word_print_quoted(const char *text, FILE *out);

#endif
