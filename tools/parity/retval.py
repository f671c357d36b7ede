#!/usr/bin/env python3
"""Runs the kernel's selftest programs that state a return value (__retval) and compares.

Each is run once through `skep run` on what the kernel's own runner gives it: 64 zero bytes, or no context at all. The objects are those of
$SKEP_CACHE/selftests (tools/parity/build_selftests.sh); what they state lies in their BTF. What Linux 6.18 does not load either, for which it has no
kfunc, type or map, is counted apart (tests/parity/selftests-6.12-on-linux-6.18.44.tsv).

examples:
  retval.py --skep build/release/skep                   all of them
  retval.py --skep SKEP --engine live                   the running kernel (root)
  retval.py --skep SKEP --glob 'verifier_s*' --verbose  some, and every program that does not agree

Exit status: 0 when all agree that Linux loads, 1 otherwise, 2 for usage and environment.
"""

import argparse
import concurrent.futures
import fnmatch
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import facts

RECORDED = Path(__file__).resolve().parents[2] / "tests/parity/selftests-6.12-on-linux-6.18.44.tsv"
NOT_LOADED = ("rejected", "unloadable")
CACHE = Path(os.environ.get("SKEP_CACHE", Path.home() / ".cache/skep"))
NAMES = {"TEST_DATA_LEN": 64, "INT_MIN": -(2**31)}
# What the kernel's runner puts into a map before: an index past the seventh word, and a word there.
PREPARED = {"verifier_array_access.bpf.o": "map_array_ro", "verifier_value_ptr_arith.bpf.o": "map_array_48b"}
PREPARED_VALUE = [{"key": 0, "value": {"index": 28, "foo": [0, 0, 0, 0, 0, 0, 0xABCDEF12]}}]
ANY_POINTER = "POINTER_VALUE"
UNRUNNABLE = "programs of this type cannot be run"


class Stated(NamedTuple):
    path: Path
    program: str
    retval: str
    auxiliary: tuple


def decl_tags(path):
    """{function: [tag]} of the object's BTF."""
    dump = subprocess.run(["bpftool", "-j", "btf", "dump", "file", path], capture_output=True, check=False).stdout
    types = json.loads(dump or b'{"types": []}')["types"]
    functions = {each["id"]: each["name"] for each in types if each["kind"] == "FUNC"}
    tags = {name: [] for name in functions.values()}
    for each in types:
        if each["kind"] == "DECL_TAG" and each["type_id"] in functions:
            tags[functions[each["type_id"]]].append(each["name"])
    return tags


def stated_values(path):
    tags = decl_tags(path)
    auxiliary = tuple(name for name, own in tags.items() if "comment:test_auxiliary" in own)
    for name, own in tags.items():
        values = [tag.split("=", 1)[1] for tag in own if tag.startswith("comment:test_retval=")]
        arches = [tag for tag in own if tag.startswith("comment:test_arch=")]
        here = not arches or "comment:test_arch=X86_64" in arches
        if values and here and "comment:test_expect_failure" not in own:
            yield Stated(path, name, values[-1], auxiliary)


def number(text):
    text = text.strip().strip("()")
    return NAMES[text] if text in NAMES else int(re.sub(r"[uUlL]+$", "", text), 0)


def check(skep, engine, prepared, stated):
    """(verdict, words): agrees, differs, rejected or unrunnable."""
    command = [skep, "run", stated.path, "--prog", stated.program, "--format", "json", "--engine", engine]
    if stated.path.name in PREPARED:
        command += ["--map", f"{PREPARED[stated.path.name]}={prepared}"]
    for name in stated.auxiliary:
        command += ["--with", name]
    try:
        process = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=120, check=False)
    except subprocess.TimeoutExpired:
        return "differs", "timeout"
    words = (process.stderr.strip().splitlines() or [f"exit status {process.returncode}"])[-1]
    if process.returncode == 1:
        return "rejected", words
    if process.returncode != 0:
        return ("unrunnable" if UNRUNNABLE in words else "differs"), words
    actual = json.loads(process.stdout)["retval"]
    if stated.retval == ANY_POINTER or actual == number(stated.retval) & 0xFFFFFFFF:
        return "agrees", ""
    return "differs", f"{actual:#x}, stated {stated.retval}"


def told_apart(verdict, stated, recorded):
    """The verdict, or "absent" where Linux 6.18 does not load the program either."""
    by_linux = next((row.verdict for row in recorded.get(stated.path.name, []) if row.program == stated.program), "")
    return "absent" if verdict == "rejected" and by_linux in NOT_LOADED else verdict


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--skep", required=True, type=Path)
    parser.add_argument("--engine", default="jit", help="as `skep run` has it")
    parser.add_argument("--glob", default="*", help="of the objects' names")
    parser.add_argument("--verbose", action="store_true", help="what Linux does not load or cannot be run, too")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    objects = sorted(path for path in (CACHE / "selftests").glob("*.bpf.o") if fnmatch.fnmatch(path.name, options.glob))
    if not objects:
        print("retval: no selftest objects: ./dev parity builds them", file=sys.stderr)
        return 2
    with tempfile.NamedTemporaryFile("w", suffix=".json") as prepared, concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        json.dump(PREPARED_VALUE, prepared)
        prepared.flush()
        programs = [stated for found in pool.map(lambda path: list(stated_values(path)), objects) for stated in found]
        answers = list(pool.map(lambda stated: check(options.skep, options.engine, prepared.name, stated), programs))
    recorded = facts.read_recorded(RECORDED)
    answers = [(told_apart(verdict, stated, recorded), words) for stated, (verdict, words) in zip(programs, answers)]
    for stated, (verdict, words) in zip(programs, answers):
        if verdict in ("differs", "rejected") or (options.verbose and verdict != "agrees"):
            print(f"{stated.path.name} {stated.program}: {verdict}: {words}")
    counts = Counter(verdict for verdict, _ in answers)
    print(f"{len(programs)} programs state a return value: {counts['agrees']} agree, {counts['differs']} differ, "
          f"{counts['rejected']} rejected, {counts['unrunnable']} of types that cannot be run; "
          f"{counts['absent']} Linux 6.18 does not load either")
    return 1 if counts["differs"] or counts["rejected"] else 0


if __name__ == "__main__":
    sys.exit(main())
