#!/bin/bash
# A box that has nothing to do: what it holds, and who wakes.
# needs: mirrorsh

. "${0%/*}/lab.sh"
lab_open
ip -n "$lab_name-box" link add idle0 type veth peer name idle1
in_box sysctl -q -w net.ipv6.conf.idle0.disable_ipv6=1 net.ipv6.conf.idle1.disable_ipv6=1
ip -n "$lab_name-box" link set idle1 up
ip -n "$lab_name-box" link set idle0 up
box_start
check 'a session' ctl configure 'set target t receiver 10.2.0.2' \
    'set session s priority 1 target t vni 5 source interface idle0' commit
if [ -z "$SANITIZE" ]; then
    resident=$(awk '/^VmRSS/ {print $2}' "/proc/$box_pid/status")
    check "with one interface it holds at most 40 MB, its ring with them: $resident kB" \
        test "$resident" -le 40960
fi
worker=$(grep -l '^mirrorsh-w0' "/proc/$box_pid"/task/*/comm)
# in hundredths of a second, of all processors
iowait() { awk '/^cpu / {print $6}' /proc/stat; }
woken() { awk '/^voluntary/ {print $2}' "${worker%comm}status"; }
before=$(woken) waited=$(iowait)
sleep 4
check 'its worker sleeps' test $(($(woken) - before)) -le 1
waited=$(($(iowait) - waited))
if uname -r | awk -F '[.]' '{exit !($1 * 1000 + $2 >= 6015)}'; then
    check "and counts as idle, not as one that waits for a disk: $waited of 400" test $waited -lt 200
else
    echo 'skip quiet its worker counts as idle: this kernel always counts it as iowait'
fi
check 'the box ends well' box_stop
expect_equal 'the box has no complaints' "$(complaints)" ''
