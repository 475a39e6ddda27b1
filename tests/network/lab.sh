# The test network, sourced by the tests beside it. Three hosts in namespaces of their own:
#
#   src eth0 ---- src0 box up0 ---- eth0 recv (vxlan devices vx0 vx5 vx6 vx7 vxmax)
#                                         10.2.0.2, 10.2.0.3, fd02::2
#
# src0 is the interface that is mirrored; nothing but a test speaks on it (no addresses, no
# IPv6). The receiver's vxlan devices are the kernel's: what they get is what counts.
# lab_open makes all of it and removes it at exit. With INTERACTIVE=1 (tests/run.sh) it first
# stops, at each failure and at the end, with a shell inside it.
# shellcheck shell=bash

: "${TOP:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}" "${BUILD:=$PWD}" "${MIRRORSH:=$BUILD/mirrorsh}"
: "${SANITIZE:=}"
[ -n "${MIRRORSH_NETWORK+set}" ] || { [ "$(id -u)" = 0 ] && MIRRORSH_NETWORK=yes; }
frames=$TOP/tests/network/frames.py
compare=$TOP/tests/network/compare.py
generator=$BUILD/build/tests/bench/generator
captures='' helpers='' box_pid='' not_root='' patience=10

in_src() { ip netns exec "$lab_name-src" "$@"; }
in_box() { ip netns exec "$lab_name-box" "$@"; }
in_recv() { ip netns exec "$lab_name-recv" "$@"; }

# ok NAME; not_ok NAME WHY: what follows a failure may fail with it, and is not waited for as long
ok() { echo "ok $script: $1"; }
not_ok()
{
    echo "not ok $script: $1: $2"
    patience=2
    [ -z "$box_pid" ] || ! [ -S "$socket" ] ||
        ctl 'show sessions' 'show targets' 'show interfaces' 2>&1 | sed 's/^/# /'
    [ -z "${INTERACTIVE-}" ] || look_inside "$1: $2"
}

# look_inside WHY: a shell on the terminal, on one of its own (it is another session's here)
look_inside()
{
    {
        echo
        echo "$script: $1"
        echo "Hosts: ip netns exec $lab_name-src|$lab_name-box|$lab_name-recv COMMAND, or in_src, in_box, in_recv"
        echo "COMMAND; ctl 'show sessions' asks the box; files are in $lab; exit goes on"
    } >/dev/tty
    {
        declare -f in_src in_box in_recv ctl
        declare -p script lab lab_name state socket MIRRORSH
        echo 'PS1="$script in $PWD> "'
    } >"$lab/look.rc"
    script -q -c "bash --noprofile --rcfile $lab/look.rc -i" /dev/null </dev/tty >/dev/tty 2>&1
}

# expect_equal NAME GOT WANTED
expect_equal()
{
    if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got '$2', not '$3'"; fi
}

# check NAME COMMAND...: ok when it succeeds; its output is the reason when not
check()
{
    local name=$1
    shift
    if "$@" >"$lab/check.out" 2>&1; then
        ok "$name"
    else
        not_ok "$name" "status $?: $(tr '\n' ';' <"$lab/check.out" | cut -c 1-600)"
    fi
}

# until_true SECONDS COMMAND...: as many as a machine with nothing else to do may need; a busy one has
# ten times as long, as long as nothing has failed
until_true()
{
    local end=$((SECONDS + $1 * patience))
    shift
    while ! "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt "$end" ] || return 1
        sleep 0.05
    done
}

lab_close()
{
    local pid
    [ -z "${INTERACTIVE-}" ] || look_inside 'its end'
    # shellcheck disable=SC2086
    for pid in $captures $helpers $box_pid; do
        kill -9 "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
    done
    for host in src box recv; do
        ip netns del "$lab_name-$host" 2>/dev/null
    done
    rm -rf "$lab"
}

# host NAME: a namespace that says nothing by itself
host()
{
    ip netns add "$lab_name-$1" || return
    ip netns exec "$lab_name-$1" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
        echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad'
    ip -n "$lab_name-$1" link set lo up
}

lab_open()
{
    script=$(basename "$0" .sh)
    if [ -z "${MIRRORSH_NETWORK-}" ]; then
        echo "skip $script no privileges for network namespaces"
        exit 0
    fi
    lab_name=mt$$
    lab=$(mktemp -d "${TMPDIR:-/tmp}/mirrorsh-$script.XXXXXX")
    state=$lab/state socket=$lab/socket
    trap lab_close EXIT
    if ! grep -q 4294967295 /proc/self/uid_map; then
        echo 'int getuid(void) { return 1; } int geteuid(void) { return 1; }' |
            ${CC:-cc} -w -shared -fPIC -x c -o "$lab/not-root.so" - && not_root=LD_PRELOAD=$lab/not-root.so
    fi
    trap 'exit 130' INT TERM HUP
    host src && host box && host recv || { echo "not ok $script: no namespaces"; exit 1; }
    ip -n "$lab_name-src" link add eth0 type veth peer name src0 netns "$lab_name-box"
    ip -n "$lab_name-recv" link add eth0 type veth peer name up0 netns "$lab_name-box"
    ip -n "$lab_name-box" link set up0 mtu 1700
    ip -n "$lab_name-recv" link set eth0 mtu 1700
    in_box sh -c 'echo 0 >/proc/sys/net/ipv6/conf/up0/disable_ipv6'
    in_recv sh -c 'echo 0 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6'
    # The wire of the receiver shows every packet by itself, checksums and all.
    in_box ethtool -K up0 tx-udp-segmentation off gso off tso off tx off >/dev/null
    in_recv ethtool -K eth0 gro off >/dev/null
    ip -n "$lab_name-src" link set eth0 up
    ip -n "$lab_name-box" link set src0 up
    ip -n "$lab_name-box" link set up0 up
    ip -n "$lab_name-recv" link set eth0 up
    ip -n "$lab_name-box" address add 10.2.0.1/24 dev up0
    ip -n "$lab_name-box" address add fd02::1/64 dev up0 nodad
    for address in 10.2.0.2/24 10.2.0.3/24; do
        ip -n "$lab_name-recv" address add "$address" dev eth0
    done
    ip -n "$lab_name-recv" address add fd02::2/64 dev eth0 nodad
    vxlan vx0 0 10.2.0.2
    vxlan vx5 5 10.2.0.2
    vxlan vx6 6 10.2.0.2
    vxlan vxmax 16777215 10.2.0.2
    vxlan vx7 7 fd02::2
}

# vxlan DEVICE VNI LOCAL [PORT]: one that only receives, and shows every packet by itself
vxlan()
{
    local space=$lab_name-recv
    ip -n "$space" link add "$1" type vxlan id "$2" local "$3" dstport "${4:-4789}" nolearning
    ip netns exec "$space" ethtool -K "$1" gro off >/dev/null
    ip -n "$space" link set "$1" mtu 1600 up
}

# capture NAME HOST DEVICE [TCPDUMP ARGUMENT]...: $lab/NAME.pcap, from now until captures_end
capture()
{
    local name=$1 space=$lab_name-$2 device=$3
    shift 3
    rm -f "$lab/$name.log" # an earlier capture's says that it listens
    # shellcheck disable=SC2086
    ip netns exec "$space" env $not_root tcpdump -i "$device" -n -U --immediate-mode -B 65536 -s 2048 \
        -w "$lab/$name.pcap" "$@" 2>"$lab/$name.log" &
    captures="$captures $!"
    until_true 10 grep -q 'listening on' "$lab/$name.log" ||
        not_ok "capture $name" "$(cat "$lab/$name.log")"
}
# tcpdump: where it runs as root it becomes a user of its own, which a user namespace does not
# have; there it is told that it is not root.
tcpdump() { env $not_root tcpdump "$@"; }

# at_rest: the box's workers, the captures and the helpers wait for packets, and not for a processor to
# take those that came
at_rest()
{
    local pid worker
    for worker in $(workers); do
        ! grep -qs '^State:.[RD]' "$worker/status" || return
    done
    for pid in $captures $helpers; do
        ! grep -qs '^State:.[RD]' "/proc/$pid/status" || return
    done
}
# workers: the directories of their threads; workers .: of all the box's threads
workers() { [ -z "$box_pid" ] || grep -ls "${1-^mirrorsh-w}" "/proc/$box_pid"/task/*/comm | sed 's,/comm$,,'; }

# once_quiet COMMAND...: prints what it prints, once that stays and all is at rest for a while: of what
# is counted or written while packets come. (A COMMAND sees these names.)
once_quiet()
{
    local oq_before='' oq_now oq_quiet=0 oq_end=$((SECONDS + 12 * patience))
    while [ $oq_quiet -lt 4 ] && [ $SECONDS -lt $oq_end ]; do
        oq_now=$("$@")
        [ "$oq_now" = "$oq_before" ] || oq_quiet=0
        ! at_rest || oq_quiet=$((oq_quiet + 1))
        oq_before=$oq_now
        sleep 0.1
    done
    [ $oq_quiet = 4 ] || oq_now="$oq_now and more all the time"
    echo "$oq_now"
}

# Waits until nothing more arrives, then ends the captures.
captures_end()
{
    local pid
    once_quiet sh -c "stat -c %s '$lab'/*.pcap" >/dev/null
    # shellcheck disable=SC2086
    [ -z "$captures" ] || kill -INT $captures 2>/dev/null
    for pid in $captures; do
        wait "$pid" 2>/dev/null
    done
    captures=
    ! grep -q '^[1-9][0-9]* packets dropped by kernel' "$lab"/*.log || not_ok capture "$(cat "$lab"/*.log)"
}

# select_packets PCAP NAME EXPRESSION...: those of PCAP that hold every expression, into NAME.sel.
# One after the other, because `vlan` moves the offsets of all that follows in an expression.
select_packets()
{
    local from=$lab/$1.pcap to=$lab/$2.sel expression
    shift 2
    for expression; do
        tcpdump -n -r "$from" -w "$to.new" "$expression" 2>"$lab/select.log" ||
            not_ok "tcpdump $expression" "$(cat "$lab/select.log")"
        mv "$to.new" "$to"
        from=$to
    done
}

# wire_dropped HOST DEVICE [rx]: what the wire itself lost, before anybody saw it at the other end (a
# veth drops when the machine is too busy to take more; a vxlan device where it receives)
wire_dropped() { ip -n "$lab_name-$1" -s -j link show "$2" | json "d[0]['stats64']['${3-tx}']['dropped']"; }

# interface NAME KEYS: what `show interfaces` says of it
interface() { ctl 'show interfaces | display json' | json "[i for i in d['interfaces'] if i['name'] == '$1'][0]$2"; }
# ring_took SENT: so many packets came to src0, and its ring delivered each or counted it as dropped:
# $dropped of them
taken() { echo $(($(interface src0 "['received']['packets']") + $(interface src0 "['dropped']['packets']"))); }
all_taken() { [ "$(taken)" = "$1" ]; }
ring_took()
{
    until_true 10 all_taken "$1"
    expect_equal 'the ring delivered every packet, or counted it as dropped' "$(taken)" "$1"
    dropped=$(interface src0 "['dropped']['packets']")
}

# delayed [.]: the milliseconds for which the box's workers (all its threads) could have run and had no
# processor
# shellcheck disable=SC2120
delayed()
{
    local thread
    for thread in $(workers "$@"); do
        cat "$thread/schedstat"
    done | awk '{sum += $2} END {printf "%d\n", sum / 1000000}'
}

# none_dropped NAME DROPPED SINCE: by the rings, since `delayed` said that. They hold what comes in a
# quarter of a second: a box that had no processor for half of that is not to blame.
none_dropped()
{
    # shellcheck disable=SC2119
    local late=$(($(delayed) - $3))
    if [ "$2" = 0 ]; then
        ok "$1"
    elif [ $late -gt 125 ]; then
        echo "skip $script $1: $2 dropped, but the workers waited for a processor for $late ms"
    else
        not_ok "$1" "$2 dropped, where the workers waited for a processor for $late ms"
    fi
}

# link_is_up HOST DEVICE: it carries packets, which it does some time after its other end was set up
link_is_up() { ip -n "$lab_name-$1" -br link show "$2" | grep -q ' UP '; }

# packets PCAP [FILTER]: how many
packets()
{
    tcpdump -n -r "$lab/$1.pcap" --count "${@:2}" 2>/dev/null | sed 's/ .*//'
}

# tagged EXPRESSION: tcpdump's expression below any of no, one or two VLAN tags
tagged()
{
    echo "(($1) or (vlan and (($1) or (vlan and ($1)))))"
}

# ctl COMMAND...: commands, one an argument, for the running box; not for one that the command
# would begin in its own process because the box has ended
ctl()
{
    local line arguments=()
    [ -S "$socket" ] || { echo 'no box runs' >&2; return 3; }
    for line; do
        arguments+=(-c "$line")
    done
    in_box "$MIRRORSH" --state "$state" --socket "$socket" "${arguments[@]}" </dev/null
}

# ctl_file FILE
ctl_file()
{
    in_box "$MIRRORSH" --state "$state" --socket "$socket" -f "$1" </dev/null
}

socket_is_new() { [ -S "$socket" ] && [ "$(stat -c %i "$socket")" != "$1" ]; }

# box_start [WRAPPER...]: the daemon, ready when this returns; a killed one has left its socket
# behind. Its journal is box.err, as if that were systemd's: a line begins with its priority.
box_start()
{
    local before JOURNAL_STREAM
    before=$(stat -c %i "$socket" 2>/dev/null)
    touch "$lab/box.err"
    JOURNAL_STREAM=$(stat -c %d:%i "$lab/box.err")
    export JOURNAL_STREAM
    ip netns exec "$lab_name-box" "$@" "$MIRRORSH" --daemon --state "$state" --socket "$socket" </dev/null \
        >>"$lab/box.out" 2>>"$lab/box.err" &
    box_pid=$!
    until_true 20 socket_is_new "$before" && return
    not_ok 'the box starts' "$(tail -n 3 "$lab/box.err")"
    exit 1
}

# What the box has said beside its journal, or in it that somebody should do something.
complaints() { grep -v '^<[4-7]>' "$lab/box.err"; }

box_stop()
{
    local status ended=
    grep -q '^State:.Z' "/proc/$box_pid/status" && ended=yes
    kill "$box_pid"
    wait "$box_pid"
    status=$?
    box_pid=
    [ -z "$ended" ] || { echo "it had ended before, with status $status"; return 1; }
    return $status
}

# json EXPRESSION: of the object `d` on standard input, in Python
json()
{
    python3 -S -c "import json, sys; d = json.load(sys.stdin); print($1)"
}

# accounts: the sums of the running box that have to hold, else what does not
accounts()
{
    ctl 'show sessions | display json' >"$lab/sessions.json" || return 1
    python3 - "$lab/sessions.json" <<'END'
import json, sys
wrong = 0
for s in json.load(open(sys.argv[1]))['sessions']:
    dropped = s['dropped']
    if s['matched']['packets'] != s['sent']['packets'] + s['sampled_out']['packets'] + dropped['packets'] or \
            dropped['packets'] != sum(v for k, v in dropped.items() if k != 'packets'):
        print(s)
        wrong = 1
sys.exit(wrong)
END
}
