#!/bin/bash
# load and save: whole configurations from files of the console's machine, from a pipe and from -c,
# in braces and as lines, all of it or nothing.

work=$(mktemp -d "${TMPDIR:-/tmp}/load.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# verdict NAME WANTED GOT
verdict()
{
    if [ "$2" = "$3" ]; then
        echo "ok $1"
    else
        echo "not ok $1"
        diff <(printf '%s\n' "$2") <(printf '%s\n' "$3")
    fi
}
# box COMMAND...: in the configuration mode of the box of this directory, errors and all
box()
{
    local arguments=(-c configure) command
    for command in "$@"; do
        arguments+=(-c "$command")
    done
    "$MIRRORSH" -n --state state "${arguments[@]}" 2>&1
}

cat >braces.conf <<'END'
system {
    host-name box1;
}
inactive: filter old;
/* the "web" */
filter web {
    ingress {
        rule 10 {
            action accept;
            protocol tcp;
        }
        /* not yet; {so} */
        inactive: rule 20 {
            action reject;
        }
    }
}
target tap {
    receiver [ 10.0.0.1 10.0.0.2 ];
}
session a {
    description "two; {words}";
    priority 10;
    inactive: filter web;
    target tap;
    /* who to call */
    tag owner net;
}
END
said=$(box 'load override braces.conf' commit </dev/null)
verdict 'a text in braces is loaded' 'load complete
-c3:1:1: warning: session a source: missing: nothing is mirrored
commit complete' "$said"
verdict 'and shown the same' "$(cat braces.conf)" "$("$MIRRORSH" -n --state state -c 'show configuration' </dev/null)"
said=$(box 'load override braces.conf' 'show | compare' commit </dev/null)
verdict 'loaded again it is no change' 'load complete
no changes' "$said"
box 'save saved.conf' </dev/null
verdict 'save writes what is saved' "$(cat state/startup.conf)" "$(cat saved.conf)"
said=$(box 'load override saved.conf' commit </dev/null)
verdict 'and that is loaded as well' 'load complete
no changes' "$said"
cat >again.conf <<'END'
filter web { ingress { rule 10 { action reject; } } } # a comment
target
    tap { receiver 10.0.0.3 }
END
said=$(box 'load merge again.conf' 'show | compare' </dev/null)
verdict 'what has no end is told, and nothing is taken' \
    '-c2:1:12: error: again.conf:3:28: missing ; or { behind the statement' "$said"
sed -i 's/10.0.0.3 /10.0.0.3;/' again.conf
said=$(box 'load merge again.conf' 'show | compare' rollback </dev/null)
verdict 'merge adds and changes' 'load complete
[edit filter web ingress rule 10]
-  action accept;
+  action reject;
[edit target tap]
-  receiver [ 10.0.0.1 10.0.0.2 ];
+  receiver [ 10.0.0.1 10.0.0.2 10.0.0.3 ];' "$said"
sed -i 's/^target/replace: target/' again.conf
said=$(box 'load replace again.conf' 'show target' rollback </dev/null)
verdict 'replace takes what has replace: in the place of what is there' 'load complete
tap {
    receiver 10.0.0.3;
}' "${said/target /}"
said=$(box 'load merge again.conf' </dev/null)
verdict 'replace: stands nowhere else' \
    '-c2:1:12: error: again.conf:2:1: replace: stands in a load replace only' "$said"

cat >lines.conf <<'END'
# lines
rename target tap to tip
delete filter web ingress rule 10 protocol
activate session a filter
set system host-name box2
END
said=$(box 'load set lines.conf' 'show | compare' rollback </dev/null)
verdict 'set runs lines that change the candidate' 'load complete
[edit]
-  target tap {
-      receiver [ 10.0.0.1 10.0.0.2 ];
-  }
+  target tip {
+      receiver [ 10.0.0.1 10.0.0.2 ];
+  }
[edit system]
-  host-name box1;
+  host-name box2;
[edit filter web ingress rule 10]
-  protocol tcp;
[edit session a]
!  active: filter web;
-  target tap;
+  target tip;' "$said"
cat >bad.conf <<'END'
set system host-name box3
sett x
set session 網絡 priority 0
END
verdict 'every problem has its place, and nothing is taken' \
    '-c2:1:10: error: bad.conf:2:1: unknown word "sett", expected one of: set, deactivate, annotate, activate, delete, rename, copy
-c2:1:10: error: bad.conf:3:25: priority: 0 is below 1 (expected 1-32766)' \
    "$("$MIRRORSH" -k -n --state state -c configure -c 'load set bad.conf' -c 'show | compare' </dev/null 2>&1)"
for ((i = 0; i < 40; i++)); do echo nonsense; done >bad.conf
verdict 'of many problems the first are told' '21 bad.conf: and 20 more problems' \
    "$(box 'load set bad.conf' </dev/null | awk '{last = $0} END {sub(/.*error: /, "", last); print NR, last}')"
for ((i = 0; i < 2000; i++)); do printf 'x;'; done >bad.conf
verdict 'and of very many in braces no more is read' '21 bad.conf: and at least 980 more problems' \
    "$(box 'load merge bad.conf' </dev/null | awk '{last = $0} END {sub(/.*error: /, "", last); print NR, last}')"
yes sett | head -n 2000 >bad.conf
verdict 'nor in lines' '21 bad.conf: and at least 980 more problems' \
    "$(box 'load set bad.conf' </dev/null | awk '{last = $0} END {sub(/.*error: /, "", last); print NR, last}')"
verdict 'a file that is not there' '-c2:1:15: error: none.conf: No such file or directory' \
    "$(box 'load override none.conf' </dev/null)"
mkfifo fifo
verdict 'a fifo is not waited for' '-c2:1:12: error: fifo: it is not a regular file' \
    "$(box 'load merge fifo' </dev/null)"
head -c 17000000 /dev/zero | tr '\0' '#' >big.conf
verdict 'no more is taken than there is room for' '-c2:1:12: error: big.conf: larger than 16 MiB' \
    "$(box 'load merge big.conf' </dev/null)"
verdict 'nor from standard input' '-c2:1:12: error: terminal: larger than 16 MiB' \
    "$(box 'load merge terminal' < <(cat big.conf))"
verdict 'save says why it cannot' '-c2:1:1: error: none/x: No such file or directory' \
    "$(box 'save none/x' </dev/null)"
if [ -c /dev/full ]; then
    verdict 'and that it was not all' \
        '-c2:1:1: error: /dev/full: the file is not whole: No space left on device' "$(box 'save /dev/full' </dev/null)"
fi

verdict 'behind -c the terminal is standard input' 'load complete
[edit system]
-  host-name box1;
+  host-name box4;' "$(echo 'system { host-name box4; }' | box 'load merge terminal' 'show | compare' rollback)"
verdict 'behind its ^D is the next text' 'load complete
load complete
[edit system]
-  host-name box1;
+  host-name box5;' "$(printf '%s\n' 'set system host-name box4' $'\004delete system host-name' 'set system host-name box5' |
    box 'load merge terminal' 'load set terminal' 'show | compare' rollback)"
said=$(printf '%s\n' configure 'load merge terminal' '# a comment' 'set system host-name box5' '' $'\004' \
    'show | compare' rollback 'load set terminal' 'set system host-name box6' |
    "$MIRRORSH" -n --state state 2>&1)
verdict 'in a pipe it is what follows, to a ^D or the end' 'load complete
[edit system]
-  host-name box1;
+  host-name box5;
load complete
mirrorsh: uncommitted changes were dropped' "$said"
said=$(printf '%s\n' configure 'load merge terminal' 'set system host' $'\004' commit |
    "$MIRRORSH" -n --state state 2>&1)
verdict 'a problem in it stops the run' \
    '-:2:12: error: terminal:1:16: host-name: missing value (expected 1-64 letters, digits, _ - .)' "$said"

# As lines it is more than an answer may be: 64 letters of a name in front of each value.
{
    printf 'session %064d { source { interface [' 0
    seq -f ' i%.0f' 400000
    echo ' ]; } }'
} >wide.conf
echo kept >saved.conf
verdict 'what is too much to be saved leaves the file as it is' 'load complete
-c3:1:1: error: the configuration has more than 32 MiB as lines
kept' "$(box 'load override wide.conf' 'save saved.conf' </dev/null; cat saved.conf)"

# refused NAME LINE PROBLEM: that line among others in a pipe is told, and no line of the text is a command
refused()
{
    said=$({
        printf '%s\n' configure 'load merge terminal' 'set system host-name box7'
        printf '%b\n' "$2"
        printf '%s\n' 'set system host-name box8' $'\004' 'show | compare'
    } | "$MIRRORSH" -k -n --state state 2>&1)
    verdict "$1" "$3
-:2:12: error: terminal: Invalid argument" "$said"
}
refused 'a NUL in it: nothing of it is taken or run' 'set system\0' \
    '-:4:11: error: a NUL character cannot stand in a line'
refused 'nor with a line that is too long' "$(head -c 1100000 /dev/zero | tr '\0' x)" \
    '-:4:1048577: error: the line is too long: more than 1048576 bytes'

{
    echo 'target tap { receiver 10.0.0.1; }'
    for ((i = 0; i < 1500; i++)); do printf 'session s%d { priority %d; }\n' $i $((i + 1)); done
} >many.conf
said=$(box 'load override many.conf' commit </dev/null)
verdict 'of very many problems a refused commit tells the first' '1000 of sessions
-c3:1:1: error: and 500 more problems' "$(grep -c 'error: session' <<<"$said") of sessions
$(tail -n 1 <<<"$said")"
{
    echo 'target tap { receiver 10.0.0.1; }'
    for ((i = 0; i < 1500; i++)); do printf 'session s%d { priority %d; target tap; }\n' $i $((i + 1)); done
} >many.conf
said=$(box 'load override many.conf' commit </dev/null)
verdict 'of very many warnings the first are told, and that it is done' '1000 of sessions
-c3:1:1: warning: and W more warnings
commit complete' "$(grep -c 'warning: session' <<<"$said") of sessions
$(tail -n 2 <<<"$said" | sed 's/and [0-9]* more/and W more/')"

for ((i = 0; i < 10000; i++)); do
    printf 'filter f%d {\n    ingress {\n        rule 10 {\n            action accept;\n        }\n    }\n}\n' $i
done >many.conf
box 'load override many.conf' commit </dev/null >said
verdict 'ten thousand filters in braces' "$(md5sum <many.conf)" \
    "$("$MIRRORSH" -n --state state -c 'show configuration' </dev/null | md5sum)"
