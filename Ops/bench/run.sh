#!/usr/bin/env bash
# run.sh - measure kernels, generation and training on this machine
#
# usage: Ops/bench/run.sh [--model DIRECTORY] [--out DIRECTORY] [--repetitions N] [--threads N]
#
#   --model DIRECTORY  policy to generate and train with (default: Cluster/policies/countdown)
#   --out DIRECTORY    where gemm.json, decode.json and learner.json go (default: runs/bench)
#   --repetitions N    repetitions of every measurement, at least 5 (default: 5)
#   --threads N        threads of generation and training (default: one per core); gemm always uses one
#   --help             this text
#
# Prints tables: the matrix products' shares of what one core reaches in their arithmetic; decode tokens/s at batch
# 1, 8, 16, 32 and 64; learner tokens/s, forward and forward + backward. Each number is a median with its spread, each table
# says on what machine and under what load it was made. Nothing else should run meanwhile.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

fail() {
    echo "run.sh: $*" >&2
    exit 1
}

model=$here/Cluster/policies/countdown
out=$here/runs/bench
repetitions=5
threads=()
while [ $# -gt 0 ]; do
    case $1 in
        --model | --out | --repetitions | --threads) [ $# -ge 2 ] || fail "$1 needs a value; see --help" ;;
    esac
    case $1 in
        --model) model=$2; shift 2 ;;
        --out) out=$2; shift 2 ;;
        --repetitions) repetitions=$2; shift 2 ;;
        --threads) threads=(--threads "$2"); shift 2 ;;
        --help | -h) sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
        *) fail "unknown argument $1; see --help" ;;
    esac
done
case $repetitions in
    '' | *[!0-9]*) fail "--repetitions is $repetitions; it must be a whole number, at least 5" ;;
esac
[ "$repetitions" -ge 5 ] || fail "--repetitions is $repetitions; a median and a spread need at least 5"
tool=${APUS_BIN:-$here/.build/release}/apus
[ -x "$tool" ] || fail "there is no executable $tool; build with Ops/build.sh"

mkdir -p "$out"
export OPENBLAS_NUM_THREADS=1
"$tool" bench gemm --repetitions "$repetitions" --out "$out/gemm.json"
echo
"$tool" bench decode --model "$model" --repetitions "$repetitions" "${threads[@]}" --out "$out/decode.json"
echo
"$tool" bench learner --model "$model" --repetitions "$repetitions" "${threads[@]}" --out "$out/learner.json"
echo
echo "JSON: $out/gemm.json $out/decode.json $out/learner.json"
