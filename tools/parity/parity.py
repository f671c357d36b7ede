#!/usr/bin/env python3
"""Compares `skep check` with Linux on the kernel's selftests: verdict, errno, last line, instruction count, whole log.

Each object of $SKEP_CACHE/selftests (tools/parity/build_selftests.sh) is checked by a process of its own, so a crash, a
hang or a sanitizer's report is one more kind of difference and does not stop the run: that object's programs are then
checked one by one. Linux's side is the recorded facts (tests/parity/) or the running kernel, asked through skep_oracle.

examples:
  parity.py --skep build/release/src/cli/skep                        all objects, about what the recorded kernel said
  parity.py --skep SKEP --glob 'verifier_*' --out rows.tsv           some of them; then triage.py rows.tsv
  parity.py --skep SKEP --kernel 6.12                                the other kernel there are recorded answers of
  parity.py --skep SKEP --level 2 --glob verifier_and.bpf.o          whole logs, against the running kernel's
  parity.py --skep SKEP --sample tests/parity/sample.txt --ratchet tests/parity/ratchet.json     what CI does

Exit status: 0, or 1 when --ratchet found fewer matches than before, or 2 for usage and environment.
"""

import argparse
import concurrent.futures
import fnmatch
import json
import os
import platform
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple, Optional

import facts
from facts import DECIDED, Row

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("SKEP_CACHE", Path.home() / ".cache/skep"))
FACTS = ROOT / "tests/parity"
RECORDED = {"6.18": FACTS / "selftests-6.12-on-linux-6.18.44.tsv", "6.12": FACTS / "selftests-6.12-on-linux-6.12.117.tsv"}
RECORDED_REFUSED = RECORDED["6.12"]  # decided what the 6.18 kernel refused to look at

SANITIZER_MARKS = (b"ERROR: AddressSanitizer", b"ERROR: LeakSanitizer", b"WARNING: ThreadSanitizer",
                   b"MemorySanitizer", b"runtime error: ")
FAILURES = ("crash", "timeout", "sanitizer report", "no answer")
MEASURES = ("verdict", "last_line", "insns", "line_and_insns", "log")


class Pair(NamedTuple):
    """One program: what Linux says, what skep says, and whether it is one of those Linux did not decide."""

    expected: Row
    actual: Row
    group: str                          # decided, refused, unloadable or stricter
    kind: str                           # '' when nothing differs
    log_difference: Optional[tuple] = None


# ---- running the two sides -----------------------------------------------------------------------


class Runner:
    """Runs one side's program on one object."""

    def __init__(self, program, options, extra=()):
        self.command = [str(program), "check", "--format", "json", "--log-level", str(options.level), *extra]
        self.timeout = options.timeout

    def run(self, path, program=None, log_dir=None):
        """(rows, failure): the object's rows, or None with one of FAILURES and a few words on it."""
        command = [*self.command, *(["--prog", program] if program else []),
                   *(["--log-dir", str(log_dir)] if log_dir else []), str(path)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   start_new_session=True)
        try:
            out, err = process.communicate(timeout=self.timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return None, ("timeout", f"after {self.timeout} s")
        return self.judge(path, process.returncode, out, err)

    @staticmethod
    def judge(path, status, out, err):
        report = next((line for line in err.splitlines() if any(mark in line for mark in SANITIZER_MARKS)), None)
        if report is not None:
            return None, ("sanitizer report", report.decode(errors="replace"))
        if status < 0 or status > 2:
            last = err.decode(errors="replace").strip().rsplit("\n", 1)[-1]
            name = signal.Signals(-status).name if status < 0 else f"exit status {status}"
            return None, ("crash", f"{name} {last}".strip())
        try:
            return facts.read_json(path.name, out.decode(errors="replace")), None
        except ValueError as error:
            last = err.decode(errors="replace").strip().rsplit("\n", 1)[-1]
            return None, ("no answer", last or str(error))


def failed_row(expected, failure):
    return expected._replace(verdict=failure[0], errno=0, insns=-1, last_line=failure[1])


def ask_skep(runner, path, expected, log_dir):
    """skep's rows for an object; when the whole object fails, one program at a time."""
    rows, failure = runner.run(path, log_dir=log_dir)
    if rows is not None:
        return rows
    if len(expected) == 1:
        return [failed_row(expected[0], failure)]
    found = []
    for row in expected:
        one, failure = runner.run(path, program=row.program, log_dir=log_dir)
        found += one[:1] if one else [failed_row(row, failure or ("no answer", "no such program"))]
    return found


def oracle_logs(oracle, path):
    """(rows, directory with the logs) of the running kernel at level 2, asked when not cached or out of date."""
    where = CACHE / "oracle-logs" / platform.release() / path.name
    if not where.is_dir() or where.stat().st_mtime < path.stat().st_mtime:
        where.parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=path.name, dir=where.parent))
        (new / "rows.json").write_text(json.dumps(ask_oracle(oracle, path, log_dir=new)))
        shutil.rmtree(where, ignore_errors=True)
        new.rename(where)
    return [Row(*fields) for fields in json.loads((where / "rows.json").read_text())], where


def ask_oracle(oracle, path, log_dir=None):
    rows, failure = oracle.run(path, log_dir=log_dir)
    if rows is None:
        raise SystemExit(f"parity: {path.name}: the oracle failed: {' '.join(failure)}")
    return rows


# ---- comparing -----------------------------------------------------------------------------------


def match_programs(expected, actual):
    """Pairs the two lists by name, the n-th of a name with the n-th: names may repeat, order is kept."""
    left = defaultdict(list)
    for row in actual:
        left[row.program].append(row)
    pairs = []
    for row in expected:
        candidates = left[row.program]
        pairs.append((row, candidates.pop(0) if candidates else failed_row(row, ("no answer", "program not listed"))))
    return pairs


def kind_of(expected, actual, group):
    """The one kind a pair of rows is counted under: the first thing that differs, the worst first."""
    if actual.verdict in FAILURES:
        return actual.verdict
    if expected.verdict not in DECIDED:
        return "" if actual.verdict not in DECIDED and actual.errno == expected.errno else f"decides what is {group}"
    if actual.verdict not in DECIDED:
        return "not decided"
    if expected.verdict != actual.verdict:
        return "false accept" if actual.verdict == "accepted" else "false reject"
    if expected.errno != actual.errno:
        return "wrong errno"
    if expected.last_line != actual.last_line:
        return "other last line"
    return "" if expected.insns == actual.insns else "other count"


def same_verdict(pair):
    return (pair.actual.verdict in DECIDED and pair.expected.verdict == pair.actual.verdict
            and pair.expected.errno == pair.actual.errno)


def measures_of(pair):
    """Which of MEASURES hold; a line or a count that agrees while the verdict does not is chance, and not counted."""
    verdict = same_verdict(pair)
    line = verdict and pair.expected.last_line == pair.actual.last_line
    insns = verdict and pair.expected.insns == pair.actual.insns
    return dict(verdict=verdict, last_line=line, insns=insns, line_and_insns=line and insns,
                log=line and insns and pair.log_difference is None)


def compare_logs(pair, expected_dir, actual_dir):
    """The pair with its first differing log line; a log that skep did not write counts as empty."""
    name = f"{pair.expected.object}.{pair.expected.program}.log"
    actual = actual_dir / name
    difference = facts.first_difference(expected_dir / name, actual if actual.exists() else os.devnull)
    if difference is None:
        return pair
    return pair._replace(log_difference=difference, kind=pair.kind or "other log")


class Suite:
    """Everything fixed for a run; compare() is called from several threads, each with another object."""

    def __init__(self, options):
        self.options = options
        kernel = [] if options.kernel == "6.18" else ["--kernel", options.kernel]  # the default; other commands know no other
        self.skep = Runner(options.skep, options, [*kernel, *shlex.split(options.skep_args)])
        self.oracle = Runner(options.oracle, options)
        self.oracle.timeout = 600
        self.recorded = facts.read_recorded(options.recorded)
        self.refused = facts.read_recorded(RECORDED_REFUSED)
        self.stricter = read_words(FACTS / "stricter.txt")

    def expected(self, path):
        """(Linux's word on each program, each with its group; the directory with its logs at level 2)."""
        logs = None
        if self.options.level == 2:
            rows, logs = oracle_logs(self.oracle, path)
        else:
            rows = ask_oracle(self.oracle, path) if self.options.against == "live" else self.recorded[path.name]
        other = {row.program: row for row in self.refused.get(path.name, ())}
        grouped = []
        for row in rows:
            if row.verdict in DECIDED:
                group = "stricter" if (path.name, row.program) in self.stricter else "decided"
                grouped.append((row, group))
            else:
                # Where this kernel refused to look, 6.12's decision is the best there is.
                decided = other.get(row.program) if row.verdict == "refused" else None
                use = decided if decided and decided.verdict in DECIDED else row
                grouped.append((use, row.verdict))
        return grouped, logs

    def compare(self, path):
        grouped, logs = self.expected(path)
        rows = [row for row, _ in grouped]
        with tempfile.TemporaryDirectory(prefix="skep-parity-") as scratch:
            actual = ask_skep(self.skep, path, rows, scratch if logs else None)
            matched = match_programs(rows, actual)
            pairs = [Pair(want, got, group, kind_of(want, got, group))
                     for (want, got), (_, group) in zip(matched, grouped)]
            if logs:
                pairs = [compare_logs(pair, logs, Path(scratch)) if pair.group == "decided" else pair for pair in pairs]
        return [pair._replace(kind="") if pair.group == "stricter" and pair.actual.verdict == "rejected" else pair
                for pair in pairs]


# ---- reporting -----------------------------------------------------------------------------------


def print_files(pairs, verbose):
    by_file = defaultdict(list)
    for pair in pairs:
        if pair.group in ("decided", "stricter"):
            by_file[pair.expected.object].append(pair)
    print(f"{'object':52} programs  verdict  last line  count")
    hidden = 0
    for name, some in sorted(by_file.items()):
        if not verbose and not any(pair.kind for pair in some):
            hidden += 1
            continue
        count = Counter(key for pair in some for key, holds in measures_of(pair).items() if holds)
        print(f"{name:52} {len(some):8} {count['verdict']:8} {count['last_line']:10} {count['insns']:6}")
    if hidden:
        print(f"({hidden} objects without a difference are not shown; -v shows them)")


def print_kinds(pairs):
    kinds = Counter((pair.group, pair.kind) for pair in pairs if pair.kind)
    if kinds:
        print(f"\n{'programs':>8}  kind of difference")
    for (group, kind), count in sorted(kinds.items(), key=lambda item: (item[0][0] != "decided", -item[1])):
        print(f"{count:8}  {kind}" + ("" if group == "decided" else f" ({group})"))


def clean(value):
    return str(value).replace("\t", " ").replace("\n", " ")


def write_rows(pairs, path):
    columns = "object program kind type".split() + [f"{side}_{column}" for side in ("expected", "actual")
                                                    for column in ("verdict", "errno", "insns", "last_line")]
    columns += ["group", "log_line", "expected_log", "actual_log"]
    with open(path, "w", encoding="utf-8") as out:
        print(*columns, sep="\t", file=out)
        for pair in pairs:
            if not pair.kind:
                continue
            want, got = pair.expected, pair.actual
            fields = [want.object, want.program, pair.kind, want.type, *want[3:], *got[3:], pair.group,
                      *(pair.log_difference or ("", "", ""))]
            print(*map(clean, fields), sep="\t", file=out)


def count_measures(pairs, level):
    """{'programs': N, 'verdict': N, ...} over the programs Linux decided."""
    decided = [pair for pair in pairs if pair.group == "decided"]
    counts = {"programs": len(decided)}
    for measure in MEASURES[: None if level == 2 else -1]:
        counts[measure] = sum(measures_of(pair)[measure] for pair in decided)
    return counts


def print_summary(pairs, counts):
    for group, title in (("refused", "refused by that kernel, compared with 6.12"), ("unloadable", "unloadable"),
                         ("stricter", "listed as stricter than Linux")):
        some = [pair for pair in pairs if pair.group == group]
        if some:
            same = sum(not pair.kind for pair in some)
            verdict = sum(same_verdict(pair) or not pair.kind for pair in some)
            print(f"{title}: {len(some)} programs, same verdict+errno {verdict}, same in everything {same}")
    labels = dict(verdict="same verdict+errno", last_line="same last line", insns="same insn count",
                  line_and_insns="same last line and count", log="same log")
    total = counts["programs"] or 1
    shown = ", ".join(f"{label} {counts[key]} ({100 * counts[key] / total:.2f} %)"
                      for key, label in labels.items() if key in counts)
    print(f"decided: {counts['programs']} programs, {shown}")


def ratchet(options, counts):
    """1 when fewer programs match than the file says, else 0; --bless raises the file's counts, and never lowers one."""
    against = options.recorded.stem if options.against == "recorded" else "live"
    key = f"{'sample' if options.sample else 'all'}, {against}, level {options.level}"
    best = json.loads(options.ratchet.read_text()) if options.ratchet.exists() else {}
    before = best.get(key)
    if before is None and not options.bless:
        print(f"parity: {options.ratchet} knows nothing of '{key}' (--bless notes it)", file=sys.stderr)
        return 1
    before = before or {}
    # Another number of programs is another sample or stricter.txt: its counts cannot be compared, only noted anew.
    if before and before["programs"] != counts["programs"] and not options.bless:
        print(f"parity: {options.ratchet} is about {before['programs']} programs, not {counts['programs']}", file=sys.stderr)
        return 1
    comparable = before.get("programs") == counts["programs"]
    lower = [f"{name} {counts.get(name, 0)} < {value}" for name, value in before.items() if counts.get(name, 0) < value]
    if comparable and lower:
        print(f"parity: worse than {options.ratchet}: {', '.join(lower)}", file=sys.stderr)
        return 1
    if options.bless:
        best[key] = counts
        options.ratchet.write_text(json.dumps(best, indent=2, sort_keys=True) + "\n")
    elif counts != before:
        print(f"parity: better than {options.ratchet}; --bless notes it", file=sys.stderr)
    return 0


# ---- the command ---------------------------------------------------------------------------------


def read_words(path):
    """The lines of a list as tuples of their words; '#' starts a comment."""
    lines = path.read_text().splitlines() if path.exists() else []
    return [tuple(line.split("#")[0].split()) for line in lines if line.split("#")[0].strip()]


def choose_objects(options, recorded):
    """The objects to compare, in a fixed order. Every one Linux's word is recorded of must be there."""
    names = sorted(recorded)
    if options.sample:
        names = [words[0] for words in read_words(options.sample)]
    if options.glob:
        names = [name for name in names if any(fnmatch.fnmatch(name, glob) for glob in options.glob)]
    missing = [name for name in names if name not in recorded or not (options.objects / name).is_file()]
    if missing or not names:
        what = f"{len(missing)} objects missing ({', '.join(missing[:3])}...)" if missing else "no object is meant"
        print(f"parity: {options.objects}: {what} (run tools/parity/build_selftests.sh)", file=sys.stderr)
        raise SystemExit(2)
    return [options.objects / name for name in names]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--skep", type=Path, required=True, help="the command to compare")
    add("--skep-args", default="", help="more arguments for it, in one string")
    add("--oracle", type=Path, default=ROOT / "build/oracle/skep_oracle", help="tools/oracle, built")
    add("--objects", type=Path, default=CACHE / "selftests", help="where the selftests are (default %(default)s)")
    add("--glob", action="append", help="only objects whose name matches; may be given more than once")
    add("--sample", type=Path, help="only the objects this file lists")
    add("--against", choices=("recorded", "live"), default="recorded", help="Linux's side (default %(default)s)")
    add("--kernel", choices=tuple(RECORDED), default="6.18", help="which kernel is compared (default %(default)s)")
    add("--recorded", type=Path, help="the recorded side's file (default: that kernel's)")
    add("--level", type=int, choices=(4, 2), default=4,
        help="2 compares whole logs too, with the running kernel's (so --against live)")
    add("--jobs", type=int, default=2)
    add("--timeout", type=int, default=60, help="seconds for one process (default %(default)s)")
    add("--out", type=Path, help="write the rows that differ to this tsv file")
    add("--ratchet", type=Path, help="fail when fewer programs match than this JSON file says")
    add("--bless", action="store_true", help="write what this run found into the --ratchet file")
    add("-v", "--verbose", action="store_true", help="list objects without a difference too")
    options = parser.parse_args()
    if options.level == 2:
        options.against = "live"
    options.recorded = options.recorded or RECORDED[options.kernel]
    if options.ratchet and options.glob:
        parser.error("--ratchet is about all objects or a sample, not about --glob")
    if options.bless and not options.ratchet:
        parser.error("--bless needs --ratchet")
    if not os.access(options.skep, os.X_OK):
        parser.error(f"{options.skep} is not there to run")
    if (options.against == "live" or options.level == 2) and not os.access(options.oracle, os.X_OK):
        parser.error(f"{options.oracle} is not there (build it: see tools/oracle/CMakeLists.txt)")
    return options


def compare_all(suite, paths, jobs):
    pairs = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for done, some in enumerate(pool.map(suite.compare, paths), 1):
            pairs += some
            if sys.stderr.isatty():
                print(f"\r{done}/{len(paths)} {some[0].expected.object:60}", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print("\r" + " " * 80 + "\r", end="", file=sys.stderr)
    return pairs


def main():
    options = parse_arguments()
    suite = Suite(options)
    pairs = compare_all(suite, choose_objects(options, suite.recorded), options.jobs)
    print_files(pairs, options.verbose)
    print_kinds(pairs)
    if options.out:
        write_rows(pairs, options.out)
    counts = count_measures(pairs, options.level)
    status = ratchet(options, counts) if options.ratchet else 0
    print()
    print_summary(pairs, counts)
    return status


if __name__ == "__main__":
    sys.exit(main())
