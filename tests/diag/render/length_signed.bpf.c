// A length may be negative.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct event {
  __u32 pid;
  char comm[16];
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} events SEC(".maps");

SEC("tp/syscalls/sys_enter_write")
int length_signed(struct trace_event_raw_sys_enter* ctx) {
  char buffer[64];
  int len = ctx->args[2];
  if (len > 64) return 0;
  bpf_probe_read_user(buffer, len, (void*)ctx->args[1]);
  bpf_ringbuf_output(&events, buffer, sizeof(buffer), 0);
  return 0;
}
