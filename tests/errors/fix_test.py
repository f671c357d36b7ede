#!/usr/bin/env python3
"""`skep check --fix` on the failing C programs of the everyday failures' pages: every patch it prints goes in with patch(1), and
what comes out loads; and as many programs get one as did before. All programs of variants/, which are written otherwise, get one.

    fix_test.py SKEP [CODE...]       CODE: only these pages; --all: those of every page

Exit status 77: there is no clang or no patch.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PAGES = HERE.parent.parent / "docs/errors"
FAILING = re.compile(r"^```c failing\n(.*?)^```$", re.M | re.S)
PAGE = re.compile(r"E\d{4}$")
SKIPPED = 77
LEAST = 60  # of 68


def everyday_codes():
    rows = [line.split("\t") for line in (HERE / "everyday.txt").read_text().splitlines() if not line.startswith("#")]
    return sorted({code for _, code, _ in rows})


def verdicts(skep, folder, name):
    done = subprocess.run([skep, "check", "--format", "json", name], cwd=folder, capture_output=True, text=True)
    return [program["verdict"] for program in json.loads(done.stdout)["files"][0]["programs"]]


def try_page(skep, folder, code, text):
    """What is said, and whether there is a patch that is right; None if there is none."""
    name = f"{code}.bpf.c"
    (folder / name).write_text(text)
    done = subprocess.run([skep, "check", "--fix", name], cwd=folder, capture_output=True, text=True)
    said = done.stderr.strip().replace("\n", "; ")
    if not done.stdout:
        return said, None
    patched = subprocess.run(["patch", "-p1"], cwd=folder, input=done.stdout, capture_output=True, text=True)
    after = verdicts(skep, folder, name) if patched.returncode == 0 else [patched.stdout]
    right = set(after) == {"accepted"} if done.returncode == 0 else patched.returncode == 0
    return f"{said} {after if not right else ''}", right


def programs(chosen):
    """(name, text) of what is tried."""
    codes = sorted(p.stem for p in PAGES.glob("E*.md")) if chosen == ["--all"] else chosen or everyday_codes()
    for code in codes:
        if failing := FAILING.search((PAGES / f"{code}.md").read_text()):
            yield code, failing.group(1)
    if not chosen:
        for path in sorted((HERE / "variants").glob("*.bpf.c")):
            yield path.name.removesuffix(".bpf.c"), path.read_text()


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if not shutil.which("patch") or not (shutil.which("clang") or shutil.which("clang-22")):
        return SKIPPED
    chosen = sys.argv[2:]
    tried, mended, wrong, variants = 0, 0, [], []
    with tempfile.TemporaryDirectory() as folder:
        for name, text in programs(chosen):
            said, right = try_page(str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(folder), name, text)
            print(name, "wrong" if right is False else "mended" if right else "-", said, sep="\t")
            wrong += [name] if right is False else []
            if not PAGE.match(name):
                variants += [] if right else [name]
                continue
            tried += 1
            mended += right is True
    print(f"{tried} failing programs in C, {mended} mended, {len(wrong)} wrong patches {wrong}, variants without: {variants}")
    return 1 if wrong or variants or (not chosen and mended < LEAST) else 0


if __name__ == "__main__":
    sys.exit(main())
