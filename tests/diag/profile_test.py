#!/usr/bin/env python3
"""Golden profiles: what `skep check --profile` says of each profile/NAME.bpf.c is profile/NAME.txt.

  profile_test.py SKEP           compare; SKEP_BLESS=1 writes the files anew (./dev bless -R profile)

Another clang than 14 makes other instructions: then only what does not depend on them is compared.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

FOLDER = pathlib.Path(__file__).resolve().parent / "profile"
TIMES = re.compile(r"( states) +\d+ us", re.M)
SKEP = None


def clang_is_14():
    answer = subprocess.run([os.environ.get("SKEP_CLANG", "clang"), "--version"], capture_output=True, text=True)
    return "version 14." in answer.stdout


def check(*arguments):
    environment = {**os.environ, "COLUMNS": "100"}
    return subprocess.run([SKEP, "check", *arguments], cwd=FOLDER, capture_output=True, text=True, env=environment).stdout


def sources():
    return sorted(path.name for path in FOLDER.glob("*.bpf.c"))


def profiles(*options):
    """{name: its profile} of all programs, as JSON."""
    files = json.loads(check("--format", "json", *options, *sources()))["files"]
    return {program["name"]: program for file in files for program in file["programs"]}


def at_head(profile):
    """Of the most expensive loop: the values that its rounds differ in."""
    return profile["points"][profile["loops"][0]["point"]]["values"]


class Profiles(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.found = profiles("--profile")

    def test_golden_files(self):
        if not clang_is_14():
            self.skipTest("the golden files are of clang 14")
        for source in sources():
            golden = FOLDER / source.replace(".bpf.c", ".txt")
            with self.subTest(source=source):
                actual = TIMES.sub(r"\1", check("--profile", source))
                if os.environ.get("SKEP_BLESS"):
                    golden.write_text(actual)
                self.assertEqual(actual, golden.read_text())

    def test_every_instruction_is_counted_once(self):
        for name, program in self.found.items():
            with self.subTest(program=name):
                profile = program["profile"]
                self.assertEqual(sum(line["insns"] for line in profile["lines"]), profile["insns"])
                self.assertLessEqual(abs(profile["insns"] - program["insns_processed"]), 1)
                self.assertLessEqual(sum(line["states"] for line in profile["lines"]), profile["states"])
                for loop in profile["loops"]:
                    self.assertLessEqual(loop["insns"], profile["insns"])
                    self.assertAlmostEqual(loop["share"], 100 * loop["insns"] / profile["insns"], delta=0.06)

    def test_a_precise_counter_is_named(self):
        profile = self.found["counter_precise"]["profile"]
        counter = at_head(profile)[0]
        self.assertEqual(counter["name"], "i")
        self.assertTrue(counter["precise"] and counter["more"])
        self.assertEqual(counter["times"], counter["alone"])
        self.assertIn("i < 300000", counter["because"]["source"])
        self.assertIn("for (int i", profile["loops"][0]["statement"]["source"])

    def test_branches_that_multiply(self):
        profile = self.found["branches_multiply"]["profile"]
        self.assertEqual(profile["loops"], [])
        values = {value["name"]: value for value in profile["points"][0]["values"] if "name" in value}
        self.assertGreater(values["set"]["distinct"], 100)
        self.assertIn("table[set]", values["set"]["because"]["source"])

    def test_branches_that_wait(self):
        profile = self.found["too_many_jumps"]["profile"]
        self.assertEqual(sum(branch["branches"] for branch in profile["waiting"]), 8192)
        self.assertIn("bpf_get_prandom_u32() > i", profile["waiting"][0]["source"])

    def test_suggestions_were_tried(self):
        for name in ("counter_precise", "too_many_jumps"):
            self.assertTrue(self.found[name]["profile"]["help"][0].startswith("with this change the program loads"))
        help = " ".join(self.found["expensive"]["profile"]["help"])
        self.assertIn("make mix() global", help)

    def test_programs_given_up_for_their_length_have_one_unasked(self):
        found = profiles()
        for name, program in found.items():
            self.assertEqual("profile" in program, program.get("code") in ("E0401", "E0402"), name)
        self.assertFalse(found["counter_precise"]["profile"]["complete"])
        self.assertEqual(at_head(found["counter_precise"]["profile"])[0]["name"], "i")


if __name__ == "__main__":
    SKEP = os.path.abspath(sys.argv.pop(1))
    unittest.main()
