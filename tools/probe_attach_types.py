#!/usr/bin/env python3
"""Asks the running kernel which expected_attach_type each program type may be loaded with, and writes data/attach-types-*.tsv: per program type the
attach types (numbers) that get as far as the verifier, "*" for all. Types that need BTF of a target are left out. Loads only; needs root.

  probe_attach_types.py OUT.tsv
"""
import sys

import probe_helpers as P

NEEDS_TARGET = ("UNSPEC", "TRACING", "STRUCT_OPS", "EXT", "LSM", "LIRC_MODE2")
NR_ATTACH_TYPES = 58  # one past the last of Linux 6.18


class Kernel(P.Kernel):
    def kind(self, column):
        prog_type, attach_type = column
        return prog_type, attach_type, 0, 16 if P.PROG_TYPES[prog_type] == "SYSCALL" else 0


def main():
    k = Kernel()
    with open(sys.argv[1], "w") as out:
        out.write("program_type\tattach_types\n")
        for number, name in enumerate(P.PROG_TYPES):
            if name in NEEDS_TARGET:
                continue
            tried = list(range(NR_ATTACH_TYPES)) + [1000]
            fine = [str(a) for a in tried if k.load((number, a), P.movi(0, 1) + P.EXIT)[1]]
            out.write(f"{number}\t{'*' if len(fine) == len(tried) else ' '.join(fine)}\n")


if __name__ == "__main__":
    main()
