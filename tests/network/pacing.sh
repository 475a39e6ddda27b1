#!/bin/bash
# What a session leaves out of what it matches: samples of packets and of whole flows, and what is
# beyond its rate. Counts are exact; a rate is held against the time that has passed, so that a
# busy machine fails nothing.
# needs: mirrorsh build/tests/bench/generator

. "${0%/*}/lab.sh"
. "${0%/*}/driver.sh"
lab_open
driver_build
box_start

# session JSON-KEYS: of the first one, "['sent']['packets']"
session() { ctl 'show sessions | display json' | json "d['sessions'][0]$1"; }
matched() { session "['matched']['packets']"; }
sent() { session "['sent']['packets']"; }
left_out() { session "['sampled_out']['packets']"; }

# committed NAME COMMAND...: in place of the session before, with its counters
committed()
{
    check "$1" ctl configure 'delete session' 'delete target' 'set target t receiver 10.2.0.2' \
        'set session s priority 1 source interface src0 target t vni 5' "${@:2}" commit
    ctl 'clear counters' >/dev/null
}

# until_matched COUNT: the box has seen so many
until_matched() { until_true 20 eval "[ \$(matched) -ge $1 ]" || not_ok "$1 packets are seen" "$(matched)"; }

# ---- samples ----

# 3,999 packets, and a commit that has nothing to do with the sample behind the 2,005th
committed 'one of ten packets is committed' 'set session s sample 10'
capture got recv vx5
in_src "$generator" eth0 128 100 8000 2005 >/dev/null
until_matched 2005
check 'a commit of something else' ctl configure 'set session s packet-length 100 description x' commit
in_src "$generator" eth0 128 100 8000 1994 >/dev/null
until_matched 3999
captures_end
all=$(matched)
expect_equal 'all packets are matched' "$all" 3999
check 'one of ten is sent' test "$(sent)" -ge 399 -a "$(sent)" -le 400
expect_equal 'the others are sampled out' "$(left_out)" $((all - $(sent)))
expect_equal 'the receiver has what was sent' "$(packets got)" "$(sent)"
check 'the sums hold' accounts

# A super-frame is the packets of the wire that it stands for.
committed 'one of three of super-frames' 'set session s sample 3'
in_src python3 "$frames" eth0 super_frames 1 >/dev/null
until_matched 200
all=$(matched)
check 'one of three packets of the wire' test "$(sent)" -ge $((all / 3)) -a "$(sent)" -le $((all / 3 + 1))
check 'the sums hold with super-frames' accounts

# Flows with both directions: ten packets of each.
flows_both_ways()
{
    local times=$1 i ports
    ports=$(seq -s , 2000 2199)
    for ((i = 0; i < times; i++)); do
        in_src python3 "$frames" eth0 cross "$i" udp 10.0.0.1,10.0.0.2 10.1.0.1 "$ports" 80 >/dev/null
        in_box python3 "$frames" src0 cross "$i" udp 10.1.0.1 10.0.0.1,10.0.0.2 80 "$ports" >/dev/null
    done
}
# flows_of CAPTURE: each flow with the number of its packets
flows_of()
{
    tcpdump -n -r "$lab/$1.pcap" -t udp 2>/dev/null | awk '{
        sub(/:$/, "", $4); print ($2 < $4 ? $2 " " $4 : $4 " " $2) }' | sort | uniq -c
}
vxlan vx5b 5 10.2.0.3 4790
committed 'one of four flows is committed' 'set session s sample 4 sample-by flow' \
    'set target t receiver 10.2.0.3:4790'
capture got recv vx5
capture gotb recv vx5b
flows_both_ways 3
captures_end
# 3 packets in each direction
flows_of got >"$lab/first"
flows_of gotb >"$lab/second"
expect_equal 'all flows are matched' "$(matched)" 2400
expect_equal 'flows are whole, both directions' "$(awk '$1 != 6' "$lab/first" "$lab/second" | wc -l)" 0
kept=$(cat "$lab/first" "$lab/second" | wc -l)
expect_equal 'what is not sampled is left out' "$(left_out)" $((2400 - 6 * kept))
check "about one of four flows: $kept of 400" test "$kept" -ge 60 -a "$kept" -le 140
check 'both receivers have their shares of the sample' test "$(wc -l <"$lab/first")" -ge $((kept / 4)) \
    -a "$(wc -l <"$lab/second")" -ge $((kept / 4))
expect_equal 'a flow is at one receiver' "$(cat "$lab/first" "$lab/second" | awk '{print $2, $3}' | sort | uniq -d)" ''
check 'the sums hold by flow' accounts

# ---- rates ----

# within NAME SENT RATE SINCE-MS BURST LATE-MS: no more than the rate gives in the time since then, and
# its bucket; and half of what it gives in the second and a half that packets came, without the time
# that the box could not run in, which has been LATE-MS before
within()
{
    local passed=$(($(date +%s%3N) - $4)) late=$(($(delayed) - $6))
    [ $late -lt 750 ] || late=750
    check "$1: $2 in $passed ms" test "$2" -le $(($3 * passed / 1000 + $5)) -a "$2" -ge $(($3 * (750 - late) / 1000))
}

since=$(date +%s%3N) late=$(delayed)
committed '400 packets a second are committed' 'set session s rate-limit 400pps'
in_src "$generator" eth0 128 100 4000 6000 >/dev/null
until_matched 6000
within 'packets a second' "$(sent)" 400 "$since" 41 "$late"
expect_equal 'what is beyond the rate is dropped' "$(session "['dropped']['rate_limit']")" $((6000 - $(sent)))
check 'the sums hold with a rate' accounts

since=$(date +%s%3N) late=$(delayed)
committed 'bits a second are committed' 'set session s rate-limit 800kbps packet-length 500'
in_src "$generator" eth0 1000 100 2000 3000 >/dev/null
until_matched 3000
within 'bits a second, of what is kept' $((8 * $(session "['sent']['bytes']"))) 800000 "$since" 84000 "$late"

# Sampled first: what is left out takes nothing from the rate, whose bucket holds the whole sample.
committed 'a rate of a sample is committed' 'set session s rate-limit 4kpps sample 10'
in_src "$generator" eth0 128 100 20000 3000 >/dev/null
until_matched 3000
check 'a sample below the rate is not limited' test "$(sent)" -ge 300 -a "$(sent)" -le 301

# Without a receiver nothing is taken from the rate either.
committed 'a rate without receiver is committed' 'set session s rate-limit 300pps'
ip -n "$lab_name-box" link set up0 down
until_true 10 eval '[ "$(session "[\"state\"]")" = down ]'
ctl 'clear counters' >/dev/null
in_src "$generator" eth0 128 100 8000 1000 >/dev/null
ip -n "$lab_name-box" link set up0 up
check 'the sums hold without a receiver' accounts
box_stop

# ---- several workers, plans that change ----

# Of the session, not of each worker; and two hundred plans a second fill no bucket.
since=$(date +%s%3N)
engine -w 2 -c 5 target=t,10.2.0.2 session=s,10,5,0,in,t,-,src0,1,400
becomes 'two workers, many plans: up' up session s state
in_src "$generator" eth0 128 200 4000 6000 >/dev/null
becomes 'two workers, many plans: all are matched' 6000 session s matched
within 'two workers, many plans' "$(value session s sent)" 400 "$since" 50 0
engine_end
check 'both workers take part' test "$(value worker 0 received)" -gt 100 -a "$(value worker 1 received)" -gt 100

engine -w 2 -c 5 target=t,10.2.0.2 session=s,10,5,0,in,t,-,src0,10,0
becomes 'two workers with a sample: up' up session s state
in_src "$generator" eth0 128 200 8000 4000 >/dev/null
becomes 'two workers with a sample: all are matched' 4000 session s matched
engine_end
check 'two workers sample one of ten each' test "$(value session s sent)" -ge 399 -a "$(value session s sent)" -le 402
expect_equal 'two workers: the others are sampled out' "$(value session s sampled_out)" \
    $((4000 - $(value session s sent)))
