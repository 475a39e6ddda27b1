# shellcheck shell=bash
# A box with a filter of so many rules and 20 sessions, and a program of Python at it. Sourced by the
# tests beside it that need one, with the name of the program and the number of rules.

name=$1 rules=$2
lab=$(mktemp -d "${TMPDIR:-/tmp}/$name.XXXXXX") || exit 1
state=$lab/state socket=$lab/socket box=
trap '[ -z "$box" ] || kill -9 $box 2>/dev/null; rm -rf "$lab"' EXIT

if ! command -v python3 >/dev/null; then
    echo "skip $name: no python3"
    exit 0
fi
{
    echo configure
    echo set system host-name box
    echo set target t receiver 192.0.2.1
    for ((i = 1; i <= rules; i++)); do
        echo "set filter f ingress rule $i action accept protocol tcp destination-port $i"
    done
    for ((i = 0; i < 20; i++)); do
        echo "set session s-$i priority $((i + 1)) target t vni $i filter f"
    done
    echo commit
} >"$lab/lines"
"$MIRRORSH" -n --state "$state" -f "$lab/lines" >"$lab/log" 2>&1 || echo "not ok configured: $(tail -n 2 "$lab/log")"
"$MIRRORSH" --daemon --state "$state" --socket "$socket" </dev/null >>"$lab/log" 2>&1 &
box=$!
for ((tries = 0; tries < 600 * ${PATIENCE:-1}; tries++)); do
    "$MIRRORSH" --socket "$socket" -c 'show version' >/dev/null 2>&1 </dev/null && break
    sleep 0.1
done
python3 -B "$TOP/tests/console/$name.py" "$MIRRORSH" "$state" "$socket" ||
    echo "not ok $name.py: it ended badly"
