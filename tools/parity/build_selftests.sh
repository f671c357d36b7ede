#!/usr/bin/env bash
# Compiles the kernel's BPF selftests, outside the tree: the objects the parity suite compares skep and Linux on.
#
#   tools/parity/build_selftests.sh [--only LIST] [--jobs N]
#
# LIST is a file with one object or source name a line ('#' starts a comment): builds only those. Objects go to
# $SKEP_CACHE/selftests/NAME.bpf.o; a source that does not compile is listed in FAILED.txt there, with its errors in
# NAME.err, and is not fatal unless --only asked for it. What is up to date is not built again.
# The flags are those the recorded facts of tests/parity/ were made with; do not change them without recording anew.
# Needs linux-source-6.12, libelf-dev, clang-22, bpftool. SKEP_CACHE defaults to ~/.cache/skep.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${SKEP_CACHE:-$HOME/.cache/skep}
out=$cache/selftests
tests=$cache/linux-6.12/tools/testing/selftests/bpf
btf=$root/data/linux-6.18.44.btf.xz
recorded=6.12.117 # the package's version the facts were recorded with
clang=${SKEP_CLANG:-clang-22}
jobs=2
only=

die() { echo "build_selftests: $*" >&2; exit 2; }

while [ $# -gt 0 ]; do
    case $1 in
    --only) only=${2:?--only needs a file}; shift 2 ;;
    --jobs | -j) jobs=${2:?--jobs needs a number}; shift 2 ;;
    -h | --help) sed -n '2,11s/^# \?//p' "$0"; exit 0 ;;
    *) die "unknown argument $1" ;;
    esac
done

# vmlinux.h of the target kernel, from the BTF in the repository rather than from whatever kernel runs here.
make_vmlinux_h() {
    local want raw=$cache/include/vmlinux.btf
    want=$(cksum <"$btf")
    [ "$(cat "$cache/include/.stamp" 2>/dev/null)" = "$want" ] && return
    mkdir -p "$cache/include"
    xz -dc "$btf" >"$raw"
    bpftool btf dump file "$raw" format c >"$cache/include/vmlinux.h.new"
    mv "$cache/include/vmlinux.h.new" "$cache/include/vmlinux.h"
    echo "$want" >"$cache/include/.stamp"
}

# Names of the sources to build, without directory and suffix.
sources() {
    if [ -n "$only" ]; then
        sed 's/#.*//; s/[[:space:]]//g; s/\.bpf\.o$//; s/\.c$//; /^$/d' "$only"
    else
        (cd "$tests/progs" && printf '%s\n' *.c | sed 's/\.c$//')
    fi
}

# One source to one object; run by xargs, so it must not fail.
compile() {
    local name=$1 object=$OUT/$1.bpf.o source=$TESTS/progs/$1.c
    [ "$object" -nt "$source" ] && [ "$object" -nt "$CACHE/include/vmlinux.h" ] && [ "$object" -nt "$OUT/.flags" ] && return
    # shellcheck disable=SC2086 # FLAGS is a list
    if (cd "$TESTS" && $CLANG $FLAGS -c "progs/$name.c" -o "$object.new") 2>"$OUT/$name.err"; then
        mv "$object.new" "$object" && rm -f "$OUT/$name.err"
    else
        rm -f "$object" "$object.new"
    fi
}

system_includes() {
    "$clang" -v -E - </dev/null 2>&1 | sed -n '/<...> search starts here:/,/End of search list/s|^ \(/.*\)|-idirafter \1|p' | tr '\n' ' '
}

main() {
    command -v "$clang" >/dev/null || die "no $clang (install the package clang-22)"
    command -v bpftool >/dev/null || die "no bpftool (install the package bpftool)"
    local version
    version=$(dpkg-query -W -f '${Version}' linux-source-6.12 2>/dev/null || true)
    case $version in
    "$recorded"*) ;;
    *) echo "build_selftests: linux-source-6.12 is $version, the facts are of $recorded: a few programs may differ" >&2 ;;
    esac
    "$root/tools/build_libbpf.sh" "$cache/libbpf"
    make_vmlinux_h
    mkdir -p "$out"
    export CACHE=$cache OUT=$out TESTS=$tests CLANG=$clang
    FLAGS="-g -O2 --target=bpf -mcpu=v3 -D__TARGET_ARCH_x86 -DENABLE_ATOMICS_TESTS -std=gnu11 -fno-strict-aliasing -w \
        -I$cache/include -I$cache/libbpf/include -I. -I$cache/linux-6.12/tools/include/uapi $(system_includes)"
    [ "$(cat "$out/.flags" 2>/dev/null)" = "$FLAGS" ] || echo "$FLAGS" >"$out/.flags"
    export FLAGS
    export -f compile
    sources | xargs -P"$jobs" -I{} bash -c 'compile {}'
    local failed=0 built=0 name
    : >"$out/FAILED.txt"
    for name in $(sources); do
        if [ -f "$out/$name.bpf.o" ]; then built=$((built + 1)); else failed=$((failed + 1)) && echo "$name" >>"$out/FAILED.txt"; fi
    done
    echo "build_selftests: $built objects in $out, $failed sources do not compile (FAILED.txt)"
    [ -z "$only" ] || [ "$failed" = 0 ]
}

main
