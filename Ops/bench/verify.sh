#!/usr/bin/env bash
# verify.sh - measure how many mathematical answers a core judges in a second
#
# usage: Ops/bench/verify.sh [--cases N]
#
#   --cases N  cases of each kind (default: 200000)
#   --help     this text
#
# Makes simple cases (numbers, fractions, decimals, most in a sentence with a box) and mixed ones (the same with roots,
# polynomials and intervals among them), runs `apus verify --kind math` on one thread, and prints cases per second of
# user time, so that other processes disturb little. The binary is $APUS_BIN/apus, by default that of the release build.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

fail() {
    echo "verify.sh: $*" >&2
    exit 1
}

cases=200000
while [ $# -gt 0 ]; do
    case $1 in
        --cases) [ $# -ge 2 ] || fail "--cases needs a value; see --help"; cases=$2; shift 2 ;;
        --help | -h) sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
        *) fail "unknown argument $1; see --help" ;;
    esac
done
[[ $cases =~ ^[1-9][0-9]{0,7}$ ]] || fail "--cases is $cases; it must be a number from 1 to 99999999"
apus=${APUS_BIN:-$here/.build/release}/apus
[ -x "$apus" ] || fail "no $apus; build with Ops/build.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One case in two is right. A quarter of the mixed cases needs more than numbers.
generate() {
    awk -v cases="$cases" -v mixed="$1" 'BEGIN {
        for (i = 0; i < cases; i++) {
            n = i % 9973 + 2; right = i % 2
            if (mixed && i % 16 == 3) {
                gold = sprintf("%d\\\\sqrt{2}", n); answer = sprintf("\\\\sqrt{%d}", 2 * n * n + !right)
            } else if (mixed && i % 16 == 7) {
                gold = sprintf("x^2+%dx+%d", 2 * n, n * n); answer = sprintf("(x+%d)^2", n + !right)
            } else if (mixed && i % 16 == 11) {
                gold = sprintf("[%d, \\\\infty)", n); answer = sprintf("x \\\\ge %d", n + !right)
            } else if (mixed && i % 16 == 15) {
                gold = sprintf("\\\\frac{%d\\\\pi}{3}", n); answer = sprintf("%d\\\\cdot\\\\frac{\\\\pi}{6}", 2 * n + !right)
            } else if (i % 4 == 0) {
                gold = n; answer = n + !right
            } else if (i % 4 == 1) {
                gold = sprintf("\\\\frac{%d}{7}", n); answer = sprintf("\\\\frac{%d}{14}", 2 * n + !right)
            } else if (i % 4 == 2) {
                gold = sprintf("%d.25", n); answer = sprintf("%d.250", n + !right)
            } else {
                gold = sprintf("%d", n); answer = sprintf("%d.0", n + !right)
            }
            printf "{\"prediction\": \"Adding both sides gives the result, so the answer is \\\\boxed{%s}.\", \"gold\": \"%s\"}\n", answer, gold
        }
    }'
}

TIMEFORMAT=%U
for kind in simple mixed; do
    generate "$([ $kind = mixed ] && echo 1 || echo 0)" >"$work/cases.jsonl"
    seconds=$({ time "$apus" verify --kind math --in "$work/cases.jsonl" --out "$work/verdicts.jsonl"; } 2>&1)
    correct=$(grep -c '"correct"' "$work/verdicts.jsonl" || true)
    awk -v kind=$kind -v cases="$cases" -v correct="$correct" -v seconds="$seconds" 'BEGIN {
        printf "%s: %d cases, %d correct, %.2f s of user time, %d cases/s per core\n", kind, cases, correct, seconds, cases / seconds
    }'
done
