#!/usr/bin/env bash
# What FIPS mode costs: the provider over AWS-LC's FIPS module in FIPS mode, against itself
# without the mode, and against the plain build. The two C libraries must not be in one
# process, so processes take turns; what is printed are medians over the turns.
#
# usage: benches/fips.sh [all | build | guest | operations | start-up | batch | commit]
#
# `build` alone makes the programs, and the others then find them made; `guest` makes the one
# that `mls-bench report --fips` asks for. ROUNDS in the environment is the number of turns of
# `operations`, 5 if it is not set.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."

cargo=${CARGO:-cargo}
rounds=${ROUNDS:-5}
part=${1:-all}
target=${CARGO_TARGET_DIR:-target}
out=$target/fips-bench
mkdir -p "$out"

# build NAME ARGUMENT...: one build of mls-bench, kept under its own name.
build() {
    "$cargo" build --release --locked --package mls_bench --bin mls-bench "${@:2}"
    cp "$target/release/mls-bench" "$out/$1"
}
build_guest() {
    build fips --no-default-features --features fips
}
build_all() {
    build plain
    build_guest
}

# measure BINARY MODE ARGUMENT...: JSON lines with the name of the mode.
measure() {
    MLS_FIPS=$([ "$2" = fips-mode ] && echo on || echo off) \
        "$out/$1" measure "${@:3}" --json 2>/dev/null | sed "s/^{/{\"mode\":\"$2\",/"
}

# medians TITLE NUMERATOR DENOMINATOR: the ratio of medians for each scenario and suite.
medians() {
    awk -v numerator="$2" -v denominator="$3" '
        function field(name,   value) {
            match($0, "\"" name "\":\"?[^,\"}]*"); value = substr($0, RSTART, RLENGTH)
            sub(/^[^:]*:"?/, "", value); return value
        }
        { key = field("scenario") " " field("suite"); mode = field("mode")
          n = ++count[key, mode]; values[key, mode, n] = field("median_us") + 0
          if (!(key in seen)) { seen[key] = 1; order[++keys] = key } }
        function median(key, mode,   n, i, j, t, v) {
            n = count[key, mode]; for (i = 1; i <= n; i++) v[i] = values[key, mode, i]
            for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j] < v[j-1]; j--) { t = v[j]; v[j] = v[j-1]; v[j-1] = t }
            return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
        }
        END { for (i = 1; i <= keys; i++) { k = order[i]
            if (count[k, numerator] && count[k, denominator]) printf "%-40s %10.2f us %10.2f us %7.3f\n", k,
                median(k, numerator), median(k, denominator), median(k, numerator) / median(k, denominator) } }
    ' "$out/operations.json" | sed "1i $1"
}

operations() {
    : > "$out/operations.json"
    local arguments=(all --suite 0x0002,0x0005,0x0007 --engines hw --seconds 0.2)
    for _ in $(seq "$rounds"); do
        measure plain plain "${arguments[@]}" >> "$out/operations.json"
        measure fips module "${arguments[@]}" >> "$out/operations.json"
        measure fips fips-mode "${arguments[@]}" >> "$out/operations.json"
    done
    medians 'FIPS mode, the same module without the mode, ratio' fips-mode module
    echo
    medians 'FIPS mode, plain build, ratio' fips-mode plain
}

# wall BINARY: microseconds of one run that does nothing but start and end.
wall() {
    local before=${EPOCHREALTIME/./}
    "$out/$1" --version > /dev/null
    echo $((${EPOCHREALTIME/./} - before))
}

start_up() {
    echo 'a program that starts and ends, median of 51, us'
    for _ in $(seq 51); do
        for binary in plain fips; do echo "$binary $(wall "$binary")"; done
    done | sort -k1,1 -k2,2n | awk '{ values[$1, ++count[$1]] = $2 }
        END { for (name in count) print name, values[name, (count[name] + 1) / 2] }'
}

batch() {
    echo 'batch seals, suite 0x0002, one thread and two, FIPS mode'
    MLS_FIPS=on "$out/fips" measure seal-many --suite 0x0002 --members 2000 --threads 1,2 \
        --engines hw-batch --reference hw-batch --seconds 8
}

commit() {
    echo 'a commit to 2,000 leaves, suite 0x0002, prepared, FIPS mode, against rust-crypto'
    MLS_FIPS=on "$out/fips" measure commit,commit-prepared --suite 0x0002 --members 2000 \
        --engines hw,hw-batch,rust-crypto --reference hw-batch --seconds 8
}

case $part in
    all) build_all; operations; echo; start_up; echo; batch; echo; commit ;;
    build) build_all ;;
    guest) build_guest ;;
    operations | batch | commit) "$part" ;;
    start-up) start_up ;;
    *) sed -n '/^# usage/p' "$0" >&2; exit 2 ;;
esac
