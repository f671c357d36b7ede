#!/usr/bin/env bash
# Builds libbpf 1.5 from Debian's linux-source-6.12, outside the tree: a static library with its headers.
#
#   tools/build_libbpf.sh [DEST]     DEST defaults to $SKEP_CACHE/libbpf
#
# Leaves  DEST/libbpf.a           position independent, -O2
#         DEST/include/bpf/*.h    the headers programs include as <bpf/...>, bpf_helper_defs.h too
#         DEST/uapi/linux/*.h     the kernel's headers of the same version (asm/ is the system's)
# and keeps the sources it unpacked (tools/lib/bpf and the selftests, 15 MB) in $SKEP_CACHE/linux-6.12.
# Does nothing when DEST is already built from this source by this script. SKEP_CACHE defaults to ~/.cache/skep.
set -euo pipefail

cache=${SKEP_CACHE:-$HOME/.cache/skep}
dest=${1:-$cache/libbpf}
archive=${SKEP_LINUX_SOURCE:-/usr/src/linux-source-6.12.tar.xz}
source=$cache/linux-6.12
jobs=${SKEP_JOBS:-$(nproc)}

die() { echo "build_libbpf: $*" >&2; exit 2; }

# One decompression serves libbpf and the selftests; the archive is read to its end whatever we take from it.
unpack() {
    local want new=$source.new
    want=$(stat -c '%s %Y' "$archive")
    [ "$(cat "$source/.stamp" 2>/dev/null)" = "$want" ] && return
    rm -rf "$new" && mkdir -p "$new"
    xz -dc -T"$jobs" "$archive" | tar xf - -C "$new" --strip-components=1 \
        linux-source-6.12/scripts/bpf_doc.py linux-source-6.12/tools/arch/x86/include \
        linux-source-6.12/tools/include linux-source-6.12/tools/lib/bpf \
        linux-source-6.12/tools/testing/selftests/bpf
    echo "$want" >"$new/.stamp"
    rm -rf "$source" && mv "$new" "$source"
}

build() {
    local out=$1 lib=$source/tools/lib/bpf
    mkdir -p "$out/obj" "$out/include/bpf"
    python3 "$source/scripts/bpf_doc.py" --header --file "$source/tools/include/uapi/linux/bpf.h" \
        >"$out/include/bpf/bpf_helper_defs.h"
    for header in bpf libbpf btf libbpf_common libbpf_legacy bpf_helpers bpf_tracing bpf_endian \
        bpf_core_read skel_internal libbpf_version usdt.bpf; do
        cp "$lib/$header.h" "$out/include/bpf/"
    done
    cp -r "$source/tools/include/uapi" "$out/uapi"
    rm -r "$out/uapi/asm" # redirects into a kernel tree; the compiler's own <asm/*.h> serve
    # shellcheck disable=SC2016,SC2086 # the inner shell expands; CC may carry arguments (ccache cc)
    find "$lib" -maxdepth 1 -name '*.c' -print0 |
        xargs -0 -P"$jobs" -I{} sh -c '"$@" -c "$0" -o "$OUT/obj/$(basename "$0" .c).o"' {} \
            ${CC:-cc} -O2 -fPIC -w -D_LARGEFILE64_SOURCE -D_FILE_OFFSET_BITS=64 \
            -I"$lib" -I"$out/include/bpf" -I"$source/tools/include" -I"$source/tools/include/uapi"
    ar rcs "$out/libbpf.a" "$out"/obj/*.o
    rm -rf "$out/obj"
}

main() {
    [ -f "$archive" ] || die "no $archive (install the package linux-source-6.12)"
    [ -f /usr/include/gelf.h ] || die "no gelf.h (install the package libelf-dev)"
    mkdir -p "$cache"
    exec 9>"$cache/.lock"
    flock 9 # two builds at once would step on each other's files
    unpack
    local want new=$dest.new
    want="$(cat "$source/.stamp") $(cksum <"$0")"
    [ "$(cat "$dest/.stamp" 2>/dev/null)" = "$want" ] && return
    rm -rf "$new" && mkdir -p "$new"
    OUT=$new build "$new"
    echo "$want" >"$new/.stamp"
    rm -rf "$dest" && mv "$new" "$dest"
}

main
