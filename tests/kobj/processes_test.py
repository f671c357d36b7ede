#!/usr/bin/env python3
"""Kptrs between processes: kept by one, taken, overwritten or left by another; what is left when processes are killed.

    processes_test.py SKEP RUNNER COUNT EXAMPLE INCLUDE[:INCLUDE]

77: there is no clang to compile with."""
import os
import pathlib
import shutil
import signal
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
        cls.object = pathlib.Path(cls.folder.name) / "hash.o"
        include = [f"-I{folder}" for folder in FOLDERS.split(":")]
        complaint = run.compile_case(run.HERE / "hash.bpf.c", cls.object, include)
        if complaint:
            raise RuntimeError(complaint)

    def setUp(self):
        self.root = tempfile.TemporaryDirectory()
        self.addCleanup(self.root.cleanup)
        self.names = self.root.name + "/ns"

    def command(self, *steps):
        return [SKEP, "exec", "--root", self.names, "--", RUNNER, str(self.object), *steps]

    def steps(self, *steps):
        """What a process of its own prints that makes these steps."""
        done = subprocess.run(self.command(*steps), capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout.splitlines()

    def objects(self):
        done = subprocess.run([COUNT, self.names], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout)
        return int(done.stdout.split()[0])

    def sleeper(self):
        process = subprocess.Popen(["sleep", "60"])
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    @unittest.skip("its programs push to a list in the value, which ties the map to the BTF object it was made with, as in Linux")
    def test_a_task_kept_by_one_process_is_taken_by_another(self):
        pid = self.sleeper().pid
        self.assertEqual(self.steps(f"keep={pid}", f"pin={PIN}"), ["keep 0"])
        self.assertGreater(self.objects(), 0)
        self.assertEqual(self.steps(f"use={PIN}", f"look={pid}", "take", "take"), ["look 1", f"take {pid}", "take 0"])

    @unittest.skip("its programs push to a list in the value, which ties the map to the BTF object it was made with, as in Linux")
    def test_a_task_outlives_its_process(self):
        process = self.sleeper()
        self.steps(f"keep={process.pid}", f"pin={PIN}")
        process.kill()
        process.wait()
        self.assertEqual(self.steps(f"use={PIN}", "take"), [f"take {process.pid}"])

    @unittest.skip("its programs push to a list in the value, which ties the map to the BTF object it was made with, as in Linux")
    def test_what_another_process_deletes_is_released(self):
        for step in ("delete", "zero"):
            self.steps("keep", f"pin={PIN}")
            self.steps(f"use={PIN}", step)
            self.assertEqual(self.objects(), 0, step)
            os.unlink(self.names + "/bpffs/kept")

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
