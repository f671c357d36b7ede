// Packet metadata are known only to programs bound to a device.
// VERIFY reject EINVAL
// LOG metadata kfuncs require device-bound program
#include "case.h"

SEC("xdp")
int prog(struct xdp_md* ctx) {
  u64 t;
  bpf_xdp_metadata_rx_timestamp(ctx, &t);
  return 0;
}
