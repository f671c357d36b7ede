#!/usr/bin/env python3
"""Witnesses over the kernel's selftests ($SKEP_CACHE/selftests, tools/parity/build_selftests.sh): of the rejected programs, for
how many `skep check --witness` finds an input that breaks the rule, shows that there is none on the path, or cannot tell, by reason.

examples:
  witnesses.py --skep build/release/skep                      the figures
  witnesses.py --skep SKEP --list found                       and the programs, with what is said
  witnesses.py --skep SKEP --list path --glob 'dynptr_*'      a reason names those that were not decided for it

Exit status: 0; 1 if skep crashed or did not come back; 2 usage or environment.
"""

import argparse
import fnmatch
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

CACHE = Path(os.environ.get("SKEP_CACHE", Path.home() / ".cache/skep"))
TIMEOUT_S = 1800  # an object has up to 100 rejected programs, of up to 8 failures each


def programs_of(skep, path, ms):
    """The rejected programs of an object, or None: no answer."""
    try:
        answer = subprocess.run([skep, "check", "-j1", "--witness", "--witness-ms", str(ms), "--format", "json", path],
                                capture_output=True, text=True, errors="replace", timeout=TIMEOUT_S)
        programs = json.loads(answer.stdout)["files"][0]["programs"]
    except (subprocess.TimeoutExpired, ValueError, LookupError):
        return None
    return [p for p in programs if p["verdict"] == "rejected"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--skep", required=True)
    parser.add_argument("--objects", type=Path, default=CACHE / "selftests")
    parser.add_argument("--glob", default="*.bpf.o")
    parser.add_argument("--ms", type=int, default=2000, help="time for one failure (default 2000)")
    parser.add_argument("--list", help="a verdict or reason: name its programs")
    args = parser.parse_args()
    objects = sorted(p for p in args.objects.glob("*.bpf.o") if fnmatch.fnmatch(p.name, args.glob))
    if not objects:
        print(f"witnesses: no objects in {args.objects}: tools/parity/build_selftests.sh makes them", file=sys.stderr)
        return 2
    verdicts, reasons, times, broken = Counter(), Counter(), [], []
    for path in objects:
        programs = programs_of(args.skep, path, args.ms)
        if programs is None:
            broken.append(path.name)
            continue
        for program in programs:
            witness = (program.get("explanations") or [{}])[0].get("witness", {"verdict": "not_decided", "reason": "silent"})
            verdict, reason = witness["verdict"], witness.get("reason", "")
            verdicts[verdict] += 1
            reasons[reason] += verdict == "not_decided"
            times.append(witness.get("time_us", 0))
            if args.list in (verdict, reason):
                print(path.name, program["name"], program.get("code", ""), program["message"], witness.get("words", ""), sep="\t")
    total = sum(verdicts.values())
    for verdict in ("found", "no_such_input", "not_decided"):
        print(f"{verdict:14} {verdicts[verdict]:4} of {total} ({100.0 * verdicts[verdict] / max(total, 1):.1f} %)")
    for reason, count in reasons.most_common():
        if count:
            print(f"  {reason:12} {count:4}")
    times.sort()
    if times:
        print(f"time           median {times[len(times) // 2] / 1000:.1f} ms, longest {times[-1] / 1000:.0f} ms")
    for name in broken:
        print(f"no answer: {name}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
