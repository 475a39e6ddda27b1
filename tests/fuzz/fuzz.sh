#!/bin/bash
# make fuzz: every fuzzer for SECONDS_EACH (60) under the address and undefined behaviour sanitizers,
# built in build/fuzz. Those that can take their input from libFuzzer do where there is a clang, and
# keep what they have found in build/fuzz/corpus; the others go through one seed after the other.
# Ends at the first finding, with what brings it back.

set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
each=${SECONDS_EACH:-60}
mkdir -p build/fuzz/corpus && cd build/fuzz || exit 1
clang=$(command -v clang)
if [ -n "$clang" ] && [ -n "$(printf 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
    $clang -fsanitize=fuzzer -x c -o try - 2>&1 || echo no)" ]; then
    clang=
fi
if [ -n "$clang" ]; then
    # what gcc does not mind either: NULL + 0, the array of nothing
    "$top/configure" -q CC="$clang" \
        CFLAGS='-O1 -g -w -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize=pointer-overflow -fno-sanitize-recover=all' || exit 1
else
    echo 'no clang with libFuzzer: all fuzzers go by seeds'
    "$top/configure" -q --enable-sanitizers=address,undefined CFLAGS='-O1 -g' || exit 1
fi

finding()
{
    echo "FINDING in $1: $2"
    exit 1
}

for source in "$top"/tests/fuzz/*.c; do
    name=$(basename "$source" .c)
    if [ -n "$clang" ] && grep -q LLVMFuzzerTestOneInput "$source"; then
        program=build/tests/libfuzzer/$name
        make -s "$program" || exit 1
        mkdir -p "corpus/$name"
        "$program" -max_total_time="$each" -timeout=20 -rss_limit_mb=3000 -print_final_stats=1 \
            "corpus/$name" >"$name.log" 2>&1 || { tail -n 40 "$name.log"; finding "$name" "build/fuzz/$name.log"; }
        echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$name.log") inputs by libFuzzer"
        continue
    fi
    program=build/tests/fuzz/$name
    make -s "$program" || exit 1
    seed=$(date +%s) rounds=0
    for ((end = SECONDS + each; SECONDS < end; rounds++)); do
        MIRRORSH_FUZZ_SEED=$((seed + rounds)) "$program" >"$name.log" 2>&1 ||
            { tail -n 40 "$name.log"; finding "$name" "MIRRORSH_FUZZ_SEED=$((seed + rounds)) build/fuzz/$program"; }
    done
    echo "$name: $rounds seeds from $seed"
done
