#!/usr/bin/env python3
"""`skep features` from outside: the summary, the lists and their filters, JSON, and exit statuses.

  tests/cli/features_test.py SKEP [unittest arguments]
"""

import json
import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKEP = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT / "build/release/skep"


def features(*args, status=0):
    done = subprocess.run([SKEP, "features", *args], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == status, done.stderr
    return done.stdout if status == 0 else done.stderr


class FeaturesTest(unittest.TestCase):
    def test_summary_names_every_type(self):
        text = features()
        self.assertRegex(text, r"^Linux 6\.18: 3\d program types, \d+ map types, \d+ helpers \(\d+ run here\), \d+ kfuncs")
        for name in ("xdp", "struct_ops", "netfilter"):
            self.assertRegex(text, rf"(?m)^  {name} +\d+ +\d+ +\d+ +\d+$")
        self.assertIn("ringbuf", text.splitlines()[-1])

    def test_a_program_type(self):
        text = features("--prog", "xdp")
        self.assertRegex(text, r"bpf_xdp_adjust_head +runs")
        self.assertNotIn("bpf_skb_store_bytes", text)

    def test_names_with_their_callers(self):
        text = features("--name", "sys_bpf")
        self.assertRegex(text, r"bpf_sys_bpf +runs +syscall")

    def test_what_does_not_run(self):
        text = features("--only", "verifies")
        self.assertRegex(text, r"bpf_bprm_opts_set +verifies only")
        self.assertNotIn("bpf_map_lookup_elem", text)

    def test_json_of_all_kernels(self):
        kernels = json.loads(features("--kernel", "all", "--format", "json"))["kernels"]
        self.assertEqual([k["kernel"] for k in kernels], ["6.18", "6.12"])
        new, old = ({f["name"]: f for f in k["kfuncs"]} for k in kernels)
        self.assertIn("bpf_strcmp", new)
        self.assertNotIn("bpf_strcmp", old)
        lookup = next(h for h in kernels[0]["helpers"] if h["name"] == "bpf_map_lookup_elem")
        self.assertEqual(lookup["id"], 1)
        self.assertTrue(lookup["runs"])
        self.assertIn("xdp", lookup["program_types"])

    def test_wrong_usage(self):
        self.assertIn("no program type", features("--prog", "nonsense", status=2))
        features("--kernel", "5.4", status=2)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
