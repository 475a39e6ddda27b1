/* UTF-8 for the flow line -> words -> names: decoding that trusts nothing, and the classes of
 * code points that names are made of. */
#include "utf8.h"

#include <string.h>
#include <wchar.h>

size_t utf8_decode(const char *text, uint32_t *code)
{
    const unsigned char *s = (const unsigned char *)text;
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

    if (s[0] == 0 || length == 0 || s[0] > 0xf4)
        return 0;
    if (length == 1) {
        *code = s[0];
        return 1;
    }
    uint32_t value = s[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80) /* the NUL at the end too */
            return 0;
        value = value << 6 | (s[i] & 0x3fu);
    }
    if (value < smallest[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *code = value;
    return length;
}

size_t utf8_length(const char *text)
{
    size_t count = 0;
    uint32_t code;

    while (*text != '\0') {
        size_t length = utf8_decode(text, &code);
        text += length == 0 ? 1 : length;
        count++;
    }
    return count;
}

size_t utf8_mark(const char *text, size_t length)
{
    return length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

bool utf8_is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

bool utf8_is_letter(uint32_t code)
{
    /* Blocks of Unicode that hold no letters, in ascending order. */
    static const struct {
        uint32_t first, last;
    } others[] = {
        {0x00, 0xa9},       {0xab, 0xb4},       {0xb6, 0xb9},       {0xbb, 0xbf},
        {0xd7, 0xd7},       {0xf7, 0xf7},       {0x2c2, 0x2c5},     {0x2d2, 0x2df},
        {0x37e, 0x37e},     {0x387, 0x387},     {0x55a, 0x55f},     {0x589, 0x58f},
        {0x5be, 0x5be},     {0x5c0, 0x5c0},     {0x5c3, 0x5c3},     {0x5c6, 0x5c6},
        {0x5f3, 0x5f4},     {0x600, 0x60f},     {0x61b, 0x61f},     {0x66a, 0x66d},
        {0x6d4, 0x6d4},     {0x6dd, 0x6de},     {0x700, 0x70f},     {0x964, 0x965},
        {0xe3f, 0xe3f},     {0x10fb, 0x10fb},   {0x115f, 0x1160},   {0x1680, 0x1680},
        {0x1800, 0x180e},   {0x2000, 0x2070},   {0x2074, 0x207e},   {0x2080, 0x208e},
        {0x20a0, 0x20cf},   {0x2190, 0x2bff},   {0x2e00, 0x2e7f},   {0x2ff0, 0x3004},
        {0x3008, 0x3020},   {0x3030, 0x3030},   {0x3036, 0x3037},   {0x303d, 0x303f},
        {0x30a0, 0x30a0},   {0x30fb, 0x30fb},   {0x3164, 0x3164},   {0x3200, 0x33ff},
        {0x4dc0, 0x4dff},   {0xd800, 0xf8ff},   {0xfd3e, 0xfd3f},   {0xfdd0, 0xfdef},
        {0xfe00, 0xfe1f},   {0xfe30, 0xfe6f},   {0xfeff, 0xff0f},   {0xff1a, 0xff20},
        {0xff3b, 0xff40},   {0xff5b, 0xff65},   {0xffa0, 0xffa0},   {0xffe0, 0xffff},
        {0x10100, 0x1013f}, {0x1d000, 0x1d24f}, {0x1f000, 0x1faff}, {0xe0000, 0xffffffff},
    };
    size_t low = 0, high = sizeof others / sizeof *others;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (code > others[middle].last)
            low = middle + 1;
        else if (code < others[middle].first)
            high = middle;
        else
            return false;
    }
    return true;
}

/* Bytes of the first character (at least one), and its columns. */
static size_t character(const char *text, size_t length, size_t *columns)
{
    uint32_t code;
    size_t bytes = utf8_decode(text, &code);

    *columns = 1;
    if (bytes == 0 || bytes > length)
        return 1;
    if (wcwidth((wchar_t)code) >= 0)
        *columns = (size_t)wcwidth((wchar_t)code);
    return bytes;
}

size_t utf8_width(const char *text, size_t length)
{
    size_t width = 0;

    for (size_t at = 0, columns; at < length; width += columns)
        at += character(text + at, length - at, &columns);
    return width;
}

size_t utf8_fit(const char *text, size_t length, size_t columns)
{
    size_t at = 0, width = 0;

    while (at < length) {
        size_t wide, bytes = character(text + at, length - at, &wide);

        if (width + wide > columns)
            break;
        width += wide;
        at += bytes;
    }
    return at;
}

void utf8_trim(char *text)
{
    size_t length = strlen(text), tail = 0;
    uint32_t code;

    while (tail < length && tail < 3 && ((unsigned char)text[length - 1 - tail] & 0xc0) == 0x80)
        tail++;
    if (tail < length && ((unsigned char)text[length - 1 - tail] & 0x80) != 0)
        tail++;
    if (tail > 0 && utf8_decode(text + length - tail, &code) != tail)
        text[length - tail] = '\0';
}

const char *utf8_shorten(const char *text, char to[static UTF8_SHORT_SIZE])
{
    size_t bytes = 0;
    uint32_t code;

    for (size_t i = 0; i < UTF8_SHORT_CHARACTERS && text[bytes] != '\0'; i++) {
        size_t length = utf8_decode(text + bytes, &code);
        bytes += length == 0 ? 1 : length;
    }
    memcpy(to, text, bytes);
    for (size_t i = 0; i < bytes; i++)
        if (to[i] == '\t') /* the one control character that a word may have */
            to[i] = ' ';
    strcpy(to + bytes, text[bytes] == '\0' ? "" : "...");
    return to;
}

void utf8_make_printable(char *text)
{
    char *to = text;
    uint32_t code;

    while (*text != '\0') {
        size_t length = utf8_decode(text, &code);
        bool printable = length > 0 && !utf8_is_control(code);

        length = length == 0 ? 1 : length;
        if (printable)
            memmove(to, text, length);
        else
            *to = '?';
        to += printable ? length : 1;
        text += length;
    }
    *to = '\0';
}
