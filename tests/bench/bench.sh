#!/bin/bash
# make bench: the hosts of the network tests, a box in them, and bench.py. README.md says what the rows
# are. Environment: ROWS, names of rows (all), FORMAT=json, ROUNDS (5), RATE, COUNT, GIGABITS, BYTES.

if [ "$1" != --inside ]; then
    exec "${0%/*}/../isolated.sh" --see-processes "$0" --inside
fi
. "${0%/*}/../network/lab.sh"
[ -n "$MIRRORSH_NETWORK" ] || { echo 'bench: no network namespaces can be made here: try as root' >&2; exit 1; }
lab_open

# Before whatever else runs here: as a process, and as the group of its terminal's processes, which the
# scheduler may weigh first.
group=/proc/self/autogroup
weight=$(sed 's/.*nice //' $group 2>/dev/null)
regroup() { [ -z "$weight" ] || echo "$1" >$group; } 2>/dev/null
trap 'regroup "$weight"; lab_close' EXIT
renice -n -20 -p $$ >/dev/null 2>&1
regroup -20

# The box keeps to the second of the processors that may be used.
box_start taskset -c "$(python3 -c 'import os; own = sorted(os.sched_getaffinity(0)); print(own[1 % len(own)])')"
: "${MIRRORSH_DATA:=$TOP/../shared/data}" # lists of rules, where they are at hand
export lab_name lab state socket MIRRORSH BUILD TOP MIRRORSH_DATA box_pid
python3 -B "${0%/*}/bench.py"
