#!/usr/bin/env bash
# supervise.sh - keep one process of a cluster running
#
# usage: supervise.sh RUN ID [--on-restart ARGUMENT]... -- COMMAND [ARGUMENT...]
#
# Started by up.sh and scale.sh, one for each process. Runs COMMAND in a session of its own and starts it again when it
# crashes, after a pause that doubles from APUS_BACKOFF_MILLISECONDS (1000) to APUS_BACKOFF_LIMIT_MILLISECONDS (30000)
# and is short again once the process has lived for a minute. In an argument, @endpoint at the end stands for the
# content of RUN/endpoint at that moment. --on-restart ARGUMENT is added to the command at every start but the first.
#
# Ends without a restart when COMMAND exits with 0 (finished), with 64 or 78 (wrong usage or configuration: failed), or
# after APUS_MAXIMUM_FAILURES (20) restarts in a row (failed). An exit with 75 is no crash: the process lacks something that
# may come, such as room on the disk, and is started again for as long as it takes. SIGTERM is passed on, and ends the
# supervisor with it.

set -euo pipefail
export LC_ALL=C

# Whatever the caller had open is none of our business: a script that waits for its pipe to close must not wait for us.
# 255 is bash's own.
for descriptor in "/proc/$$/fd"/*; do
    descriptor=${descriptor##*/}
    if [ "$descriptor" -gt 2 ] && [ "$descriptor" -ne 255 ]; then exec {descriptor}>&-; fi
done

if [ $# -lt 4 ]; then
    sed -n '2,/^$/s/^# \{0,1\}//p' "$0" >&2
    exit 64
fi
run=$1
id=$2
shift 2
on_restart=()
while [ "$1" = --on-restart ]; do
    on_restart+=("$2")
    shift 2
done
[ "$1" = -- ] || exit 64
shift

first_delay=${APUS_BACKOFF_MILLISECONDS:-1000}
longest_delay=${APUS_BACKOFF_LIMIT_MILLISECONDS:-30000}
maximum_failures=${APUS_MAXIMUM_FAILURES:-20}
healthy=60000
child=
stopping=
restarts=0
failures=0
delay=$first_delay

milliseconds() { echo $((${EPOCHREALTIME/./} / 1000)); }

# Nothing here may fail for want of space on the disk: then of all times the process must be kept running.

# event LEVEL NAME [,"KEY":VALUE…]: one line for logs/supervisor.jsonl, if there is room for it.
event() {
    printf '{"time":"%s","level":"%s","role":"supervisor","id":"%s","event":"%s"%s}\n' \
        "$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)" "$1" "$id" "$2" "${3:-}" 2>/dev/null >>"$run/logs/supervisor.jsonl" || true
}

# The state file appears whole; later lines have the length of the first and are written over it, which takes no room.
state() {
    local line file=$run/pids/$id.state
    printf -v line '%-9s %9d %11s %9s' "$1" "$restarts" "$(date +%s)" "${child:--}"
    if [ -e "$file" ]; then
        echo "$line" 1<>"$file"
    else
        echo "$line" >"$file.new"
        mv -f "$file.new" "$file"
    fi
}

# finish STATE: the supervisor's own end.
finish() {
    child=
    state "$1"
    exit 0
}

on_signal() {
    stopping=yes
    [ -z "$child" ] || kill -TERM "$child" 2>/dev/null || true
}

# pause MILLISECONDS: a sleep which SIGTERM ends.
pause() {
    sleep "$(($1 / 1000)).$(printf %03d $(($1 % 1000)))" &
    child=$!
    wait "$child" || true
    kill "$child" 2>/dev/null || true
    child=
}

# launch ARGUMENT…: starts the command and waits for its end; sets `status`.
launch() {
    local argument arguments=()
    [ $restarts -eq 0 ] || set -- "$@" "${on_restart[@]}"
    for argument in "$@"; do
        if [[ $argument = *@endpoint ]]; then
            until [ -s "$run/endpoint" ]; do
                [ -z "$stopping" ] || return 0
                state waiting
                pause 200
            done
            argument=${argument%@endpoint}$(<"$run/endpoint")
        fi
        arguments+=("$argument")
    done
    setsid "${arguments[@]}" &
    child=$!
    state running
    event info child_started ",\"process_id\":$child,\"restarts\":$restarts"
    # The signal may have come before there was a child to pass it to.
    [ -z "$stopping" ] || on_signal
    status=0
    wait "$child" || status=$?
    # A signal to the supervisor ends `wait` early; the child is still to be waited for.
    while kill -0 "$child" 2>/dev/null; do
        status=0
        wait "$child" || status=$?
    done
    # What the child started and left behind goes with it.
    kill -KILL -- "-$child" 2>/dev/null || true
}

describe() {
    if [ "$1" -gt 128 ]; then
        echo "killed by signal $(kill -l $(($1 - 128)))"
    else
        echo "exit status $1"
    fi
}

trap on_signal TERM INT HUP
echo $$ >"$run/pids/$id.pid"
while [ -z "$stopping" ]; do
    began=$(milliseconds)
    launch "$@"
    [ -z "$stopping" ] || break
    reason=$(describe "$status")
    case $status in
        0)
            event info child_finished
            finish finished
            ;;
        64 | 78)
            event error child_given_up ",\"reason\":\"$reason: wrong usage or configuration\""
            finish failed
            ;;
    esac
    if [ $(($(milliseconds) - began)) -ge $healthy ]; then
        failures=0
        delay=$first_delay
    fi
    [ "$status" -eq 75 ] || failures=$((failures + 1))
    if [ $failures -gt "$maximum_failures" ]; then
        event error child_given_up ",\"reason\":\"$reason, $failures times in a row\""
        finish failed
    fi
    event warning child_exited ",\"reason\":\"$reason\",\"restart_in_milliseconds\":$delay"
    child=
    state waiting
    pause "$delay"
    restarts=$((restarts + 1))
    delay=$((delay * 2 < longest_delay ? delay * 2 : longest_delay))
done
event info child_stopped
finish stopped
