// BPF_PROG_TEST_RUN of XDP programs: a frame of one page with its metadata, and fragments of a page each; or live
// frames, which end here, whatever the program says should become of them: there is no network.
#include <net/if.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

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
constexpr u32 kBatch = 64, kMaxBatch = 256;
constexpr u32 kLiveHeader = 112;  // struct xdp_page_head, before the headroom of a live frame
constexpr u32 kMaxLive = kPage - kLiveHeader - kHeadroom - kTailroom;
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

// data_in, in the kernel's order: the linear part, the device, the fragments. EFAULT, ENOMEM, errno of check_device().
Result<std::vector<u8>> read_frame(const TestRun& test, const Shape& shape, const XdpFields& given) {
  std::vector<u8> data(shape.linear);
  if (!copy_from_user(data.data(), test.attr.data_in, shape.linear)) return error_status(EFAULT);
  if (const long error = check_device(given)) return error_status(int(-error));
  const u32 rest = test.attr.data_size_in - shape.linear;
  if (rest > kMaxFrags * kPage) return error_status(ENOMEM);
  data.resize(test.attr.data_size_in);
  if (!copy_from_user(data.data() + shape.linear, test.attr.data_in + shape.linear, rest)) return error_status(EFAULT);
  return data;
}

void make_frame(TestXdp& xdp, const Shape& shape, const std::vector<u8>& data) {
  Packet& packet = xdp.packet;
  packet.kind = engine::PacketKind::Xdp;
  packet.head = &xdp.ctx.head;
  packet.xdp = &xdp.ctx.fields;
  packet.reserved_head = kFrameHeader;
  packet.reserved_tail = kTailroom;
  engine::place_packet(packet, kHeadroom - shape.meta, data.data(), shape.linear, kPage);
  packet.head->data += shape.meta;
  packet.head->packet = &packet;
  for (size_t at = shape.linear; at < data.size(); at += kPage) {
    const auto begin = data.begin() + std::ptrdiff_t(at);
    packet.frags.emplace_back(begin, begin + std::ptrdiff_t(std::min<size_t>(kPage, data.size() - at)));
  }
}

std::span<u8> bytes_of(XdpFields& fields) { return {reinterpret_cast<u8*>(&fields), sizeof(fields)}; }

void fields_back(const Packet& packet, XdpFields& given) {
  given.data = u32(packet.head->data - packet.head->data_meta);
  given.data_end = u32(packet.head->data_end - packet.head->data_meta);
}

bool is_live(const TestRun& test) { return test.attr.flags & kLiveFrames; }

long check_flags(const TestRunAttr& attr) {
  if (attr.flags & ~kLiveFrames) return -EINVAL;
  if (!(attr.flags & kLiveFrames)) return attr.batch_size ? -EINVAL : 0;
  return attr.batch_size > kMaxBatch ? -E2BIG : 0;
}

// A live frame has no fragments; where a context is given nothing comes back.
bool fits_live(const TestRun& test, const Shape& shape, bool has_ctx) {
  const TestRunAttr& attr = test.attr;
  if (has_ctx && (attr.data_out || attr.ctx_out)) return false;
  return shape.linear == attr.data_size_in && shape.linear - shape.meta <= kMaxLive;
}

// Drivers do not say how much room there is behind a fragment; the test's own queue of lo does.
void set_device(TestXdp& xdp, const XdpFields& given) {
  xdp.packet.frag_room = given.ingress_ifindex > kLoopback ? 0 : kPage;
  xdp.ctx.fields.ingress_ifindex = given.ingress_ifindex ? given.ingress_ifindex : kLoopback;
  xdp.ctx.fields.rx_queue_index = given.rx_queue_index;
}

// A batch of frames runs in turns, each from its beginning, but with the bytes that it was left with the last time.
Result<Ran> run_live(const TestRun& test, const Shape& shape, const XdpFields& given, const std::vector<u8>& data) {
  const u32 repeat = std::max(test.attr.repeat, 1u), batch = test.attr.batch_size ? test.attr.batch_size : kBatch;
  std::vector<std::unique_ptr<TestXdp>> frames(std::min(repeat, batch));
  for (auto& frame : frames) {
    frame = std::make_unique<TestXdp>();
    make_frame(*frame, shape, data);
    set_device(*frame, given);
  }
  const u32 meta = kHeadroom - shape.meta, end = meta + u32(data.size());
  u64 spent = 0;
  for (u32 i = 0; i < repeat; ++i) {
    TestXdp& frame = *frames[i % frames.size()];
    u8* const room = frame.packet.room.data();
    *frame.packet.head = {room + meta, room + kHeadroom, room + end, &frame.packet};
    const auto ran = run_repeated(test, frame.ctx.pointer(), 1);
    if (!ran.ok()) return ran.status();
    spent += ran->duration;
  }
  return Ran{.retval = 0, .duration = u32(std::min<u64>(spent / repeat, UINT32_MAX))};
}

long live_test_run(const TestRun& test, const Shape& shape, const XdpFields& given, const std::vector<u8>& data) {
  const auto ran = run_live(test, shape, given, data);
  if (!ran.ok()) return -ran.error();
  const std::span<const u8> whole[] = {data};
  return write_result(test, *ran, whole);
}

}  // namespace

long test_run_xdp(const TestRun& test) {
  const TestRunAttr& attr = test.attr;
  if (const long error = check_flags(attr)) return error;
  XdpFields given{};
  const bool has_ctx = attr.ctx_in || attr.ctx_out;
  if (const long error = read_ctx(test, bytes_of(given))) return error;
  if (attr.data_size_in < engine::kEthHeader) return -EINVAL;
  const auto shape = shape_of(given, has_ctx, attr.data_size_in);
  if (!shape.ok()) return -shape.error();
  if (is_live(test) && !fits_live(test, *shape, has_ctx)) return -EINVAL;
  auto data = read_frame(test, *shape, given);
  if (!data.ok()) return -data.error();
  if (is_live(test)) return live_test_run(test, *shape, given, *data);
  TestXdp xdp;
  make_frame(xdp, *shape, *data);
  set_device(xdp, given);
  const auto ran = run_repeated(test, xdp.ctx.pointer(), attr.repeat);
  if (!ran.ok()) return -ran.error();
  fields_back(xdp.packet, given);
  std::vector<std::span<const u8>> pieces = {{xdp.packet.head->data_meta, xdp.packet.head->data_end}};
  for (const auto& frag : xdp.packet.frags) pieces.emplace_back(frag);
  const long error = write_result(test, *ran, pieces);
  return error ? error : write_ctx(test, bytes_of(given));
}

}  // namespace skep::sys
