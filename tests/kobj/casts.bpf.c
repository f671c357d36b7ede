// Addresses made read-only memory whose bounds nobody knows: of values, of the stack, of the context, and of nothing.
// RUN value=7 -> 7
// RUN stack=9 -> 9
// RUN nothing -> 0
// RUN given=5 -> 15
#include "kobj.h"

extern void* bpf_rdonly_cast(const void* obj, u32 btf_id) __ksym;

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, u64);
} numbers SEC(".maps");

SEC("syscall")
int value(struct number* n) {
  u32 key = 0;
  u64* v = bpf_map_lookup_elem(&numbers, &key);
  if (!v) return -1;
  *v = n->value;
  int* seen = bpf_rdonly_cast(v, 0);
  return *seen;
}

SEC("syscall")
int stack(struct number* n) {
  volatile u64 local = n->value;
  int* seen = bpf_rdonly_cast((void*)&local, 0);
  return *seen;
}

SEC("syscall")
int nothing(struct number* n) {
  int* seen = bpf_rdonly_cast((void*)8, 0);
  return *seen;
}

__noinline int seen_at(int* place __attribute__((btf_decl_tag("arg:untrusted")))) { return *place; }

SEC("syscall")
int given(struct number* n) {
  u32 key = 0;
  u64 local = n->value;
  u64* v = bpf_map_lookup_elem(&numbers, &key);
  if (!v) return -1;
  *v = n->value;
  return seen_at((int*)v) + seen_at((int*)&local) + seen_at((int*)n);
}
