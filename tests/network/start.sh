#!/bin/bash
# A box that starts, or runs, where something of its configuration does not fit the machine any
# more: that session or receiver is down and says why, the rest runs, and nothing of the
# configuration is thrown away. Only a commit refuses.

. "${0%/*}/lab.sh"
lab_open
state_of() { ctl 'show sessions | display json' | json "[(s['state'], s['reason'] or '') for s in d['sessions'] if s['name'] == '$1'][0]"; }
is() { [ "$(state_of "$1")" = "$2" ]; }

# restarted [WRAPPER...]: the box, with what was committed
restarted()
{
    check 'the box ends well' box_stop
    : >"$lab/box.err"
    box_start "$@"
    expect_equal 'it starts from what was committed, and has no complaints' "$(complaints)" ''
}

# mirrors SESSION DEVICE: the frames reach the session's vxlan device
mirrors()
{
    rm -f "$lab"/*.pcap
    capture in box src0 -Q in
    capture got recv "$2"
    in_src python3 "$frames" eth0 flows 1 >/dev/null
    captures_end
    check "session $1 mirrors" "$compare" "$lab/in.pcap" "$lab/got.pcap" 65535 256
}

# commit_refused SESSION: what an unrelated commit says of it
commit_refused() { ctl configure "set session $1 description x" commit 2>&1 | head -n 1; }

box_start
check 'two sessions' ctl configure 'set target v4 receiver 10.2.0.2' 'set target v6 receiver fd02::2' \
    'set session a priority 1 target v6 vni 7 source interface src0' \
    'set session b priority 2 target v4 vni 5 source interface src0' commit
mirrors a vx7

# --- a kernel without IPv6, while the file is there
cat >"$lab/no6.c" <<'END'
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
int socket(int family, int type, int protocol)
{
    if (family == AF_INET6 && !access(getenv("NO6"), F_OK)) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    return (int)syscall(SYS_socket, family, type, protocol);
}
END
check 'a kernel without IPv6' ${CC:-cc} -shared -fPIC -o "$lab/no6.so" "$lab/no6.c"
touch "$lab/no6"
restarted env NO6="$lab/no6" LD_PRELOAD="$lab/no6.so" \
    ASAN_OPTIONS="${ASAN_OPTIONS-}:verify_asan_link_order=0"
expect_equal 'without IPv6 its session says so' "$(state_of a)" \
    "('down', 'receiver fd02::2: sockets: Address family not supported by protocol')"
mirrors b vx5
expect_equal 'a commit refuses it' "$(commit_refused b)" \
    '-c3:1:1: error: session a target: receiver fd02::2: sockets: Address family not supported by protocol'
expect_equal 'but not what is out of service' \
    "$(ctl configure 'set session a disabled' 'commit check' 2>/dev/null)" 'configuration check succeeds'
rm "$lab/no6"
check 'when there is IPv6 it comes up by itself' until_true 5 is a "('up', '')"
mirrors a vx7

# --- few descriptors: a receiver takes eight or shares those of one that is sent to alike, and some are
# left for consoles
restarted
check 'five receivers' ctl configure 'delete session a' 'delete target v6' 'set target z dscp 8' \
    'set target z receiver 10.2.0.2:4790 10.2.0.2:4791 10.2.0.2:4792 10.2.0.2:4793' \
    'set session c priority 3 target z vni 6 source interface src0' commit
base=$(($(find "/proc/$box_pid/fd" -mindepth 1 | wc -l) - 40))
states() { ctl 'show targets | display json' | json "' '.join(r['state'] for t in d['targets'] for r in t['receivers'])"; }
restarted prlimit --nofile=$((base + 28)) # for one
mirrors b vx5
expect_equal 'a session that has none of its receivers is down and names the first' "$(state_of c)" \
    "('down', 'receiver 10.2.0.2:4790: sockets: Too many open files')"
expect_equal 'as many as leave some for consoles' "$(states)" 'up down down down down'
restarted prlimit --nofile=$((base + 36)) # for two
mirrors b vx5
expect_equal 'receivers that are sent to alike share' "$(states)" 'up up up up up'
restarted
before=$(find "/proc/$box_pid/fd" -mindepth 1 | wc -l)
check 'a hundred more receivers' ctl configure 'set target z receiver'"$(printf ' 10.2.0.2:%d' {4801..4900})" commit
check 'the first of them have sockets of their own, the others share' \
    test $(($(find "/proc/$box_pid/fd" -mindepth 1 | wc -l) - before)) -lt 400
mirrors b vx5

# --- a receiver's address that is now on a source: at the start, and while it runs
check 'the box ends well' box_stop
ip -n "$lab_name-box" address add 10.2.0.2/32 dev src0
: >"$lab/box.err"
box_start
misfit="('down', 'receiver 10.2.0.2 is an address of its source interface src0')"
expect_equal 'a session that would mirror to its source is down' "$(state_of b)" "$misfit"
expect_equal 'it starts from what was committed, and has no complaints' "$(complaints)" ''
expect_equal 'a commit refuses it' "$(commit_refused b)" \
    '-c3:1:1: error: session b target: receiver 10.2.0.2 is an address of its source interface src0'
ip -n "$lab_name-box" address del 10.2.0.2/32 dev src0
check 'it comes up when the address has gone' until_true 5 is b "('up', '')"
mirrors b vx5
ip -n "$lab_name-box" address add 10.2.0.2/32 dev src0
check 'it goes down when the address appears' until_true 5 is b "$misfit"
ip -n "$lab_name-box" address del 10.2.0.2/32 dev src0
check 'the sums hold' accounts
check 'the box ends well' box_stop
