/* A program is loaded when it is wanted, and unless another one is, stays as it is: to exchange it
 * costs the kernel more than to go on with it. */
#include "feed_filter.h"

#include "io/bpf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void feed_filter_init(struct feed_filter *filter)
{
    *filter = (struct feed_filter){.program = -1, .counts = -1};
}

void feed_filter_unload(struct feed_filter *filter)
{
    if (filter->program >= 0)
        close(filter->program);
    filter->program = -1;
}

static void forget_code(struct feed_filter *filter)
{
    free(filter->code);
    filter->code = NULL;
    filter->length = 0;
}

void feed_filter_free(struct feed_filter *filter)
{
    feed_filter_unload(filter);
    forget_code(filter);
    if (filter->counts >= 0)
        close(filter->counts);
}

/* One that was refused is tried again with every plan. */
bool feed_filter_exchange(struct feed_filter *filter, const struct prefilter_program *next)
{
    uint32_t length = next ? next->length : 0;
    size_t size = length * sizeof *next->code;
    if (filter->length == length && (!length || !memcmp(filter->code, next->code, size)))
        return false;
    forget_code(filter);
    filter->refused = 0;
    if (!length)
        return true;
    filter->code = malloc(size);
    if (!filter->code)
        return true;
    memcpy(filter->code, next->code, size);
    filter->length = length;
    filter->map_at = next->map_at;
    return true;
}

bool feed_filter_load(struct feed_filter *filter)
{
    if (filter->program >= 0 || !filter->code)
        return false;
    if (filter->counts < 0)
        filter->counts = bpf_counts_open();
    int error = filter->counts;
    if (error >= 0)
        error = bpf_program_open(filter->code, filter->length, filter->map_at, filter->counts);
    filter->refused = error < 0 ? error : 0;
    filter->program = error < 0 ? -1 : error;
    return !filter->refused;
}

struct count feed_filter_left_out(struct feed_filter *filter)
{
    struct count now, since = {0};
    if (filter->counts < 0 || !bpf_counts_read(filter->counts, &now))
        return since;
    since.packets = now.packets - filter->read.packets;
    since.bytes = now.bytes - filter->read.bytes;
    filter->read = now;
    return since;
}
