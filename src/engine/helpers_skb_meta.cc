// Helpers on what belongs to a socket buffer beside its bytes: hash, type, time stamp, tunnel, cgroup. Rules and errno:
// UAPI linux/bpf.h; measured in tests/run/skb_helpers.ops.
#include <arpa/inet.h>

#include <algorithm>
#include <cerrno>

#include "engine/bodies.h"
#include "engine/packet.h"

namespace skep::engine {
namespace {

constexpr u32 kOtherHost = 3;   // PACKET_OTHERHOST
constexpr u64 kRootCgroup = 1;  // the id of the cgroup that the test's socket belongs to

constexpr u64 error(int number) { return u64(-s64(number)); }

u64 skb_change_type(u64 ctx, u64 type, u64, u64, u64, Run&) {
  Packet* const packet = packet_of(ctx);
  if (!packet || packet->skb->pkt_type > kOtherHost || u32(type) > kOtherHost) return error(EINVAL);
  packet->skb->pkt_type = u32(type);
  return 0;
}

// Packets of a flow get the same hash; never 0. The kernel's is keyed with a random number, so no other value is
// promised.
u32 flow_hash(const Packet& packet) {
  constexpr u32 kBasis = 2166136261, kPrime = 16777619;  // FNV-1a
  const u8* const header = packet.room.data() + packet.network;
  const bool v4 = packet.skb->protocol == htons(kProtoIpv4), v6 = packet.skb->protocol == htons(kProtoIpv6);
  const u32 begin = v4 ? 12 : 8, size = v4 ? kIpv4Header + 4 : v6 ? kIpv6Header + 4 : 0;
  u32 hash = kBasis ^ packet.skb->protocol;
  for (u32 i = begin; i < size && header + i < packet.head->data_end; ++i) hash = (hash ^ header[i]) * kPrime;
  return std::max(hash, 1u);
}

u64 get_hash_recalc(u64 ctx, u64, u64, u64, u64, Run&) {
  Packet* const packet = packet_of(ctx);
  if (!packet) return 0;
  if (packet->skb->hash == 0) packet->skb->hash = flow_hash(*packet);
  return packet->skb->hash;
}

u64 set_hash_invalid(u64 ctx, u64, u64, u64, u64, Run&) {
  if (Packet* const packet = packet_of(ctx)) packet->skb->hash = 0;
  return 0;
}

u64 set_hash(u64 ctx, u64 hash, u64, u64, u64, Run&) {
  if (Packet* const packet = packet_of(ctx)) packet->skb->hash = u32(hash);
  return 0;
}

bool is_ip(const Packet& packet) {
  return packet.skb->protocol == htons(kProtoIpv4) || packet.skb->protocol == htons(kProtoIpv6);
}

u64 skb_set_tstamp(u64 ctx, u64 tstamp, u64 type, u64, u64, Run&) {
  constexpr u32 kRealtime = 0, kTai = 2;  // BPF_SKB_CLOCK_*
  Packet* const packet = packet_of(ctx);
  if (!packet || !is_ip(*packet)) return error(EOPNOTSUPP);
  if (u32(type) > kTai || (u32(type) != kRealtime && tstamp == 0)) return error(EINVAL);
  packet->skb->tstamp = tstamp;
  packet->skb->tstamp_type = u8(type);
  return 0;
}

// "Congestion experienced" in the header's last two bits of the traffic class: 1 if it is there in the end.
u64 skb_ecn_set_ce(u64 ctx, u64, u64, u64, u64, Run&) {
  Packet* const packet = packet_of(ctx);
  if (!packet || !is_ip(*packet)) return 0;
  u8* const header = packet->network_header();
  const bool v4 = packet->skb->protocol == htons(kProtoIpv4);
  if (header + (v4 ? kIpv4Header : kIpv6Header) > packet->head->data_end) return 0;
  u8* const at = v4 ? header + 1 : header + 1;
  const u32 shift = v4 ? 0 : 4, ecn = (*at >> shift) & 3;
  if (ecn == 0) return 0;
  if (ecn == 3) return 1;
  *at = u8(*at | 3 << shift);
  if (v4) {
    // The header's sum: the word with the class grew by 3 - ecn, its complement shrinks.
    u16 sum;
    std::memcpy(&sum, header + 10, sizeof(sum));
    u32 host = u32(ntohs(sum)) + 0xffff - (3 - ecn);
    host = (host & 0xffff) + (host >> 16);
    sum = htons(u16(host));
    std::memcpy(header + 10, &sum, sizeof(sum));
  }
  return 1;
}

// --- tunnels: what was set is what is got -------------------------------------------------------------------------

constexpr u64 kTunnelIpv6 = 1, kSetKeyFlags = 0x1f, kGetKeyFlags = kTunnelIpv6 | 0x10;
constexpr u32 kTunnelKey = 44, kMaxTunnelOptions = 255;  // bytes
constexpr u32 kOldTunnelKeys[] = {44, 28, 24, 22, 8};

bool is_tunnel_key_size(u64 size) {
  return std::find(std::begin(kOldTunnelKeys), std::end(kOldTunnelKeys), u32(size)) != std::end(kOldTunnelKeys);
}

u64 skb_set_tunnel_key(u64 ctx, u64 key, u64 size, u64 flags, u64, Run&) {
  Packet* const packet = packet_of(ctx);
  if (!packet || (flags & ~kSetKeyFlags) || !is_tunnel_key_size(size)) return error(EINVAL);
  packet->tunnel.key.assign(kTunnelKey, 0);
  std::memcpy(packet->tunnel.key.data(), reinterpret_cast<const void*>(key), u32(size));
  packet->tunnel.ipv6 = flags & kTunnelIpv6;
  packet->tunnel.options.clear();
  return 0;
}

u64 skb_get_tunnel_key(u64 ctx, u64 to, u64 size, u64 flags, u64, Run&) {
  Packet* const packet = packet_of(ctx);
  const bool known = packet && !packet->tunnel.key.empty();
  const int number = !known || (flags & ~kGetKeyFlags)                  ? EINVAL
                     : packet->tunnel.ipv6 != bool(flags & kTunnelIpv6) ? EPROTO
                     : !is_tunnel_key_size(size)                        ? EINVAL
                                                                        : 0;
  if (number)
    std::memset(reinterpret_cast<void*>(to), 0, u32(size));
  else
    std::memcpy(reinterpret_cast<void*>(to), packet->tunnel.key.data(), u32(size));
  return error(number);
}

u64 skb_set_tunnel_opt(u64 ctx, u64 options, u64 size, u64, u64, Run&) {
  Packet* const packet = packet_of(ctx);
  if (!packet || packet->tunnel.key.empty() || (size & 3)) return error(EINVAL);
  if (u32(size) > kMaxTunnelOptions) return error(ENOMEM);
  const u8* const bytes = reinterpret_cast<const u8*>(options);
  packet->tunnel.options.assign(bytes, bytes + u32(size));
  return 0;
}

u64 skb_get_tunnel_opt(u64 ctx, u64 to, u64 size, u64, u64, Run&) {
  Packet* const packet = packet_of(ctx);
  const int number = !packet || packet->tunnel.options.empty()   ? ENOENT
                     : packet->tunnel.options.size() > u32(size) ? ENOMEM
                                                                 : 0;
  std::memset(reinterpret_cast<void*>(to), 0, u32(size));
  if (number) return error(number);
  std::memcpy(reinterpret_cast<void*>(to), packet->tunnel.options.data(), packet->tunnel.options.size());
  return packet->tunnel.options.size();
}

// --- whose it is --------------------------------------------------------------------------------------------------

u64 skb_cgroup_id(u64, u64, u64, u64, u64, Run&) { return kRootCgroup; }
u64 skb_ancestor_cgroup_id(u64, u64 level, u64, u64, u64, Run&) { return s32(level) == 0 ? kRootCgroup : 0; }
u64 zero(u64, u64, u64, u64, u64, Run&) { return 0; }
u64 no_xfrm_state(u64, u64, u64 to, u64 size, u64, Run&) {
  std::memset(reinterpret_cast<void*>(to), 0, u32(size));
  return error(EINVAL);
}

constexpr HelperBody kBodies[] = {
    {17, zero},  // get_cgroup_classid
    {20, skb_get_tunnel_key},
    {21, skb_set_tunnel_key},
    {24, zero},  // get_route_realm
    {29, skb_get_tunnel_opt},
    {30, skb_set_tunnel_opt},
    {32, skb_change_type},
    {34, get_hash_recalc},
    {41, set_hash_invalid},
    {48, set_hash},
    {66, no_xfrm_state},
    {79, skb_cgroup_id},
    {83, skb_ancestor_cgroup_id},
    {97, skb_ecn_set_ce},
    {151, zero},  // skb_cgroup_classid
    {192, skb_set_tstamp},
};

}  // namespace

std::span<const HelperBody> skb_meta_helpers() { return kBodies; }

}  // namespace skep::engine
