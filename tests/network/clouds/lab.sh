# What the worked examples of the clouds' documents are judged with (man/mirrorsh-mirroring.7 names
# them): frames past the sources, and what the receivers of the test network then have.
# shellcheck shell=bash

. "${BASH_SOURCE[0]%/*}/../lab.sh"

# committed NAME: the configuration on standard input, in place of the one before
committed()
{
    {
        echo configure
        echo delete session
        echo delete filter
        echo delete target
        cat
        echo commit
    } >"$lab/conf"
    check "$1" ctl_file "$lab/conf"
}

# watch [DEVICE]...: captures from now on; in and out are what src0 (or in-DEVICE, out-DEVICE what
# that source) receives and sends, wire what is sent to receivers
watch()
{
    local device
    rm -f "$lab"/*.pcap "$lab"/*.sel
    if [ $# = 0 ]; then
        capture in box src0 -Q in
        capture out box src0 -Q out
    fi
    for device; do
        capture "in-$device" box "$device" -Q in
        capture "out-$device" box "$device" -Q out
    done
    capture wire recv eth0 'udp dst portrange 4789-4800'
    judged=0
}

# received_on N SET ARGUMENT..., sent_on N SET ARGUMENT...: srcN receives or sends frames of frames.py
received_on() { in_src python3 "$frames" "eth$1" "$2" "1$1" "${@:3}" >/dev/null; }
sent_on() { in_box python3 "$frames" "src$1" "$2" "2$1" "${@:3}" >/dev/null; }
received() { received_on 0 "$@"; }
sent() { sent_on 0 "$@"; }

# more_sources NUMBER: src1, src2, ... beside src0
more_sources()
{
    local i
    for ((i = 1; i <= $1; i++)); do
        ip -n "$lab_name-src" link add "eth$i" type veth peer name "src$i" netns "$lab_name-box"
        ip -n "$lab_name-src" link set "eth$i" up
        ip -n "$lab_name-box" link set "src$i" up
    done
}

# of_receiver VNI RECEIVER[:PORT]: what it was sent with that VNI, into got.sel
of_receiver()
{
    local port=4789
    [ "$2" = "${2%:*}" ] || port=${2#*:}
    select_packets wire got \
        "dst host ${2%:*} and udp dst port $port and udp[12:4] = $(($1 << 8))"
}

# judge NAME VNI RECEIVER[:PORT] LENGTH [CAPTURE EXPRESSION]...: the receiver was sent exactly those
# packets of each capture that tcpdump's expression selects there, each once, cut to LENGTH
judge()
{
    local name=$1 vni=$2 length=$4 wanted='' number=0
    of_receiver "$2" "$3"
    shift 4
    while [ $# != 0 ]; do
        number=$((number + 1))
        select_packets "$1" "wanted$number" "$2"
        wanted=$wanted,$lab/wanted$number.sel
        shift 2
    done
    check "$name" "$compare" "${wanted#,}" "wire:$vni:$lab/got.sel" "${length/full/65535}"
    judged=$((judged + $(tcpdump -n -r "$lab/got.sel" --count 2>/dev/null | sed 's/ .*//')))
}

# nothing_else NAME: what was judged since `watch` is all that was sent
nothing_else()
{
    expect_equal "$1" "$(packets wire)" "$judged"
}
