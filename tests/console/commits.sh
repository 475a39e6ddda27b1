#!/bin/bash
# What is told of commits: who made them, when and why, and what was committed; from a pipe, and
# over restarts. Needs no privileges.

export MIRRORSH=${MIRRORSH:-$PWD/mirrorsh} TZ=UTC
lab=$(mktemp -d "${TMPDIR:-/tmp}/commits.XXXXXX") || exit 1
state=$lab/state
trap 'rm -rf "$lab"' EXIT

ok() { echo "ok $1"; }
not_ok() { printf 'not ok %s: %s\n' "$1" "$(printf '%s' "$2" | tr '\n' '~')"; }
# is NAME GOT EXPECTED
is() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got '$2', not '$3'"; fi; }
# offline LINE...: a batch without a box; leaves $out, $err and $status
offline()
{
    printf '%s\n' "$@" >"$lab/lines"
    "$MIRRORSH" -n --state "$state" >"$lab/out" 2>"$lab/err" <"$lab/lines"
    status=$?
    out=$(cat "$lab/out") err=$(cat "$lab/err")
}
times() { sed -E 's/[0-9]{4}(-[0-9]{2}){2}([T ])[0-9]{2}(:[0-9]{2}){2}(\+00:00)?/TIME\4/g'; }
me=$(id -un)

offline 'show system commit' 'show rollback 0'
is 'before the first commit' "$out" 'Rollback  Time  User  Console
       0  -'
offline configure 'set system host-name a' 'commit comment "the \"first\" | 一"' \
    'set system host-name b' 'commit and-quit' configure 'set system host-name c' 'comm com third and'
is 'commits with and without a comment' "$out$status" 'commit complete
commit complete
commit complete0'
offline 'show system commit'
is 'who, when and why, after a restart' "$(times <<<"$out")" "Rollback  Time                 User  Console
       0  TIME  $me
    third
       1  TIME  $me
       2  TIME  $me
    the \"first\" | 一"
offline 'show system commit | display json'
is 'the same as JSON' "$(times <<<"$out")" "{\"commits\":[\
{\"number\":0,\"time\":\"TIME+00:00\",\"user\":\"$me\",\"console\":null,\"confirmed\":true,\"comment\":\"third\"},\
{\"number\":1,\"time\":\"TIME+00:00\",\"user\":\"$me\",\"console\":null,\"confirmed\":true,\"comment\":null},\
{\"number\":2,\"time\":\"TIME+00:00\",\"user\":\"$me\",\"console\":null,\"confirmed\":true,\"comment\":\"the \\\"first\\\" | 一\"}]}"
TZ=ZONE-5:45 offline 'show system commit | display json'
is 'a moment has its distance from UTC, as RFC 3339 writes it' \
    "$(grep -oE '[+][^"]*' "$lab/out" | sort -u)" +05:45
offline configure 'rollback 2' 'commit comment back' 'run show system commit'
is 'what is committed again is a commit of its own' "$(grep '^    [^ ]' "$lab/out")" '    back
    third
    the "first" | 一'
offline 'show rollback 1' 'show rollback 2 | display set' 'show rollback 3 compare' \
    'show rollback 2 compare' 'show rollback 0 | display set'
is 'what was committed, and what going back to it would change' "$out" 'system {
    host-name c;
}
set system host-name b
[edit system]
-  host-name a;
+  host-name b;
set system host-name a'

# wrong LINE PLACE-AND-PROBLEM
wrong()
{
    offline configure "$1"
    is "$1" "$err $status" "-:2:$2 1"
}
wrong 'commit comment' '15: error: comment: a text is missing'
wrong "commit comment $(printf '一%.0s' {1..256})" \
    '16: error: comment of 256 characters, expected at most 255'
wrong 'run show rollback' '18: error: show rollback: N is missing'
wrong 'run show rollback 9' '19: error: there is no rollback 9, expected 0-3'
wrong 'run show rollback 51' '19: error: "51" is not a number of 0-50'
wrong 'run show rollback 1 compare | display set' '39: error: the changes are displayed as text only'
offline configure 'set system host-name b' "commit comment $(printf '一%.0s' {1..255})" 'run show system commit | match 一一 | count'
is 'a comment of 255 characters' "$out" 'commit complete
Count: 1 lines'

# What happens to the files meanwhile
cp "$state/commits" "$lab/commits"
printf 'nothing of this\n0 zz 1 a b c\n-1 1 1 a b c\n1 1 1 a b\n\0\n' >>"$state/commits"
offline 'show system commit | count'
is 'lines that are none are left out' "$out" 'Count: 10 lines'
{ head -n 1 "$lab/commits"; printf '2 1d4'; } >"$state/commits"
offline 'show system commit | count'
is 'half a file is half of what is known' "$out $status" 'Count: 7 lines 0'
cp "$lab/commits" "$state/commits"
echo 'set system host-name by-hand' >"$state/startup.conf"
offline 'show system commit | match " 0 "'
is 'who wrote startup.conf by hand is not known' "$out" '       0  -'
