#!/usr/bin/env python3
"""Asks the running kernel what each helper takes and gives, and writes one line per helper and program kind (data/helper-probe-*.tsv).

For each helper a program of a type that may call it is loaded with candidates for one argument after the other; the verifier's log says
which are accepted and what is wrong with the others. An argument is one word (see word()); "..." where no value was found to get past it. Nothing is attached or run. Needs root and a kernel with BTF.

  probe_helpers.py OUT.tsv [--helpers 1,2,3] [--all-kinds]
"""
import argparse
import collections
import ctypes
import os
import re
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
WHO_MAY_CALL = os.path.join(HERE, "..", "data", "helpers-by-program-type-6.18.44.tsv")

libc = ctypes.CDLL(None, use_errno=True)
SYS_BPF = 321
MAP_CREATE, MAP_UPDATE, PROG_LOAD, BTF_LOAD, MAP_FREEZE = 0, 2, 5, 18, 22

PROG_TYPES = """UNSPEC SOCKET_FILTER KPROBE SCHED_CLS SCHED_ACT TRACEPOINT XDP PERF_EVENT CGROUP_SKB CGROUP_SOCK LWT_IN LWT_OUT
LWT_XMIT SOCK_OPS SK_SKB CGROUP_DEVICE SK_MSG RAW_TRACEPOINT SOCK_ADDR LWT_SEG6LOCAL LIRC_MODE2 SK_REUSEPORT FLOW_DISSECTOR
CGROUP_SYSCTL RAW_TRACEPOINT_WRITABLE CGROUP_SOCKOPT TRACING STRUCT_OPS EXT LSM SK_LOOKUP SYSCALL NETFILTER""".split()
ATTACH = {
    "CGROUP_SKB/INGRESS": 0, "CGROUP_SKB/EGRESS": 1, "CGROUP_SOCK/CREATE": 2, "CGROUP_SOCK/RELEASE": 34, "CGROUP_SOCK/INET4_POST_BIND": 12,
    "CGROUP_SOCK/INET6_POST_BIND": 13, "SOCK_OPS": 3, "SK_SKB/PARSER": 4, "SK_SKB/VERDICT": 5, "CGROUP_DEVICE": 6, "SK_MSG": 7,
    "SOCK_ADDR/INET4_BIND": 8, "SOCK_ADDR/INET6_BIND": 9, "SOCK_ADDR/INET4_CONNECT": 10, "SOCK_ADDR/INET6_CONNECT": 11,
    "SOCK_ADDR/UDP4_SENDMSG": 14, "SOCK_ADDR/UDP6_SENDMSG": 15, "SOCK_ADDR/UDP4_RECVMSG": 19, "SOCK_ADDR/UDP6_RECVMSG": 20,
    "SOCK_ADDR/INET4_GETPEERNAME": 29, "SOCK_ADDR/INET6_GETPEERNAME": 30, "SOCK_ADDR/INET4_GETSOCKNAME": 31,
    "SOCK_ADDR/INET6_GETSOCKNAME": 32, "SOCK_ADDR/UNIX_CONNECT": 49, "SOCK_ADDR/UNIX_SENDMSG": 50, "SOCK_ADDR/UNIX_RECVMSG": 51,
    "SOCK_ADDR/UNIX_GETPEERNAME": 52, "SOCK_ADDR/UNIX_GETSOCKNAME": 53, "SK_REUSEPORT/SELECT": 39, "SK_REUSEPORT/SELECT_OR_MIGRATE": 40,
    "FLOW_DISSECTOR": 17, "CGROUP_SYSCTL": 18, "CGROUP_SOCKOPT/GETSOCKOPT": 21, "CGROUP_SOCKOPT/SETSOCKOPT": 22, "SK_LOOKUP": 36,
    "NETFILTER": 45, "XDP": 37,
}
MAP_TYPES = dict(hash=1, array=2, prog_array=3, perf_event_array=4, percpu_array=6, stack_trace=7, cgroup_array=8, lpm_trie=11,
                 array_of_maps=12, devmap=14, sockmap=15, cpumap=16, xskmap=17, sockhash=18, cgroup_storage=19, reuseport_sockarray=20,
                 queue=22, sk_storage=24, ringbuf=27, inode_storage=28, task_storage=29, bloom_filter=30, user_ringbuf=31, cgrp_storage=32)
STORAGE = ("sk_storage", "inode_storage", "task_storage", "cgrp_storage")


SYS_CAPGET, SYS_CAPSET = 125, 126
CAP_NET_ADMIN, CAP_BPF = 12, 39


def effective_caps():
    return struct.unpack("<6I", caps_call(SYS_CAPGET, b"\0" * 24))


def set_effective_caps(caps):
    """Changes what this process may do at the moment; what it may take back stays."""
    now = list(effective_caps())
    mask = sum(1 << c for c in caps)
    now[0], now[3] = mask & 0xffffffff, mask >> 32
    caps_call(SYS_CAPSET, struct.pack("<6I", *now))


def caps_call(number, data):
    header, buf = ctypes.create_string_buffer(struct.pack("<Ii", 0x20080522, 0), 8), ctypes.create_string_buffer(data, 24)
    if libc.syscall(number, header, buf) != 0:
        sys.exit("capabilities: " + os.strerror(ctypes.get_errno()))
    return buf.raw


def bpf(cmd, attr, size=None):
    buf = ctypes.create_string_buffer(attr, max(len(attr), 160))
    rc = libc.syscall(SYS_BPF, cmd, buf, size or len(attr))
    return rc if rc >= 0 else -ctypes.get_errno()


def load_btf(types, strings):
    hdr = struct.pack("<HBBIIIII", 0xeb9f, 1, 0, 24, 0, len(types), len(types), len(strings))
    blob = ctypes.create_string_buffer(hdr + types + strings, len(hdr + types + strings))
    log = ctypes.create_string_buffer(4096)
    fd = bpf(BTF_LOAD, struct.pack("<QQIIII", ctypes.addressof(blob), ctypes.addressof(log), len(blob), 4096, 1, 0))
    if fd < 0:
        sys.exit(f"BTF_LOAD: {fd} {log.value.decode()}")
    return fd


def simple_btf():
    """int, and functions main(int) and callback(int) for programs with a callback."""
    strings = b"\0int\0main\0cb\0a\0"
    i = struct.pack("<IIII", 1, 1 << 24, 4, (1 << 24) | 32)                      # 1: int
    proto = struct.pack("<III", 0, (13 << 24) | 1, 1) + struct.pack("<II", 13, 1)  # 2: int (*)(int a)
    main = struct.pack("<III", 5, (12 << 24) | 1, 2)                              # 3: global
    cb = struct.pack("<III", 10, (12 << 24) | 0, 2)                               # 4: static
    return load_btf(i + proto + main + cb, strings)


class Maps:
    def __init__(self, btf_fd):
        self.fd = {}
        for name, t in MAP_TYPES.items():
            self.fd[name] = self.create(t, name, btf_fd)
        self.fd["array_k4_v16"] = bpf(MAP_CREATE, self.attr(2, 4, 16, 1))
        self.fd["hash_k16"] = bpf(MAP_CREATE, self.attr(1, 16, 8, 1))
        self.fd["ro"] = bpf(MAP_CREATE, self.attr(2, 4, 64, 1, 1 << 7))
        key, val = ctypes.create_string_buffer(struct.pack("<I", 0), 4), ctypes.create_string_buffer(b"\0" * 64, 64)
        bpf(MAP_UPDATE, struct.pack("<IIQQQ", self.fd["ro"], 0, ctypes.addressof(key), ctypes.addressof(val), 0))
        bpf(MAP_FREEZE, struct.pack("<I", self.fd["ro"]))
        for n, fd in self.fd.items():
            if fd < 0:
                print("map", n, os.strerror(-fd), file=sys.stderr)

    @staticmethod
    def attr(t, ks, vs, n, flags=0, inner=0, btf=(0, 0, 0)):
        return struct.pack("<IIIIII", t, ks, vs, n, flags, inner) + b"\0" * 4 + b"\0" * 16 + b"\0" * 4 + struct.pack("<III", *btf) + b"\0" * 12

    def create(self, t, name, btf_fd):
        if name in STORAGE:
            return bpf(MAP_CREATE, self.attr(t, 4, 4, 0, 1, 0, (btf_fd, 1, 1)))
        if name in ("ringbuf", "user_ringbuf"):
            return bpf(MAP_CREATE, self.attr(t, 0, 0, 4096))
        if name in ("queue", "bloom_filter"):
            return bpf(MAP_CREATE, self.attr(t, 0, 8, 1))
        if name == "stack_trace":
            return bpf(MAP_CREATE, self.attr(t, 4, 64, 1))
        if name == "lpm_trie":
            return bpf(MAP_CREATE, self.attr(t, 8, 8, 1, 1))
        if name == "cgroup_storage":
            return bpf(MAP_CREATE, self.attr(t, 8, 8, 0))
        if name == "reuseport_sockarray":
            return bpf(MAP_CREATE, self.attr(t, 4, 8, 1))
        if name == "array_of_maps":
            return bpf(MAP_CREATE, self.attr(t, 4, 4, 1, 0, self.fd["array"]))
        if name == "array":
            return bpf(MAP_CREATE, self.attr(t, 4, 64, 1))
        return bpf(MAP_CREATE, self.attr(t, 4, 4 if t not in (1,) else 8, 1))


def insn(code, dst=0, src=0, off=0, imm=0):
    return struct.pack("<BBhi", code, dst | src << 4, off, imm)


def mov(dst, src): return insn(0xbf, dst, src)
def movi(dst, imm): return insn(0xb7, dst, 0, 0, imm)
def addi(dst, imm): return insn(0x07, dst, 0, 0, imm)
def ld64(dst, src, lo, hi=0): return insn(0x18, dst, src, 0, lo) + insn(0, 0, 0, 0, hi)
def call(n): return insn(0x85, 0, 0, 0, n)


EXIT = insn(0x95)
CALLBACK = 0x7ac0ffee
PRANDOM, SK_FULLSOCK, TASK_BTF, DYNPTR_FROM_MEM = 7, 95, 158, 197


class Kernel:
    """The kernel under test: its BTF ids, maps, and load()."""

    def __init__(self):
        self.btf_fd = simple_btf()
        self.maps = Maps(self.btf_fd)
        raw = subprocess.run(["bpftool", "btf", "dump", "file", "/sys/kernel/btf/vmlinux", "format", "raw"], capture_output=True, text=True).stdout
        self.ids = {}
        for m in re.finditer(r"^\[(\d+)\] (FUNC|TYPEDEF|STRUCT) '([^']+)'", raw, re.M):
            self.ids.setdefault((m[2], m[3]), int(m[1]))
        body = raw[raw.index("] STRUCT 'tcp_congestion_ops'"):]
        members = re.findall(r"^\t'([^']+)'", body[:body.index("\n[")], re.M)
        self.ssthresh = members.index("ssthresh")

    def kind(self, column):
        """(prog type, expected attach type, attach_btf_id, flags) of a column of the tables."""
        if column.startswith("TRACING/RAW_TP"):
            return 26, 23, self.ids["TYPEDEF", "btf_trace_" + column.split()[1]], 0
        if column.startswith("TRACING/ITER"):
            return 26, 28, self.ids["FUNC", "bpf_iter_" + column.split()[1]], 0
        if column.startswith("STRUCT_OPS"):
            return 27, self.ssthresh, self.ids["STRUCT", "tcp_congestion_ops"], 0
        t = PROG_TYPES.index(column.split("/")[0])
        return t, ATTACH.get(column, 0), 0, 16 if column == "SYSCALL" else 0

    def load(self, column, code, license_=b"GPL\0", log_level=2, funcs=None):
        ptype, attach, btf_id, flags = self.kind(column)
        insns = ctypes.create_string_buffer(code, len(code))
        lic = ctypes.create_string_buffer(license_, len(license_))
        log = ctypes.create_string_buffer(1 << 16)
        finfo = ctypes.create_string_buffer(b"".join(struct.pack("<II", o, t) for o, t in funcs or []), 8 * len(funcs or []) + 1)
        attr = struct.pack("<IIQQIIQII16sIIIIQIIQIIII", ptype, len(code) // 8, ctypes.addressof(insns), ctypes.addressof(lic), log_level, len(log),
                           ctypes.addressof(log), 0, flags, b"probe", 0, attach, self.btf_fd if funcs else 0, 8 if funcs else 0,
                           ctypes.addressof(finfo) if funcs else 0, len(funcs or []), 0, 0, 0, btf_id, 0, 0)
        rc = bpf(PROG_LOAD, attr)
        if rc >= 0:
            os.close(rc)
        return rc, log.value.decode(errors="replace")


# Candidates: name -> (setup code before the call placing the value into register r). R6 = ctx, R7 = unknown scalar, R8 = task, fp-64.. = zeros.
class Cand:
    def __init__(self, k):
        self.k = k

    def code(self, name, r):
        maps = self.k.maps.fd
        if name == "unused":
            return b""
        if name == "map:probed":
            return ld64(r, 1, maps["probed"])
        if name == "scalar":
            return mov(r, 7)
        if name.startswith("const"):
            return movi(r, int(name[5:]))
        if name == "ctx":
            return mov(r, 6)
        if name.startswith("fp-"):
            return mov(r, 10) + addi(r, -int(name[3:]))
        if name.startswith("map:"):
            return ld64(r, 1, maps[name[4:]])
        if name == "value":
            return ld64(r, 2, maps["array"])
        if name == "rovalue":
            return ld64(r, 2, maps["ro"])
        if name == "task":
            return mov(r, 8)
        if name in ("sock", "pkt"):
            return mov(r, 9)
        if name == "func":
            return ld64(r, 4, CALLBACK)  # patched in run(), when the callback's place is known
        if name == "rdonly_mem":
            return ld64(r, 3, self.k.ids["FUNC", "tcp_v4_rcv"])
        raise KeyError(name)


class Probe:
    def __init__(self, k, helper, column):
        self.k, self.helper, self.column = k, helper, column
        self.cand = Cand(k)
        self.args = []        # chosen, accepted candidates
        self.loads = 0

    def run(self, args, pre=b"", gpl=True, need_task=False):
        """Loads a call with these candidates: (accepted, failing register or 0, message, log)."""
        code = mov(6, 1) + call(PRANDOM) + mov(7, 0)
        if need_task or "task" in args:
            code += call(TASK_BTF) + mov(8, 0)
        if "sock" in args:  # R9 = a full socket: ctx->sk, bpf_sk_fullsock(), both not NULL (types with a struct __sk_buff)
            null_exit = insn(0x55, 1, 0, 2, 0) + movi(0, 0) + EXIT
            code += insn(0x79, 1, 6, 168, 0) + null_exit + call(SK_FULLSOCK) + mov(1, 0) + null_exit + mov(9, 1) + call(PRANDOM)
        if "pkt" in args:  # R9 = 64 verified bytes of packet
            load, data, end = PACKET[self.column.split("/")[0]]
            code += insn(load, 9, 6, data, 0) + insn(load, 1, 6, end, 0) + mov(2, 9) + addi(2, 64) + insn(0xbd, 2, 1, 2, 0) + movi(0, 0) + EXIT
            code += call(PRANDOM)
        for off in range(8, 72, 8):
            code += insn(0x7a, 10, 0, -off, 0)
        code += pre
        for i, a in enumerate(args):
            code += self.cand.code(a, i + 1)
        at = len(code) // 8
        code += call(self.helper) + movi(0, 1 if "RECVMSG" in self.column or "NAME" in self.column else 0) + EXIT
        funcs = None
        if "func" in args:
            main_len, place = len(code) // 8, code.index(ld64(args.index("func") + 1, 4, CALLBACK)) // 8
            code = code.replace(struct.pack("<I", CALLBACK), struct.pack("<i", main_len - place - 1)) + movi(0, 0) + EXIT
            funcs = [(0, 3), (main_len, 4)]
        rc, log = self.k.load(self.column, code, b"GPL\0" if gpl else b"Proprietary\0", funcs=funcs)
        self.loads += 1
        self.log = log
        after = re.split(r"^%d: \(85\)[^\n]*$" % at, log, 1, re.M)
        tail = after[1] if len(after) > 1 else log
        lines = [l for l in tail.strip().split("\n") if l and not l.startswith("processed") and not re.match(r"^\d+: |^mark_precise|^func#|^verification|^stack depth", l)]
        msg = lines[0] if lines else ""
        call_line = re.search(r"^%d: \(85\)[^\n]*$" % at, log, re.M)
        if rc >= 0:
            after_call = re.search(r"^%d: (R0=.*)$" % (at + 1), log, re.M)
            line = call_line[0] if call_line else ""
            return True, 0, "", line if "; " in line or not after_call else line + " ; " + after_call[1]
        m = re.search(r"\bR(\d)\b", msg)
        return False, int(m[1]) if m else 0, msg or f"errno {-rc}", call_line[0] if call_line else ""

    def accepts(self, cand, i):
        """Whether candidate passes as argument i+1 when the rest is unreadable: (passed?, message)."""
        ok, reg, msg, _ = self.run(self.args + [cand])
        passed = ok or reg > i + 1 or (reg == 0 and "R" not in msg)
        return passed, msg

    def classify(self):
        out = []
        for i in range(5):
            ok, reg, msg, _ = self.run(self.args)
            if not ("!read_ok" in msg and reg == i + 1):
                break
            col = self.argument(i)
            out.append(col)
            if col["next"] is None:
                break
            self.args.append(col["next"])
        return out

    def argument(self, i):
        prev = self.args[-1] if self.args else ""
        results = {}
        for c in ("scalar", "const0", "fp-64", "ctx"):
            results[c] = self.accepts(c, i)
        r = dict(results={c: m for c, (p, m) in results.items() if not p}, ok=[c for c, (p, _) in results.items() if p], expected="", next=None)
        for c in ("scalar", "fp-64", "ctx"):
            m = re.search(r"R%d type=\S+ expected=(.*)" % (i + 1), results[c][1])
            if m and not r["expected"]:
                r["expected"] = m[1]
        exp = r["expected"]
        if not exp:
            r["next"] = "const0" if results["const0"][0] else "scalar"
        elif exp.startswith("scalar"):
            return self.size(i, r)
        elif exp.startswith("fp, pkt"):
            return self.memory(i, r)
        elif exp == "map_ptr":
            return self.map_pointer(i, r)
        elif exp == "ctx":
            r["next"] = "ctx"
        elif exp == "ptr_, trusted_ptr_, rcu_ptr_":
            p, m = self.accepts("task", i)
            r["btf"] = "task_struct" if p else m
            r["next"] = "task" if p else ("const0" if results["const0"][0] else None)
        elif results["const0"][0]:
            r["next"] = "const0"
        elif exp.startswith("sock") and self.column in ("SCHED_CLS", "SCHED_ACT") or exp.startswith("sock") and "CGROUP_SKB" in self.column:
            r["next"] = "sock" if self.accepts("sock", i)[0] else None
            r["results"]["sock"] = self.accepts("sock", i)[1]
        elif exp == "func":
            r["next"] = "func"
        elif exp == "fp":
            r["next"] = "fp-64"
        elif exp == "map_value":
            r["next"] = "rovalue" if self.accepts("rovalue", i)[0] else None
            r["results"]["rovalue"] = self.accepts("rovalue", i)[1]
        return r

    def size(self, i, r):
        """A size: which values; and through it the kind of the memory argument before it."""
        for c in ("const0", "const8"):
            p, m = self.accepts(c, i)
            r[c] = "ok" if p else m
        mem = self.args[-1] if self.args else ""
        r["mem"] = self.memory_modes(i - 1, ["const8"]) if mem.startswith("fp-") or mem == "const0" else {}
        r["next"] = "const8" if r["const8"] == "ok" else ("const0" if r["const0"] == "ok" else None)
        return r

    def memory(self, i, r):
        """Memory: probe how many bytes it touches by walking up to the frame end; 0 = decided by a size argument."""
        r["next"] = "fp-64"
        need = 0
        for depth in (1, 2, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 64):
            p, m = self.accepts("fp-%d" % depth, i)
            if p:
                need = depth
                break
            r["small"] = m
        r["touches"] = need if need > 1 else (1 if "small" in r else 0)
        m = re.search(r"size=(\d+)", r.get("small", ""))
        if m:
            r["touches"] = int(m[1])
        if r["touches"] or "small" in r:
            r["mem"] = self.memory_modes(i, [])
            r["align"] = self.accepts("fp-60", i)[1]
        return r

    def memory_modes(self, i, rest):
        """Read or written, must it be initialised, rdonly memory accepted."""
        head = self.args[:i]
        modes = {}
        ok, reg, msg, _ = self.run(head + ["rovalue"] + rest)
        modes["rovalue"] = msg if "forbidden" in msg else "ok"
        ok, reg, msg, _ = self.run(head + ["rdonly_mem"] + rest)
        modes["rdonly_mem"] = msg
        dynptr = ld64(1, 2, self.k.maps.fd["array"]) + movi(2, 8) + movi(3, 0) + mov(4, 10) + addi(4, -64) + call(DYNPTR_FROM_MEM)
        ok, reg, msg, _ = self.run(head + ["fp-64"] + rest, pre=dynptr)
        modes["dynptr"] = msg
        ok, reg, msg, _ = self.run(head + ["const0"] + rest)
        modes["null"] = msg
        return modes

    def map_pointer(self, i, r):
        """A map: those with which the load gets furthest (the map kind itself is judged last)."""
        r["maps"] = []
        for n in self.k.maps.fd:
            if self.k.maps.fd[n] >= 0:
                r["maps"].append(n)
        r["next"] = "map:" + MAP_FOR.get(self.helper, "array")
        return r

    def packet(self):
        """Whether memory arguments may point into the packet: "pkt", "nopkt", or "-" where the question does not arise."""
        mem = [i for i, a in enumerate(self.args) if a.startswith("fp-")]
        if not mem or self.column.split("/")[0] not in PACKET or "sock" in self.args or "func" in self.args:
            return "-"
        ok, reg, msg, _ = self.run([("pkt" if i == mem[0] else a) for i, a in enumerate(self.args)])
        return "nopkt" if "access to the packet is not allowed" in msg else "pkt" if ok or "Unreleased" in msg else msg

    def finish(self):
        """The accepted call: its line in the log (what R0 is), or the last message; then license and sleepability."""
        ok, reg, msg, line = self.run(self.args)
        ret = line.split("; ", 1)[1] if "; " in line else ""
        return ok, msg, ret


# How a type loads its packet pointers: opcode, offset of data, offset of data_end.
PACKET = {t: (0x61, 76, 80) for t in ("SCHED_CLS", "SCHED_ACT", "LWT_IN", "LWT_OUT", "LWT_XMIT", "LWT_SEG6LOCAL", "SK_SKB", "CGROUP_SKB", "FLOW_DISSECTOR")}
PACKET.update(XDP=(0x61, 0, 4), SK_MSG=(0x79, 0, 8), SK_REUSEPORT=(0x79, 0, 8))

MAP_FOR = {12: "prog_array", 22: "perf_event_array", 25: "perf_event_array", 27: "stack_trace", 33: "cgroup_array", 37: "cgroup_array", 51: "devmap", 52: "sockmap",
           53: "sockmap", 55: "perf_event_array", 60: "sockmap", 70: "sockhash", 71: "sockhash", 72: "sockhash", 81: "cgroup_storage", 82: "reuseport_sockarray",
           87: "queue", 88: "queue", 89: "queue", 107: "sk_storage", 108: "sk_storage", 111: "perf_event_array", 121: "perf_event_array", 130: "ringbuf",
           131: "ringbuf", 134: "ringbuf", 145: "inode_storage", 146: "inode_storage", 156: "task_storage", 157: "task_storage", 195: "percpu_array",
           198: "ringbuf", 209: "user_ringbuf", 210: "cgrp_storage", 211: "cgrp_storage"}


def columns_of():
    who = collections.OrderedDict()
    names = ["UNSPEC"]
    with open(WHO_MAY_CALL) as f:
        for line in f.read().split("\n")[1:]:
            if line:
                cells = line.split("\t") + ["", ""]
                who[int(cells[0])] = split_columns(cells[2])
    return who


def split_columns(text):
    words, out = text.split(" "), []
    for w in words:
        if not w:
            continue
        if out and (out[-1].startswith("TRACING/") or out[-1] == "STRUCT_OPS") and " " not in out[-1] and "/" not in w and w != "STRUCT_OPS":
            out[-1] += " " + w
        else:
            out.append(w)
    return out


PREFER = ["SCHED_CLS", "XDP", "KPROBE", "SOCKET_FILTER", "CGROUP_SKB/INGRESS"]


MEMORY = "fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, trusted_ptr_"
CLASSES = {
    "any": "any", "ctx": "ctx", "map_ptr": "map", "func": "func", "fp": "stack", "map_value": "map_value", "ringbuf_mem": "ringbuf_mem",
    "fp, dynptr_ptr": "dynptr", "map_value, ptr_": "map_value_or_ptr", "percpu_ptr_, percpu_rcu_ptr_, percpu_trusted_ptr_": "percpu_ptr",
    "sock_common, sock, tcp_sock, xdp_sock, ptr_, trusted_ptr_": "sk", "sock_common, sock, tcp_sock, xdp_sock": "sock_common", "sock": "sock",
}


def memory_word(p, i, arg, size_arg):
    """mem-ro, mem-out (may be uninitialised), mem-rw; key, value, mem-ro[20] ... where the size is not an argument of its own."""
    modes = arg.get("mem") or (size_arg or {}).get("mem") or {}
    writes = "forbidden" in modes.get("rovalue", "")
    readonly = "type=rdonly_mem expected" not in modes.get("rdonly_mem", "")
    word = "mem-ro" if readonly else "mem-out" if "potential write to dynptr" in modes.get("dynptr", "") else "mem-rw" if writes else "mem"
    size = arg["touches"]
    if not size:
        return word
    used = next((a[4:] for a in p.args if a.startswith("map:")), None)
    if used and not writes:
        return "value" if used in STORAGE + ("queue",) or size == 64 else "key"
    if used and used == "queue":
        return "value-out"
    return f"{word}[{size}]"


def word(p, i, args):
    """One argument in one word; a question mark: NULL is accepted."""
    arg = args[i]
    exp, null = arg["expected"], "?" if "const0" in arg["ok"] else ""
    if exp.startswith("scalar"):
        return "size0" if arg.get("const0") == "ok" else "size"
    if exp == MEMORY:
        return memory_word(p, i, arg, args[i + 1] if i + 1 < len(args) else None) + null
    if exp == "ptr_, trusted_ptr_, rcu_ptr_":
        found = re.search(r"but (\w+) is expected|^(task_struct)$", arg["btf"])
        return "btf:" + (found[1] or found[2] if found else "-") + null
    return "any" if not exp else CLASSES.get(exp, exp) + null


def license_word(p):
    _, _, msg, _ = p.run([], gpl=False)  # the license is looked at before the arguments
    if "GPL-restricted" in msg:
        return "gpl"
    return "?" if "struct ops programs must have" in p.log else "any"


def capability_word(p):
    """perfmon: not offered to a program loaded with CAP_BPF and CAP_NET_ADMIN alone; "?" where such a program cannot be loaded at all."""
    before = effective_caps()
    every = [c for c in range(64) if (before[0] | before[3] << 32) >> c & 1]
    set_effective_caps([CAP_NET_ADMIN, CAP_BPF])
    p.run([])
    set_effective_caps(every)
    return "perfmon" if "cannot use helper" in p.log else "-" if p.log else "?"


def probe_one(k, helper, column):
    """The answers for one helper in one program kind: license, packet, what became of the call, R0, arguments."""
    p = Probe(k, helper, column)
    args = p.classify()
    ok, msg, ret = p.finish()
    words = [word(p, i, args) for i in range(len(args))]
    if args and args[-1]["next"] is None or "not allowed in probe" in msg or "might sleep" in msg or "Sleepable programs" in p.log:
        words.append("...")  # no way was found to get past the last one
    result = re.match(r"R0=(\w+)", ret)
    return [license_word(p), capability_word(p), p.packet(), "ok" if ok else msg, result[1] if result else "-"] + words


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("out")
    ap.add_argument("--helpers")
    ap.add_argument("--all-kinds", action="store_true")
    opt = ap.parse_args()
    k = Kernel()
    want = [int(x) for x in opt.helpers.split(",")] if opt.helpers else None
    with open(opt.out, "w") as out:
        out.write("helper\tprograms\tlicense\tcapability\tpacket\tcall\tresult\targ1\targ2\targ3\targ4\targ5\n")
        for helper, cols in columns_of().items():
            if want and helper not in want or not cols:
                continue
            chosen = cols if opt.all_kinds else [next((c for c in PREFER if c in cols), cols[0])]
            alike = collections.OrderedDict()
            for column in chosen:
                alike.setdefault(tuple(probe_one(k, helper, column)), []).append(column)
            for answers, programs in alike.items():
                out.write("\t".join([str(helper), ",".join(programs)] + list(answers)) + "\n")
            out.flush()


if __name__ == "__main__":
    main()
