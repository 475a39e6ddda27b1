/* PCRE2 with all its bounds set: see pattern.h. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "pattern.h"
#include "../config/words.h"
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Of one search: steps as PCRE2 counts them (some tens of milliseconds), memory, and processor
 * time, as one step may go through the whole text; it is looked at now and then. */
enum { STEPS_MAX = 1000000, HEAP_KIB_MAX = 16 * 1024, TIME_MS_MAX = 300, LOOK_EVERY = 64 };

struct pattern {
    unsigned items; /* of the expression that were tried in this search */
    uint64_t begun_ms;
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *bounds;
};

static pcre2_code *compile(const char *text, char *why, size_t why_size)
{
    pcre2_compile_context *bounds = pcre2_compile_context_create(NULL);
    pcre2_code *code = NULL;
    PCRE2_UCHAR message[160] = "out of memory";
    size_t at = 0;
    int error = 0;

    if (bounds) {
        pcre2_set_parens_nest_limit(bounds, PATTERN_NEST_MAX);
        code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
                             PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_AUTO_CALLOUT |
                                 PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY,
                             &error, &at, bounds);
        if (!code)
            pcre2_get_error_message(error, message, sizeof message);
    }
    if (!code)
        snprintf(why, why_size, "%s at character %u", (const char *)message,
                 words_column(text, at));
    pcre2_compile_context_free(bounds);
    return code;
}

static uint64_t processor_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Called in front of each item of the expression that is tried. */
static int look_at_clock(pcre2_callout_block *block, void *context)
{
    struct pattern *pattern = context;

    (void)block;
    if (++pattern->items % LOOK_EVERY)
        return 0;
    if (pattern->items == LOOK_EVERY)
        pattern->begun_ms = processor_ms();
    return processor_ms() - pattern->begun_ms > TIME_MS_MAX ? PCRE2_ERROR_CALLOUT : 0;
}

struct pattern *pattern_compile(const char *text, char *why, size_t why_size)
{
    struct pattern *pattern;

    if (strlen(text) > PATTERN_BYTES_MAX) {
        snprintf(why, why_size, "it is longer than %d bytes", PATTERN_BYTES_MAX);
        return NULL;
    }
    pattern = calloc(1, sizeof *pattern);
    if (pattern)
        pattern->code = compile(text, why, why_size);
    else
        snprintf(why, why_size, "out of memory");
    if (!pattern || !pattern->code) {
        free(pattern);
        return NULL;
    }
    pattern->data = pcre2_match_data_create(1, NULL);
    pattern->bounds = pcre2_match_context_create(NULL);
    if (!pattern->data || !pattern->bounds) {
        snprintf(why, why_size, "out of memory");
        pattern_free(pattern);
        return NULL;
    }
    pcre2_set_match_limit(pattern->bounds, STEPS_MAX);
    pcre2_set_callout(pattern->bounds, look_at_clock, pattern);
    pcre2_set_heap_limit(pattern->bounds, HEAP_KIB_MAX);
    return pattern;
}

void pattern_free(struct pattern *pattern)
{
    if (!pattern)
        return;
    pcre2_match_context_free(pattern->bounds);
    pcre2_match_data_free(pattern->data);
    pcre2_code_free(pattern->code);
    free(pattern);
}

enum pattern_verdict pattern_search(struct pattern *pattern, const char *text, size_t length)
{
    pattern->items = 0;
    int found =
        pcre2_match(pattern->code, (PCRE2_SPTR)text, length, 0, 0, pattern->data, pattern->bounds);

    if (found >= 0)
        return PATTERN_FOUND;
    return found == PCRE2_ERROR_NOMATCH ? PATTERN_ABSENT : PATTERN_COSTLY;
}
