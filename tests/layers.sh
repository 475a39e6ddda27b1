#!/bin/bash
# Holds the sources against the layers of the architecture: who may include what, which
# folders are pure, and how long a file may be.
# needs: Makefile

cd "${TOP:-$(dirname "$0")/..}" || exit 1

# verdict NAME OFFENDERS
verdict()
{
    if [ -z "$2" ]; then
        echo "ok $1"
    else
        echo "not ok $1"
        printf '%s\n' "$2"
    fi
}

# quoted includes as FILE PATH-FROM-THE-TOP
includes()
{
    grep -E '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' -r "$@" --include=*.[ch] |
        sed -E 's,^(.*/)?([^/:]*):[^"]*"([^"]*)".*,\1\2 \1\3,; :up; s,[^/ .]+/\.\./,,; tup'
}

verdict 'engine includes nothing of shell' "$(includes engine | awk '$2 !~ /^engine\//')"
verdict 'shell includes of the engine only its face' "$(includes shell | awk '
    $2 ~ /^engine\// && $2 !~ /^engine\/(engine|mirror_config|plan\/match_field|packet\/print)\.h$/')"
verdict 'engine/packet stands alone' "$(includes engine/packet | awk '$2 !~ /^engine\/packet\//')"
verdict 'engine/plan includes only pure folders' "$(includes engine/plan | awk '
    $2 !~ /^engine\/(plan\/|packet\/|mirror_config\.h)/')"
verdict 'shell/config includes only pure folders' "$(includes shell/config | awk '
    $2 !~ /^(shell\/config\/|engine\/mirror_config\.h|engine\/plan\/match_field\.h|engine\/packet\/frame\.h)/')"
# The folders of the shell are the steps of a line, each one knowing those below it only.
# step FOLDER WHAT-ELSE-IT-INCLUDES
step()
{
    verdict "shell/$1 includes nothing above it" "$(includes "shell/$1" |
        grep -vE " (shell/$1|$2)(/[a-z0-9_]+)*\.h$")"
}
step journal 'shell/(config|clock)'
step running 'shell/(journal|config|clock)|engine'
step command 'shell/(running|journal|config|protocol|clock)|engine'
step server 'shell/(command|running|journal|config|protocol|clock)|engine'
step client 'shell/(config|protocol|clock)|engine/packet/print'
verdict 'shell/protocol and shell/clock stand alone' "$(includes shell/protocol.[ch] shell/clock.[ch] |
    awk '$2 !~ /^shell\/(protocol|clock)\.h$/')"
verdict 'nothing is included by way of tests' "$(includes engine shell | awk '$2 ~ /^tests\//')"

# Pure: no header that offers a system call, and no call of one by any other way.
system='unistd|fcntl|poll|signal|pthread|threads|dirent|netdb|sched|liburing|sys/.*|net/.*|linux/.*'
verdict 'pure folders include no system header' "$(grep -nE "#include <($system)\.h>" -r \
    engine/packet engine/plan shell/config)"
calls='open|fopen|socket|ioctl|mmap|read|write|send|recv|system|popen|time|clock_gettime|getrandom|random|rand|usleep|sleep'
verdict 'pure folders call nothing of the system' "$(grep -nE "(^|[^a-zA-Z0-9_.>])($calls)\(" -r \
    engine/packet engine/plan shell/config --include=*.[ch] | grep -vE '^[^:]*:[0-9]+: *(/?\*|//)')"

# only LIBRARY'S-HEADER FILE-PATTERN
only()
{
    verdict "<$1> stands in ${2//\\/} only" "$(grep -lE "#include <$1>" -r engine shell \
        --include=*.[ch] | grep -vE "^($2)$")"
}
only histedit.h 'shell/client/editor_internal\.h'
only curses.h 'shell/client/live[a-z_]*\.c'
only term.h 'shell/client/live_(screen|possible)\.c'
only libcli.h 'shell/command/dispatch\.c'
only pcre2.h 'shell/client/pattern\.c'
only liburing.h 'engine/.*'

# A pointer is asked with !p and p; only where it is counted, or given to a function as a number, is
# it compared. What is compared within a condition is neither.
verdict 'a null pointer is !p' "$(grep -nE '[=!]= *NULL|NULL *[=!]=' -r engine shell tests --include=*.[ch] |
    grep -E ':.*(\<(if|while|for|return)\>|&&|\|\||\?|[^-+*/|&=!<>]= .*[=!]= *NULL;)')"
verdict 'sizeof of an expression has no parentheses' "$(grep -nE '\<sizeof ?\(' -r engine shell tests \
    --include=*.[ch] | grep -vE 'sizeof\((\(|(struct|union|enum|unsigned|char|int|long|u?int[0-9]+_t|size_t)\>)' |
    grep -vE 'define [A-Z_]+\(')"

sources=$(find engine shell tests -name '*.[ch]' -o -name '*.sh' -o -name '*.exp' -o -name '*.py')
# shellcheck disable=SC2086
verdict 'no file has more than 500 lines' "$(wc -l $sources configure Makefile.in |
    awk '$2 != "total" && $1 > 500')"
# shellcheck disable=SC2086
verdict 'every header is guarded and opens with its place' "$(for file in $(find engine shell -name '*.h'); do
    { head -n 1 "$file" | grep -q '^/\*' && grep -q '^#ifndef MIRRORSH_' "$file"; } || echo "$file"
done)"
