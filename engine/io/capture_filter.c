/* The interfaces as ranges of indices, and over these a balanced tree of comparisons: a thousand
 * interfaces cost a frame some ten instructions. */
#include "capture_filter.h"

#include "../plan/exclusions.h"

enum {
    LEAF = 4,       /* ranges that are compared one after the other */
    NEAR = 64,      /* ranges whose program a conditional jump (255) passes over */
    RANGE_COST = 4, /* instructions a range, its share of leaves and nodes included */
    PRELUDE = 12,   /* at most, before the tree */
    RANGES_MAX = (CAPTURE_FILTER_MAX - PRELUDE) / RANGE_COST,
};

struct range {
    uint32_t first, last;
};

static struct sock_filter *emit(struct capture_filter *filter, uint16_t code, uint32_t value,
                                uint8_t when_true, uint8_t when_false)
{
    struct sock_filter *at = &filter->code[filter->length++];
    *at = (struct sock_filter){.code = code, .jt = when_true, .jf = when_false, .k = value};
    return at;
}

static void load(struct capture_filter *filter, int ancillary)
{
    emit(filter, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + ancillary), 0, 0);
}

static void give(struct capture_filter *filter, uint32_t bytes)
{
    emit(filter, BPF_RET | BPF_K, bytes, 0, 0);
}

/* What is said of every frame, whatever its interface: none that this box has sent. */
static void begin(struct capture_filter *filter)
{
    filter->length = 0;
    load(filter, SKF_AD_MARK);
    emit(filter, BPF_JMP | BPF_JEQ | BPF_K, MIRROR_MARK, 0, 1);
    give(filter, 0);
}

void capture_filter_everything(struct capture_filter *filter)
{
    begin(filter);
    give(filter, UINT32_MAX);
}

/* How many ranges there are when gaps of so many indices are bridged; the first RANGES_MAX. */
static size_t collapse(const uint32_t *interfaces, size_t count, uint32_t gap,
                       struct range ranges[static RANGES_MAX])
{
    size_t last = 0;
    for (size_t i = 0, made = 0; i < count; i++) {
        if (made && interfaces[i] - ranges[last].last <= gap + 1) {
            ranges[last].last = interfaces[i];
            continue;
        }
        if (made == RANGES_MAX)
            return made + 1;
        last = made++;
        ranges[last] = (struct range){interfaces[i], interfaces[i]};
    }
    return count ? last + 1 : 0;
}

static void leaf(struct capture_filter *filter, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t after = (uint8_t)(2 * (count - i) - 1); /* this one's second: to the rejection */
        emit(filter, BPF_JMP | BPF_JGE | BPF_K, ranges[i].first, 0, after);
        emit(filter, BPF_JMP | BPF_JGT | BPF_K, ranges[i].last, 0, after);
    }
    give(filter, 0);
    give(filter, UINT32_MAX);
}

static void tree(struct capture_filter *filter, const struct range *ranges, size_t count)
{
    if (count <= LEAF) {
        leaf(filter, ranges, count);
        return;
    }
    size_t half = count / 2;
    bool near = half <= NEAR;
    struct sock_filter *jump =
        emit(filter, BPF_JMP | BPF_JGE | BPF_K, ranges[half].first, 0, near ? 0 : 1);
    if (!near)
        jump = emit(filter, BPF_JMP | BPF_JA, 0, 0, 0);
    uint32_t from = filter->length;
    tree(filter, ranges, half);
    if (near)
        jump->jt = (uint8_t)(filter->length - from);
    else
        jump->k = filter->length - from;
    tree(filter, ranges + half, count - half);
}

static void only_received(struct capture_filter *filter, uint32_t interface)
{
    emit(filter, BPF_JMP | BPF_JEQ | BPF_K, interface, 0, 4);
    load(filter, SKF_AD_PKTTYPE);
    emit(filter, BPF_JMP | BPF_JEQ | BPF_K, 4 /* PACKET_OUTGOING */, 0, 1);
    give(filter, 0);
    load(filter, SKF_AD_IFINDEX);
}

void capture_filter_interfaces(struct capture_filter *filter, const uint32_t *interfaces,
                               size_t count, uint32_t loopback, size_t room)
{
    struct range ranges[RANGES_MAX];
    size_t most = (room - PRELUDE) / RANGE_COST, made;
    for (uint32_t gap = 0; (made = collapse(interfaces, count, gap, ranges)) > most;
         gap = 2 * gap + 1)
        ;
    begin(filter);
    load(filter, SKF_AD_IFINDEX);
    if (loopback)
        only_received(filter, loopback);
    tree(filter, ranges, made);
}
