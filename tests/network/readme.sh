#!/bin/bash
# README.md's session at a console and its screen of the live view, against the program: the one to the
# letter, the other but for numbers that time makes. Needs python3.

. "${0%/*}/lab.sh"
lab_open
for name in src0/eth1 up0/eth2; do
    ip -n "$lab_name-box" link set "${name%/*}" down name "${name#*/}"
    ip -n "$lab_name-box" link set "${name#*/}" up
done
ip -n "$lab_name-box" link set eth2 mtu 1500
in_box "$MIRRORSH" -n --state "$state" -c configure -c 'set system host-name box' -c commit </dev/null >/dev/null
box_start
LAB=$lab_name PYTHONPATH=$TOP/tests/console python3 -B "${0%/*}/readme.py" "$MIRRORSH" "$state" "$socket" ||
    not_ok readme.py 'it ended badly'
