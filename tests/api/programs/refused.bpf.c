/* Reads through a number. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("syscall") int refused(unsigned long long* args) { return *(int*)args[0]; }

char _license[] SEC("license") = "GPL";
