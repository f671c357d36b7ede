// What helpers are given.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} events SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, char[32]);
} buffers SEC(".maps");

// found
SEC("tp/syscalls/sys_enter_write")
int size_too_large(__u64* ctx) {
  char buffer[16];
  __u64 n = ctx[3];
  if (n > 17) return 0;
  if (n < 2) return 0;
  bpf_probe_read_user(buffer, n, (void*)ctx[2]);
  return buffer[1];
}

// found
SEC("tp/syscalls/sys_enter_write")
int size_negative(__u64* ctx) {
  char buffer[16] = {};
  __s64 n = ctx[3];
  if (n > 16) return 0;
  bpf_probe_read_user(buffer, n, (void*)ctx[2]);
  return buffer[1];
}

// no_such_input
SEC("tp/syscalls/sys_enter_write")
int size_of_two_parts(__u64* ctx) {
  char buffer[16] = {};
  __u64 a = ctx[3], b = ctx[4];
  if (a + b > 16) return 0;
  if (a > 1000) return 0;
  if (b > 1000) return 0;
  barrier_var(b);
  bpf_probe_read_user(buffer, a, (void*)ctx[2]);
  return buffer[1];
}

// found
SEC("tp/syscalls/sys_enter_write")
int record_may_be_null(__u64* ctx) {
  char* record = bpf_ringbuf_reserve(&events, 16, 0);
  bpf_ringbuf_submit(record, 0);
  return 0;
}

// found
SEC("tp/syscalls/sys_enter_write")
int leak_on_one_path(__u64* ctx) {
  char* record = bpf_ringbuf_reserve(&events, 16, 0);
  if (!record) return 0;
  if (ctx[1] == 1000) return 0;
  bpf_ringbuf_submit(record, 0);
  return 0;
}

// no_such_input
SEC("tp/syscalls/sys_enter_write")
int leak_where_nobody_goes(__u64* ctx) {
  __u64 a = ctx[1], b = ctx[2];
  char* record = bpf_ringbuf_reserve(&events, 16, 0);
  if (!record) return 0;
  if (a < b) {
    barrier_var(a);
    if (b < a) return 0;
  }
  bpf_ringbuf_submit(record, 0);
  return 0;
}

// found
SEC("tp/syscalls/sys_enter_write")
int dead_record(__u64* ctx) {
  char* record = bpf_ringbuf_reserve(&events, 16, 0);
  if (!record) return 0;
  bpf_ringbuf_submit(record, 0);
  record[0] = 1;
  return 0;
}

// The size of a record is a constant to the verifier.
// not_decided verifier
SEC("tp/syscalls/sys_enter_write")
int record_of_any_size(__u64* ctx) {
  char* record = bpf_ringbuf_reserve(&events, ctx[1] & 31, 0);
  if (!record) return 0;
  bpf_ringbuf_submit(record, 0);
  return 0;
}

// not_decided program
SEC("tp/syscalls/sys_enter_write")
int not_for_this_type(void* ctx) { return (int)bpf_xdp_adjust_head(ctx, 0); }
