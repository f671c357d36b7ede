// A map: its geometry (meta.h) and, for the types that have storage here, its values in a memory file. The fd of the
// map is that file's, so an MMAPABLE map is mapped by an ordinary mmap, and pages that nobody touched cost nothing: a
// map of a million entries is as cheap as its first page.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>

#include "base/status.h"
#include "map/create.h"
#include "map/meta.h"

namespace skep::map {

// The bytes of a map's values: a shared mapping of its file.
class Values {
 public:
  Values() = default;
  ~Values();
  Values(const Values&) = delete;
  Values& operator=(const Values&) = delete;

  // Makes `fd` `size` bytes long and maps it. ENOMEM where there is no room for the addresses.
  Status attach(int fd, u64 size);
  u8* data() const { return data_; }
  u64 size() const { return size_; }

 private:
  u8* data_ = nullptr;
  u64 size_ = 0;
};

struct Map {
  std::shared_ptr<MapMeta> meta;
  const TypeRow* type = nullptr;
  u32 possible_cpus = 1;
  u32 btf_id = 0;                                          // of the BTF object its types come from; 0 without
  std::unique_ptr<Values> values;                          // null for types without storage
  std::map<std::string, std::shared_ptr<Map>> inner_maps;  // map-in-map: by key bytes
  bool user_can_read = true, user_can_write = true;        // BPF_F_WRONLY, BPF_F_RDONLY and freezing take them away

  u64 user_value_size() const;  // bytes of a value as user space passes it: all CPUs' for per-CPU types
};

// Bytes of storage that a map of this geometry needs; 0 for types without.
u64 storage_size(const MapMeta& meta, Storage storage, u32 possible_cpus);

// The operations of bpf(2), for the types with storage (array.cc). 0 or -errno; `value` has user_value_size() bytes,
// keys key_size bytes.
int lookup_elem(const Map& map, std::span<const u8> key, std::span<u8> value);
int update_elem(Map& map, std::span<const u8> key, std::span<const u8> value, u64 flags);
int delete_elem(Map& map, std::span<const u8> key);
// Puts `inner` into a map-in-map; EINVAL if it is not like the template that the outer map was made with.
int update_inner_map(Map& outer, std::span<const u8> key, std::shared_ptr<Map> inner, u64 flags);
// `key` may be empty: the first key.
int get_next_key(const Map& map, std::span<const u8> key, std::span<u8> next);

}  // namespace skep::map
