#!/bin/bash
# The text of every show, in each of its displays, against golden files (shows/NAME.ok; `make
# golden` writes them anew). A fixed network and configuration, and traffic that is counted to
# the packet: only what time alone decides is taken out. Which shows and displays there are
# comes from the program: one that is new has no golden file, and that fails.

. "${0%/*}/lab.sh"
. "$TOP/tests/golden.sh"
lab_open
vxlan vx90 5 fd02::2 4790
box_start
ctl configure 'set system host-name golden' \
    'set filter web description "pages, and the \"rest\""' \
    'set filter web ingress rule 10 action accept protocol tcp destination-port 80' \
    'set filter web ingress rule 20 action reject source 10.0.0.0/8 vlan 5-99' \
    'set filter web egress rule 10 action accept protocol tcp source-port 80' \
    'set filter idle egress rule 65535 action accept family ipv6 condition 3 tcp-flags syn,!ack' \
    'set filter idle egress rule 65535 condition 20 dscp 46 source fd00::/8 description both' \
    'set target pair receiver 10.2.0.2 [fd02::2]:4790' \
    'set target gone receiver 10.2.0.9' 'set target gone receiver 192.0.2.1:65535' \
    'set session web tag env prod tag "cost center" "4711 a"' \
    'set session web priority 1 filter web target pair vni 5 packet-length 90' \
    'set session web source interface src0' \
    'set session off priority 20 target pair vni 16777215 disabled description "a b"' \
    'set session off source interface src0' \
    'set session absent priority 3 filter idle target pair vni 0 direction egress' \
    'set session absent source interface nowhere' \
    'set session lost priority 32766 target gone vni 99 source interface src0' commit >/dev/null

# Both receivers of the second target have been found wanting.
settled() { [ "$(ctl 'show targets gone | display json' | json "sum(r['state'] == 'down' for r in d['targets'][0]['receivers'])")" = 2 ]; }
until_true 20 settled || not_ok 'receivers that are not there' 'they are not down'
in_src python3 "$frames" eth0 flows 1 >/dev/null
in_box python3 "$frames" src0 flows 2 >/dev/null
counted() { [ "$(ctl 'show interfaces src0 | display json' | json "d['interfaces'][0]['received']['packets']")" = 512 ]; }
until_true 10 counted || not_ok 'the traffic' 'it was not seen'
# Rates are of a second: they come, and go.
pps() { ctl 'show targets pair | display json' | json "sum(r['rate']['packets'] for r in d['targets'][0]['receivers'])"; }
pps_is() { [ $(($(pps) > 0)) = "$1" ]; }
until_true 5 pps_is 1
until_true 10 pps_is 0 || not_ok 'the rates' "they are $(pps)"

# What time decides: how long it runs, how busy it is, how packets fell together into batches,
# how often links and neighbours asked for another plan; and what the kernel's rights: what it left
# out itself no worker has seen.
steady()
{
    sed -E -e 's/^Up ([0-9]+d )?[0-9]{2}(:[0-9]{2}){2}, [0-9]+ plans/Up TIME, N plans/' \
        -e 's/rings: [0-9]+, [0-9]+ of/rings: N, N of/' \
        -e '/"rings": \{/,/\}/ s/"(count|bytes)": ?[0-9]+/"\1": N/' \
        -e 's/load +[0-9.]+ %/load N %/' \
        -e 's/^(  sent (in batches|one by one) ).*/\1N/' \
        -e '/"(batched|single)": \{/,/\}/ s/"(packets|batches)": ?[0-9]+/"\1": N/' \
        -e 's/"(uptime_ms|plans|load)": ?[0-9.]+/"\1": N/' \
        -e 's/^(Packets left out by the kernel|The kernel does not filter).*/LEFT OUT/' \
        -e '/^Worker 0/,$ s/^(  (received|unmatched) +).*/\1N/' \
        -e '/"left_out": \{/,/\}/ s/"(packets|bytes)": ?[0-9]+/"\1": N/' \
        -e 's/"filtered": ?(true|false)/"filtered": N/' \
        -e '/"workers": \[/,/\]/ { /"(received|unmatched)": \{/,/\}/ s/"(packets|bytes)": ?[0-9]+/"\1": N/ }' \
        -e 's/^(mirrorsh_(worker_(load|batched|single|received|unmatched)_|engine_(plans|uptime|rings_bytes|left_out|filtered)_?)[^ ]*) .*/\1 N/'
}

# shown FILE COMMAND...: what the last one prints, in the mode that those before it enter
shown()
{
    {
        echo "### ${!#}"
        ctl "${@:2}" 2>&1
    } | steady >>"$lab/$1.shown"
}

# displayed FILE COMMAND...: the same, and in every display that there is for it (as the error
# of a bad one says); JSON a value a line, for who reads a difference
displayed()
{
    local display output known
    shown "$@"
    known=$(ctl "${@:2:$#-2}" "${!#} | display ?" 2>&1 | sed -n 's/.*expected one of: //p' | tr -d ,)
    for display in ${known:-none}; do
        output=$(ctl "${@:2:$#-2}" "${!#} | display $display" 2>"$lab/display.err") ||
            ! grep -q 'cannot be displayed' "$lab/display.err" || continue
        echo "### ${!#} | display $display"
        case $display in
        json) python3 -m json.tool --no-ensure-ascii <<<"$output" 2>&1 ;;
        prometheus) printf '%s\n' "$output" | tee "$lab/${!#}.prom" ;;
        *) printf '%s\n' "$output" ;;
        esac
    done | steady >>"$lab/$1.shown"
}

# Every show of help's list; with a name too where it takes one. Those of commits and
# consoles are in tests/console/commits.sh and consoles.exp, the journal's in log.sh.
ctl help | sed -nE '/^show (rollback|system|log)/d; s/^(show( [a-z]+)*) .*/\1/p' >"$lab/shows"
while read -r command; do
    name=${command// /-}
    displayed "$name" "$command"
    case $command in
    'show sessions')
        displayed "$name" "$command web"
        for session in web off absent lost; do
            shown "$name" "$command $session detail"
        done
        ;;
    'show filters') displayed "$name" "$command web" ;;
    'show targets') displayed "$name" "$command gone" ;;
    'show interfaces') displayed "$name" "$command src0" ;;
    'show configuration')
        displayed "$name" "$command filter web"
        shown "$name" "$command session off description"
        ;;
    esac
    golden "$command" "$TOP/tests/network/shows/$name.ok" "$lab/$name.shown"
done <"$lab/shows"

# As a collector takes them. The check of our own is tried first.
format() { python3 "$TOP/tests/network/prometheus.py" <"$1" 2>&1; }
bad()
{
    printf "$1" >"$lab/bad"
    format "$lab/bad" >"$lab/bad.said" && not_ok 'the check of metrics' "$1 is well to it"
    grep -q "$2" "$lab/bad.said" || not_ok 'the check of metrics' "$1: $(cat "$lab/bad.said")"
}
head='# HELP a_total A.\n# TYPE a_total counter\n'
bad "${head}a_total 1" 'no newline'
bad "${head}a_total 1\na_total 1\n" twice
bad "${head}b_total 1\n" 'below a_total'
bad "$head# HELP b B.\n# TYPE b gauge\n${head}a_total 1\n" 'not contiguous'
bad '# TYPE a gauge\na 1\n' 'without HELP'
bad '# HELP a A.\n# TYPE a counter\na 1\n' 'counter called a'
bad "${head}a_total{x=\"\"\"} 1\n" 'no sample'
bad "${head}a_total{x=\"1\",x=\"2\"} 1\n" 'label twice'
for file in "$lab"/*.prom; do
    said=$(format "$file") || not_ok "$(basename "$file")" "$said"
done
expect_equal 'the shows that are metrics' "$(for file in "$lab"/show\ *.prom; do basename "$file" .prom; done | grep -c '^show [a-z]*$')" 5
cat "$lab"/'show '{sessions,filters,targets,interfaces,engine}.prom >"$lab/all.prom"
said=$(format "$lab/all.prom") || not_ok 'all of them in one file' "$said"
if command -v promtool >/dev/null; then
    check 'promtool finds nothing wrong with them' promtool check metrics <"$lab/all.prom"
else
    echo 'skip promtool check metrics: it is not installed (Debian: prometheus)'
fi
check 'help lists the shows' test "$(wc -l <"$lab/shows")" -ge 7
for file in "$TOP"/tests/network/shows/*.ok; do
    [ -e "$lab/$(basename "$file" .ok).shown" ] || [ "$(basename "$file")" = show.ok ] ||
        not_ok "$(basename "$file")" 'no show prints it'
done

# The candidate's, in the configuration mode; and against what runs.
displayed show configure 'set session web vni 6' 'delete session lost' show
displayed show configure 'show session web'
displayed show configure 'edit session web' show
shown show configure 'set session web vni 6' 'delete session lost' 'show | compare'
golden 'show in the configuration mode' "$TOP/tests/network/shows/show.ok" "$lab/show.shown"

# A monitor's rates are those of what it counts, round by round.
ctl 'monitor sessions | display json' >"$lab/rounds" &
monitor=$!
helpers="$helpers $monitor"
rounds()
{
    python3 - "$lab/rounds" <<'END'
import json, sys
rounds = [json.loads(line)['round'] for line in open(sys.argv[1]) if line.endswith('\n')]
web = [(r['elapsed_ms'] / 1000, next(s for s in r['sessions'] if s['name'] == 'web')) for r in rounds]
for which in 'matched', 'sent':
    counted = web[-1][1][which]['packets'] - web[0][1][which]['packets']
    rated = sum(s['packets_per_second'][which] * seconds for seconds, s in web[1:])
    room = sum(seconds for seconds, s in web[1:]) / 2 + 0.01
    assert counted == 256 and abs(rated - counted) <= room, (which, counted, rated)
END
}
until_true 10 test -s "$lab/rounds" || not_ok 'monitor as JSON' 'no line'
in_src python3 "$frames" eth0 flows 1 >/dev/null
in_box python3 "$frames" src0 flows 2 >/dev/null
until_true 10 rounds >/dev/null 2>&1
check 'the rates of a monitor as JSON' rounds
kill "$monitor" && wait "$monitor"
check 'the box ends well' box_stop
