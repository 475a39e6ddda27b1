#!/bin/bash
# Consoles on stopped terminals, and places at the box: what the many, the silent and
# the slow may not do to others. Needs python3 for terminals and rude consoles.

lab=$(mktemp -d "${TMPDIR:-/tmp}/terminals.XXXXXX") || exit 1
state=$lab/state socket=$lab/socket box=
trap '[ -z "$box" ] || kill -9 $box 2>/dev/null; rm -rf "$lab"' EXIT

if ! command -v python3 >/dev/null; then
    echo 'skip terminals: no python3'
    exit 0
fi
{
    echo configure
    echo set system host-name box
    echo set target t receiver 192.0.2.1
    for ((i = 1; i <= 300; i++)); do
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
for ((tries = 0; tries < 600; tries++)); do
    [ -S "$socket" ] && break
    sleep 0.1
done
python3 -B "$TOP/tests/console/terminals.py" "$MIRRORSH" "$state" "$socket" ||
    echo 'not ok terminals.py: it ended badly'
