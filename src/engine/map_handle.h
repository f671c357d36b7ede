// A map as running programs see it. A program's map pointer is the address of an image of the kernel's struct (struct
// bpf_array ...), whose fields programs may read; the word before it leads back to the handle.
#pragma once

#include <memory>
#include <vector>

#include "btf/btf.h"
#include "map/map.h"

namespace skep::engine {

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

 private:
  std::shared_ptr<map::Map> map_;
  std::unique_ptr<u64[]> image_;  // the way back, then the struct
};

}  // namespace skep::engine
