#!/usr/bin/env bash
# cold-start.sh - make the bundled starter policy, Cluster/policies/countdown
#
# usage: Ops/cold-start.sh [--check] [--out DIRECTORY]
#
#   --check          make it elsewhere and compare its SHA-256 with that of the bundled policy
#   --out DIRECTORY  write here instead of Cluster/policies/countdown
#   --help           this text
#
# This is the record of how the policy came about: it learns the task from solutions alone, and then, from demonstrations of
# which two thirds are arbitrary expressions, to show what it learned only part of the time. Reinforcement learning can find
# that again. It takes about two minutes on two cores. The weights do not depend on the number of threads or on time (see
# docs/tools.md for what they do depend on). The task is that of Cluster/configs/quickstart.yaml.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
    echo "cold-start.sh: $*" >&2
    exit 1
}

bundled=Cluster/policies/countdown
out=$bundled
check=
while [ $# -gt 0 ]; do
    case $1 in
        --check) check=yes; shift ;;
        --out) [ $# -ge 2 ] || fail "--out needs a value; see --help"; out=$2; shift 2 ;;
        --help | -h) sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
        *) fail "unknown argument $1; see --help" ;;
    esac
done
tool=${APUS_BIN:-.build/release}/apus
[ -x "$tool" ] || fail "there is no executable $tool; build with Ops/build.sh"
if [ -n "$check" ]; then
    [ "$out" = "$bundled" ] || fail "--check and --out exclude each other"
    [ -f "$bundled/model.safetensors" ] || fail "there is no $bundled/model.safetensors to compare with"
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    out=$scratch/countdown
fi

"$tool" cold-start --out "$out" --config Cluster/configs/quickstart.yaml --seed 1 \
    --hidden-size 128 --layers 4 --heads 4 --key-value-heads 2 --head-dimension 32 \
    --experts 8 --experts-per-token 2 --expert-size 128 --number-tokens \
    --initial-deviation 0.05 --steps 3200 --batch 64 --learning-rate 1.5e-3 --warm-up 100 --final-rate 0.2 \
    --noise 0.67 --noise-from 3000 --evaluate-every 3000 --evaluation-prompts 1024

if [ -n "$check" ]; then
    for file in model.safetensors config.json tokenizer.json generation_config.json; do
        cmp "$out/$file" "$bundled/$file" || fail "$file differs from the bundled one"
    done
    echo "the same as $bundled, byte for byte"
fi
