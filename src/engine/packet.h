// Packets under test: the bytes behind a context of a packet program, with the room that they may grow into, and what
// the kernel keeps beside them.
#pragma once

#include <vector>

#include "engine/context.h"

namespace skep::engine {

// UAPI struct bpf_sock: a socket as programs see it.
struct SocketFields {
  u32 bound_dev_if, family, type, protocol, mark, priority;
  u32 src_ip4, src_ip6[4], src_port;
  u16 dst_port, zero_padding;
  u32 dst_ip4, dst_ip6[4], state;
  s32 rx_queue_mapping;
};
static_assert(sizeof(SocketFields) == 80);

// UAPI struct bpf_flow_keys.
struct FlowKeys {
  u16 nhoff, thoff, addr_proto;
  u8 is_frag, is_first_frag, is_encap, ip_proto;
  u16 n_proto, sport, dport;
  u32 ipv6_src[4], ipv6_dst[4], flags, flow_label;
};
static_assert(sizeof(FlowKeys) == 56);

// UAPI struct __sk_buff.
struct SkbFields {
  u32 len, pkt_type, mark, queue_mapping, protocol, vlan_present, vlan_tci, vlan_proto, priority, ingress_ifindex;
  u32 ifindex, tc_index, cb[5], hash, tc_classid, data, data_end, napi_id, family;
  u32 remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port, data_meta;
  FlowKeys* flow_keys;
  u64 tstamp;
  u32 wire_len, gso_segs;
  SocketFields* sk;
  u32 gso_size;
  u8 tstamp_type, padding[3];
  u64 hwtstamp;
};
static_assert(sizeof(SkbFields) == 192 && offsetof(SkbFields, flow_keys) == 144 && offsetof(SkbFields, sk) == 168);

// UAPI struct xdp_md.
struct XdpFields {
  u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex;
};
static_assert(sizeof(XdpFields) == 24);

inline constexpr u32 kEthHeader = 14, kIpv4Header = 20, kIpv6Header = 40;  // bytes
inline constexpr u16 kProtoIpv4 = 0x0800, kProtoIpv6 = 0x86dd;             // ethertypes, host order

// Where a program sent the packet (bpf_redirect and its like): the last one counts.
struct Redirect {
  enum class To : u8 { Nowhere, Interface, Neighbour, Peer, Map, Socket };
  To to = To::Nowhere;
  u32 ifindex = 0;  // or the key in the map
  u32 map_id = 0;
  u64 flags = 0;
};

enum class PacketKind : u8 { Skb, Xdp };

// bpf_skb_set_tunnel_key and bpf_skb_set_tunnel_opt: what a later get gives.
struct Tunnel {
  std::vector<u8> key, options;  // empty: none was set
  bool ipv6 = false;
};

// What is known of an skb's checksums: nothing, that they are good, or the sum over all that follows the MAC header.
enum class PacketSum : u8 { None, Unnecessary, Complete };

struct Packet {
  PacketKind kind = PacketKind::Skb;
  CtxHead* head = nullptr;             // of its context: where data begins and ends
  SkbFields* skb = nullptr;            // its context, of an skb
  XdpFields* xdp = nullptr;            // its context, of an XDP frame
  std::vector<u8> room;                // what the linear part lies in
  u32 reserved_head = 0;               // bytes at the room's start that data may not reach
  u32 reserved_tail = 0;               // and at its end
  u32 mac = 0, network = 0;            // skb: headers, bytes into the room
  bool grows = false;                  // the room is enlarged when it gets short
  std::vector<std::vector<u8>> frags;  // what follows the linear part
  u32 frag_room = 0;                   // bytes that a fragment has room for; 0: the device does not say
  PacketSum sum = PacketSum::None;
  u32 csum = 0;        // Complete: the sum
  u32 csum_level = 0;  // Unnecessary: how many sums are good, less one
  u32 clones = 0;      // sent by bpf_clone_redirect
  Redirect redirect;
  Tunnel tunnel;
  SocketFields* socket = nullptr;

  u32 linear() const { return u32(head->data_end - head->data); }
  u32 frags_size() const;
  u32 size() const { return linear() + frags_size(); }
  u32 headroom() const { return u32(head->data - room.data()) - reserved_head; }
  u32 tailroom() const { return u32(room.data() + room.size() - head->data_end) - reserved_tail; }
  u8* mac_header() { return room.data() + mac; }
  u8* network_header() { return room.data() + network; }
};

// The packet behind a context of a packet program, or behind an sk_buff that a test run made; null: there is none.
inline Packet* packet_of(u64 ctx) { return static_cast<Packet*>(CtxHead::of(ctx).packet); }

// Lays `size` bytes of data out with room around them; `frame` is all of it. `packet.head` is set.
void place_packet(Packet& packet, u32 headroom, const u8* data, u32 size, u32 frame);

// Bytes of the packet from its data's start on, fragments included. False: they are not all there.
bool read_packet(const Packet& packet, u32 offset, void* to, u32 size);
bool write_packet(Packet& packet, u32 offset, const void* from, u32 size);
// The same bytes in place if they lie in one piece; null otherwise.
u8* packet_slice(Packet& packet, u32 offset, u32 size);

// Room before or behind the linear part of an skb; its addresses may change.
void reserve_head(Packet& packet, u32 size);
void reserve_tail(Packet& packet, u32 size);

// The Internet sum of an skb from its network header on (checksum.h), and whether two sums are the same checksum.
u32 packet_sum(const Packet& packet);
bool same_sum(u32 a, u32 b);

// LD_ABS and LD_IND: `size` bytes at `offset` of the packet behind the context, big-endian; negative offsets reach the
// MAC and network headers and ancillary data. False: they lie outside.
bool load_packet(u64 ctx, s64 offset, u32 size, u64* value);

}  // namespace skep::engine
