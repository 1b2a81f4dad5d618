# shellcheck shell=bash
# What the scripts of Cluster/ share. Sourced by them, not run.
#
# A run's directory is the only state:
#   config.yaml        the resolved configuration          endpoint       where the learner listens
#   pids/ID.pid        the supervisor of the process ID    pids/ID.state  STATE RESTARTS SINCE CHILD (supervise.sh)
#   logs/ID.jsonl      what the process logs               logs/ID.out    what it and its supervisor print
#   logs/supervisor.jsonl  starts, exits, restarts         lock           held while a script changes the cluster
#   keys/            who may take part (apus keys), unless the run is in clear text
#
# Every process of a cluster, and whatever it may start, carries APUS_RUN=<run directory> and APUS_MEMBER=<id> in its
# environment. That is how processes are told apart from strangers with a recycled number, and how none is forgotten.

export LC_ALL=C
program=$(basename "$0")
cluster=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(dirname "$cluster")
binaries=${APUS_BIN:-$repository/.build/release}
# shellcheck disable=SC2034  # used by the scripts that source this file
member_roles="parameter-broadcaster reward-verifier rollout-worker"

fail() {
    echo "$program: $*" >&2
    exit 1
}

# Prints the comment at the head of the calling script: its manual.
manual() {
    sed -n '2,/^$/s/^# \{0,1\}//p' "$0"
}

# argument_of OPTION COUNT: fails unless the option has a value behind it.
argument_of() {
    [ "$2" -ge 2 ] || fail "$1 needs a value; see $program --help"
}

# setting KEY FILE: the value of a dotted key in a resolved configuration (two spaces a level, `learner --dry-run`).
setting() {
    awk -v wanted="$1" '
        { match($0, /^ */); depth = RLENGTH / 2; line = substr($0, RLENGTH + 1); colon = index(line, ":")
          part[depth] = substr(line, 1, colon - 1); key = part[0]
          for (level = 1; level <= depth; level++) key = key "." part[level]
          if (key == wanted) { value = substr(line, colon + 2); gsub(/^"|"$/, "", value); print value; found = 1; exit } }
        END { exit !found }' "$2" || fail "the resolved configuration $2 has no $1"
}

# find_run NAME-OR-PATH DIRECTORY: sets `run` to the absolute path of a run; the one last started when NAME is empty.
find_run() {
    local candidate
    run=
    if [ -n "$1" ]; then
        for candidate in "$2/$1" "$1"; do
            if [ -d "$candidate/pids" ]; then run=$(realpath "$candidate") && return; fi
        done
        fail "there is no run $1 under $2"
    fi
    for candidate in "$2"/*/config.yaml; do
        [ -e "$candidate" ] || continue
        if [ -z "$run" ] || [ "$candidate" -nt "$run/config.yaml" ]; then run=$(dirname "$candidate"); fi
    done
    [ -n "$run" ] || fail "there is no run under $2; start one with Cluster/up.sh"
    run=$(realpath "$run")
}

# lock_run: one script at a time changes a cluster.
lock_run() {
    exec 9>"$run/lock"
    flock -w 60 9 || fail "another script has been changing $run for a minute"
}

# processes [ID]: the numbers of the processes of the run, or of one member.
processes() {
    local file
    while IFS= read -r file; do
        if [ $# -eq 0 ] || grep -qszFx -- "APUS_MEMBER=$1" "$file"; then
            file=${file#/proc/}
            echo "${file%/environ}"
        fi
    done < <(grep -lszFx -- "APUS_RUN=$run" /proc/[0-9]*/environ)
}

# supervised ID: whether the member's supervisor lives.
supervised() {
    local pid
    [ -e "$run/pids/$1.pid" ] || return 1
    pid=$(<"$run/pids/$1.pid")
    grep -qszFx -- "APUS_RUN=$run" "/proc/$pid/environ" && grep -qszFx -- "APUS_MEMBER=$1" "/proc/$pid/environ"
}

# members PREFIX: the ids beginning with it that have a supervisor's file, alive or not, in natural order.
members() {
    local file
    for file in "$run"/pids/"$1"*.pid; do
        [ -e "$file" ] || continue
        basename "$file" .pid
    done | sort -V
}

# state_of ID: running, waiting (to be started again), finished, failed, stopped, or lost (its supervisor was killed).
state_of() {
    local state=lost
    [ -e "$run/pids/$1.state" ] && read -r state _ <"$run/pids/$1.state"
    case $state in
        running | waiting) supervised "$1" || state=lost ;;
    esac
    echo "$state"
}

# start_member ID ARGUMENT-OF-SUPERVISE…: starts a supervisor in a session of its own and waits until it is there.
start_member() {
    local id=$1 pid deadline
    shift
    for pid in $(processes "$id"); do kill -KILL "$pid" 2>/dev/null || true; done
    rm -f "$run/pids/$id.pid" "$run/pids/$id.state"
    env APUS_RUN="$run" APUS_MEMBER="$id" \
        setsid "$cluster/supervise.sh" "$run" "$id" "$@" </dev/null >>"$run/logs/$id.out" 2>&1 &
    deadline=$((SECONDS + 10))
    until [ -e "$run/pids/$id.state" ]; do
        [ "$SECONDS" -lt "$deadline" ] || fail "the supervisor of $id did not start within 10 s; see $run/logs/$id.out"
        sleep 0.02
    done
}

# security: how the processes of the run protect their connections, as arguments.
security() {
    if [ "$(setting cluster.cleartext "$run/config.yaml")" = true ]; then
        echo --cleartext
    else
        printf '%s\n' --keys "$run/keys"
    fi
}

# start_role ID ROLE: starts a process that joins the learner, at APUS_JOIN if that is set: an address that leads there.
start_role() {
    local security
    mapfile -t security < <(security)
    start_member "$1" -- "$binaries/$2" --learner "${APUS_JOIN:-@endpoint}" "${security[@]}" --id "$1" \
        --log-directory "$run/logs"
}

# stop_members SECONDS ID…: SIGTERM to the supervisors, which pass it on; after SECONDS SIGKILL to what is left.
stop_members() {
    local deadline id pid left
    deadline=$((SECONDS + $1))
    shift
    for id in "$@"; do
        if supervised "$id"; then
            kill -TERM "$(<"$run/pids/$id.pid")" 2>/dev/null || true
        else
            for pid in $(processes "$id"); do kill -TERM "$pid" 2>/dev/null || true; done
        fi
    done
    while :; do
        left=
        for id in "$@"; do left+=$(processes "$id"); done
        [ -n "$left" ] || return 0
        [ "$SECONDS" -lt "$deadline" ] || break
        sleep 0.1
    done
    for id in "$@"; do
        # Frozen processes die of SIGKILL, too; new ones may appear while we kill, hence the loop.
        for _ in 1 2 3 4 5 6 7 8 9 10; do
            left=$(processes "$id")
            [ -n "$left" ] || break
            echo "$program: $id did not stop in time; killing it" >&2
            for pid in $left; do kill -KILL "$pid" 2>/dev/null || true; done
            sleep 0.1
        done
        [ -z "$left" ] || fail "processes of $id survive SIGKILL: $left"
        [ ! -e "$run/pids/$id.state" ] || echo "stopped 0 $(date +%s) -" >"$run/pids/$id.state"
    done
}

# stop_seconds: how long a graceful stop may take before SIGKILL: twice what the processes were told.
stop_seconds() {
    local told
    told=$(setting cluster.shutdown_timeout_seconds "$run/config.yaml")
    awk -v seconds="$told" 'BEGIN { twice = 2 * seconds; whole = int(twice); print whole + (twice > whole) }'
}
