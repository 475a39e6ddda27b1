/* A session's N[k|m|g]pps or N[k|m|g]bps: typed text -> canonical text -> what the engine takes. */
#include "value.h"

#include "utf8.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { KILO = 1000, PREFIXES = 4 };

/* Each KILO times the one before. */
static const char *const prefixes[PREFIXES] = {"", "k", "m", "g"};

/* The unit behind a number, "mbps": how much the number is multiplied with. */
static bool read_unit(const char *text, uint64_t *factor, enum rate_unit *unit)
{
    size_t prefix = PREFIXES;

    while (--prefix > 0 && strncasecmp(text, prefixes[prefix], 1) != 0)
        continue;
    text += strlen(prefixes[prefix]);
    for (*factor = 1; prefix > 0; prefix--)
        *factor *= KILO;
    *unit = strcasecmp(text, "bps") == 0 ? RATE_BITS : RATE_PACKETS;
    return *unit == RATE_BITS || strcasecmp(text, "pps") == 0;
}

/* false: it is none. A number that is too large is above RATE_MAX. */
static bool read_rate(const char *text, uint64_t *rate, enum rate_unit *unit)
{
    size_t digits = strspn(text, "0123456789");
    uint64_t factor,
        number = strtoull(text, NULL, 10); /* the largest when it is longer than that */

    if (digits == 0 || !read_unit(text + digits, &factor, unit))
        return false;
    *rate = number > RATE_MAX / factor ? RATE_MAX + 1 : number * factor;
    return true;
}

bool value_rate(const struct schema *row, const char *text, char **canonical, char *why,
                size_t why_size)
{
    char shown[UTF8_SHORT_SIZE], printed[32];
    enum rate_unit unit;
    uint64_t rate;
    size_t prefix = 0;

    utf8_shorten(text, shown);
    if (!read_rate(text, &rate, &unit))
        snprintf(why, why_size, "\"%s\" is not a rate (expected %s)", shown, row->hint);
    else if (rate == 0)
        snprintf(why, why_size, "%s lets nothing through (expected 1 or more)", shown);
    else if (rate > RATE_MAX)
        snprintf(why, why_size, "%s is above 1000g (expected %s)", shown, row->hint);
    else {
        for (; rate % KILO == 0 && prefix + 1 < PREFIXES; prefix++)
            rate /= KILO;
        snprintf(printed, sizeof printed, "%llu%s%s", (unsigned long long)rate, prefixes[prefix],
                 unit == RATE_BITS ? "bps" : "pps");
        *canonical = strdup(printed);
        if (!*canonical)
            snprintf(why, why_size, "out of memory");
        return *canonical;
    }
    return false;
}

uint64_t value_to_rate(const char *text, enum rate_unit *unit)
{
    uint64_t rate = 0;

    *unit = RATE_PACKETS;
    return text && read_rate(text, &rate, unit) ? rate : 0;
}
