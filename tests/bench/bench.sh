#!/bin/bash
# make bench: the hosts of the network tests, a box in them, and bench.py. README.md says what the rows
# are. Environment: ROWS, names of rows (all), FORMAT=json, ROUNDS (5), RATE, COUNT, GIGABITS, BYTES.

if [ "$1" != --inside ]; then
    exec "${0%/*}/../isolated.sh" --see-processes "$0" --inside
fi
. "${0%/*}/../network/lab.sh"
[ -n "$MIRRORSH_NETWORK" ] || { echo 'bench: no network namespaces can be made here: try as root' >&2; exit 1; }
lab_open

. "${0%/*}/foremost.sh"
trap 'foremost_end; lab_close' EXIT

# The box keeps to the second of the processors that may be used.
box_start taskset -c "$(python3 -c 'import os; own = sorted(os.sched_getaffinity(0)); print(own[1 % len(own)])')"
: "${MIRRORSH_DATA:=$TOP/../shared/data}" # lists of rules, where they are at hand
export lab_name lab state socket MIRRORSH BUILD TOP MIRRORSH_DATA box_pid
python3 -B "${0%/*}/bench.py"
