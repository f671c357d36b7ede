#!/usr/bin/env python3
"""Runs the programs of the folder c/: on all of skep's engines, and in the running kernel if that is a Linux 6.18 that answers.

    run_programs.py SKEP INCLUDE[:INCLUDE] [PART OF A NAME]

The comment before a program says what its r[] holds afterwards (`// = 0 -22 5`; what follows is zero), and perhaps

    // data: 0102*4500       its packet
    // args: --seed 1        more for `skep run`
    // text: a|b             what is in text[] afterwards, line by line
    // stdout: a|b           what it writes, line by line; stderr: likewise
    // maps: NAME KEY a=1    fields of an element
    // live: no              the running kernel is not asked

Exit status 77: there is no clang to compile with."""
import json, os, pathlib, platform, re, shutil, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent / "c"
SKIPPED = 77
PROGRAM = re.compile(r"((?:^//.*\n)+)SEC\(\"[^\"]+\"\)\nint (\w+)\(", re.M)


def compile_program(source, target, include):
    clang = next((c for c in ("clang-22", "clang") if shutil.which(c)), None)
    done = subprocess.run([clang, "-target", "bpf", "-mcpu=v3", "-g", "-O2", "-Wall", "-Werror", *include, "-I", str(HERE),
                           "-idirafter", "/usr/include/x86_64-linux-gnu", "-c", str(source), "-o", str(target)],
                          capture_output=True, text=True)
    return done.stderr if done.returncode else ""


def wishes(comment):
    """{word: text} of a program's comment, with "=" for its results."""
    return {m[1] or m[2]: m[3] for m in re.finditer(r"^// (?:(data|args|text|stdout|stderr|maps|live):|(=)) (.*)$", comment, re.M)}


def repeated(text):
    """The bytes of "0102*4500"."""
    pattern, _, count = text.partition("*")
    return pattern * int(count or 1)


def lines(text):
    return "|".join((text or "").splitlines())


def differences(done, wanted):
    """What is not as it is wanted, in words."""
    section = next(value for name, value in done["maps"].items() if name.endswith(".bss"))
    results = [int(word) for word in wanted["="].split()]
    results += [0] * (len(section["r"]) - len(results))
    if section["r"] != results:
        yield f"r: {section['r']}, wanted {results}"
    if "text" in wanted and lines(section["text"]) != wanted["text"]:
        yield f"text: {lines(section['text'])}"
    for stream in ("stdout", "stderr"):
        if lines(done.get(stream)) != wanted.get(stream, ""):
            yield f"{stream}: {lines(done.get(stream))!r}"
    if "maps" in wanted:
        name, key, *fields = wanted["maps"].split()
        value = next((each["value"] for each in done["maps"][name] if each["key"] == int(key)), {})
        for field in fields:
            member, _, number = field.partition("=")
            if value.get(member) != int(number):
                yield f"{name}[{key}]: {value}"


def run(skep, target, program, engine, wanted, folder):
    command = [skep, "run", target, "--prog", program, "--engine", engine, "--maps", "--format", "json"]
    if "data" in wanted:
        packet = folder / "packet"
        packet.write_text(repeated(wanted["data"]))
        command += ["--data", f"@{packet}"]
    process = subprocess.run(command + wanted.get("args", "").split(), capture_output=True, text=True, timeout=60)
    if process.returncode != 0:
        return [process.stderr.strip()]
    return list(differences(json.loads(process.stdout), wanted))


def main():
    skep, folders = sys.argv[1:3]
    part = sys.argv[3] if len(sys.argv) > 3 else ""
    include = [f"-I{folder}" for folder in folders.split(":")]
    if not shutil.which("clang") and not shutil.which("clang-22"):
        print("skipped: no clang")
        return SKIPPED
    live = os.geteuid() == 0 and platform.release().startswith("6.18.") and os.path.exists("/sys/kernel/btf/vmlinux")
    count = failed = 0
    for source in sorted(HERE.glob("*.bpf.c")):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            target = folder / (source.stem + ".o")
            if complaint := compile_program(source, target, include):
                print(f"FAILED {source.name}\n{complaint}")
                return 1
            for comment, program in PROGRAM.findall(source.read_text()):
                if part not in f"{source.name}:{program}":
                    continue
                wanted = wishes(comment)
                count += 1
                engines = ["jit", "interp", "checked"] + (["live"] if live and wanted.get("live") != "no" else [])
                wrong = [f"  {engine}: {words}" for engine in engines for words in run(skep, target, program, engine, wanted, folder)]
                failed += bool(wrong)
                if wrong:
                    print(f"FAILED {source.name} {program}\n" + "\n".join(wrong))
    print(f"{count} programs{', also in the running kernel' if live else ''}, {failed} failed")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
