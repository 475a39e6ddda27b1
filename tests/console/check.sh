#!/bin/bash
# mirrorsh --check: every problem of a file, each at its place, in the order of the file; and byte
# order marks, there and in a batch. Needs no privileges.

export MIRRORSH=${MIRRORSH:-$PWD/mirrorsh}
lab=$(mktemp -d "${TMPDIR:-/tmp}/check.XXXXXX") || exit 1
trap 'rm -rf "$lab"' EXIT

# is NAME GOT EXPECTED
is()
{
    if [ "$2" = "$3" ]; then
        echo "ok $1"
    else
        printf 'not ok %s: got %s, not %s\n' "$1" "${2//$'\n'/~}" "${3//$'\n'/~}"
    fi
}

# check NAME TEXT EXPECTED: exit status and LINE:COLUMN of what --check finds
check()
{
    printf "$2" >"$lab/checked"
    "$MIRRORSH" --check "$lab/checked" 2>"$lab/err"
    is "--check: $1" "$? $(cut -d: -f2,3 "$lab/err" | tr '\n' ' ')" "$3"
}
check 'a bad line' 'set session s priority 1\nset sesion x\n' '1 1:13 2:5 '
# A line that is wrong hides neither the problems behind it nor those of the whole, and what is only
# its consequence is not told.
check 'every problem' 'set target t receiver x
set session s priority 40000 target t
set session a priority 5
set session b priority 5 target t vni x
set sesion c target t
set session c priority 9
set session d taget t
set session e source
set session f description "open
' '1 1:23 2:24 3:13 4:15 4:39 5:5 7:15 8:13 8:13 8:21 9:13 9:13 9:27 '
check 'the last line that sets a leaf' 'set session s priority 1
set session s target t
set target u receiver 192.0.2.1
set session s target v
' '1 4:15 '
check 'warnings' 'set target t receiver 192.0.2.1
set session s priority 1 target t vni 5
set session r vni 5 priority 2 target t source interface none
' '0 2:13 2:35 '
check 'no warnings beside errors' 'set target t receiver 192.0.2.1
set session s priority 1
' '1 2:13 '
check 'a byte order mark' '\xef\xbb\xbfset system host-name x\n\xef\xbb\xbfset system' '1 2:1 '
{
    for i in {1..50000}; do
        echo "set session s$i priority 1 target t"
    done
} >"$lab/many"
timeout 300 "$MIRRORSH" --check "$lab/many" 2>"$lab/err"
is '--check of 50,000 sessions with two problems each' "$? $(wc -l <"$lab/err")" '1 99999'
check 'limits of a profile' 'set target t receiver 192.0.2.1 description "a > b"
set session s target t packet-length 1461
set session s priority 1 vni 5 source interface a b c d e f g h i
set session s source interface j k
set system profile huawei
' '1 1:33 2:24 3:39 '
check 'a missing target' '# a session\nset session s priority 1\nset session s target t\n' '1 3:15 '

# In braces, as show prints them
check 'braces' 'system {
    host-name x;
}
target t { receiver 192.0.2.1; }
/* a
 * comment */ session s {
    priority 1; vni 5;
    target "nöbody"; source { interface none; }
}
session u { priority 1; bogus 3;
    vni x; target t; }
' '1 8:5 10:13 10:25 11:9 '
check 'warnings of braces' 'target t { receiver 192.0.2.1; }
session s {
    priority 1;
    target t;
}
' '0 2:9 '
check 'braces that do not end' 'session s {\n  priority 1;\n' '1 1:9 3:1 '
check 'one too many' 'session s {\n  priority 1;\n}\n}\nsystem {\n' '1 4:1 '

# ---- byte order marks ----

printf '\xef\xbb\xbfconfigure\nset system host-name x\n\xef\xbb\xbfset\n' >"$lab/lines"
"$MIRRORSH" -n --state "$lab/state" -f "$lab/lines" 2>"$lab/err"
is 'a byte order mark begins a file' "$(cut -d: -f2-4 "$lab/err")" '3:1: error'
"$MIRRORSH" -n --state "$lab/state" <"$lab/lines" 2>"$lab/err"
is 'or a pipe' "$(cut -d: -f1-4 "$lab/err")" '-:3:1: error'
