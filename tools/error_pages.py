#!/usr/bin/env python3
"""Keeps docs/errors/ in step with the tables of src/diag: each page's titles and its list of messages, and the index.

  tools/error_pages.py SKEP            writes what differs
  tools/error_pages.py SKEP --check    only says what differs, and exits 1 if anything does

Everything else in a page is written by hand.
"""
import json
import pathlib
import re
import subprocess
import sys

PAGES = pathlib.Path(__file__).resolve().parent.parent / "docs/errors"
ERRNOS = {1: "EPERM", 2: "ENOENT", 7: "E2BIG", 9: "EBADF", 12: "ENOMEM", 13: "EACCES", 14: "EFAULT", 16: "EBUSY", 17: "EEXIST",
          22: "EINVAL", 34: "ERANGE", 71: "EPROTO", 95: "EOPNOTSUPP", 524: "ENOTSUPP"}
INDEX = """# Error codes

One page for each cause that skep, the kernel or libbpf refuses a program, its maps or its object for. `skep explain CODE` shows the
same pages; `skep explain` also takes a message or a whole log. Codes are never reused. A page's list of messages, and this list, are
written by `tools/error_pages.py`; its failing and its fixed program are checked by `tests/errors/run.py`.

Where C cannot show it (the compiler would not emit such code, or the program must lack a capability), the programs are in the
assembler of the kernel's log: `;;` lines say how they are loaded ([tests/verifier/README.md](../../tests/verifier/README.md)), `;!`
marks what the kernel says, and where. Some causes have no program: the page says why.
"""


def quoted(text):
    return f"``{text}``" if "`" in text else f"`{text}`"


def messages(cause):
    """The lines of the section "What is said"."""
    lines = []
    for text in cause["texts"]:
        errno = f", {ERRNOS[text['errno']]}" if "errno" in text else ""
        lines.append(f"- {text['from']}{errno}: {quoted(text['text'])}")
    for silent in cause["silent"]:
        lines.append(f"- Linux 6.18 says nothing but {ERRNOS[silent['errno']]}; skep calls it `{silent['kind']}`")
    return "\n".join(lines) or "- nothing that could be recognised: the errno alone, which has many other causes"


def page(cause, old, titles):
    """The page as it should be."""
    old = re.sub(r"^- \[(E\d+)\]\(\1\.md\).*$", lambda m: f"- [{m[1]}]({m[1]}.md): {titles.get(m[1], '?')}", old, flags=re.M)
    body = re.sub(r"\A# .*\n", f"# {cause['code']}: {cause['title']}\n", old)
    section = re.compile(r"^## What is said\n.*?(?=^## |\Z)", re.M | re.S)
    return section.sub(lambda _: f"## What is said\n\n{messages(cause)}\n\n", body)


def index(causes):
    lines, area = [INDEX], None
    for cause in causes:
        if cause["area"] != area:
            area = cause["area"]
            lines.append(f"## {area}\n")
        lines.append(f"- [{cause['code']}]({cause['code']}.md): {cause['title']}")
        if cause is causes[-1] or causes[causes.index(cause) + 1]["area"] != area:
            lines.append("")
    return "\n".join(lines)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    listed = subprocess.run([sys.argv[1], "explain", "--list", "--format", "json"], capture_output=True, text=True, check=True)
    causes = json.loads(listed.stdout)
    titles = {cause["code"]: cause["title"] for cause in causes}
    wanted = {"README.md": index(causes)}
    errors = []
    for cause in causes:
        path = PAGES / f"{cause['code']}.md"
        if path.exists():
            wanted[path.name] = page(cause, path.read_text(), titles)
        else:
            errors.append(f"{path.name}: there is no page")
    for path in PAGES.glob("*.md"):
        if path.name not in wanted:
            errors.append(f"{path.name}: there is no such code")
    for name, text in wanted.items():
        path = PAGES / name
        if path.exists() and path.read_text() == text:
            continue
        if "--check" in sys.argv:
            errors.append(f"{name}: differs from the tables, run tools/error_pages.py")
        else:
            path.write_text(text)
    print(f"{len(causes)} codes", *errors, sep="\n")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
