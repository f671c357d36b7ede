#!/usr/bin/env python3
"""Tests tools/parity with a checker that is wrong in known ways: needs no kernel, no selftests and no skep."""

import csv
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOOLS = HERE.parents[1] / "tools/parity"
sys.path.insert(0, str(TOOLS))
import facts  # noqa: E402
import retval  # noqa: E402
import triage  # noqa: E402


class ParityRun(unittest.TestCase):
    """parity.py on the recorded facts of one object, all of whose programs Linux decided."""

    OBJECT = "verifier_subreg.bpf.o"

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.dir = Path(scratch.name)
        self.rows = facts.read_recorded(HERE / "selftests-6.12-on-linux-6.18.44.tsv")[self.OBJECT]

    def run_parity(self, script, *arguments):
        (self.dir / self.OBJECT).write_text("".join(f"{program} {how}\n" for program, how in script.items()))
        (self.dir / "sample.txt").write_text(f"# one\n{self.OBJECT}  # the only\n")
        command = [sys.executable, TOOLS / "parity.py", "--skep", HERE / "fake_skep.py", "--objects", self.dir,
                   "--sample", self.dir / "sample.txt", "--out", self.dir / "rows.tsv", "--timeout", "2", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        with open(self.dir / "rows.tsv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
        return done, {row["program"]: row for row in rows}

    def name(self, index, verdict="accepted"):
        return [row.program for row in self.rows if row.verdict == verdict][index]

    def test_no_difference(self):
        done, rows = self.run_parity({})
        self.assertEqual((done.returncode, rows), (0, {}), done.stderr)
        total = len(self.rows)
        self.assertIn(f"decided: {total} programs, same verdict+errno {total} (100.00 %)", done.stdout)

    def test_each_kind_is_told_apart_and_stops_nothing(self):
        names = [self.name(index) for index in range(8)]
        script = dict(zip(names, ["crash", "hang", "sanitizer", "garbage", "missing",
                                  '{"verdict": "rejected", "errno": -22, "message": "R1 !read_ok"}',
                                  '{"insns_processed": 9999}', '{"verdict": "error", "errno": -95}']))
        done, rows = self.run_parity(script)
        self.assertEqual(done.returncode, 0, done.stderr)
        kinds = [rows[name]["kind"] for name in names]
        self.assertEqual(kinds, ["crash", "timeout", "sanitizer report", "no answer", "no answer", "false reject",
                                 "other count", "not decided"])
        self.assertEqual(len(rows), len(names))
        right = len(self.rows) - len(names)
        self.assertIn(f"same verdict+errno {right + 1} (", done.stdout)
        self.assertIn(f"same last line and count {right} (", done.stdout)

    def test_ratchet_fails_below_and_bless_notes(self):
        ratchet = self.dir / "ratchet.json"
        arguments = ("--ratchet", ratchet)
        self.assertEqual(self.run_parity({}, *arguments)[0].returncode, 1)
        self.assertEqual(self.run_parity({}, *arguments, "--bless")[0].returncode, 0)
        self.assertEqual(self.run_parity({}, *arguments)[0].returncode, 0)
        done, _ = self.run_parity({self.name(0): '{"insns_processed": 1}'}, *arguments)
        self.assertEqual(done.returncode, 1)
        self.assertIn("worse than", done.stderr)
        noted = ratchet.read_text()
        self.assertEqual(self.run_parity({self.name(0): '{"insns_processed": 1}'}, *arguments, "--bless")[0].returncode, 1)
        self.assertEqual(ratchet.read_text(), noted)
        self.assertEqual(next(iter(json.loads(ratchet.read_text()).values()))["programs"], len(self.rows))

    def test_missing_objects_are_an_error(self):
        done = subprocess.run([sys.executable, TOOLS / "parity.py", "--skep", HERE / "fake_skep.py", "--objects", self.dir],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("build_selftests.sh", done.stderr)

    def test_triage_groups_by_shape(self):
        script = {self.name(index): json.dumps({"verdict": "rejected", "errno": -13, "message": f"R{index} !read_ok"})
                  for index in range(5)}
        self.run_parity(script)
        done = subprocess.run([sys.executable, TOOLS / "triage.py", self.dir / "rows.tsv"], capture_output=True, text=True,
                              check=True)
        self.assertIn("    5  false reject", done.stdout)
        self.assertIn("skep   rejected -13  RN !read_ok", done.stdout)
        self.assertIn("5 rows in 1 groups", done.stdout)


class Normalising(unittest.TestCase):
    def test_last_line(self):
        self.assertEqual(facts.normalise_line("umin=0xfffffffffffff001,umin32=0xfffff001"), "umin=0xADDR,umin32=0xfffff001")
        self.assertEqual(facts.normalise_line("cb directlyverification time 27 usec"), "cb directly")
        self.assertEqual(facts.normalise_line("a\tb"), "a b")

    def test_log_line(self):
        same = facts.normalise_log_line
        self.assertEqual(same("0: (18) r1 = 0xffff888104bca800"), same("0: (18) r1 = 0xADDR"))
        self.assertNotEqual(same("0: (18) r1 = 0x100000000000"), same("0: (18) r1 = 0xADDR"))
        self.assertEqual(same("1: (85) call bpf_rcu_read_lock#83125"), same("1: (85) call bpf_rcu_read_lock#7002"))
        self.assertNotEqual(same("1: (85) call bpf_map_lookup_elem#1"), same("1: (85) call bpf_map_lookup_elem#2"))

    def test_return_values(self):
        recorded = {"a.bpf.o": [facts.Row("a.bpf.o", "lacks", "xdp", "unloadable", -22, -1, ""),
                                facts.Row("a.bpf.o", "loads", "xdp", "accepted", 0, 5, "")]}
        lacks, loads = (retval.Stated(Path("a.bpf.o"), name, "7", ()) for name in ("lacks", "loads"))
        self.assertEqual(retval.told_apart("rejected", lacks, recorded), "absent")
        self.assertEqual(retval.told_apart("rejected", loads, recorded), "rejected")
        self.assertEqual(retval.told_apart("differs", lacks, recorded), "differs")
        self.assertEqual(retval.number("(INT_MIN)"), -(2**31))

    def test_shape(self):
        self.assertEqual(triage.shape("invalid access to map value, value_size=48 off=-8 size=8"),
                         "invalid access to map value, value_size=N off=N size=N")
        self.assertEqual(triage.shape("__x64_sys_getpgid is not sleepable"), "__x64_sys_getpgid is not sleepable")
        self.assertEqual(triage.shape("R6 !read_ok fp-8 w3"), "RN !read_ok fpN wN")

    def test_first_difference_of_logs(self):
        with tempfile.TemporaryDirectory() as scratch:
            one, two = Path(scratch) / "1", Path(scratch) / "2"
            one.write_text("a\nverification time 5 usec\n")
            two.write_text("a\nverification time 7 usec\n")
            self.assertIsNone(facts.first_difference(one, two))
            two.write_text("a\n")
            self.assertEqual(facts.first_difference(one, two), (2, "verification time N usec", ""))


if __name__ == "__main__":
    unittest.main()
