#!/usr/bin/env python3
"""Kptrs between processes: kept by one, taken, overwritten or left by another; what is left when processes are killed.

    processes_test.py SKEP RUNNER COUNT EXAMPLE INCLUDE[:INCLUDE]

77: there is no clang to compile with."""
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import unittest

import run

SKEP, RUNNER, COUNT, EXAMPLE, FOLDERS = (os.path.abspath(a) if ":" not in a else a for a in sys.argv[1:6])
PROGRAMS = pathlib.Path(__file__).resolve().parent.parent.parent / "examples" / "task_kptr"
PIN = "/sys/fs/bpf/kept"


class Processes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        include = [f"-I{folder}" for folder in FOLDERS.split(":")]
        for name in ("hash", "shared"):
            complaint = run.compile_case(run.HERE / f"{name}.bpf.c", cls.compiled(name), include)
            if complaint:
                raise RuntimeError(complaint)

    @classmethod
    def compiled(cls, name):
        return pathlib.Path(cls.folder.name) / f"{name}.o"

    def setUp(self):
        self.root = tempfile.TemporaryDirectory()
        self.addCleanup(self.root.cleanup)
        self.names = self.root.name + "/ns"

    # A list in a value ties its map to the BTF object that the map was made with, as in Linux: only the process that made
    # it can use it. So what several use is "shared".
    def command(self, *steps, programs="hash"):
        return [SKEP, "exec", "--root", self.names, "--", RUNNER, str(self.compiled(programs)), *steps]

    def steps(self, *steps, programs="hash"):
        """What a process of its own prints that makes these steps."""
        done = subprocess.run(self.command(*steps, programs=programs), capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout.splitlines()

    def heap(self):
        """The objects, the references and the address of the heap."""
        done = subprocess.run([COUNT, self.names], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout)
        return [int(word) for word in done.stdout.split()]

    def objects(self):
        return self.heap()[0]

    def sleeper(self):
        process = subprocess.Popen(["sleep", "60"])
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_a_task_kept_by_one_process_is_taken_by_another(self):
        pid = self.sleeper().pid
        self.assertEqual(self.steps(f"keep={pid}", f"pin={PIN}", programs="shared"), ["keep 0"])
        self.assertGreater(self.objects(), 0)
        self.assertEqual(self.steps(f"use={PIN}", f"look={pid}", "take", "take", programs="shared"), ["look 1", f"take {pid}", "take 0"])

    def test_a_task_outlives_its_process(self):
        process = self.sleeper()
        self.steps(f"keep={process.pid}", f"pin={PIN}", programs="shared")
        process.kill()
        process.wait()
        self.assertEqual(self.steps(f"use={PIN}", "take", programs="shared"), [f"take {process.pid}"])

    def test_what_another_process_deletes_is_released(self):
        for step in ("delete", "zero"):
            self.steps("keep", f"pin={PIN}", programs="shared")
            self.steps(f"use={PIN}", step, programs="shared")
            self.assertEqual(self.objects(), 0, step)
            os.unlink(self.names + "/bpffs/kept")

    def test_what_a_stranger_wrote_is_no_object(self):
        self.steps("keep", f"pin={PIN}", programs="shared")
        files = [file for file in pathlib.Path(self.names).rglob("*") if file.is_file()]
        pointer = next(at for at in (self.pointer_in(file) for file in files) if at)
        file, offset, value = pointer
        for wrong in (value + 64, 0x7FFFFFFFE000, 0x1000, id(self)):
            with open(file, "r+b") as out:
                out.seek(offset)
                out.write(struct.pack("<Q", wrong))
            self.assertEqual(self.steps(f"use={PIN}", "look", programs="shared"), ["look -1"], hex(wrong))

    def pointer_in(self, file):
        """Where the kept pointer stands in a map's file: (file, offset, value); None: it is not there."""
        heap = self.heap()[2]
        content = file.read_bytes() if file.stat().st_size < 1 << 22 else b""
        for offset in range(0, len(content) - 7, 8):
            value = struct.unpack_from("<Q", content, offset)[0]
            if heap <= value < heap + (2 << 30) and value % 64 == 0:
                return file, offset, value
        return None

    def test_a_map_that_goes_releases_what_it_held(self):
        self.steps("keep", f"pin={PIN}")
        self.assertGreater(self.objects(), 0)
        os.unlink(self.names + "/bpffs/kept")
        self.steps("list")
        self.assertEqual(self.objects(), 0)

    def test_the_holder_is_killed(self):
        holder = subprocess.Popen(self.command("keep", "stop"), stdout=subprocess.PIPE, text=True)
        self.addCleanup(holder.stdout.close)
        self.assertEqual([holder.stdout.readline() for _ in range(2)], ["keep 0\n", "ready\n"])
        self.steps("list")
        self.assertGreater(self.objects(), 0)
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        self.steps("list")
        self.assertEqual(self.objects(), 0)

    def test_example(self):
        def example(*words):
            done = subprocess.run([EXAMPLE, str(PROGRAMS), *words], capture_output=True, text=True, timeout=60,
                                  env={**os.environ, "SKEP_ROOT": self.names})
            return done.stdout + done.stderr

        pid = self.sleeper().pid
        self.assertEqual(example("keep", str(pid)), f"kept task {pid}\n")
        self.assertEqual(example("take"), f"took task {pid} (sleep) and released it\n")
        self.assertEqual(example("take"), "take: no task\n")
        self.assertRegex(example("leak"), r"^rejected: Unreleased reference id=\d+ alloc_insn=\d+\n$")


if __name__ == "__main__":
    if not shutil.which("clang") and not shutil.which("clang-22"):
        print("skipped: no clang")
        sys.exit(run.SKIPPED)
    del sys.argv[1:6]
    unittest.main()
