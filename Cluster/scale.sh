#!/usr/bin/env bash
# scale.sh - change the number of processes of a role while the cluster runs
#
# usage: Cluster/scale.sh ROLE COUNT [--run NAME] [--runs DIRECTORY]
#
#   ROLE              rollout-worker, reward-verifier or parameter-broadcaster
#   COUNT             how many there shall be, from 0
#   --run NAME        the run (default: the one last started)
#   --runs DIRECTORY  where runs lie (default: runs)
#   --help            this text
#
# Starts what is missing, lowest numbers first, and stops what is too much, highest numbers first, gracefully: a
# stopped worker hands back its leases. No other process is touched.

set -euo pipefail
# shellcheck source=Cluster/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

words=()
name=
runs=${APUS_RUNS:-runs}
while [ $# -gt 0 ]; do
    case $1 in
        --run) argument_of "$1" $#; name=$2; shift 2 ;;
        --runs) argument_of "$1" $#; runs=$2; shift 2 ;;
        --help | -h) manual; exit 0 ;;
        -*) fail "unknown argument $1; see --help" ;;
        *) words+=("$1"); shift ;;
    esac
done
[ ${#words[@]} -eq 2 ] || fail "expected ROLE and COUNT; see --help"
role=${words[0]}
count=${words[1]}
[[ " $member_roles " = *" $role "* ]] || fail "unknown role $role; one of: $member_roles"
[[ $count =~ ^[0-9]{1,4}$ && $((10#$count)) -le 1024 ]] || fail "COUNT is $count; allowed: 0 to 1024"
count=$((10#$count))
find_run "$name" "$runs"
lock_run
supervised learner || fail "the run $(basename "$run") is down; start it with Cluster/up.sh"

surplus=()
while IFS= read -r id; do
    if [ "${id##*-}" -gt "$count" ]; then surplus+=("$id"); fi
done < <(members "$role-")
for ((index = 1; index <= count; index++)); do
    supervised "$role-$index" || start_role "$role-$index" "$role"
done
if [ ${#surplus[@]} -gt 0 ]; then
    seconds=$(stop_seconds)
    stop_members "$seconds" "${surplus[@]}"
    for id in "${surplus[@]}"; do rm -f "$run/pids/$id.pid" "$run/pids/$id.state"; done
fi
echo "scale: $(members "$role-" | wc -l) x $role in $run"
