#!/usr/bin/env python3
"""Checks every examples/*.bpf.c with `skep check` and compares with what the file itself says will happen.

  tools/check_examples.py SKEP

A file with a comment "The kernel says: MESSAGE" must be rejected with that message in its log; every other one must be
accepted. Says what it found, and exits 0 if each did what it should.
"""

import json
import pathlib
import re
import subprocess
import sys

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent / "examples"


def promised_message(path):
    found = re.search(r"^// The kernel says: (.*)$", path.read_text(), re.MULTILINE)
    return found.group(1) if found else None


def skep(binary, *arguments):
    """(exit status, standard output) of a skep run; what it says on standard error goes through."""
    done = subprocess.run([binary, *arguments], stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL, check=False)
    return done.returncode, done.stdout


def verdicts(binary, path):
    status, output = skep(binary, "check", "--format", "json", str(path))
    if status not in (0, 1):
        return [f"exit status {status}"]
    return [program["verdict"] for file in json.loads(output)["files"] for program in file["programs"]]


def problem_with(binary, path):
    """What is wrong with this example's check, or None."""
    message = promised_message(path)
    wanted = "rejected" if message else "accepted"
    got = verdicts(binary, path)
    if not got or set(got) != {wanted}:
        return f"should be {wanted}, but skep says: {', '.join(got) or 'no program in it'}"
    if message and message not in skep(binary, "check", "--format", "kernel", str(path))[1].splitlines():
        return f"is rejected, but not with: {message}"
    return None


def main():
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    failed = 0
    rejected = []
    paths = sorted(EXAMPLES.glob("*.bpf.c"))
    for path in paths:
        problem = problem_with(sys.argv[1], path)
        if problem:
            print(f"{path.name}: {problem}")
            failed += 1
        elif promised_message(path):
            rejected.append(path)
    if failed:
        return 1
    print(f"{len(paths) - len(rejected)} examples load, as they should; {len(rejected)} are rejected, as they should be:")
    for path in rejected:
        print(f"  {path.name}: {promised_message(path)}")
    print("Why, and what to change, is at the top of each file in examples/.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
