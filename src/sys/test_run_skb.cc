// BPF_PROG_TEST_RUN of programs on socket buffers: a packet with an Ethernet header, as if lo had received it.
#include <arpa/inet.h>

#include <cstring>

#include "sys/test_run.h"

namespace skep::sys {
namespace {

using engine::Packet;
using engine::SkbFields;

constexpr u32 kHeadroom = 64;    // NET_SKB_PAD
constexpr u32 kRoomAfter = 320;  // struct skb_shared_info
constexpr u32 kPage = 4096;
constexpr u32 kMaxData = kPage - kHeadroom - kRoomAfter;
constexpr u32 kMaxWireLen = 65536, kMaxGsoSegs = 65535;
constexpr u32 kChecksumComplete = 4;  // BPF_F_TEST_SKB_CHECKSUM_COMPLETE
constexpr u32 kLoopback = 1;          // its ifindex

constexpr u32 kHost = 0, kMulticast = 2, kOtherHost = 3;                // PACKET_*
constexpr u16 kFirstEthertype = 0x600, kProto8023 = 1, kProto8022 = 4;  // ETH_P_*
constexpr u32 kInet = 2, kInet6 = 10, kTcpClose = 7;

// Fields of the context that the caller may give; everything else must be zero.
struct Span {
  u32 begin, end;
};
constexpr Span kMayBeGiven[] = {
    {offsetof(SkbFields, mark), offsetof(SkbFields, mark) + 4},
    {offsetof(SkbFields, priority), offsetof(SkbFields, tc_index)},  // and ingress_ifindex, ifindex
    {offsetof(SkbFields, cb), offsetof(SkbFields, cb) + 20},
    {offsetof(SkbFields, tstamp), offsetof(SkbFields, sk)},  // and wire_len, gso_segs
    {offsetof(SkbFields, gso_size), offsetof(SkbFields, gso_size) + 4},
    {offsetof(SkbFields, hwtstamp), sizeof(SkbFields)},
};

bool only_given_fields(const SkbFields& given) {
  SkbFields rest = given;
  u8* const bytes = reinterpret_cast<u8*>(&rest);
  for (const Span& span : kMayBeGiven) std::memset(bytes + span.begin, 0, span.end - span.begin);
  const SkbFields zeros{};
  return std::memcmp(bytes, &zeros, sizeof(zeros)) == 0;
}

struct TestSkb {
  engine::Context<SkbFields> ctx;
  engine::SocketFields socket{};
  Packet packet;
};

// What eth_type_trans() says of the packet: its protocol in host order.
u16 ethertype(const std::vector<u8>& data) {
  const u16 type = u16(data[12] << 8 | data[13]);
  if (type >= kFirstEthertype) return type;
  const bool raw_8023 = data.size() >= engine::kEthHeader + 2 && data[14] == 0xff && data[15] == 0xff;
  return raw_8023 ? kProto8023 : kProto8022;
}

// lo's address is all zeros, and so is its broadcast address.
u32 packet_type(const std::vector<u8>& data) {
  constexpr u8 kZeros[6] = {};
  if (data[0] & 1) return kMulticast;
  return std::memcmp(data.data(), kZeros, sizeof(kZeros)) == 0 ? kHost : kOtherHost;
}

// A packet that is said to be IP has at least the header.
bool is_whole(const std::vector<u8>& data) {
  const u16 protocol = ethertype(data);
  const u32 least = protocol == engine::kProtoIpv4   ? engine::kIpv4Header
                    : protocol == engine::kProtoIpv6 ? engine::kIpv6Header
                                                     : 0;
  return data.size() >= engine::kEthHeader + least;
}

// The test's socket takes its addresses from the packet.
void make_socket(TestSkb& skb, u16 protocol, const std::vector<u8>& data) {
  skb.socket.state = kTcpClose;
  skb.socket.rx_queue_mapping = -1;
  const u8* const header = data.data() + engine::kEthHeader;
  if (protocol == engine::kProtoIpv4) {
    skb.socket.family = kInet;
    std::memcpy(&skb.socket.src_ip4, header + 12, 4);
    std::memcpy(&skb.socket.dst_ip4, header + 16, 4);
  }
  if (protocol == engine::kProtoIpv6) {
    skb.socket.family = kInet6;
    std::memcpy(skb.socket.src_ip6, header + 8, 16);
    std::memcpy(skb.socket.dst_ip6, header + 24, 16);
  }
}

bool sees_ethernet(u32 prog_type) {
  return prog_type == BPF_PROG_TYPE_SCHED_CLS || prog_type == BPF_PROG_TYPE_SCHED_ACT;
}

void make_packet(const TestRun& test, TestSkb& skb, const std::vector<u8>& data) {
  Packet& packet = skb.packet;
  packet.kind = engine::PacketKind::Skb;
  packet.head = &skb.ctx.head;
  packet.skb = &skb.ctx.fields;
  packet.socket = &skb.socket;
  packet.grows = true;
  engine::place_packet(packet, kHeadroom, data.data(), u32(data.size()), kPage);
  packet.mac = kHeadroom;
  packet.network = kHeadroom + engine::kEthHeader;
  if (!sees_ethernet(test.prog_type())) {
    packet.head->data += engine::kEthHeader;
    packet.head->data_meta = packet.head->data;
  }
  packet.head->packet = &packet;
}

// Takes over what the caller gave (`given` is zeros if nothing) and fills in the rest.
long fill_fields(TestSkb& skb, const SkbFields& given, bool has_ctx, const std::vector<u8>& data) {
  SkbFields& fields = skb.ctx.fields;
  if (has_ctx && !only_given_fields(given)) return -EINVAL;
  fields = given;
  fields.gso_size &= 0xffff;  // the kernel has 16 bits for it
  fields.len = skb.packet.size();
  fields.pkt_type = packet_type(data);
  fields.protocol = htons(ethertype(data));
  if (fields.ifindex == 0) fields.ifindex = kLoopback;
  if (fields.gso_segs > kMaxGsoSegs) return -EINVAL;
  if (has_ctx && fields.wire_len == 0) fields.wire_len = fields.len;
  if (has_ctx && (fields.wire_len < fields.len || fields.wire_len > kMaxWireLen)) return -EINVAL;
  make_socket(skb, ethertype(data), data);
  fields.sk = &skb.socket;
  return 0;
}

// What user space sees of the context afterwards: what it gave, and what programs may change.
void fields_back(const SkbFields& after, SkbFields& given) {
  given.mark = after.mark;
  given.priority = after.priority;
  given.ingress_ifindex = after.ingress_ifindex;
  given.ifindex = after.ifindex;
  given.tstamp = after.tstamp;
  given.wire_len = after.wire_len;
  given.gso_segs = after.gso_segs;
  given.hwtstamp = after.hwtstamp;
  std::memcpy(given.cb, after.cb, sizeof(given.cb));
}

// Programs that saw no Ethernet header get one of zeros in front of what they leave.
void push_ethernet(const TestRun& test, Packet& packet) {
  if (sees_ethernet(test.prog_type())) return;
  engine::reserve_head(packet, engine::kEthHeader);
  packet.head->data -= engine::kEthHeader;
  std::memset(packet.head->data, 0, engine::kEthHeader);
}

std::span<u8> bytes_of(SkbFields& fields) { return {reinterpret_cast<u8*>(&fields), sizeof(fields)}; }

void sum_up(Packet& packet) {
  packet.sum = engine::PacketSum::Complete;
  packet.csum = engine::packet_sum(packet);
}

}  // namespace

long test_run_skb(const TestRun& test) {
  const TestRunAttr& attr = test.attr;
  if ((attr.flags & ~kChecksumComplete) || attr.cpu || attr.batch_size) return -EINVAL;
  auto data = read_data(test, kMaxData);
  if (!data.ok()) return -data.error();
  SkbFields given{};
  const bool has_ctx = attr.ctx_in || attr.ctx_out;
  if (const long error = read_ctx(test, bytes_of(given))) return error;
  if (given.ifindex > kLoopback && !interface_exists(given.ifindex)) return -ENODEV;
  if (!is_whole(*data)) return -EINVAL;
  TestSkb skb;
  make_packet(test, skb, *data);
  if (const long error = fill_fields(skb, given, has_ctx, *data)) return error;
  if (attr.flags & kChecksumComplete) sum_up(skb.packet);
  const auto ran = run_repeated(test, skb.ctx.pointer(), attr.repeat);
  if (!ran.ok()) return -ran.error();
  const u32 left = skb.packet.csum, sum = engine::packet_sum(skb.packet);
  push_ethernet(test, skb.packet);
  if (skb.packet.sum == engine::PacketSum::Complete && !engine::same_sum(left, sum)) return -EBADMSG;
  fields_back(skb.ctx.fields, given);
  const std::span<const u8> whole[] = {{skb.packet.head->data, skb.packet.size()}};
  const long error = write_result(test, *ran, whole);
  return error ? error : write_ctx(test, bytes_of(given));
}

}  // namespace skep::sys
