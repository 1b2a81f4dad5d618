#!/usr/bin/env bash
# up.sh - start a cluster: learner, parameter broadcasters, reward verifiers, rollout workers
#
# usage: Cluster/up.sh [--config FILE]... [--set KEY=VALUE]... [--run NAME] [--resume] [--keys DIR | --cleartext]
#
#   --config FILE    configuration; several are laid over one another (default: Cluster/configs/quickstart.yaml)
#   --set KEY=VALUE  override one setting, e.g. --set cluster.rollout_workers=4
#   --run NAME       name of the run; without it run.name, with -2, -3, ... behind it when that name is taken
#   --resume         go on with the existing run NAME from its own configuration and newest checkpoint
#   --keys DIR       directory of keys (apus keys); without it the run gets one of its own, RUN/keys
#   --cleartext      neither encryption nor authentication, on this host only; as --set cluster.cleartext=true
#   --help           this text
#
# Returns when all processes are started, each under a supervisor of its own that starts it again when it crashes.
# Everything lies in run.directory/NAME; the last line printed is that path. Clusters side by side don't disturb each
# other. Then: status.sh, scale.sh, down.sh, Ops/throughput.sh.
#
# environment: APUS_BIN            directory of the executables (default: .build/release)
#              APUS_START_SECONDS  how long the learner may take to listen (default: 120)
#              APUS_JOIN           where members reach the learner, if not at its endpoint (a forwarded port, say)

set -euo pipefail
# shellcheck source=Cluster/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

configs=()
overrides=()
name=
resume=
keys=
while [ $# -gt 0 ]; do
    case $1 in
        --config) argument_of "$1" $#; configs+=(--config "$2"); shift 2 ;;
        --set) argument_of "$1" $#; overrides+=(--set "$2"); shift 2 ;;
        --run) argument_of "$1" $#; name=$2; shift 2 ;;
        --resume) resume=yes; shift ;;
        --keys) argument_of "$1" $#; keys=$2; shift 2 ;;
        --cleartext) overrides+=(--set cluster.cleartext=true); shift ;;
        --help | -h) manual; exit 0 ;;
        *) fail "unknown argument $1; see --help" ;;
    esac
done
for role in learner $member_roles apus; do
    [ -x "$binaries/$role" ] || fail "there is no executable $binaries/$role; build with Ops/build.sh"
done

scratch=$(mktemp)
trap 'rm -f "$scratch"' EXIT

# resolve ARGUMENT…: writes the resolved configuration to $scratch; the learner says what is wrong with it.
resolve() {
    "$binaries/learner" --dry-run "$@" >"$scratch" || fail "the configuration was refused (see above)"
}

if [ -n "$resume" ]; then
    [ -n "$name" ] || fail "--resume needs --run NAME"
    find_run "$name" "${APUS_RUNS:-runs}"
    configs=(--config "$run/config.yaml" "${configs[@]}")
    resolve "${configs[@]}" "${overrides[@]}"
    lock_run
    [ -z "$(processes)" ] || fail "the run $name is up; bring it down first (Cluster/down.sh --run $name)"
    rm -f "$run/endpoint" "$run"/pids/*
else
    [ ${#configs[@]} -gt 0 ] || configs=(--config "$cluster/configs/quickstart.yaml")
    [ -z "$name" ] || overrides+=(--set "run.name=$name")
    resolve "${configs[@]}" "${overrides[@]}"
    base=$(setting run.name "$scratch")
    runs=$(setting run.directory "$scratch")
    mkdir -p "$runs"
    candidate=$base
    number=1
    # Making the directory is what claims the name, also against another up.sh at the same moment.
    until mkdir "$runs/$candidate" 2>/dev/null; do
        [ -d "$runs/$candidate" ] || fail "cannot make the directory $runs/$candidate"
        if [ -n "$name" ]; then
            find_run "$name" "$runs"
            if [ -n "$(processes)" ]; then echo "the run $name is up already: $run"; exit 0; fi
            fail "the run $name exists: add --resume to go on with it, or choose another --run"
        fi
        number=$((number + 1))
        candidate=$base-$number
    done
    run=$(realpath "$runs/$candidate")
    resolve "${configs[@]}" "${overrides[@]}" --set "run.name=$candidate"
    mkdir "$run/pids" "$run/logs"
    lock_run
fi
cp "$scratch" "$run/config.yaml"

# The run's keys: those that were given, or fresh ones for this host. A run that goes on keeps its own.
if [ -n "$keys" ]; then
    [ -d "$keys" ] || fail "there is no directory of keys $keys; make one with apus keys init"
    [ ! -e "$run/keys" ] || [ -L "$run/keys" ] || fail "the run has keys of its own, $run/keys; move them away to use $keys"
    ln -sfn "$(realpath "$keys")" "$run/keys"
elif [ ! -e "$run/keys" ] && [ "$(setting cluster.cleartext "$run/config.yaml")" != true ]; then
    "$binaries/apus" keys init "$run/keys" >/dev/null || fail "cannot make keys (see above)"
fi

# A cluster that cannot be started whole is not left half started.
abandon() {
    rm -f "$scratch"
    [ -n "${started:-}" ] && return
    local ids
    mapfile -t ids < <(members "")
    stop_members 5 "${ids[@]}" || true
}
trap abandon EXIT

learner=("$binaries/learner" --config "$run/config.yaml" --run-directory "$run")
if [ "$(setting cluster.cleartext "$run/config.yaml")" != true ]; then learner+=(--keys "$run/keys"); fi
[ -z "$resume" ] || learner+=(--resume)
# A learner that is started again listens where it did before: there the others look for it.
on_restart=(--on-restart --set --on-restart cluster.learner_endpoint=@endpoint)
[ -n "$resume" ] || on_restart+=(--on-restart --resume)
start_member learner "${on_restart[@]}" -- "${learner[@]}"

# what_happened: the learner's last words.
what_happened() {
    tail -n 5 "$run/logs/learner.out" >&2
    fail "the learner $1; see $run/logs"
}

deadline=$((SECONDS + ${APUS_START_SECONDS:-120}))
until [ -s "$run/endpoint" ]; do
    # A learner that fails before anybody joined is told at once, not started again and again.
    case $(state_of learner) in
        running) [ "$SECONDS" -lt "$deadline" ] || what_happened "did not write $run/endpoint within ${APUS_START_SECONDS:-120} s" ;;
        waiting) what_happened "crashed before it listened" ;;
        *) what_happened "$(state_of learner) before it listened" ;;
    esac
    sleep 0.1
done

for role in $member_roles; do
    count=$(setting "cluster.${role//-/_}s" "$run/config.yaml")
    for ((index = 1; index <= count; index++)); do start_role "$role-$index" "$role"; done
done
started=yes
echo "up: learner at $(<"$run/endpoint"), $(members "" | grep -vcx learner || true) members"
echo "$run"
