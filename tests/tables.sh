#!/bin/bash
# The manual page, the help and the completion against the program's tables: every command,
# configuration path, default and option stands in man/mirrorsh.8, and nothing else does.
# needs: mirrorsh build/tests/config/tables

manual=$TOP/man/mirrorsh.8
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

# tags SECTION: the tagged lines of a section of the manual
tags()
{
    awk -v section="$1" '/^\.SH / {here = ($0 == ".SH " section)}
        here && tag {sub(/^\.BR? /, ""); gsub(/"/, ""); gsub(/\\-/, "-"); gsub(/\\&/, ""); print}
        {tag = /^\.T[PQ]/}' "$manual"
}

"$BUILD/build/tests/config/tables" | sort -u >"$work/configuration"
tags CONFIGURATION >"$work/manual"
compared 'the manual has every configuration path' "$work/configuration" "$work/manual"

# The tags of CONFIGURATION and the "Default: WHAT." behind them, as TAG: WHAT
defaults()
{
    awk '/^\.SH / {here = ($0 == ".SH CONFIGURATION")}
        here && tag {
            if (!more) count = 0
            sub(/^\.BR? /, ""); gsub(/"/, ""); gsub(/\\-/, "-"); tags[count++] = $0
        }
        {tag = /^\.T[PQ]/; more = /^\.TQ/}
        here && sub(/^Default: /, "") {
            sub(/\.$/, "")
            for (i = 0; i < count; i++) print tags[i] ": " $0
        }' "$manual"
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
tags COMMANDS >"$work/manual"
compared 'the manual has every command' "$work/commands" "$work/manual"

# What could have stood there, says the error
"$MIRRORSH" -n --state "$work/state" -c 'show version | ?' </dev/null 2>&1 |
    sed -n 's/.*expected one of: //p' | tr -d ' ' | tr , '\n' >"$work/pipes"
tags PIPES | sed 's/^| //; s/ .*//' | sort -u >"$work/manual"
compared 'the manual has every pipe' "$work/pipes" "$work/manual"

# As getopt_long's table has them: -c COMMAND, --state DIR, -h, --help
"$MIRRORSH" --help | grep -E '^ +-' | sed -E 's/^ +//; s/ {2,}.*//' >"$work/options"
tags OPTIONS >"$work/manual"
compared 'the manual has every option' "$work/options" "$work/manual"

if command -v groff >/dev/null; then
    groff -man -Tutf8 -ww -z "$manual" >"$work/groff" 2>&1
    if [ -s "$work/groff" ]; then
        echo 'not ok the manual is well formed'
        cat "$work/groff"
    else
        echo 'ok the manual is well formed'
    fi
else
    echo 'skip the manual is well formed: groff is not installed'
fi

# complete WORD...: what the completion offers for the last word
complete_words()
{
    bash -c '. "$1"; shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
        PATH="'"$work"'/bin:$PATH"; COMPREPLY=()
        _mirrorsh mirrorsh "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf "%s\n" "${COMPREPLY[@]}"' bash "$TOP/completions/mirrorsh" "$@"
}
mkdir "$work/bin"
ln -s "$MIRRORSH" "$work/bin/mirrorsh"
"$MIRRORSH" --help | grep -oE '(^| )--?[a-zA-Z][a-z-]*' | tr -d ' ' | grep -- '^--' | sort -u >"$work/options"
complete_words mirrorsh -- >"$work/offered"
compared 'the completion has every option' "$work/options" "$work/offered"
