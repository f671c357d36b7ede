#!/usr/bin/env python3
"""The rules of the house that no compiler checks: layering of rooms, opening comments, leftovers, dead paths in documents.

  tools/tidy.py              look at the whole tree; exit status 1 and one line per problem if a rule is broken
  tools/tidy.py --self-test  try every rule on lines that break it

A rule is a function in RULES that takes a File and yields (line number, what is wrong). To add one, write it, list it, and
add a line that breaks it to SELF_TEST.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CODE = {".cc", ".h", ".hpp", ".c", ".def"}
SCRIPTS = {".py", ".sh", ".cmake", ""}
DOCUMENTS = {".md"}


def rooms_of_the_house():
    """The list in CMakeLists.txt, so that the build and this test cannot disagree."""
    text = (ROOT / "CMakeLists.txt").read_text()
    return re.search(r"set\(SKEP_ROOMS ([^)]*)\)", text).group(1).split()


ROOMS = rooms_of_the_house()


class File:
    """One file of the tree: its path below the root, its lines, and the room it lives in (None outside src/)."""

    def __init__(self, path, text):
        self.path = path
        self.lines = text.splitlines()
        self.suffix = pathlib.PurePath(path).suffix
        parts = path.split("/")
        self.room = parts[1] if parts[0] == "src" and len(parts) > 2 else None
        self.is_code = self.suffix in CODE
        self.is_test = path.startswith("tests/") or bool(re.search(r"(_test\.cc|_test\.h|/testing\.h)$", path))

    def matches(self, pattern, without_comments=True):
        """(line number, match) of every line that `pattern` is found in; text after // does not count."""
        for number, line in enumerate(self.lines, 1):
            if without_comments and self.is_code:
                line = re.sub(r"//.*", "", line)
            found = re.search(pattern, line)
            if found:
                yield number, found


def layering(file):
    """A room includes only itself and rooms above it."""
    if file.room is None or not file.is_code:
        return
    if file.room not in ROOMS:
        yield 1, f"src/{file.room} is not in SKEP_ROOMS (CMakeLists.txt)"
        return
    for number, found in file.matches(r'^\s*#\s*include\s+"([^"/]+)/'):
        room = found.group(1)
        if room in ROOMS and ROOMS.index(room) > ROOMS.index(file.room):
            yield number, f"{file.room} includes {room}, which is below it in the house"


def only_object_knows_libbpf(file):
    if file.room is not None and file.is_code and file.room != "object":
        for number, _ in file.matches(r"#\s*include\s+[<\"]bpf/"):
            yield number, "libbpf's headers are for src/object only"


def only_sys_knows_bpf_attr(file):
    if file.room is not None and file.is_code and file.room not in ("sys", "object", "preload"):
        for number, _ in file.matches(r"\bunion\s+bpf_attr\b"):
            yield number, "union bpf_attr is for src/sys (and its callers in libbpf's place) only"


def only_cli_prints(file):
    if file.room is None or not file.is_code or file.is_test or file.room == "cli" or file.path == "src/base/check.h":
        return
    for number, found in file.matches(r"\b(v?f?printf|puts|fputs|perror|fmt::print)\s*\(|\bstd::(cout|cerr|clog)\b"):
        yield number, f"{found.group(0).rstrip('(')} prints: only src/cli does"


def no_globals(file):
    # src/map/shm is about the thread itself: its TID, its robust list, the faults it expects.
    if file.room is not None and file.is_code and not file.path.startswith(("src/map/shm/", "src/engine/thread.")):
        for number, _ in file.matches(r"\bthread_local\b"):
            yield number, "thread_local: pass it as a parameter"


def opening_comment(file):
    """Every source file says first what it is for."""
    if not file.is_code and (file.suffix not in SCRIPTS or file.path.startswith("examples/")):
        return
    lines = [line for line in file.lines if not line.startswith("#!")]
    if not lines or not re.match(r'//|/\*|# |"""|;', lines[0]):
        yield 1, "does not open with a comment that says what the file is for"


def header_guard(file):
    if file.suffix == ".h" and not any(line.startswith(("#pragma once", "#ifndef")) for line in file.lines):
        yield 1, "header without #pragma once"


def no_leftovers(file):
    words = r"\b(TO" + r"DO|FIX" + r"ME)\b|^(<<<<<<<|>>>>>>>) "
    for number, found in file.matches(words, without_comments=False):
        yield number, f"leftover: {found.group(0)}"


def no_machine_paths(file):
    """A path of the machine somebody worked on; /tmp and system paths are everybody's."""
    for number, found in file.matches(r"(?<![\w.}])/(home/\w|root/|wo" + r"rk/)", without_comments=False):
        yield number, f"path of one machine: {found.group(0)}"


def white_space(file):
    for number, found in file.matches(r"[ \t]+$|\r", without_comments=False):
        yield number, "white space at the end of the line"


def no_kernel_code(file):
    for number, _ in file.matches(r"SPDX-License-Identifier:.*\bGPL", without_comments=False):
        yield number, "GPL code has no place in an Apache-2.0 tree (docs/clean-room.md)"


def living_paths(file):
    """`src/verifier/cfg.cc` in a document must exist; patterns and paths with capitals standing for names are left alone."""
    if file.suffix not in DOCUMENTS:
        return
    for number, line in enumerate(file.lines, 1):
        for path in re.findall(r"`((?:src|include|tests|tools|docs|examples|cmake|bench|fuzz|data)/[a-z0-9_./-]*)`", line):
            if not (ROOT / path).exists():
                yield number, f"{path} does not exist"


RULES = [
    layering,
    only_object_knows_libbpf,
    only_sys_knows_bpf_attr,
    only_cli_prints,
    no_globals,
    opening_comment,
    header_guard,
    no_leftovers,
    no_machine_paths,
    white_space,
    no_kernel_code,
    living_paths,
]

# For each rule, a file that breaks it and one that is nearly the same and does not.
SELF_TEST = {
    layering: [("src/isa/a.cc", '#include "verifier/b.h"'), ("src/verifier/a.cc", '#include "isa/b.h"')],
    only_object_knows_libbpf: [("src/sys/a.cc", "#include <bpf/libbpf.h>"), ("src/object/a.cc", "#include <bpf/libbpf.h>")],
    only_sys_knows_bpf_attr: [("src/map/a.cc", "int f(union bpf_attr*);"), ("src/map/a.cc", "// as union bpf_attr")],
    only_cli_prints: [("src/btf/a.cc", 'std::printf("");'), ("src/btf/a.cc", "snprintf(b, n, f);")],
    no_globals: [("src/btf/a.cc", "thread_local int x;"), ("tests/a.cc", "thread_local int x;")],
    opening_comment: [("src/btf/a.cc", "#include <a>"), ("src/btf/a.cc", "// Parses.\n")],
    header_guard: [("src/btf/a.h", "// For.\n"), ("src/btf/a.h", "// For.\n#pragma once\n")],
    no_leftovers: [("src/btf/a.cc", "// TO" + "DO: all"), ("src/btf/a.cc", "// XXX() in a message")],
    no_machine_paths: [("docs/a.md", "see /ho" + "me/me/a"), ("docs/a.md", "${prefix}/ro" + "ot/a")],
    white_space: [("docs/a.md", "a "), ("docs/a.md", "a")],
    no_kernel_code: [("src/btf/a.cc", "// SPDX-License-Identifier: G" + "PL-2.0"), ("src/btf/a.cc", '"G' 'PL"')],
    living_paths: [("docs/a.md", "`src/nowhere/`"), ("docs/a.md", "`src/NAME/x`, `src/*.cc`, `src/base/`")],
}


def self_test():
    failed = 0
    for rule in RULES:
        bad, good = SELF_TEST[rule]
        if not list(rule(File(*bad))) or list(rule(File(*good))):
            print(f"tidy: rule {rule.__name__} does not tell {bad} from {good}")
            failed += 1
    return failed


def tree():
    """Tracked files, or in a tree without git every file outside build/."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        paths = listed.stdout.split("\0")
    else:
        paths = [str(p.relative_to(ROOT)) for p in ROOT.rglob("*")]
        paths = [p for p in paths if not p.startswith(("build/", "out/", ".git/"))]
    for path in sorted(filter(None, paths)):
        if (ROOT / path).is_file():
            yield path


def is_looked_at(path):
    suffix = pathlib.PurePath(path).suffix
    return path != "LICENSE" and not path.startswith((".git", ".clang")) and suffix in CODE | SCRIPTS | DOCUMENTS


def main():
    if sys.argv[1:] == ["--self-test"]:
        return 1 if self_test() else 0
    if sys.argv[1:]:
        print(__doc__)
        return 2
    problems = 0
    for path in filter(is_looked_at, tree()):
        file = File(path, (ROOT / path).read_text(errors="replace"))
        for rule in RULES:
            for number, problem in rule(file):
                print(f"{path}:{number}: {problem} [{rule.__name__}]")
                problems += 1
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
