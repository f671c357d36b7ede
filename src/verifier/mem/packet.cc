// Packets: a pointer reaches as far as it was compared with the packet's end (spec: memory.md 7).
#include "verifier/mem/mem.h"

namespace skep::verifier {

Outcome check_packet_access(Env& env, u32 regno, int off, int size, bool zero_size_allowed) {
  const RegState& reg = env.cregs()[regno];
  // A variable part needs no look: the range was found after it was added.
  if (reg.var.smin < 0) return env.reject(diag::MinValueNegative{}, regno);
  if (reg.pkt.range < 0) return env.reject_with(EINVAL, diag::OutsidePacket{}, regno);
  if (!check_fixed_region(env, regno, off, size, u32(reg.pkt.range), zero_size_allowed).ok())
    return env.reject(diag::OutsidePacket{}, regno);
  return kOk;
}

}  // namespace skep::verifier
