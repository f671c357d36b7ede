#!/usr/bin/env python3
"""The 66 failures that people meet most (everyday.txt): `skep explain` finds the code of each message, and nearly all have a page
with a failing and a fixed program.

    everyday_test.py SKEP
"""
import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PAGES = HERE.parent.parent / "docs/errors"
FAILURES = 66
LEAST_WITH_PROGRAMS = 60


def rows():
    for line in (HERE / "everyday.txt").read_text().splitlines():
        if not line.startswith("#"):
            number, code, message = line.split("\t")
            yield int(number), code, message


def explained(skep, message):
    done = subprocess.run([skep, "explain", "--format", "json", message], capture_output=True, text=True)
    return json.loads(done.stdout)["code"] if done.returncode == 0 and done.stdout.startswith("{") else "none"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    table = list(rows())
    errors = [f"{found}, not {code}: {message}" for _, code, message in table if (found := explained(sys.argv[1], message)) != code]
    numbers = {number for number, _, _ in table}
    if numbers != set(range(1, FAILURES + 1)):
        errors.append(f"numbers {sorted(set(range(1, FAILURES + 1)) ^ numbers)}")
    pages = {code: (PAGES / f"{code}.md").read_text() for _, code, _ in table}
    shown = {number for number, code, _ in table if re.search(r"```\w+ failing", pages[code])}
    in_c = {number for number, code, _ in table if "```c failing" in pages[code]}
    if len(shown) < LEAST_WITH_PROGRAMS:
        errors.append(f"no programs for {sorted(numbers - shown)}")
    print(f"{FAILURES} failures, {len(shown)} with programs ({len(in_c)} in C), without: {sorted(numbers - shown)}, "
          f"not in C: {sorted(shown - in_c)}", *errors, sep="\n")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
