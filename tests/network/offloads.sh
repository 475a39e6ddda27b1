#!/bin/bash
# TCP transfers of 100 MB with all offloads on, both ways, over IPv4 and IPv6, plain, in tunnels and
# in a VLAN. While one runs, transfer.c judges what the kernel's vxlan device at the receiver gets:
# the file, each packet once and in order, right in every layer, none longer than the wire's MTU.
# tshark judges a fifth as much of two kinds for itself. Super-frames that the kernel puts together, and
# BIG TCP, stand between.

. "${0%/*}/lab.sh"
lab_open
bytes=100000000
[ -z "$SANITIZE" ] || bytes=10000000
for program in transfer vlan; do
    ${CC:-cc} -std=gnu11 -D_GNU_SOURCE -O2 -o "$lab/$program" "$TOP/tests/network/$program.c" \
        2>"$lab/cc" || { not_ok "$program builds" "$(cat "$lab/cc")"; exit 1; }
done

# addresses DEVICE-OF-BOX DEVICE-OF-SRC PREFIX4 PREFIX6: PREFIX1 and PREFIX2
addresses()
{
    local end host device number
    for end in "box $1 1" "src $2 2"; do
        read -r host device number <<<"$end"
        ip netns exec "$lab_name-$host" sh -c "echo 0 >/proc/sys/net/ipv6/conf/$device/disable_ipv6"
        ip -n "$lab_name-$host" address add "$3$number/24" dev "$device"
        ip -n "$lab_name-$host" address add "$4$number/64" dev "$device" nodad
    done
}

# wires_dropped: what the wires of the source and of the receiver lost, where the box is innocent
wires_dropped()
{
    echo "$(wire_dropped src eth0) $(wire_dropped box up0) $(wire_dropped recv vx5 rx)"
}

# transfer VLAN SENDER ADDRESS BYTES: once more, and twice, when a wire itself has lost something
transfer()
{
    local getter=src dropped status
    [ "$2" != src ] || getter=box
    for _ in 1 2 3; do
        dropped=$(wires_dropped)
        "$lab/transfer" "$4" 1500 "$1" "$lab_name-$2" "$lab_name-$getter" "$3" "$lab_name-box:src0" \
            "$lab_name-recv:vx5" >"$lab/transfer.out"
        status=$?
        [ $status != 0 ] && [ "$(wires_dropped)" != "$dropped" ] || break
    done
    cat "$lab/transfer.out"
    [ $status = 0 ] || echo "lost by the wires: before $dropped, now $(wires_dropped)"
    return $status
}

# transferred NAME VLAN SENDER ADDRESS [BYTES]: $packets of them
transferred()
{
    check "$1" transfer "$2" "$3" "$4" "${5-$bytes}"
    sed 's/^/# /' "$lab/check.out"
    packets=$(sed 's/ .*//' "$lab/check.out")
}

# both NAME VLAN PREFIX4 PREFIX6: one of them one way, the other back
both()
{
    transferred "$1, IPv4, which the source sends" "$2" box "${3}1"
    transferred "$1, IPv6, which the source receives" "$2" src "${4}2"
}

# tunnel NAME MTU PREFIX [THEN...]
tunnel()
{
    local name=$1 mtu=$2 prefix=$3 end host here there
    shift 3
    for end in 'box 1 2' 'src 2 1'; do
        read -r host here there <<<"$end"
        ip -n "$lab_name-$host" link add tun mtu "$mtu" type vxlan id 1 local "$prefix$here" \
            remote "$prefix$there" dstport 4789
        ip -n "$lab_name-$host" link set tun up
    done
    addresses tun tun 10.3.0. fd03::
    both "$name" 0 10.3.0. fd03::
    "$@"
    ip -n "$lab_name-box" link del tun
    ip -n "$lab_name-src" link del tun
}

# sums FIELD...: how many packets there are of which sums (1: right), and with which of the fields
sums()
{
    local field fields=(-o tcp.desegment_tcp_streams:FALSE) # else it looks for what is in random bytes
    for field in ip udp tcp; do
        fields+=(-o "$field.check_checksum:TRUE" -e "$field.checksum.status")
    done
    for field; do
        fields+=(-e "$field")
    done
    tshark -n -r "$lab/got.pcap" -Y tcp -T fields -E separator=' ' "${fields[@]}" 2>/dev/null |
        sort | uniq -c | awk '{$1 = $1; print}'
}

# by_tshark NAME ADDRESS [FIELD]...: as much as tcpdump's buffer holds, whoever else is busy
by_tshark()
{
    local name=$1 address=$2
    shift 2
    if ! command -v tshark >/dev/null; then
        echo "skip offloads: $name, by tshark: it is not installed"
        return
    fi
    capture got recv vx5
    transferred "$name, for tshark" 0 box "$address" $((bytes / 5))
    captures_end
    expect_equal "$name: tshark finds every packet, and every checksum right" \
        "$(sums "$@" | sed 's/ [1 ]*$//')" "$packets"
}

addresses src0 eth0 10.1.0. fd01::
box_start
# A veth queues a packet at the processor that sends it: a worker that goes to another one, when others
# are busy, has its packets pass each other on the wire.
python3 - "$box_pid" <<'END'
import os, sys
for thread in os.listdir('/proc/%s/task' % sys.argv[1]):
    os.sched_setaffinity(int(thread), {min(os.sched_getaffinity(0))})
END
check 'a session' ctl configure 'set target t receiver 10.2.0.2' \
    'set session s priority 1 target t vni 5 source interface src0' commit

both plain 0 10.1.0. fd01::
by_tshark plain 10.1.0.1 tcp.analysis.lost_segment tcp.analysis.ack_lost_segment

# What others do with the packets of the wire: the box's kernel makes super-frames of them, or lets
# the card split what the box sends.
in_src ethtool -K eth0 tso off gso off >/dev/null
in_box ethtool -K src0 gro on >/dev/null
transferred 'put together (GRO), IPv4' 0 src 10.1.0.2
transferred 'put together (GRO), IPv6' 0 src fd01::2
# UDP in bursts of 20, the last of each shorter; in both ways in which kernels put it together
cat >"$lab/bursts.py" <<'END'
import socket, sys
for address in sys.argv[1:]:
    wire = socket.socket(socket.AF_INET6 if ':' in address else socket.AF_INET, socket.SOCK_DGRAM)
    wire.setsockopt(17, 103, 1200)  # SOL_UDP, UDP_SEGMENT
    for burst in range(40):
        wire.sendto(b''.join(bytes((burst, i)) * (600 if i < 19 else 300) for i in range(20)), (address, 9))
END
in_src ethtool -K eth0 tx off tx-udp-segmentation off >/dev/null
for feature in rx-udp-gro-forwarding rx-gro-list; do
    if ! printf '%s\n' 6.2 "$(uname -r)" | sort -VC; then
        echo "skip offloads: put together ($feature), UDP: before Linux 6.2 no ring takes it"
        continue
    fi
    rm -f "$lab"/*.pcap
    capture sent src eth0 udp
    capture got recv vx5 udp
    capture super box src0 udp and greater 1600
    check "put together ($feature), UDP: it can be" in_box ethtool -K src0 $feature on
    in_src python3 "$lab/bursts.py" 10.1.0.1 fd01::1
    captures_end
    check "put together ($feature), UDP: as it was sent" "$compare" "$lab/sent.pcap" "$lab/got.pcap" 65535 1600
    check "put together ($feature), UDP: it was" test "$(packets super)" -gt 10
    in_box ethtool -K src0 $feature off >/dev/null
done
in_box ethtool -K src0 gro off >/dev/null
in_src ethtool -K eth0 tx on tso on gso on tx-udp-segmentation on >/dev/null
in_box ethtool -K up0 tx on gso on tso on tx-udp-segmentation on >/dev/null
both 'with offloads on the way to the receiver' 0 10.1.0. fd01::
in_box ethtool -K up0 tx-udp-segmentation off gso off tso off tx off >/dev/null
tunnel 'in VXLAN' 1450 10.1.0.
# The two directions of a tunnel are two flows, so there one may pass the other.
tunnel 'in VXLAN over IPv6' 1430 fd01:: by_tshark 'IPv4 in VXLAN over IPv6' 10.3.0.1

# ---- super-frames of more than 64 KiB (BIG TCP), larger than the blocks of the ring that there is ----

# largest BYTES: super-frames on the source, both ways
largest()
{
    ip -n "$lab_name-box" link set src0 gso_max_size "$1" gro_max_size "$1" &&
        ip -n "$lab_name-src" link set eth0 gso_max_size "$1" gro_max_size "$1"
}
plans() { ctl 'show engine | display json' | json "d['engine']['plans']"; }
has_changed() { [ "$(plans)" -gt "$before" ]; }
before=$(once_quiet plans)
if largest 190000 2>"$lab/largest"; then
    check 'larger super-frames: other rings take over by themselves' until_true 10 has_changed
    transferred 'BIG TCP, which the source sends' 0 box fd01::1
    transferred 'BIG TCP, which the source receives' 0 src fd01::2
    largest 65536
else
    echo "skip offloads: BIG TCP: $(head -n 1 "$lab/largest")"
fi

# ---- in a VLAN: on the kernel's devices, or where it has none with a program in its tc ----

# devices: of both ends
devices()
{
    ip -n "$lab_name-box" link add link src0 name tagged type vlan id 9 &&
        ip -n "$lab_name-src" link add link eth0 name tagged type vlan id 9 &&
        ip -n "$lab_name-box" link set tagged up && ip -n "$lab_name-src" link set tagged up
}
programs()
{
    local end host device
    mkdir "$lab/bpf" && mount -t bpf none "$lab/bpf" && "$lab/vlan" push 9 "$lab/bpf/egress" &&
        "$lab/vlan" pop "$lab/bpf/ingress" || return
    for end in 'box src0' 'src eth0'; do
        read -r host device <<<"$end"
        tc -n "$lab_name-$host" qdisc add dev "$device" clsact || return
        for side in egress ingress; do
            tc -n "$lab_name-$host" filter add dev "$device" $side bpf direct-action \
                object-pinned "$lab/bpf/$side" || return
        done
    done
}
if devices 2>/dev/null; then
    addresses tagged tagged 10.4.0. fd04::
    both 'in a VLAN' 9 10.4.0. fd04::
elif programs 2>"$lab/programs"; then
    both 'in a VLAN' 9 10.1.0. fd01::
else
    echo "skip offloads: in a VLAN: no VLAN devices here, and $(head -n 1 "$lab/programs")"
fi
umount "$lab/bpf" 2>/dev/null
check 'nothing of it was cut' test \
    "$(ctl 'show sessions | display json' | json "d['sessions'][0]['truncated']['packets']")" = 0
check 'the sums hold' accounts
check 'the box ends well' box_stop
expect_equal 'the box has no complaints' "$(complaints)" ''
