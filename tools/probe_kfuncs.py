#!/usr/bin/env python3
"""Asks the running kernel which program kinds may call which kfunc, and writes data/kfunc-access-*.tsv: per kfunc that the kernel has, the programs that
may call it ("*": all that were asked). Loads only; needs root.

  probe_kfuncs.py OUT.tsv
"""
import sys

import probe_helpers as P
from gen_target import columns, rows

PSEUDO_KFUNC_CALL = 2


def may_call(k, column, func_id):
    """True, False, or None when the program is refused before the question is asked."""
    call = P.insn(0x85, 0, PSEUDO_KFUNC_CALL, 0, func_id)
    rc, log = k.load(column, P.mov(6, 1) + call + P.movi(0, 0) + P.EXIT)
    if "is not allowed" in log and "calling kernel function" in log:
        return False
    return None if "require device-bound" in log or (rc < 0 and "0: (bf)" not in log) else True


def listed(some, everything):
    return "*" if len(some) == len(everything) else ",".join(some)


def main():
    k = P.Kernel()
    with open(sys.argv[1], "w") as out:
        out.write("kfunc\tprograms\tunknown\n")
        for name in sorted({r[0] for r in rows("kfuncs-6.18.tsv")}):
            func_id = k.ids.get(("FUNC", name))
            if not func_id:
                continue
            answers = {c: may_call(k, c, func_id) for c in columns()}
            allowed = [c for c, a in answers.items() if a]
            unknown = [c for c, a in answers.items() if a is None]
            out.write(f"{name}\t{listed(allowed, answers)}\t{listed(unknown, answers)}\n")


if __name__ == "__main__":
    main()
