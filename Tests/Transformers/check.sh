#!/usr/bin/env bash
# check.sh - do exported models mean the same to Hugging Face transformers?
#
# usage: Tests/Transformers/check.sh [DIR|FILE.gguf]...
#
# Exports each model (default: the golden models, the GGUF files of Tests/Fixtures and the bundled policy) in several shards
# with `apus export`, loads the result in transformers, and compares log-probabilities of every token, the greedy
# continuation, and, where there is a tokenizer, token ids with what Apus computes. Says "skipped, no Python" where there is
# no Python with torch and transformers; APUS_PYTHON names another interpreter than python3.

set -euo pipefail
export LC_ALL=C
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
apus=${APUS_BIN:-.build/release}/apus
python=${APUS_PYTHON:-python3}

case ${1:-} in
    --help | -h) sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
esac
if ! "$python" -c 'import torch, transformers' 2>/dev/null; then
    echo "skipped, no Python with torch and transformers (set APUS_PYTHON)"
    exit 0
fi
[ -x "$apus" ] || { echo "check.sh: there is no executable $apus; run Ops/build.sh" >&2; exit 1; }

models=("$@")
if [ ${#models[@]} -eq 0 ]; then
    for configuration in Tests/Fixtures/*/config.json; do models+=("${configuration%/config.json}"); done
    models+=(Tests/Fixtures/gguf/*.gguf Cluster/policies/countdown)
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0
for model in "${models[@]}"; do
    rm -rf "$scratch/export"
    "$apus" export --model "$model" --out "$scratch/export" --max-shard-size 1MB >/dev/null
    "$python" Tests/Transformers/check.py "$scratch/export" "$apus" "$model" || failed=$((failed + 1))
done
echo "$((${#models[@]} - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
