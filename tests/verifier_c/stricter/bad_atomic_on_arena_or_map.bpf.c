// One atomic instruction is reached with a pointer into an arena and with one to a map's value.
// STRICTER
// VERIFY reject EINVAL
// LOG same insn cannot be used with different pointers
#include "case.h"

struct {
  __uint(type, BPF_MAP_TYPE_ARENA);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __ulong(map_extra, 1ull << 44);
} arena SEC(".maps");
ARRAY(values, u64);

SEC("tc")
int prog(struct __sk_buff* ctx) {
  u64* place = LOOKUP(values);
  if (!place) return 0;
  asm volatile(
      "r2 = %[arena] ll;"
      "r1 = %[place];"
      "r3 = *(u32*)(%[ctx] + 0);"
      "if r3 == 0 goto +2;"
      "r1 = 0;"
      ".byte 0xbf, 0x11, 1, 0, 1, 0, 0, 0;"  // r1 = addr_space_cast(r1, 0, 1)
      "lock *(u64*)(r1 + 0) += r3;" ::[arena] "i"(&arena),
      [place] "r"(place), [ctx] "r"(ctx)
      : "r1", "r2", "r3", "memory");
  return 0;
}
