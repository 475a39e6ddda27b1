#!/bin/bash
# The rescue configuration: saved, deleted, taken as the candidate, and what a start comes to when
# startup.conf and the archive are of no use. Needs no privileges.

export MIRRORSH=${MIRRORSH:-$PWD/mirrorsh}
lab=$(mktemp -d "${TMPDIR:-/tmp}/rescue.XXXXXX") || exit 1
state=$lab/state
trap 'rm -rf "$lab"' EXIT

ok() { echo "ok $1"; }
not_ok() { printf 'not ok %s: %s\n' "$1" "$(printf '%s' "$2" | tr '\n' '~')"; }
is() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got '$2', not '$3'"; fi; }
# offline LINE...: a batch without a box; leaves $out, $err and $status
offline()
{
    printf '%s\n' "$@" >"$lab/lines"
    "$MIRRORSH" -k -n --state "$state" >"$lab/out" 2>"$lab/err" <"$lab/lines"
    status=$?
    out=$(cat "$lab/out") err=$(cat "$lab/err")
}

offline 'request rescue delete' configure 'rollback rescue'
is 'without one' "$err $status" "-:1:1: error: $state/rescue.conf: No such file or directory
-:3:1: error: there is no rescue configuration, expected request rescue save 1"
offline configure 'set system host-name a' commit 'set system host-name b' 'run request rescue save' \
    'show | match host' commit
is 'what runs is saved, and the candidate is none of it' "$out $(cat "$state/rescue.conf")" \
    'commit complete
rescue configuration saved
    host-name b;
commit complete set system host-name a'
is 'and nothing is archived for it' "$(ls "$state/archive")" 000001.conf
offline configure 'rollback rescue' 'show | compare' commit 'run show system commit | count'
is 'it is taken as the candidate' "$out" '[edit system]
-  host-name b;
+  host-name a;
commit complete
Count: 4 lines'
echo 'set sytem' | tee "$state/startup.conf" "$state/archive/000001.conf" >"$state/archive/000002.conf"
offline 'show configuration | match host'
is 'a start comes to it last of all, and says so' \
    "$out $(tail -n 1 "$lab/err")" "    host-name a; mirrorsh: RUNNING THE RESCUE CONFIGURATION: $state/rescue.conf"
offline 'request rescue delete' 'request rescue'
is 'deleted' "$out $(ls "$state/rescue.conf" 2>&1 | grep -c 'No such') $(tail -n 1 "$lab/err")" \
    'rescue configuration deleted 1 -:2:15: error: a word is missing, expected one of: save, delete'
echo nonsense >"$state/rescue.conf"
offline configure 'rollback rescue'
is 'one that does not load' "$(tail -n 1 "$lab/err")" \
    '-:2:1: error: rescue.conf: line 1, column 1: unknown word "nonsense", expected one of: set, deactivate, annotate'
