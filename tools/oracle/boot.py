#!/usr/bin/env python3
"""Asks a kernel that is not the running one: boots Debian's image of it in QEMU, with skep_oracle and the objects in an
initramfs, and prints what `skep_oracle check` says there. Root is not needed; all selftests take minutes.

examples:
  boot.py 6.12 prog.bpf.o                              JSON as of `skep check --format json`
  boot.py 6.12 --args '--log-level 2 --format kernel' prog.bpf.o
  boot.py 6.12 --btf linux-6.12.btf                    the kernel's own BTF, into that file

The image is downloaded with apt-get into $SKEP_CACHE (linux-image-VERSION) once; the packages qemu-system-x86 and busybox-static
must be there. Nothing outside the cache is written. Exit status: 0, or 2 when there is no answer.
"""

import argparse
import gzip
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("SKEP_CACHE", Path.home() / ".cache/skep"))

# The answer goes to the second serial line, the kernel's messages to the first. Two lines of one file are told apart by END.
INIT = """#!/bin/busybox sh
b=/bin/busybox
$b mkdir -p /proc /sys /dev /tmp
$b mount -t proc none /proc
$b mount -t sysfs none /sys
$b mount -t devtmpfs none /dev
$b stty -F /dev/ttyS1 raw
{command} > /dev/ttyS1 2> /dev/ttyS0
$b echo "{end} $?" > /dev/ttyS1
$b poweroff -f
"""
END = "skep-boot-end"


def fail(what):
    print(f"boot: {what}", file=sys.stderr)
    raise SystemExit(2)


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)
    if done.returncode:
        fail(f"{command[0]}: {(done.stderr or done.stdout).strip().splitlines()[-1:]}")
    return done.stdout


def kernel_image(version):
    """The bzImage of Debian's newest kernel VERSION.x."""
    folder = CACHE / f"linux-image-{version}"
    found = sorted(folder.glob("boot/vmlinuz-*"))
    if found:
        return found[-1]
    names = re.findall(rf"Depends: (linux-image-{re.escape(version)}\S+)", run("apt-cache", "depends", f"linux-image-{version}-amd64"))
    if not names:
        fail(f"apt knows no linux-image-{version}-amd64")
    with tempfile.TemporaryDirectory() as scratch:
        run("apt-get", "download", names[0], cwd=scratch)
        run("dpkg", "-x", next(Path(scratch).glob("*.deb")), folder)
    return sorted(folder.glob("boot/vmlinuz-*"))[-1]


def static_oracle():
    """skep_oracle without shared libraries: there are none in the initramfs."""
    program, source, libbpf = CACHE / "skep_oracle.static", HERE / "oracle_check.cc", CACHE / "libbpf"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        run("g++", "-std=c++20", "-O2", "-static", "-Wl,--wrap=syscall", "-isystem", libbpf / "include", "-isystem",
            libbpf / "uapi", source, libbpf / "libbpf.a", "-lelf", "-lz", "-o", program)
    return program


def archive(entries):
    """A newc cpio of (name, mode, bytes); folders have no bytes."""
    out = bytearray()
    for number, (name, mode, data) in enumerate([*entries, ("TRAILER!!!", 0, b"")], 1):
        path = name.encode() + b"\0"
        fields = [number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0]
        out += b"070701" + b"".join(b"%08x" % field for field in fields) + path
        out += b"\0" * (-len(out) % 4)
        out += data
        out += b"\0" * (-len(out) % 4)
    return bytes(out)


def initramfs(objects, command):
    busybox = shutil.which("busybox") or fail("no busybox (package busybox-static)")
    folders = [(name, 0o40755, b"") for name in ("bin", "objects")]
    files = [("bin/busybox", 0o100755, Path(busybox).read_bytes()), ("oracle", 0o100755, static_oracle().read_bytes()),
             ("init", 0o100755, INIT.format(command=command, end=END).encode())]
    files += [(f"objects/{path.name}", 0o100644, path.read_bytes()) for path in objects]
    return gzip.compress(archive(folders + files), 1)


def boot(image, packed, options):
    """What the guest wrote to its second serial line."""
    with tempfile.TemporaryDirectory(prefix="skep-boot-") as scratch:
        initrd, answer, console = (Path(scratch) / name for name in ("initrd", "answer", "console"))
        initrd.write_bytes(packed)
        qemu = ["qemu-system-x86_64", "-machine", f"q35,accel={options.accel}", "-cpu", "max", "-smp", "2", "-m", str(options.memory),
                "-nodefaults", "-display", "none", "-no-reboot", "-kernel", image, "-initrd", initrd, "-serial",
                f"file:{console}", "-serial", f"file:{answer}", "-append", "console=ttyS0 panic=-1 rdinit=/init"]
        try:
            subprocess.run([str(word) for word in qemu], timeout=options.timeout, check=False, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            print(f"boot: no end after {options.timeout} s", file=sys.stderr)
        except FileNotFoundError:
            fail("no qemu-system-x86_64 (package qemu-system-x86)")
        said, _, status = (answer.read_bytes() if answer.exists() else b"").partition(END.encode())
        if not status:
            tail = console.read_text(errors="replace").splitlines()[-15:] if console.exists() else []
            fail("the kernel gave no answer; its last words:\n" + "\n".join(tail))
        return said


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kernel", help="6.12: Debian's linux-image-6.12-amd64")
    parser.add_argument("objects", nargs="*", type=Path)
    parser.add_argument("--args", default="--format json", help="arguments of skep_oracle check (default %(default)s)")
    parser.add_argument("--btf", type=Path, help="write the kernel's own BTF there instead of asking it")
    parser.add_argument("--accel", default="tcg", help="kvm where it works; nested it often does not (default %(default)s)")
    parser.add_argument("--memory", type=int, default=3072, help="MiB (default %(default)s)")
    parser.add_argument("--timeout", type=int, default=1800, help="seconds (default %(default)s)")
    options = parser.parse_args()
    if bool(options.btf) == bool(options.objects):
        parser.error("either objects, or --btf FILE")
    if options.btf:
        options.btf.write_bytes(boot(kernel_image(options.kernel), initramfs([], "$b cat /sys/kernel/btf/vmlinux"), options))
        return 0
    command = f"/oracle check {shlex.join(shlex.split(options.args))} /objects/*"
    sys.stdout.buffer.write(boot(kernel_image(options.kernel), initramfs(options.objects, command), options))
    return 0


if __name__ == "__main__":
    sys.exit(main())
