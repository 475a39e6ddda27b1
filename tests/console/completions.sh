#!/bin/bash
# The completions of bash, zsh and fish: each offers what the program says, its options, and inside
# -c what the running box would complete, and files where a file is wanted.

export MIRRORSH=${MIRRORSH:-$PWD/mirrorsh}
lab=$(mktemp -d "${TMPDIR:-/tmp}/completions.XXXXXX") || exit 1
state=$lab/state socket=$lab/socket
mkdir "$lab/bin" && ln -s "$MIRRORSH" "$lab/bin/mirrorsh" && export PATH=$lab/bin:$PATH HOME=$lab
"$MIRRORSH" --daemon --state "$state" --socket "$socket" </dev/null >"$lab/box.log" 2>&1 &
box=$!
trap 'kill $box; wait $box; rm -rf "$lab"' EXIT

is()
{
    if [ "$2" = "$3" ]; then
        echo "ok $1"
    else
        printf 'not ok %s: got %s, not %s\n' "$1" "$(tr '\n' '~' <<<"$2")" "$(tr '\n' '~' <<<"$3")"
    fi
}

# in_SHELL WORD...: what its completion offers for the last word, a choice a line
# shellcheck disable=SC2317 # called by a name that is put together
in_bash()
{
    bash -c '. "$1"; shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMPREPLY=()
        _mirrorsh mirrorsh "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}"
        for choice in "${COMPREPLY[@]}"; do echo "${choice% }"; done' bash "$TOP/completions/mirrorsh" "$@" |
        sed 's/ $//' | sort -u
}
# The function as zsh loads it, with the words that its editor would have set; _files stands for
# the files that zsh finds itself.
in_zsh()
{
    zsh -f -c 'compadd() { print -rl -- "${(P@)@[-1]}" }; _files() { print -r -- "files" }
        fpath=("$1" $fpath); shift
        autoload -Uz _mirrorsh; words=("$@") CURRENT=$#; _mirrorsh' zsh "$TOP/completions" "$@" | sort -u
}
in_fish()
{
    local line
    line=$(printf '%s ' "$@")
    fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$TOP/completions/mirrorsh.fish" "${line% }" |
        sort -u
}

for ((tries = 0; tries < 1200; tries++)); do
    [ -z "$(mirrorsh --complete 4 mirrorsh --socket "$socket" -c 'show ver')" ] || break
    sleep 0.05
done
options=$(mirrorsh --help | grep -oE '(^| )--?[a-zA-Z][a-z-]*' | tr -d ' ' | grep -- '^--' | sort -u)
mirrorsh --socket "$socket" -c configure -c 'set system host-name web' -c 'set target web receiver 10.2.0.2' \
    -c 'set filter web ingress rule 1 action accept' -c commit </dev/null >/dev/null
for shell in bash zsh fish; do
    if ! command -v $shell >/dev/null; then
        echo "skip the completion of $shell: $shell is not installed"
        continue
    fi
    is "$shell: every option" "$(in_$shell mirrorsh --)" "$options"
    is "$shell: a command" "$(in_$shell mirrorsh --socket "$socket" -c "'show se")" 'show sessions'
    is "$shell: names of the configuration" "$(in_$shell mirrorsh --socket "$socket" -c "'show targets w")" \
        'show targets web'
    is "$shell: in the mode of the -c before" \
        "$(in_$shell mirrorsh --socket "$socket" -c configure -c "'set ses")" 'set session'
    is "$shell: no file in a command" "$(in_$shell mirrorsh --socket "$socket" -c /)" ''
done
touch "$lab/file.conf"
is 'bash: files for a file' "$(bash -c '. "$1"; complete -p mirrorsh' bash "$TOP/completions/mirrorsh")" \
    'complete -o default -F _mirrorsh mirrorsh'
command -v zsh >/dev/null && is 'zsh: files for a file' "$(in_zsh mirrorsh -f "$lab/fi")" files
command -v fish >/dev/null && is 'fish: files for a file' "$(in_fish mirrorsh -f "$lab/fi")" "$lab/file.conf"
exit 0
