#!/usr/bin/env python3
"""Runs the verifier's cases in C: programs that need what only a compiler makes (types of objects, kernel functions).

    run.py SKEP [PART OF A PATH]

A case begins with a comment in plain words and what Linux 6.18 says:

    // What is wrong.
    // VERIFY reject EINVAL
    // LOG the last line of the log

skep must say the same. With SKEP_BLESS=1 these two lines are rewritten with the answer of the running kernel, or, where that
refuses the program type (EPERM), with skep's; then both are compared. Exit status 77: there is no clang to compile with.
"""
import errno, json, os, pathlib, re, shutil, subprocess, sys

HERE = pathlib.Path(__file__).resolve().parent
ENOTSUPP = 524
SKIPPED = 77


def ask(skep, path, kernel):
    """(verdict, last line) of the only program of a case, or an error."""
    command = [skep, "check", "--format", "json", "--kernel", kernel, "-I", str(HERE), str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    try:
        file = json.loads(done.stdout)["files"][0]
        program = file["programs"][0]
    except (ValueError, KeyError, IndexError):
        return "error", (done.stdout + done.stderr).strip()
    if program["verdict"] == "error" and program.get("errno") == -errno.EPERM:
        return "reject EPERM", ""
    if program["verdict"] != "rejected":
        return program["verdict"], program.get("message", "")
    number = -program.get("errno", 0)
    name = "ENOTSUPP" if number == ENOTSUPP else errno.errorcode.get(number, str(number))
    return f"reject {name}", masked(program.get("message", ""))


def masked(line):
    """Without the numbers that differ between builds of one kernel."""
    return re.sub(r"#\d{4,}", "#N", re.sub(r"btf_id \d+", "btf_id N", line))


def split(text):
    """The plain words, the expected answer, the program."""
    lines = text.splitlines()
    count = next(i for i, line in enumerate(lines) if not line.startswith("//"))
    words = [line for line in lines[:count] if not re.match(r"// (VERIFY|LOG) ?", line)]
    expected = {m[1]: m[2] for line in lines[:count] if (m := re.match(r"// (VERIFY|LOG) ?(.*)", line))}
    return words, (expected.get("VERIFY", ""), expected.get("LOG", "")), lines[count:]


def bless(skep, path, ours):
    live = ask(skep, path, "live")
    answer = ours if live[0] == "reject EPERM" else live
    words, _, rest = split(path.read_text())
    path.write_text("\n".join([*words, f"// VERIFY {answer[0]}", f"// LOG {answer[1]}".rstrip(), *rest]) + "\n")


def check(skep, path):
    ours = ask(skep, path, "6.18")
    if os.environ.get("SKEP_BLESS") == "1":
        bless(skep, path, ours)
    _, expected, _ = split(path.read_text())
    if ours == expected and expected[0].startswith("reject"):
        return True
    print(f"FAILED {path.relative_to(HERE)}\n  -{expected[0]}: {expected[1]}\n  +{ours[0]}: {ours[1]}")
    return False


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if not shutil.which("clang") and not shutil.which("clang-22"):
        print("skipped: no clang")
        return SKIPPED
    part = sys.argv[2] if len(sys.argv) > 2 else ""
    paths = [path for path in sorted(HERE.rglob("*.bpf.c")) if part in str(path)]
    failed = sum(not check(sys.argv[1], path) for path in paths)
    print(f"{len(paths)} cases, {failed} failed")
    return 1 if failed or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
