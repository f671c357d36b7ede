"""Every text with which BTF_LOAD refuses a blob (messages.txt) ends the log of a case in load.txt, or is in the test that
messages.txt names, or is said to be out of reach. A text out of reach that a case ends with is an error too."""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
UNIT_TEST = HERE.parent.parent / "src/btf/validate_test.cc"


def sections():
    """[recorded, in the unit test, never said] as lists of texts."""
    parts = re.split(r"^# (?:Recorded|Too large|Never).*$", (HERE / "messages.txt").read_text(), flags=re.M)
    return [[line.split("  ")[0] for line in part.splitlines() if line] for part in parts[1:]]


def last_lines():
    """Of each case that is refused: its last line, or what follows a type's own words there."""
    for case in (HERE / "load.txt").read_text().split("\n\n"):
        fields = dict(line.partition(" ")[::2] for line in case.splitlines())
        if fields.get("errno", "0") != "0":
            yield fields.get("log", "").removesuffix("\\n").rsplit("\\n", 1)[-1].replace("\\t", "")


def is_said(text, lines):
    words = r"\w+".join(re.escape(part) for part in text.split("{}"))
    return any(re.search(rf"(^|\s){words}$", line) for line in lines)


def main():
    recorded, in_unit_test, never = sections()
    lines = list(last_lines())
    unit_test = UNIT_TEST.read_text()
    errors = [f"{text}: ends no case of load.txt" for text in recorded if not is_said(text, lines)]
    errors += [f"{text}: not in {UNIT_TEST.name}" for text in in_unit_test if text not in unit_test]
    errors += [f"{text}: is said to be out of reach, but there is a case" for text in never if is_said(text, lines)]
    print(f"{len(recorded) + len(in_unit_test) + len(never)} texts, {len(never)} out of reach", *errors, sep="\n")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
