#!/usr/bin/env bash
# build.sh - build the executables, optimised
#
# usage: Ops/build.sh [ARGUMENT OF swift build]...
#
# The executables are then in .build/release: learner, rollout-worker, reward-verifier, parameter-broadcaster, apus.
# The first build fetches the dependencies and takes some minutes; later ones only what changed.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
case ${1:-} in
    --help | -h) sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
esac
command -v swift >/dev/null || { echo "build.sh: there is no Swift toolchain; run Ops/setup.sh" >&2; exit 1; }
swift build -c release "$@" || { echo "build.sh: the build failed (see above); if a library is missing, run Ops/setup.sh" >&2; exit 1; }
