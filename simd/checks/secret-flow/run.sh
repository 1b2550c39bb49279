#!/bin/sh
# Looks for branches and addresses that depend on secrets: under valgrind for the
# portable and AVX2 backends (valgrind knows no AVX-512), under MemorySanitizer for
# all, if there is a nightly toolchain. Each checker must find nothing, and must find
# a planted leak.
set -eu
cd "$(dirname "$0")"
target=${CARGO_TARGET_DIR:-target}
host=$(rustc -vV | sed -n 's/^host: //p')

# valgrind: exit status 9 if it reports anything.
check_valgrind() {
    command -v valgrind > /dev/null || {
        echo "valgrind is not installed (apt-get install valgrind)" >&2
        exit 1
    }
    export RUSTFLAGS='--cfg secret_flow="valgrind"'
    cargo build --quiet --release --target "$host" --target-dir "$target/valgrind"
    run="valgrind --quiet --error-exitcode=9 $target/valgrind/$host/release"
    $run/check
    if $run/leak >/dev/null 2>&1; then
        echo "valgrind missed the planted leak" >&2
        exit 1
    fi
    echo "valgrind: nothing found but the planted leak"
}

# MemorySanitizer: needs a nightly toolchain; exits with an error if it reports anything.
check_msan() {
    export RUSTFLAGS='--cfg secret_flow="msan" -Zsanitizer=memory -Cunsafe-allow-abi-mismatch=sanitizer'
    cargo +nightly build --quiet --release --target "$host" --target-dir "$target/msan"
    run="$target/msan/$host/release"
    $run/check
    if $run/leak >/dev/null 2>&1; then
        echo "MemorySanitizer missed the planted leak" >&2
        exit 1
    fi
    echo "MemorySanitizer: nothing found but the planted leak"
}

case ${1:-all} in
    valgrind) check_valgrind ;;
    msan) check_msan ;;
    all)
        check_valgrind
        if cargo +nightly --version >/dev/null 2>&1; then
            check_msan
        else
            echo "NOT TESTED: MemorySanitizer, which needs a nightly toolchain"
        fi
        ;;
    *) echo "usage: $0 [valgrind|msan]" >&2; exit 2 ;;
esac
