#!/usr/bin/env python3
"""Witnesses: for each program of cases/*.bpf.c, what `skep check --witness` finds.

  witness_test.py SKEP           compare; SKEP_BLESS=1 writes cases/*.txt anew (./dev bless)

A program has a comment before its SEC(): `// found`, `// no_such_input` or `// not_decided REASON`. The words, inputs included, are in
cases/NAME.txt. A file that begins with `// without: CAP` is checked without that capability. Another clang than 14 makes other
instructions, which fail on other paths: then only the verdicts are compared. Exit status 77: skep was built without Z3.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

FOLDER = pathlib.Path(__file__).resolve().parent / "cases"
SKIPPED = 77
PROGRAM = re.compile(r"^// (found|no_such_input|not_decided \w+)\nSEC\([^)]*\)\n(?:__attribute__\S+ )?\w+ (\w+)\(", re.M)
WITHOUT = re.compile(r"\A// without: (\w+)")
SKEP = None


def clang_is_14():
    answer = subprocess.run([os.environ.get("SKEP_CLANG", "clang"), "--version"], capture_output=True, text=True)
    return "version 14." in answer.stdout


def check(*arguments):
    return subprocess.run([SKEP, "check", *arguments], cwd=FOLDER, capture_output=True, text=True)


def has_solver():
    return "built without" not in check("--witness", "no_such_file").stderr


def witnesses(source):
    """{program: the witness of its first failure} of a file."""
    without = WITHOUT.match(source.read_text())
    options = ["--without", without.group(1)] if without else []
    # No time limit that a busy machine could reach.
    answer = check("--witness", "--witness-ms", "60000", "--format", "json", *options, source.name)
    (file,) = json.loads(answer.stdout)["files"]
    return {p["name"]: p["explanations"][0]["witness"] if "explanations" in p else None for p in file["programs"]}


class Witnesses(unittest.TestCase):
    maxDiff = None

    def test_cases(self):
        same_clang = clang_is_14()
        programs = 0
        for source in sorted(FOLDER.glob("*.bpf.c")):
            found = witnesses(source)
            expected = {name: verdict for verdict, name in PROGRAM.findall(source.read_text())}
            self.assertEqual(set(found), set(expected), f"{source.name}: each program wants a comment")
            programs += len(found)
            for name, witness in found.items():
                with self.subTest(program=f"{source.name}: {name}"):
                    self.assertIsNotNone(witness, "it is accepted")
                    verdict = " ".join(filter(None, (witness["verdict"], witness.get("reason"))))
                    self.assertEqual(verdict, expected[name], witness["words"])
                    self.assertIs(bool(witness["inputs"]) and verdict != "found", False)
            if same_clang:
                self.compare_words(source, found)
        self.assertGreaterEqual(programs, 25)

    def compare_words(self, source, found):
        golden = source.with_name(source.name.replace(".bpf.c", ".txt"))
        actual = "".join(f"{name}: {witness['words']}\n" for name, witness in found.items() if witness)
        if os.environ.get("SKEP_BLESS"):
            golden.write_text(actual)
        self.assertEqual(actual, golden.read_text())

    def test_text_and_sarif_have_it(self):
        words = witnesses(FOLDER / "packet.bpf.c")["no_check"]["words"]
        text = check("--witness", "--prog", "no_check", "packet.bpf.c").stdout
        self.assertIn("= witness: ", text)
        self.assertIn(words, " ".join(text.split()))
        sarif = json.loads(check("--witness", "--prog", "no_check", "--format", "sarif", "packet.bpf.c").stdout)
        properties = sarif["runs"][0]["results"][0]["properties"]
        self.assertEqual((properties["witness"], properties["witnessVerdict"]), (words, "found"))

    def test_nothing_without_asking(self):
        self.assertNotIn("witness", check("packet.bpf.c").stdout)
        self.assertNotIn('"witness"', check("--format", "json", "packet.bpf.c").stdout)

    def test_time_limit(self):
        (file,) = json.loads(check("--witness", "--witness-ms", "1", "--format", "json", "map_value.bpf.c").stdout)["files"]
        for program in file["programs"]:
            self.assertLess(program["explanations"][0]["witness"]["time_us"], 1_000_000)


if __name__ == "__main__":
    SKEP = os.path.abspath(sys.argv.pop(1))
    if not has_solver():
        sys.exit(SKIPPED)
    unittest.main()
