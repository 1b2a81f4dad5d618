#!/bin/sh
# Generates the C sources of Sources/CWire from Protos/ with protoc-c.
#   Ops/generate-wire.sh           write them
#   Ops/generate-wire.sh --check   write nothing; fail if the committed sources differ from what Protos/ says
set -eu
cd "$(dirname "$0")/.."

generator="1.4.1"    # other versions write other code, so drift could not be told from a change of version

fail() { echo "generate-wire: $*" >&2; exit 1; }

check=no
case "${1-}" in
    "") ;;
    --check) check=yes ;;
    --help | -h) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) fail "unknown argument '$1'; usage: Ops/generate-wire.sh [--check]" ;;
esac

command -v protoc-c >/dev/null || fail "protoc-c is missing; install the Debian package protobuf-c-compiler (Ops/setup.sh does)"
found=$(protoc-c --version | sed -n 's/^protobuf-c //p')
[ "$found" = "$generator" ] || fail "protoc-c $found found, but the committed sources are of $generator"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/generated"
protoc-c --proto_path=Protos --c_out="$scratch/generated" Protos/apus/v1/*.proto

# SwiftPM wants public headers under include/.
target="$scratch/CWire"
mkdir -p "$target/include/apus/v1" "$target/apus/v1"
mv "$scratch"/generated/apus/v1/*.pb-c.h "$target/include/apus/v1/"
mv "$scratch"/generated/apus/v1/*.pb-c.c "$target/apus/v1/"
{
    echo "// Written by Ops/generate-wire.sh. The C side of Protos/: do not edit."
    echo "module CWire {"
    (cd "$target/include" && ls apus/v1/*.pb-c.h) | sed 's/.*/    header "&"/'
    echo "    export *"
    echo "}"
} > "$target/include/module.modulemap"

if [ "$check" = yes ]; then
    diff -r "$target" Sources/CWire || fail "Sources/CWire is not what Protos/ says; run Ops/generate-wire.sh and commit"
    echo "generate-wire: Sources/CWire is up to date"
else
    rm -rf Sources/CWire
    cp -r "$target" Sources/CWire
    echo "generate-wire: wrote Sources/CWire"
fi
