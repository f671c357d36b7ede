// A helper that this program type does not have.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("kprobe/vfs_read")
int helper_not_for_type(void* ctx) { return bpf_redirect(1, 0); }
