/* Counters that only rise, made rates: see rates.h. */
#include "rates.h"

#include "grow.h"

void rates_free(struct rates *rates)
{
    free(rates->at);
}

void rates_forget(struct rates *rates, uint32_t slot)
{
    if (slot < rates->room)
        rates->at[slot] = (struct rate){.seen = {0}};
}

static uint64_t a_second(uint64_t now, uint64_t seen, uint64_t passed_ns)
{
    return now < seen ? 0 : (uint64_t)((double)(now - seen) * 1e9 / (double)passed_ns + 0.5);
}

void rates_look(struct rates *rates, const struct numbering *numbering, const struct counters *sum,
                uint64_t now_ns)
{
    uint64_t passed_ns = now_ns - rates->looked_ns;
    bool measures = rates->looked_ns != 0 && passed_ns > 0;
    if (!grow(&rates->at, &rates->room, sum->capacity[COUNT_RECEIVER], sizeof *rates->at))
        return;
    for (uint32_t i = 0; i < numbering->count[COUNT_RECEIVER]; i++) {
        uint32_t slot = numbering->slots[COUNT_RECEIVER][i];
        struct rate *rate = &rates->at[slot];
        struct count now = counters_receiver(sum, slot)->sent;
        if (measures)
            rate->second = (struct count){
                .packets = a_second(now.packets, rate->seen.packets, passed_ns),
                .bytes = a_second(now.bytes, rate->seen.bytes, passed_ns),
            };
        rate->seen = now;
    }
    rates->looked_ns = now_ns;
}

struct count rates_of(const struct rates *rates, uint32_t slot)
{
    return slot < rates->room ? rates->at[slot].second : (struct count){0};
}
