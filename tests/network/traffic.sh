#!/bin/bash
# monitor traffic and capture: they show what a session really sends, as tcpdump does, count what they
# have not kept up with, never lose a mirrored packet for it, and are gone with their console.
# needs: mirrorsh build/tests/bench/generator

. "${0%/*}/lab.sh"
lab_open
traffic=$TOP/tests/network/traffic.py
most=100000
[ -z "$SANITIZE" ] || most=4000

# session EXPRESSION: of the first one's JSON
session() { ctl 'show sessions | display json' | json "(lambda s: $1)(d['sessions'][0])"; }
sent() { session "s['sent']['packets']"; }

# committed COMMAND...: in place of the session before, with its counters
committed()
{
    check 'it is committed' ctl configure 'delete session' 'delete target' 'delete filter' \
        'set target t receiver 10.2.0.2' 'set session web priority 1 source interface src0 target t vni 5' \
        "$@" commit
    ctl 'clear counters' >/dev/null
}

# console NAME LINE: a console that runs a line, when it has begun to; its process is $console
console()
{
    rm -f "$lab/$1.out" "$lab/$1.err" # an earlier one's says that it has begun
    ip netns exec "$lab_name-box" "$MIRRORSH" --socket "$socket" -c "$2" </dev/null \
        >"$lab/$1.out" 2>"$lab/$1.err" &
    console=$!
    helpers="$helpers $console"
    until_true 20 grep -q '^session .* is ' "$lab/$1.err" || not_ok "$1 begins" "$(cat "$lab/$1.err")"
}

lines() { wc -l <"$lab/$1.out"; }
# shown NAME COUNT: it has, by now
shown() { [ "$(lines "$1")" = "$2" ]; }
summary() { tail -n 1 "$lab/$1.err"; }
# seen NAME: packets, and those that were missed, in all
seen() { summary "$1" | sed -nE 's/^([0-9]+) packets?, ([0-9]+) not kept up with$/\1 + \2/p'; }
# interrupt PROCESS; its status
interrupt()
{
    kill -INT "$1"
    wait "$1"
}
# settled: what was sent is sent
settled() { once_quiet sent >/dev/null; }

# ---- what tcpdump would show ----

box_start
committed 'set filter f ingress rule 10 action accept' 'set filter f egress rule 20 action accept' \
    'set session web filter f'
capture got recv vx5
console lines 'monitor traffic session web'
lines_pid=$console
console file "capture session web file $lab/web.pcapng"
file_pid=$console
in_src python3 "$frames" eth0 mix 1 >/dev/null
in_box python3 "$frames" src0 mix 2 >/dev/null
in_src python3 "$frames" eth0 arps 3 10.1.0.1,10.1.0.2,10.1.0.3,10.1.0.4 10.1.0.5,10.1.0.6,10.1.0.7,10.1.0.8 >/dev/null
[ -z "${MIRRORSH_DATA-}" ] || in_src python3 "$traffic" replay eth0 "$MIRRORSH_DATA"/pcaps/*.pcap >/dev/null
captures_end
settled
all=$(sent)
until_true 20 shown lines "$all" || not_ok 'every packet has its line' "$(lines lines) of $all"
until_true 20 eval "[ \$(capinfos -Mc '$lab/web.pcapng' | sed -n 's/^Number of packets: *//p') = $all ]"
interrupt "$lines_pid"
expect_equal 'a ^C ends it, and fails the run' $? 1
interrupt "$file_pid"
expect_equal 'a line for each packet' "$(lines lines)" "$all"
expect_equal 'all are kept up with' "$(summary lines)" "$all packets, 0 not kept up with"
expect_equal 'in the file too' "$(summary file)" "$all packets, 0 not kept up with"
check 'the lines are those of tcpdump' python3 "$traffic" compare "$lab/web.pcapng" "$lab/lines.out"
tcpdump -nn -w "$lab/web.pcap" -r "$lab/web.pcapng" 2>"$lab/tcpdump.err"
check 'the file has what the receiver got' "$compare" "$lab/web.pcap" "$lab/got.pcap" 65535 200
expect_equal 'capinfos takes it' "$(capinfos -T -c -F -D -m -q "$lab/web.pcapng" 2>&1 | cut -f 2-)" \
    "$(capinfos -T -c -F -D -m -q "$lab/web.pcapng" 2>/dev/null | cut -f 2-)"
# fields FIELD...: of all packets, each kind once
fields()
{
    local field arguments=()
    for field; do arguments+=(-e "$field"); done
    tshark -r "$lab/web.pcapng" -T fields "${arguments[@]}" 2>/dev/null | sort -u | tr '\t\n' ' ;'
}
expect_equal 'a packet says its interface, direction, session and rule' \
    "$(fields frame.interface_name frame.packet_flags_direction frame.comment)" \
    'src0 0x00000001 session web rule 10;src0 0x00000002 session web rule 20;'
expect_equal 'the file says what was not kept up with' \
    "$(tshark -r "$lab/web.pcapng" -q -z expert 2>&1 | grep -ciE 'malformed block|damaged')" 0
check 'the whole file ends with its statistics' python3 - "$lab/web.pcapng" "$all" <<'END'
import struct, sys
data, at, kinds, drops = open(sys.argv[1], 'rb').read(), 0, [], None
while at < len(data):
    kind, length = struct.unpack_from('<II', data, at)
    assert struct.unpack_from('<I', data, at + length - 4)[0] == length, 'a block is not whole'
    kinds.append(kind)
    at += length
assert kinds[0] == 0x0a0d0d0a and kinds[1] == 1 and kinds[-1] == 5, kinds[:3]
assert kinds.count(6) == int(sys.argv[2]), kinds.count(6)
assert b'session web: 0 packets, of all interfaces, were not kept up with' in data[-300:]
END

# ---- what is really sent ----

committed 'set session web sample 10 packet-length 96'
console sampled 'monitor traffic session web'
in_src "$generator" eth0 200 4 4000 1000 >/dev/null
settled
until_true 20 shown sampled "$(sent)"
interrupt "$console"
expect_equal 'of a sample what is in it' "$(lines sampled)" "$(sent)"
expect_equal 'cut, with the length that it had' \
    "$(sed -E 's/^[^ ]+ //; s/\.1000[0-3] / /' "$lab/sampled.out" | sort -u)" \
    'src0  In  IP 10.0.0.1 > 10.1.0.1.80: UDP, length 158'
committed 'set session web rate-limit 50pps'
console limited 'monitor traffic session web'
in_src "$generator" eth0 200 4 4000 1000 >/dev/null
settled
until_true 20 shown limited "$(sent)"
interrupt "$console"
expect_equal 'of a rate what is within it' "$(lines limited) $(session "s['matched']['packets']")" "$(sent) 1000"
committed 'set session web packet-length full'
if in_box tc qdisc replace dev up0 root tbf rate 8mbit burst 3k limit 6000 2>/dev/null; then
    console backlog 'monitor traffic session web'
    in_src "$generator" eth0 1000 4 4000 500 >/dev/null
    settled
    in_box tc qdisc del dev up0 root
    until_true 20 shown backlog "$(sent)"
    interrupt "$console"
    check 'some were dropped' test "$(session "s['dropped']['backlog']")" -gt 0
    expect_equal 'what the kernel does not take is not shown' "$(seen backlog)" "$(sent) + 0"
fi

# ---- its end ----

committed
console ten 'monitor traffic session web count 10'
ten=$console
console none "capture session web file $lab/none.pcapng count 5"
none=$console
console gone "capture session web file $lab/gone.pcapng"
gone=$console
interrupt "$none"
check 'a file without a packet is whole' tcpdump -nn -r "$lab/none.pcapng"
in_src "$generator" eth0 200 4 4000 300 >/dev/null
wait "$ten"
expect_equal 'count 10: status 0, ten lines' "$? $(lines ten) $(summary ten)" '0 10 10 packets, 0 not kept up with'
check 'a session is disabled under it' ctl configure 'set session web disabled' commit
until_true 20 grep -q '^session web is disabled$' "$lab/gone.err" || not_ok 'it says disabled' "$(cat "$lab/gone.err")"
ctl configure 'delete session web disabled' 'set session web description x' commit >/dev/null
until_true 20 eval "[ \$(grep -c '^session web is up$' '$lab/gone.err') = 2 ]"
in_src "$generator" eth0 200 4 4000 300 >/dev/null
settled
until_true 20 eval "[ \$(capinfos -Mc '$lab/gone.pcapng' | sed -n 's/^Number of packets: *//p') = 600 ]"
check 'a session is renamed under it' ctl configure 'rename session web to net' commit
wait "$gone"
expect_equal 'it ends, with the reason' "$? $(tail -n 2 "$lab/gone.err")" \
    '1 -c1:1:1: error: session web is not configured any more
600 packets, 0 not kept up with'
check 'it has been up, disabled, and up' grep -qx 'session web is up' "$lab/gone.err"
expect_equal 'the file is whole' "$(tcpdump -nn -r "$lab/gone.pcapng" 2>"$lab/tcpdump.err" | wc -l)" 600
expect_equal 'of what is not there' "$(ctl 'monitor traffic session web' 2>&1)" \
    '-c1:1:25: error: there is no session "web"'

# ---- words and names ----

# The client finds the file in the line as the box does, whatever it is abbreviated to.
committed
ip netns exec "$lab_name-box" "$MIRRORSH" --socket "$socket" -c configure \
    -c "ru cap s web f $lab/short.pcapng c 1" </dev/null >"$lab/short.out" 2>"$lab/short.err" &
helpers="$helpers $!"
until_true 20 grep -q '^session web is up' "$lab/short.err" || not_ok 'run may be shortened' "$(cat "$lab/short.err")"
in_src "$generator" eth0 200 4 4000 10 >/dev/null
wait "${helpers##* }"
expect_equal 'all words may be shortened, run too' "$? $(tail -n 1 "$lab/short.err")" '0 1 packet, 0 not kept up with'
ip -n "$lab_name-box" link add $'ev\e[1m' type veth peer name evil netns "$lab_name-src"
ip -n "$lab_name-box" link set $'ev\e[1m' up
ip -n "$lab_name-src" link set evil up
committed 'delete session web source' 'set session web source all-interfaces'
console evil 'monitor traffic session web'
in_src "$generator" evil 200 4 4000 10 >/dev/null
until_true 20 grep -q '^[0-9:.]* ev?\[1m In ' "$lab/evil.out" ||
    not_ok 'no name writes to the terminal' "$(head -n 3 "$lab/evil.out" | cat -v)"
ok 'no name writes to the terminal'
interrupt "$console"
ip -n "$lab_name-box" link del $'ev\e[1m'

# ---- disks ----

committed
expect_equal 'a file that cannot be written' \
    "$(ctl "capture session web file $lab/no/file" 2>&1 | sed "s|$lab||")" \
    '-c1:1:26: error: /no/file: No such file or directory
session web is up
0 packets, 0 not kept up with'
expect_equal 'and a script that keeps going goes on' \
    "$(in_box "$MIRRORSH" --state "$state" --socket "$socket" -k \
        -c "capture session web file $lab/no/file" -c 'show version' 2>/dev/null </dev/null)" \
    "$(ctl 'show version')"
mkdir "$lab/small"
if mount -t tmpfs -o size=64k none "$lab/small"; then
    console full "capture session web file $lab/small/file"
    in_src "$generator" eth0 500 4 4000 2000 >/dev/null
    wait "$console"
    expect_equal 'a full disk says so' "$? $(grep -c "^-c1:1:26: error: $lab/small/file: No space left on device$" "$lab/full.err")" '1 1'
    expect_equal 'with as many packets as it says' \
        "$(tcpdump -nn -r "$lab/small/file" 2>/dev/null | wc -l) + 0" "$(seen full | sed 's/ + .*/ + 0/')"
    check 'some did fit' test "$(tcpdump -nn -r "$lab/small/file" 2>/dev/null | wc -l)" -gt 50
    umount "$lab/small"
fi
ln -s "$lab/target" "$lab/link"
echo before >"$lab/target"
ctl 'monitor sessions count 1 plain' >/dev/null
console over "capture session web file $lab/link count 1"
over=$console
in_src "$generator" eth0 200 4 4000 10 >/dev/null
wait "$over"
expect_equal 'what is there is overwritten, as tcpdump does' "$? $(tcpdump -nn -r "$lab/target" 2>/dev/null | wc -l)" '0 1'

# ---- consoles that come and go ----

anonymous() { sed -n 's/^RssAnon:\t *\([0-9]*\) kB/\1/p' "/proc/$box_pid/status"; }
# freed BEFORE: the taps of a session are gone again
freed() { [ "$(anonymous)" -lt $(($1 + 4000)) ]; }
committed
before=$(anonymous)
console killed 'monitor traffic session web'
killed=$console
console stopped 'monitor traffic session web'
stopped=$console
kill -STOP "$stopped"
in_src "$generator" eth0 200 4 4000 1000 >/dev/null
settled
until_true 20 shown killed 1000 || not_ok 'one that is stopped disturbs no other' "$(lines killed)"
expect_equal 'every packet is sent for all that' "$(sent)" 1000
kill -CONT "$stopped"
kill -9 "$killed"
wait "$killed" 2>/dev/null
interrupt "$stopped"
check 'one that was stopped has missed none or says so' test $(($(seen stopped))) = 1000
if [ -z "$SANITIZE" ]; then
    until_true 20 freed "$before" || not_ok 'watching ends with the consoles' "$before kB, now $(anonymous)"
fi
ok 'watching ends with the consoles'

# ---- a flood ----

# flooded RATE: for a second, with a console that reads, one that captures and one that has
# stopped. Nothing is lost on the way in, and everything that came is sent and accounted for.
flooded()
{
    ctl 'clear counters' >/dev/null
    console reads 'monitor traffic session web'
    local reads=$console captures stopped
    console captures "capture session web file $lab/flood.pcapng"
    captures=$console
    console stopped 'monitor traffic session web'
    stopped=$console
    kill -STOP "$stopped"
    in_src "$generator" eth0 128 64 "$1" "$1" >/dev/null
    settled
    sleep 0.3
    kill -CONT "$stopped"
    interrupt "$reads"
    interrupt "$captures"
    interrupt "$stopped"
    for name in reads captures stopped; do
        [ "$(($(seen $name)))" = "$(sent)" ] || not_ok "$1 pps: seen and missed is sent" "$name: $(summary $name), of $(sent)"
    done
    echo "# $1 pps: $(for name in reads captures stopped; do echo "$name $(summary $name);"; done)"
    [ "$(sent)" = "$1" ] && [ "$(session "s['dropped']['packets']")" = 0 ]
}
committed 'set session web packet-length 96'
for rate in $most $((most / 2)) $((most / 5)) $((most / 20)) none; do
    [ $rate != none ] || break
    ! flooded $rate || break
done
[ $rate != none ] && ok 'watched by three, every packet of a flood is mirrored' ||
    not_ok 'watched by three, every packet of a flood is mirrored' "not even of $((most / 20)) a second"
echo "# at $rate packets a second"
check 'the sums hold' accounts
check 'the box ends well' box_stop
expect_equal 'the box has no complaints' "$(complaints)" ''
