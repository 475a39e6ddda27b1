#!/bin/bash
# A source that is taken down and up, renamed and back, deleted and made anew, again and again under
# traffic, with a ring of its own, in a ring with many others, and as one of all interfaces: when it
# is back nothing of it is missing, nothing comes twice, every sum is exact, and the interface beside
# it loses nothing.

. "${0%/*}/lab.sh"
lab_open
rounds=2 many=60 rate=2000
[ -z "$SANITIZE" ] || rounds=1 rate=500

of() { ctl 'show sessions | display json' | json "[s for s in d['sessions'] if s['name'] == '$1'][0]$2"; }
# tap_is LINK SOURCE: what the box has of it; absent False when it has nothing
tap_is()
{
    [ "$1 $2" = "$(ctl 'show interfaces | display json' | json "([(i['link'] + ' ' + str(i['source']))
        for i in d['interfaces'] if i['name'] == 'tap9'] or ['absent False'])[0]")" ]
}
tap_is_gone() { tap_is absent True || tap_is absent False; }
sent() { of "$1" "['sent']['packets']"; }
more() { [ "$(sent "$1")" -gt "$2" ]; }
packets_go() { check "$1: packets go" until_true 10 more rough $(($(sent rough) + 100)); }
box_link() { ip -n "$lab_name-box" link set "$@" 2>/dev/null; }

make_tap()
{
    ip -n "$lab_name-src" link add peer9 type veth peer name tap9 netns "$lab_name-box"
    ip -n "$lab_name-src" link set peer9 up
    box_link tap9 up
}

# rename FROM TO: before Linux 6.2 only what is down can be renamed
rename()
{
    box_link "$1" name "$2" && return
    box_link "$1" down
    box_link "$1" name "$2"
    box_link "$2" up
}

# ---- the disturbances; each is told its name ----

down_and_up()
{
    box_link tap9 down
    check "$1: it is down" until_true 10 tap_is down True
    box_link tap9 up
}
renamed_and_back()
{
    rename tap9 away9
    check "$1: it is gone" until_true 10 tap_is_gone
    rename away9 tap9
}
deleted_and_made_anew()
{
    ip -n "$lab_name-box" link del tap9
    check "$1: it is gone" until_true 10 tap_is_gone
    make_tap
}
made_anew_at_once()
{
    ip -n "$lab_name-box" link del tap9
    make_tap
}

# ---- a trial ----

# blast NAME DEVICE: in the background, one of $blasts
blast()
{
    ip netns exec "$lab_name-src" python3 "$TOP/tests/network/blast.py" "$2" 10000000 $rate 64 >"$lab/$1.sent" &
    helpers="$helpers $!" blasts="$blasts $!"
}

# missing DEVICE INTERFACE: what the wire itself and the box's ring are known to have lost of it
missing() { echo $(($(wire_dropped src "$1") + $(ctl "show interfaces $2 | display json" | json "d['interfaces'][0]['dropped']['packets']"))); }

# numbers NAME: which of blast.py's frames came: "COUNT TWICE GAPS LOST"
numbers()
{
    python3 - "$lab/$1.pcap" "$(cat "$lab/$1.sent")" <<'END'
import struct, sys
with open(sys.argv[1], 'rb') as file:
    data = file.read()
at, numbers = 24, []
while at + 16 <= len(data):
    captured, = struct.unpack_from('<I', data, at + 8)
    numbers += struct.unpack_from('!Q', data, at + 16 + 42)
    at += 16 + captured
there, sent = sorted(set(numbers)), int(sys.argv[2])
gaps = sum(b != a + 1 for a, b in zip([-1] + there, there + [sent]))
print(len(numbers), len(numbers) - len(there), gaps, sent - len(there))
END
}

# accounted NAME SESSION INTERFACE CAME: by the box, to the packet
accounted()
{
    expect_equal "$1: received, mirrored and sent of $3 is what came" "$(
        ctl "show interfaces $3 | display json" |
            json "'%d %d' % tuple(d['interfaces'][0][what]['packets'] for what in ('received', 'mirrored'))"
    ) $(sent "$2")" "$4 $4 $4"
}

# all_accounted NAME CAME: in the totals, where those are too that have gone
all_accounted()
{
    expect_equal "$1: received, mirrored and sent of all is what came" "$(ctl 'show engine | display json' |
        json "'%d %d %d' % tuple(d['engine'][a][b]['packets'] for a, b in (('interfaces', 'received'),
            ('interfaces', 'mirrored'), ('sessions', 'sent')))")" "$2 $2 $2"
}

# trial NAME
trial()
{
    local round disturb name came beside twice gaps lost disturbances=0 since wire
    ctl 'clear counters' >/dev/null
    since=$(delayed) wire=$(wire_dropped src eth0)
    rm -f "$lab"/*.pcap
    capture steady recv vx5 udp
    capture rough recv vx6 udp
    blasts=
    blast steady eth0
    blast rough peer9
    for ((round = 1; round <= rounds; round++)); do
        for disturb in down_and_up renamed_and_back deleted_and_made_anew made_anew_at_once; do
            name="$1, ${disturb//_/ } ($round)"
            packets_go "$name"
            $disturb "$name"
            disturbances=$((disturbances + 1))
            check "$name: it is back" until_true 10 tap_is up True
        done
    done
    packets_go "$1, at the end"
    # shellcheck disable=SC2086
    kill $blasts
    # shellcheck disable=SC2086
    wait $blasts
    captures_end
    read -r beside twice gaps lost < <(numbers steady)
    dropped=$(($(missing eth0 src0) - wire))
    expect_equal "$1: of the interface beside it nothing is lost that nobody counted" "twice $twice, lost $lost" \
        "twice 0, lost $dropped"
    none_dropped "$1: the interface beside it loses nothing" $dropped "$since"
    accounted "$1" steady src0 "$beside"
    read -r came twice gaps lost < <(numbers rough)
    echo "# $came came, $lost were lost in $gaps gaps, by $disturbances disturbances"
    expect_equal "$1: nothing comes twice" "$twice" 0
    check "$1: nothing is missing but once for each time" test "$gaps" -le $disturbances
    [ "$1" = 'all interfaces' ] || accounted "$1" rough tap9 "$came" # there each name is an interface
    all_accounted "$1" $((beside + came))
    check "$1: the sums hold" accounts
}

box_start
check 'two sources' ctl configure 'set target t receiver 10.2.0.2' \
    'set session steady priority 1 target t vni 5 source interface src0' \
    'set session rough priority 2 target t vni 6 source interface tap9' commit
make_tap
check 'both are up' until_true 10 tap_is up True
trial 'a ring of its own'

for ((i = 0; i < many; i++)); do
    echo "link add m$i type veth peer name m$i netns $lab_name-src"
    echo "link set m$i up"
done | ip -n "$lab_name-box" -batch -
check 'the source goes' ctl configure 'delete session rough source interface tap9' commit
# shellcheck disable=SC2046
check "it comes back with $many others" ctl configure \
    "set session rough source interface tap9 $(seq -s ' ' -f 'm%g' 0 $((many - 1)))" commit
check 'they are up' until_true 10 tap_is up True
trial 'a ring with others'
check 'all interfaces' ctl configure 'delete session rough source' \
    'set session rough source all-interfaces' commit
check 'it is one of them' until_true 10 tap_is up True
trial 'all interfaces'

# What is renamed is a source all the time, and loses nothing.
box_link tap9 name away9 && box_link away9 name tap9 && renames_up=yes
if [ -z "${renames_up-}" ]; then
    echo "skip $script renamed among all interfaces: this kernel renames only what is down"
else
    rm -f "$lab"/*.pcap
    capture rough recv vx6 udp
    blasts=
    blast rough peer9
    for ((round = 0; round < 5; round++)); do
        for name in away9 tap9; do
            packets_go "renamed to $name ($round)"
            box_link "$(ip -n "$lab_name-box" -br link | sed -n 's/^\(tap9\|away9\)@.*/\1/p')" name $name
        done
    done
    packets_go 'renamed for the last time'
    # shellcheck disable=SC2086
    kill $blasts
    # shellcheck disable=SC2086
    wait $blasts
    captures_end
    read -r came twice gaps lost < <(numbers rough)
    expect_equal 'renamed among all interfaces: nothing is lost' \
        "twice $twice, gaps $gaps, lost $lost" 'twice 0, gaps 0, lost 0'
    check 'renamed among all interfaces: the sums hold' accounts
fi
check 'the box ends well' box_stop
expect_equal 'the box has no complaints' "$(complaints)" ''
