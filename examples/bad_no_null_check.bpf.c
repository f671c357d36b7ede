// Rejected: what a map lookup returns is used without asking whether it is null.
//
// A key need not be in the map, so bpf_map_lookup_elem() returns a pointer "or null", and the verifier allows nothing
// with it but a comparison. After the comparison it is a plain pointer on one branch and zero on the other. Cure: if
// (!counter) return 0; before the first use.
//
// The kernel says: R0 invalid mem access 'map_value_or_null'
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, __u64);
} calls SEC(".maps");

SEC("tp/syscalls/sys_enter_openat")
int bad_no_null_check(struct trace_event_raw_sys_enter* ctx) {
  __u32 pid = bpf_get_current_pid_tgid() >> 32;
  __u64* counter = bpf_map_lookup_elem(&calls, &pid);
  *counter += 1;
  return 0;
}
