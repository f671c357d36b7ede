// A map as running programs see it. A program's map pointer is the address of an image of the kernel's struct (struct
// bpf_array ...), whose fields programs may read; the words before it (MapWords) lead back to the handle.
#pragma once

#include <memory>

#include "btf/btf.h"
#include "map/map.h"
#include "map/recent.h"

namespace skep::engine {

struct Run;
class MapHandle;

// What stands right before where a map pointer points to; generated code reads it.
struct MapWords {
  MapHandle* handle = nullptr;
  map::Map* map = nullptr;
  u8* values = nullptr;  // of arrays
  u32 max_entries = 0, id = 0;

  static const MapWords& of(u64 pointer) { return reinterpret_cast<const MapWords*>(pointer)[-1]; }
};

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

  u64 pointer() const { return reinterpret_cast<u64>(image_.get()) + sizeof(MapWords); }
  static MapHandle& of(u64 pointer) { return *MapWords::of(pointer).handle; }

  // Programs' look-up, of types that have one.
  u8* find(const u8* key, u32 cpu) const {
    return lookup_ ? lookup_(*map_, key, cpu) : ops().lookup_ptr(*map_, {key, key_size()}, cpu);
  }
  // Of a map of maps: the pointer to the map that the element with this key names, or 0. What is named is like the
  // template, whoever wrote the element.
  u64 inner(const u8* key, Run& run);
  // Of a map of maps: pointers to the maps that it was last asked for, by their ids, for to find one takes a lock;
  // never 0. Of a local storage: see map/local_storage.h.
  map::RecentWords& recent() const { return *recent_; }

 private:
  std::shared_ptr<map::Map> map_;
  map::LookupFn lookup_ = nullptr;  // made for this map
  std::unique_ptr<u64[]> image_;    // MapWords, then the struct
  std::unique_ptr<map::RecentWords> recent_;
};

}  // namespace skep::engine
