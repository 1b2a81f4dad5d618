#!/usr/bin/env bash
# run.sh - run the cells of the study that have no result yet
#
# usage: Ops/study/run.sh [--study LETTER]... [--cell NAME] [--seeds LIST] [--minutes M] [--set KEY=VALUE]... [--results FILE]
#
#   --study LETTER   only these experiments; may be repeated (default: all of Ops/study/cells.tsv)
#   --cell NAME      only the cell of this name
#   --seeds LIST     comma-separated (default: 1,2,3); seed by seed, so that an early end leaves whole rounds
#   --minutes M      begin no run after so many minutes (default: no limit)
#   --set KEY=VALUE  override one setting in all cells; may be repeated; use another --results then
#   --results FILE   where results are looked up and appended (default: docs/study/results.jsonl)
#   --help           this text
#
# Each run is a cluster of all four executables in lockstep, started from the bundled policy, followed by an evaluation on the
# same 1,024 held-out prompts, and takes about 20 s on two cores. Its directory is deleted, its line in the results stays.
# Afterwards: Ops/study/page.sh.

set -euo pipefail
export LC_ALL=C
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
binaries=${APUS_BIN:-.build/release}

fail() {
    echo "run.sh: $*" >&2
    exit 1
}

studies=() cell='' seeds=1,2,3 minutes='' overrides=() results=docs/study/results.jsonl
while [ $# -gt 0 ]; do
    case $1 in
        --study | --cell | --seeds | --minutes | --set | --results) [ $# -ge 2 ] || fail "$1 needs a value; see --help" ;;
    esac
    case $1 in
        --study) studies+=("$2"); shift 2 ;;
        --cell) cell=$2; shift 2 ;;
        --seeds) seeds=$2; shift 2 ;;
        --minutes) minutes=$2; shift 2 ;;
        --set) overrides+=(--set "$2"); shift 2 ;;
        --results) results=$2; shift 2 ;;
        --help | -h) sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
        *) fail "unknown argument $1; see --help" ;;
    esac
done
[[ $seeds =~ ^[0-9]+(,[0-9]+)*$ ]] || fail "--seeds is $seeds; it must be whole numbers parted by commas"
[[ $minutes =~ ^[0-9]*$ ]] || fail "--minutes is $minutes; it must be a whole number"
[ -x "$binaries/apus" ] || fail "there is no executable $binaries/apus; build with Ops/build.sh"
mkdir -p "$(dirname "$results")" runs
touch "$results"

# Beside the other runs, where there is room for checkpoints; /tmp may be small, or memory.
scratch=$(mktemp -d -p runs study.XXXXXX)
bring_down() {
    if [ -d "$scratch/run/pids" ]; then Cluster/down.sh --run run --runs "$scratch" >/dev/null 2>&1 || true; fi
    rm -rf "$scratch"
}
trap bring_down EXIT
trap 'exit 130' INT TERM

base=(--config Cluster/configs/quickstart.yaml --config Ops/study/base.yaml)

# run_cell STUDY CELL SEED SETTING...: one run and its line.
run_cell() {
    local study=$1 name=$2 seed=$3 settings=()
    shift 3
    for setting in "$@"; do settings+=(--set "$setting"); done
    settings+=("${overrides[@]}" --set "run.directory=$PWD/$scratch" --set "run.seed=$seed")
    rm -rf "$scratch/run"
    Cluster/up.sh "${base[@]}" "${settings[@]}" --run run >"$scratch/log" 2>&1 ||
        fail "the cluster did not start: $(tail -n 3 "$scratch/log")"
    "$binaries/apus" follow "$scratch/run" >"$scratch/log" 2>&1 || fail "the run ended early: $(tail -n 3 "$scratch/log")"
    Cluster/down.sh --run run --runs "$scratch" >/dev/null
    # The prompts are those of the base's seed, the same for all runs.
    "$binaries/apus" evaluate --model "$scratch/run/export" "${base[@]}" --json \
        >"$scratch/run/evaluation-after.json" 2>/dev/null || fail "the evaluation failed"
    "$binaries/apus" study add "$scratch/run" --study "$study" --cell "$name" --seed "$seed" --results "$results"
}

chosen() { # study cell
    { [ ${#studies[@]} -eq 0 ] || [[ " ${studies[*]} " = *" $1 "* ]]; } && { [ -z "$cell" ] || [ "$cell" = "$2" ]; }
}

# has_result STUDY CELL SEED
has_result() {
    grep -F "\"cell\":\"$2\"" "$results" | grep -F "\"study\":\"$1\"" | grep -qF "\"seed\":$3,"
}

todo=()
for seed in ${seeds//,/ }; do
    while IFS=$'\t' read -r study name settings; do
        if [[ $study != \#* ]] && chosen "$study" "$name" && ! has_result "$study" "$name" "$seed"; then
            todo+=("$study"$'\t'"$name"$'\t'"$seed"$'\t'"$settings")
        fi
    done <Ops/study/cells.tsv
done
echo "study: ${#todo[@]} runs to do, results in $results"
count=0 began=$SECONDS
for line in "${todo[@]}"; do
    if [ -n "$minutes" ] && [ $((SECONDS - began)) -ge $((minutes * 60)) ]; then
        echo "study: $minutes min are over, $((${#todo[@]} - count)) runs are left"
        break
    fi
    IFS=$'\t' read -r study name seed settings <<<"$line"
    # shellcheck disable=SC2086  # settings are parted by blanks and hold none
    run_cell "$study" "$name" "$seed" $settings
    count=$((count + 1))
    spent=$((SECONDS - began))
    printf 'study: %d of %d, %s · %s · seed %s; %d s a run, %d min left\n' "$count" "${#todo[@]}" "$study" "$name" "$seed" \
        $((spent / count)) $((spent * (${#todo[@]} - count) / count / 60))
done
