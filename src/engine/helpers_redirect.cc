// Helpers that send packets elsewhere, and those that ask about the way. Nothing is sent here: Packet::redirect tells
// where the packet would have gone.
#include <net/if.h>

#include <cerrno>
#include <fstream>
#include <string>

#include "engine/bodies.h"
#include "engine/packet.h"

namespace skep::engine {
namespace {

constexpr u64 kTcShot = 2, kTcRedirect = 7, kXdpAborted = 0, kXdpRedirect = 4;
constexpr u64 kIngress = 1;  // BPF_F_INGRESS
constexpr u32 kLoopback = 1;

constexpr u64 error(int number) { return u64(-s64(number)); }

u64 send_to(Packet* packet, const Redirect& where, u64 verdict) {
  if (packet) packet->redirect = where;
  return verdict;
}

u64 redirect(u64 ifindex, u64 flags, u64, u64, u64, Run& run) {
  Packet* const packet = packet_of(run.ctx);
  const bool xdp = packet && packet->kind == PacketKind::Xdp;
  if (flags & ~(xdp ? 0 : kIngress)) return xdp ? kXdpAborted : kTcShot;
  return send_to(packet, {Redirect::To::Interface, u32(ifindex), 0, flags}, xdp ? kXdpRedirect : kTcRedirect);
}

u64 redirect_neigh(u64 ifindex, u64, u64 size, u64 flags, u64, Run& run) {
  constexpr u32 kParams = 20;  // struct bpf_redir_neigh
  if ((u32(size) && u32(size) < kParams) || flags) return kTcShot;
  return send_to(packet_of(run.ctx), {Redirect::To::Neighbour, u32(ifindex)}, kTcRedirect);
}

u64 redirect_peer(u64 ifindex, u64 flags, u64, u64, u64, Run& run) {
  if (flags) return kTcShot;
  return send_to(packet_of(run.ctx), {Redirect::To::Peer, u32(ifindex)}, kTcRedirect);
}

u64 redirect_map(u64 map, u64 key, u64 flags, u64, u64, Run& run) {
  constexpr u64 kAction = 3, kBroadcast = 8, kExcludeIngress = 16;  // what to return if there is nobody; BPF_F_*
  MapHandle& handle = MapHandle::of(map);
  const bool to_devices = handle.type() == BPF_MAP_TYPE_DEVMAP || handle.type() == BPF_MAP_TYPE_DEVMAP_HASH;
  if (flags & ~(kAction | (to_devices ? kBroadcast | kExcludeIngress : 0))) return kXdpAborted;
  const u32 index = u32(key);
  u8 value[16];
  const map::ConstBytes key_bytes(reinterpret_cast<const u8*>(&index), sizeof(index));
  // Maps whose elements nobody reads back (xskmap) hold none here.
  const bool there = handle.ops().lookup && handle.value_size() <= sizeof(value) &&
                     handle.ops().lookup(handle.map(), key_bytes, {value, handle.value_size()}, 0) == 0;
  if (!there && !(flags & kBroadcast)) return flags & kAction;
  return send_to(packet_of(run.ctx), {Redirect::To::Map, index, handle.id(), flags}, kXdpRedirect);
}

bool interface_exists(u32 ifindex) {
  char name[IF_NAMESIZE];
  return ifindex == kLoopback || if_indextoname(ifindex, name) != nullptr;
}

u64 clone_redirect(u64 ctx, u64 ifindex, u64 flags, u64, u64, Run&) {
  Packet* const packet = packet_of(ctx);
  if (!packet || (flags & ~kIngress) || !interface_exists(u32(ifindex))) return error(EINVAL);
  ++packet->clones;
  return 0;
}

// --- the way ------------------------------------------------------------------------------------------------------

// 0: there is no such interface.
u32 mtu_of(u32 ifindex) {
  constexpr u32 kLoopbackMtu = 65536;
  char name[IF_NAMESIZE];
  if (ifindex == kLoopback) return kLoopbackMtu;
  if (!if_indextoname(ifindex, name)) return 0;
  u32 mtu = 0;
  std::ifstream(std::string("/sys/class/net/") + name + "/mtu") >> mtu;
  return mtu;
}

u64 check_mtu(u64 ctx, u64 ifindex, u64 length, u64 difference, u64 flags, Run&) {
  constexpr u64 kSegments = 1, kFragmentationNeeded = 1;  // BPF_MTU_CHK_*
  const Packet& packet = *packet_of(ctx);
  const bool xdp = packet.kind == PacketKind::Xdp;
  u32 given;
  std::memcpy(&given, reinterpret_cast<const void*>(length), sizeof(given));
  if (flags & ~(xdp ? 0 : kSegments)) return error(EINVAL);
  if ((flags & kSegments) && (s32(difference) || given)) return error(EINVAL);
  const u32 own = xdp ? packet.xdp->ingress_ifindex : packet.skb->ifindex;
  const u32 mtu = mtu_of(u32(ifindex) ? u32(ifindex) : own);
  if (mtu == 0) return error(ENODEV);
  const s64 size = (given ? s64(given) + kEthHeader : packet.size()) + s32(difference);
  std::memcpy(reinterpret_cast<void*>(length), &mtu, sizeof(mtu));
  return size <= s64(mtu) + kEthHeader ? 0 : kFragmentationNeeded;
}

// There are no routes here: what is asked for is not forwarded.
u64 fib_lookup(u64, u64 params, u64 size, u64 flags, u64, Run&) {
  constexpr u64 kAllFlags = 0x3f, kNotForwarded = 4;  // BPF_FIB_LOOKUP_*, BPF_FIB_LKUP_RET_NOT_FWDED
  constexpr u32 kParams = 64, kInet = 2, kInet6 = 10;
  if (u32(size) < kParams || (flags & ~kAllFlags)) return error(EINVAL);
  const u8 family = *reinterpret_cast<const u8*>(params);
  if (family != kInet && family != kInet6) return error(EAFNOSUPPORT);
  u32 ifindex;
  std::memcpy(&ifindex, reinterpret_cast<const u8*>(params) + 8, sizeof(ifindex));
  return interface_exists(ifindex) ? kNotForwarded : error(ENODEV);
}

constexpr HelperBody kBodies[] = {
    {13, clone_redirect},  {23, redirect},       {51, redirect_map}, {69, fib_lookup},
    {152, redirect_neigh}, {155, redirect_peer}, {163, check_mtu},
};

}  // namespace

std::span<const HelperBody> redirect_helpers() { return kBodies; }

}  // namespace skep::engine
