// Bloom filter: a set of values that may answer "yes" for a value that was never pushed, and never "no" for one that
// was. bpf(2) knows no keys here: UPDATE pushes the value, LOOKUP asks for the value it is given.
//
//   extra: bits, a power of two of them: entries · hashes · 7/5, at which a full filter is right most often
//
// A push sets `hashes` bits, each by one atomic OR ◆; it needs no lock. Killed in the middle it has set some, which can
// only make the filter say "yes" once too often: nothing to repair.
#include <algorithm>
#include <bit>
#include <cerrno>

#include "map/map.h"
#include "map/types.h"

namespace skep::map {
namespace {

inline constexpr u32 kDefaultHashes = 5;
inline constexpr u64 kMaxBits = u64(1) << 32;

u32 n_hashes(const MapMeta& meta) { return meta.map_extra ? u32(meta.map_extra) : kDefaultHashes; }

u64 n_bits(const MapMeta& meta) {
  const u64 wanted = u64(meta.max_entries) * n_hashes(meta) * 7 / 5;
  return std::clamp(std::bit_ceil(wanted), u64(64), kMaxBits);
}

Geometry layout(const MapMeta& meta, u32) {
  Geometry g;
  Layouter parts(g);
  g.extra = parts.take(n_bits(meta) / 8);
  parts.finish();
  return g;
}

// Calls `visit(word, bit)` for each bit of a value until it says false.
template <typename F>
bool for_each_bit(Map& map, ConstBytes value, F&& visit) {
  const u64 mask = n_bits(map.meta()) - 1;
  const u64 hash = map.hash(value), step = (hash >> 32) | 1;
  for (u32 i = 0; i < n_hashes(map.meta()); ++i) {
    const u64 at = (hash + i * step) & mask;
    if (!visit(map.part<u64>(map.geometry().extra)[at / 64], u64(1) << (at % 64))) return false;
  }
  return true;
}

int push(Map& map, ConstBytes value, u64 flags) {
  if (flags != BPF_ANY) return -EINVAL;
  for_each_bit(map, value, [](u64& word, u64 bit) {
    if (!(load_relaxed(word) & bit)) __atomic_fetch_or(&word, bit, __ATOMIC_RELEASE);
    return true;
  });
  return 0;
}

int peek(Map& map, Bytes value) {
  return for_each_bit(map, value, [](const u64& word, u64 bit) { return (load_acquire(word) & bit) != 0; }) ? 0
                                                                                                            : -ENOENT;
}

int lookup(Map& map, ConstBytes, Bytes value, u64) { return peek(map, value); }
int update(Map& map, ConstBytes, ConstBytes value, u64 flags) { return push(map, value, flags); }

}  // namespace

const MapOps kBloomFilterOps = {.layout = layout,
                                .lookup = lookup,
                                .update = update,
                                .push = push,
                                .peek = peek,
                                .no_erase = EOPNOTSUPP,
                                .no_next_key = EOPNOTSUPP,
                                .lookup_takes_value = true};

}  // namespace skep::map
