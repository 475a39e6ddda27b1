#!/bin/bash
# make demo: three hosts in namespaces, real programs that talk, and their mirror at two receivers,
# where programs of others say what they got of it: tcpflow rebuilds the pages that were read, byte
# for byte. Ends by itself within ten seconds or so and leaves nothing behind.

if [ "${1-}" != --inside ]; then
    exec "${0%/*}/isolated.sh" "$0" --inside
fi
. "${0%/*}/network/lab.sh"
if [ -z "$MIRRORSH_NETWORK" ]; then
    echo 'demo: needs network namespaces, and none can be made here: try as root'
    exit 1
fi
lab_open
vxlan vx5b 5 10.2.0.3 4790
bold='' plain=''
if [ -t 1 ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
status=0

say '1. The network: src reads pages of box; two analysers are to get a copy'
cat <<'END'
    src ----------------- src0  box  up0 ----------------- recv
    10.1.0.2, fd01::2     10.1.0.1, fd01::1                10.2.0.2, 10.2.0.3
    curl, ping            web server, mirrorsh             vxlan devices, tcpflow
END
for end in 'box src0 1 src eth0 2' 'src eth0 2 box src0 1'; do
    read -r host device number other peer there <<<"$end"
    ip netns exec "$lab_name-$host" sh -c "cd /proc/sys/net/ipv6/conf/$device &&
        echo 0 >router_solicitations && echo 0 >disable_ipv6"
    ip -n "$lab_name-$host" address add "10.1.0.$number/24" dev "$device"
    ip -n "$lab_name-$host" address add "fd01::$number/64" dev "$device" nodad
    for address in "10.1.0.$there" "fd01::$there"; do # known, so that only the programs speak
        ip -n "$lab_name-$host" neighbour add "$address" dev "$device" nud permanent \
            lladdr "$(ip netns exec "$lab_name-$other" cat "/sys/class/net/$peer/address")"
    done
done
pages=10
mkdir "$lab/www"
for ((i = 1; i <= pages; i++)); do
    head -c $((i * 20011)) /dev/urandom >"$lab/www/$i"
done
ip netns exec "$lab_name-box" python3 -m http.server -d "$lab/www" -b :: 80 >/dev/null 2>&1 &
helpers="$helpers $!"
until_true 10 in_src curl -s -g -o /dev/null 'http://[fd01::1]/1'

say '2. The configuration: the web whole, to both by flow; 96 bytes of the rest'
cat >"$lab/commands" <<'END'
configure
set filter web ingress rule 10 action accept protocol tcp destination-port 80
set filter web egress rule 10 action accept protocol tcp source-port 80
set target analysers receiver 10.2.0.2 10.2.0.3:4790
set target log receiver 10.2.0.2
set session pages priority 1 filter web target analysers vni 5
set session pages source interface src0
set session rest priority 2 target log vni 6 packet-length 96
set session rest source interface src0
commit
END
sed 's/^/    /' "$lab/commands"
box_start
ctl_file "$lab/commands" | sed 's/^/    /'
capture rest recv vx6
tcpflow=$(command -v tcpflow)
for receiver in vx5 vx5b; do
    [ -n "$tcpflow" ] || break
    ip netns exec "$lab_name-recv" tcpflow -i $receiver -o "$lab/$receiver" >"$lab/$receiver.out" 2>&1 &
    captures="$captures $!"
    until_true 10 grep -q listening "$lab/$receiver.out"
done

say "3. curl reads $pages pages, over IPv4 and over IPv6, and ping asks who is there"
read_page()
{
    in_src curl -s -g "http://$1/$2" | cmp -s - "$lab/www/$2" && return
    echo "    page $2 went wrong"
    status=1
}
for ((i = 1; i <= pages; i++)); do
    read_page 10.1.0.1 "$i"
    read_page '[fd01::1]' "$i"
done
in_src ping -q -c 2 -i 0.2 -s 60 10.1.0.1 >/dev/null
in_src ping -q -c 2 -i 0.2 -s 60 fd01::1 >/dev/null

# rebuilt DEVICE: the pages that tcpflow has rebuilt behind it, in one line
rebuilt()
{
    python3 - "$lab" "$1" <<'END'
import glob, sys
pages = {}
for path in glob.glob(sys.argv[1] + '/www/*'):
    with open(path, 'rb') as file:
        pages[file.read()] = int(path.rpartition('/')[2])
found = []
for path in glob.glob(sys.argv[1] + '/' + sys.argv[2] + '/*.00080-*'):
    with open(path, 'rb') as file: # what follows the header of the answer
        found.append(pages.get(file.read().partition(b'\r\n\r\n')[2], 0))
print(*sorted(found))
END
}
each_twice() { for ((i = 1; i <= pages; i++)); do printf '%s\n' "$i" "$i"; done; }
all_rebuilt() { [ "$({ rebuilt vx5; rebuilt vx5b; } | tr ' ' '\n' | sort -n)" = "$(each_twice)" ]; }
[ -z "$tcpflow" ] || until_true 5 all_rebuilt
captures_end
echo "    2 x $(cat "$lab"/www/* | wc -c) bytes of pages"

say '4. The pages that tcpflow rebuilt behind each analyser, of the mirror alone'
if [ -n "$tcpflow" ]; then
    echo "    10.2.0.2       $(rebuilt vx5)"
    echo "    10.2.0.3:4790  $(rebuilt vx5b)"
    verdict='all that curl read, byte for byte'
    all_rebuilt || { verdict='NOT what curl read'; status=1; }
    echo "    Together: $verdict."
else
    echo '    (tcpflow is not installed)'
fi

say '5. The pings, cut to 96 bytes, as tcpdump decodes them'
tcpdump -n -t -q -r "$lab/rest.pcap" 'icmp or (icmp6 and ip6[40] >= 128 and ip6[40] <= 129)' 2>/dev/null |
    sed -n 's/, id.*//; 1p; 2p; 5p; 6p' | sed 's/^/    /'

say '6. The counts of both sides'
ctl 'show sessions' 'show targets' | sed 's/^/    /'
sent() { ctl 'show sessions | display json' | json "[s['sent']['packets'] for s in d['sessions'] if s['name'] == '$1'][0]"; }
got() { ip -n "$lab_name-recv" -s -j link | json "sum(l['stats64']['rx']['packets'] for l in d if l['ifname'] in '$1'.split())"; }
equal() { [ "$(sent "$1")" = "$(got "$2")" ]; }
for pair in 'pages:vx5 vx5b' 'rest:vx6'; do
    verdict=equal
    until_true 5 equal "${pair%:*}" "${pair#*:}" || { verdict='NOT EQUAL'; status=1; }
    printf "    %-5s  mirrorsh sent %4d, the kernel's vxlan devices got %4d: %s\n" \
        "${pair%:*}" "$(sent "${pair%:*}")" "$(got "${pair#*:}")" "$verdict"
done
[ $status = 0 ]
