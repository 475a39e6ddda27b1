#!/bin/bash
# Consoles that edit at once, in every mix: see mixes.py.

work=$(mktemp -d "${TMPDIR:-/tmp}/mixes.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
python3 -B "${BASH_SOURCE[0]%/*}/mixes.py" "$MIRRORSH" "$work"
