#!/bin/bash
# Lines pasted into a terminal. Needs python3 for terminals.

lab=$(mktemp -d "${TMPDIR:-/tmp}/paste.XXXXXX") || exit 1
trap 'rm -rf "$lab"' EXIT

if ! command -v python3 >/dev/null; then
    echo 'skip paste: no python3'
    exit 0
fi
python3 -B "$TOP/tests/console/paste.py" "$MIRRORSH" "$lab" ||
    echo 'not ok paste.py: it ended badly'
