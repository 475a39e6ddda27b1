#!/bin/bash
# The contract of the batch: order, places of errors, exit statuses, what goes to which output.

work=$(mktemp -d "${TMPDIR:-/tmp}/batch.XXXXXX")
boxes=
trap 'kill $boxes 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1

verdict() { if [ "$2" = "$3" ]; then echo "ok $1"; else echo "not ok $1: got '$2', not '$3'"; fi; }
# batch ARGUMENT...: offline, its output in out and err
batch()
{
    "$MIRRORSH" -n --state state "$@" >out 2>err
    status=$?
}
# places NAME STATUS WANTED: exit status, and the places in err
places()
{
    verdict "$1" "$status $(sed -E 's/: error: .*//' err | tr '\n' ' ')" "$2 $3"
}

batch -c 'set x' </dev/null
places 'an error in a -c' 1 '-c1:1:1 '
batch -c configure -c 'set nothing of it' </dev/null
places 'the place in the second -c' 1 '-c2:1:5 '
printf 'configure\n\n  # a comment\n  set system host-name box\nset session web priority 10\n\tset target tap receiver 192.0.2.1\nset session web vni wrong\nset session web vni 7\n' >commands
batch -f commands </dev/null
places 'a wrong word in line 7' 1 'commands:7:21 '
batch <commands
places 'on standard input' 1 '-:7:21 '
batch -f ./commands -c 'never run'
places 'the file as it was given; what follows is not run' 1 './commands:7:21 '
batch -k -f commands -c 'wrong'
places '-k goes on' 1 'commands:7:21 -c1:1:1 mirrorsh: uncommitted changes were dropped '
verdict 'nothing was committed' "$("$MIRRORSH" -n --state state -c 'show configuration')" ''
printf 'configure\nset session søk priority x\n' >utf8
batch -f utf8
places 'columns are characters' 1 'utf8:2:26 '
printf 'configure\nset session web\n   commit\n' >commands
batch -f commands
places 'a refused commit: each problem at its place' 1 'commands:3:4 commands:3:4 '
batch -c configure -c 'set system host-name box' -c exit
places 'uncommitted changes at the end' 1 'warning: the candidate has uncommitted changes, kept mirrorsh: uncommitted changes were dropped '
batch -c configure -c 'set system host-name box' -c 'commit check and-quit'
places 'nor are they left in silence by a check' 1 'warning: the candidate has uncommitted changes, kept mirrorsh: uncommitted changes were dropped '
batch -c configure -c 'set system host-name box' -c 'rollback'
places 'none are left after a rollback' 0 ''
batch -c configure -c 'set system host-name box' -c commit -c 'exit' -c 'exit' -c 'never run'
places 'exit ends the run' 0 ''
batch -c configure -c 'show' -c 'show nothing of it'
verdict 'errors are not on standard output' "$(wc -l <err) $(grep -c host-name out) $(grep -c error out)" '1 1 0'
batch -c 'show configuration' -f - -c 'show configuration' <<<'help nothing'
places 'inputs run in their order' 1 '-:1:6 '
verdict 'and those before an error have run' "$(grep -c host-name out)" 1
batch </dev/null
places 'an empty batch' 0 ''

# Lines that cannot be
printf 'configure\nset sys\0tem\n' >commands
batch -f commands
places 'a NUL' 1 'commands:2:8 '
printf 'configure\nset system host-name a\377b\n' >commands
batch -f commands
places 'what is no UTF-8' 1 'commands:2:23 '
{ echo configure; head -c 2000000 /dev/zero | tr '\0' x; echo; echo wrong; } >commands
batch -k -f commands
places 'a line that is too long' 1 'commands:2:1048577 commands:3:1 '
printf 'configure\r\nshow\r\n' >commands
batch -f commands
places 'lines that end with CR LF' 0 ''
printf 'show configuration' >commands
batch -f commands
verdict 'a last line without a newline runs' "$status $(grep -c host-name out)" '0 1'

# Wrong usage
for arguments in -x 'operand' '--daemon -c x' '--daemon -n' '--check f -c x' '-c' '-f nowhere' '-f .'; do
    # shellcheck disable=SC2086
    "$MIRRORSH" --state state --socket socket $arguments >out 2>err </dev/null
    verdict "mirrorsh $arguments" "$? $(wc -c <out) $([ -s err ] && echo said)" '2 0 said'
done
"$MIRRORSH" --state state/startup.conf --socket socket -c 'show version' >out 2>err
verdict 'no box can be started' "$? $(wc -c <out) $([ -s err ] && echo said)" '3 0 said'
printf 'set system host-name box\nset session x priority 99999\n' >commands
"$MIRRORSH" --check commands >out 2>err
status=$?
places '--check tells the place' 1 'commands:2:13 commands:2:24 '
"$MIRRORSH" --check state/startup.conf >out 2>err
verdict '--check of what was saved' "$? $(cat err)" '0 '

# Against a running box
"$MIRRORSH" --daemon --state state --socket socket 2>log &
boxes=$!
for _ in $(seq 600); do [ -S socket ] && break; sleep 0.1; done
run() { "$MIRRORSH" --socket socket "$@" >out 2>err; status=$?; }
verdict 'the socket has mode 0660' "$(stat -c %a socket)" 660
"$MIRRORSH" -n --state state -c 'show version' >out 2>err
verdict 'no second box on the same directory' "$? $([ -s err ] && echo said)" '3 said'
run -c 'show configuration | display set'
verdict 'attached' "$status $(grep -c 'set system host-name box' out)" '0 1'
{
    echo configure
    for i in $(seq 10000); do echo "set filter f ingress rule $i action accept"; done
    echo commit
} >commands
start=$(date +%s%N)
run -f commands
verdict '10,000 set lines and a commit' "$status" 0
took=$((($(date +%s%N) - start) / 1000000))
echo "# they took $took ms"
"$MIRRORSH" --socket socket -c 'show configuration' -c 'show configuration' 2>err | head -n 1 >out
verdict '| head ends it quietly' "$(cat out err | wc -l)" 1
"$MIRRORSH" --socket socket -c 'show version' >&- 2>err
verdict 'a closed standard output fails' "$? $([ -s err ] && echo said)" '1 said'

# Signals
for signal in INT TERM; do
    # an asynchronous command of a script ignores SIGINT; env gives the default back
    rm -f out
    env --default-signal=INT "$MIRRORSH" --socket socket -c 'monitor sessions' -c 'show version' >out 2>err &
    console=$!
    for _ in $(seq 600); do [ -s out ] && break; sleep 0.1; done
    kill -$signal $console
    wait $console
    verdict "SIG$signal ends a monitor and the run" "$? $(cat err) $(grep -c mirrorsh out)" '1  0'
done
mkfifo fifo
# in the middle of what a pipe keeps for the end: more than the fifo takes
# filtered LINE: with the fifo as its output, and a line behind it
filtered()
{
    exec 5<>fifo
    exec 6<fifo
    env --default-signal=INT "$MIRRORSH" --socket socket -c "$1" -c 'show version' >fifo 2>err 5>&- 6<&- &
    console=$!
    read -r -t 60 -n 1 -u 6
    kill -INT $console
    # heard while the fifo is full: a wait for room that is there hears nothing
    while grep -q '^ShdPnd:.*[1-9a-f]' "/proc/$console/status" 2>/dev/null; do sleep 0.05; done
    exec 5>&-
    cat <&6 >out
    exec 6<&-
    wait $console
}
filtered 'show configuration | last 10000'
verdict 'SIGINT within what is filtered ends the run' "$? $(cat err) $(grep -c '^mirrorsh' out)" '1  0'
filtered 'show configuration | last 10000 | save fifo'
verdict 'and within what is saved says that it is not whole' "$? $(cat err) $(grep -c '^mirrorsh' out)" \
    "1 -c1:1:40: error: fifo: the file is not whole: Interrupted system call 0"
# Until the one that reads the fifo has answered a line of it
waits()
{
    exec 3>fifo
    echo 'show version' >&3
    for _ in $(seq 600); do [ -s out ] && break; sleep 0.1; done
}
rm -f out
env --default-signal=INT "$MIRRORSH" --socket socket <fifo >out 2>err &
console=$!
waits
kill -INT $console
wait $console
verdict 'SIGINT ends one that waits for its input' "$? $(cat err)" '1 '
exec 3>&-
rm -f out
"$MIRRORSH" --socket socket <fifo >out 2>err &
console=$!
waits
kill -9 $boxes
wait $console
verdict 'the box goes while a batch waits' "$? $(cat err)" '3 mirrorsh: the box has gone'
exec 3>&-
