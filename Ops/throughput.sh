#!/usr/bin/env bash
# throughput.sh - speed, waiting and staleness of a run, from its logs alone
#
# usage: Ops/throughput.sh [RUN] [--follow] [--runs DIRECTORY]
#
#   RUN               name or path of a run, running or not (default: the one last started)
#   --follow          show the table again every two seconds until the run ends
#   --runs DIRECTORY  where runs lie (default: runs)
#   --help            this text
#
# Rates are over the last 10, 60 and 300 seconds before the newest log line: tokens/s and groups/min of each rollout
# worker and in total, verdicts/s and queue age of the verifiers, tokens/s of the learner, its share of time waiting and
# for what, staleness, and the version in use by each worker.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
case ${1:-} in
    --help | -h) sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
esac
tool=${APUS_BIN:-$here/.build/release}/apus
[ -x "$tool" ] || { echo "throughput.sh: there is no executable $tool; build with Ops/build.sh" >&2; exit 1; }
exec "$tool" throughput "$@"
