#!/usr/bin/env python3
"""Asks the running kernel what each map type allows in a program, and writes data/map-rules-*.tsv: per map type the kernel's struct behind a
map pointer, direct values, iteration, sleepable programs, the helpers that accept it and those that refuse it as this kind of map (not listed: the call
fails for another reason). Loads only; needs root.

  probe_maps.py OUT.tsv
"""
import os
import re
import struct
import sys

import probe_helpers as P

NAMES = """hash array prog_array perf_event_array percpu_hash percpu_array stack_trace cgroup_array lru_hash lru_percpu_hash lpm_trie
array_of_maps hash_of_maps devmap sockmap cpumap xskmap sockhash cgroup_storage reuseport_sockarray percpu_cgroup_storage queue stack
sk_storage devmap_hash struct_ops ringbuf inode_storage task_storage bloom_filter user_ringbuf cgrp_storage arena""".split()
# Helpers with a map argument: program column, and the arguments as probe_helpers.py names them ("map" = the map).
CALLS = {
    1: ("SCHED_CLS", ["map", "fp-64"]), 2: ("SCHED_CLS", ["map", "fp-64", "fp-64", "const0"]), 3: ("SCHED_CLS", ["map", "fp-64"]),
    12: ("SCHED_CLS", ["ctx", "map", "const0"]), 22: ("KPROBE", ["map", "const0"]), 25: ("SCHED_CLS", ["ctx", "map", "const0", "fp-64", "const8"]),
    27: ("KPROBE", ["ctx", "map", "const0"]), 33: ("SCHED_CLS", ["ctx", "map", "const0"]), 37: ("KPROBE", ["map", "const0"]),
    51: ("XDP", ["map", "const0", "const0"]), 52: ("SK_SKB/VERDICT", ["ctx", "map", "const0", "const0"]),
    53: ("SOCK_OPS", ["ctx", "map", "fp-64", "const0"]), 55: ("KPROBE", ["map", "const0", "fp-64", "const24"]),
    60: ("SK_MSG", ["ctx", "map", "const0", "const0"]), 70: ("SOCK_OPS", ["ctx", "map", "fp-64", "const0"]),
    71: ("SK_MSG", ["ctx", "map", "fp-64", "const0"]), 72: ("SK_SKB/VERDICT", ["ctx", "map", "fp-64", "const0"]),
    81: ("CGROUP_SKB/INGRESS", ["map", "const0"]), 82: ("SK_REUSEPORT/SELECT", ["ctx", "map", "fp-64", "const0"]),
    87: ("SCHED_CLS", ["map", "fp-64", "const0"]), 88: ("SCHED_CLS", ["map", "fp-64"]), 89: ("SCHED_CLS", ["map", "fp-64"]),
    107: ("SCHED_CLS", ["map", "sock", "const0", "const0"]), 108: ("SCHED_CLS", ["map", "sock"]),
    130: ("SCHED_CLS", ["map", "fp-64", "const8", "const0"]), 131: ("SCHED_CLS", ["map", "const8", "const0"]), 134: ("SCHED_CLS", ["map", "const0"]),
    156: ("KPROBE", ["map", "task", "const0", "const0"]), 157: ("KPROBE", ["map", "task"]), 164: ("SCHED_CLS", ["map", "func", "const0", "const0"]),
    195: ("SCHED_CLS", ["map", "fp-64", "const0"]), 209: ("SCHED_CLS", ["map", "func", "const0", "const0"]),
}


REFUSED = re.compile(r"cannot pass map_type|callback function not allowed|cannot update sockmap|expected prog array")


def create(k, name):
    t, m, attr = NAMES.index(name) + 1, k.maps, P.Maps.attr
    if name == "arena":
        return P.bpf(P.MAP_CREATE, attr(33, 0, 0, 1, 1 << 10)[:64] + struct.pack("<Q", 1 << 44) + b"\0" * 8)
    if name in P.STORAGE or name in P.MAP_TYPES:
        return m.create(t, name, k.btf_fd)
    if name == "hash_of_maps":
        return P.bpf(P.MAP_CREATE, attr(t, 4, 4, 1, 0, m.fd["array"]))
    if name == "percpu_cgroup_storage":
        return P.bpf(P.MAP_CREATE, attr(t, 8, 8, 0))
    if name == "stack":
        return P.bpf(P.MAP_CREATE, attr(t, 0, 8, 1))
    return P.bpf(P.MAP_CREATE, attr(t, 4, 4 if "devmap" in name else 8, 1))


def probe_map(k, name):
    fd = create(k, name)
    if fd < 0:
        return [name, os.strerror(-fd), "", "", "", "", ""]
    k.maps.fd["probed"] = fd
    done = P.movi(0, 0) + P.EXIT
    _, log = k.load("SCHED_CLS", P.ld64(1, 1, fd) + P.insn(0x79, 0, 1, -8, 0) + done)
    behind = re.search(r"R1 is (\S+) invalid negative access", log)
    rc, log = k.load("SCHED_CLS", P.ld64(1, 2, fd) + done)
    direct = "no" if "no direct value access" in log else "yes"
    rc, log = k.load("SYSCALL", P.ld64(1, 1, fd) + done)
    sleepable = "no" if "Sleepable programs can only" in log else "yes"
    answers = {"yes": [], "no": [], "?": []}
    for helper, (column, args) in CALLS.items():
        probe = P.Probe(k, helper, column)
        ok = probe.run(["map:probed" if a == "map" else a for a in args])[0]
        if ok or "Unreleased reference" in probe.log:
            answers["yes"].append(str(helper))
        else:
            answers["no" if REFUSED.search(probe.log) else "?"].append(str(helper))
    os.close(fd)
    for_each = "yes" if "164" in answers["yes"] else "no"
    return [name, behind[1] if behind else "-", direct, for_each, sleepable, " ".join(answers["yes"]), " ".join(answers["no"])]


def main():
    k = P.Kernel()
    with open(sys.argv[1], "w") as out:
        out.write("map\tkernel_struct\tdirect_value\tfor_each\tsleepable\thelpers\trefused_helpers\n")
        for name in NAMES:
            out.write("\t".join(probe_map(k, name)) + "\n")


if __name__ == "__main__":
    main()
