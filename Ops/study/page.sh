#!/usr/bin/env bash
# page.sh - renew the tables of docs/study.md and the figures beside the results
#
# usage: Ops/study/page.sh [--help]
#
# From docs/study/results.jsonl, in the order of Ops/study/cells.tsv. What is written around the tables stays.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
case ${1:-} in
    "") ;;
    --help | -h) sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) echo "page.sh: unknown argument $1; see --help" >&2; exit 1 ;;
esac
exec "${APUS_BIN:-.build/release}/apus" study page --cells Ops/study/cells.tsv --results docs/study/results.jsonl --page docs/study.md
