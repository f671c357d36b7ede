// See packet.h.
#include "engine/packet.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "engine/checksum.h"

namespace skep::engine {
namespace {

// Offsets of packet loads with a meaning of their own (UAPI linux/filter.h: SKF_*_OFF).
constexpr s64 kNetworkOffset = -0x100000, kLinkOffset = -0x200000;

// The part of a packet that holds `offset`, which becomes an offset in it.
std::span<u8> part_at(Packet& packet, u32& offset) {
  if (offset < packet.linear()) return {packet.head->data, packet.linear()};
  offset -= packet.linear();
  for (std::vector<u8>& frag : packet.frags) {
    if (offset < frag.size()) return frag;
    offset -= u32(frag.size());
  }
  return {};
}

// Calls f(bytes in the packet, bytes done so far) for every piece of a range that lies inside.
template <typename F>
void each_piece(Packet& packet, u32 offset, u32 size, F&& f) {
  for (u32 done = 0; done < size;) {
    u32 at = offset + done;
    const std::span<u8> part = part_at(packet, at);
    const u32 piece = std::min(size - done, u32(part.size()) - at);
    f(part.subspan(at, piece), done);
    done += piece;
  }
}

bool inside(const Packet& packet, u32 offset, u32 size) { return u64(offset) + size <= packet.size(); }

// The linear part moves to another place in a larger room.
void enlarge(Packet& packet, u32 before, u32 behind) {
  std::vector<u8> room(packet.room.size() + before + behind);
  std::memcpy(room.data() + before, packet.room.data(), packet.room.size());
  const auto move = [&](u8*& pointer) { pointer = room.data() + before + (pointer - packet.room.data()); };
  move(packet.head->data);
  move(packet.head->data_end);
  move(packet.head->data_meta);
  packet.mac += before;
  packet.network += before;
  packet.room = std::move(room);
}

u64 big_endian(const u8* bytes, u32 size) {
  u64 value = 0;
  for (u32 i = 0; i < size; ++i) value = value << 8 | bytes[i];
  return value;
}

}  // namespace

u32 Packet::frags_size() const {
  size_t sum = 0;
  for (const std::vector<u8>& frag : frags) sum += frag.size();
  return u32(sum);
}

void place_packet(Packet& packet, u32 headroom, const u8* data, u32 size, u32 frame) {
  packet.room.assign(frame, 0);
  u8* const at = packet.room.data() + headroom;
  if (size) std::memcpy(at, data, size);
  packet.head->data = packet.head->data_meta = at;
  packet.head->data_end = at + size;
}

bool read_packet(const Packet& packet, u32 offset, void* to, u32 size) {
  if (!inside(packet, offset, size)) return false;
  each_piece(const_cast<Packet&>(packet), offset, size, [to](std::span<u8> piece, u32 done) {
    std::memcpy(static_cast<u8*>(to) + done, piece.data(), piece.size());
  });
  return true;
}

bool write_packet(Packet& packet, u32 offset, const void* from, u32 size) {
  if (!inside(packet, offset, size)) return false;
  each_piece(packet, offset, size, [from](std::span<u8> piece, u32 done) {
    std::memcpy(piece.data(), static_cast<const u8*>(from) + done, piece.size());
  });
  return true;
}

u8* packet_slice(Packet& packet, u32 offset, u32 size) {
  if (!inside(packet, offset, size)) return nullptr;
  const std::span<u8> part = part_at(packet, offset);
  return offset + size <= part.size() ? part.data() + offset : nullptr;
}

void reserve_head(Packet& packet, u32 size) {
  if (packet.headroom() < size) enlarge(packet, size - packet.headroom(), 0);
}

void reserve_tail(Packet& packet, u32 size) {
  if (packet.tailroom() < size) enlarge(packet, 0, size - packet.tailroom());
}

u32 packet_sum(const Packet& packet) {
  const u8* const from = packet.room.data() + packet.network;
  return from < packet.head->data_end ? csum_partial(from, size_t(packet.head->data_end - from), 0) : 0;
}

bool same_sum(u32 a, u32 b) { return csum_fold(a) == csum_fold(b); }

bool load_packet(u64 ctx, s64 offset, u32 size, u64* value) {
  const CtxHead& head = CtxHead::of(ctx);
  const u8* from = head.data;
  if (offset < 0) {
    Packet* const packet = packet_of(ctx);
    if (!packet || offset < kLinkOffset) return false;
    const bool network = offset >= kNetworkOffset;
    from = network ? packet->network_header() : packet->mac_header();
    offset -= network ? kNetworkOffset : kLinkOffset;
  }
  if (from + offset + size > head.data_end) return false;
  *value = big_endian(from + offset, size);
  return true;
}

}  // namespace skep::engine
