// See map_handle.h.
#include "engine/map_handle.h"

#include <cstring>

#include "engine/btf_layout.h"
#include "engine/run.h"

namespace skep::engine {
namespace {

void fill(u8* image, const btf::Btf& kernel, std::string_view struct_name, const map::MapMeta& meta) {
  const Layout map(kernel, struct_name);
  const auto set = [&](std::string_view field, u64 value) { map.write(image, field, value); };
  // In every map's struct, struct bpf_map comes first, named `map` or not at all.
  const std::string prefix = struct_name == "bpf_map" ? "" : "map.";
  set(prefix + "map_type", meta.map_type);
  set(prefix + "key_size", meta.key_size);
  set(prefix + "value_size", meta.value_size);
  set(prefix + "max_entries", meta.max_entries);
  set(prefix + "map_flags", meta.map_flags);
  set(prefix + "map_extra", meta.map_extra);
  set(prefix + "id", meta.id);
  set(prefix + "record", 0);
  const auto name = map.find(prefix + "name");
  if (name) std::memcpy(image + name->offset, meta.name.data(), std::min<size_t>(meta.name.size(), name->size));
}

}  // namespace

MapHandle::MapHandle(std::shared_ptr<map::Map> map, const btf::Btf* kernel, const char* kernel_struct)
    : map_(std::move(map)), lookup_(ops().lookup_fn ? ops().lookup_fn(map_->meta()) : nullptr) {
  const std::string_view name = kernel_struct ? kernel_struct : "bpf_map";
  const u32 size = kernel ? Layout(*kernel, name).size() : 0;
  image_ = std::make_unique<u64[]>(1 + (size + 7) / 8);
  image_[0] = reinterpret_cast<u64>(this);
  if (kernel) fill(reinterpret_cast<u8*>(image_.get() + 1), *kernel, name, map_->meta());
}

u64 MapHandle::inner(const u8* key, Run& run) {
  const u8* const element = find(key, 0);
  if (!element || !run.machine.objects()) return 0;
  const u32 id = map::load_relaxed(*reinterpret_cast<const u32*>(element));
  std::atomic<MapHandle*>& recent = recent_[id % kRecent];
  MapHandle* found = recent.load(std::memory_order_acquire);
  if (!found || found->id() != id) {
    found = run.machine.objects()->map_by_id(id);
    if (found) recent.store(found, std::memory_order_release);
  }
  return found ? found->pointer() : 0;
}

}  // namespace skep::engine
