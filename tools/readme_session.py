#!/usr/bin/env python3
"""Keeps the session shown in README.md real: runs its `$ ` lines and compares what they print with what is written there.

  tools/readme_session.py SKEP      exit status 1 and a diff if README.md shows something else
  SKEP_BLESS=1 ... SKEP             write what they print into README.md (./dev bless)

The session is the fenced block after the heading "## A session". Times are not compared.
"""

import difflib
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
SESSION = re.compile(r"(## A session\n.*?```\n)(.*?)(```\n)", re.DOTALL)


def play(session, skep):
    """The session again: its commands, each with what it prints now."""
    environment = dict(os.environ, PATH=f"{skep.parent}:{os.environ['PATH']}")
    played = []
    for command in re.findall(r"^\$ (.*)$", session, re.MULTILINE):
        done = subprocess.run(["bash", "-c", command], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        played.append(f"$ {command}\n{done.stdout}")
    return "".join(played)


def without_times(text):
    return re.sub(r"\s*\d+(\.\d+)? ?(usec|us|µs|ms|s)\b", " TIME", text)


def main():
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    text = README.read_text()
    written = SESSION.search(text)
    if not written:
        print('README.md has no "## A session" with a fenced block')
        return 1
    now = play(written.group(2), pathlib.Path(sys.argv[1]).resolve())
    if without_times(now) == without_times(written.group(2)):
        return 0
    if os.environ.get("SKEP_BLESS"):
        README.write_text(text[: written.start(2)] + now + text[written.end(2) :])
        return 0
    sys.stdout.writelines(difflib.unified_diff(written.group(2).splitlines(True), now.splitlines(True), "README.md", "now"))
    print("(./dev bless -R readme writes what is printed now into README.md)")
    return 1


if __name__ == "__main__":
    sys.exit(main())
