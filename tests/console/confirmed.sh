#!/bin/bash
# commit confirmed: what goes back by itself, what confirms it, and that a box which is killed at any
# step of it starts with the configuration that it must be. The box's clock and disk are a library's
# that this test builds: it is an hour later once $LATER is there, and while $KILL is there, the
# disk's call of the number in it kills the box.

export MIRRORSH=${MIRRORSH:-$PWD/mirrorsh} TZ=UTC
lab=$(mktemp -d "${TMPDIR:-/tmp}/confirmed.XXXXXX") || exit 1
state=$lab/state socket=$lab/socket box=
export LATER=$lab/later KILL=$lab/kill
trap '[ -z "$box" ] || kill -9 $box 2>/dev/null; rm -rf "$lab"' EXIT

ok() { echo "ok $1"; }
not_ok() { printf 'not ok %s: %s\n' "$1" "$(printf '%s' "$2" | tr '\n' '~')"; }
is() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got '$2', not '$3'"; fi; }

cat >"$lab/faults.c" <<'END_OF_C'
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = (int)syscall(SYS_clock_gettime, clock, now);

    if (clock == CLOCK_MONOTONIC && access(getenv("LATER"), F_OK) == 0)
        now->tv_sec += 3600;
    return result;
}

static void step(void)
{
    static int steps;
    char number[16] = "";
    int fd = open(getenv("KILL"), O_RDONLY);

    if (fd < 0)
        return;
    if (read(fd, number, sizeof number - 1) > 0 && ++steps == atoi(number))
        kill(getpid(), SIGKILL);
    close(fd);
}

int fsync(int fd)
{
    step();
    return (int)syscall(SYS_fsync, fd);
}

int renameat(int from, const char *old, int to, const char *new)
{
    step();
    return (int)syscall(SYS_renameat2, from, old, to, new, 0);
}

int unlinkat(int dir, const char *name, int flags)
{
    step();
    return (int)syscall(SYS_unlinkat, dir, name, flags);
}
END_OF_C
if ! ${CC:-cc} -w -shared -fPIC -o "$lab/faults.so" "$lab/faults.c" 2>"$lab/cc"; then
    not_ok 'the library of faults builds' "$(cat "$lab/cc")"
    exit 1
fi

until_true()
{
    for ((tries = 0; tries < 1200; tries++)); do
        "$@" && return
        sleep 0.05
    done
    not_ok "waiting for $*" "it did not come"
    return 1
}
# What it has said beside its journal, or in it that somebody should do something: box.log is its
# journal, as if that were systemd's.
complaints() { grep -v '^<[4-7]>' "$lab/box.log"; }
box_start()
{
    local JOURNAL_STREAM
    touch "$lab/box.log"
    JOURNAL_STREAM=$(stat -c %d:%i "$lab/box.log")
    export JOURNAL_STREAM
    rm -f "$socket" "$LATER" "$KILL"
    LD_PRELOAD=$lab/faults.so ASAN_OPTIONS=verify_asan_link_order=0:${ASAN_OPTIONS-} \
        "$MIRRORSH" --daemon --state "$state" --socket "$socket" </dev/null >"$lab/box.log" 2>&1 &
    box=$!
    until_true [ -S "$socket" ] || exit 1
}
box_kill()
{
    { kill -9 "$box"; wait "$box"; } 2>/dev/null
    box=
}
# ctl LINE...: a batch that begins in the configuration mode; leaves $out, $err and $status
ctl()
{
    printf '%s\n' configure "$@" >"$lab/lines"
    "$MIRRORSH" --socket "$socket" -k -f "$lab/lines" >"$lab/out" 2>"$lab/err" </dev/null
    status=$?
    out=$(cat "$lab/out") err=$(sed "s,^$lab/lines:,," "$lab/err")
}
runs()
{
    ctl 'run show configuration | match host-name'
    [[ $out =~ host-name\ (.*)\; ]] && echo "${BASH_REMATCH[1]}"
}
saved() { sed -n 's/^set system host-name //p' "$state/startup.conf"; }
running() { [ "$(runs)" = "$1" ]; }
# A fresh box that runs `first`
fresh()
{
    [ -z "$box" ] || box_kill
    rm -rf "$state"
    "$MIRRORSH" -n --state "$state" -c configure -c 'set system host-name first' -c commit >/dev/null </dev/null
    box_start
}
me=$(id -un)
notice="commit confirmed by $me: it goes back in"

# ---- going back ----

fresh
ctl 'set system host-name second' 'commit confirmed 5 comment try'
is 'it runs, and says when it goes back' "$out $err $(runs) $(saved)" \
    "commit complete $notice 5 minutes unless a commit follows second first"
ctl 'rollback 1' 'show | match host' 'run show system commit | except " [0-9] "' 'run show rollback 1 | match host'
is 'rollback 1 is what ran before' "$out" '    host-name first;
Rollback  Time                 User  Console
    not confirmed
    try
    host-name first;'
touch "$LATER"
until_true running first && ok 'it goes back by itself'
until_true [ ! -e "$state/unconfirmed.conf" ] && ok 'and nothing is left to be confirmed'
ctl commit 'run show rollback 1 | match host' 'run show system commit | display json'
is 'what was not confirmed is archived as such' \
    "$(head -n 2 "$lab/out") $(grep -o '"confirmed":[a-z]*,"comment":[a-z"]*' "$lab/out" | tr '\n' ' ')" \
    'no changes
    host-name second; "confirmed":true,"comment":null "confirmed":false,"comment":"try" "confirmed":true,"comment":null '
ctl 'rollback 1' commit
is 'and can be committed after all' "$out $(saved)" 'commit complete second'

# ---- confirming ----

fresh
ctl 'set system host-name second' 'commit confirmed' commit
is 'a commit without changes confirms' "$out $err $(saved)" "commit complete
commit complete $notice 10 minutes unless a commit follows
the commit is confirmed by $me second"
touch "$LATER"
ctl commit
is 'then there is nothing left to do' "$out $err $(runs)" 'no changes  second'
fresh
ctl 'set system host-name second' 'commit confirmed 1' 'set system host-name third' 'commit check' \
    'set system host-name' 'set target t' 'set session s target nobody' commit
is 'neither a check nor a commit that is refused confirms' "$(saved) $(grep -c 'is confirmed by' "$lab/err")" 'first 0'
touch "$LATER"
until_true running first && ok 'it goes back'
fresh
ctl 'set system host-name second' 'commit confirmed 1' 'set system host-name third' commit
touch "$LATER"
is 'a commit with changes confirms all of it' "$(runs) $(saved)" 'third third'
ctl 'run show rollback 1 | match host' 'run show rollback 2 | match host'
is 'what ran in between is archived' "$out" '    host-name second;
    host-name first;'
fresh
ctl 'set system host-name second' 'commit confirmed 1' 'rollback 1' commit
is 'one that goes back confirms that' "$(grep -c 'is confirmed by' "$lab/err") $(runs) $(saved)" '1 first first'

# ---- a second one ----

fresh
ctl 'set system host-name second' 'commit confirmed 1' 'set system host-name third' 'commit confirmed 120'
touch "$LATER"
is 'a second one moves the time' "$(runs) $(saved)" 'third first'
box_kill
box_start
is 'and goes back to before the first' "$(runs)" first
ctl 'set system host-name second' 'commit confirmed 1' 'commit confirmed 120'
touch "$LATER"
is 'also where nothing has changed' "$(runs) $(saved)" 'second first'
fresh
ctl 'set system host-name second' 'commit confirmed 1' 'set session s target nobody' 'commit confirmed 120'
touch "$LATER"
until_true running first && ok 'one that is refused does not move it'
fresh
ctl 'set session s target nobody' 'commit confirmed 1'
is 'alone it leaves nothing to go back' "$status $(ls "$state" | grep -c unconfirmed) $(grep -c 'goes back' "$lab/err")" '1 0 0'
ctl 'commit confirmed 1'
is 'nor does one without changes' "$out $err $(ls "$state" | grep -c unconfirmed)" 'no changes  0'

# ---- words ----

ctl 'set system host-name x' 'commit confirmed 0' 'commit confirmed 65536' 'commit confirmed check' \
    'commit 5' 'commit confirmed 5 5' 'commit confirmed comment'
is 'what it is not' "$err $status" '3:18: error: "0" is not a number of 1-65535
4:18: error: "65536" is not a number of 1-65535
5:8: error: check changes nothing that could be confirmed
6:8: error: unknown word "5", expected one of: check, confirmed, comment, and-quit
7:20: error: unknown word "5", expected one of: check, comment, and-quit
8:25: error: comment: a text is missing
mirrorsh: uncommitted changes were dropped 1'
box_kill
"$MIRRORSH" -n --state "$state" -c configure -c 'set system host-name x' -c 'commit confirmed' \
    >/dev/null 2>"$lab/err" </dev/null
is 'offline nothing goes back' "$(sed -n 1p "$lab/err")" \
    '-c3:1:1: error: nothing runs offline (mirrorsh -n) that could go back, expected commit'

# ---- the end of a box ----

fresh
ctl 'set system host-name second' 'commit confirmed 5'
kill "$box"
wait "$box"
is 'a box that ends says what the next one starts with' "$? $(complaints)" \
    '0 <3>a commit was not confirmed: the next start comes to the configuration before it'
box_start
told="THE COMMIT OF $me WAS NOT CONFIRMED: RUNNING THE CONFIGURATION BEFORE IT"
is 'and that one says so' "$(runs) $(complaints)" "first <3>$told"
ctl 'run show rollback 1 | match host' commit
is 'to every console, until a commit' "$out $err" "    host-name second;
commit complete $told, until a commit"
ctl commit
is 'then no more' "$out $err" 'no changes '
echo 'set sytem' >"$state/startup.conf"
box_kill
box_start
is 'what was not confirmed is not what a start falls back to' "$(runs)" first
box_kill
rm -rf "$state"
box_start
ctl 'set system host-name second' 'commit confirmed 5'
box_kill
box_start
is 'the first commit of all goes back to nothing' "$(runs) $(grep -c 'WAS NOT CONFIRMED' "$lab/box.log")" ' 1'

# ---- the lock ----

fresh
mkfifo "$lab/lines.holder"
"$MIRRORSH" --socket "$socket" <"$lab/lines.holder" >"$lab/holder" 2>&1 &
holder=$!
exec 5>"$lab/lines.holder"
printf '%s\n' 'configure exclusive' 'run show version' >&5
until_true [ -s "$lab/holder" ]
ctl commit
is 'a script is refused what another has alone' \
    "$(sed -E 's/[0-9]+ seconds?/SECONDS/' <<<"$err" | head -n 1)" \
    "1:1: error: the configuration is locked by $me, idle for SECONDS"
"$MIRRORSH" --socket "$socket" -c 'configure exclusive' >"$lab/waits" 2>&1 </dev/null &
waits=$!
"$MIRRORSH" --socket "$socket" -c 'show version' >/dev/null </dev/null # it is the box's turn for it now
kill -0 $waits && ok 'it waits for the lock'
touch "$LATER"
wait $waits
is 'but not for ever' "$? $(sed -E 's/idle.*//' "$lab/waits")" \
    "1 -c1:1:1: error: the configuration is locked by $me, "
rm "$LATER"
printf '%s\n' 'set system host-name second' 'commit confirmed 1' >&5
until_true grep -q 'commit complete' "$lab/holder"
touch "$LATER"
until_true eval '"$MIRRORSH" --socket "$socket" -c "show configuration" </dev/null | grep -q first' && ok 'no lock keeps a commit from going back'
exec 5>&-
wait $holder
is 'the lock ends with the script' "$(runs)" first

# ---- killed at every step ----

# A box that dies is a process still for a while, but answers nobody.
answers() { [ -n "$("$MIRRORSH" --complete 4 mirrorsh --socket "$socket" -c 'show ver')" ]; }

# every_step NAME PREPARE ALLOWED LINE...: killed at each of the disk's calls of the lines, a start
# comes to one of ALLOWED; lines that were answered well have come to the last of them.
every_step()
{
    local name=$1 prepare=$2 allowed=$3 step found after=
    shift 3
    for ((step = 1; step < 60; step++)); do
        fresh
        eval "$prepare"
        echo "$step" >"$KILL"
        if [ "$1" = later ]; then
            touch "$LATER"
            until_true eval '! kill -0 $box 2>/dev/null || [ ! -e "$state/unconfirmed.conf" ]'
            running first && status=0
        else
            ctl "$@"
        fi
        answers && after=killed-behind
        box_kill
        for found in 1 2; do # the second start finds what the first has made of it
            found=$("$MIRRORSH" -n --state "$state" -c 'show configuration | match host-name' </dev/null 2>/dev/null |
                sed 's/.*host-name \(.*\);/\1/')
            [[ " $allowed " = *" $found "* ]] || not_ok "$name" "killed at step $step it starts with '$found'"
            [ "$status" != 0 ] || [ "$found" = "${allowed##* }" ] ||
                not_ok "$name" "complete at step $step, and it starts with '$found'"
        done
        ls "$state" "$state/archive" | grep -E 'new|unconfirmed' >"$lab/left" &&
            not_ok "$name" "killed at step $step: $(cat "$lab/left") is left"
        [ -z "$after" ] || break
    done
    is "$name: killed at each step" "$after $([ $step -gt 3 ] && echo several)" 'killed-behind several'
}
try="ctl 'set system host-name second' 'commit confirmed 5'"
every_step 'a commit confirmed' : first 'set system host-name second' 'commit confirmed 5'
every_step 'a second one' "$try" first 'set system host-name third' 'commit confirmed 5'
every_step 'a commit that confirms' "$try" 'first second' commit
every_step 'a commit that confirms with changes' "$try" 'first third' 'set system host-name third' commit
every_step 'going back' "$try" first later

# The start that finds what was not confirmed, killed at each step of its own: the next one has the
# configuration before, and what ran is archived.
offline() { "$MIRRORSH" -n --state "$state" "$@" </dev/null 2>/dev/null; }
wrong='' ended=
for ((step = 1; step < 30; step++)); do
    fresh
    eval "$try"
    box_kill
    echo "$step" >"$KILL"
    {
        LD_PRELOAD=$lab/faults.so ASAN_OPTIONS=verify_asan_link_order=0:${ASAN_OPTIONS-} \
            offline -c 'show version' >/dev/null && ended=yes
    } 2>/dev/null
    rm "$KILL"
    for look in first next; do
        found=$(offline -c 'show configuration | match host' -c 'show rollback 1 | match host' | tr -d '\n ')
        [ "$found" = 'host-namefirst;host-namesecond;' ] || wrong="$wrong $step: the $look start has '$found'"
    done
    [ "$(ls "$state/archive" | wc -l)" = 2 ] || wrong="$wrong $step: archived $(ls "$state/archive")"
    [ -z "$ended" ] || break
done
is 'a start after it: killed at each step' "$wrong $ended $([ $step -gt 3 ] && echo several)" ' yes several'
