#!/usr/bin/env python3
"""Runs the cases of this folder: programs in C that use kernel objects, loaded by libbpf under `skep exec`.

    run.py SKEP RUNNER INCLUDE[:INCLUDE] [PART OF A NAME]

A case begins with a comment in plain words and the steps of the runner (runner.cc) with what each prints, on every engine:

    // What the program does.
    // RUN sum=5 -> 15
    // RUN zero

Exit status 77: there is no clang to compile with."""
import pathlib, re, shutil, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
SKIPPED = 77


def compile_case(source, target, include):
    clang = next((c for c in ("clang-22", "clang") if shutil.which(c)), None)
    done = subprocess.run([clang, "-target", "bpf", "-mcpu=v3", "-g", "-O2", "-Wall", "-Werror", *include, "-I", str(HERE),
                           "-idirafter", "/usr/include/x86_64-linux-gnu", "-c", str(source), "-o", str(target)],
                          capture_output=True, text=True)
    return done.stderr if done.returncode else ""


def run_on(engine, skep, runner, target, names, steps):
    """What went wrong on this engine; empty: nothing."""
    done = subprocess.run([skep, "exec", "--root", names, "--engine", engine, "--", runner, str(target), *[s for s, _ in steps]],
                          capture_output=True, text=True, timeout=60)
    expected = [f"{step.split('=')[0]} {value}" for step, value in steps if value]
    got = done.stdout.split("\n")[:-1]
    if done.returncode == 0 and got == expected:
        return ""
    return "\n".join([engine] + [f"  -{line}" for line in expected] + [f"  +{line}" for line in got] + [done.stderr])


def run_case(skep, runner, include, source):
    """What went wrong; empty: nothing."""
    steps = re.findall(r"^// RUN (\S+)(?: -> (-?\d+))?$", source.read_text(), re.M)
    with tempfile.TemporaryDirectory() as folder:
        target = pathlib.Path(folder) / (source.stem + ".o")
        if complaint := compile_case(source, target, include):
            return complaint
        return "".join(run_on(engine, skep, runner, target, f"{folder}/{engine}", steps) for engine in ("jit", "interp", "checked"))


def main():
    skep, runner, folders = sys.argv[1:4]
    include = [f"-I{folder}" for folder in folders.split(":")]
    if not shutil.which("clang") and not shutil.which("clang-22"):
        print("skipped: no clang")
        return SKIPPED
    part = sys.argv[4] if len(sys.argv) > 4 else ""
    sources = [path for path in sorted(HERE.glob("*.bpf.c")) if part in path.name]
    failed = 0
    for source in sources:
        if complaint := run_case(skep, runner, include, source):
            print(f"FAILED {source.name}\n{complaint}")
            failed += 1
    print(f"{len(sources)} cases, {failed} failed")
    return 1 if failed or not sources else 0


if __name__ == "__main__":
    sys.exit(main())
