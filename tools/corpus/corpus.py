#!/usr/bin/env python3
"""Compares `skep check` with the running kernel on every BPF object below some directories: verdict, errno, last line,
processed instructions, total and peak states. Needs root and a Linux 6.18; programs are loaded, never attached.

Objects are what anyone compiled, outside the tree: none of them belongs in this repository. A program the kernel gives
EPERM (6.18.44 as built here: fentry, fexit, fmod_ret and LSM) is counted as not asked.

examples:
  corpus.py --skep build/release/skep ~/objects
  corpus.py --skep build/release/skep --type sched_cls ~/cilium/bpf     sections that libbpf does not know

Exit status: 0, 1 when something differs, 2 for usage and environment.
"""

import argparse
import concurrent.futures
import errno
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "parity"))
import facts  # noqa: E402

SUFFIXES = (".o", ".elf")
COLUMNS = ("verdict", "errno", "insns_processed", "total_states", "peak_states")


def ask(options, kernel, path):
    """{place and name: what is said of the program}; a crash, a hang or an object that cannot be opened is one entry."""
    command = [options.skep, "check", "--format", "json", "--kernel", kernel, str(path)]
    if options.type:
        command += ["--type", options.type]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=options.timeout, check=False)
        document = json.loads(done.stdout.decode(errors="replace"))["files"][0]
    except subprocess.TimeoutExpired:
        return {"-": {"verdict": f"no end after {options.timeout} s"}}
    except (ValueError, KeyError, IndexError):
        return {"-": {"verdict": f"exit status {done.returncode}: {done.stderr.decode(errors='replace').strip()[-200:]}"}}
    if not document["programs"]:
        return {"-": {"verdict": "unloadable", "errno": document.get("errno", 0)}}
    return {f"{place} {program['name']}": outcome(program) for place, program in enumerate(document["programs"])}


def outcome(program):
    found = {column: program.get(column, 0) for column in COLUMNS}
    if program["verdict"] != "error":  # the words of an error are libbpf's
        found["last_line"] = facts.normalise_line(program.get("message") or "")
    return found


def compare(options, path):
    """(counts, differences) of one object."""
    counts, differences = Counter(), []
    expected, actual = ask(options, "live", path), ask(options, "6.18", path)
    for name in expected.keys() | actual.keys():
        want, got = expected.get(name), actual.get(name)
        if want and want["verdict"] == "error" and want["errno"] == -errno.EPERM:
            counts["not asked"] += 1
        elif want == got and "errno" in got:  # without an errno: a crash, a hang
            counts["same"] += 1
        else:
            counts["different"] += 1
            differences.append(f"{path} {name}\n  linux {want}\n  skep  {got}")
    return counts, differences


def objects_below(places):
    for place in map(Path, places):
        found = [place] if place.is_file() else sorted(file for file in place.rglob("*") if file.suffix in SUFFIXES)
        yield from found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("places", nargs="+", help="objects, or directories with *.o and *.elf")
    parser.add_argument("--skep", required=True, help="the command to compare")
    parser.add_argument("--type", help="program type for sections libbpf does not know")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--timeout", type=int, default=300, help="seconds for one object (default %(default)s)")
    options = parser.parse_args()
    paths = list(objects_below(options.places))
    if not paths:
        parser.error("no object there")
    total = Counter()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for counts, differences in pool.map(lambda path: compare(options, path), paths):
            total += counts
            for difference in differences:
                print(difference, flush=True)
    print(f"{len(paths)} objects, programs:", ", ".join(f"{total[word]} {word}" for word in ("same", "different", "not asked")))
    return 1 if total["different"] else 0


if __name__ == "__main__":
    sys.exit(main())
