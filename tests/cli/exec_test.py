"""`skep exec`: an unmodified bpftool, each call a process of its own, and all see the same objects. 77: there is no bpftool."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

SKEP = os.path.abspath(sys.argv.pop(1))
COUNTS = "type hash key 4 value 8 entries 2 name counts".split()
ONE = "key 1 0 0 0".split()
VALUE = "value 7 0 0 0 0 0 0 0".split()

PROGRAM = """
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 2);
  __type(key, int);
  __type(value, long);
} hits SEC(".maps");
SEC("xdp") int pass(struct xdp_md *ctx) {
  int key = 0;
  long *hit = bpf_map_lookup_elem(&hits, &key);
  if (hit) *hit += 1;
  return XDP_PASS;
}
char LICENSE[] SEC("license") = "GPL";
"""


class Exec(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.TemporaryDirectory()
        self.addCleanup(self.root.cleanup)

    def run_exec(self, *command):
        return subprocess.run([SKEP, "exec", "--root", self.root.name + "/ns", "--", *command], capture_output=True, text=True,
                              check=False, timeout=60)

    def bpftool(self, *words):
        """What it prints as JSON; fails if bpftool does."""
        done = self.run_exec("bpftool", "-j", *words)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else None

    def fails(self, *words):
        done = self.run_exec("bpftool", *words)
        self.assertNotEqual(done.returncode, 0)
        return done.stdout + done.stderr

    def make_counts(self):
        self.bpftool("map", "create", "/sys/fs/bpf/counts", *COUNTS)

    def test_a_map_is_made_shown_and_filled_by_different_processes(self):
        self.make_counts()
        shown = self.bpftool("map", "show")
        self.assertEqual([(m["type"], m["name"], m["max_entries"]) for m in shown], [("hash", "counts", 2)])
        self.bpftool("map", "update", "name", "counts", *ONE, *VALUE)
        self.assertEqual(self.bpftool("map", "dump", "pinned", "/sys/fs/bpf/counts")[0]["value"][0], "0x07")
        self.assertEqual(self.bpftool("map", "lookup", "id", str(shown[0]["id"]), *ONE)["value"][0], "0x07")
        self.assertEqual(self.bpftool("map", "getnext", "name", "counts")["next_key"][0], "0x01")
        self.bpftool("map", "delete", "name", "counts", *ONE)
        self.assertEqual(self.bpftool("map", "dump", "name", "counts"), [])

    def test_errors_are_linuxs(self):
        self.make_counts()
        self.bpftool("map", "freeze", "name", "counts")
        self.assertIn("Operation not permitted", self.fails("map", "update", "name", "counts", *ONE, *VALUE))
        self.assertIn("File exists", self.fails("map", "create", "/sys/fs/bpf/counts", *COUNTS))

    def test_a_map_lives_as_long_as_a_pin(self):
        self.make_counts()
        self.bpftool("map", "pin", "name", "counts", "/sys/fs/bpf/again")
        os.unlink(self.root.name + "/ns/bpffs/counts")
        self.assertEqual(len(self.bpftool("map", "list")), 1)
        os.unlink(self.root.name + "/ns/bpffs/again")
        self.assertEqual(self.bpftool("map", "list"), [])

    def test_a_program_and_its_map_and_types(self):
        source = self.root.name + "/p.bpf.c"
        with open(source, "w", encoding="utf-8") as out:
            out.write(PROGRAM)
        machine = subprocess.run(["gcc", "-print-multiarch"], capture_output=True, text=True, check=True).stdout.strip()
        headers = os.path.join(os.path.dirname(SKEP), "share", "skep", "include")
        subprocess.run(["clang-22", "-g", "-O2", "--target=bpf", "-I", headers, "-I", f"/usr/include/{machine}", "-c", source, "-o",
                        source + ".o"], check=True)
        self.bpftool("prog", "load", source + ".o", "/sys/fs/bpf/pass")
        programs = self.bpftool("prog", "show")
        self.assertEqual([(p["type"], p["name"]) for p in programs], [("xdp", "pass")])
        maps = self.bpftool("map", "list")
        self.assertEqual(programs[0]["map_ids"], [maps[0]["id"]])
        values = [element["formatted"]["value"] for element in self.bpftool("map", "dump", "name", "hits")]
        self.assertEqual(values, [0, 0])
        types = self.run_exec("bpftool", "btf", "dump", "id", str(programs[0]["btf_id"]))
        self.assertIn("INT 'long' size=8", types.stdout)
        self.assertIn("xdp", self.run_exec("bpftool", "prog", "list").stdout)

    def test_what_cannot_be_run_is_said(self):
        missing = self.run_exec("no-such-program-here")
        self.assertEqual((missing.returncode, missing.stderr), (2, "skep: no-such-program-here: no such program\n"))
        self.assertEqual(subprocess.run([SKEP, "exec"], capture_output=True, check=False).returncode, 2)

    def test_other_programs_do_not_notice(self):
        self.assertEqual(self.run_exec("sh", "-c", "cat /proc/self/comm; exit 3").stdout, "cat\n")
        self.assertEqual(self.run_exec("sh", "-c", "exit 3").returncode, 3)


if __name__ == "__main__":
    if shutil.which("bpftool") is None:
        sys.exit(77)
    unittest.main()
