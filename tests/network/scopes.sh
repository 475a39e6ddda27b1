#!/bin/bash
# What a session takes without naming it: all interfaces, those that come later too, and prefixes,
# with the direction that a packet's addresses say. The box is a router, a bridge and a host here,
# so that the same packet is seen on several interfaces:
#
#   src eth0 10.3.0.2 ------ src0 10.3.0.1 box far0 10.4.0.1 ------ far 10.4.0.2 recv
#   src port1 10.5.0.1 ------ tap1 [ br0 10.5.0.9 ] tap2 ---------- port2 10.5.0.2 recv

. "${0%/*}/lab.sh"
lab_open
pings=3 total=0

link() { ip -n "$lab_name-$1" link "${@:2}"; }
address() { ip -n "$lab_name-$1" address add "${@:2}"; }
of() { ctl 'show sessions s | display json' | json "d['sessions'][0]$1"; }
matched() { of "['matched']['packets']"; }
is_up() { [ "$(of "['state']")" = up ]; }
says() { [ "$(of "['reason']")" = "$1" ]; } # None: all is well
is_source() { [ "$(ctl "show interfaces $1" | awk 'NR == 2 { print $3 }')" = yes ]; }
sources() { ctl 'show interfaces' | awk '$3 == "yes" { printf "%s ", $1 }'; }
is_no_source() { ! is_source "$1"; }

# veth HOST DEVICE BOX'S-DEVICE [ADDRESS BOX'S-ADDRESS]
veth()
{
    link "$1" add "$2" type veth peer name "$3" netns "$lab_name-box"
    [ -z "${4-}" ] || address "$1" "$4" dev "$2"
    [ -z "${5-}" ] || address box "$5" dev "$3"
    link "$1" set "$2" up
    link box set "$3" up
}

# ping_from FROM TO [ARGUMENT]...
ping_from() { "in_$1" ping -q -n -c $pings -i 0.002 -W 5 "${@:3}" "$2" >"$lab/ping" 2>&1; }

# What the session has matched, and what has come to the receiver.
counted()
{
    echo "$(matched) $(ip -n "$lab_name-recv" -s -j link show vx5 | json "d[0]['stats64']['rx']['packets']")"
}
all_counted() { [ "$(counted)" = "$total $total" ]; }

# sees NAME PACKETS FROM TO [ARGUMENT]...: of requests and answers; what comes too late is one too
# many in the next
sees()
{
    total=$((total + $2))
    check "$1: answers" ping_from "${@:3}"
    until_true 5 all_counted
    expect_equal "$1: matched and received" "$(counted)" "$total $total"
}

# scope NAME SOURCE...: the session's, in place of the one before
scope()
{
    check "$1: commit" ctl configure 'delete session s source' "set session s source ${*:2}" commit
    check "$1: up" until_true 10 is_up
}

address src 10.3.0.2/24 dev eth0
address box 10.3.0.1/24 dev src0
veth recv far far0 10.4.0.2/24 10.4.0.1/24
link box add br0 type bridge
address box 10.5.0.9/24 dev br0
veth src port1 tap1 10.5.0.1/24
veth recv port2 tap2 10.5.0.2/24
link box set tap1 master br0
link box set tap2 master br0
link box set br0 up
in_box sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
ip -n "$lab_name-src" route add 10.4.0.0/24 via 10.3.0.1
ip -n "$lab_name-recv" route add 10.3.0.0/24 via 10.4.0.1
box_start
cat >"$lab/set" <<END
configure
set filter icmp ingress rule 1 action accept protocol icmp
set filter icmp egress rule 1 action accept protocol icmp
set filter in ingress rule 1 action accept protocol icmp
set filter out egress rule 1 action accept protocol icmp
set target t receiver 10.2.0.2
set session s priority 1 target t vni 5 filter icmp source all-interfaces
commit
END
check 'a session on all interfaces' ctl_file "$lab/set"
both=$((2 * pings))

# ---- all interfaces ----

expect_equal 'all but loopback, the receivers side and the bridge are sources' "$(sources)" 'far0 src0 tap1 tap2 '
sees 'forwarded, it is received and sent' $((2 * both)) src 10.4.0.2
sees 'bridged, it is received and sent' $((2 * both)) src 10.5.0.2
sees 'of the box itself' $both box 10.3.0.2
sees 'of the box itself, through the bridge' $both box 10.5.0.1
sees 'the receivers side' 0 box 10.2.0.3
scope 'with names' all-interfaces interface up0 br0
sees 'the receivers side, named' $both box 10.2.0.3
scope 'without them' all-interfaces
check 'the way to the receiver changes' ip -n "$lab_name-box" route add 10.2.0.2 via 10.4.0.2
check 'it is another side now' until_true 5 is_source up0
check 'and the one before is none' until_true 5 is_no_source far0
check 'the way to the receiver changes back' ip -n "$lab_name-box" route del 10.2.0.2
check 'it is the side of before' until_true 5 is_source far0

# One that comes, shows its packets once, its VLANs with it, and goes.
veth src port9 tap9 10.9.0.2/24 10.9.0.1/24
check 'an interface comes' until_true 5 is_source tap9
sees 'on an interface that came' $both src 10.9.0.1
if link src add port9.7 link port9 type vlan id 7 2>/dev/null; then
    link box add tap9.7 link tap9 type vlan id 7
    address src 10.9.7.2/24 dev port9.7
    address box 10.9.7.1/24 dev tap9.7
    link src set port9.7 up
    link box set tap9.7 up
    capture vx5 recv vx5
    sees 'in a VLAN of it' $both src 10.9.7.1
    captures_end
    expect_equal 'in a VLAN of it: with its tag' "$(packets vx5 vlan 7 and icmp)" $both
    check 'its VLAN is no other one' is_no_source tap9.7
else
    echo "skip $script a VLAN of it: this kernel has no VLAN devices"
fi
link box set tap9 down
link box set tap9 name away9
link box set away9 up
check 'it is renamed' until_true 5 is_source away9
sees 'under another name' $both src 10.9.0.1
link box del away9
check 'it goes, and nothing is amiss' until_true 5 says None
sees 'after it went' $((2 * both)) src 10.4.0.2

# A few hundred at once, as a hypervisor's taps: they share what there is of memory.
many=300
for ((i = 0; i < many; i++)); do
    echo "link add m$i type veth peer name m$i netns $lab_name-src"
    echo "link set m$i up"
done | ip -n "$lab_name-box" -batch -
all_are_sources() { [ "$(ctl 'show interfaces' | grep -c '^m[0-9]* *up *yes')" = $many ]; }
check "$many more come" until_true 10 all_are_sources
address src 10.8.0.2/24 dev m$((many - 1))
address box 10.8.0.1/24 dev m$((many - 1))
link src set m$((many - 1)) up
sees 'on the last of them' $both src 10.8.0.1
megabytes() { awk -v what="$1:" '$1 == what { print int($2 / 1024) }' "/proc/$box_pid/status"; }
echo "# $(megabytes VmHWM) MB at most, of 512"
[ -n "$SANITIZE" ] || check 'memory is bounded' test "$(megabytes VmHWM)" -lt 400
for ((i = 0; i < many; i++)); do
    echo "link del m$i"
done | ip -n "$lab_name-box" -batch -
check 'they go, and nothing is amiss' until_true 10 says None
sees 'after they went' $((2 * both)) src 10.4.0.2

# ---- prefixes ----

scope 'a subnet' prefix 10.3.0.0/24
expect_equal 'a subnet: all but loopback and the bridge are sources' "$(sources)" 'far0 src0 tap1 tap2 up0 '
sees 'a subnet: forwarded once' $both src 10.4.0.2
sees 'a subnet: the box in it' $both box 10.3.0.2
sees 'a subnet: others' 0 src 10.5.0.2
ctl configure 'set session s filter out' commit >/dev/null
sees 'a subnet: what it sends' $pings src 10.4.0.2
sees 'a subnet: within it all is sent' $both box 10.3.0.2
ctl configure 'set session s filter in' commit >/dev/null
sees 'a subnet: what it receives' $pings src 10.4.0.2
sees 'a subnet: within it nothing is received' 0 box 10.3.0.2
ctl configure 'set session s filter icmp direction egress' commit >/dev/null
sees 'a subnet: egress' $pings src 10.4.0.2
ctl configure 'delete session s direction' commit >/dev/null
scope 'a bridged subnet' prefix 10.5.0.0/24
sees 'a bridged subnet: once' $both src 10.5.0.2
sees 'a bridged subnet: the box in it' $both box 10.5.0.1
scope 'two addresses' prefix 10.4.0.2 10.5.0.2/32
sees 'two addresses: the one' $both src 10.4.0.2
sees 'two addresses: the other' $both src 10.5.0.2
sees 'two addresses: a third' 0 src 10.4.0.1
scope 'on the receivers side' prefix 10.2.0.0/24
sees 'on the receivers side: not the receiver' 0 box 10.2.0.2
sees 'on the receivers side: another host' $both box 10.2.0.3
scope 'on one interface' interface far0 prefix 10.3.0.0/24
sees 'on one interface: what it sends and receives' $both src 10.4.0.2
sees 'on one interface: not elsewhere' 0 box 10.3.0.2
address box 10.3.0.77/24 dev src0
scope 'an address that the box gets' prefix 10.3.0.77
sees 'an address that the box gets' $both box 10.3.0.2 -I 10.3.0.77

# ---- sessions side by side ----

check 'a session on an interface before one on a prefix' ctl configure \
    'set session s source prefix 10.3.0.0/24 10.4.0.0/24 10.5.0.0/24' \
    'set session first priority 2 target t vni 6 filter icmp source interface far0' \
    'set session s priority 3' commit
sees 'it takes what was received before that' $pings src 10.4.0.2
expect_equal 'it has both of what is on it' \
    "$(ctl 'show sessions first | display json' | json "d['sessions'][0]['matched']['packets']")" $both
check 'the sums hold' accounts
check 'it goes' ctl configure 'delete session first' commit

# ---- receivers that are the box ----

# says_of SOURCE ADDRESS WANTED: at a commit
says_of()
{
    local said
    said=$(ctl configure 'delete session s source' "set session s source $1" \
        "set target u receiver $2" 'set session s target u' 'commit check' 2>&1)
    case $said in
    *"$3"*) ok "$1: a receiver $2" ;;
    *) not_ok "$1: a receiver $2" "$said" ;;
    esac
}
says_of 'all-interfaces' 10.3.0.1 'session s target: receiver 10.3.0.1 is an address of its source interface src0'
says_of 'all-interfaces' 10.5.0.9 'session s target: receiver 10.5.0.9 is an address of this box, on br0'
says_of 'prefix 10.9.0.0/16' 10.2.0.1 'session s target: receiver 10.2.0.1 is an address of its source interface up0'
says_of 'interface src0' 10.3.0.77 'receiver 10.3.0.77 is an address of its source interface src0'
says_of 'all-interfaces' 127.0.0.1 'check succeeds' # loopback is no source
check 'the box ends well' box_stop
expect_equal 'the box has no complaints' "$(complaints)" ''
