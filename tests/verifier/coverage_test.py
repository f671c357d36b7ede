"""Every message of src/diag/kinds.def is in a text case, or said to be out of reach, or still to be written.

A kind counts as reached if a case expects its text: a line marked ";!" or ";:" (what is printed before the last line of
a rejection), or the "// LOG" of a case in C (tests/verifier_c). Otherwise it must be in not-reached.md, with its reason, or in missing.txt, which may only shrink: a kind
there that a case reaches is an error too. Texts of older kernels only (a comment says which) do not count.

  coverage_test.py [--list]    --list: the kinds without a case
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
CASES_IN_C = HERE.parent / "verifier_c"
KINDS = HERE.parent.parent / "src/diag/kinds.def"
LAST_FAMILY = "N1"
ROW = re.compile(r'SKEP_DIAG\((\w+), "E\d+", \w+, "((?:[^"\\]|\\.)*)"')


def read_kinds():
    """Name -> text, in the order of the file, of the families up to LAST_FAMILY that the newest kernel has."""
    kinds, family = {}, ""
    for line in KINDS.read_text().splitlines():
        if head := re.match(r"// ([A-Z]\d+\w?): ", line):
            if family == LAST_FAMILY:
                break
            family = head[1]
        row = ROW.match(line)
        if row and family and row[2] and "// Linux 6.12" not in line:
            kinds[row[1]] = row[2].replace('\\"', '"')
    return kinds


def pattern(text):
    """The text's first line with anything in the place of its facts; without a newline more may follow."""
    first, newline, _ = text.partition("\\n")
    parts = re.split(r"(\{\{|\}\}|\{[^}]*\})", first)
    words = ["." + "*" if p[:1] == "{" and p != "{{" else re.escape(p.replace("{{", "{").replace("}}", "}")) for p in parts]
    return re.compile("".join(words) + ("$" if newline else ""))


def literal_length(text):
    return len(re.sub(r"\{[^}]*\}", "", text))


def lines_of(cases, mark):
    return {m[1] for case in cases for line in case.read_text().splitlines() if (m := mark.search(line))}


def expected_lines():
    """What the text cases and the cases in C expect the log to say."""
    return lines_of(HERE.rglob("*.s"), re.compile(r";[!:] (.*)$")) | lines_of(
        CASES_IN_C.rglob("*.bpf.c"), re.compile(r"^// LOG (.*)$")
    )


def reached_kinds(kinds):
    """A line is of the kind that says most of it: "R1 is ptr_x invalid ..." before "R1 is y invalid ..."."""
    patterns = sorted(((pattern(text), name) for name, text in kinds.items()), key=lambda p: -literal_length(kinds[p[1]]))
    reached = set()
    for line in expected_lines():
        for regex, name in patterns:
            if regex.match(line):
                reached.add(name)
                break
    return reached


def main():
    kinds = read_kinds()
    reached = reached_kinds(kinds)
    out_of_reach = set(re.findall(r"^- `(\w+)`", (HERE / "not-reached.md").read_text(), re.M))
    missing = set((HERE / "missing.txt").read_text().split())
    errors = [f"{k}: no case, not in not-reached.md" for k in kinds if k not in reached | out_of_reach | missing]
    errors += [f"{k}: in missing.txt, but there is a case: take it out" for k in sorted(missing & reached)]
    errors += [f"{k}: in not-reached.md, but there is a case" for k in sorted(out_of_reach & reached)]
    errors += [f"{k}: in missing.txt and in not-reached.md" for k in sorted(missing & out_of_reach)]
    errors += [f"{k}: no such kind" for k in sorted((missing | out_of_reach) - set(kinds))]
    if "--list" in sys.argv:
        print("\n".join(k for k in kinds if k not in reached | out_of_reach))
    print(f"{len(kinds)} messages: {len(reached)} reached, {len(out_of_reach)} out of reach, {len(missing)} missing")
    print("\n".join(errors))
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
