#!/usr/bin/env python3
"""`skep run` from outside: packets, captures, contexts, maps, variables, coverage, and what goes wrong.

  tests/cli/run_test.py SKEP [unittest arguments]

Programs are compiled by the command; without any clang the test is skipped (exit status 77).
"""

import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKEP = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT / "build/release/skep"

SOURCE = """
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 16); __type(key, __u32); __type(value, __u64); } blocked SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4); __type(key, __u32); __type(value, __u64); } sizes SEC(".maps");
int limit = 20;
int seen;
SEC("xdp") int filter(struct xdp_md *ctx) {
  unsigned char *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
  __u32 first;
  seen++;
  if (data + 20 > end) return XDP_ABORTED;
  first = data[0];
  if (first > limit)
    return XDP_TX;
  if (bpf_map_lookup_elem(&blocked, &first))
    return XDP_DROP;
  data[1] = 0xff;
  bpf_printk("first %d", first);
  return XDP_PASS;
}
SEC("xdp") int fill(struct xdp_md *ctx) {
  for (__u64 value = 0; value < 8; value++) {
    __u32 key = value;
    bpf_map_update_elem(&blocked, &key, &value, BPF_ANY);
  }
  return XDP_PASS;
}
struct args { int a; int b; };
SEC("syscall") int add(struct args *ctx) { ctx->b += ctx->a; return ctx->b; }
SEC("raw_tp/x") int third(struct bpf_raw_tracepoint_args *ctx) { return ctx->args[2]; }
SEC("kprobe/x") int entry(struct pt_regs *ctx) { return *(long *)ctx; }
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __type(key, __u32); __type(value, __u64); } sized_later SEC(".maps");
SEC("tracepoint/x") int counts(long *ctx) {
  __u32 key = 0;
  __u64 *count = bpf_map_lookup_elem(&sized_later, &key);
  if (count) ++*count;
  return ctx[2];
}
SEC("tracepoint/x") int no_check(long *ctx) {
  __u32 key = ctx[1];
  return *(__u64 *)bpf_map_lookup_elem(&sized_later, &key);
}
extern struct jumps jumps;
SEC("raw_tp/x") int jumper(void *ctx) { bpf_tail_call(ctx, &jumps, 0); return 7; }
SEC("raw_tp/x") int rejected(long *ctx) { return *(long *)ctx[0]; }
struct jumps {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 2);
  __uint(key_size, 4);
  __array(values, int (void *));
} jumps SEC(".maps") = {.values = {(void *)&third, (void *)&rejected}};
SEC("tc") int mark(struct __sk_buff *skb) { skb->mark += 1; return bpf_get_prandom_u32() & 0x7fffffff; }
char LICENSE[] SEC("license") = "GPL";
"""


def find_clang():
    names = [os.environ.get("SKEP_CLANG", ""), "clang-22", *[f"clang-{v}" for v in range(40, 11, -1)], "clang"]
    return next((name for name in names if name and shutil.which(name)), None)


def skep(*args):
    return subprocess.run([SKEP, "run", *map(str, args)], capture_output=True, text=True, errors="replace", timeout=300, check=False)


def pcap(packets):
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for at, packet in enumerate(packets):
        out += struct.pack("<IIII", at, 5, len(packet), len(packet)) + packet
    return out


class RunTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.work = pathlib.Path(cls.folder.name)
        cls.source = cls.work / "some.bpf.c"
        cls.source.write_text(SOURCE)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def document(self, program, *args):
        result = skep(self.source, "--prog", program, "--format", "json", *args)
        self.assertEqual(result.returncode, 0, result)
        return json.loads(result.stdout)

    def fails(self, *args):
        result = skep(*args)
        self.assertEqual(result.returncode, 2, result)
        self.assertTrue(result.stderr.startswith("skep: "), result.stderr)
        return result.stderr

    def test_a_packet(self):
        for engine in ("jit", "interp", "checked"):
            done = self.document("filter", "--data", "05" * 20, "--engine", engine)
            self.assertEqual(done["verdict"], "XDP_PASS")
            self.assertEqual(done["data"], "05ff" + "05" * 18)
            self.assertEqual(len(done["trace"]), 1)
            self.assertIn("first 5", done["trace"][0])
        text = skep(self.source, "--prog", "filter", "--data", "ff" * 20).stdout
        self.assertIn("XDP_TX (3)", text)
        self.assertIn("unchanged", text)

    def test_maps_and_variables(self):
        blocked = self.work / "blocked.json"
        blocked.write_text('[{"key": 7, "value": 1}, {"key": "0x9", "value": 2}]')
        done = self.document("filter", "--data", "07" * 20, "--map", f"blocked={blocked}", "--maps")
        self.assertEqual(done["verdict"], "XDP_DROP")
        self.assertEqual(sorted(each["key"] for each in done["maps"]["blocked"]), [7, 9])
        self.assertEqual(done["maps"]["some.bss"], {"seen": 1})
        section = self.work / "section.json"
        section.write_text('{"seen": 5}')
        again = self.document("filter", "--data", "07" * 20, "--map", f"some.bss={section}", "--maps")
        self.assertEqual(again["maps"]["some.bss"], {"seen": 6})
        self.assertEqual(self.document("filter", "--data", "07" * 20, "--set", "limit=6")["verdict"], "XDP_TX")

    def test_a_capture(self):
        source, target = self.work / "in.pcap", self.work / "out.pcap"
        source.write_bytes(pcap([b"\x01" * 20, b"\xff" * 30, b"\x02" * 15, b"\x03" * 40, b"\x04" * 4]))
        done = self.document("filter", "--pcap", source, "--out", target)
        self.assertEqual(done["verdicts"], {"XDP_ABORTED": 1, "XDP_PASS": 2, "XDP_TX": 1})
        self.assertEqual((done["packets"], done["refused"]), (5, 1))
        self.assertEqual(target.read_bytes().count(b"\x01\xff\x01"), 1)
        self.assertEqual(len(target.read_bytes()), 24 + 3 * 16 + 20 + 30 + 40)
        source.write_bytes(source.read_bytes()[:-1])
        self.assertIn("cut off", self.fails(self.source, "--prog", "filter", "--pcap", source))

    def test_contexts(self):
        self.assertEqual(self.document("add", "--ctx", '{"a": 3, "b": 4}')["ctx"], {"a": 3, "b": 7})
        self.assertEqual(self.document("third", "--ctx", '[1, 2, "0x30"]')["retval"], 0x30)
        self.assertEqual(self.document("entry", "--ctx", "[77" + ", 0" * 20 + "]")["retval"], 77)
        self.assertEqual(self.document("mark", "--ctx", '{"mark": 41}')["ctx"]["mark"], 42)
        self.assertIn("no member", self.fails(self.source, "--prog", "mark", "--ctx", '{"marc": 1}'))

    def test_what_is_not_given_of_a_context_is_zero(self):
        for program in ("third", "entry", "counts"):
            done = self.document(program, "--maps")
            self.assertEqual(done["retval"], 0)
            self.assertNotIn("ctx", done)
        self.assertEqual(done["maps"]["sized_later"], [{"key": 0, "value": 1}])
        self.assertEqual(self.document("third", "--ctx", "[1]")["retval"], 0)
        self.assertEqual(self.document("add")["retval"], 0)

    def test_slots_of_rejected_programs_stay_empty(self):
        self.assertEqual(self.document("jumper")["retval"], 7)
        self.assertEqual(self.document("jumper", "--ctx", "[1, 2, 3]", "--with", "third")["retval"], 3)

    def test_a_rejected_program_is_told_in_a_line(self):
        result = skep(self.source, "--prog", "no_check")
        self.assertEqual(result.returncode, 1)
        self.assertIn(": E0101: R0 invalid mem access 'map_value_or_null' (skep check", result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1)

    def test_a_seed_makes_it_repeatable(self):
        values = {self.document("mark", "--seed", "3")["retval"] for _ in range(2)}
        self.assertEqual(len(values), 1)
        self.assertNotEqual(values, {self.document("mark", "--seed", "4")["retval"]})
        first, second = (self.document("fill", "--seed", "3", "--maps")["maps"] for _ in range(2))
        self.assertEqual(first, second)

    def test_coverage(self):
        trace = self.work / "trace.info"
        result = skep(self.source, "--prog", "filter", "--data", "ff" * 20, "--coverage", "--lcov", trace)
        lines = {line.split(":", 2)[2].strip(): line.split(":")[0].strip() for line in result.stdout.splitlines() if line.count(":") > 1}
        self.assertEqual(lines["seen++;"], "1")
        self.assertEqual(lines["data[1] = 0xff;"], "#####")
        self.assertIn("FNDA:1,filter", trace.read_text())

    def test_trouble(self):
        self.assertIn("--prog must name one of", self.fails(self.source))
        self.assertIn("no program nobody", self.fails(self.source, "--prog", "nobody"))
        self.assertIn("hex", self.fails(self.source, "--prog", "filter", "--data", "0g"))
        self.assertIn("no global variable", self.fails(self.source, "--prog", "filter", "--set", "x=1"))
        self.assertIn("no map", self.fails(self.source, "--prog", "filter", "--map", "x=/dev/null"))
        self.assertIn("Invalid argument", self.fails(self.source, "--prog", "filter", "--data", "00"))


if __name__ == "__main__":
    if find_clang() is None:
        sys.exit(77)
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
