#!/bin/bash
# Interfaces come and go while a commit is prepared, where all of them are sources: the plan before
# is built anew for them, and then the commit's own takes its place. Both take counters for the same
# new names, more than there was room for; none begins with what another name has left, none is
# forgotten, and every sum holds.

. "${0%/*}/lab.sh"
. "${0%/*}/driver.sh"
lab_open
driver_build
batch=24 rounds=8

# Before a commit is prepared, and again while it is, the batch before the last goes and another one
# comes under other names; then two of both batches are seen.
cat >"$lab/meanwhile" <<END
round=\$(cat "$lab/round")
each() { for i in \$(seq $batch); do echo "\$@" | sed "s/#/n\${round}x\$i/g"; done; }
batch() { ip -n "$lab_name-\$1" -batch -; }
if [ \$1 = then ]; then
    for name in n\${round}x1 n\${round}x$batch n\$((round - 1))x1 n\$((round - 1))x$batch; do
        ip netns exec "$lab_name-src" python3 "$frames" \$name flows 1 >/dev/null
    done
    exit 0
fi
[ "\$round" -lt $rounds ] || exit 1
if [ \$round -gt 1 ]; then
    round=\$((round - 1)) each link del '#' | batch src
fi
round=\$((round + 1))
each link add '#' type veth peer name '#' netns $lab_name-box | batch src
each link set '#' up | batch src
each link set '#' up | batch box
echo \$round >"$lab/round"
END
echo 0 >"$lab/round"
round_is() { [ "$(cat "$lab/round")" = "$1" ]; }
engine -c 200 -p 50 -x "sh $lab/meanwhile" target=t,10.2.0.2 'session=s,10,5,0,both,t,-,*'
check 'batches of interfaces come and go' until_true 60 round_is $rounds
all_there()
{
    look
    [ "$(tail -n 200 "$lab/engine.out" | grep -c "^interface n${rounds}x[0-9]* .*source=1")" -ge $batch ]
}
check 'the last batch are sources' until_true 10 all_there
look
untouched=$(for ((i = 2; i < batch; i++)); do
    value interface "n$((rounds - 1))x$i" received
    value interface "n${rounds}x$i" received
done | sort | uniq -c)
expect_equal 'their counters have begun at zero' "$(echo $untouched)" "$((2 * batch - 4)) 0"
in_src python3 "$frames" "n${rounds}x2" flows 1 >/dev/null
received() { look && [ "$(value interface "n${rounds}x2" received)" = 256 ]; }
check 'what is received is counted by the right name' until_true 5 received
engine_end
