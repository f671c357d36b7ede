#!/usr/bin/env python3
"""Prints random questions for skep_run_scripts: programs of every type that can be run, calls with random attributes.

examples:
  random_ops.py --seed 7 --programs 200 > /tmp/ops/random.ops && SKEP_BLESS=1 skep_run_scripts /tmp/ops

The running kernel answers first (root), then skep; what differs is printed. Frames of BPF_F_TEST_XDP_LIVE_FRAMES are dropped by
their programs: none gets into a network stack.
"""

import argparse
import random

ETHERTYPES = ["0800", "86dd", "0806", "0000", "05ff", "0600", "8100"]
SKB_FIELDS = [0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 64, 68, 72, 84, 152, 160, 164, 168, 176, 184]
SKB_WRITTEN = [8, 32, 44, 48, 52, 64, 152]
DEVICE_VALUES = (1, 0x10000, 0xFFFFFFFF)  # lo, and what no machine has
FRAGS, SLEEPABLE, LIVE = 32, 16, 2


class Shape:
    """What a type's calls look like: the size of its context, whether it takes data, offsets of its context."""

    def __init__(self, head, programs, ctx, data=True, offsets=(), values=(), sizes=(), devices=()):
        self.head, self.programs, self.ctx, self.data = head, programs, ctx, data
        self.offsets, self.values, self.sizes, self.devices = offsets, values, sizes, devices

    def value_at(self, offset):
        return random.choice(DEVICE_VALUES if offset in self.devices else self.values)


def reads(offsets, size="u32"):
    return [f"r0 = *({size} *)(r1 +{offset}); exit" for offset in offsets]


def writes(offsets):
    return [f"r2 = {value}; *(u32 *)(r1 +{offset}) = r2; r0 = 1; exit" for offset in offsets for value in (1, 70000)]


def xdp_adjusts():
    for helper in (44, 54, 65):
        for delta in (-300, -256, -216, -64, -32, -4, -1, 0, 1, 4, 14, 50, 64, 100, 319, 320, 4000):
            yield f"r2 = {delta}; call {helper}; r0 &= 255; exit"


ANY_SKB = ["r0 = 0; exit", "r0 = 3; exit", "r0 = -1; exit"]
XDP = ["r0 = 2; exit", "r0 = 9; exit", "r0 = -1; exit", *reads([12, 16]),
       "r2 = *(u32 *)(r1 +0); r0 = *(u32 *)(r1 +4); r0 -= r2; exit",
       "r2 = *(u32 *)(r1 +8); r0 = *(u32 *)(r1 +0); r0 -= r2; exit", *xdp_adjusts()]
DROP = ["r0 = 1; exit", "r2 = -14; call 44; r0 = 1; exit", "r2 = 4; call 65; r0 = 1; exit"]
KEYS = "r2 = *(u64 *)(r1 +144); "
FLOW = ["r0 = 0; exit", "r0 = 2; exit", "r0 = 129; exit"] + [
    f"{KEYS}r3 = {value}; *({size} *)(r2 +{offset}) = r3; r0 = {value & 1}; exit"
    for offset, size in ((0, "u16"), (2, "u16"), (4, "u16"), (6, "u8"), (8, "u16"), (10, "u16"), (48, "u32"), (52, "u32"))
    for value in (1, 14, 33, 64, 65000)] + [f"{KEYS}r0 = *(u32 *)(r2 +{offset}); exit" for offset in (0, 4, 8, 48)]
SK_LOOKUP_OFFSETS = [0, 4, 8, 12, 16, 20, 24, 36, 38, 40, 44, 60, 64, 68]
SYSCALL = ["r0 = 5; exit", "r0 = *(u64 *)(r1 +8); r2 = 9; *(u64 *)(r1 +0) = r2; exit", "r0 = *(u8 *)(r1 +3); exit"]
TWO_ARGS = ["r0 = *(u64 *)(r1 +8); exit", "r0 = *(u16 *)(r1 +16); exit"]
STATE = "r2 = *(u64 *)(r1 +0); r0 = 77; if r2 == 0 goto pc+3; r0 = *(u32 *)(r2 +0); r3 = 90; *(u32 *)(r2 +0) = r3; exit"

SHAPES = {
    **{name: Shape(name, ANY_SKB + reads(SKB_FIELDS) + writes(SKB_WRITTEN), 192, offsets=range(0, 192, 4),
                   values=(1, 2, 0x40, 0x5DC, 0x10000, 0xFFFFFFFF), sizes=(4, 176, 188, 192, 196, 4096, 4097), devices=(36, 40))
       for name in ("sched_cls", "sched_act", "socket_filter", "cgroup_skb", "lwt_in", "lwt_out", "lwt_xmit")},
    "xdp": Shape("xdp", XDP, 24, offsets=range(0, 24, 4), values=(1, 4, 14, 32, 50, 64, 216, 220, 256, 1500),
                 sizes=(4, 20, 24, 28), devices=(12,)),
    "xdp frags": Shape(f"xdp flags={FRAGS}", XDP, 24, offsets=range(0, 24, 4),
                       values=(1, 4, 14, 32, 50, 64, 216, 220, 3520, 4096), sizes=(4, 20, 24, 28), devices=(12,)),
    "xdp live": Shape("xdp", DROP, 24, offsets=range(0, 24, 4), values=(1, 4, 14, 32, 64, 216), sizes=(4, 20, 24, 28),
                      devices=(12,)),
    "flow": Shape("flow_dissector", FLOW, 56, offsets=range(0, 56, 4), values=(1, 2, 4, 64), sizes=(4, 52, 56, 60)),
    "raw": Shape("raw_tracepoint", ["r0 = 7; exit", *reads([0, 8, 16, 88], "u64"), "r0 = *(u32 *)(r1 +4); exit"], 96, data=False,
                 offsets=range(0, 96, 8), values=(1, 64, 0xFFFFFFFF), sizes=(1, 4, 8, 16, 24, 95, 96, 97, 104)),
    "syscall": Shape(f"syscall flags={SLEEPABLE}", SYSCALL, 16, data=False, offsets=range(0, 16, 4), values=(1, 64, 0xFFFFFFFF),
                     sizes=(1, 4, 15, 16, 17, 4096, 65535, 65536)),
    "sk_lookup": Shape("sk_lookup attach=36", ["r0 = 1; exit", "r0 = 0; exit"] + [
        f"r0 = *(u32 *)(r1 +{offset}); r0 &= 1; exit" for offset in SK_LOOKUP_OFFSETS], 72, data=False,
        offsets=range(0, 72, 4), values=(1, 2, 10, 6, 17, 0xFFFF, 0x10000, 0xFFFFFFFF), sizes=(8, 64, 68, 72, 76)),
    "netfilter": Shape("netfilter attach=45", ["r0 = 1; exit", "r0 = 0; exit"], 48, offsets=range(0, 8, 4),
                       values=(1, 2, 0x203, 0x200, 0xA00, 0xA04), sizes=(1, 4, 40, 47, 48, 49, 56)),
    "struct_ops": Shape("struct_ops struct=bpf_dummy_ops attach=0", ["r0 = 9; exit", STATE], 8, offsets=(), data=False,
                        sizes=(0, 8, 16)),
    "struct_ops 2": Shape("struct_ops struct=bpf_dummy_ops attach=1", TWO_ARGS, 40, data=False, offsets=(8, 16, 24, 32),
                          values=(1, 0xFFFFFFFF), sizes=(32, 40, 48)),
}


def one_in(n):
    return random.randrange(n) == 0


def size_of_data(kind):
    border = [0, 13, 14, 15, 33, 34, 35, 53, 54, 55, 60, 64, 100, 1500, 3456, 3457, 3520, 3521, 3712, 3713, 4096, 4097]
    if kind.startswith("xdp"):
        border += [3436, 3437, 3392, 9000, 65536, 73000]
    return random.choice(border) if one_in(2) else random.randrange(14, 128)


def data_words(size):
    if one_in(25):
        return f" data=bad size={random.choice([1, 14, 64, 5000])}"
    if size < 16:
        words = f" data=01*{size}" if size else ""
    else:
        first = random.choice(["00", "01", "ff", "02"])
        words = f" data={first}*6+00*6+{random.choice(ETHERTYPES)}+{random.choice(['45', '60', 'ff', '00'])}*{size - 14}"
    if size and one_in(15):
        words += f" size={random.randrange(size + 1)}"
    return words


def ctx_words(shape, data_size):
    size = shape.ctx if not one_in(4) else random.choice(shape.sizes)
    if one_in(25):
        return f" ctx=bad ctx_size={size}"
    if size == 0:
        return ""
    cells = sorted({random.choice(shape.offsets) for _ in range(random.choice([0, 1, 1, 1, 2, 3]))}) if shape.offsets else []
    cells = [cell for cell in cells if cell + 4 <= size]
    words = f" ctx=#{size}" + "".join(f",{cell}:{shape.value_at(cell):#x}" for cell in cells)
    if "xdp" in shape.head and size >= 8 and not one_in(3):
        words += f",4:{data_size}"
    if one_in(20):
        words += f" ctx_size={random.randrange(size + 1)}"
    return words


def out_words(name, sizes):
    if one_in(12):
        return f" {name}={random.choice(sizes)} {name}_at={random.choice([0, 8])}"
    return f" {name}={random.choice(sizes)}"


def call(kind, shape):
    words = ""
    size = size_of_data(kind)
    if (shape.data and not one_in(30)) or one_in(20):
        words += data_words(size)
    if one_in(2) or (not shape.data and not one_in(10)):
        words += ctx_words(shape, size)
    if one_in(3) if shape.data else one_in(25):
        words += out_words("out", [0, 1, 13, 14, 30, 56, 63, 64, 100, 4096, 5000, 70000, 80000])
    if one_in(3) if shape.data else one_in(8):
        words += out_words("ctx_out", [*shape.sizes, shape.ctx, shape.ctx])
    if one_in(6):
        words += f" repeat={random.choice([1, 2, 5, 64])}"
    if "live" in kind:
        words += f" flags={LIVE}" + (f" batch={random.choice([1, 2, 64, 256, 257])}" if one_in(3) else "")
    elif one_in(10):
        words += f" flags={random.choice([1, 4, 4, 8, 5])}"
    if one_in(14):
        words += f" cpu={random.choice([1, 2, 3, 64, 4096, 0xFFFFFFFF])}"
    if one_in(14) and "live" not in kind:
        words += f" batch={random.choice([1, 64, 256, 257])}"
    if one_in(40):
        words += " junk=1"
    if "struct_ops" in kind and one_in(2):
        words += " state=#4,0:5"
    return "run" + words


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--programs", type=int, default=100)
    parser.add_argument("--calls", type=int, default=8, help="of each program")
    parser.add_argument("--only", default="", help="types with this in their names")
    options = parser.parse_args()
    random.seed(options.seed)
    kinds = [kind for kind in SHAPES if options.only in kind]
    print(f"# random_ops.py --seed {options.seed} --programs {options.programs} --calls {options.calls}")
    for _ in range(options.programs):
        kind = random.choice(kinds)
        shape = SHAPES[kind]
        print(f"prog {shape.head}: {random.choice(shape.programs)}")
        for _ in range(options.calls):
            print(call(kind, shape))


if __name__ == "__main__":
    main()
