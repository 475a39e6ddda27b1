#!/bin/bash
# make demo: three hosts in namespaces, real programs that talk, two mirror sessions, and what
# somebody else (the kernel's vxlan devices, tcpdump) saw of them at the receiver. Ends by
# itself in half a minute and leaves nothing behind.

if [ "${1-}" != --inside ]; then
    exec "${0%/*}/isolated.sh" "$0" --inside
fi
. "${0%/*}/network/lab.sh"
if [ -z "$MIRRORSH_NETWORK" ]; then
    echo 'demo: needs network namespaces, and none can be made here: try as root' >&2
    exit 1
fi
lab_open
bold='' plain=''
if [ -t 1 ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

say '1. The network: src speaks to box, and recv is to get a copy of it'
cat <<'END'
      src eth0 ------------- src0 box up0 ------------- eth0 recv
      10.1.0.2, fd01::2      10.1.0.1, fd01::1          10.2.0.2, fd02::2
      curl, dig-like, ping   web, name server, mirrorsh  the kernel's vxlan devices
END
for address in 10.1.0.1/24:box:src0 10.1.0.2/24:src:eth0 fd01::1/64:box:src0 fd01::2/64:src:eth0; do
    device=${address##*:} address=${address%:*}
    host=${address##*:} address=${address%:*}
    ip netns exec "$lab_name-$host" sh -c "echo 0 >/proc/sys/net/ipv6/conf/$device/disable_ipv6"
    case $address in *::*) nodad=nodad ;; *) nodad= ;; esac
    # shellcheck disable=SC2086
    ip -n "$lab_name-$host" address add "$address" dev "$device" $nodad
done

mkdir "$lab/www"
echo 'hello from the web server' >"$lab/www/index.html"
head -c 200000 /dev/urandom >"$lab/www/large"
ip netns exec "$lab_name-box" python3 -m http.server -d "$lab/www" -b :: 80 >/dev/null 2>&1 &
helpers="$helpers $!"
ip netns exec "$lab_name-box" python3 -c '
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("::", 53))
while True:
    question, who = s.recvfrom(1500)
    s.sendto(question[:2] + b"\x81\x80" + question[4:], who)' &
helpers="$helpers $!"

say '2. The configuration: pages get the first 96 bytes of every web packet, names all of the rest of UDP'
cat >"$lab/commands" <<'END'
configure
set system host-name demo
set filter web ingress rule 10 action accept protocol tcp destination-port 80
set filter web egress rule 10 action accept protocol tcp source-port 80
set filter names ingress rule 10 action reject source-port 123
set filter names ingress rule 20 action accept protocol udp
set filter names egress rule 20 action accept protocol udp
set target collector receiver 10.2.0.2
set session pages priority 1
set session pages source interface src0
set session pages filter web
set session pages target collector
set session pages vni 5
set session pages packet-length 96
set session names priority 2
set session names source interface src0
set session names filter names
set session names target collector
set session names vni 6
commit
END
sed 's/^/    /' "$lab/commands"
box_start
ctl_file "$lab/commands" || exit 1
capture pages recv vx5
capture names recv vx6

say '3. Programs talk over IPv4 and IPv6; monitor sessions shows the counts'
ip netns exec "$lab_name-src" bash -c '
    ask() { python3 -c "
import socket, sys
s = socket.socket(socket.AF_INET6 if \":\" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(2)
s.sendto(b\"\x12\x34\x01\x00\x00\x01\" + bytes(6) + b\"\x07example\x00\x00\x01\x00\x01\", (sys.argv[1], 53))
s.recv(1500)" "$1"; }
    for round in 1 2 3 4 5 6 7 8; do
        curl -s -g http://10.1.0.1/ http://10.1.0.1/large "http://[fd01::1]/" >/dev/null
        ask 10.1.0.1; ask fd01::1
        ping -q -c 2 -i 0.2 10.1.0.1 >/dev/null
        ping -q -c 2 -i 0.2 fd01::1 >/dev/null
    done' &
talk=$!
helpers="$helpers $talk"
ctl 'monitor sessions plain interval 1 count 6' | sed -u 's/^/    /'
wait $talk
captures_end

say '4. What tcpdump decoded at the receiver, on the vxlan device of VNI 5 (pages) and of VNI 6 (names)'
for name in pages names; do
    tcpdump -n -t -q -r "$lab/$name.pcap" 2>/dev/null | head -n 6 | cut -c 1-100 | sed 's/^/    /'
    echo "    ... $(packets $name) in all"
done

say '5. The counts of both sides'
ctl 'show sessions' | sed 's/^/    /'
status=0
for pair in pages:vx5 names:vx6; do
    sent=$(ctl 'show sessions | display json' |
        json "[s['sent']['packets'] for s in d['sessions'] if s['name'] == '${pair%:*}'][0]")
    got=$(ip -n "$lab_name-recv" -s -j link show "${pair#*:}" | json "d[0]['stats64']['rx']['packets']")
    verdict=equal
    { [ "$sent" = "$got" ] && [ "$sent" -gt 0 ]; } || { verdict='NOT EQUAL'; status=1; }
    echo "    session ${pair%:*}: mirrorsh sent $sent packets, the kernel's vxlan device got $got: $verdict"
done
expect=$(tcpdump -n -r "$lab/pages.pcap" 'not (tcp port 80) or greater 97' 2>/dev/null | wc -l)
echo "    in VNI 5, packets that are not of the web or longer than 96 bytes: $expect"
[ "$expect" = 0 ] || status=1
exit $status
