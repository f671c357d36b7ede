#!/usr/bin/env python3
"""A checker for testing the parity suite: answers what the recorded facts say, but goes wrong where the name of an object's
copy of the facts tells it to. Understands the options of `skep check` that parity.py uses.

The object file itself is its script: lines "PROGRAM HOW", HOW being crash, hang, sanitizer, garbage, missing, or a JSON
object of fields to answer otherwise.
"""

import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools/parity"))
import facts  # noqa: E402

RECORDED = Path(__file__).with_name("selftests-6.12-on-linux-6.18.44.tsv")


def answer(row):
    verdict = row.verdict if row.verdict in facts.DECIDED else "error"
    return {"name": row.program, "type": row.type, "verdict": verdict, "errno": row.errno, "message": row.last_line,
            "insns_processed": max(row.insns, 0)}


def go_wrong(how):
    if how == "crash":
        os.abort()
    if how == "hang":
        time.sleep(60)
    if how == "sanitizer":
        print("==1==ERROR: AddressSanitizer: heap-use-after-free", file=sys.stderr)
        sys.exit(1)
    if how == "garbage":
        print("{")
        sys.exit(0)


def main():
    arguments = sys.argv[2:]
    path = Path(arguments[-1])
    only = arguments[arguments.index("--prog") + 1] if "--prog" in arguments else None
    script = dict(line.split(" ", 1) for line in path.read_text().splitlines())
    programs = []
    for row in facts.read_recorded(RECORDED)[path.name]:
        if only not in (None, row.program):
            continue
        how = script.get(row.program, "")
        go_wrong(how)
        if how != "missing":
            programs.append({**answer(row), **(json.loads(how) if how.startswith("{") else {})})
    print(json.dumps({"kernel": "6.18", "files": [{"file": str(path), "programs": programs}]}))
    sys.exit(0 if all(program["verdict"] == "accepted" for program in programs) else 1)


if __name__ == "__main__":
    main()
