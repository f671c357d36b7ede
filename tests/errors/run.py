#!/usr/bin/env python3
"""Checks the programs in docs/errors/: the failing one of each page gives exactly the page's code, the fixed one loads.

    run.py SKEP SKEP_TEXT_CASES [PART OF A PAGE'S NAME]

A page holds its programs as fenced blocks: ```c failing, ```c fixed (with without=CAP, as skep check --without CAP), or ```bpfasm failing, ```bpfasm fixed (a case as in
tests/verifier, with no marks but ";!", the rejection). A third one, ```bpfasm beside NAME.s, is what the other two name as NAME.s.
A page without programs says why in a section "No failing program". The assembler programs are put to the running kernel as well if it
is a Linux 6.18 that answers root; with SKEP_BLESS=1 the rejections are written into the pages. Exit status 77: there is no clang, so
only the assembler programs were checked. With all pages it also counts the failing programs whose help was tried and makes them load.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PAGES = pathlib.Path(__file__).resolve().parent.parent.parent / "docs/errors"
SKIPPED = 77
LEAST_MENDED = 60  # of the everyday failures; higher as more changes are tried
BLOCK = re.compile(r"^```(c|bpfasm) (failing|fixed|beside) ?(\S*)\n(.*?)^```$", re.M | re.S)
TRIED = re.compile("with (this change|these changes) (the program loads|libbpf can open it)")
SECTIONS = ("What is said", "What it means", "Why the \\w+ insists", "What usually causes it", "See also")


class Program:
    def __init__(self, code, language, role, name, text):
        self.code, self.language, self.role, self.text = code, language, role, text
        self.without = name.removeprefix("without=") if language == "c" else ""
        if language == "c":
            self.file = f"{code}.{role}.bpf.c"
        else:
            self.file = f"{code}/{name or ('bad_program.s' if role == 'failing' else 'program.s')}"


class Runner:
    def __init__(self, skep, text_cases, folder):
        self.skep, self.text_cases, self.folder = skep, text_cases, pathlib.Path(folder)
        self.errors = []
        self.mended, self.not_mended, self.helpless = set(), set(), set()  # codes of failing programs in C

    def note_help(self, code, file):
        """Whether what is advised was tried and makes the program load, or anything is advised at all."""
        refused = [file] if "errno" in file else [p for p in file["programs"] if p["verdict"] != "accepted"]
        helps = [(p.get("explanations") or [p])[0].get("help", []) for p in refused]
        loads = [any(TRIED.match(line) for line in help) for help in helps]
        (self.mended if all(loads) else self.not_mended if any(helps) else self.helpless).add(code)

    def explained(self, line):
        """The code of a message."""
        done = subprocess.run([self.skep, "explain", "--format", "json", "-"], input=line, capture_output=True, text=True)
        return json.loads(done.stdout)["code"] if done.returncode == 0 and done.stdout.startswith("{") else "no code"

    def write(self, programs):
        for program in programs:
            path = self.folder / (program.language + program.without) / program.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(program.text)

    def answers(self, file):
        """What became of the programs of an object: "accepted", or a code with the message."""
        if "errno" in file:
            return [(self.explained(file["message"]), file["message"])]
        answers = []
        for program in file["programs"]:
            if program["verdict"] == "accepted":
                answers.append(("accepted", ""))
            else:
                message = program.get("message", "")
                answers.append((program.get("code") or self.explained(message), message))
        return answers

    def check_c(self, programs, without):
        programs = {program.file: program for program in programs if program.language == "c" and program.without == without}
        if not programs:
            return
        options = ["--format", "json", *(["--without", without] if without else [])]
        done = subprocess.run([self.skep, "check", *options, self.folder / f"c{without}"], capture_output=True, text=True)
        for file in json.loads(done.stdout)["files"]:
            program = programs.pop(pathlib.Path(file["file"]).name)
            answers = self.answers(file)
            codes = {code for code, _ in answers}
            if program.role == "failing":
                self.note_help(program.code, file)
            wanted = {program.code} if program.role == "failing" else {"accepted"}
            if codes - {"accepted"} != wanted - {"accepted"} or not codes:
                said = [line for line in done.stderr.splitlines() if program.file in line and "error:" in line]
                self.errors.append("\n".join([f"{program.file}: {answers}", *said]))
        self.errors += [f"{file}: not looked at" for file in programs]

    def check_assembler(self, programs):
        programs = [program for program in programs if program.language == "bpfasm"]
        if not programs:
            return
        done = subprocess.run([self.text_cases, self.folder / "bpfasm"], capture_output=True, text=True,
                              env={**os.environ, "SKEP_BLESS": "1"})
        if done.returncode != 0:
            self.errors.append(done.stdout.replace(str(self.folder), ""))
        for program in programs:
            blessed = (self.folder / "bpfasm" / program.file).read_text()
            text = without_walk(blessed)
            said = re.findall(r";[:!] (.*)", blessed)
            if program.role == "failing" and self.explained("\n".join(said)) != program.code:
                if said or "nothing but" not in (PAGES / f"{program.code}.md").read_text():
                    self.errors.append(f"{program.file}: {said or 'nothing is said'}")
            if text == program.text:
                continue
            if os.environ.get("SKEP_BLESS") == "1":
                page = PAGES / f"{program.code}.md"
                page.write_text(page.read_text().replace(program.text, text))
            else:
                self.errors.append(f"{program.file}: expected\n{program.text}\nis\n{text}")


    def check_help(self):
        everyday = {}
        for line in (pathlib.Path(__file__).parent / "everyday.txt").read_text().splitlines():
            if not line.startswith("#"):
                number, code, _ = line.split("\t")
                everyday.setdefault(code, set()).add(int(number))
        numbers = {number for code in self.mended for number in everyday.get(code, ())}
        explained = len(self.mended) + len(self.not_mended) + len(self.helpless)
        print(f"of {explained} failing programs in C, {len(self.mended)} load with the change that is advised ({len(numbers)} of the "
              f"66 everyday failures), {len(self.not_mended)} have advice that was not tried, without any: "
              f"{' '.join(sorted(self.helpless)) or 'none'}")
        if len(numbers) < LEAST_MENDED:
            self.errors.append(f"changes that make the program load: for {len(numbers)} everyday failures, not {LEAST_MENDED}")
        if everyday_helpless := sorted(self.helpless & set(everyday)):
            self.errors.append(f"everyday failures without advice: {everyday_helpless}")


def without_walk(text):
    """A case without the marks that tell of the walk, and the headers that count."""
    lines = []
    for line in text.splitlines():
        line = re.sub(r" *;[<>:] .*", "", line)
        if line and not re.match(r";; (VERIFY|INSNS|STATES|STACK)\b", line):
            lines.append(line)
    return "\n".join(lines) + "\n"


def check_page(path, errors):
    """The sections and programs that a page must have."""
    text = path.read_text()
    programs = [Program(path.stem, *match) for match in BLOCK.findall(text)]
    roles = [program.role for program in programs if program.role != "beside"]
    wanted = [] if "## No failing program\n" in text else ["failing", "fixed"]
    if roles != wanted:
        errors.append(f"{path.name}: has the programs {roles}, not {wanted}")
    errors += [f"{path.name}: no section {section}" for section in SECTIONS if not re.search(f"\\n## {section}\\n", text)]
    for target in re.findall(r"\]\((E\d+\.md)\)", text):
        if not (PAGES / target).exists():
            errors.append(f"{path.name}: there is no {target}")
    return programs


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    part = sys.argv[3] if len(sys.argv) > 3 else ""
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(sys.argv[1], sys.argv[2], folder)
        pages = [path for path in sorted(PAGES.glob("E*.md")) if part in path.name]
        programs = [program for path in pages for program in check_page(path, runner.errors)]
        has_clang = bool(shutil.which("clang") or shutil.which("clang-22"))
        runner.write(programs)
        runner.check_assembler(programs)
        if has_clang:
            for without in sorted({program.without for program in programs}):
                runner.check_c(programs, without)
    if has_clang and not part:
        runner.check_help()
    print(f"{len(pages)} pages, {len(programs)} programs, {len(runner.errors)} wrong", *runner.errors, sep="\n")
    return 1 if runner.errors or not pages else 0 if has_clang else SKIPPED


if __name__ == "__main__":
    sys.exit(main())
