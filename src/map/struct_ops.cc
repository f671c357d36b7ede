// Struct_ops: one value, of a kernel type "bpf_struct_ops_NAME" that begins with {u32 refcnt, u32 state}; the rest is
// NAME's data from kDataOffset on, its functions given by descriptors of programs, for which bpf(2) (src/sys) stores
// ids.
//
// With BPF_F_LINK an update makes the value Ready to be attached by a link. Without, it would be registered with the
// kernel at once, which is not to be had here: EOPNOTSUPP.
//
//   update  data · state = Ready ◆
#include <cerrno>
#include <cstring>

#include "map/types.h"
#include "map/word_array.h"

namespace skep::map {
namespace {

inline constexpr u32 kDataOffset = 64;       // struct bpf_struct_ops_value aligns data to a cache line
inline constexpr u32 kInit = 0, kReady = 3;  // enum bpf_struct_ops_state

Geometry layout(const MapMeta& meta, u32) {
  Geometry g;
  Layouter parts(g);
  g.values = parts.take(1, meta.value_size);
  parts.take_stripes(1);
  parts.finish();
  return g;
}

u32& state(Map& map) { return *map.part<u32>(map.geometry().values + sizeof(u32)); }

// Before the first update there is nothing to see.
int lookup(Map& map, ConstBytes key, Bytes value, u64) {
  if (index_in(key.data()) != 0) return -ENOENT;
  std::memset(value.data(), 0, value.size());
  if (load_acquire(state(map)) != kInit) copy_from_shared(value.data(), map.data(), value.size());
  return 0;
}

int update(Map& map, ConstBytes key, ConstBytes value, u64 flags) {
  if (flags != BPF_ANY) return -EINVAL;
  if (index_in(key.data()) != 0) return -E2BIG;
  if (value.size() < kDataOffset) return -EINVAL;
  for (u32 i = 0; i < kDataOffset; ++i) {
    if (value[i] != 0) return -EINVAL;
  }
  if (!(map.meta().map_flags & BPF_F_LINK)) return -EOPNOTSUPP;
  Writer lock(map, 0);
  if (!lock.ok()) return -EBUSY;
  const int result = load_relaxed(state(map)) == kInit ? 0 : -EBUSY;
  if (result == 0) {
    copy_to_shared(map.data() + kDataOffset, value.data() + kDataOffset, value.size() - kDataOffset);
    store_release(state(map), kReady);
  }
  lock.release();
  return result;
}

// Only what is registered can be deleted.
int erase(Map& map, ConstBytes) { return map.meta().map_flags & BPF_F_LINK ? -EOPNOTSUPP : -ENOENT; }

}  // namespace

const MapOps kStructOpsOps = {
    .layout = layout, .lookup = lookup, .update = update, .erase = erase, .next_key = next_index};

}  // namespace skep::map
