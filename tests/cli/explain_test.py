#!/usr/bin/env python3
"""`skep explain` from outside: codes, messages, logs, words, both formats, exit statuses.

  tests/cli/explain_test.py SKEP [unittest arguments]
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKEP = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT / "build/release/skep"

LOG = """libbpf: prog 'handle': BPF program load failed: Permission denied
libbpf: prog 'handle': -- BEGIN PROG LOAD LOG --
Global function handle() doesn't return scalar. Only those are supported.
0: R1=ctx() R10=fp0
; struct ethhdr *eth = data; @ prog.bpf.c:12
0: (61) r2 = *(u32 *)(r1 +0)          ; R1=ctx() R2_w=pkt(r=0)
1: (69) r0 = *(u16 *)(r2 +12)
invalid access to packet, off=12 size=2, R2(id=0,off=12,r=0)
R2 offset is outside of the packet
processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
-- END PROG LOAD LOG --
libbpf: prog 'handle': failed to load: -13
libbpf: failed to load object 'prog.bpf.o'
"""


def explain(*args, given=""):
    return subprocess.run([SKEP, "explain", *map(str, args)], input=given, capture_output=True, text=True, timeout=60, check=False)


def answer(*args, given=""):
    done = explain("--format", "json", *args, given=given)
    return json.loads(done.stdout)


class ExplainTest(unittest.TestCase):
    def test_a_code_shows_its_page(self):
        for code in ("E0203", "e0203"):
            done = explain(code)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("E0203: an index has no upper bound", done.stdout)
            self.assertIn("What it means", done.stdout)
            self.assertIn("    return value[i];", done.stdout)
            self.assertNotIn("\33", done.stdout)
            self.assertNotIn("```", done.stdout)
            self.assertLessEqual(max(len(line) for line in done.stdout.splitlines() if "http" not in line), 110)

    def test_a_name_of_a_kind(self):
        self.assertEqual(answer("RegNotReadable")["code"], "E0104")

    def test_a_message_with_its_facts(self):
        found = answer("R1 invalid mem access 'scalar'")
        self.assertEqual(found["code"], "E0102")
        self.assertEqual(found["match"]["facts"], {"reg": "1", "type": "scalar"})
        self.assertEqual(found["match"]["from"], "the verifier of Linux 6.18")
        self.assertIn("What it means", found["page"])

    def test_words_need_no_quotes(self):
        self.assertEqual(answer("R2", "offset", "is", "outside", "of", "the", "packet")["code"], "E0201")

    def test_older_words_and_who_says_them(self):
        found = answer("R1 invalid mem access 'inv'")
        self.assertEqual((found["code"], found["match"]["from"]), ("E0102", "the verifier of older kernels (until 5.17)"))

    def test_a_log_from_standard_input(self):
        for args in ((), ("-",)):
            found = answer(*args, given=LOG)
            self.assertEqual(found["code"], "E0201")
            self.assertEqual(found["match"]["line"], "R2 offset is outside of the packet")
            self.assertTrue(any(line["line"].startswith("Global function handle()") for line in found["noise"]))
        self.assertIn("not the reason: Global function handle()", explain(given=LOG).stdout)

    def test_a_log_from_a_file(self):
        with tempfile.NamedTemporaryFile("w", suffix=".log") as file:
            file.write(LOG)
            file.flush()
            self.assertEqual(answer(file.name)["code"], "E0201")

    def test_a_line_that_sums_up(self):
        found = answer(given="func 'f' doesn't have 6-th argument\ninvalid bpf_context access off=40 size=8\n")
        self.assertEqual((found["code"], found["summary"]["code"]), ("E0606", "E0603"))

    def test_a_part_of_a_message(self):
        self.assertIn("E0203: an index has no upper bound", explain("make sure to bounds check").stdout)
        several = explain("unbounded memory access")
        self.assertEqual(several.returncode, 0)
        self.assertIn("E0203", several.stdout)
        self.assertIn("E0207", several.stdout)
        self.assertEqual({cause["code"] for cause in answer("unbounded memory access")}, {"E0203", "E0207"})

    def test_list(self):
        done = explain("--list")
        self.assertEqual(done.returncode, 0)
        self.assertIn("Bounds of memory\n", done.stdout)
        self.assertIn("  E0203  an index has no upper bound\n", done.stdout)
        causes = answer("--list")
        self.assertGreaterEqual(len(causes), 270)
        self.assertTrue(all(cause["texts"] or cause["silent"] or cause["code"] >= "E2105" for cause in causes))

    def test_nothing_fits(self):
        for args, given in ((("xyzzy plugh",), ""), ((), "all is well\nand so on\n"), ((), "")):
            done = explain(*args, given=given)
            self.assertEqual((done.returncode, done.stdout), (1, ""), (args, given))
            self.assertTrue(done.stderr.startswith("skep: explain: "), done.stderr)

    def test_usage(self):
        self.assertEqual(explain("--format", "xml", "E0203").returncode, 2)
        self.assertEqual(explain("--help").returncode, 0)
        self.assertIn("Exit status", explain("--help").stdout)

    def test_what_is_pasted_does_no_harm(self):
        done = explain(given="R1 !read_ok\n\33]0;title\7 R1 !read_ok\n\0\xff\n")
        self.assertEqual(done.returncode, 0)
        self.assertNotIn("\33", done.stdout)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
