// Helpers on the bytes of socket buffers: loads, stores, checksums. Rules and errno: UAPI linux/bpf.h; measured in
// tests/run/skb_helpers.ops.
#include <cerrno>

#include "engine/bodies.h"
#include "engine/checksum.h"
#include "engine/packet.h"

namespace skep::engine {
namespace {

constexpr u32 kMaxOffset = 0x7fffffff, kMaxHeaderOffset = 0xffff;
constexpr u64 kRecomputeCsum = 1, kInvalidateHash = 2;                      // BPF_F_*
constexpr u64 kFieldSize = 0xf, kPseudoHeader = 0x10, kMangledZero = 0x20;  // BPF_F_HDR_FIELD_MASK ...
constexpr u64 kMarkEnforce = 0x40, kIpv6 = 0x80;
constexpr u16 kZeroInUdp = 0xffff;  // what stands for a sum of 0

constexpr u64 error(int number) { return u64(-s64(number)); }

u64 cleared(u64 to, u32 size) {
  std::memset(reinterpret_cast<void*>(to), 0, size);
  return error(EFAULT);
}

u64 skb_load_bytes(u64 ctx, u64 offset, u64 to, u64 size, u64, Run&) {
  const Packet* const packet = packet_of(ctx);
  const bool all =
      packet && u32(offset) <= kMaxOffset && read_packet(*packet, u32(offset), reinterpret_cast<void*>(to), u32(size));
  return all ? 0 : cleared(to, u32(size));
}

u64 skb_load_bytes_relative(u64 ctx, u64 offset, u64 to, u64 size, u64 start, Run&) {
  Packet* const packet = packet_of(ctx);
  if (!packet || u32(offset) > kMaxHeaderOffset || u32(start) > 1) return cleared(to, u32(size));
  const u8* const from = (u32(start) ? packet->network_header() : packet->mac_header()) + u32(offset);
  if (from + u32(size) > packet->head->data_end) return cleared(to, u32(size));
  std::memcpy(reinterpret_cast<void*>(to), from, u32(size));
  return 0;
}

// The sum over the packet changes as its bytes do.
void recompute(Packet& packet, const u8* old_bytes, const u8* new_bytes, u32 size) {
  if (packet.sum != PacketSum::Complete) return;
  packet.csum = csum_add(csum_sub(packet.csum, csum_partial(old_bytes, size, 0)), csum_partial(new_bytes, size, 0));
}

u64 skb_store_bytes(u64 ctx, u64 offset, u64 from, u64 size, u64 flags, Run&) {
  Packet* const packet = packet_of(ctx);
  if (flags & ~(kRecomputeCsum | kInvalidateHash)) return error(EINVAL);
  if (!packet || u32(offset) > kMaxOffset) return error(EFAULT);
  u8* const to = packet_slice(*packet, u32(offset), u32(size));
  if (!to) return error(EFAULT);
  const u8* const bytes = reinterpret_cast<const u8*>(from);
  if (flags & kRecomputeCsum) recompute(*packet, to, bytes, u32(size));
  std::memmove(to, bytes, u32(size));
  if (flags & kInvalidateHash) packet->skb->hash = 0;
  return 0;
}

// --- checksums in headers -----------------------------------------------------------------------------------------

u16 load16(const u8* at) {
  u16 value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

void store16(u8* at, u16 value) { std::memcpy(at, &value, sizeof(value)); }

// A header's checksum after `diff` was added to what it covers.
u16 with_diff(u16 sum, u32 diff) { return csum_fold(csum_add(diff, ~csum_unfold(sum))); }

u16 with_field(u16 sum, u32 from, u32 to) { return csum_fold(csum_add(csum_sub(~csum_unfold(sum), from), to)); }

u16 with_field16(u16 sum, u16 from, u16 to) {
  const auto add = [](u16 a, u16 b) { return u16(u16(a + b) + (u16(a + b) < b)); };
  return u16(~add(add(u16(~sum), u16(~from)), to));
}

// What a change of a field of 2 or 4 bytes, or a difference (size 0), makes of a checksum. False: EINVAL.
bool replace(u16& sum, u64 from, u64 to, u64 size) {
  switch (size) {
    case 0:
      if (from) return false;
      sum = with_diff(sum, u32(to));
      return true;
    case 2: sum = with_field16(sum, u16(from), u16(to)); return true;
    case 4: sum = with_field(sum, u32(from), u32(to)); return true;
    default: return false;
  }
}

u8* checksum_at(u64 ctx, u64 offset) {
  Packet* const packet = packet_of(ctx);
  const bool ok = packet && u32(offset) <= kMaxHeaderOffset && !(offset & 1);
  return ok ? packet_slice(*packet, u32(offset), 2) : nullptr;
}

u64 l3_csum_replace(u64 ctx, u64 offset, u64 from, u64 to, u64 flags, Run&) {
  if (flags & ~kFieldSize) return error(EINVAL);
  u8* const at = checksum_at(ctx, offset);
  if (!at) return error(EFAULT);
  u16 sum = load16(at);
  if (!replace(sum, from, to, flags)) return error(EINVAL);
  store16(at, sum);
  return 0;
}

// A pseudo header is not in the packet, but the checksum in it is: the sum over the packet changes with that.
void replace_complete(Packet& packet, u64 from, u64 to, u64 size, bool ipv6) {
  if (packet.sum != PacketSum::Complete) return;
  if (size) packet.csum = ~csum_add(csum_sub(~packet.csum, u32(from)), u32(to));
  if (!size && !ipv6) packet.csum = ~csum_sub(u32(to), packet.csum);
}

u64 l4_csum_replace(u64 ctx, u64 offset, u64 from, u64 to, u64 flags, Run&) {
  if (flags & ~(kFieldSize | kPseudoHeader | kMangledZero | kMarkEnforce | kIpv6)) return error(EINVAL);
  u8* const at = checksum_at(ctx, offset);
  if (!at) return error(EFAULT);
  u16 sum = load16(at);
  if ((flags & kMangledZero) && !(flags & kMarkEnforce) && sum == 0) return 0;
  if (!replace(sum, from, to, flags & kFieldSize)) return error(EINVAL);
  if (flags & kPseudoHeader) replace_complete(*packet_of(ctx), from, to, flags & kFieldSize, flags & kIpv6);
  store16(at, (flags & kMangledZero) && sum == 0 ? kZeroInUdp : sum);
  return 0;
}

u64 csum_update(u64 ctx, u64 sum, u64, u64, u64, Run&) {
  constexpr int kENOTSUPP = 524;
  Packet* const packet = packet_of(ctx);
  if (!packet || packet->sum != PacketSum::Complete) return error(kENOTSUPP);
  packet->csum = csum_add(packet->csum, u32(sum));
  return packet->csum;
}

// How many checksums the hardware has found good: enum of BPF_CSUM_LEVEL_*.
u64 csum_level(u64 ctx, u64 level, u64, u64, u64, Run&) {
  constexpr u32 kMaxLevel = 3;
  Packet* const packet = packet_of(ctx);
  if (!packet) return error(EINVAL);
  const bool known = packet->sum == PacketSum::Unnecessary;
  switch (level) {
    case 0: return known ? packet->csum_level : error(EACCES);
    case 1:
      if (packet->sum == PacketSum::None) packet->sum = PacketSum::Unnecessary;
      if (known && packet->csum_level < kMaxLevel) ++packet->csum_level;
      return 0;
    case 2:
      if (known && packet->csum_level == 0) packet->sum = PacketSum::None;
      if (known && packet->csum_level) --packet->csum_level;
      return 0;
    case 3:
      if (known) packet->sum = PacketSum::None;
      packet->csum_level = 0;
      return 0;
    default: return error(EINVAL);
  }
}

// Everything is linear already.
u64 skb_pull_data(u64 ctx, u64 size, u64, u64, u64, Run&) {
  const Packet* const packet = packet_of(ctx);
  return packet && u32(size) <= packet->linear() ? 0 : error(ENOMEM);
}

constexpr HelperBody kBodies[] = {
    {9, skb_store_bytes}, {10, l3_csum_replace}, {11, l4_csum_replace},         {26, skb_load_bytes},
    {39, skb_pull_data},  {40, csum_update},     {68, skb_load_bytes_relative}, {135, csum_level},
};

}  // namespace

std::span<const HelperBody> skb_helpers() { return kBodies; }

}  // namespace skep::engine
