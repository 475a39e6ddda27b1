#!/bin/bash
# A command file with two sessions, given in each of the three ways: what arrives at the
# receiver is exactly what tcpdump's equivalent filter selects at the source, cut to the
# session's length, under the session's VNI. Then what one session can be told.

. "${0%/*}/lab.sh"
lab_open

cat >"$lab/commands" <<'END'
configure
set filter web ingress rule 10 action accept protocol tcp destination-port 80
set filter web egress rule 10 action accept protocol tcp source-port 80
set filter rest ingress rule 5 action reject protocol udp destination-port 80-90
set filter rest ingress rule 10 action accept
set filter rest egress rule 10 action accept family ipv4
set target t receiver 10.2.0.2
set session web priority 1
set session web source interface src0
set session web filter web
set session web target t
set session web vni 0
set session web packet-length 96
set session rest priority 2
set session rest source interface src0
set session rest filter rest
set session rest target t
set session rest vni 16777215
commit
exit
monitor sessions plain interval 1 count 5
END
# What tcpdump's expressions do not reach: TCP behind the extension headers of frames.py is all
# to port 80, and later fragments go the way of their first, here to ports 80 and 81 of UDP.
web_in="ip6[6] = 0 or ip6[6] = 60 or $(tagged 'tcp dst port 80')"
web_out=$(tagged 'tcp src port 80')
rejected="ip[4:2] = 780 or ip[4:2] = 781 or ip6[6] = 44 or $(tagged 'udp dst portrange 80-90')"

captures_begin()
{
    rm -f "$lab"/*.pcap
    capture in box src0 -Q in
    capture out box src0 -Q out
    capture first recv vx0
    capture second recv vxmax
    capture wire recv eth0 'udp dst port 4789'
}

# traffic_compared NAME
traffic_compared()
{
    in_src python3 "$frames" eth0 mix 1 >/dev/null
    in_box python3 "$frames" src0 mix 2 >/dev/null
    captures_end
    select_packets in web-in "$web_in"
    select_packets out web-out "$web_out"
    select_packets in rest-in "not ($web_in)" "not ($rejected)"
    select_packets out rest-out "not $web_out" "$(tagged ip)"
    check "$1: the first session" "$compare" "$lab/web-in.sel,$lab/web-out.sel" \
        "$lab/first.pcap" 96 20
    check "$1: the second session" "$compare" "$lab/rest-in.sel,$lab/rest-out.sel" \
        "$lab/second.pcap" 65535 200
    expect_equal "$1: nothing else is sent" "$(packets wire)" \
        $(($(packets first) + $(packets second)))
}

# batch NAME COMMAND...: the file in a box inside the process, with traffic while it monitors
batch()
{
    local name=$1
    shift
    captures_begin
    "$@" >"$lab/batch.out" 2>"$lab/batch.err" &
    helpers="$helpers $!"
    local pid=$!
    until_true 20 grep -q rest "$lab/batch.out" || not_ok "$name: monitor" "$(cat "$lab/batch.err")"
    traffic_compared "$name"
    if wait $pid; then ok "$name: status 0"; else not_ok "$name: status 0" "$(cat "$lab/batch.err")"; fi
    expect_equal "$name: five times two lines" "$(grep -cE 'web|rest' "$lab/batch.out")" 10
    expect_equal "$name: standard error" "$(cat "$lab/batch.err")" \
        "$([ -n "$box_pid" ] || echo "mirrorsh: no box at $socket: started one in this process")"
}

program="ip netns exec $lab_name-box $MIRRORSH --state $state --socket $socket"
# shellcheck disable=SC2086
batch '-f' $program -f "$lab/commands"
rm -rf "$state"
piped() { $program <"$lab/commands"; }
batch 'a pipe' piped
rm -rf "$state"
box_start
by_c()
{
    local arguments=() line
    while read -r line; do
        arguments+=(-c "$line")
    done <"$lab/commands"
    $program "${arguments[@]}"
}
batch 'a daemon and -c' by_c
check 'the sums hold' accounts

# after NAME FIRST-IN FIRST-OUT LENGTH COMMAND...: commits, then compares the first session
after()
{
    local name=$1 expression_in=$2 expression_out=$3 length=$4 output
    shift 4
    if ! output=$(ctl configure "$@" commit 2>&1); then
        not_ok "$name" "$output"
        return
    fi
    captures_begin
    in_src python3 "$frames" eth0 "${set_of:-mix}" 1 >/dev/null
    in_box python3 "$frames" src0 "${set_of:-mix}" 2 >/dev/null
    captures_end
    select_packets in a "$expression_in"
    select_packets out b "$expression_out"
    check "$name" "$compare" "$lab/a.sel,$lab/b.sel" "$lab/first.pcap" "$length"
}
none='ip proto 254'
after 'ingress only' "$web_in" "$none" 96 'set session web direction ingress'
after 'egress only' "$none" "$web_out" 96 'set session web direction egress'
after 'no filter takes all' '' '' 60 'set session web direction both' \
    'delete session web filter' 'set session web packet-length 60'
set_of=sizes
after 'packet-length 97' '' '' 97 'set session web packet-length 97'
after 'packet-length full' '' '' 65535 'set session web packet-length full'

check 'one byte of a packet' ctl configure 'set session web packet-length 1' commit
captures_begin
in_src python3 "$frames" eth0 mix 1 >/dev/null
captures_end
check 'packet-length 1' "$compare" "$lab/in.pcap" "wire:0:$lab/wire.pcap" 1
ctl configure 'set session web disabled' commit >/dev/null
captures_begin
in_src python3 "$frames" eth0 ports 1 >/dev/null
captures_end
select_packets in a "not ($rejected)"
check 'a disabled session lets the next one see the packet' "$compare" "$lab/a.sel" "$lab/second.pcap"
expect_equal 'a disabled session sends nothing' "$(packets first)" 0
check 'the sums still hold' accounts
check 'the box ends well' box_stop
