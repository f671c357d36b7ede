#!/usr/bin/env bash
# Installs a build into an empty folder and uses the command from there: nothing it needs may have stayed behind.
#
#   tests/install_test.sh BUILD_DIR
set -euo pipefail
build=$(cd "$1" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/.."

prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
cmake --install "$build" --prefix "$prefix" >/dev/null
cp -r examples/hello.bpf.c examples/host_filter "$prefix/"
cd "$prefix"
bin/skep check hello.bpf.c
bin/skep explain E0203 | grep -q "What it means"
# What `skep exec` puts into its child comes along.
if command -v bpftool >/dev/null; then
  SKEP_ROOT=$prefix/root bin/skep exec -- bpftool map create /sys/fs/bpf/m type array key 4 value 4 entries 1 name m
  shown=$(SKEP_ROOT=$prefix/root bin/skep exec -- bpftool map show)
  [[ $shown == *"name m"* ]]
fi
# An application against the installed library.
lib=$(dirname "$(find "$prefix" -name libskep.so)")
c++ -std=c++20 -Iinclude host_filter/host.cc -o bin/host_filter -L"$lib" -lskep -Wl,-rpath,"$lib"
SKEP_ROOT=$prefix/root bin/host_filter host_filter | diff - host_filter/expected.txt
