// Cpumap: queues to CPUs by the CPU's number, with a program each if values have 8 bytes (devmap.h).
// Elements are the words of word_array.h.
#include <cerrno>
#include <cstring>

#include "map/devmap.h"
#include "map/types.h"
#include "map/word_array.h"

namespace skep::map {
namespace {

inline constexpr u32 kMaxQueue = 16384;  // packets

int update(Map& map, ConstBytes key, ConstBytes bytes, u64 flags) {
  ProgValue value;
  std::memcpy(&value, bytes.data(), bytes.size());
  if (int err = check_cpumap_value(map, key, value, flags)) return err;
  if (value.what == 0) value = {};  // the element is empty, whatever program was given
  u64 word;
  std::memcpy(&word, &value, sizeof(word));
  store_release(word_at(map, index_in(key.data())), word);
  return 0;
}

}  // namespace

int check_cpumap_value(Map& map, ConstBytes key, const ProgValue& value, u64 flags) {
  const u32 cpu = index_in(key.data());
  if (flags > BPF_EXIST) return -EINVAL;
  if (cpu >= map.meta().max_entries) return -E2BIG;
  if (flags == BPF_NOEXIST) return -EEXIST;
  if (value.what > kMaxQueue) return -EOVERFLOW;
  return cpu < map.cpus() ? 0 : -ENODEV;
}

const MapOps kCpumapOps = {.layout = word_array_layout,
                           .lookup = word_lookup,
                           .update = update,
                           .erase = word_erase,
                           .next_key = next_index,
                           .lookup_ptr = word_lookup_ptr};

}  // namespace skep::map
