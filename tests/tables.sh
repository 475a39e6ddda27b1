#!/bin/bash
# The manual pages and the help against the program's tables: every option stands in
# man/mirrorsh.8, every command and pipe in man/mirrorsh-commands.7, every configuration path and
# default in man/mirrorsh.conf.5, and nothing else does. The rules in man/mirrorsh-mirroring.7 against
# the tests that they name; the examples that can be run.
# needs: mirrorsh build/tests/config/tables

manual=$TOP/man/mirrorsh.8 commands=$TOP/man/mirrorsh-commands.7
mirroring=$TOP/man/mirrorsh-mirroring.7 format=$TOP/man/mirrorsh.conf.5
work=$(mktemp -d "${TMPDIR:-/tmp}/tables.XXXXXX")
trap 'rm -rf "$work"' EXIT

# compared NAME WANTED GOT: two files, line by line
compared()
{
    local only_wanted only_got
    only_wanted=$(sort "$2" | comm -23 - <(sort "$3") | head -n 5)
    only_got=$(sort "$2" | comm -13 - <(sort "$3") | head -n 5)
    if ! [ -s "$2" ]; then
        echo "not ok $1: the table is empty"
    elif [ -n "$only_wanted$only_got" ]; then
        echo "not ok $1"
        [ -z "$only_wanted" ] || printf 'is missing: %s\n' "$only_wanted"
        [ -z "$only_got" ] || printf 'does not exist: %s\n' "$only_got"
    else
        echo "ok $1"
    fi
}

# tags PAGE SECTION...: the tags in sections of a manual page, without their markup
tags()
{
    awk -v sections="$(printf '%s|' "${@:2}")" '
        /^\.Sh / {here = index("|" sections, "|" substr($0, 5) "|")}
        here && sub(/^\.It Ic /, "") {gsub(/\\&/, ""); print}
        here && sub(/^\.It Fl /, "-") {gsub(/ , -/, ", --"); gsub(/ Ar /, " "); print}' "$1"
}

"$BUILD/build/tests/config/tables" | sort -u >"$work/configuration"
tags "$format" CONFIGURATION >"$work/manual"
compared 'the manual has every configuration path' "$work/configuration" "$work/manual"

# The tags of CONFIGURATION and the "Default: WHAT." behind them, as TAG: WHAT
defaults()
{
    awk '/^\.Sh / {here = ($0 == ".Sh CONFIGURATION")}
        here && sub(/^\.It Ic /, "") {
            if (!more) count = 0
            tags[count++] = $0
            more = 1
            next
        }
        {more = 0}
        here && sub(/^Default: /, "") {
            sub(/\.$/, "")
            for (i = 0; i < count; i++) print tags[i] ": " $0
        }' "$format"
}
"$BUILD/build/tests/config/tables" defaults | sort -u >"$work/defaults"
defaults >"$work/manual"
compared 'the manual has every default' "$work/defaults" "$work/manual"

# What help says of each of the commands that help lists in the two modes
for mode in "help quit" configure; do
    mapfile -t paths < <("$MIRRORSH" -k -n --state "$work/state" -c "$mode" -c help </dev/null 2>/dev/null |
        sed -E '/^ /d; s/ {2,}.*//')
    arguments=(-c "$mode")
    for path in "${paths[@]}"; do
        arguments+=(-c "help $path")
    done
    "$MIRRORSH" -n --state "$work/state" "${arguments[@]}" </dev/null
done | grep '^[a-z]' | sort -u >"$work/commands"
tags "$commands" "OPERATIONAL MODE" "CONFIGURATION MODE" >"$work/manual"
compared 'the manual has every command' "$work/commands" "$work/manual"

# What could have stood there, says the error
"$MIRRORSH" -n --state "$work/state" -c 'show version | ?' </dev/null 2>&1 |
    sed -n 's/.*expected one of: //p' | tr -d ' ' | tr , '\n' >"$work/pipes"
tags "$commands" PIPES | sed 's/^| //; s/ .*//' | sort -u >"$work/manual"
compared 'the manual has every pipe' "$work/pipes" "$work/manual"

# As getopt_long's table has them: -c COMMAND, --state DIR, -h, --help
"$MIRRORSH" --help | grep -E '^ +-' | sed -E 's/^ +//; s/ {2,}.*//' >"$work/options"
tags "$manual" OPTIONS >"$work/manual"
compared 'the manual has every option' "$work/options" "$work/manual"

# A line a rule of the clouds: what it says, profiles, where it lives, tests
awk '/^\.TS/ {inside = 1} /^\.TE/ {inside = 0} open && !/^T}/ {row = row $0 " "; next}
    !inside || /^(\.TS|nokeep|l|_|\\fB|$)/ {next}
    {sub(/^T}/, ""); open = sub(/T{$/, ""); row = row $0}
    !open {gsub(/\\-/, "-", row); gsub(/ *\t */, "\t", row); print row; row = ""}' "$mirroring" >"$work/rules"
# column N: the words of a column
column() { cut -f "$1" "$work/rules" | tr -s ', ' '\n' | sort -u; }

# expect_all NAME KNOWN GIVEN: two files; every line of GIVEN is in KNOWN
expect_all()
{
    sort -u "$3" | comm -12 - <(sort -u "$2") >"$work/both"
    compared "$1" "$work/both" "$3"
}
awk -F '\t' 'NF == 4 && $1 && $2 && $3 && $4' "$work/rules" >"$work/whole"
compared 'every rule has its profile, its place and a test' "$work/whole" "$work/rules"
(cd "$TOP/tests" && find . -name '*.sh' -o -name '*.exp' -o -name '*.in' -o -name 'test_*.c') |
    sed 's,.*/,,; s/\.[a-z]*$//' >"$work/tests"
column 4 >"$work/named"
expect_all 'every test that a rule names exists' "$work/tests" "$work/named"
ls "$TOP/tests/network/clouds" | sed -n '/^lab\.sh$/d; s/\.sh$//p' >"$work/clouds"
expect_all 'every example of the clouds holds a rule' "$work/named" "$work/clouds"
printf '%s\n' all native aws huawei tencent >"$work/profiles"
column 2 >"$work/named"
expect_all 'every profile that a rule names exists' "$work/profiles" "$work/named"
{
    sed -n 's/^\.Sh //p' "$mirroring" | tr '[:upper:]' '[:lower:]'
    sed -E 's/ NAME| ingress\|egress| N / /g; s/ +/ /g' "$work/configuration" |
        awk '{path = $1; print path; for (i = 2; i <= NF; i++) print path = path " " $i}'
} >"$work/places"
cut -f 3 "$work/rules" | sort -u >"$work/named"
expect_all 'every place that a rule names exists' "$work/places" "$work/named"

# well_formed NAME COMMAND...: it says nothing
well_formed()
{
    if ! command -v "$2" >/dev/null; then
        echo "skip $1: $2 is not installed"
    elif "${@:2}" >"$work/said" 2>&1 && ! [ -s "$work/said" ]; then
        echo "ok $1"
    else
        echo "not ok $1"
        cat "$work/said"
    fi
}
for page in "$TOP"/man/*.[1-9]; do
    well_formed "${page##*/} is well formed" groff -t -mdoc -Tutf8 -ww -z "$page"
    well_formed "${page##*/} is what mandoc takes" mandoc -T lint -W warning "$page"
done

# The example of mirrorsh.conf.5, loaded and written again by a commit
mkdir "$work/example"
sed '0,/^\.Sh EXAMPLES/d' "$format" | sed '0,/^\.Bd -literal/d; /^\.Ed/,$d' >"$work/example.conf"
cp "$work/example.conf" "$work/example/startup.conf"
"$MIRRORSH" -n --state "$work/example" -c configure -c 'set system host-name x' -c commit \
    -c 'delete system host-name' -c commit </dev/null >/dev/null 2>&1
well_formed 'the example of mirrorsh.conf.5 is as a commit writes it' \
    cmp "$work/example.conf" "$work/example/startup.conf"

# What mirrorsh.8 has of Ansible, run twice as its task runs it: the second time changes nothing.
words=$(sed -n 's/.*{argv: \[mirrorsh, \(.*\)\], stdin:.*/\1/p' "$manual")
mapfile -t words <<<"${words//, /$'\n'}"
for run in first second; do
    "$MIRRORSH" -n --state "$work/ansible" "${words[@]}" <"$work/example.conf" >"$work/$run" 2>"$work/said"
done
compared 'the task of Ansible in mirrorsh.8 changes what it has to' \
    "$work/example.conf" "$work/ansible/startup.conf"
echo 'no changes' >"$work/wanted"
cat "$work/first" "$work/second" | grep '^no changes' >"$work/got"
compared 'and says so when that is nothing' "$work/wanted" "$work/got"
