/* The lines of the file of records: `SERIAL DIGEST TIME confirmed|unconfirmed USER
 * CONSOLE COMMENT`, words as those of a configuration. See record.h. */
#include "record.h"
#include "../config/words.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void author_text(const struct author *author, char text[static AUTHOR_MAX])
{
    bool terminal = *author->terminal;

    snprintf(text, AUTHOR_MAX, "%s%s%s%s", author->user, terminal ? " (" : "", author->terminal,
             terminal ? ")" : "");
}

/* FNV-1a */
uint64_t record_digest(const char *text, size_t length)
{
    uint64_t digest = 0xcbf29ce484222325;

    for (size_t i = 0; i < length; i++)
        digest = (digest ^ (unsigned char)text[i]) * 0x100000001b3;
    return digest ? digest : 1;
}

void record_print(const struct record_line *line, FILE *out)
{
    const struct record *record = &line->record;
    const char *words[] = {record->author.user, record->author.terminal, record->comment};

    fprintf(out, "%lu %016" PRIx64 " %lld %s", line->serial, line->digest, (long long)record->when,
            record->unconfirmed ? "unconfirmed" : "confirmed");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        putc(' ', out);
        word_print(words[i], out);
    }
    putc('\n', out);
}

static bool read_number(const char *text, int base, unsigned long long *value)
{
    char *behind;

    errno = 0;
    *value = strtoull(text, &behind, base);
    return *text && *text != '-' && !*behind && !errno;
}

static bool read_text(const char *text, char *to, size_t size)
{
    return (size_t)snprintf(to, size, "%s", text) < size;
}

static bool parse_words(const struct words *words, struct record_line *line)
{
    unsigned long long serial, digest, when;
    struct record *record = &line->record;

    if (words->count != 7 || !read_number(words->at[0].text, 10, &serial) ||
        !read_number(words->at[1].text, 16, &digest) ||
        !read_number(words->at[2].text, 10, &when) || digest == 0)
        return false;
    line->serial = (unsigned long)serial;
    line->digest = digest;
    record->when = (time_t)when;
    record->unconfirmed = strcmp(words->at[3].text, "unconfirmed") == 0;
    return read_text(words->at[4].text, record->author.user, sizeof record->author.user) &&
           read_text(words->at[5].text, record->author.terminal, sizeof record->author.terminal) &&
           read_text(words->at[6].text, record->comment, sizeof record->comment);
}

bool record_parse(const char *text, struct record_line *line)
{
    struct problem problem;
    struct words words = {0};

    *line = (struct record_line){0};
    bool parsed = words_split(text, &words, &problem) && parse_words(&words, line);
    words_free(&words);
    return parsed;
}
