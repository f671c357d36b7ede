// Tell user space about every program that is started: a ring buffer carries one record for each.
//
// A record is reserved, filled in, and then submitted or discarded. The verifier follows it: a path on which it is
// neither is rejected, and so is a touch after it is gone.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct exec_event {
  __u32 pid;
  __u32 uid;
  char command[16];
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 256 * 1024);  // bytes: a power of two, and whole pages
} events SEC(".maps");

// A constant that user space may set before the program is loaded; afterwards the verifier knows its value.
const volatile __u32 only_uid = 0xffffffff;

SEC("tp/sched/sched_process_exec")
int exec_events(void* ctx) {
  __u32 uid = (__u32)bpf_get_current_uid_gid();
  if (only_uid != 0xffffffff && uid != only_uid) return 0;

  struct exec_event* event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
  if (!event)  // the buffer is full
    return 0;

  event->pid = bpf_get_current_pid_tgid() >> 32;
  event->uid = uid;
  bpf_get_current_comm(event->command, sizeof(event->command));
  bpf_ringbuf_submit(event, 0);
  return 0;
}
