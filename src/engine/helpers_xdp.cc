// Helpers on XDP frames. Rules and errno: UAPI linux/bpf.h; measured in tests/run/xdp_helpers.ops.
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/bodies.h"
#include "engine/packet.h"

namespace skep::engine {
namespace {

constexpr u32 kMaxOffset = 0xffff, kMaxMeta = 252;

constexpr u64 error(int number) { return u64(-s64(number)); }

u64 xdp_adjust_head(u64 ctx, u64 delta, u64, u64, u64, Run&) {
  Packet& packet = *packet_of(ctx);
  CtxHead& head = *packet.head;
  const s64 meta = head.data - head.data_meta, move = s32(delta);
  const u8* const least = packet.room.data() + packet.reserved_head + meta;
  if (head.data + move < least || head.data + move > head.data_end - kEthHeader) return error(EINVAL);
  if (meta) std::memmove(head.data_meta + move, head.data_meta, size_t(meta));
  head.data += move;
  head.data_meta += move;
  return 0;
}

u64 xdp_adjust_meta(u64 ctx, u64 delta, u64, u64, u64, Run&) {
  Packet& packet = *packet_of(ctx);
  u8* const meta = packet.head->data_meta + s32(delta);
  if (meta < packet.room.data() + packet.reserved_head || meta > packet.head->data) return error(EINVAL);
  const u64 size = u64(packet.head->data - meta);
  if (size % 4 || size > kMaxMeta) return error(EACCES);
  packet.head->data_meta = meta;
  return 0;
}

u64 grow_frags(Packet& packet, u32 size) {
  std::vector<u8>& last = packet.frags.back();
  if (packet.frag_room == 0) return error(EOPNOTSUPP);
  if (last.size() + size > packet.frag_room) return error(EINVAL);
  last.resize(last.size() + size);
  return 0;
}

u64 shrink_frags(Packet& packet, s32 delta) {
  if (delta == INT32_MIN) return 0;  // has no opposite: nothing happens
  u32 size = u32(-delta);
  if (packet.size() < kEthHeader || size > packet.size() - kEthHeader) return error(EINVAL);
  while (size && !packet.frags.empty()) {
    std::vector<u8>& last = packet.frags.back();
    const u32 step = std::min(size, u32(last.size()));
    last.resize(last.size() - step);
    size -= step;
    if (last.empty()) packet.frags.pop_back();
  }
  packet.head->data_end -= size;
  return 0;
}

u64 xdp_adjust_tail(u64 ctx, u64 delta, u64, u64, u64, Run&) {
  Packet& packet = *packet_of(ctx);
  CtxHead& head = *packet.head;
  const s32 move = s32(delta);
  if (!packet.frags.empty()) return move < 0 ? shrink_frags(packet, move) : grow_frags(packet, u32(move));
  if (move > 0 && u32(move) > packet.tailroom()) return error(EINVAL);
  if (head.data_end + move < head.data + kEthHeader) return error(EINVAL);
  if (move > 0) std::memset(head.data_end, 0, u32(move));
  head.data_end += move;
  return 0;
}

u64 xdp_get_buff_len(u64 ctx, u64, u64, u64, u64, Run&) { return packet_of(ctx)->size(); }

// 0, or the errno of a range that is not inside.
int check_range(const Packet& packet, u64 offset, u64 size) {
  if (u32(offset) > kMaxOffset || u32(size) > kMaxOffset) return EFAULT;
  return u32(offset) + u32(size) > packet.size() ? EINVAL : 0;
}

u64 xdp_load_bytes(u64 ctx, u64 offset, u64 to, u64 size, u64, Run&) {
  Packet& packet = *packet_of(ctx);
  if (const int bad = check_range(packet, offset, size)) return error(bad);
  read_packet(packet, u32(offset), reinterpret_cast<void*>(to), u32(size));
  return 0;
}

u64 xdp_store_bytes(u64 ctx, u64 offset, u64 from, u64 size, u64, Run&) {
  Packet& packet = *packet_of(ctx);
  if (const int bad = check_range(packet, offset, size)) return error(bad);
  write_packet(packet, u32(offset), reinterpret_cast<const void*>(from), u32(size));
  return 0;
}

// So many bytes from the data's start on come to lie in its linear part: behind it, and where that is not enough,
// before it, where its data (and metadata) move to.
u64 xdp_pull_data(u64 ctx, u64 length, u64, u64, u64, Run&) {
  Packet& packet = *packet_of(ctx);
  CtxHead& head = *packet.head;
  if (u32(length) <= packet.linear()) return 0;
  if (u32(length) > packet.size()) return error(EINVAL);
  u32 wanted = u32(length) - packet.linear();
  const u32 shift = wanted > packet.tailroom() ? wanted - packet.tailroom() : 0;
  if (head.data_meta < packet.room.data() + packet.reserved_head + shift) return error(EINVAL);
  std::memmove(head.data_meta - shift, head.data_meta, size_t(head.data_end - head.data_meta));
  head.data -= shift;
  head.data_meta -= shift;
  head.data_end -= shift;
  while (wanted) {
    std::vector<u8>& first = packet.frags.front();
    const u32 step = std::min(wanted, u32(first.size()));
    std::memcpy(head.data_end, first.data(), step);
    head.data_end += step;
    wanted -= step;
    first.erase(first.begin(), first.begin() + step);
    if (first.empty()) packet.frags.erase(packet.frags.begin());
  }
  return 0;
}

constexpr KfuncBody kKfuncs[] = {{"bpf_xdp_pull_data", xdp_pull_data}};

constexpr HelperBody kBodies[] = {
    {44, xdp_adjust_head},   {54, xdp_adjust_meta}, {65, xdp_adjust_tail},
    {188, xdp_get_buff_len}, {189, xdp_load_bytes}, {190, xdp_store_bytes},
};

}  // namespace

std::span<const HelperBody> xdp_helpers() { return kBodies; }
std::span<const KfuncBody> xdp_kfuncs() { return kKfuncs; }

}  // namespace skep::engine
