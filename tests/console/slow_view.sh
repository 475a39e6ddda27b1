#!/bin/bash
# The live view on a line of 9600 baud, with a box whose counters move. Needs python3.

lab=$(mktemp -d "${TMPDIR:-/tmp}/slow_view.XXXXXX") || exit 1
trap 'rm -rf "$lab"' EXIT

if ! command -v python3 >/dev/null; then
    echo 'skip slow_view: no python3'
    exit 0
fi
python3 -B "$TOP/tests/console/slow_view.py" "$MIRRORSH" "$lab/state" "$lab/socket" ||
    echo 'not ok slow_view.py: it ended badly'
