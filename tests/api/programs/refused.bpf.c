/* Reads through a number. */
#include <bpf/bpf_helpers.h>
#include <linux/bpf.h>

SEC("syscall") int refused(unsigned long long* args) { return *(int*)args[0]; }

char _license[] SEC("license") = "GPL";
