// Hello, world: a line in the trace log whenever somebody starts a program.
//
// A BPF program is a function in a section. The section's name tells the loader what it is: "tp/CATEGORY/EVENT" is a
// tracepoint program, which the kernel calls each time it passes that point, here where a process calls execve().
#include "vmlinux.h"  // every type of the kernel, made from its BTF

#include <bpf/bpf_helpers.h>

// Many helpers are only for programs under the GPL, so every object says its licence.
char LICENSE[] SEC("license") = "GPL";

SEC("tp/syscalls/sys_enter_execve")
int hello(struct trace_event_raw_sys_enter* ctx) {
  // The upper half is the process id, the lower half the thread id.
  int pid = bpf_get_current_pid_tgid() >> 32;
  bpf_printk("hello from process %d", pid);  // read it in /sys/kernel/tracing/trace_pipe
  return 0;
}
