"""What is known about a program's verification, from whichever side, in one comparable form.

Linux's side is read from the recorded tsv files (tests/parity/) or from skep_oracle's JSON, skep's from the JSON of
`skep check`, which is the same schema. Logs are compared line by line without ever holding one in memory: at level 2
some have hundreds of megabytes.
"""

import itertools
import json
import re
from collections import defaultdict
from typing import NamedTuple

DECIDED = ("accepted", "rejected")

# Numbers too long to be anything but addresses or 64-bit bounds; the recorded files have them all as 0xADDR.
LONG_HEX = re.compile(r"0x[0-9a-f]{9,}")
VERIFICATION_TIME = re.compile(r"verification time \d+ usec")
# Pointers that ld_imm64 loads: into the kernel's direct map, vmalloc area, per-CPU areas, text and data; an arena's.
POINTER_LOAD = re.compile(r"(\(18\) r\d+ = )(?:0xffff[0-9a-f]{12}|0x7[0-9a-f]{11}|0xADDR)\b")
# A kfunc is called by its id in the running kernel's BTF, which differs from one build of a kernel to the next.
KFUNC_ID = re.compile(r"(call \w+#)\d{4,}")


class Row(NamedTuple):
    """One program's outcome. The verdict is accepted, rejected, refused, unloadable, or a failure of the checker's."""

    object: str
    program: str
    type: str
    verdict: str
    errno: int
    insns: int
    last_line: str


def normalise_line(line):
    """A last line as the recorded files write it; the kernel's own missing newline is mended on both sides."""
    line = VERIFICATION_TIME.sub("", line.replace("\t", " ")).rstrip()
    return LONG_HEX.sub("0xADDR", line)


def normalise_log_line(line):
    line = VERIFICATION_TIME.sub("verification time N usec", line)
    return KFUNC_ID.sub(r"\1ID", POINTER_LOAD.sub(r"\g<1>0xADDR", line))


def read_recorded(path):
    """{object: [Row, ...]} of a recorded tsv file, in the file's order."""
    rows = defaultdict(list)
    with open(path, encoding="utf-8", errors="replace") as lines:
        next(lines)
        for line in lines:
            name, program, kind, verdict, errno, insns, _, last = line.rstrip("\n").split("\t")
            rows[name].append(Row(name, program, kind, verdict, int(errno), int(insns), normalise_line(last)))
    return dict(rows)


def row_from_json(name, program):
    verdict = program["verdict"]
    if verdict == "error":  # skep does not say at which stage: the caller compares errors by errno
        verdict = "refused" if program.get("stage") == "kernel" else "unloadable"
    decided = verdict in DECIDED
    return Row(name, program["name"], program.get("type", "-"), verdict, int(program.get("errno", 0)),
               int(program["insns_processed"]) if decided else -1,
               normalise_line(program.get("message") or "") if decided else "")


def read_json(name, text):
    """[Row, ...] of the one object a JSON document is about. Raises ValueError when it is not such a document."""
    try:
        document = json.loads(text)["files"][0]
        if not document["programs"]:
            return [Row(name, "-", "-", "unloadable", int(document.get("errno", 0)), -1, "")]
        return [row_from_json(name, program) for program in document["programs"]]
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError(f"not the document expected: {error!r}") from error


def first_difference(expected_path, actual_path):
    """None when two logs are the same, else (line number from 1, expected line, actual line); '' past an end."""
    with open(expected_path, encoding="utf-8", errors="replace") as expected, \
            open(actual_path, encoding="utf-8", errors="replace") as actual:
        for number, (want, got) in enumerate(itertools.zip_longest(expected, actual, fillvalue=""), 1):
            if want == got:
                continue
            want, got = normalise_log_line(want), normalise_log_line(got)
            if want != got:
                return number, want.rstrip("\n"), got.rstrip("\n")
    return None
