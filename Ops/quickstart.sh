#!/usr/bin/env bash
# quickstart.sh - from a fresh machine to a policy that learned something, in one command
#
# usage: Ops/quickstart.sh [--base FILE] [--control] [--steps N] [--run NAME] [--config FILE]... [--set KEY=VALUE]... [--no-build]
#
#   --base FILE      the configuration (default: Cluster/configs/quickstart.yaml)
#   --control        the same with all advantages set to zero: nothing must be learned
#   --steps N        train N steps instead of run.steps
#   --run NAME       name of the run (default: the configuration's, with --control the file's and -control)
#   --config FILE    laid over the configuration; may be repeated
#   --set KEY=VALUE  override one setting; may be repeated
#   --no-build       neither set up nor build: take the executables as they are
#   --help           this text
#
# Sets up, builds, evaluates the policy that the run starts from on held-out prompts, starts a learner, a parameter
# broadcaster, rollout workers and a reward verifier as processes of their own, shows one line for each training step,
# stops them all, evaluates the trained policy, and says where everything lies. Ctrl-C at any time stops the cluster.

set -euo pipefail
export LC_ALL=C
cd "$(dirname "${BASH_SOURCE[0]}")/.."
binaries=${APUS_BIN:-.build/release}

fail() {
    echo "quickstart.sh: $*" >&2
    exit 1
}

base=Cluster/configs/quickstart.yaml
layers=()
overrides=()
name=
control=
build=yes
while [ $# -gt 0 ]; do
    case $1 in
        --base | --steps | --run | --config | --set) [ $# -ge 2 ] || fail "$1 needs a value; see --help" ;;
    esac
    case $1 in
        --base) base=$2; shift 2 ;;
        --control) control=yes; shift ;;
        --steps) overrides+=(--set "run.steps=$2"); shift 2 ;;
        --run) name=$2; shift 2 ;;
        --config) layers+=(--config "$2"); shift 2 ;;
        --set) overrides+=(--set "$2"); shift 2 ;;
        --no-build) build=; shift ;;
        --help | -h) sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
        *) fail "unknown argument $1; see --help" ;;
    esac
done
if [ -n "$control" ]; then overrides=(--set "run.name=$(basename "$base" .yaml)-control" --set objective.advantage=zero "${overrides[@]}"); fi
configuration=(--config "$base" "${layers[@]}")
naming=()
if [ -n "$name" ]; then naming=(--run "$name"); fi

if [ -n "$build" ]; then
    Ops/setup.sh
    Ops/build.sh
fi
for executable in apus learner; do
    [ -x "$binaries/$executable" ] || fail "there is no executable $binaries/$executable; run without --no-build"
done

scratch=$(mktemp -d)
run=
bring_down() {
    if [ -n "$run" ]; then Cluster/down.sh --run "$run" || true; fi
    rm -rf "$scratch"
}
trap bring_down EXIT
trap 'exit 130' INT TERM

# number KEY FILE: a number of a one-object JSON file.
number() {
    local value
    value=$(grep -o "\"$1\": *[-+0-9.eE]*" "$2" | head -n 1) || fail "the evaluation $2 has no $1"
    echo "${value##*[: ]}"
}

# evaluate MODEL FILE: scores a policy on the held-out prompts.
evaluate() {
    "$binaries/apus" evaluate --model "$1" "${configuration[@]}" "${overrides[@]}" --json >"$2" ||
        fail "the evaluation of $1 failed (see above)"
}

# score TITLE FILE: one line with accuracy and counts.
score() {
    local correct responses
    correct=$(number correct "$2")
    responses=$(number responses "$2")
    awk -v title="$1" -v correct="$correct" -v responses="$responses" \
        'BEGIN { printf "%-16s %5.1f %%  (%d of %d answers to held-out prompts)\n", title, 100 * correct / responses, correct, responses }'
}

"$binaries/learner" "${configuration[@]}" "${overrides[@]}" --dry-run >"$scratch/resolved.yaml" ||
    fail "the configuration was refused (see above)"
policy=$(sed -n '/^policy:/,/^[a-z]/s/^  path: "\(.*\)"$/\1/p' "$scratch/resolved.yaml")
began=$SECONDS
echo "== evaluating $policy"
evaluate "$policy" "$scratch/before.json"
score "accuracy before" "$scratch/before.json"

echo "== training"
Cluster/up.sh "${configuration[@]}" "${overrides[@]}" "${naming[@]}" | tee "$scratch/up" || fail "the cluster did not start (see above)"
run=$(tail -n 1 "$scratch/up")
# With --run NAME it may be up already, which is no path.
[ -d "$run" ] || { message=$run run=; fail "$message; stop it with Cluster/down.sh, or choose another --run"; }
cp "$scratch/before.json" "$run/evaluation-before.json"
"$binaries/apus" follow "$run" || fail "the run ended early; its logs are in $run/logs"
Cluster/down.sh --run "$run"
finished=$run
run=

echo "== evaluating $finished/export"
evaluate "$finished/export" "$finished/evaluation-after.json"
took=$((SECONDS - began))
checkpoint=$(find "$finished/checkpoints" -mindepth 1 -maxdepth 1 -name 'step-*' 2>/dev/null | sort -V | tail -n 1 || true)
echo
score "accuracy before" "$finished/evaluation-before.json"
score "accuracy after" "$finished/evaluation-after.json"
before=$(number accuracy "$finished/evaluation-before.json")
after=$(number accuracy "$finished/evaluation-after.json")
awk -v before="$before" -v after="$after" 'BEGIN { printf "%-16s %+5.1f points\n", "gain", 100 * (after - before) }'
echo
echo "took             $((took / 60)) min $((took % 60)) s, evaluation included"
echo "logs             $finished/logs"
echo "checkpoint       ${checkpoint:-none}"
echo "exported model   $finished/export"
echo "throughput       Ops/throughput.sh $finished"
echo "report           $binaries/apus report $finished --out report.html"
