// Helpers that change the shape of socket buffers: head, tail, room between headers, VLAN tags, the protocol. Rules and
// errno: UAPI linux/bpf.h; measured in tests/run/skb_helpers.ops.
#include <arpa/inet.h>

#include <cerrno>
#include <cstdlib>

#include "engine/bodies.h"
#include "engine/packet.h"

namespace skep::engine {
namespace {

constexpr int kENOTSUPP = 524;
constexpr u32 kMaxLen = 16064;                        // bytes: SKB_MAX_ALLOC
constexpr u32 kVlanTag = 4;                           // bytes
constexpr u16 kVlan = 0x8100, kServiceVlan = 0x88a8;  // ethertypes
constexpr u32 kMacAddresses = 12;                     // bytes before an ethertype
constexpr u32 kHeaderDifference = kIpv6Header - kIpv4Header;

constexpr u64 error(int number) { return u64(-s64(number)); }

u32 network_offset(const Packet& packet) {
  const u8* const network = packet.room.data() + packet.network;
  return network > packet.head->data ? u32(network - packet.head->data) : 0;
}

void moved(Packet& packet) {
  packet.head->data_meta = packet.head->data;
  packet.skb->len = packet.size();
}

// Opens `size` zero bytes at `offset`; what is before them moves to the front.
void open_gap(Packet& packet, u32 offset, u32 size) {
  reserve_head(packet, size);
  u8* const data = packet.head->data -= size;
  std::memmove(data, data + size, offset);
  std::memset(data + offset, 0, size);
  packet.mac -= size;
  moved(packet);
}

// Takes `size` bytes at `offset` out; what is before them moves back.
void close_gap(Packet& packet, u32 offset, u32 size) {
  u8* const data = packet.head->data;
  std::memmove(data + size, data, offset);
  packet.head->data += size;
  packet.mac += size;
  moved(packet);
}

u64 skb_change_head(u64 ctx, u64 size, u64 flags, u64, u64, Run&) {
  Packet* const packet = packet_of(ctx);
  if (!packet || flags || s32(size) < 0 || packet->size() + u32(size) > kMaxLen) return error(EINVAL);
  reserve_head(*packet, u32(size));
  packet->head->data -= u32(size);
  std::memset(packet->head->data, 0, u32(size));
  packet->mac = u32(packet->head->data - packet->room.data());
  moved(*packet);
  return 0;
}

u64 skb_change_tail(u64 ctx, u64 size, u64 flags, u64, u64, Run&) {
  Packet* const packet = packet_of(ctx);
  const u32 wanted = u32(size);
  if (!packet || flags || wanted > kMaxLen || wanted < network_offset(*packet)) return error(EINVAL);
  const u32 now = packet->linear();
  if (wanted > now) {
    reserve_tail(*packet, wanted - now);
    std::memset(packet->head->data_end, 0, wanted - now);
  }
  packet->head->data_end = packet->head->data + wanted;
  packet->skb->len = wanted;
  return 0;
}

// --- VLAN tags ----------------------------------------------------------------------------------------------------
// The outermost tag lies beside the packet, as if hardware had taken it off; further ones lie in it.

bool is_vlan(u32 protocol) { return protocol == htons(kVlan) || protocol == htons(kServiceVlan); }

void store16(u8* at, u32 value) {
  const u16 narrow = u16(value);
  std::memcpy(at, &narrow, sizeof(narrow));
}

u16 load16(const u8* at) {
  u16 value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

// Programs that see no Ethernet header have their tags moved all the same.
class WithMacHeader {
 public:
  explicit WithMacHeader(Packet& packet)
      : packet_(packet), hidden_(u32(packet.head->data - (packet.room.data() + packet.mac))) {
    packet_.head->data -= hidden_;
  }
  ~WithMacHeader() {
    packet_.head->data += hidden_;
    moved(packet_);
  }

 private:
  Packet& packet_;
  u32 hidden_;
};

void tag_into_packet(Packet& packet) {
  open_gap(packet, kMacAddresses, kVlanTag);
  u8* const tag = packet.head->data + kMacAddresses;
  store16(tag, packet.skb->vlan_proto);
  store16(tag + 2, htons(u16(packet.skb->vlan_tci)));
  packet.skb->protocol = packet.skb->vlan_proto;
}

// Takes the first tag out of the packet; its tci in host order.
u16 tag_out_of_packet(Packet& packet) {
  const u16 tci = ntohs(load16(packet.head->data + kMacAddresses + 2));
  close_gap(packet, kMacAddresses, kVlanTag);
  packet.skb->protocol = load16(packet.head->data + kMacAddresses);
  if (packet.network < packet.mac + kEthHeader) packet.network = packet.mac + kEthHeader;
  return tci;
}

u64 skb_vlan_push(u64 ctx, u64 protocol, u64 tci, u64, u64, Run&) {
  Packet* const packet = packet_of(ctx);
  if (!packet) return error(EINVAL);
  if (!is_vlan(u16(protocol))) protocol = htons(kVlan);
  const WithMacHeader with(*packet);
  if (packet->skb->vlan_present) tag_into_packet(*packet);
  packet->skb->vlan_present = 1;
  packet->skb->vlan_proto = u16(protocol);
  packet->skb->vlan_tci = u16(tci);
  return 0;
}

u64 skb_vlan_pop(u64 ctx, u64, u64, u64, u64, Run&) {
  Packet* const packet = packet_of(ctx);
  if (!packet) return error(EINVAL);
  SkbFields& skb = *packet->skb;
  const WithMacHeader with(*packet);
  const bool room = packet->linear() >= kEthHeader + kVlanTag;
  if (!skb.vlan_present) {
    if (!is_vlan(skb.protocol)) return 0;
    if (!room) return error(ENOMEM);
    tag_out_of_packet(*packet);
  }
  skb.vlan_present = skb.vlan_tci = skb.vlan_proto = 0;
  if (!is_vlan(skb.protocol)) return 0;
  const u32 next = skb.protocol;
  skb.vlan_tci = tag_out_of_packet(*packet);
  skb.vlan_proto = next;
  skb.vlan_present = 1;
  return 0;
}

// --- room between headers -----------------------------------------------------------------------------------------

u64 skb_change_proto(u64 ctx, u64 protocol, u64 flags, u64, u64, Run&) {
  Packet* const packet = packet_of(ctx);
  if (!packet || flags) return error(EINVAL);
  SkbFields& skb = *packet->skb;
  const u32 offset = network_offset(*packet), v4 = htons(kProtoIpv4), v6 = htons(kProtoIpv6);
  const bool up = skb.protocol == v4 && u16(protocol) == v6, down = skb.protocol == v6 && u16(protocol) == v4;
  if (!up && !down) return error(kENOTSUPP);
  if (down && packet->linear() < offset + kHeaderDifference) return error(ENOMEM);
  if (up) open_gap(*packet, offset, kHeaderDifference);
  if (down) close_gap(*packet, offset, kHeaderDifference);
  packet->network = packet->mac + kEthHeader;
  skb.protocol = u16(protocol);
  skb.hash = 0;
  return 0;
}

// Flags of bpf_skb_adjust_room().
constexpr u64 kEncapL3 = 0x6, kEncapL2Length = 0xffull << 56, kDecapL3 = 0x180, kAllFlags = 0x1ff | kEncapL2Length;
constexpr u64 kEncapIpv4 = 2, kEncapIpv6 = 4, kDecapIpv4 = 0x80, kDecapIpv6 = 0x100, kEncapL4 = 0x18;
constexpr u64 kEncapEth = 0x40;
constexpr s32 kMaxDifference = 0xfff;
constexpr u32 kAdjustNet = 0, kAdjustMac = 1;  // BPF_ADJ_ROOM_*

u32 ip_header(u32 protocol) { return protocol == htons(kProtoIpv4) ? kIpv4Header : kIpv6Header; }
bool is_ip(u32 protocol) { return protocol == htons(kProtoIpv4) || protocol == htons(kProtoIpv6); }

// What of the flags cannot go together.
bool bad_flags(u64 flags, bool shrinks) {
  if (flags & ~kAllFlags) return true;
  if ((flags & kEncapL3) == kEncapL3 || (flags & kDecapL3) == kDecapL3) return true;
  if (shrinks) return flags & (kEncapL3 | kEncapL4 | kEncapL2Length | kEncapEth);
  if (flags & kDecapL3) return true;
  if (!(flags & kEncapL3)) return false;
  return (flags & kEncapL4) == kEncapL4 || ((flags & kEncapEth) && (flags >> 56) < kEthHeader);
}

u32 protocol_after(u32 protocol, u64 flags) {
  if (flags & (kEncapIpv4 | kDecapIpv4)) return htons(kProtoIpv4);
  if (flags & (kEncapIpv6 | kDecapIpv6)) return htons(kProtoIpv6);
  return protocol;
}

u64 skb_adjust_room(u64 ctx, u64 difference, u64 mode, u64 flags, u64, Run&) {
  Packet* const packet = packet_of(ctx);
  const s32 wanted = s32(difference);
  if (!packet || bad_flags(flags, wanted < 0)) return error(EINVAL);
  if (wanted > kMaxDifference || wanted < -kMaxDifference) return error(EFAULT);
  SkbFields& skb = *packet->skb;
  if (!is_ip(skb.protocol) || u32(mode) > kAdjustMac) return error(kENOTSUPP);
  const u32 size = u32(std::abs(wanted)), net = network_offset(*packet), now = packet->size() - net;
  const u32 least = flags & kDecapIpv4 ? kIpv4Header : flags & kDecapIpv6 ? kIpv6Header : ip_header(skb.protocol);
  if (wanted < 0 && (size >= now || now - size < least)) return error(kENOTSUPP);
  if (wanted > 0 && packet->size() + size > kMaxLen) return error(kENOTSUPP);
  const u32 offset = net + (u32(mode) == kAdjustNet ? ip_header(skb.protocol) : 0);
  if (wanted < 0)
    close_gap(*packet, offset, size);
  else
    open_gap(*packet, offset, size);
  packet->network = u32(packet->head->data - packet->room.data()) + net;
  skb.protocol = protocol_after(skb.protocol, flags);
  return 0;
}

constexpr HelperBody kBodies[] = {
    {18, skb_vlan_push},   {19, skb_vlan_pop},    {31, skb_change_proto},
    {38, skb_change_tail}, {43, skb_change_head}, {50, skb_adjust_room},
};

}  // namespace

std::span<const HelperBody> skb_shape_helpers() { return kBodies; }

}  // namespace skep::engine
