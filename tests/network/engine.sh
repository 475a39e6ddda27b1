#!/bin/bash
# The engine without the shell: the kernel's vxlan devices and tcpdump judge what a small
# driver (engine_driver.c), linked with nothing but the engine, makes of it. What the shell can
# ask for is tested through it, beside this; here stands what needs the engine's own face:
# several workers, commits under traffic with every sum checked, links that come and go.

. "${0%/*}/lab.sh"
. "${0%/*}/driver.sh"
lab_open
driver_build

# send FRAMES [SEED]: from the far end of src0; send_out: by the box itself
send() { in_src python3 "$frames" eth0 "$@" >/dev/null; }
send_out() { in_box python3 "$frames" src0 "$@" >/dev/null; }

begin_captures()
{
    rm -f "$lab"/*.pcap
    capture in box src0 -Q in
    capture out box src0 -Q out
    capture got recv "${1:-vx5}"
}

# both_ways NAME SET ENGINE-ARGUMENT...: one session takes all of SET, to vx5
both_ways()
{
    local name=$1 set=$2
    shift 2
    begin_captures
    engine "$@" target=t,10.2.0.2 session=s,10,5,0,both,t,-,src0
    send "$set" 1
    send_out "$set" 2
    captures_end
    engine_end
    check "$name" "$compare" "$lab/in.pcap,$lab/out.pcap" "$lab/got.pcap"
    expect_equal "$name: all sent" "$(value session s sent)" "$(packets got)"
}

both_ways 'everything, both directions' mix
both_ways 'two workers' mix -w 2

# Each worker balances for itself: together they are as even.
engine -w 2 target=even,10.2.0.2,10.2.0.3,fd02::2 session=s,10,5,0,both,even,-,src0
for ((i = 1; i <= 8; i++)); do
    send flows "$i"
done
becomes 'two workers, evenly: all sent' 2048 session s sent
engine_end
shares="$(value receiver 'even 0' sent) $(value receiver 'even 1' sent) $(value receiver 'even 2' sent)"
# shellcheck disable=SC2086
check "two workers, evenly: $shares" python3 - $shares <<'END'
import sys
shares = list(map(int, sys.argv[1:]))
assert sum(shares) == 2048 and all(abs(share - 2048 / 3) <= 2048 / 3 / 100 for share in shares), shares
END

# The kernel hands all fragments of a datagram to one worker, which then knows the ports of the later
# ones.
begin_captures
engine -w 8 target=t,10.2.0.2 filter=f,in:1:accept:destination-port:80,out:1:accept:destination-port:80 \
    session=s,10,5,0,both,t,f,src0
for ((i = 1; i <= 8; i++)); do
    send fragments "$i"
    send_out fragments $((i + 8))
done
captures_end
engine_end
for side in in out; do
    select_packets $side $side 'ip[4:2] = 780 or (ip6[6] = 44 and ip6[44:4] = 880)'
done
check 'fragments of eight workers' "$compare" "$lab/in.sel,$lab/out.sel" "$lab/got.pcap" 65535 96

# What goes out of src0 as super-frames must be what the wire behind it shows when offloads are
# off, and the kernel splits them itself.
engine target=t,10.2.0.2 session=s,10,5,0,both,t,-,src0
rm -f "$lab"/*.pcap
capture got recv vx5
send_out super_frames 1
captures_end
engine_end
cp "$lab/got.pcap" "$lab/split.cap"
in_box ethtool -K src0 tso off gso off tx off >/dev/null
in_src ethtool -K eth0 gro off >/dev/null
rm -f "$lab"/*.pcap
capture far src eth0 -Q in
send_out super_frames 1
captures_end
in_box ethtool -K src0 tso on gso on tx on >/dev/null
mv "$lab/split.cap" "$lab/got.pcap"
check 'super-frames are split as the kernel splits them' "$compare" "$lab/far.pcap" "$lab/got.pcap" 65535 20

# ---- what the vxlan device does not show: the packets of the wire at the receiver ----

# inner NAME: $lab/NAME.pcap of outer IPv4 packets becomes one of the inner frames
inner()
{
    python3 - "$lab/$1.pcap" <<'END'
import struct, sys
data = open(sys.argv[1], 'rb').read()
with open(sys.argv[1], 'wb') as out:
    out.write(data[:24])
    at = 24
    while at + 16 <= len(data):
        times, size = data[at:at + 8], struct.unpack_from('<I', data, at + 8)[0]
        frame = data[at + 16 + 50:at + 16 + size]
        assert data[at + 16 + 20] & 0x40, 'no DF'
        out.write(times + struct.pack('<II', len(frame), len(frame)) + frame)
        at += 16 + size
END
}

begin_captures
capture wire recv eth0 udp dst port 4789
engine target=t,10.2.0.2 session=s,10,5,0,both,t,-,src0
send malformed 1
send_out malformed 2
captures_end
engine_end
inner wire
check 'malformed frames' "$compare" "$lab/in.pcap,$lab/out.pcap" "$lab/wire.pcap" 65535 300

# ---- lengths ----

# shortened NAME DEVICE LENGTH ENGINE-ARGUMENT...
shortened()
{
    local name=$1 length=$3
    begin_captures "$2"
    shift 3
    engine "$@"
    send sizes 1
    send super_frames 1
    captures_end
    engine_end
    check "$name" "$compare" "$lab/in.pcap" "$lab/got.pcap" "$length" 10
    local over
    over=$(tcpdump -n -r "$lab/in.pcap" --count "greater $((length + 1))" 2>/dev/null |
        sed 's/ .*//')
    expect_equal "$name: what was cut is counted" "$(value session s truncated)" "$over"
}
in_src ethtool -K eth0 tso off gso off >/dev/null
in_src ethtool -K eth0 tx off >/dev/null
shortened 'cut to 96 bytes' vx5 96 target=t,10.2.0.2 session=s,10,5,96,both,t,-,src0
shortened 'cut to 1 byte more than Ethernet' vx5 61 target=t,10.2.0.2 session=s,10,5,61,both,t,-,src0
ip -n "$lab_name-box" route add 10.2.0.2 dev up0 mtu 1000
shortened 'cut to the path MTU' vx5 964 target=t,10.2.0.2 session=s,10,5,0,both,t,-,src0
ip -n "$lab_name-box" route del 10.2.0.2 dev up0
ip -n "$lab_name-box" -6 route add fd02::2 dev up0 mtu 1400
shortened 'cut to the path MTU of IPv6' vx7 1344 target=t,fd02::2 session=s,10,7,0,both,t,-,src0
ip -n "$lab_name-box" -6 route del fd02::2 dev up0
in_src ethtool -K eth0 tx on tso on gso on >/dev/null

# ---- VNIs and receivers ----

begin_captures vx0
capture max recv vxmax
engine target=t,10.2.0.2 session=a,1,0,0,in,t,-,src0 session=b,2,16777215,0,out,t,-,src0
send mix 1
send_out mix 2
captures_end
engine_end
check 'VNI 0' "$compare" "$lab/in.pcap" "$lab/got.pcap" 65535 300
check 'VNI 16777215' "$compare" "$lab/out.pcap" "$lab/max.pcap" 65535 300

begin_captures
capture wire recv eth0 udp dst port 4789
engine target=t,10.2.0.2,10.2.0.3 session=s,10,5,0,both,t,-,src0
send flows 1
send_out flows 1
captures_end
engine_end
first=$(packets wire dst host 10.2.0.2) second=$(packets wire dst host 10.2.0.3)
expect_equal 'two receivers get everything' $((first + second)) 512
check 'each of two receivers gets a share' test "$first" -gt 128 -a "$second" -gt 128
expect_equal 'receivers are counted' "$(value receiver 't 0' sent) $(value receiver 't 1' sent)" "$first $second"

# ---- rules and their order ----

engine target=t,10.2.0.2 filter=f,in:1:reject:protocol:tcp,in:2:accept:protocol:udp \
    session=a,1,5,0,both,t,f,src0 session=b,2,6,0,both,t,-,src0
begin_captures
capture six recv vx6
send ports 1
captures_end
engine_end
tcpdump -n -r "$lab/in.pcap" -w "$lab/udp.sel" udp 2>/dev/null
tcpdump -n -r "$lab/in.pcap" -w "$lab/rest.sel" 'not udp and not tcp' 2>/dev/null
check 'the first session that accepts' "$compare" "$lab/udp.sel" "$lab/got.pcap" 65535 50
check 'what no rule decides is the next session'"'"'s' "$compare" "$lab/rest.sel" "$lab/six.pcap" 65535 50
expect_equal 'rejected is counted' "$(value interface src0 rejected)" "$(packets in tcp)"
expect_equal 'rules are counted' "$(value rule 'f in 1' hits) $(value rule 'f in 2' hits)" \
    "$(packets in tcp) $(packets in udp)"

engine target=t,10.2.0.2 session=s,10,5,0,both,t,-,lo
in_box ping -q -c 3 -i 0.2 127.0.0.1 >/dev/null
expect_equal 'on loopback each packet once' "$(once_quiet now session s sent)" 6
engine_end

# not the router solicitations that a new interface sends now and then
engine target=t,10.2.0.2 filter=f,in:1:accept:protocol:tcp,out:1:accept:protocol:udp \
    session=s,10,5,0,both,t,f,src0+up0
send flows 1
in_box ping -q -c 1 10.2.0.2 >/dev/null
expect_equal 'its own packets are not mirrored' "$(once_quiet now session s sent)" 256
engine_end
check 'what goes to a receiver is counted as own' test "$(value interface up0 own)" -gt 0

# ---- TCP as programs speak it, in super-frames ----

ip -n "$lab_name-src" address add 10.1.0.2/24 dev eth0
ip -n "$lab_name-box" address add 10.1.0.1/24 dev src0
in_box sysctl -qw net.ipv6.conf.src0.disable_ipv6=0
in_src sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0
ip -n "$lab_name-src" address add fd01::2/64 dev eth0 nodad
ip -n "$lab_name-box" address add fd01::1/64 dev src0 nodad
stream=$TOP/tests/network/stream.py size=8000000
for address in 10.1.0.1 fd01::1; do
    rm -f "$lab"/*.pcap "$lab/serve"
    capture got recv vx5
    engine target=t,10.2.0.2 session=s,10,5,0,both,t,-,src0
    in_box python3 "$stream" serve $address 8000 $size >"$lab/serve" &
    helpers=$!
    until_true 10 grep -q listening "$lab/serve"
    in_src python3 "$stream" fetch $address 8000 $size || not_ok "fetch $address" "failed"
    captures_end
    engine_end
    check "a TCP stream over $address" python3 "$stream" verify "$lab/got.pcap" 8000 $size 1500
done
ip -n "$lab_name-src" address flush dev eth0
ip -n "$lab_name-box" address flush dev src0
in_box sysctl -qw net.ipv6.conf.src0.disable_ipv6=1
in_src sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1

# ---- commits under traffic ----

# under_commits NAME ENGINE-ARGUMENT...: with a quarter of the traffic where the machine has no time
# for it, and a quarter of that
under_commits()
{
    local name=$1 sent wire less dropped
    shift
    for less in 1 4 16; do
        rm -f "$lab"/*.pcap
        wire=$(wire_dropped src eth0)
        capture got recv vx5 -s 200
        engine -c 10 -p 7 "$@" target=t,10.2.0.2 session=s,10,5,96,both,t,-,src0
        sent=$(in_src python3 "$TOP/tests/network/blast.py" eth0 $((${BLAST-100000} / less)) $((30000 / less)))
        sent=$((sent - $(wire_dropped src eth0) + wire))
        until_true 20 many_commits
        captures_end
        engine_end
        dropped=$(value interface src0 dropped)
        [ "$dropped" != 0 ] || break
    done
    expect_equal "$name: nothing is lost" "$(value session s sent) $dropped" "$sent 0"
    expect_equal "$name: each packet once" "$(packets got)" "$sent"
    check "$name: many commits" test "$(value engine all plans)" -gt 50
}
many_commits() { [ "$(now engine all plans)" -gt 50 ]; }
under_commits 'commits under traffic'
under_commits 'commits under traffic, two workers' -w 2

# ---- what comes and goes ----

engine target=t,10.2.0.2 session=s,10,5,0,both,t,-,tap9 session=other,11,6,0,both,t,-,src0
becomes 'absent' "'interface tap9 is absent'" session s reason
ip -n "$lab_name-src" link add peer9 type veth peer name tap9 netns "$lab_name-box"
ip -n "$lab_name-src" link set peer9 up
becomes 'there but down' "'interface tap9 is down'" session s reason
ip -n "$lab_name-box" link set tap9 up
becomes 'up' up session s state
in_src python3 "$frames" peer9 flows 1 >/dev/null
becomes 'mirrored' 256 session s sent
ip -n "$lab_name-box" link set tap9 down
becomes 'taken down' down session s state
ip -n "$lab_name-box" link set tap9 up
becomes 'up again' up session s state
in_src python3 "$frames" peer9 flows 2 >/dev/null
becomes 'mirrored again' 512 session s sent
ip -n "$lab_name-box" link del tap9
becomes 'deleted' "'interface tap9 is absent'" session s reason
ip -n "$lab_name-src" link add peer9 type veth peer name tap9 netns "$lab_name-box"
ip -n "$lab_name-src" link set peer9 up
ip -n "$lab_name-box" link set tap9 up
becomes 'made anew' up session s state
in_src python3 "$frames" peer9 flows 3 >/dev/null
becomes 'made anew, mirrored' 768 session s sent
ip -n "$lab_name-box" link set tap9 down
ip -n "$lab_name-box" link set tap9 name old9
becomes 'renamed away' "'interface tap9 is absent'" session s reason
ip -n "$lab_name-box" link set old9 name tap9
ip -n "$lab_name-box" link set tap9 up
becomes 'renamed back' up session s state
in_src python3 "$frames" peer9 flows 4 >/dev/null
becomes 'renamed back, mirrored' 1024 session s sent
send flows 5
becomes 'the other session has never stopped' 256 session other sent
engine_end
ip -n "$lab_name-box" link del tap9

engine target=t,10.2.0.9 session=s,10,5,0,both,t,-,src0
becomes 'a neighbour that does not resolve' "'receiver 10.2.0.9: neighbour does not resolve'" session s reason
ip -n "$lab_name-recv" address add 10.2.0.9/24 dev eth0
becomes 'a neighbour that resolves at last' up session s state
ip -n "$lab_name-recv" address del 10.2.0.9/24 dev eth0
ip -n "$lab_name-box" neighbour change 10.2.0.9 lladdr 02:00:00:00:00:09 nud stale dev up0
sleep 2.5
expect_equal 'a stale neighbour that nobody talks to stays' "$(now session s state)" up
for i in {1..60}; do
    send flows "$i"
    sleep 1
    now_is down session s state && break
done
expect_equal 'talked to in vain, it fails' "$(now receiver 't 0' reason)" "'neighbour does not resolve'"
ip -n "$lab_name-box" address del 10.2.0.1/24 dev up0
becomes 'no route' "'receiver 10.2.0.9: no route'" session s reason
ip -n "$lab_name-box" address add 10.2.0.1/24 dev up0
engine_end

engine -w 2 target=t,10.2.0.2 session=s,10,5,0,both,t,-,tap9
ip -n "$lab_name-src" link add peer9 type veth peer name tap9 netns "$lab_name-box"
ip -n "$lab_name-src" link set peer9 up
ip -n "$lab_name-box" link set tap9 up
becomes 'two workers: up' up session s state
in_src python3 "$frames" peer9 flows 1 >/dev/null
becomes 'two workers: mirrored once' 256 session s sent
engine_end
ip -n "$lab_name-box" link del tap9

# more sources than there are rings for
many=
for ((i = 0; i < 40; i++)); do
    ip -n "$lab_name-box" link add n$i type veth peer name n$i netns "$lab_name-src"
    ip -n "$lab_name-box" link set n$i up
    ip -n "$lab_name-src" link set n$i up
    many=$many+n$i
done
engine -w 2 target=t,10.2.0.2 "session=s,10,5,0,in,t,-,${many#+}"
for i in 0 20 39; do
    in_src python3 "$frames" n$i flows $i >/dev/null
done
becomes 'two workers, many sources: mirrored once' 768 session s sent
expect_equal 'two workers, many sources: counted by interface' "$(now interface n20 received)" 256
engine_end
for ((i = 0; i < 40; i++)); do
    ip -n "$lab_name-box" link del n$i
done

# the path narrows while packets flow: the route says so, or only an ICMP error would
engine target=t,10.2.0.2 session=s,10,5,0,in,t,-,src0
becomes 'the path MTU' 1700 receiver 't 0' mtu
ip -n "$lab_name-box" route add 10.2.0.2 dev up0 mtu 900
becomes 'a narrower path' 900 receiver 't 0' mtu
rm -f "$lab"/*.pcap
capture got recv vx5
send sizes 1
captures_end
check 'a narrower path: cut to it' test "$(packets got 'greater 865')" = 0 -a "$(packets got 'greater 864')" -gt 0
engine_end
expect_equal 'a narrower path: nothing is lost' "$(value session s send_error)" 0
ip -n "$lab_name-box" route del 10.2.0.2 dev up0

# and when only a router on the way knows of it
rm -f "$lab"/*.pcap
in_recv python3 "$TOP/tests/network/narrow.py" eth0 800 >"$lab/narrow" &
helpers=$!
until_true 10 grep -q listening "$lab/narrow"
engine target=t,10.2.0.2 session=s,10,5,0,in,t,-,src0
send sizes 1
becomes 'a path MTU learned from ICMP' 800 receiver 't 0' mtu
before=$(now session s send_error)
capture got recv vx5
send sizes 2
captures_end
check 'a path MTU learned from ICMP: cut to it' \
    test "$(packets got 'greater 765')" = 0 -a "$(packets got 'greater 764')" -gt 0
expect_equal 'a path MTU learned from ICMP: no more errors' "$(now session s send_error)" "$before"
engine_end
in_box ip route flush cache

# ---- refusals ----

# ordered FLOWS: each flow's frames (blast.py) left in the order in which they were sent: as they leave,
# for the wire here may deliver later what another processor was given first
capture_leaving() { capture left box up0 -Q out udp dst port 4789; }
ordered()
{
    inner left
    python3 - "$lab/left.pcap" "$1" <<'END'
import struct, sys
data, at, last = open(sys.argv[1], 'rb').read(), 24, {}
while at + 16 <= len(data):
    flow, number = struct.unpack_from('!H6xQ', data, at + 16 + 34)
    if number <= last.get(flow, -1):
        sys.exit('%d after %d in flow %d' % (number, last[flow], flow))
    last[flow] = number
    at += 16 + struct.unpack_from('<I', data, at + 8)[0]
sys.exit(len(last) < int(sys.argv[2]))
END
}

# blasted NAME REFUSED ENGINE-ARGUMENT...
blasted()
{
    local name=$1 refused=$2 sent
    shift 2
    rm -f "$lab"/*.pcap
    capture got recv vx5
    capture_leaving
    engine "$@" target=t,10.2.0.2 session=s,10,5,0,both,t,-,src0
    sent=$(in_src python3 "$TOP/tests/network/blast.py" eth0 20000 20000)
    captures_end
    engine_end
    expect_equal "$name: all arrive" "$(value session s sent) $(packets got)" "$sent $sent"
    expect_equal "$name: it is said" "$(value worker 0 refused)" "$refused"
    check "$name: flows stay in order" ordered 100
    check "$name: load is measured" test "$(value worker 0 load)" != 0.0000
}
blasted 'segmented sends' 0
blasted 'the kernel refuses to segment' 1 -n

# Frames of several lengths make several batches of a flow, some of one packet: a batch that is
# refused while later ones are under way must not be overtaken by them.
rm -f "$lab"/*.pcap
capture got recv vx5
capture_leaving
engine target=t,10.2.0.2 session=s,10,5,0,both,t,-,src0
ip netns exec "$lab_name-src" python3 "$TOP/tests/network/blast.py" eth0 1000000 20000 4 200 100 150 300 >/dev/null &
blast=$!
has_worked() { [ "$(now session s sent)" -gt 4000 ]; }
until_true 10 has_worked
kill -HUP "$box_pid"
becomes 'refused after it had worked: it is said' 1 worker 0 refused
kill $blast
wait $blast
captures_end
expect_equal 'refused after it had worked: all arrive' "$(now session s sent)" "$(packets got)"
check 'refused after it had worked: flows stay in order' ordered 4
kill -HUP "$box_pid"
for ((i = 0; i < 200; i++)); do # by and by it is asked for again
    in_src python3 "$TOP/tests/network/blast.py" eth0 256 100000 >/dev/null
    now_is 0 worker 0 refused && break
    sleep 0.2
done
expect_equal 'a refusal is forgotten when it has passed' "$(now worker 0 refused)" 0
engine_end

in_box "$driver" -t 1 target=t,10.2.0.1 session=s,1,5,0,both,t,-,up0 >"$lab/engine.out" 2>&1
expect_equal 'a receiver on a source is refused' "$(cat "$lab/engine.out")" \
    'problem s: target: receiver 10.2.0.1 is an address of its source interface up0'

# ---- an io_uring that the kernel refuses ----

engine target=t,10.2.0.2 session=s,10,5,0,both,t,-,src0
send flows 1
becomes 'before io_uring is refused' 256 session s sent
kill -USR2 "$box_pid"
becomes 'io_uring refused: the session is down' "'io_uring: Operation not permitted'" session s reason
send flows 2
used=$(awk '{print $14 + $15}' "/proc/$box_pid/stat")
sleep 1
check 'io_uring refused: nothing spins' test $(($(awk '{print $14 + $15}' "/proc/$box_pid/stat") - used)) -lt 50
expect_equal 'io_uring refused: what was counted stays' "$(now session s sent)" 256
engine_end

python3 - "$driver" -t 1 session=s,10,5,0,both,t,-,src0 >"$lab/engine.out" 2>&1 <<'END'
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
enter = 426
code = b''.join(struct.pack('HBBI', *i) for i in
                [(0x20, 0, 0, 0), (0x15, 0, 1, enter), (6, 0, 0, 0x50001), (6, 0, 0, 0x7fff0000)])
program = struct.pack('HxxxxxxP', 4, ctypes.addressof(kept := ctypes.create_string_buffer(code)))
assert not libc.prctl(38, 1, 0, 0, 0) and not libc.prctl(22, 2, program)
os.execv(sys.argv[1], sys.argv[1:])
END
expect_equal 'io_uring refused from the start' "$(cat "$lab/engine.out")" \
    'engine_driver: start: io_uring: requests are refused: Operation not permitted'

if command -v setpriv >/dev/null; then
    in_box setpriv --bounding-set -net_raw --inh-caps -net_raw "$driver" -t 1 target=t,10.2.0.2 \
        session=s,1,5,0,both,t,-,src0 >"$lab/engine.out" 2>&1
    expect_equal 'a capture without privileges' "$(value session s reason)" \
        "'capture on src0: Operation not permitted'"
else
    echo "skip $script: a capture without privileges: no setpriv"
fi
