/* UTF-8: what words, names, messages and columns need of it. Independent of the locale but for the
 * widths, which are wcwidth's under any locale of UTF-8. */
#ifndef MIRRORSH_UTF8_H
#define MIRRORSH_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The code point that a NUL-terminated text begins with: its length in bytes; 0 at the end of
 * the text and where it is not UTF-8 (overlong forms and surrogates are not). */
size_t utf8_decode(const char *text, uint32_t *code);
/* In code points; a byte that is not UTF-8 counts as one. */
size_t utf8_length(const char *text);
/* The bytes of the byte order mark that a file or pipe may begin with: 3, or 0. */
size_t utf8_mark(const char *text, size_t length);
/* C0, DEL and C1: what a terminal may obey. */
bool utf8_is_control(uint32_t code);
/* Beyond ASCII: may it be part of a name? Letters and marks of any script: what lies in the blocks
 * of controls, blanks, punctuation and symbols is not. */
bool utf8_is_letter(uint32_t code);

/* How many columns of a terminal the first `length` bytes of a text take, and how many of them fit
 * into `columns`. What is no character takes one. */
size_t utf8_width(const char *text, size_t length);
size_t utf8_fit(const char *text, size_t length, size_t columns);

/* What is no character, or what a terminal would obey, becomes a `?`: the kernel takes nearly any
 * bytes as an interface's name. */
void utf8_make_printable(char *text);

/* Drops a code point that was cut in two at the end of the text. */
void utf8_trim(char *text);

/* A text for a message: the whole of it, or its beginning and "...". Returns `to`. */
enum { UTF8_SHORT_CHARACTERS = 64, UTF8_SHORT_SIZE = UTF8_SHORT_CHARACTERS * 4 + 4 };
const char *utf8_shorten(const char *text, char to[static UTF8_SHORT_SIZE]);

#endif
