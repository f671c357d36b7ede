// Devmap and devmap_hash: network interfaces by index or key, with a program each if values have 8 bytes (devmap.h).
// Stored are 8 bytes, of which lookups show as many as a value has; in a devmap that is a word (word_array.h).
//
// Linux takes elements away with their interface; here they stay until somebody deletes them.
#include "map/devmap.h"

#include <net/if.h>

#include <cerrno>
#include <cstring>

#include "map/hash.h"
#include "map/types.h"
#include "map/word_array.h"

namespace skep::map {
namespace {

Geometry hash_layout(const MapMeta& meta, u32) {
  return HashTable::layout(meta, sizeof(ProgValue), meta.max_entries, false);
}

ProgValue value_in(ConstBytes bytes) {
  ProgValue value;
  std::memcpy(&value, bytes.data(), bytes.size());
  return value;
}

bool is_interface(u32 index) {
  char name[IF_NAMESIZE];
  return if_indextoname(index, name) != nullptr;
}

int update(Map& map, ConstBytes key, ConstBytes bytes, u64 flags) {
  const ProgValue value = value_in(bytes);
  if (int err = check_devmap_value(map, key, value, flags)) return err;
  u64 word;
  std::memcpy(&word, &value, sizeof(word));
  store_release(word_at(map, index_in(key.data())), word);  // interface 0: the element is empty
  return 0;
}

int hash_update_dev(Map& map, ConstBytes key, ConstBytes bytes, u64 flags) {
  const ProgValue value = value_in(bytes);
  if (int err = check_devmap_hash_value(map, key, value, flags)) return err;
  const auto write = [&](u8* shared) { copy_to_shared(shared, &value, sizeof(value)); };
  HashTable table(map, key);
  Writer lock(map, table.stripe_number());
  if (!lock.ok()) return -EBUSY;
  const s64 link = table.find(key);
  int result = link > 0 && flags == BPF_NOEXIST ? -EEXIST : link < 0 ? int(link) : 0;
  if (result == 0) result = link == 0 ? table.insert(key, write) : table.replace(u32(link), write);
  lock.release();
  return result;
}

}  // namespace

int check_devmap_value(Map& map, ConstBytes key, const ProgValue& value, u64 flags) {
  if (flags > BPF_EXIST) return -EINVAL;
  if (index_in(key.data()) >= map.meta().max_entries) return -E2BIG;
  if (flags == BPF_NOEXIST) return -EEXIST;
  if (value.what == 0) return value.prog == 0 ? 0 : -EINVAL;
  return is_interface(value.what) ? 0 : -EINVAL;
}

int check_devmap_hash_value(Map& map, ConstBytes key, const ProgValue& value, u64 flags) {
  if (flags > BPF_EXIST || value.what == 0) return -EINVAL;
  if (flags == BPF_NOEXIST && hash_lookup_ptr(map, key, 0) != nullptr) return -EEXIST;
  return is_interface(value.what) ? 0 : -EINVAL;
}

const MapOps kDevmapOps = {.layout = word_array_layout,
                           .lookup = word_lookup,
                           .update = update,
                           .erase = word_erase,
                           .next_key = next_index,
                           .lookup_ptr = word_lookup_ptr};

const MapOps kDevmapHashOps = {.layout = hash_layout,
                               .init = HashTable::init,
                               .repair = HashTable::repair,
                               .lookup = hash_lookup,
                               .update = hash_update_dev,
                               .erase = hash_erase,
                               .next_key = hash_next_key,
                               .lookup_ptr = hash_lookup_ptr};

}  // namespace skep::map
