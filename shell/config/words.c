/* line -> words: the first step of every command, typed, piped or saved. */
#include "words.h"

#include "utf8.h"
#include <stdlib.h>
#include <string.h>

/* The line as it is being split. */
struct splitter {
    const char *line;
    size_t at, end; /* byte offsets */
    char *to;       /* where the next byte of a word goes in words->storage */
    struct words *words;
    struct problem *problem;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool fail_at(struct splitter *s, size_t offset, const char *what, unsigned byte)
{
    problem_at(s->problem, NULL, what, byte);
    s->problem->at = (uint32_t)offset;
    return false;
}

/* With room for the end behind it. */
static struct word *new_word(struct splitter *s)
{
    struct words *words = s->words;
    size_t count = ++words->count;

    if ((count & (count - 1)) == 0) { /* room for a power of two is what there is */
        struct word *at = realloc(words->at, 2 * count * sizeof *at);
        if (!at) {
            words->count--;
            fail_at(s, s->at, "out of memory", 0);
            return NULL;
        }
        words->at = at;
    }
    words->at[count - 1] = (struct word){.text = s->to, .start = (uint32_t)s->at};
    return &words->at[count - 1];
}

/* One character, escaped or not, from the line to the word. */
static bool take_character(struct splitter *s)
{
    const char *from = s->line + s->at;
    uint32_t code;

    if (from[0] == '\\' && (from[1] == '"' || from[1] == '\\')) {
        *s->to++ = from[1];
        s->at += 2;
        return true;
    }
    size_t length = utf8_decode(from, &code);
    if (length == 0)
        return fail_at(s, s->at, "byte 0x%02x is not UTF-8", (unsigned char)from[0]);
    if (utf8_is_control(code) && code != '\t')
        return fail_at(s, s->at, "control character 0x%02x", code);
    memcpy(s->to, from, length);
    s->to += length;
    s->at += length;
    return true;
}

static bool take_word(struct splitter *s)
{
    struct word *word = new_word(s);
    size_t opened = 0;
    bool inside = false, good = word;

    if (!good)
        return false;
    if (s->line[s->at] == '|') {
        good = take_character(s);
    } else {
        while (good && s->at < s->end) {
            char c = s->line[s->at];
            if (!inside && (is_blank(c) || c == '|'))
                break;
            if (c == '"') {
                inside = !inside;
                word->quoted = true;
                opened = s->at++;
            } else {
                good = take_character(s);
            }
        }
    }
    *s->to++ = '\0';
    word->end = (uint32_t)s->at;
    words_cut(s->words, s->words->count);
    s->words->open_quote = good && inside;
    if (good && inside)
        return fail_at(s, opened, "the quote is not closed", 0);
    return good;
}

bool words_split(const char *line, struct words *words, struct problem *problem)
{
    struct splitter s = {.line = line, .end = strlen(line), .words = words, .problem = problem};

    *words = (struct words){0};
    while (s.end > 0 && strchr("\r\n", line[s.end - 1]))
        s.end--;
    if (s.end > UINT32_MAX / 4)
        return fail_at(&s, 0, "the line is too long", 0);
    words->storage = malloc(2 * s.end + 2); /* every character a word of its own at the most */
    words->at = malloc(sizeof *words->at);
    if (!words->storage || !words->at)
        return fail_at(&s, 0, "out of memory", 0);
    words_cut(words, 0);
    s.to = words->storage;
    for (;;) {
        while (s.at < s.end && is_blank(line[s.at]))
            s.at++;
        if (s.at == s.end || (words->count == 0 && line[s.at] == '#'))
            return true;
        if (!take_word(&s))
            return false;
    }
}

bool words_in_quotes(const char *line, size_t length)
{
    char *front = strndup(line, length);
    struct words words = {0};
    struct problem problem;
    bool open = false;

    if (front) {
        words_split(front, &words, &problem);
        open = words.open_quote;
        words_free(&words);
    }
    free(front);
    return open;
}

void words_cut(struct words *words, size_t count)
{
    static char nothing[] = "";
    uint32_t end = count == 0 ? 0 : words->at[count - 1].end;

    words->at[count] = (struct word){.text = nothing, .start = end, .end = end};
    words->count = count;
}

void words_free(struct words *words)
{
    free(words->at);
    free(words->storage);
    *words = (struct words){0};
}

uint32_t words_column(const char *line, size_t offset)
{
    uint32_t column = 1;

    for (size_t i = 0; i < offset && line[i] != '\0'; i++)
        if (((unsigned char)line[i] & 0xc0) != 0x80)
            column++;
    return column;
}

void place_pass(struct place *place, const char *text, size_t length)
{
    for (const char *end = text + length; text < end; text++)
        if (*text == '\n')
            *place = (struct place){place->line + 1, 1};
        else
            place->column += ((unsigned char)*text & 0xc0) != 0x80;
}

bool words_bracketed(const char *text)
{
    size_t length = strlen(text);

    return length > 0 &&
           ((text[0] == '[' && !strchr(text, ']')) || (text[0] != '[' && text[length - 1] == ']'));
}

void word_print(const char *text, FILE *out)
{
    if (*text != '\0' && *text != '#' && !strpbrk(text, " \t\"\\|{};") && !words_bracketed(text) &&
        strncmp(text, "/*", 2) != 0)
        fputs(text, out);
    else
        word_print_quoted(text, out);
}

void word_print_quoted(const char *text, FILE *out)
{
    putc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            putc('\\', out);
        putc(*text, out);
    }
    putc('"', out);
}
