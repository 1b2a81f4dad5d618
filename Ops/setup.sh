#!/usr/bin/env bash
# setup.sh - install what Apus needs on Debian or Ubuntu
#
# usage: Ops/setup.sh [--help]
#
# Installs the Debian packages listed below, as root or through sudo; does nothing when all are there. Checks the Swift
# toolchain, which it does not install.

set -euo pipefail
export LC_ALL=C

fail() {
    echo "setup.sh: $*" >&2
    exit 1
}

case ${1:-} in
    "") ;;
    --help | -h) sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) fail "unknown argument $1; see --help" ;;
esac

packages=(
    libzmq3-dev            # the transport between processes
    libopenblas-dev        # yardstick of the matrix-product benchmark
    libsqlite3-dev         # the run's database
    libprotobuf-c-dev      # reading and writing the wire messages
    protobuf-c-compiler    # Ops/test.sh regenerates the wire code and compares
    bubblewrap             # contains the programs that the code verifier runs
    libseccomp-dev         # filters the system calls of those programs
    shellcheck             # Ops/test.sh checks the scripts
    procps util-linux      # ps, setsid, flock: Cluster/ manages processes with them
)

least_swift=6.3
where="https://www.swift.org/install/linux/ (for example: swiftly install $least_swift)"
if ! command -v swift >/dev/null; then
    [ ! -x /opt/swift/usr/bin/swift ] || fail "Swift is in /opt/swift/usr/bin, which is not in PATH"
    fail "there is no Swift toolchain; get $least_swift or newer from $where"
fi
version=$(swift --version 2>&1) ||
    fail "'swift --version' does not work (${version%%$'\n'*}); install what the toolchain needs, or get it again from $where"
found=$(sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' <<<"$version" | head -n 1)
[ -n "$found" ] || fail "'swift --version' names no version; reinstall the toolchain from $where"
if [ "$(printf '%s\n' "$least_swift" "$found" | sort -V | head -n 1)" != "$least_swift" ]; then
    fail "Swift $found is too old; get $least_swift or newer from $where"
fi

missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    command -v apt-get >/dev/null || fail "not a Debian system; install the equivalents of: ${missing[*]}"
    privilege=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "as root or with sudo, run: apt-get install ${missing[*]}"
        privilege=(sudo)
    fi
    echo "setup: installing ${missing[*]}"
    "${privilege[@]}" apt-get update -q || fail "apt-get update failed; is there a network?"
    "${privilege[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" ||
        fail "apt-get could not install: ${missing[*]}"
fi
echo "setup: Swift $found and ${#packages[@]} Debian packages are there"
