// A map as running programs see it. A program's map pointer is the address of an image of the kernel's struct (struct
// bpf_array ...), whose fields programs may read; the word before it leads back to the handle.
#pragma once

#include <array>
#include <atomic>
#include <memory>

#include "btf/btf.h"
#include "map/map.h"

namespace skep::engine {

struct Run;

class MapHandle {
 public:
  // `kernel`: BTF that lays out the image; null: an image without fields. `kernel_struct`: "bpf_array"; null:
  // "bpf_map".
  MapHandle(std::shared_ptr<map::Map> map, const btf::Btf* kernel, const char* kernel_struct);

  map::Map& map() const { return *map_; }
  const std::shared_ptr<map::Map>& shared_map() const { return map_; }
  const map::MapOps& ops() const { return map_->ops(); }
  u32 id() const { return map_->meta().id; }
  u32 type() const { return map_->meta().map_type; }
  u32 key_size() const { return map_->meta().key_size; }
  u32 value_size() const { return map_->meta().value_size; }

  u64 pointer() const { return reinterpret_cast<u64>(image_.get() + 1); }
  static MapHandle& of(u64 pointer) { return **reinterpret_cast<MapHandle**>(pointer - sizeof(u64)); }

  // Programs' look-up, of types that have one.
  u8* find(const u8* key, u32 cpu) const {
    return lookup_ ? lookup_(*map_, key, cpu) : ops().lookup_ptr(*map_, {key, key_size()}, cpu);
  }
  // Of a map of maps: the pointer to the map that the element with this key names, or 0.
  u64 inner(const u8* key, Run& run);

 private:
  // The inner maps that were last looked up, by their ids: to find one takes a lock.
  static constexpr u32 kRecent = 16;
  std::array<std::atomic<MapHandle*>, kRecent> recent_ = {};
  std::shared_ptr<map::Map> map_;
  map::LookupFn lookup_ = nullptr;  // made for this map
  std::unique_ptr<u64[]> image_;    // the way back, then the struct
};

}  // namespace skep::engine
