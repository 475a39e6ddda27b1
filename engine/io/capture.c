/* AF_PACKET, TPACKET_V3. The ring's metadata is turned into a frame here: a VLAN tag that the
 * kernel took off is put back into the bytes, and the virtio_net header that stands before
 * each frame says what is a super-frame and which checksums are unfinished. */
#include "capture.h"

#include "../own_lines.h"
#include "spread.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef PACKET_FANOUT_FLAG_IGNORE_OUTGOING
#define PACKET_FANOUT_FLAG_IGNORE_OUTGOING 0x4000 /* headers of kernels before 6.2 lack it */
#endif
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5 /* headers of kernels before 6.2 lack it */
#endif

enum {
    BLOCK_SIZE = 128 << 10, /* a frame must fit a block; larger where frames are */
    BLOCK_MOST = 1 << 20,   /* more than the kernel's largest frames (BIG TCP) */
    BLOCKS_LEAST = CAPTURE_LEAST / BLOCK_SIZE,
    VLAN_TAG = 4,
    MAC_ADDRESSES = 2 * ETH_ALEN,
    LINK_ADDRESS = (sizeof(struct tpacket3_hdr) + TPACKET_ALIGNMENT - 1) &
                   ~(TPACKET_ALIGNMENT - 1u), /* of a frame's sockaddr_ll in its header */
    FRAME_LEAST = LINK_ADDRESS + sizeof(struct sockaddr_ll) + sizeof(struct virtio_net_hdr) +
                  VLAN_TAG, /* what stands before a frame's bytes */
    FRAME_MOST = 1024,      /* the same, and a block's own header, rounded up */
};

static int option(int descriptor, int name, const void *value, size_t size)
{
    return setsockopt(descriptor, SOL_PACKET, name, value, (socklen_t)size) ? -errno : 0;
}

static int option_int(int descriptor, int name, int value)
{
    return option(descriptor, name, &value, sizeof value);
}

/* The kernel closes a block that has packets after so long: a packet waits as long at most before
 * the worker is told. A ring rides out as many of these as it has blocks, or less when they fill;
 * so where these are few each is longer. */
static uint32_t block_timeout_ms(uint32_t count)
{
    enum { PATIENCE_MS = 256, MOST_MS = 4 };
    uint32_t timeout = PATIENCE_MS / count;
    return timeout < 1 ? 1 : timeout > MOST_MS ? MOST_MS : timeout;
}

/* Memory may be too fragmented or too short for the whole ring: a smaller one then. */
static int map_ring(struct capture *capture, size_t size, size_t frame_size)
{
    uint32_t block = BLOCK_SIZE;
    while (block < frame_size + FRAME_MOST && block < BLOCK_MOST)
        block *= 2;
    uint32_t count = (uint32_t)(size / block);
    int error;
    if (count < BLOCKS_LEAST)
        count = BLOCKS_LEAST;
    for (;; count /= 2) {
        struct tpacket_req3 request = {
            .tp_block_size = block,
            .tp_block_nr = count,
            .tp_frame_size = 2048, /* only has to divide a block */
            .tp_frame_nr = count * (block / 2048),
            .tp_retire_blk_tov = block_timeout_ms(count),
        };
        error = option(capture->descriptor, PACKET_RX_RING, &request, sizeof request);
        if (error != -ENOMEM || count < 2 * BLOCKS_LEAST)
            break;
    }
    if (error)
        return error;
    capture->block_size = block;
    capture->block_count = count;
    capture->map_size = (size_t)block * count;
    void *map =
        mmap(NULL, capture->map_size, PROT_READ | PROT_WRITE, MAP_SHARED, capture->descriptor, 0);
    if (map == MAP_FAILED)
        return -errno;
    capture->map = map;
    return 0;
}

/* Everything before packets may come. */
static int prepare_ring(struct capture *capture, size_t size, size_t frame_size)
{
    int fd = capture->descriptor;
    int error = option_int(fd, PACKET_VERSION, TPACKET_V3);
    if (!error)
        error = option_int(fd, PACKET_VNET_HDR, 1);
    /* The tag that goes back in moves the MAC addresses towards the ring's own header. */
    if (!error)
        error = option_int(fd, PACKET_RESERVE, VLAN_TAG);
    if (!error)
        error = map_ring(capture, size, frame_size);
    return error;
}

static int attach(const struct capture *capture, const struct sock_filter *code, uint16_t length)
{
    struct sock_fprog program = {
        .len = length,
        .filter = (struct sock_filter *)(uintptr_t)code,
    };
    return setsockopt(capture->descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program)
               ? -errno
               : 0;
}

static int take_nothing(const struct capture *capture)
{
    static const struct sock_filter reject = BPF_STMT(BPF_RET | BPF_K, 0);
    return attach(capture, &reject, 1);
}

int capture_admit(const struct capture *capture, const struct capture_filter *filter)
{
    return attach(capture, filter->code, filter->length);
}

int capture_admit_program(const struct capture *capture, int program)
{
    return setsockopt(capture->descriptor, SOL_SOCKET, SO_ATTACH_BPF, &program, sizeof program)
               ? -errno
               : 0;
}

static int membership(const struct capture *capture, int action, int index)
{
    struct packet_mreq wanted = {.mr_ifindex = index, .mr_type = PACKET_MR_PROMISC};
    return option(capture->descriptor, action, &wanted, sizeof wanted);
}

int capture_watch(const struct capture *capture, int index)
{
    return membership(capture, PACKET_ADD_MEMBERSHIP, index);
}

void capture_unwatch(const struct capture *capture, int index)
{
    membership(capture, PACKET_DROP_MEMBERSHIP, index);
}

static int bind_interface(const struct capture *capture)
{
    int error = capture->index ? capture_watch(capture, capture->index) : 0;
    if (error)
        return error;
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ETH_P_ALL),
        .sll_ifindex = capture->index,
    };
    if (bind(capture->descriptor, (struct sockaddr *)&address, sizeof address))
        return -errno;
    return 0;
}

bool capture_is_deaf(const struct capture *capture)
{
    struct sockaddr_ll address;
    socklen_t size = sizeof address;
    return !getsockname(capture->descriptor, (struct sockaddr *)&address, &size) &&
           address.sll_ifindex != capture->index;
}

static int choose(int descriptor, uint32_t first, uint32_t count)
{
    struct capture_filter choice;
    spread_program(&choice, first, count);
    const struct sock_fprog program = {.len = choice.length, .filter = choice.code};
    return option(descriptor, PACKET_FANOUT_DATA, &program, sizeof program);
}

int capture_spread(const struct capture *capture, uint32_t first, uint32_t count)
{
    return choose(capture->descriptor, first, count);
}

static int begin_group(const struct capture *capture, int flags, int *group)
{
    int value = (PACKET_FANOUT_CBPF | PACKET_FANOUT_FLAG_UNIQUEID | flags) << 16;
    socklen_t size = sizeof value;
    int error = option_int(capture->descriptor, PACKET_FANOUT, value);
    if (error && error != -EALREADY) /* it has its group */
        return error;
    if (getsockopt(capture->descriptor, SOL_PACKET, PACKET_FANOUT, &value, &size))
        return -errno;
    *group = value & 0xffff;
    return 0;
}

int capture_join(const struct capture *capture, int *group)
{
    /* A group has a hook of its own, which does not know what its members leave out. */
    int flags = capture->loopback ? PACKET_FANOUT_FLAG_IGNORE_OUTGOING : 0;
    if (*group < 0)
        return begin_group(capture, flags, group);
    return option_int(capture->descriptor, PACKET_FANOUT,
                      *group | (PACKET_FANOUT_CBPF | flags) << 16);
}

/* The kernel and we count alike. */
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;
static uint32_t made_captures;

/* Protocol 0: it receives nothing until it is bound, and then, before it has joined its group or
 * has all of its filter, would see too much. */
int capture_make(struct capture **made, size_t size, size_t frame_size)
{
    struct capture *capture = own_lines(1, sizeof *capture);
    if (!capture)
        return -ENOMEM;
    pthread_mutex_lock(&making);
    capture->descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    capture->serial = ++made_captures;
    pthread_mutex_unlock(&making);
    if (capture->descriptor < 0) {
        int error = -errno;
        free(capture);
        return error;
    }
    int error = prepare_ring(capture, size, frame_size);
    if (!error)
        error = take_nothing(capture);
    if (!error)
        *made = capture;
    else
        capture_close(capture);
    return error;
}

bool capture_holds(const struct capture *capture, size_t frame_size)
{
    return capture->block_size >= frame_size + FRAME_MOST || capture->block_size >= BLOCK_MOST;
}

bool capture_suits(const struct capture *capture, size_t size, size_t frame_size)
{
    return capture_holds(capture, frame_size) && capture->map_size <= 2 * size &&
           capture->map_size >= size - size / 4;
}

int capture_bind(struct capture *capture, const struct capture_options *options)
{
    capture->index = options->index;
    capture->loopback = options->loopback;
    int error = options->loopback ? option_int(capture->descriptor, PACKET_IGNORE_OUTGOING, 1) : 0;
    return error ? error : bind_interface(capture);
}

void capture_close(struct capture *capture)
{
    if (!capture)
        return;
    if (capture->map)
        munmap(capture->map, capture->map_size);
    close(capture->descriptor);
    free(capture);
}

uint64_t capture_dropped(const struct capture *capture)
{
    struct tpacket_stats_v3 statistics; /* reading sets them to zero */
    socklen_t size = sizeof statistics;
    if (getsockopt(capture->descriptor, SOL_PACKET, PACKET_STATISTICS, &statistics, &size))
        return 0;
    return statistics.tp_drops;
}

void capture_clear_error(struct capture *capture)
{
    int error;
    socklen_t size = sizeof error;
    if (!getsockopt(capture->descriptor, SOL_SOCKET, SO_ERROR, &error, &size) && error)
        atomic_store(&capture->fell, true);
}

/* index: may go once around the ring. */
static struct tpacket_block_desc *block_at(const struct capture *capture, uint32_t index)
{
    return (struct tpacket_block_desc *)(void *)(capture->map +
                                                 (size_t)(index % capture->block_count) *
                                                     capture->block_size);
}

bool capture_block_open(struct capture *capture, struct capture_block *block)
{
    if (capture->open == capture->block_count)
        return false;
    struct tpacket_block_desc *descriptor = block_at(capture, capture->next_block + capture->open);
    if (!(__atomic_load_n(&descriptor->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
        return false;
    capture->open++;
    block->at = (uint8_t *)descriptor + descriptor->hdr.bh1.offset_to_first_pkt;
    block->end = (uint8_t *)descriptor + capture->block_size;
    block->left = descriptor->hdr.bh1.num_pkts;
    return true;
}

bool capture_is_empty(const struct capture *capture)
{
    const struct tpacket_block_desc *descriptor = block_at(capture, capture->next_block);
    return !(__atomic_load_n(&descriptor->hdr.bh1.block_status, __ATOMIC_ACQUIRE) &
             TP_STATUS_USER) &&
           !__atomic_load_n(&descriptor->hdr.bh1.num_pkts, __ATOMIC_RELAXED);
}

void capture_blocks_release(struct capture *capture)
{
    for (; capture->open; capture->open--) {
        struct tpacket_block_desc *descriptor = block_at(capture, capture->next_block);
        __atomic_store_n(&descriptor->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
        capture->next_block = (capture->next_block + 1) % capture->block_count;
    }
}

/* In the processor's byte order; at whatever address. */
static uint16_t read_own_u16(const uint8_t *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static void read_offloads(const uint8_t *header, struct frame *frame)
{
    switch (header[offsetof(struct virtio_net_hdr, gso_type)] & ~VIRTIO_NET_HDR_GSO_ECN) {
    case VIRTIO_NET_HDR_GSO_TCPV4:
        frame->super_frame = SUPER_TCP4;
        break;
    case VIRTIO_NET_HDR_GSO_TCPV6:
        frame->super_frame = SUPER_TCP6;
        break;
    case VIRTIO_NET_HDR_GSO_UDP_L4:
        frame->super_frame = SUPER_UDP;
        break;
    default:
        frame->super_frame = SUPER_NONE;
    }
    frame->segment_size = read_own_u16(header + offsetof(struct virtio_net_hdr, gso_size));
    frame->checksum_unfinished =
        header[offsetof(struct virtio_net_hdr, flags)] & VIRTIO_NET_HDR_F_NEEDS_CSUM;
    frame->checksum_start = read_own_u16(header + offsetof(struct virtio_net_hdr, csum_start));
    frame->checksum_offset = read_own_u16(header + offsetof(struct virtio_net_hdr, csum_offset));
}

/* Behind the MAC addresses, which move into the room before the frame. */
static void put_tag_back(uint8_t *bytes, const struct tpacket3_hdr *header, struct frame *frame)
{
    uint16_t protocol =
        header->tp_status & TP_STATUS_VLAN_TPID_VALID ? header->hv1.tp_vlan_tpid : ETH_P_8021Q;
    uint16_t tag = (uint16_t)header->hv1.tp_vlan_tci;
    memmove(bytes - VLAN_TAG, bytes, MAC_ADDRESSES);
    uint8_t *place = bytes - VLAN_TAG + MAC_ADDRESSES;
    place[0] = (uint8_t)(protocol >> 8);
    place[1] = (uint8_t)protocol;
    place[2] = (uint8_t)(tag >> 8);
    place[3] = (uint8_t)tag;
    frame->bytes = bytes - VLAN_TAG;
    frame->captured += VLAN_TAG;
    frame->length += VLAN_TAG;
    frame->checksum_start = (uint16_t)(frame->checksum_start + VLAN_TAG);
}

/* The next record; NULL: none left. The last one's offset to the next is 0. */
static const struct tpacket3_hdr *next_record(struct capture_block *block, uint32_t *size)
{
    const struct tpacket3_hdr *header = (const struct tpacket3_hdr *)(void *)block->at;
    if (!block->left || block->at > block->end || block->end - block->at < FRAME_LEAST)
        return NULL;
    uint32_t room = (uint32_t)(block->end - block->at);
    *size = header->tp_next_offset ? header->tp_next_offset : room;
    if (*size > room)
        return NULL;
    block->left--;
    block->at += *size;
    return header;
}

/* A frame that virtio_net's header cannot describe (a super-frame of IP fragments, of SCTP, on
 * kernels before 6.2 of UDP) the kernel counts as dropped when its record is in the block already.
 * Of that only the size and the status were written then, by which it is known; the rest is what
 * lay there before. */
static bool is_whole(const struct tpacket3_hdr *header, uint32_t size)
{
    return header->tp_status & TP_STATUS_USER && header->tp_mac >= FRAME_LEAST &&
           header->tp_mac <= size && header->tp_snaplen <= size - header->tp_mac &&
           header->tp_snaplen <= header->tp_len;
}

bool capture_block_next(struct capture_block *block, struct frame *frame)
{
    const struct tpacket3_hdr *header;
    uint32_t size;
    do {
        header = next_record(block, &size);
        if (!header)
            return false;
    } while (!is_whole(header, size));
    uint8_t *bytes = block->at - size + header->tp_mac;
    const struct sockaddr_ll *link =
        (const struct sockaddr_ll *)(const void *)((const uint8_t *)header + LINK_ADDRESS);

    *frame = (struct frame){
        .bytes = bytes,
        .captured = header->tp_snaplen,
        .length = header->tp_len,
        .seconds = header->tp_sec,
        .nanoseconds = header->tp_nsec,
        .interface = (uint32_t)link->sll_ifindex,
        .direction = link->sll_pkttype == PACKET_OUTGOING ? EGRESS : INGRESS,
    };
    /* Before a tag overwrites it. */
    read_offloads(bytes - sizeof(struct virtio_net_hdr), frame);
    if (header->tp_status & TP_STATUS_VLAN_VALID && frame->captured >= MAC_ADDRESSES)
        put_tag_back(bytes, header, frame);
    return true;
}
