#!/usr/bin/env python3
"""How well rejections are explained: counts over the kernel's selftests ($SKEP_CACHE/selftests, tools/parity/build_selftests.sh).

Each object is checked twice: as JSON, for the explanations, and as the kernel's log at level 1, whose last source line is
what the place of an explanation is compared with. Counted, of the rejected programs:

  explained      there is an explanation with a headline of its own, not the kernel's line
  line           the place is the log's last source line, or a line of the path where the failure is a function's end
  expression     headline, label or `known` name something of the source, where the place is C (not inline assembly)
  fixed          the first help is a change that was tried, and with it the program loads: in all, and per family of causes
                 for which skep has changes (FAMILIES)
  time           CPU time of the second verification, the changes tried and the words, per program, with the slowest; of an accepted program, what
                 it costs that it would have been explained, in % of its verification

examples:
  measure.py --skep build/release/skep                     the figures
  measure.py --skep SKEP --list line                       the programs that count against one of them
  measure.py --skep SKEP --glob 'dynptr_*' --text          renderings to read

Exit status: 0; 1 with --min if a percentage is below it; 2 usage or environment.
"""

import argparse
import fnmatch
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

CACHE = Path(os.environ.get("SKEP_CACHE", Path.home() / ".cache/skep"))
SOURCE_LINE = re.compile(r"^; .* @ (\S+):(\d+)$")
STATISTICS = re.compile(r"^processed \d+ insns ")
NAME = re.compile(r"`([^`]+)`")
REGISTER = re.compile(r"^r\d+$")
MEASURES = ("explained", "line", "expression", "fixed")
FAMILIES = {
    "null checks": "E0101 E0105 E0808 E1504",
    "bounds": "E0202 E0203 E0204 E0205 E0206 E0207 E0208 E0213",
    "packets": "E0201",
    "stack": "E0301 E0302",
    "uninitialised": "E0104 E0303 E1109 E1110",
    "alignment": "E0212",
    "references": "E0901 E1103",
    "return values": "E1401",
    "loops": "E0401 E0402 E0403 E0404",
    "locks": "E1001 E1002 E1004 E1008",
    "sections": "E1009 E1011 E1016 E1017 E1503 E1603",
    "numbers as pointers": "E0102",
    "context": "E0603",
}
BUDGET_US = 50_000
SLOWEST = 5


def run(skep, *args):
    return subprocess.run([skep, "check", "-j1", *map(str, args)], capture_output=True, text=True, errors="replace")


def last_source_lines(log):
    """The last (file, line) of each program's log, in order; None where there is none."""
    found, last = [], None
    for line in log.splitlines():
        source = SOURCE_LINE.match(line)
        if source:
            last = (source.group(1), int(source.group(2)))
        elif STATISTICS.match(line):
            found.append(last)
            last = None
    return found


def names_source(explanation):
    text = " ".join((explanation["title"], explanation["label"], explanation["known_words"]))
    return any(not REGISTER.match(name) for name in NAME.findall(text))


def is_at(explanation, last):
    """The log's last line is the explanation's place, or that of an event (an exit's own line says little)."""
    places = [explanation, *explanation["path"]]
    return any((p.get("file", "").rsplit("/", 1)[-1], p.get("line")) == last for p in places)


def family_of(code):
    return next((family for family, codes in FAMILIES.items() if code in codes.split()), None)


def judge(program, last):
    """{measure: True, False, or None where it does not apply} of a rejected program."""
    explanations = program.get("explanations")
    if not explanations:
        return {"explained": False, "line": False, "expression": None, "fixed": False}
    first = explanations[0]
    in_c = "expression" in first
    return {"explained": bool(first["title"]) and first["title"] not in first["kernel"],
            "line": None if last is None else is_at(first, last),
            "expression": names_source(first) if in_c else None,
            "fixed": first.get("fixes_load", False)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--skep", required=True)
    parser.add_argument("--objects", type=Path, default=CACHE / "selftests")
    parser.add_argument("--glob", default="*.bpf.o")
    parser.add_argument("--list", choices=MEASURES, help="name the programs that fail it")
    parser.add_argument("--text", action="store_true", help="print the renderings instead")
    parser.add_argument("--min", type=float, help="fail if explained, line or expression is below this percentage")
    args = parser.parse_args()
    objects = sorted(p for p in args.objects.glob("*.bpf.o") if fnmatch.fnmatch(p.name, args.glob))
    if not objects:
        print(f"measure: no objects in {args.objects}: tools/parity/build_selftests.sh makes them", file=sys.stderr)
        return 2
    counts = defaultdict(lambda: [0, 0])
    families = defaultdict(lambda: [0, 0])
    times = []
    bare = beside = 0  # of accepted programs, us
    for path in objects:
        if args.text:
            print(run(args.skep, path).stdout, end="")
            continue
        try:
            programs = json.loads(run(args.skep, "--format", "json", path).stdout)["files"][0]["programs"]
        except (ValueError, LookupError):
            print(f"measure: {path.name}: no answer", file=sys.stderr)
            return 2
        accepted = [p for p in programs if p["verdict"] == "accepted"]
        bare += sum(p["time_us"] for p in accepted)
        beside += sum(p["explain_time_us"] for p in accepted)
        rejected = [p for p in programs if p["verdict"] == "rejected"]
        if not rejected:
            continue
        log = run(args.skep, "--format", "kernel", "--log-level", 1, path).stdout
        lasts = last_source_lines(log)
        decided = [p for p in programs if p["verdict"] != "error"]
        last_of = dict(zip((p["name"] for p in decided), lasts)) if len(lasts) == len(decided) else {}
        for program in rejected:
            times.append((program["explain_time_us"], program["time_us"], path.name, program["name"]))
            judgement = judge(program, last_of.get(program["name"]))
            if family := family_of(program.get("code")):
                families[family][0] += judgement["fixed"]
                families[family][1] += 1
            for measure, good in judgement.items():
                if good is None:
                    continue
                counts[measure][0] += good
                counts[measure][1] += 1
                if not good and args.list == measure:
                    print(path.name, program["name"], program["code"], program["message"], sep="\t")
    if args.text:
        return 0
    worst = 100.0
    for measure in MEASURES:
        good, of = counts[measure]
        percent = 100.0 * good / of if of else 100.0
        worst = min(worst, percent) if measure != "fixed" else worst
        print(f"{measure:11} {good} of {of} ({percent:.1f} %)")
    good, of = (sum(count[i] for count in families.values()) for i in (0, 1))
    print(f"  of these families: {good} of {of} ({100.0 * good / max(of, 1):.1f} %)")
    for family in FAMILIES:
        good, of = families[family]
        print(f"  {family:20} {good:3} of {of:3}" + (f" ({100.0 * good / of:.1f} %)" if of else ""))
    times.sort(reverse=True)
    slow = sum(t[0] > BUDGET_US for t in times)
    print(f"time        median {times[len(times) // 2][0]} us, over {BUDGET_US // 1000} ms: {slow} of {len(times)}; the slowest:")
    for time, verify, name, program in times[:max(SLOWEST, slow)]:
        print(f"            {time / 1000:.0f} ms {name} {program} (verified in {verify / 1000:.0f} ms)")
    print(f"accepted    {100.0 * beside / max(bare, 1):.2f} % of {bare / 1000:.0f} ms")
    return 1 if args.min is not None and worst < args.min else 0


if __name__ == "__main__":
    sys.exit(main())
