#!/usr/bin/env python3
"""`skep check` from outside: inputs of every kind, each output format, exit statuses, and files that lie.

  tests/cli/check_test.py SKEP [unittest arguments]

Objects are compiled from examples/ with the command's own clang; without any clang the test is skipped (exit status 77).
"""

import csv
import io
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKEP = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT / "build/release/skep"
MUTATIONS = int(os.environ.get("SKEP_TEST_MUTATIONS", "150"))


def find_clang():
    names = [os.environ.get("SKEP_CLANG", ""), "clang-22", *[f"clang-{v}" for v in range(40, 11, -1)], "clang"]
    return next((name for name in names if name and shutil.which(name)), None)


def skep(*args, **options):
    return subprocess.run([SKEP, *map(str, args)], capture_output=True, text=True, errors="replace", timeout=300, check=False, **options)


class CheckTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.work = pathlib.Path(cls.folder.name)
        cls.source = cls.work / "two.bpf.c"
        cls.source.write_text(
            '#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n'
            'struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1000000); __type(key, int); __type(value, long); } '
            'big SEC(".maps");\n'
            'const volatile int limit = 3;\n'
            'SEC("xdp") int first(struct xdp_md *ctx) { int k = 0; return bpf_map_lookup_elem(&big, &k) ? XDP_PASS : limit; }\n'
            'SEC("nobody_knows") int second(void *ctx) { return 0; }\n'
            'char LICENSE[] SEC("license") = "GPL";\n'
        )
        cls.object = cls.compile(cls.source)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def compile(cls, source):
        target = cls.work / (source.name[: -len(".bpf.c")] + ".bpf.o")
        include = SKEP.parent / "share/skep/include"
        multiarch = f"/usr/include/{os.uname().machine}-linux-gnu"
        flags = ["-g", "-O2", "--target=bpf", "-mcpu=v3", f"-I{include}", f"-I{include}/uapi", "-idirafter", multiarch]
        subprocess.run([find_clang(), *flags, "-c", source, "-o", target], check=True)
        return target

    def document(self, *args):
        result = skep("check", "--format", "json", *args)
        return result, json.loads(result.stdout)

    def one_line(self, result, *words):
        self.assertEqual(result.returncode, 2, result)
        lines = result.stderr.splitlines()
        self.assertEqual(len(lines), 1, result.stderr)
        self.assertTrue(lines[0].startswith("skep: "), lines[0])
        for word in words:
            self.assertIn(word, lines[0])

    def test_several_kernels(self):
        both = ("--kernel", "6.12", "--kernel", "6.18")
        answer = skep("check", *both, "--format", "json", self.object)
        documents, text = [], answer.stdout.strip()
        while text:
            document, end = json.JSONDecoder().raw_decode(text)
            documents.append(document)
            text = text[end:].strip()
        self.assertEqual([d["kernel"] for d in documents], ["6.12", "6.18"])
        first = [d["files"][0]["programs"][0] for d in documents]
        self.assertEqual([p["name"] for p in first], ["first", "first"])
        rows = list(csv.DictReader(io.StringIO(skep("check", *both, "--format", "csv", self.object).stdout)))
        self.assertEqual({row["kernel"] for row in rows}, {"6.12", "6.18"})
        table = skep("check", *both, self.object).stdout.splitlines()
        self.assertEqual(table[0].split()[-2:], ["6.12", "6.18"])
        self.assertIn("accepted", table[1])
        self.assertEqual(skep("check", "--kernel", "2.4", self.object).returncode, 2)

    def test_json_has_the_documented_members(self):
        result, document = self.document(self.object)
        self.assertEqual(document["kernel"], "6.18")
        (file,) = document["files"]
        self.assertEqual(file["file"], str(self.object))
        self.assertEqual([p["name"] for p in file["programs"]], ["first", "second"])
        self.assertEqual([p["type"] for p in file["programs"]], ["xdp", "socket_filter"])
        for program in file["programs"]:
            for member in ("verdict", "errno", "message", "insns_processed", "total_states", "peak_states", "time_us"):
                self.assertIn(member, program)
            self.assertEqual(program["verdict"], "accepted", program)
            self.assertEqual(program["errno"], 0)
            self.assertGreater(program["insns_processed"], 0)
        self.assertEqual(result.returncode, 0)

    def test_text_has_a_line_for_each_program(self):
        result = skep("check", self.object)
        lines = result.stdout.splitlines()
        self.assertEqual(lines[0], str(self.object))
        self.assertEqual([line.split()[:2] for line in lines[1:]], [["accepted", "first"], ["accepted", "second"]])
        self.assertNotIn("\033", result.stdout)

    def test_csv_can_be_read(self):
        rows = list(csv.DictReader(io.StringIO(skep("check", "--format", "csv", self.object).stdout)))
        self.assertEqual([row["program"] for row in rows], ["first", "second"])
        self.assertEqual({row["verdict"] for row in rows}, {"accepted"})

    def test_kernel_format_is_the_log(self):
        result = skep("check", "--format", "kernel", "--prog", "second", self.object)
        self.assertRegex(result.stdout.splitlines()[-1], r"^processed \d+ insns \(limit 1000000\) ")

    def test_one_program(self):
        _, document = self.document("--prog", "second", self.object)
        self.assertEqual([p["name"] for p in document["files"][0]["programs"]], ["second"])
        self.one_line(skep("check", "--prog", "third", self.object), "third", "no program")

    def test_type_of_unknown_sections(self):
        _, document = self.document("--type", "tracepoint", self.object)
        self.assertEqual([p["type"] for p in document["files"][0]["programs"]], ["xdp", "tracepoint"])
        self.one_line(skep("check", "--type", "nonsense", self.object), "nonsense")

    def test_a_guessed_type_is_told_with_a_rejection(self):
        source = self.work / "guessed.bpf.c"
        source.write_text(
            '#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n'
            'SEC("nobody_knows") int length(struct __sk_buff *skb) { return skb->data_end - skb->data; }\n'
        )
        rejected = skep("check", source).stdout
        self.assertIn("programs of type socket_filter may not read `skb->data", rejected)
        self.assertIn("the section `nobody_knows` names no program type", rejected)
        self.assertNotIn("names no program type", skep("check", "--type", "socket_filter", source).stdout)

    def test_the_beginning_of_a_section_says_what_may_be_meant(self):
        for section, meant in {"tc/tail": "sched_cls", "xdp_pass": "xdp", "sk_skb_a/b": "sk_skb", "tail_xdp": "TYPE"}.items():
            source = self.work / "beginning.bpf.c"
            source.write_text(
                "#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n"
                f'SEC("{section}") int end(struct __sk_buff *skb) {{ return skb->data_end; }}\n'
            )
            rejected = " ".join(skep("check", source).stdout.split())
            self.assertIn(f"taken for a socket_filter program: --type {meant} says otherwise", rejected)

    def test_without_a_capability(self):
        source = self.work / "leak.bpf.c"
        source.write_text(
            '#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n'
            'SEC("socket") int leak(struct __sk_buff *skb) { return (unsigned long)skb > 4096; }\n'
            'char LICENSE[] SEC("license") = "GPL";\n'
        )
        verdict = lambda *args: self.document(*args, source)[1]["files"][0]["programs"][0]
        self.assertEqual(verdict()["verdict"], "accepted")
        self.assertEqual(verdict("--without", "net_admin")["verdict"], "accepted")
        self.assertEqual(verdict("--without", "perfmon")["code"], "E0507")
        self.assertEqual(verdict("--without", "bpf", "--without", "perfmon")["code"], "E0507")
        self.one_line(skep("check", "--without", "sys_admin", source), "sys_admin")
        self.one_line(skep("check", "--without", "bpf", "--kernel", "live", source), "--without")

    def test_log_files(self):
        logs = self.work / "logs"
        logs.mkdir()
        skep("check", "--log-dir", logs, self.object)
        self.assertEqual(sorted(p.name for p in logs.iterdir()), ["two.bpf.o.first.log", "two.bpf.o.second.log"])
        self.assertIn("processed ", (logs / "two.bpf.o.first.log").read_text())

    def test_source_is_compiled(self):
        result, document = self.document(self.source)
        self.assertEqual([p["verdict"] for p in document["files"][0]["programs"]], ["accepted", "accepted"], result.stderr)

    def test_source_with_vmlinux_h_include_path_and_macro(self):
        (self.work / "headers").mkdir()
        (self.work / "headers/mine.h").write_text("#define RESULT SOMETHING\n")
        source = self.work / "core.bpf.c"
        source.write_text(
            '#include "vmlinux.h"\n#include <bpf/bpf_helpers.h>\n#include "mine.h"\n'
            'SEC("socket") int program(struct __sk_buff *skb) { return RESULT; }\n'
        )
        result, document = self.document(source, "-I", self.work / "headers", "-D", "SOMETHING=0")
        self.assertEqual([p["verdict"] for p in document["files"][0]["programs"]], ["accepted"], result.stderr)

    def test_errors_of_the_compiler_are_shown(self):
        source = self.work / "broken.bpf.c"
        source.write_text("int f(void) { return nowhere; }\n")
        result = skep("check", source)
        self.assertEqual(result.returncode, 2)
        self.assertIn("nowhere", result.stderr)
        self.assertIn("clang found errors", result.stderr)

    def test_objects_inside_an_executable(self):
        carrier = self.work / "carrier"
        body = self.object.read_bytes()
        carrier.write_bytes(pathlib.Path(shutil.which("true")).read_bytes() + b"?" * 13 + body + b"?" * 64 + body)
        result, document = self.document(carrier)
        self.assertEqual([f["file"] for f in document["files"]], [f"{carrier}[1]", f"{carrier}[2]"])
        self.assertEqual(result.returncode, 0)

    def test_directories(self):
        folder = self.work / "tree/below"
        folder.mkdir(parents=True)
        shutil.copy(self.object, folder / "a.bpf.o")
        shutil.copy(self.object, folder / "b.bpf.o")
        _, document = self.document(self.work / "tree", "-j", 2)
        self.assertEqual([f["file"] for f in document["files"]], [str(folder / "a.bpf.o"), str(folder / "b.bpf.o")])
        empty = self.work / "empty"
        empty.mkdir()
        self.one_line(skep("check", empty), "no *.bpf.o")

    def test_files_that_cannot_be_used(self):
        bad = self.work / "bad.bpf.o"
        self.one_line(skep("check", self.work / "missing.bpf.o"), "No such file")
        self.one_line(skep("check", self.work / "missing.bpf.c"), "No such file")
        bad.write_bytes(b"")
        self.one_line(skep("check", bad), "not an ELF file")
        bad.write_text("hello\n")
        self.one_line(skep("check", bad), "not an ELF file")
        self.one_line(skep("check", shutil.which("true")), "neither a BPF object nor")
        body = bytearray(self.object.read_bytes())
        bad.write_bytes(body[: len(body) // 2])
        self.one_line(skep("check", bad), "outside the file")
        body[5], body[18:20] = 2, struct.pack(">H", 247)
        bad.write_bytes(body)
        self.one_line(skep("check", bad), "big-endian")

    def test_a_bad_file_does_not_hide_the_others(self):
        result, document = self.document(self.work / "missing.bpf.o", self.object)
        self.assertEqual(result.returncode, 2)
        self.assertEqual(document["files"][0]["errno"], -2)
        self.assertEqual(document["files"][0]["programs"], [])
        self.assertEqual(len(document["files"][1]["programs"]), 2)

    def test_own_types(self):
        bad = self.work / "bad.btf"
        self.one_line(skep("check", "--btf", bad, self.object), "--btf")
        result, document = self.document("--btf", SKEP.parent / "share/skep/btf/linux-6.18.btf", self.object)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(len(document["files"][0]["programs"]), 2)

    def test_usage(self):
        self.assertEqual(skep("--help").returncode, 0)
        self.assertIn("Examples", skep("check", "--help").stdout)
        self.assertRegex(skep("--version").stdout, r"^skep \d+\.\d+\.\d+")
        for args in ([], ["frobnicate"], ["check"], ["check", "--format", "xml", self.object], ["check", "--nonsense", self.object]):
            result = skep(*args)
            self.assertEqual(result.returncode, 2, args)
            self.assertTrue(result.stderr.startswith("skep: "), result.stderr)

    def test_assembler_and_disassembler(self):
        code = subprocess.run([SKEP, "asm"], input=b"r0 = 0\nexit\n", capture_output=True, check=True).stdout
        self.assertEqual(len(code), 16)
        back = subprocess.run([SKEP, "disasm"], input=code, capture_output=True, check=True, text=False).stdout
        self.assertEqual(back.decode(), "0: (b7) r0 = 0\n1: (95) exit\n")

    def test_mutated_objects_never_crash(self):
        """Bytes changed at random, in headers more often than elsewhere: an answer, and never a signal."""
        generator = random.Random(618)
        body = self.object.read_bytes()
        headers = struct.unpack_from("<Q", body, 40)[0]
        batch = []
        for i in range(MUTATIONS):
            mutant = bytearray(body)
            for _ in range(generator.choice((1, 1, 2, 8))):
                at = generator.choice((generator.randrange(64), generator.randrange(headers, len(body)), generator.randrange(len(body))))
                mutant[at] = generator.choice((0, 1, 0x7F, 0x80, 0xFF, generator.randrange(256)))
            path = self.work / f"mutant{i}.bpf.o"
            path.write_bytes(mutant)
            batch.append(path)
        result = skep("check", "-j", 1, "--format", "json", *batch)
        if result.returncode not in (0, 1, 2):
            for path in batch:  # find the one to blame
                alone = skep("check", path)
                self.assertIn(alone.returncode, (0, 1, 2), f"{path.name}: {alone.stderr[-2000:]}")
        self.assertIn(result.returncode, (0, 1, 2), result.stderr[-2000:])
        self.assertEqual(len(json.loads(result.stdout)["files"]), MUTATIONS)

    def test_arenas_of_one_address_do_not_meet(self):
        source = self.work / "arena.bpf.c"
        source.write_text(
            '#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n'
            'struct { __uint(type, 33); __uint(map_flags, 1024); __uint(max_entries, 4); __ulong(map_extra, 1ull << 44); } '
            'arena SEC(".maps");\n'
            'long __attribute__((address_space(1))) filled[2000] SEC(".addr_space.1") = {7};\n'
            'SEC("syscall") int first(void *ctx) { filled[1] = (long)&arena; return 0; }\n'
            'char LICENSE[] SEC("license") = "GPL";\n'
        )
        result = skep("check", "-j", 16, "--format", "json", *[self.compile(source)] * 1500)
        self.assertEqual(result.returncode, 0, result.stderr[-2000:])


if __name__ == "__main__":
    if find_clang() is None:
        print("no clang: skipped")
        sys.exit(77)
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
