#!/usr/bin/env bash
# status.sh - who runs, since when, in which version, and who waits for what
#
# usage: Cluster/status.sh [--run NAME] [--runs DIRECTORY]
#
#   --run NAME        the run (default: the one last started)
#   --runs DIRECTORY  where runs lie (default: runs)
#   --help            this text
#
# STATE is running, waiting (crashed, to be started again), finished, failed (given up), stopped, or lost (the
# supervisor itself was killed). SINCE is the time in that state. VERSION, STEP and WAITING FOR are from the last log
# lines of the process; LOG AGE is how long ago it wrote its last one. WAITING FOR has seconds behind it when the process
# has told of a stall: a wait longer than logging.stall_seconds. Exit status: 0 when every process runs or has
# finished, 3 when the cluster is down, 4 otherwise.

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

# duration SECONDS: "42s", "3m12s", "5h03m".
duration() {
    if [ "$1" -lt 60 ]; then echo "$1s"
    elif [ "$1" -lt 3600 ]; then printf '%dm%02ds\n' $(($1 / 60)) $(($1 % 60))
    else printf '%dh%02dm\n' $(($1 / 3600)) $(($1 / 60 % 60))
    fi
}

# last_value ID KEY: the newest value of a key among the last log lines of a process, without quotes.
last_value() {
    local value=-
    if [ -e "$run/logs/$1.jsonl" ]; then
        value=$(tail -n 200 "$run/logs/$1.jsonl" | grep -o "\"$2\":\(\"[^\"]*\"\|[^,}]*\)" | tail -n 1 || true)
        value=${value#*:}
        value=${value//\"/}
    fi
    if [ -z "$value" ] || [ "$value" = null ]; then value=-; fi
    echo "$value"
}

# waiting ID: what a process waits for; with seconds when it told of a stall that is not over.
waiting() {
    local stall=
    if [ -e "$run/logs/$1.jsonl" ]; then
        stall=$(tail -n 200 "$run/logs/$1.jsonl" | grep '"event":"stall' | tail -n 1 || true)
    fi
    if [[ $stall = *'"event":"stalled"'* ]]; then
        echo "$stall" | sed -E 's/.*"waiting_for":"([^"]*)".*"waiting_seconds":([0-9]+).*/\1 (\2 s)/'
    else
        last_value "$1" waiting_for
    fi
}

now=$(date +%s)
echo "run $(basename "$run") · learner at $(cat "$run/endpoint" 2>/dev/null || echo '-') · $run"
format='%-26s %-9s %8s %8s %9s %8s %6s %8s  %s\n'
# shellcheck disable=SC2059  # the format is the line above
printf "$format" ID STATE PID SINCE RESTARTS VERSION STEP 'LOG AGE' 'WAITING FOR'
alive=0
unwell=0
while IFS= read -r id; do
    restarts=0 since=$now child=-
    [ ! -e "$run/pids/$id.state" ] || read -r _ restarts since child <"$run/pids/$id.state"
    state=$(state_of "$id")
    case $state in
        running) alive=$((alive + 1)) ;;
        waiting) alive=$((alive + 1)); unwell=$((unwell + 1)) ;;
        failed | lost) unwell=$((unwell + 1)) ;;
    esac
    age=-
    if [ -e "$run/logs/$id.jsonl" ]; then age=$(duration $((now - $(stat -c %Y "$run/logs/$id.jsonl")))); fi
    # shellcheck disable=SC2059
    printf "$format" "$id" "$state" "$child" "$(duration $((now - since)))" "$restarts" "$(last_value "$id" version)" \
        "$(last_value "$id" step)" "$age" "$(waiting "$id")"
done < <(members "")
[ $unwell -eq 0 ] || exit 4
[ $alive -gt 0 ] || exit 3
