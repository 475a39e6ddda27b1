/* bpf(2), for which there is no function in libc. A map of a processor each is read as an array of
 * as many values as there may ever be processors. */
#include "bpf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(enum bpf_cmd command, union bpf_attr *attributes)
{
    long result = syscall(SYS_bpf, command, attributes, sizeof *attributes);
    return result < 0 ? -errno : (int)result;
}

/* 0: not known. */
static unsigned possible_processors(void)
{
    unsigned first, last, count = 0;
    FILE *file = fopen("/sys/devices/system/cpu/possible", "re");
    if (!file)
        return 0;
    for (int separator = ','; separator == ',' && fscanf(file, "%u", &first) == 1;) {
        last = first;
        separator = getc(file);
        if (separator == '-') {
            if (fscanf(file, "%u", &last) != 1)
                break;
            separator = getc(file);
        }
        count += last - first + 1;
    }
    fclose(file);
    return count;
}

int bpf_counts_open(void)
{
    union bpf_attr map = {
        .map_type = BPF_MAP_TYPE_PERCPU_ARRAY,
        .key_size = sizeof(uint32_t),
        .value_size = sizeof(struct count),
        .max_entries = 1,
        .map_name = "mirrorsh_left",
    };
    return possible_processors() ? bpf(BPF_MAP_CREATE, &map) : -ENOENT;
}

bool bpf_counts_read(int counts, struct count *sum)
{
    static const uint32_t key;
    unsigned processors = possible_processors();
    struct count *each = processors ? calloc(processors, sizeof *each) : NULL;
    if (!each)
        return false;
    union bpf_attr look = {
        .map_fd = (uint32_t)counts,
        .key = (uintptr_t)&key,
        .value = (uintptr_t)each,
    };
    bool read = bpf(BPF_MAP_LOOKUP_ELEM, &look) == 0;
    *sum = (struct count){0};
    for (unsigned i = 0; read && i < processors; i++) {
        sum->packets += each[i].packets;
        sum->bytes += each[i].bytes;
    }
    free(each);
    return read;
}

int bpf_program_open(struct bpf_insn *code, uint32_t length, uint32_t map_at, int counts)
{
    union bpf_attr load = {
        .prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
        .insns = (uintptr_t)code,
        .insn_cnt = length,
        .license = (uintptr_t) "",
        .prog_name = "mirrorsh_filter",
    };
    if (map_at)
        code[map_at].imm = counts;
    int program = bpf(BPF_PROG_LOAD, &load);
    if (map_at)
        code[map_at].imm = 0;
    return program;
}
