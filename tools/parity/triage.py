#!/usr/bin/env python3
"""Groups the rows that `parity.py --out ROWS.tsv` wrote by what Linux said and what skep said, numbers and names of
registers stripped, the largest group first: one group is most often one bug.

examples:
  triage.py rows.tsv                      every kind of difference
  triage.py rows.tsv --kind 'false*'      only those kinds
  triage.py rows.tsv --by log             by the first log line that differs (rows of --level 2)
  triage.py rows.tsv --group refused      the programs this kernel refused to look at, which are left out otherwise
"""

import argparse
import csv
import fnmatch
import os
import re
import sys
from collections import defaultdict

NUMBER = re.compile(r"0xADDR|0x[0-9a-f]+|(?<!\w)-?\d+")
REGISTER = re.compile(r"\b([RrWw])\d+\b")
STACK_SLOT = re.compile(r"\bfp-?\d+\b")
SOURCE_PLACE = re.compile(r" @ \S+\.[ch]:\d+")


def shape(line):
    """The line without what varies from one program to the next."""
    line = SOURCE_PLACE.sub(" @ FILE", line)
    line = STACK_SLOT.sub("fpN", REGISTER.sub(r"\1N", line))
    return NUMBER.sub("N", line)


def outcome(row, side):
    """A verdict with its errno and the shape of its last line, or a checker's failure with its words."""
    verdict, errno, line = (row[f"{side}_{column}"] for column in ("verdict", "errno", "last_line"))
    error = "" if errno == "0" else f" {errno}"
    return f"{verdict}{error}  {shape(line)}".rstrip()


def count_difference(row):
    """For rows that differ only in their count: more or fewer, since the counts themselves never repeat."""
    return "more instructions" if int(row["actual_insns"]) > int(row["expected_insns"]) else "fewer instructions"


def signature(row, by):
    if by == "log" and row["log_line"]:
        return row["kind"], shape(row["expected_log"]), shape(row["actual_log"])
    if row["kind"] == "other count":
        return row["kind"], row["expected_verdict"], count_difference(row)
    return row["kind"], outcome(row, "expected"), outcome(row, "actual")


def example(row, by):
    text = f"{row['object']} {row['program']} ({row['type']})"
    if by == "log" and row["log_line"]:
        return f"{text}, log line {row['log_line']}\n          - {row['expected_log']}\n          + {row['actual_log']}"
    if row["kind"] == "other count":
        return f"{text}: {row['expected_insns']} -> {row['actual_insns']}"
    lines = [f"{text}"]
    if row["kind"] in ("other last line", "wrong errno"):
        lines += [f"          - {row['expected_last_line']}", f"          + {row['actual_last_line']}"]
    return "\n".join(lines)


def read_rows(path, kind, group):
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [row for row in rows if row["group"] == group and fnmatch.fnmatch(row["kind"], kind)]


def print_groups(rows, options):
    groups = defaultdict(list)
    for row in rows:
        groups[signature(row, options.by)].append(row)
    largest_first = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    for (kind, expected, actual), members in largest_first[:options.top]:
        print(f"{len(members):5}  {kind}\n       Linux  {expected}\n       skep   {actual}")
        for row in members[:options.examples]:
            print(f"        {example(row, options.by)}")
        print()
    print(f"{len(rows)} rows in {len(groups)} groups")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", help="what parity.py --out wrote")
    parser.add_argument("--kind", default="*", help="only kinds of difference that match this pattern")
    parser.add_argument("--group", default="decided", choices=("decided", "refused", "unloadable", "stricter"))
    parser.add_argument("--by", default="line", choices=("line", "log"), help="last line, or first differing log line")
    parser.add_argument("--top", type=int, help="only the largest groups")
    parser.add_argument("--examples", type=int, default=3, help="programs shown of each group (default 3)")
    options = parser.parse_args()
    try:
        print_groups(read_rows(options.rows, options.kind, options.group), options)
    except BrokenPipeError:  # triage.py | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
