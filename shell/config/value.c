/* Values of the configuration tree: typed text -> canonical text, on the way from words to the
 * tree. Equal values have equal texts, so the tree compares and prints nothing but texts. */
#include "value.h"

#include "utf8.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool __attribute__((format(printf, 3, 4)))
refuse(char *why, size_t why_size, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(why, why_size, format, arguments);
    va_end(arguments);
    return false;
}

static bool keep(const char *text, char **canonical, char *why, size_t why_size)
{
    *canonical = strdup(text);
    return *canonical || refuse(why, why_size, "out of memory");
}

static bool begins(const char *text, const char *with)
{
    return with[0] != '\0' && strncmp(text, with, strlen(with)) == 0;
}

static void append(char *out, size_t size, const char *text)
{
    size_t length = strlen(out);

    snprintf(out + length, size - length, "%s", text);
}

void value_expected(const struct schema *row, char out[static VALUE_EXPECTED_SIZE])
{
    out[0] = '\0';
    if (row->choices) {
        append(out, VALUE_EXPECTED_SIZE, !row->choices[1].name ? "" : "one of: ");
        for (size_t i = 0; row->choices[i].name; i++) {
            append(out, VALUE_EXPECTED_SIZE, i == 0 ? "" : ", ");
            append(out, VALUE_EXPECTED_SIZE, row->choices[i].name);
        }
    } else if (row->parse == value_number) {
        snprintf(out, VALUE_EXPECTED_SIZE, "%ld-%ld", row->minimum, row->maximum);
        if (row->also.name) {
            append(out, VALUE_EXPECTED_SIZE, " or ");
            append(out, VALUE_EXPECTED_SIZE, row->also.name);
        }
    } else if (row->parse == value_name) {
        snprintf(out, VALUE_EXPECTED_SIZE, "%ld-%ld letters, digits, _ - .", row->minimum,
                 row->maximum);
    } else {
        append(out, VALUE_EXPECTED_SIZE, !row->hint ? "a value" : row->hint);
    }
}

bool value_number(const struct schema *row, const char *text, char **canonical, char *why,
                  size_t why_size)
{
    char expected[VALUE_EXPECTED_SIZE], shown[UTF8_SHORT_SIZE], digits[24];
    const char *first = text + (text[0] == '-' ? 1 : 0);
    size_t length = strspn(first, "0123456789");

    if (row->also.name && begins(row->also.name, text))
        return keep(row->also.name, canonical, why, why_size);
    value_expected(row, expected);
    utf8_shorten(text, shown);
    if (length == 0 || first[length] != '\0')
        return refuse(why, why_size, "\"%s\" is not a number (expected %s)", shown, expected);
    while (first[0] == '0' && length > 1) {
        first++;
        length--;
    }
    /* more digits than a long surely has: above every maximum */
    long number = length > 18 ? row->maximum : strtol(first, NULL, 10);
    if ((text[0] == '-' && first[0] != '0') || number < row->minimum)
        return refuse(why, why_size, "%s is below %ld (expected %s)", shown, row->minimum,
                      expected);
    if (length > 18 || number > row->maximum)
        return refuse(why, why_size, "%s is above %ld (expected %s)", shown, row->maximum,
                      expected);
    snprintf(digits, sizeof digits, "%ld", number);
    return keep(digits, canonical, why, why_size);
}

long value_to_number(const char *text, long other)
{
    return !text || text[0] < '0' || text[0] > '9' ? other : strtol(text, NULL, 10);
}

bool value_choice(const struct schema *row, const char *text, char **canonical, char *why,
                  size_t why_size)
{
    char expected[VALUE_EXPECTED_SIZE], shown[UTF8_SHORT_SIZE];
    const char *found = NULL;
    size_t count = 0;

    for (const struct schema_choice *choice = row->choices; choice->name; choice++) {
        if (strcmp(choice->name, text) == 0)
            return keep(text, canonical, why, why_size);
        if (begins(choice->name, text)) {
            found = choice->name;
            count++;
        }
    }
    if (count == 1)
        return keep(found, canonical, why, why_size);
    value_expected(row, expected);
    return refuse(why, why_size, "\"%s\" is %s, expected %s", utf8_shorten(text, shown),
                  count == 0 ? "unknown" : "ambiguous", expected);
}

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* minimum-maximum characters of UTF-8, no control characters. */
static bool good_text(const struct schema *row, const char *text, char *why, size_t why_size)
{
    size_t count = utf8_length(text), length;
    uint32_t code;

    if (count < (size_t)row->minimum)
        return refuse(why, why_size, "is empty (expected %ld-%ld characters)", row->minimum,
                      row->maximum);
    if (count > (size_t)row->maximum)
        return refuse(why, why_size, "has %zu characters (expected %ld-%ld)", count, row->minimum,
                      row->maximum);
    for (const char *at = text; *at != '\0'; at += length) {
        length = utf8_decode(at, &code);
        if (length == 0)
            return refuse(why, why_size, "is not UTF-8");
        if (utf8_is_control(code))
            return refuse(why, why_size, "has control character 0x%02x", code);
    }
    return true;
}

bool value_name(const struct schema *row, const char *text, char **canonical, char *why,
                size_t why_size)
{
    char shown[UTF8_SHORT_SIZE];
    uint32_t code;
    size_t length;

    if (!good_text(row, text, why, why_size))
        return false;
    for (const char *at = text; *at != '\0'; at += length) {
        length = utf8_decode(at, &code);
        if (code < 0x80 ? !is_alphanumeric(*at) && !strchr("_-.", *at) : !utf8_is_letter(code))
            return refuse(why, why_size,
                          "\"%s\" is not a name: it has \"%.*s\" (expected letters, digits, _ - .)",
                          utf8_shorten(text, shown), (int)length, at);
    }
    return keep(text, canonical, why, why_size);
}

bool value_text(const struct schema *row, const char *text, char **canonical, char *why,
                size_t why_size)
{
    return good_text(row, text, why, why_size) && keep(text, canonical, why, why_size);
}

/* As the kernel's dev_valid_name sees it. */
bool value_is_interface(const char *text)
{
    size_t length = strlen(text);

    return length > 0 && length < INTERFACE_NAME_MAX && strcmp(text, ".") != 0 &&
           strcmp(text, "..") != 0 && !strpbrk(text, "/: \t\n\v\f\r");
}

bool value_interface(const struct schema *row, const char *text, char **canonical, char *why,
                     size_t why_size)
{
    char shown[UTF8_SHORT_SIZE];

    (void)row;
    if (!value_is_interface(text))
        return refuse(why, why_size,
                      "\"%s\" is not an interface name (expected 1-%d bytes without blanks, / and "
                      ":)",
                      utf8_shorten(text, shown), INTERFACE_NAME_MAX - 1);
    return keep(text, canonical, why, why_size);
}

bool value_match(const struct schema *row, const char *text, char **canonical, char *why,
                 size_t why_size)
{
    char printed[MATCH_TEXT_MAX], reason[VALUE_EXPECTED_SIZE], shown[UTF8_SHORT_SIZE];
    struct match_value value;

    if (match_value_parse(row->match, text, &value, reason, sizeof reason)) {
        match_value_print(row->match, &value, printed);
        return keep(printed, canonical, why, why_size);
    }
    if (!begins(reason, "expected ")) /* it names what is wrong by itself */
        return refuse(why, why_size, "%s", reason);
    return refuse(why, why_size, "\"%s\" is %s, %s", utf8_shorten(text, shown),
                  row->match->kind == MATCH_NAMED ? "unknown" : "wrong", reason);
}
