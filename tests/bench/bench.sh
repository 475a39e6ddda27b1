#!/bin/bash
# make bench: what mirroring one packet costs the whole machine, beside the kernel's own path
# (tc mirred to a vxlan device), both in this run and by turns. 128-byte frames, all of them
# mirrored, 96 bytes kept (tc keeps all 128: it cannot cut).
#
# Counted is what the scheduler accounts exactly: the generator's processor time, the box's and
# ksoftirqd's, less the generator's (and ksoftirqd's) in a run without any mirror. The kernel's
# own path runs in the sender's name, so it shows in the generator's time. Lost is what
# the generator sent and the receiver's vxlan device did not get.
# Environment: ROUNDS (5), RATE in packets a second (150000), SECONDS_EACH (2).

if [ "$1" != --inside ]; then
    exec "${0%/*}/../isolated.sh" --see-processes "$0" --inside
fi
script=bench
. "${0%/*}/../network/lab.sh"
[ -n "$MIRRORSH_NETWORK" ] || { echo 'bench: no network namespaces can be made here: try as root' >&2; exit 1; }
lab_open
rounds=${ROUNDS:-5} rate=${RATE:-150000} each=${SECONDS_EACH:-2}
in_box ethtool -K up0 tx on sg on tso on gso on tx-udp-segmentation on >/dev/null
in_recv ethtool -K vx5 gro on >/dev/null
ip -n "$lab_name-box" link add vxout type vxlan id 5 remote 10.2.0.2 dstport 4789 dev up0 nolearning
ip -n "$lab_name-box" link set vxout up
softirqs=$(grep -l '^Name:.ksoftirqd' /proc/[0-9]*/status 2>/dev/null | sed 's/status$/schedstat/')

# the nanoseconds that all of these were on a processor
on_processor() { cat "$@" 2>/dev/null | awk '{sum += $1} END {printf "%d", sum}'; }
received() { ip -n "$lab_name-recv" -s -j link show vx5 | json "d[0]['stats64']['rx']['packets']"; }

mirror_on()
{
    case $1 in
    mirrorsh) ctl configure 'delete session s disabled' commit >/dev/null ;;
    kernel) in_box sh -c 'tc qdisc add dev src0 clsact && tc filter add dev src0 ingress \
        protocol all u32 match u32 0 0 action mirred egress mirror dev vxout' ;;
    esac
}

mirror_off()
{
    case $1 in
    mirrorsh) ctl configure 'set session s disabled' commit >/dev/null ;;
    kernel) in_box tc qdisc del dev src0 clsact ;;
    esac
}

# measure ROW PATH RATE COUNT: a line "ROW PATH sent seconds generator box softirq received"
measure()
{
    local box softirq before sent line
    mirror_on "$2" || exit 1
    sleep 0.2
    before=$(received)
    box=$(on_processor /proc/"$box_pid"/task/*/schedstat)
    # shellcheck disable=SC2086
    softirq=$(on_processor $softirqs)
    line=$(in_src "$generator" eth0 128 64 "$3" "$4") || exit 1
    sleep 0.3
    # shellcheck disable=SC2086
    softirq=$(($(on_processor $softirqs) - softirq))
    box=$(($(on_processor /proc/"$box_pid"/task/*/schedstat) - box))
    # shellcheck disable=SC2086
    set -- "$1" "$2" $line
    mirror_off "$2"
    echo "$1 $2 $4 $6 $8 $box $softirq $(($(received) - before))" >>"$lab/results"
}

box_start
ctl configure 'set target t receiver 10.2.0.2' \
    'set session s priority 1 target t vni 5 packet-length 96 disabled source interface src0' \
    commit >/dev/null || exit 1
echo "mirroring 128-byte frames, 96 bytes kept; $rounds rounds; $(nproc) processors; Linux $(uname -r)"
for ((round = 0; round < rounds; round++)); do
    for path in none mirrorsh kernel; do
        measure steady $path "$rate" $((rate * each))
    done
    measure flood none 0 500000
    measure flood kernel 0 500000
done
python3 "${0%/*}/table.py" limit "$lab/results" >"$lab/limit"
for ((round = 0; round < rounds; round++)); do
    measure limit mirrorsh "$(cat "$lab/limit")" $(($(cat "$lab/limit") * each))
done
python3 "${0%/*}/table.py" table "$lab/results"
