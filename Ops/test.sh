#!/usr/bin/env bash
# test.sh - build and check everything
#
# usage: Ops/test.sh [--filter PATTERN]... [--no-setup] [--no-chaos] [--nightly] [--sanitize=address|thread]
#
#   --filter PATTERN  only the tests whose name matches (a regular expression; see swift test --filter), no fuzzing, no chaos
#   --no-setup        don't look for missing Debian packages
#   --no-chaos        don't disturb a cluster for five minutes (Ops/chaos.sh)
#   --nightly         fuzz every parser for 60 s instead of 5 s
#   --sanitize=KIND   build with a sanitizer into .build-KIND; no process of any test may report anything; no chaos
#   --help            this text
#
# In this order, ending at the first failure: packages (setup.sh), wire code against Protos/, formatting, shell scripts,
# build without a warning, five minutes of chaos while every parser is fuzzed, all tests. The last line is the test runner's own
# summary. The Python example's test needs packages from PyPI, which are fetched meanwhile; without them it is skipped.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
    echo "test.sh: $*" >&2
    exit 1
}

# stage TEXT: a headline with the time spent so far.
stage() {
    printf '== %s (%d min %02d s)\n' "$1" $((SECONDS / 60)) $((SECONDS % 60))
}

filters=()
setup=yes
chaos=yes
fuzz_seconds=5
sanitizer=
while [ $# -gt 0 ]; do
    case $1 in
        --filter)
            [ $# -ge 2 ] || fail "--filter needs a pattern; see --help"
            filters+=(--filter "$2")
            shift 2
            ;;
        --no-setup) setup=; shift ;;
        --no-chaos) chaos=; shift ;;
        --nightly) fuzz_seconds=60; shift ;;
        --sanitize=address | --sanitize=thread) sanitizer=${1#*=}; shift ;;
        --help | -h) sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
        *) fail "unknown argument $1; see --help" ;;
    esac
done

if [ -n "$setup" ]; then
    stage "packages"
    Ops/setup.sh
fi

stage "wire code"
Ops/generate-wire.sh --check

stage "formatting"
swift format lint --strict --parallel --recursive Package.swift Sources Tests || fail "run: swift format -i --recursive Package.swift Sources Tests"

stage "shell scripts"
mapfile -t scripts < <(grep -rlE '^#!.*\b(ba)?sh\b' Ops Cluster Tests .ci)
shellcheck -x "${scripts[@]}" || fail "shellcheck has complaints (see above)"

build=.build
options=(-c release)
minutes=20
if [ -n "$sanitizer" ]; then
    build=.build-$sanitizer
    options+=(--sanitize "$sanitizer" --scratch-path "$build")
    chaos=
    # Everything takes several times as long.
    minutes=90
    # A file for each process that has something to report: the processes of a cluster under test are not waited for.
    reports=$PWD/$build/reports
    rm -rf "$reports"
    mkdir -p "$reports"
    # Leaks: swift-testing and the runtime keep what they allocate once.
    export ASAN_OPTIONS=detect_leaks=0:log_path=$reports/report:suppressions=$PWD/Tests/address-sanitizer.txt
    export TSAN_OPTIONS=log_path=$reports/report:suppressions=$PWD/Tests/thread-sanitizer.txt
fi
mkdir -p "$build"

# show_reports: what the sanitizer, if there is one, has found; fails if that is nothing.
show_reports() {
    [ -n "$sanitizer" ] && [ -n "$(ls -A "$reports")" ] && tail --lines=+1 "$reports"/*
}

# Beside the build: it waits for the network most of the time.
python=
if [ ${#filters[@]} -eq 0 ]; then
    timeout 600 Cluster/examples/python-verifier/setup.sh >"$build/python.log" 2>&1 &
    python=$!
fi

stage "build"
swift build "${options[@]}" --build-tests 2>&1 | tee "$build/test-build.log" || fail "the build failed (see above)"
# Swift warnings are errors already; this is for the C targets.
if grep -E "(Sources|Tests)/.*warning:" "$build/test-build.log"; then fail "the build has warnings (see above)"; fi

# fuzz_all: every parser in turn, on one core.
fuzz_all() {
    local parser parsers
    mapfile -t parsers < <("$build/release/fuzz" --list)
    if [ ${#parsers[@]} -eq 0 ]; then
        echo "$build/release/fuzz lists no parser"
        return 1
    fi
    for parser in "${parsers[@]}"; do
        if ! "$build/release/fuzz" "$parser" --seconds "$fuzz_seconds" --evidence "$build/crash-$parser"; then
            echo "the parser $parser crashed or hung on $build/crash-$parser; see Tests/Fuzz"
            return 1
        fi
    done
}

# Chaos lasts its time however many cores it has: fuzzing goes on beside it.
if [ ${#filters[@]} -eq 0 ]; then
    fuzz_all >"$build/fuzz.log" 2>&1 &
    fuzzing=$!
    # shellcheck disable=SC2046  # numbers
    trap 'kill "$fuzzing" $(pgrep -P "$fuzzing") ${python:+"$python"} 2>/dev/null || true' EXIT
    if [ -n "$chaos" ]; then
        stage "chaos, and fuzzing"
        Ops/chaos.sh --minutes 5 --seed 1 || fail "the disturbed cluster lost something (see above)"
    fi
    stage "fuzzing"
    tail --pid="$fuzzing" --lines=+1 --follow "$build/fuzz.log"
    if ! wait "$fuzzing"; then
        show_reports || true
        fail "fuzzing failed (see above)"
    fi
    trap - EXIT
fi

# The tests take a third of this time. One that hangs is to be named, not waited for; and the output goes through a file,
# because a pipe would not end before the last process that a test has left behind.
stage "tests"
if [ -n "$python" ] && ! wait "$python"; then echo "the Python example is left out: $(tail -n 1 "$build/python.log")"; fi
timeout --kill-after=30 "${minutes}m" swift test "${options[@]}" --skip-build --disable-xctest "${filters[@]}" \
    >"$build/test.log" 2>&1 &
tests=$!
trap 'kill "$tests" 2>/dev/null || true' EXIT
tail --pid="$tests" --lines=+1 --follow "$build/test.log"
status=0
wait "$tests" || status=$?
trap - EXIT
if show_reports; then fail "the $sanitizer sanitizer has found something (see above, or $reports)"; fi
case $status in
    0) ;;
    124 | 137)
        # The runner says "Test NAME(…) started." and later "Test NAME(…) … passed after …", or failed.
        running=$(awk '/ Test [A-Za-z0-9_]+\(.*\) started\.$/ { open[$3] = 1 }
                       / Test [A-Za-z0-9_]+\(.*\).* (passed|failed|skipped)/ { delete open[$3] }
                       END { for (name in open) printf " %s", name }' "$build/test.log")
        fail "the tests did not end within $minutes minutes; still running:${running:- none}"
        ;;
    *) fail "there are failing tests (see above)" ;;
esac
