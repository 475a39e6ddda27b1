/* Pins a program for tc, for network/offloads.sh, where the kernel has no VLAN devices:
 *   vlan push VLAN PIN     puts the VLAN's tag on what passes
 *   vlan pop PIN           takes it off */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOVE(register, value)                                                                      \
    {                                                                                              \
        .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (register), .imm = (value)                 \
    }
#define CALL(function)                                                                             \
    {                                                                                              \
        .code = BPF_JMP | BPF_CALL, .imm = (function)                                              \
    }
#define EXIT                                                                                       \
    {                                                                                              \
        .code = BPF_JMP | BPF_EXIT                                                                 \
    }

static int bpf(enum bpf_cmd command, const union bpf_attr *attributes)
{
    return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    int push = !strcmp(argv[1], "push");
    const struct bpf_insn pushes[] = {
        MOVE(BPF_REG_2, htons(ETH_P_8021Q)),
        MOVE(BPF_REG_3, atoi(argv[2])),
        CALL(BPF_FUNC_skb_vlan_push),
        MOVE(BPF_REG_0, 0),
        EXIT,
    };
    const struct bpf_insn pops[] = {CALL(BPF_FUNC_skb_vlan_pop), MOVE(BPF_REG_0, 0), EXIT};
    union bpf_attr load = {
        .prog_type = BPF_PROG_TYPE_SCHED_CLS,
        .insns = (uintptr_t)(push ? pushes : pops),
        .insn_cnt = push ? sizeof pushes / sizeof *pushes : sizeof pops / sizeof *pops,
        .license = (uintptr_t) "GPL",
    };
    union bpf_attr pin = {.pathname = (uintptr_t)argv[argc - 1]};
    int program = bpf(BPF_PROG_LOAD, &load);
    pin.bpf_fd = (uint32_t)program;
    if (program >= 0 && !bpf(BPF_OBJ_PIN, &pin))
        return 0;
    perror("bpf");
    return 1;
}
