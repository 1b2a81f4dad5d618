#!/usr/bin/env bash
# durability.sh - what it costs that a run loses nothing
#
# usage: Ops/bench/durability.sh [--pairs N] [--steps N] [--config FILE]
#
#   --pairs N      pairs of runs, one with and one without a journal (default: 5)
#   --steps N      steps of a run (default: 150); the first 20 are not counted
#   --config FILE  what to run (default: Cluster/configs/quickstart.yaml)
#   --help         this text
#
# Runs the same cluster in turn with journal.durability disk (every group on disk before its receipt) and none (nothing is
# written), in the lockstep schedule, so that both do the same work to the bit, and prints the steps/s of each pair, their
# medians and spread, and the cost of durability. Nothing else should run meanwhile.

set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

fail() {
    echo "durability.sh: $*" >&2
    exit 1
}

pairs=5
steps=150
config=$here/Cluster/configs/quickstart.yaml
while [ $# -gt 0 ]; do
    case $1 in
        --pairs | --steps | --config) [ $# -ge 2 ] || fail "$1 needs a value; see --help" ;;
    esac
    case $1 in
        --pairs) pairs=$2; shift 2 ;;
        --steps) steps=$2; shift 2 ;;
        --config) config=$2; shift 2 ;;
        --help | -h) sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
        *) fail "unknown argument $1; see --help" ;;
    esac
done
case $pairs$steps in *[!0-9]*) fail "--pairs and --steps take whole numbers" ;; esac
[ "$steps" -gt 40 ] || fail "--steps is $steps; it must be more than 40"

runs=$(mktemp -d)
trap 'rm -rf "$runs"' EXIT

# speed DURABILITY PAIR: steps/s of one run.
speed() {
    local name=$1-$2 log
    "$here/Cluster/up.sh" --config "$config" --run "$name" --set "run.directory=$runs" --set "run.steps=$steps" \
        --set schedule.kind=lockstep --set schedule.lag=2 --set "journal.durability=$1" >/dev/null
    log=$runs/$name/logs/learner.jsonl
    APUS_RUNS=$runs "${APUS_BIN:-$here/.build/release}/apus" follow "$name" --runs "$runs" >/dev/null 2>&1 ||
        fail "the run $name failed; see $log"
    APUS_RUNS=$runs "$here/Cluster/down.sh" --run "$name" >/dev/null
    sed -n 's/.*"event":"step".*"step_seconds":\([0-9.e-]*\).*/\1/p' "$log" |
        awk 'NR > 20 { sum += $1; count++ } END { printf "%.3f\n", count / sum }'
    rm -rf "${runs:?}/$name"
}

# median: of the numbers on standard input, with the least and the greatest.
median() {
    sort -g | awk '{ v[NR] = $1 } END { m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
                                        printf "%.3f (%.3f to %.3f)", m, v[1], v[NR] }'
}

echo "machine: $(nproc) cores of $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1); load $(cut -d' ' -f1-3 /proc/loadavg)"
echo "pair  disk steps/s  none steps/s  disk/none"
: >"$runs/with"
: >"$runs/without"
: >"$runs/ratio"
for ((pair = 1; pair <= pairs; pair++)); do
    if ((pair % 2)); then
        with=$(speed disk "$pair") without=$(speed none "$pair")
    else
        without=$(speed none "$pair") with=$(speed disk "$pair")
    fi
    echo "$with" >>"$runs/with"
    echo "$without" >>"$runs/without"
    ratio=$(awk -v a="$with" -v b="$without" 'BEGIN { printf "%.4f", a / b }')
    echo "$ratio" >>"$runs/ratio"
    printf '%4d  %12s  %12s  %9s\n' "$pair" "$with" "$without" "$ratio"
done
echo "with a journal on disk   $(median <"$runs/with") steps/s"
echo "without                  $(median <"$runs/without") steps/s"
echo "disk/none                $(median <"$runs/ratio"); 1 − the median is the cost"
