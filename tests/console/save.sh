#!/bin/bash
# `| save FILE`: what a command prints, in a file of the console's machine, all of it or nothing.

work=$(mktemp -d "${TMPDIR:-/tmp}/save.XXXXXX") || exit 1
box=
trap '[ -z "$box" ] || kill -9 $box 2>/dev/null; umount "$work/small" 2>/dev/null; rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work" || exit 1

# is NAME GOT WANTED
is()
{
    if [ "$2" = "$3" ]; then
        echo "ok $1"
    else
        echo "not ok $1"
        diff <(printf '%s\n' "$3") <(printf '%s\n' "$2")
    fi
}
# run COMMAND...: in the box of this directory; what it says is in said, with the status behind it
run()
{
    local arguments=() command
    for command in "$@"; do
        arguments+=(-c "$command")
    done
    said=$("$MIRRORSH" -n --state state "${arguments[@]}" </dev/null 2>&1)
    said+=" $?"
}
others() { find . -maxdepth 1 -name '.*.*' | wc -l; }

{
    echo configure
    echo set system host-name box
    for ((i = 1; i <= 3000; i++)); do
        echo "set filter f ingress rule $i action accept description \"一 rule number $i\""
    done
    printf 'set target t receiver 192.0.2.1 description %060dx\n' 0
    echo set session s target t priority 1 vni 5
    echo commit
} | "$MIRRORSH" -n --state state >/dev/null 2>&1
"$MIRRORSH" -n --state state -c 'show configuration | display set' >wanted </dev/null

run 'show configuration | display set | save f'
[ -s wanted ] || echo 'not ok there is a configuration'
is 'nothing is said of it in a batch' "$said" ' 0'
cmp -s wanted f && echo 'ok all of it is there' || echo 'not ok all of it is there'
run 'show configuration | display set | match "number 29.." | except 5 | last 7 | save "f"'
is 'behind other pipes, and in the place of what was there' "$(cat f)" \
    "$(grep 'number 29..' wanted | grep -v 5 | tail -n 7)"
run 'show configuration | display json | save f'
is 'JSON' "$(cat f)" "$("$MIRRORSH" -n --state state -c 'show configuration | display json' </dev/null)"
run configure 'run show configuration | count | save f'
is 'run, and a count' "$(cat f)$said" \
    "Count: $("$MIRRORSH" -n --state state -c 'show configuration' </dev/null | wc -l) lines 0"
run configure 'show | display set | save f' 'set system host-name other' 'show | compare | save g'
is 'in the configuration mode' "$(cmp wanted f)$(cat g)" "$("$MIRRORSH" -n --state state -c configure -c 'set system host-name other' -c 'show | compare' \
    -c 'rollback 0' </dev/null 2>/dev/null | head -n 3)"
run 'show version | match nothing | save f'
is 'nothing makes an empty file' "$(stat -c %s f)$said" '0 0'

# what is wrong with the line
run 'show version | save f | count'
is 'it stands last' "$said" '-c1:1:23: error: save has to be the last pipe 1'
run 'show version | save'
is 'it needs a file' "$said" '-c1:1:20: error: a file name is missing 1'
run 'show version | save | count'
is 'and no pipe is one' "$said" '-c1:1:21: error: a file name is missing 1'
run 'show version | save ""'
is 'nor nothing' "$said" '-c1:1:21: error: a file name is missing 1'
run 'show version | save f g'
is 'one file' "$said" '-c1:1:23: error: unexpected word "g", expected | or the end of the line 1'

# what is wrong with the file
echo kept >f
run 'show nothing | save f'
is 'a command that fails leaves the file' "$(cat f) $(others)" 'kept 0'
run 'show sessions none | save f'
is 'one that the box refuses too' "$(cat f) $(others) ${said##* }" 'kept 0 1'
run 'show configuration | match "(0|00)+$" | save f'
is 'and a pipe that does' "$(cat f) $(others) ${said##* }" 'kept 0 1'
run 'show version | save none/x'
is 'no such directory' "$said" '-c1:1:21: error: none/x: No such file or directory 1'
run 'show version | save .'
is 'a directory' "$said" '-c1:1:21: error: .: Is a directory 1'
"$MIRRORSH" -k -n --state state -c configure \
    -c 'set system host-name never | save none/x' -c 'show | compare' </dev/null >out 2>&1
is 'and the command is not run' "$(cat out)" '-c2:1:35: error: none/x: No such file or directory'
run 'show configuration | save /dev/full'
is 'a full disk' "$said" '-c1:1:27: error: /dev/full: the file is not whole: No space left on device 1'
if mkdir small && mount -t tmpfs -o size=64k none small 2>/dev/null; then
    echo kept >small/f
    run 'show configuration | save small/f'
    is 'one that fills leaves the file, and room' "$said $(cat small/f) $(find small -type f | wc -l)" \
        "-c1:1:27: error: $work/small/f: No space left on device 1 kept 1"
else
    echo 'skip a disk that fills: no mount here'
fi
run 'show version | save /dev/null'
is 'a device' "$said" ' 0'
[ -c /dev/null ] || echo 'not ok a device is replaced'

mkfifo fifo
run 'show version | save fifo'
is 'a fifo that nobody reads' "$said" '-c1:1:21: error: fifo: nobody reads it 1'
{ sleep 0.3; cat; } <fifo >slowly &
reader=$!
until run 'show configuration | display set | save fifo'; [ "${said##* }" = 0 ]; do sleep 0.05; done
wait $reader
cmp -s wanted slowly && [ -p fifo ] && echo 'ok a fifo, as its reader takes it' || echo 'not ok a fifo'

# what a file is besides its text
chmod 640 f
ln -s f link
run 'show version | save link'
is 'a link stays, and the rights of the file' "$(readlink link) $(stat -c %a f) $(cat f)" "f 640 $("$MIRRORSH" -V)"
ln f second
run 'show system commit | count | save f'
is 'a file of two names keeps both' "$(cat second)" "$(cat f)"
ln -s nowhere dangling
run 'show version | save dangling'
is 'a link to nothing makes the file' "$(readlink dangling) $(cat nowhere)" "nowhere $("$MIRRORSH" -V)"
(umask 077 && "$MIRRORSH" -n --state state -c 'show version | save new' </dev/null)
is 'a new file has the rights of new files' "$(stat -c %a new)" 600
if [ "$(id -u)" = 0 ] && setpriv --reuid 65534 --regid 65534 --clear-groups true 2>/dev/null; then
    mkdir -m 777 theirs
    cp "$MIRRORSH" theirs/mirrorsh
    echo mine >ours
    chmod 666 ours
    echo kept >theirs/closed
    chmod 444 theirs/closed
    stranger()
    {
        setpriv --reuid 65534 --regid 65534 --clear-groups theirs/mirrorsh -n --state theirs/state \
            "$@" </dev/null 2>&1
    }
    is 'no right to the directory' "$(stranger -c 'show version | save x')" \
        '-c1:1:21: error: x: Permission denied'
    is 'nor to the file, though to its directory' \
        "$(stranger -c 'show version | save theirs/closed'; cat theirs/closed)" \
        '-c1:1:21: error: theirs/closed: Permission denied
kept'
    is 'a file in a directory that takes no new ones' \
        "$(stranger -c 'show version | save ours'; stat -c '%u %a' ours; cat ours)" "0 666
$("$MIRRORSH" -V)"
fi

# a monitor's rounds are there while it goes on
"$MIRRORSH" --daemon --state state --socket socket </dev/null >log 2>&1 &
box=$!
for ((tries = 0; tries < 600; tries++)); do
    [ -S socket ] && break
    sleep 0.1
done
"$MIRRORSH" --socket socket -c 'monitor sessions interval 1 | save rounds' </dev/null >out 2>&1 &
monitor=$!
for ((tries = 0; tries < 1200; tries++)); do
    [ "$(grep -c ' s ' rounds 2>/dev/null)" -ge 2 ] 2>/dev/null && break
    sleep 0.1
done
is 'a monitor saves each round' "$([ $tries -lt 1200 ] && echo so)" so
kill -9 $monitor
wait $monitor 2>/dev/null
is 'which stays when it is killed' "$([ "$(grep -c ' s ' rounds)" -ge 2 ] && echo so) $(others)" 'so 0'
is 'a box that is attached to writes nothing itself' \
    "$(mkdir -p away && cd away && "$MIRRORSH" --socket ../socket -c 'show version | save here' </dev/null && cat here)" \
    "$("$MIRRORSH" -V)"
