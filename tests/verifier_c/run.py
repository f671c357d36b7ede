#!/usr/bin/env python3
"""Runs the verifier's cases in C: programs that need what only a compiler makes (types of objects, kernel functions).

    run.py SKEP [PART OF A PATH]

A case begins with a comment in plain words and what Linux 6.18 says:

    // What is wrong.
    // VERIFY reject EINVAL
    // LOG a line of the log, as often as there are lines; not the program's own and not the statistics

skep must say the same. With SKEP_BLESS=1 these lines are rewritten with the answer of the running kernel, and compared with
skep's. Where that does not look at the program (EPERM), they stay, unless a line "// ONLY_SKEP" says that skep's answer is meant.
A case with a line "// STRICTER" is a program that Linux 6.18 takes though it is not safe (docs/stricter-than-linux.md): the
running kernel is never asked, skep's answer is meant. Exit status 77: there is no clang to compile with.
"""
import errno, json, os, pathlib, re, shutil, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
ENOTSUPP = 524
SKIPPED = 77
NOT_COMPARED = re.compile(r"; |verification time |stack depth |processed |$")


def ask(skep, path, kernel):
    """(verdict, lines of the log) of the only program of a case, or an error."""
    with tempfile.TemporaryDirectory() as folder:
        command = [skep, "check", "--format", "json", "--log-dir", folder, "--kernel", kernel, "-I", str(HERE), str(path)]
        done = subprocess.run(command, capture_output=True, text=True)
        log = "".join(file.read_text() for file in pathlib.Path(folder).iterdir())
    try:
        program = json.loads(done.stdout)["files"][0]["programs"][0]
    except (ValueError, KeyError, IndexError):
        return "error", [(done.stdout + done.stderr).strip()]
    number = -program.get("errno", 0)
    if program["verdict"] == "error" and number != errno.EPERM:
        return "error", [program.get("message", "")]
    if program["verdict"] == "accepted":
        return "accepted", []
    name = "ENOTSUPP" if number == ENOTSUPP else errno.errorcode.get(number, str(number))
    return f"reject {name}", [masked(line) for line in log.splitlines() if not NOT_COMPARED.match(line)]


def masked(line):
    """Without the numbers that differ between builds of one kernel, and statistics after a message without its newline."""
    line = re.sub(r"verification time .*", "", line)
    return re.sub(r"#\d{4,}", "#N", re.sub(r"btf_id \d+", "btf_id N", line))


def split(text):
    """The plain words, the expected answer, the program."""
    lines = text.splitlines()
    count = next(i for i, line in enumerate(lines) if not line.startswith("//"))
    words = [line for line in lines[:count] if not re.match(r"// (VERIFY|LOG) ?", line)]
    verdict = next((line[10:] for line in lines[:count] if line.startswith("// VERIFY ")), "")
    log = [line[7:] for line in lines[:count] if line.startswith("// LOG ")]
    return words, (verdict, log), lines[count:]


def written(answer):
    return [f"// VERIFY {answer[0]}", *(f"// LOG {line}" for line in answer[1])]


def bless(skep, path, ours):
    """Rewrites what is expected; a reason why not."""
    words, _, rest = split(path.read_text())
    only_skep, stricter = "// ONLY_SKEP" in words, "// STRICTER" in words
    live = ours if stricter else ask(skep, path, "live")
    refused = live[0] == "reject EPERM" and not live[1]
    if refused != only_skep:
        return "the running kernel does not take it: say ONLY_SKEP?" if refused else "the running kernel answers: not ONLY_SKEP"
    path.write_text("\n".join([*words, *written(ours if only_skep else live), *rest]) + "\n")
    return ""


def check(skep, path):
    ours = ask(skep, path, "6.18")
    if os.environ.get("SKEP_BLESS") == "1" and (why_not := bless(skep, path, ours)):
        print(f"FAILED {path.relative_to(HERE)}: {why_not}")
        return False
    _, expected, _ = split(path.read_text())
    if ours == expected and expected[0].startswith("reject"):
        return True
    print(f"FAILED {path.relative_to(HERE)}")
    print("\n".join([f"  -{line}" for line in written(expected)] + [f"  +{line}" for line in written(ours)]))
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
