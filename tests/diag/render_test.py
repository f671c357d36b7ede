#!/usr/bin/env python3
"""Golden renderings: each render/NAME.bpf.c is checked, and what `skep check` says of it is render/NAME.txt.

  render_test.py SKEP           compare; SKEP_BLESS=1 writes the files anew (./dev bless)

Another clang than 14 makes other instructions, and so other paths: then only the codes are compared.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
from xml.etree import ElementTree

FOLDER = pathlib.Path(__file__).resolve().parent / "render"
CODE = re.compile(r"^error\[(E\d{4})\]", re.M)
SKEP = None


def clang_is_14():
    answer = subprocess.run([os.environ.get("SKEP_CLANG", "clang"), "--version"], capture_output=True, text=True)
    return "version 14." in answer.stdout


def check(*arguments, columns=100):
    environment = {**os.environ, "COLUMNS": str(columns)}
    answer = subprocess.run([SKEP, "check", *arguments], cwd=FOLDER, capture_output=True, text=True, env=environment)
    assert answer.returncode == 1, answer.stdout + answer.stderr
    return answer.stdout


def rendering(source, *options, columns=100):
    return check(*options, source.name, columns=columns)


def renderings(sources):
    """{name: text} of all, compiled side by side."""
    found, name = {}, None
    names = {source.name for source in sources}
    for line in check(*sorted(names)).splitlines(keepends=True):
        if line.strip() in names:
            name = line.strip()
            found[name] = ""
        else:
            found[name] += line
    return found


def explanation(text):
    """Without the line of the program, which has times in it."""
    return text[text.index("error["):].rstrip() + "\n"


class Renderings(unittest.TestCase):
    maxDiff = None

    def test_golden_files(self):
        same_clang = clang_is_14()
        sources = sorted(FOLDER.glob("*.bpf.c"))
        self.assertGreater(len(sources), 30)
        actual_of = renderings(sources)
        for source in sources:
            golden = source.with_name(source.name.replace(".bpf.c", ".txt"))
            with self.subTest(source=source.name):
                actual = explanation(actual_of[source.name])
                if os.environ.get("SKEP_BLESS") and same_clang:
                    golden.write_text(actual)
                expected = golden.read_text()
                if same_clang:
                    self.assertEqual(actual, expected)
                else:
                    self.assertEqual(CODE.findall(actual)[:1], CODE.findall(expected)[:1])

    def test_narrow_terminals_are_not_overrun(self):
        for columns in (60, 80):
            text = explanation(rendering(FOLDER / "index_off_by_some.bpf.c", columns=columns))
            long = [line for line in text.splitlines() if len(line) > columns and "= kernel" not in line]
            self.assertEqual(long, [])

    def test_colour_is_asked_for(self):
        source = FOLDER / "null_map_value.bpf.c"
        plain = explanation(rendering(source))
        self.assertNotIn("\033", plain)
        self.assertTrue(plain.isascii())
        coloured = rendering(source, "--color", "always")
        self.assertIn("\033[1;31m", coloured)
        self.assertEqual(explanation(re.sub(r"\033\[[0-9;]*m", "", coloured)), plain)

    def test_json_has_what_the_text_shows(self):
        text = explanation(rendering(FOLDER / "index_off_by_some.bpf.c", columns=1000))
        document = json.loads(rendering(FOLDER / "index_off_by_some.bpf.c", "--format", "json"))
        (told,) = document["files"][0]["programs"][0]["explanations"]
        for member in ("title", "label", "required", "known_words"):
            self.assertIn(told[member], text)
        for event in told["path"]:
            self.assertIn(event["label"], text)
            self.assertIn(event["source"].strip(), text)
        for line in told["kernel"] + told["help"]:
            self.assertIn(line, text)
        self.assertEqual(told["expression"], "f->data[i]")
        begin, end = told["span"]
        self.assertEqual(told["source"][begin:end], told["expression"])
        self.assertEqual((told["known"]["variable_min"], told["known"]["variable_max"]), (0, 20))

    def test_sarif_is_as_the_standard_has_it(self):
        log = json.loads(rendering(FOLDER / "null_two_bugs.bpf.c", "--format", "sarif"))
        self.assertEqual(set(log), {"$schema", "version", "runs"})
        self.assertEqual(log["version"], "2.1.0")
        (run,) = log["runs"]
        rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
        self.assertTrue(run["originalUriBaseIds"]["SRCROOT"]["uri"].endswith("/"))
        self.assertEqual([r["properties"]["kernelStopsHere"] for r in run["results"]], [True, False])
        for result in run["results"]:
            self.assertIn(result["ruleId"], rules)
            self.assertTrue(result["message"]["text"])
            (flow,) = result["codeFlows"]
            (thread,) = flow["threadFlows"]
            steps = [step["location"] for step in thread["locations"]]
            self.assertEqual([s["executionOrder"] for s in thread["locations"]], list(range(1, len(steps) + 1)))
            for location in [*result["locations"], *steps]:
                place = location["physicalLocation"]
                self.assertEqual(place["artifactLocation"], {"uri": "null_two_bugs.bpf.c", "uriBaseId": "SRCROOT"})
                region = place["region"]
                self.assertGreaterEqual(region["startLine"], 1)
                self.assertLess(region["startColumn"], region["endColumn"])

    def test_sarif_fixes_make_the_program_load(self):
        for name in ("index_off_by_some", "leak_early_return", "wrong_context_field"):
            result, *_ = json.loads(rendering(FOLDER / f"{name}.bpf.c", "--format", "sarif"))["runs"][0]["results"]
            (fix,) = result["fixes"]
            self.assertIn("the program loads", fix["description"]["text"])
            (change,) = fix["artifactChanges"]
            self.assertEqual(change["artifactLocation"], {"uri": f"{name}.bpf.c", "uriBaseId": "SRCROOT"})
            lines = (FOLDER / f"{name}.bpf.c").read_text().splitlines(keepends=True)
            for replacement in reversed(change["replacements"]):
                region = replacement["deletedRegion"]
                self.assertEqual((region["startColumn"], region["endColumn"]), (1, 1))
                lines[region["startLine"] - 1 : region["endLine"] - 1] = [replacement["insertedContent"]["text"]]
            with tempfile.TemporaryDirectory() as folder:
                fixed = pathlib.Path(folder) / "fixed.bpf.c"
                fixed.write_text("".join(lines))
                answer = subprocess.run([SKEP, "check", fixed], capture_output=True, text=True)
                self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)

    def test_a_patch_is_the_same_in_json(self):
        (told,) = json.loads(rendering(FOLDER / "null_map_value.bpf.c", "--format", "json"))["files"][0]["programs"][0]["explanations"]
        (hunk,) = told["patch"]["hunks"]
        self.assertEqual((told["patch"]["file"], hunk["removed"]), ("null_map_value.bpf.c", []))
        self.assertRegex("".join(hunk["added"]), r"^ +if \(!\w+\) return .*;$")

    def test_junit_is_xml(self):
        root = ElementTree.fromstring(rendering(FOLDER / "null_two_bugs.bpf.c", "--format", "junit"))
        (suite,) = root
        self.assertEqual((suite.get("tests"), suite.get("failures"), suite.get("errors")), ("1", "1", "0"))
        failure = suite.find("testcase/failure")
        self.assertEqual(failure.get("type"), "E0101")
        self.assertIn("= required: `f` is not NULL", failure.text)

    def test_github_annotations_are_lines(self):
        lines = rendering(FOLDER / "null_two_bugs.bpf.c", "--format", "github").splitlines()
        self.assertEqual(len(lines), 2)
        for line in lines:
            self.assertRegex(line, r"^::error file=null_two_bugs\.bpf\.c,line=\d+,col=\d+,endColumn=\d+,title=E0101%3A [^:]*::.")

    def test_verbose_has_the_instruction(self):
        text = rendering(FOLDER / "null_map_value.bpf.c", "--explain-verbose")
        self.assertIn("= instruction: ", text)
        self.assertIn("= path: ", text)


if __name__ == "__main__":
    SKEP = os.path.abspath(sys.argv.pop(1))
    unittest.main()
