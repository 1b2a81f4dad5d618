#!/usr/bin/env bash
# down.sh - stop a cluster, leaving no process behind
#
# usage: Cluster/down.sh [--run NAME] [--runs DIRECTORY]
#
#   --run NAME        the run to stop (default: the one last started)
#   --runs DIRECTORY  where runs lie (default: runs)
#   --help            this text
#
# Workers, verifiers and broadcasters get SIGTERM first, so that they can hand back their work; then the learner, which
# writes its checkpoint. What has not stopped after twice cluster.shutdown_timeout_seconds is killed, with everything
# it started. Stopping a cluster that is down is no error. The run's files stay; go on with up.sh --resume.

set -euo pipefail
# shellcheck source=Cluster/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

name=
runs=${APUS_RUNS:-runs}
while [ $# -gt 0 ]; do
    case $1 in
        --run) argument_of "$1" $#; name=$2; shift 2 ;;
        --runs) argument_of "$1" $#; runs=$2; shift 2 ;;
        --help | -h) manual; exit 0 ;;
        *) fail "unknown argument $1; see --help" ;;
    esac
done
find_run "$name" "$runs"
lock_run

count=$(processes | wc -l)
seconds=$(stop_seconds)
mapfile -t others < <(members "" | grep -vx learner || true)
stop_members "$seconds" "${others[@]}"
stop_members "$seconds" learner
# Whoever carries the run's mark but belongs to no member we know of.
for pid in $(processes); do kill -KILL "$pid" 2>/dev/null || true; done
for _ in 1 2 3 4 5 6 7 8 9 10; do
    left=$(processes)
    [ -n "$left" ] || break
    sleep 0.1
done
[ -z "$left" ] || fail "processes of $run survive SIGKILL: $left"
echo "down: $run ($count processes stopped, none left)"
