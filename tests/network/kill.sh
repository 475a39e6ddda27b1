#!/bin/bash
# kill -9 at random moments during 200 commits: the box always starts again with the
# configuration before or after that commit, whole.

. "${0%/*}/lab.sh"
lab_open
kills=25 commits=8
[ -z "$SANITIZE" ] || kills=5
saved() { "$MIRRORSH" -n --state "$state" -c 'show configuration | display set' </dev/null; }

# Commit I of round K writes N into both descriptions: a torn configuration has two numbers.
box_start
check 'a first configuration' ctl configure 'set target t receiver 10.2.0.2' \
    'set session s priority 1 target t vni 5 description 0 source interface src0' \
    'set target t description 0' commit
acknowledged() { [ "$(grep -c '^mirrorsh' "$lab/out")" -ge "$1" ]; } # so many of them
number=0 torn=0 lost=0 silent=0 stray=0
# On a busy machine all commits may have been made when the box is killed: then some more rounds.
for ((round = 0; round < kills || (number == round * commits && round < 10 * kills); round++)); do
    {
        echo configure
        for ((i = 1; i <= commits; i++)); do
            echo "set session s description $((number + i))"
            echo "set target t description $((number + i))"
            echo commit
            echo "run show version"
        done
    } >"$lab/conf"
    ip netns exec "$lab_name-box" "$MIRRORSH" --state "$state" --socket "$socket" -f "$lab/conf" \
        </dev/null >"$lab/out" 2>/dev/null &
    client=$!
    until_true 10 acknowledged $((RANDOM % commits))
    sleep "0.$(printf %03d $((RANDOM % 40)))"
    kill -9 "$box_pid"
    wait "$box_pid" $client 2>/dev/null
    done_commits=$(grep -c '^mirrorsh' "$lab/out")
    box_start
    ctl 'show configuration | display set' >"$lab/running" || silent=$((silent + 1))
    session=$(awk '/session s description/ {print $NF}' "$lab/running")
    target=$(awk '/target t description/ {print $NF}' "$lab/running")
    [ "$session" = "$target" ] || torn=$((torn + 1))
    # what was acknowledged is there, and at most one commit more
    [ "${session:-0}" -ge $((number + done_commits)) ] &&
        [ "${session:-0}" -le $((number + done_commits + 1)) ] || lost=$((lost + 1))
    number=${session:-0}
    # the archive's newest is the one before, whole; a commit that was cut short is not in it twice
    archived=$(sed -n 's/.* description //p' "$(ls "$state"/archive/*.conf | tail -n 1)" | tr '\n' ' ')
    [ "$number" = 0 ] || [ "$archived" = "$((number - 1)) $((number - 1)) " ] || stray=$((stray + 1))
done
echo "# $round kills, $number commits survived"
expect_equal 'the box answers after every kill' $silent 0
expect_equal 'no configuration is torn' $torn 0
expect_equal 'no acknowledged commit is lost, none comes from nowhere' $lost 0
expect_equal 'the archive has what ran before, whole' $stray 0
check 'kills hit commits' test "$number" -gt $((kills / 2)) -a "$number" -lt $((round * commits))
expect_equal 'nothing but the configuration lies in the state directory' \
    "$(ls "$state" | grep -vxE 'startup\.conf|rescue\.conf|archive|commits|lock|vni\.auto')" ''
check 'the box ends well' box_stop
expect_equal 'what is saved is what ran' "$(saved)" "$(cat "$lab/running")"
