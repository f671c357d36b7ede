// Laying out the parts of a map's file.
#include "map/geometry.h"

#include <bit>

#include "map/shm/pool.h"

namespace skep::map {
namespace {

inline constexpr u32 kMaxStripes = 1024;
inline constexpr u64 kElementsPerStripe = 16;
inline constexpr u64 kTooLarge = u64(1) << 46;  // bytes: beyond half of the address space

}  // namespace

u64 Layouter::take(u64 count, u64 each) {
  u64 bytes;
  if (__builtin_mul_overflow(count, each, &bytes) || bytes > kTooLarge || at_ > kTooLarge) {
    geometry_.fits = false;
    return 0;
  }
  const u64 offset = at_;
  at_ = round_up(at_ + bytes, 64);
  return offset;
}

void Layouter::take_stripes(u32 count) {
  geometry_.n_stripes = count;
  geometry_.stripes = take(count, sizeof(Stripe));
}

void Layouter::take_pool(u64 count, u64 elem_size, u32 home_offset, bool lazy) {
  if (count > 0xffff0000u) geometry_.fits = false;
  geometry_.n_elems = u32(count);
  geometry_.elem_size = elem_size;
  geometry_.home_offset = home_offset;
  geometry_.taken = take(Pool::taken_bytes(count));
  geometry_.full = take(Pool::full_bytes(count));
  if (lazy) {
    geometry_.populated = take(Pool::full_bytes(count));
    geometry_.reserve = round_up(at_, kPageSize);
    at_ = geometry_.reserve;
  }
  geometry_.elems = take(count, elem_size);
}

void Layouter::finish() {
  geometry_.size = round_up(at_, kPageSize);
  if (geometry_.reserve == 0) geometry_.reserve = geometry_.size;
  if (geometry_.size > kTooLarge) geometry_.fits = false;
}

u32 stripes_for(u64 elements) {
  const u64 wanted = elements / kElementsPerStripe;
  return wanted <= 1 ? 1 : u32(std::bit_floor(wanted < kMaxStripes ? wanted : u64(kMaxStripes)));
}

}  // namespace skep::map
