// A field of the context that this type of program does not have.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("socket")
int wrong_context_field(struct __sk_buff* skb) { return skb->data_end - skb->data; }
