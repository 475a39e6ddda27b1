#!/bin/bash
# Workers and rings that change at commits while packets come: each packet is mirrored once, and
# counted once, by whichever worker, also where workers that have counted are gone, where a change
# is abandoned, and where there are more interfaces than rings.
# needs: mirrorsh

. "${0%/*}/lab.sh"
. "${0%/*}/driver.sh"
lab_open
driver_build

threads() { sort "/proc/$box_pid"/task/*/comm | grep -c '^mirrorsh-w'; }

# under_changes NAME FRAMES ENGINE-ARGUMENT...: frames in both directions, commits twice a second; a
# quarter of them where the machine has no time for so many, and a quarter of that
under_changes()
{
    local name=$1 frames=$2 less in out blaster dropped
    shift 2
    for less in 1 4 16; do
        [ -z "$SANITIZE" ] || [ $less != 1 ] || continue
        rm -f "$lab"/*.pcap
        dropped=$(wire_dropped src eth0)
        capture got recv vx5 -s 200
        engine -c "${every-400}" -p 50 "$@"
        [ -z "${first-}" ] || "$first"
        in_box python3 "$TOP/tests/network/blast.py" src0 $((frames / less)) $((8000 / less)) >"$lab/out" &
        blaster=$!
        in=$(in_src python3 "$TOP/tests/network/blast.py" eth0 $((frames / less)) $((8000 / less)))
        wait $blaster
        in=$((in - $(wire_dropped src eth0) + dropped)) out=$(cat "$lab/out")
        captures_end
        engine_end
        dropped=$(value interface src0 dropped)
        [ "$dropped" != 0 ] || break
    done
    expect_equal "$name: nothing is lost" \
        "$(value session s sent) $(value interface src0 received) $dropped" "$((in + out)) $((in + out)) 0"
    expect_equal "$name: each packet once" "$(packets got)" $((in + out))
}

# when workers have changed once
fall()
{
    until_true 10 now_is 3 engine all workers
    ip -n "$lab_name-box" link set src0 down
    until_true 10 now_is down session s state # or it would be taken for up before it has fallen
    ip -n "$lab_name-box" link set src0 up
    until_true 10 link_is_up src eth0
    until_true 10 now_is up session s state
}

session='target=t,10.2.0.2 session=s,10,5,96,both,t,-,src0'
# shellcheck disable=SC2086
{
    first=fall every=1500 under_changes 'after the interface has fallen' 24000 $session workers=2,3
    under_changes 'workers come and go' 48000 $session workers=1,2,8,0,1
    under_changes 'rings grow and shrink' 24000 $session rings=256,16,64
    under_changes 'both at once' 36000 $session workers=3,1,2,2 rings=64,64,16
    under_changes 'what is prepared and abandoned' 24000 -a $session workers=1,5
}

# ---- spread ----

# shellcheck disable=SC2086
engine $session workers=4
in_src python3 "$frames" eth0 flows 1 >/dev/null
in_box python3 "$frames" src0 flows 1 >/dev/null
becomes 'flows of four workers' 512 session s sent
expect_equal 'a thread a worker, by name' "$(threads)" 4
for worker in 0 1 2 3; do
    check "worker $worker has a share" test "$(value worker $worker received)" -gt 60
done
engine_end

# ---- more interfaces than rings ----

many=src0
for ((i = 0; i < 40; i++)); do
    echo "link add n$i type veth peer name n$i netns $lab_name-src"
    echo "link set n$i up"
    many=$many+n$i
done >"$lab/batch"
ip -n "$lab_name-box" -batch "$lab/batch"
sed -n 's/^link set/link set/p' "$lab/batch" | ip -n "$lab_name-src" -batch -
under_changes 'a ring of many interfaces' 24000 target=t,10.2.0.2 "session=s,10,5,96,both,t,-,$many" workers=1,3

engine target=t,10.2.0.2 "session=s,10,5,96,both,t,-,$many" workers=2 rings=32
check 'all rings are as small as is wanted' test "$(now engine all ring_bytes)" -le $((32 << 20))
engine_end

# ---- by the shell ----

box_start
check 'two workers, small rings' ctl configure 'set system workers 2' 'set system ring-size 64' \
    'set target t receiver 10.2.0.2' \
    'set session s priority 1 target t vni 5 packet-length 96 source interface src0' commit
expect_equal 'show engine says so' "$(ctl 'show engine' | sed -n 's/rings: .*,.*of/of/p')" \
    'Workers: 2, capture of 64 MB'
expect_equal 'a thread each' "$(threads)" 2
refusal() { ctl configure "$@" commit 2>&1 | sed 's/.* error: //'; }
expect_equal 'more workers than rings have room for are refused' \
    "$(refusal 'set system workers 64' 'set system ring-size 32')" \
    'system workers: with a ring of at least 1 MB for each of 64 on each source interface, all rings would be 64 MB: more than ring-size of 32 MB'
memory=$(awk '/^MemTotal/ {print int($2 / 1024)}' /proc/meminfo) large=65536
if [ $((memory / 2)) -lt $large ]; then
    expect_equal 'rings are refused that the machine has no room for' \
        "$(refusal "set system ring-size $large")" \
        "system ring-size: $large MB is more than half of this machine's memory of $memory MB"
fi
expect_equal 'what was refused changed nothing' "$(ctl 'show engine' | sed -n 's/rings: .*,.*of/of/p')" \
    'Workers: 2, capture of 64 MB'
ctl 'monitor traffic session s count 768' >"$lab/watched" 2>"$lab/watching" &
helpers=$!
until_true 20 grep -q '^session s is ' "$lab/watching"
in_src python3 "$frames" eth0 flows 1 >/dev/null
received() { [ "$(ctl 'show interfaces | display json' | json "[i['received']['packets'] for i in d['interfaces'] if i['name'] == 'src0'][0]")" = "$1" ]; }
check 'all is received' until_true 5 received 256
check 'as by default' ctl configure 'delete system' commit
check 'counts stay' received 256
expect_equal 'one worker has all of them' \
    "$(ctl 'show engine | display json' | json "[w['received']['packets'] for w in d['engine']['workers']]")" '[256]'
check 'as many as processors' ctl configure 'set system workers auto' commit
expect_equal 'as many threads' "$(threads)" "$(nproc)"
in_src python3 "$frames" eth0 flows 2 >/dev/null
check 'and up again' ctl configure 'set system workers 3' commit
in_src python3 "$frames" eth0 flows 3 >/dev/null
watched() { [ "$(wc -l <"$lab/watched")" = 768 ]; }
check 'who watches has seen each packet of all workers' until_true 20 watched
check 'the sums hold' accounts
check 'the box ends well' box_stop
