#!/usr/bin/env bash
# setup.sh - a Python environment for the example verifier
#
# usage: Cluster/examples/python-verifier/setup.sh [DIR]
#
# Makes a virtual environment in DIR (.build/python-verifier) with the packages of requirements.txt, and in it the modules
# that protoc generates from Protos/. Needs python3 with venv, and PyPI. Does nothing when DIR is complete.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)

fail() {
    echo "setup.sh: $*" >&2
    exit 1
}

case ${1:-} in
    --help | -h) sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    -*) fail "unknown argument $1; see --help" ;;
esac
directory=${1:-$root/.build/python-verifier}

# What it was made of: other requirements or other messages, and it is made again.
stamp=$(cat "$here/requirements.txt" "$root"/Protos/apus/v1/*.proto | sha256sum)
if [ "$(cat "$directory/apus.stamp" 2>/dev/null)" = "$stamp" ]; then
    echo "setup: $directory is there"
    exit 0
fi

command -v python3 >/dev/null || fail "there is no python3"
python3 -m venv "$directory" || fail "python3 -m venv failed; on Debian, install python3-venv"
"$directory/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt" || fail "pip failed (see above)"
modules=$("$directory/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
"$directory/bin/python" -m grpc_tools.protoc -I "$root/Protos" --python_out="$modules" "$root"/Protos/apus/v1/*.proto
echo "$stamp" >"$directory/apus.stamp"
echo "setup: $directory is ready"
