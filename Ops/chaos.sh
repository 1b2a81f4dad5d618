#!/usr/bin/env bash
# chaos.sh - disturb a cluster in every way for a while, then prove that nothing was lost and nothing changed
#
# usage: Ops/chaos.sh [--minutes M] [--seed S] [--schedule lockstep|bounded] [--calm] [--directory DIR]
#
#   --minutes M      how long to disturb (default: 5)
#   --seed S         of the disturbances and of the run (default: 1)
#   --schedule KIND  lockstep: weights after every step must be those of a run in peace (default)
#                    bounded: reward must end inside the band of a run in peace
#   --calm           disturb nothing: a soak test, in which the memory of every process must stay flat within 5 %
#   --directory DIR  keep everything in DIR (default: a temporary directory, deleted after success)
#   --help           this text
#
# Starts a cluster of two workers, two verifiers and two broadcasters whose connections to the learner lead through a
# proxy, and at random: kills any process (SIGKILL), freezes one for some seconds (SIGSTOP), has the proxy drop, delay,
# repeat, truncate, corrupt and cut, fills the disk (as root, on a small file system of its own; else that is left out),
# scales every role up and down. The plan depends on the seed alone; what was done and when is in DIR/chaos.log. Beside it
# the same run goes on in peace, as a cluster of its own.
#
# Then, the disturbances over, the run must go on; after it, these must hold: every promise that `apus audit` checks, no
# process left, memory flat, and the learning curve as --schedule says. Ends with 0 if they do. Memory is that of each
# process that lived for three minutes, within 5 %, and of each role over a run of two minutes or more, within 15 %.

set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export APUS_BIN=${APUS_BIN:-$here/.build/release}
export APUS_BACKOFF_MILLISECONDS=200 APUS_BACKOFF_LIMIT_MILLISECONDS=1000 APUS_MAXIMUM_FAILURES=1000

fail() {
    echo "chaos.sh: $*" >&2
    exit 1
}

minutes=5 seed=1 schedule=lockstep calm='' directory=''
while [ $# -gt 0 ]; do
    case $1 in
        --minutes | --seed | --schedule | --directory) [ $# -ge 2 ] || fail "$1 needs a value; see --help" ;;
    esac
    case $1 in
        --minutes) minutes=$2; shift 2 ;;
        --seed) seed=$2; shift 2 ;;
        --schedule) schedule=$2; shift 2 ;;
        --directory) directory=$2; shift 2 ;;
        --calm) calm=yes; shift ;;
        --help | -h) sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
        *) fail "unknown argument $1; see --help" ;;
    esac
done
[[ $minutes =~ ^[1-9][0-9]{0,3}$ ]] || fail "--minutes is $minutes; it must be a whole number from 1"
[[ $seed =~ ^[0-9]{1,9}$ ]] || fail "--seed is $seed; it must be a whole number of at most nine digits"
[[ $schedule =~ ^(lockstep|bounded)$ ]] || fail "--schedule is $schedule; it must be lockstep or bounded"
for executable in learner apus chaos-proxy; do
    [ -x "$APUS_BIN/$executable" ] || fail "there is no executable $APUS_BIN/$executable; build with Ops/build.sh"
done

keep=$directory
[ -n "$directory" ] || directory=$(mktemp -d)
mkdir -p "$directory/runs" "$directory/peace"
directory=$(realpath "$directory")
for name in runs/chaos peace/peace; do
    [ ! -e "$directory/$name" ] || fail "$directory has a run already; choose another --directory"
done
declare -A runs=([chaos]=$directory/runs [peace]=$directory/peace)
run=${runs[chaos]}/chaos
RANDOM=$((seed % 32768))

# A run that is cut short leaves no process, no mount and no file behind.
clean_up() {
    status=$?
    touch "$directory/over"
    kill "${proxy:-}" "${sampler:-}" 2>/dev/null || true
    for name in chaos peace; do
        [ ! -d "${runs[$name]}/$name/pids" ] || "$here/Cluster/down.sh" --run "$name" --runs "${runs[$name]}" >/dev/null 2>&1 || true
    done
    wait 2>/dev/null || true
    # What is on the small disk goes with it.
    if [ -n "${disk:-}" ] && { [ $status -ne 0 ] || [ -n "$keep" ]; }; then
        rm -f "${runs[chaos]}"/ballast*
        cp -a "${runs[chaos]}" "$directory/evidence" || true
    fi
    if [ $status -ne 0 ]; then echo "chaos.sh: everything is kept in $directory" >&2; fi
    [ -z "${disk:-}" ] || umount -l "${runs[chaos]}"
    if [ $status -eq 0 ] && [ -z "$keep" ]; then rm -rf "$directory"; fi
}
trap clean_up EXIT
trap 'exit 130' INT TERM

disk=
# Room for checkpoints and for all that the run's database will hold.
if [ -z "$calm" ] && mount -t tmpfs -o size=$((768 + 64 * minutes))m apus-chaos "${runs[chaos]}" 2>/dev/null; then disk=yes; fi

# ---- what is run ----

settings=(
    --config "$here/Cluster/configs/quickstart.yaml"
    --set "run.seed=$((seed + 1))" --set run.steps=1000000 --set run.stop_after_seconds=0
    --set "policy.path=$here/Cluster/policies/countdown" --set batch.groups=8 --set checkpoint.every_steps=10
    --set checkpoint.keep=2 --set audit.groups_per_step=1 --set cluster.heartbeat_seconds=0.5
    --set cluster.member_timeout_seconds=6 --set cluster.request_timeout_seconds=3 --set cluster.lease_seconds=20
    --set rollout.verify_timeout_seconds=3 --set cluster.join_timeout_seconds=600
    --set cluster.reward_verifiers=2 --set cluster.parameter_broadcasters=2
)
if [ "$schedule" = lockstep ]; then settings+=(--set schedule.kind=lockstep --set schedule.lag=2); fi

# bring_up RUN
bring_up() {
    "$here/Cluster/up.sh" "${settings[@]}" --set "run.directory=${runs[$1]}" --run "$1" >/dev/null
}

say() {
    printf '%6.1f s  %s\n' "$(awk -v t="$EPOCHREALTIME" -v s="$began" 'BEGIN { print t - s }')" "$*" >>"$directory/chaos.log"
}

# step RUN: the last step done.
step() {
    local line
    line=$(tail -n 2000 "${runs[$1]}/$1/logs/learner.jsonl" 2>/dev/null | grep -o '"event":"step",.*"step":[0-9]*' | tail -n 1) || true
    echo "${line##*:}"
}

# wait_for_steps RUN N SECONDS: until the run has done N steps.
wait_for_steps() {
    local deadline=$((SECONDS + $3)) now
    while now=$(step "$1"); [ "${now:-0}" -lt "$2" ]; do
        [ "$SECONDS" -lt "$deadline" ] || fail "the run $1 did not reach step $2 within $3 s; it is at step ${now:-0}"
        sleep 0.5
    done
}

began=$EPOCHREALTIME
: >"$directory/chaos.log"
"$APUS_BIN/chaos-proxy" --target "$run/endpoint" --faults "$directory/faults" --address "$directory/proxy" \
    --report "$directory/frames" --seed "$seed" &
proxy=$!
for _ in {1..100}; do [ ! -s "$directory/proxy" ] || break; sleep 0.1; done
[ -s "$directory/proxy" ] || fail "the proxy did not start"
bring_up peace
APUS_JOIN=$(<"$directory/proxy")
export APUS_JOIN
bring_up chaos
wait_for_steps chaos 3 120

# Memory of every process, once a second: seconds, id, process, KiB.
(
    while [ ! -e "$directory/over" ]; do
        for file in "$run"/pids/*.state; do
            read -r state _ _ child 2>/dev/null <"$file" || continue
            [ "$state" = running ] || continue
            size=$(awk '/^VmRSS/ { print $2 }' "/proc/$child/status" 2>/dev/null) || continue
            [ -z "$size" ] || echo "$SECONDS $(basename "$file" .state) $child $size"
        done
        sleep 1
    done
) >"$directory/memory" &
sampler=$!

# ---- disturbances ----

declare -A thaw=() done_count=([kill]=0 [freeze]=0 [network]=0 [disk]=0 [scale]=0)
members=(learner rollout-worker-1 rollout-worker-2 reward-verifier-1 reward-verifier-2 parameter-broadcaster-1 parameter-broadcaster-2)
calm_network=0 free_disk=0 rescale=0 scaled=

# child ID: its process, empty while there is none.
child() {
    local state process=
    [ ! -e "$run/pids/$1.state" ] || read -r state _ _ process <"$run/pids/$1.state" || true
    [ "${state:-}" != running ] || echo "$process"
}

# disturb KIND NUMBER SECONDS: one disturbance; the last two are drawn from the seed.
disturb() {
    local kind=$1 number=$2 seconds=$3 id process role available roles=(rollout-worker reward-verifier parameter-broadcaster)
    id=${members[number % ${#members[@]}]}
    case $kind in
        kill)
            process=$(child "$id")
            [ -n "$process" ] && kill -KILL "$process" 2>/dev/null || return 0
            say "kill $id ($process)"
            ;;
        freeze)
            process=$(child "$id")
            [ -n "$process" ] && kill -STOP "$process" 2>/dev/null || return 0
            thaw[$process]=$((SECONDS + seconds))
            say "freeze $id ($process) for $seconds s"
            ;;
        network)
            printf '%s 0.0%d\n' drop $((number % 5)) duplicate $((number / 5 % 5)) truncate $((number / 25 % 3)) \
                corrupt $((number / 75 % 3)) delay $((number / 225 % 9)) cut $((number / 2025 % 3)) >"$directory/faults"
            calm_network=$((SECONDS + seconds))
            say "network for $seconds s: $(paste -sd' ' "$directory/faults")"
            ;;
        disk)
            [ -n "$disk" ] || return 0
            # Most of it at once, the rest by writing, which ends where nothing more goes in.
            available=$(df --output=avail --block-size=1 "${runs[chaos]}" | tail -n 1)
            fallocate --length $((available * 98 / 100)) "${runs[chaos]}/ballast" 2>/dev/null || true
            cat /dev/zero 2>/dev/null >"${runs[chaos]}/ballast.rest" || true
            free_disk=$((SECONDS + seconds))
            say "disk full for $seconds s"
            ;;
        scale)
            role=${roles[number % 3]}
            number=$((number / 3 % 4))
            [ -z "$scaled" ] || return 0
            "$here/Cluster/scale.sh" "$role" "$number" --run chaos --runs "${runs[chaos]}" >/dev/null 2>&1 || return 0
            scaled=$role
            rescale=$((SECONDS + seconds))
            say "scale $role to $number for $seconds s"
            ;;
    esac
    done_count[$kind]=$((done_count[$kind] + 1))
}

# recover [all]: ends what has lasted long enough, or everything.
recover() {
    local process
    for process in "${!thaw[@]}"; do
        [ -n "${1:-}" ] || [ "$SECONDS" -ge "${thaw[$process]}" ] || continue
        kill -CONT "$process" 2>/dev/null || true
        unset "thaw[$process]"
    done
    if [ -n "${1:-}" ] || [ "$SECONDS" -ge "$calm_network" ]; then rm -f "$directory/faults"; fi
    if [ -n "${1:-}" ] || [ "$SECONDS" -ge "$free_disk" ]; then rm -f "${runs[chaos]}"/ballast*; fi
    if [ -n "$scaled" ] && { [ -n "${1:-}" ] || [ "$SECONDS" -ge "$rescale" ]; }; then
        # With a full disk this may fail: then it is tried again.
        if "$here/Cluster/scale.sh" "$scaled" 2 --run chaos --runs "${runs[chaos]}" >/dev/null 2>&1; then scaled=; fi
    fi
}

start=$SECONDS end=$((SECONDS + minutes * 60)) next=$SECONDS shown=$SECONDS
kinds=(kill kill kill freeze freeze network network disk scale)
echo "chaos: $minutes min, seed $seed, $schedule${calm:+, calm}${disk:+, with a disk to fill}; everything in $directory"
while [ "$SECONDS" -lt "$end" ]; do
    recover
    if [ -z "$calm" ] && [ "$SECONDS" -ge "$next" ]; then
        # All numbers are drawn whatever comes of them, so that the plan is the seed's.
        draw=$RANDOM number=$RANDOM seconds=$((1 + RANDOM % 8)) gap=$((RANDOM % 4))
        disturb "${kinds[draw % ${#kinds[@]}]}" "$number" "$seconds"
        next=$((SECONDS + 1 + gap))
    fi
    if [ $((SECONDS - shown)) -ge 15 ]; then
        shown=$SECONDS
        printf 'chaos: %d of %d s, step %s; kills %d, freezes %d, network %d, disk %d, scaling %d\n' $((SECONDS - start)) \
            $((minutes * 60)) "$(step chaos)" "${done_count[kill]}" "${done_count[freeze]}" "${done_count[network]}" \
            "${done_count[disk]}" "${done_count[scale]}"
    fi
    sleep 0.2
done

# ---- proofs ----

recover all
now=$(step chaos)
echo "chaos: over at step $now; in peace it must go on"
wait_for_steps chaos $((now + 10)) 120
"$here/Cluster/down.sh" --run chaos --runs "${runs[chaos]}" >/dev/null || fail "processes are left"
touch "$directory/over"
last=$(step chaos)
echo "chaos: frames at the proxy: $(paste -sd' ' "$directory/frames")"

"$APUS_BIN/apus" audit chaos --runs "${runs[chaos]}" || fail "promises are broken"
! grep -h '"event":"child_given_up"' "$run/logs/supervisor.jsonl" || fail "a process was given up (see above)"

# The middle third of a process's life against its last third, for lives of at least three minutes; and, since few live that
# long when they are killed, the middle third of the run against its last, all processes of a role together.
awk 'function growth(key, what, limit,    third, i, a, b) {
         third = int(count[key] / 3); a = b = 0
         for (i = third + 1; i <= 2 * third; i++) a += size[key, i]
         for (i = count[key] - third + 1; i <= count[key]; i++) b += size[key, i]
         printf "chaos: memory of %s: %.1f MiB, %+.1f %% from the middle to the last third\n", what, b / third / 1024, 100 * (b / a - 1)
         if (b > a * (1 + limit / 100)) { broken = 1 }
     }
     { life = $2 " " $3; size[life, ++count[life]] = $4; lives[life]
       role = $2; sub(/-[0-9]+$/, "", role); size[role, ++count[role]] = $4; roles[role] }
     END { for (life in lives) if (count[life] >= 180) growth(life, "the process " life, 5)
           for (role in roles) if (count[role] >= 90) growth(role, "all processes of the role " role, 15)
           exit broken }' "$directory/memory" || fail "memory grew"

wait_for_steps peace "$last" $((minutes * 120 + 300))
"$here/Cluster/down.sh" --run peace --runs "${runs[peace]}" >/dev/null

# field RUN KEY: step and value of a key, from the lines of all steps, those done again included.
field() {
    sed -nE "s/.*\"event\":\"step(_redone)?\".*\"$2\":\"?([^\",}]*).*\"step\":([0-9]+).*/\3 \2/p" "${runs[$1]}/$1/logs/learner.jsonl"
}

if [ "$schedule" = lockstep ]; then
    { field peace sha256 | sed 's/^/peace /'; field chaos sha256 | sed 's/^/chaos /'; } |
        awk '$1 == "peace" { peace[$2] = $3; next }
             !($2 in peace) { print "chaos: step " $2 " has no counterpart"; wrong++; next }
             peace[$2] != $3 { print "chaos: step " $2 " gave " $3 ", in peace " peace[$2]; wrong++ }
             { seen[$2] = 1 }
             END { for (step in seen) count++
                   if (!wrong) printf "chaos: weights after each of %d steps are those of the run in peace\n", count
                   exit wrong > 0 || count == 0 }' || fail "weights differ from those of the run in peace"
else
    { field peace reward_mean | awk -v last="$last" '$1 <= last' | tail -n 30 | sed 's/^/peace /'; field chaos reward_mean | tail -n 30 | sed 's/^/chaos /'; } |
        awk '$1 == "peace" { if (!n++ || $3 < low) low = $3; if ($3 > high) high = $3; next } { sum += $3; count++ }
             END { mean = sum / count; printf "chaos: reward of the last 30 steps %.3f, in peace %.3f to %.3f\n", mean, low, high
                   exit mean < low || mean > high }' || fail "the learning curve left the band of the run in peace"
fi
printf 'chaos: passed; %d kills, %d freezes, %d network faults, %d full disks, %d scalings, %d steps\n' "${done_count[kill]}" \
    "${done_count[freeze]}" "${done_count[network]}" "${done_count[disk]}" "${done_count[scale]}" "$last"
