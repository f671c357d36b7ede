// See map_handle.h.
#include "engine/map_handle.h"

#include <cstring>

#include "engine/btf_layout.h"
#include "engine/run.h"
#include "map/types.h"

namespace skep::engine {
namespace {

constexpr u32 kRecentOwners = 64;
constexpr MapWords kNoMap;  // its id is none

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
  const map::MapMeta& meta = map_->meta();
  const u32 size = kernel ? Layout(*kernel, name).size() : 0;
  image_ = std::make_unique<u64[]>((sizeof(MapWords) + size + 7) / 8);
  const MapWords words{this, map_.get(), map_->data() + map_->geometry().values, meta.max_entries, meta.id};
  std::memcpy(image_.get(), &words, sizeof(words));
  if (kernel) fill(reinterpret_cast<u8*>(pointer()), *kernel, name, meta);
  if (meta.inner) recent_ = std::make_unique<map::RecentWords>(meta.max_entries, reinterpret_cast<u64>(&kNoMap + 1));
  if (&ops() == &map::kLocalStorageOps) recent_ = std::make_unique<map::RecentWords>(kRecentOwners, 0);
}

u64 MapHandle::inner(const u8* key, Run& run) {
  const u8* const element = find(key, 0);
  if (!element) return 0;
  const u32 id = map::load_relaxed(*reinterpret_cast<const u32*>(element));
  std::atomic<u64>& recent = recent_->of(id);
  const u64 known = recent.load(std::memory_order_acquire);
  if (id != 0 && MapWords::of(known).id == id) return known;
  MapHandle* const found = run.machine.objects() ? run.machine.objects()->map_by_id(id) : nullptr;
  if (!found || !map::may_be_element(*map_, found->map().meta())) return 0;
  recent.store(found->pointer(), std::memory_order_release);
  return found->pointer();
}

}  // namespace skep::engine
