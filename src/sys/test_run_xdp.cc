// BPF_PROG_TEST_RUN of XDP programs: a frame of one page with its metadata, and fragments of a page each.
#include <net/if.h>
#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include "sys/test_run.h"

namespace skep::sys {
namespace {

using engine::Packet;
using engine::XdpFields;

constexpr u32 kPage = 4096, kHeadroom = 256, kTailroom = 320;
constexpr u32 kFrameHeader = 40;  // struct xdp_frame
constexpr u32 kMaxFrags = 17;
constexpr u32 kMaxMeta = 216;   // what the headroom has besides the frame header
constexpr u32 kLiveFrames = 2;  // BPF_F_TEST_XDP_LIVE_FRAMES
constexpr u32 kMaxBatch = 256;
constexpr u32 kLiveHeader = 64;  // struct xdp_page_head, before the headroom of a live frame
constexpr u32 kLoopback = 1;

struct TestXdp {
  engine::Context<XdpFields> ctx;
  Packet packet;
};

// Where the metadata ends and the linear part ends, in bytes of data_in.
struct Shape {
  u32 meta = 0, linear = 0;
};

Result<Shape> shape_of(const XdpFields& given, bool has_ctx, u32 size) {
  Shape shape{.meta = 0, .linear = size};
  if (has_ctx) {
    if (given.data_meta || given.data_end > size || given.data > given.data_end) return error_status(EINVAL);
    if (given.data % 4 || given.data > kMaxMeta || given.data > size - engine::kEthHeader) return error_status(EINVAL);
    shape = {given.data, given.data_end};
  }
  shape.linear = std::min(shape.linear, kPage - (kHeadroom - shape.meta) - kTailroom);
  return shape;
}

bool queue_exists(u32 ifindex, u32 queue) {
  char name[IF_NAMESIZE];
  if (!if_indextoname(ifindex, name)) return queue == 0;
  const std::string path = fmt::format("/sys/class/net/{}/queues/rx-{}", name, queue);
  return queue == 0 || access(path.c_str(), F_OK) == 0;
}

// The device a frame came from. EINVAL, ENODEV.
long check_device(const XdpFields& given) {
  if (given.egress_ifindex) return -EINVAL;
  if (given.rx_queue_index && !given.ingress_ifindex) return -EINVAL;
  if (given.ingress_ifindex == 0) return 0;
  if (!interface_exists(given.ingress_ifindex)) return -ENODEV;
  return queue_exists(given.ingress_ifindex, given.rx_queue_index) ? 0 : -EINVAL;
}

long make_frame(TestXdp& xdp, const Shape& shape, const std::vector<u8>& data) {
  Packet& packet = xdp.packet;
  packet.kind = engine::PacketKind::Xdp;
  packet.head = &xdp.ctx.head;
  packet.xdp = &xdp.ctx.fields;
  packet.reserved_head = kFrameHeader;
  packet.reserved_tail = kTailroom;
  packet.frag_room = kPage;
  if (data.size() - shape.linear > size_t(kMaxFrags) * kPage) return -ENOMEM;
  engine::place_packet(packet, kHeadroom - shape.meta, data.data(), shape.linear, kPage);
  packet.head->data += shape.meta;
  packet.head->packet = &packet;
  for (size_t at = shape.linear; at < data.size(); at += kPage) {
    const auto begin = data.begin() + std::ptrdiff_t(at);
    packet.frags.emplace_back(begin, begin + std::ptrdiff_t(std::min<size_t>(kPage, data.size() - at)));
  }
  return 0;
}

std::span<u8> bytes_of(XdpFields& fields) { return {reinterpret_cast<u8*>(&fields), sizeof(fields)}; }

void fields_back(const Packet& packet, XdpFields& given) {
  given.data = u32(packet.head->data - packet.head->data_meta);
  given.data_end = u32(packet.head->data_end - packet.head->data_meta);
}

// What the kernel refuses of live frames; the rest would go through the network stack, and there is none here.
long check_live(const TestRunAttr& attr) {
  if (!(attr.flags & kLiveFrames)) return attr.batch_size ? -EINVAL : 0;
  if (attr.batch_size > kMaxBatch) return -E2BIG;
  constexpr u32 kMaxLive = kPage - kHeadroom - kTailroom - kLiveHeader;
  const bool bad = attr.data_size_in < engine::kEthHeader || attr.data_size_in > kMaxLive || attr.ctx_out;
  return bad ? -EINVAL : -EOPNOTSUPP;
}

}  // namespace

long test_run_xdp(const TestRun& test) {
  const TestRunAttr& attr = test.attr;
  if (attr.flags & ~kLiveFrames) return -EINVAL;
  if (const long error = check_live(attr)) return error;
  if (attr.data_size_in < engine::kEthHeader) return -EINVAL;
  XdpFields given{};
  const bool has_ctx = attr.ctx_in || attr.ctx_out;
  if (const long error = read_ctx(test, bytes_of(given))) return error;
  const auto shape = shape_of(given, has_ctx, attr.data_size_in);
  if (!shape.ok()) return -shape.error();
  if (attr.data_size_in - shape->linear > kMaxFrags * kPage) return -ENOMEM;
  auto data = read_data(test, UINT32_MAX);
  if (!data.ok()) return -data.error();
  TestXdp xdp;
  if (const long error = make_frame(xdp, *shape, *data)) return error;
  if (const long error = check_device(given)) return error;
  xdp.ctx.fields.ingress_ifindex = given.ingress_ifindex ? given.ingress_ifindex : kLoopback;
  xdp.ctx.fields.rx_queue_index = given.rx_queue_index;
  const auto ran = run_repeated(test, xdp.ctx.pointer(), attr.repeat);
  if (!ran.ok()) return -ran.error();
  fields_back(xdp.packet, given);
  std::vector<std::span<const u8>> pieces = {{xdp.packet.head->data_meta, xdp.packet.head->data_end}};
  for (const auto& frag : xdp.packet.frags) pieces.emplace_back(frag);
  const long error = write_result(test, *ran, pieces);
  return error ? error : write_ctx(test, bytes_of(given));
}

}  // namespace skep::sys
