// Records one behind the other: where the next one begins and what was counted differ from round to round, and paths
// multiply.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("xdp")
int records_of_packet(struct xdp_md* ctx) {
  void* end = (void*)(long)ctx->data_end;
  __u8* record = (void*)(long)ctx->data;
  int sum = 0;
  for (int i = 0; i < 64; i++) {
    if ((void*)(record + 2) > end) break;
    __u8 type = record[0], length = record[1];
    if (type == 1)
      sum++;
    else if (type == 2)
      sum += 2;
    if (length > 60) break;
    record += length + 2;
  }
  return sum == 100 ? XDP_DROP : XDP_PASS;
}
