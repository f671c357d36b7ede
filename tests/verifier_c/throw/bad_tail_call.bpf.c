// A tail call below the function that exceptions go to.
// VERIFY reject EINVAL
// LOG cannot tail call within exception cb
#include "case.h"

struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, u32);
} jmp SEC(".maps");

static __attribute__((noinline)) int jump(u64 c) {
  int never = 0;
  asm volatile("" : "+r"(never));
  if (never) bpf_tail_call((void*)(long)c, &jmp, 0);
  return 0;
}

__attribute__((noinline)) int one(u64 c) { return jump(c); }

SEC("tc")
EXCEPTION_CB(one)
int prog(struct __sk_buff* ctx) {
  bpf_throw(1);
  return 0;
}
