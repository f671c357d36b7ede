// Opening maps, and the operations that every type shares: taking a stripe, and the guard around what bpf(2) calls.
#include "map/map.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "map/fields.h"
#include "map/shm/empty_pages.h"
#include "map/shm/guard.h"
#include "map/types.h"

namespace skep::map {
namespace {

// Everything about a map that a trailer can say, as MAP_CREATE would have been asked.
CreateArgs args_of(const TrailerFixed& f) {
  return {.map_type = f.map_type,
          .key_size = f.key_size,
          .value_size = f.value_size,
          .max_entries = f.max_entries,
          .map_flags = f.map_flags,
          .numa_node = 0,
          .map_extra = f.map_extra,
          .btf_key_type_id = f.btf_key_type_id,
          .btf_value_type_id = f.btf_value_type_id,
          .btf_vmlinux_value_type_id = f.btf_vmlinux_value_type_id};
}

}  // namespace

Result<std::shared_ptr<Map>> Map::create(int fd, std::shared_ptr<MapMeta> meta, const TypeRow& type,
                                         const TrailerFixed& fixed, Backing backing) {
  auto map = std::shared_ptr<Map>(new Map);
  map->geometry_ = type.ops->layout(*meta, fixed.cpus);
  map->meta_ = std::move(meta);
  map->fixed_ = fixed;
  map->set_type(type);
  map->fixed_.magic = 0;
  map->fixed_.check = trailer_check(fixed);
  if (const Status made = map->mapping_.create(fd, map->geometry_, backing); !made.ok()) return made;
  map->set_parts();
  std::memcpy(&map->trailer_->fixed, &map->fixed_, sizeof(TrailerFixed));
  map->trailer_->user_vm_start = map->meta_->user_vm_start;
  map->held_ = held_fields(map->meta_->record.get());
  copy_to_shared(&map->trailer_->held, &map->held_, sizeof(HeldFields));
  if (type.ops->init != nullptr) type.ops->init(*map);
  return map;
}

Result<std::shared_ptr<MapMeta>> Map::meta_of(const TrailerFixed& f) {
  const target::Caps all;
  const TypeRow* type = type_row(f.map_type);
  if (type == nullptr || check_create(args_of(f), all) != 0 || check_alloc(args_of(f)) != 0 || f.cpus == 0 ||
      f.cpus > kMaxCpus)
    return error_status(EINVAL, "trailer of a map's file");
  auto meta = std::make_shared<MapMeta>();
  meta->id = f.id;
  meta->map_type = f.map_type;
  meta->key_size = f.key_size;
  meta->value_size = f.value_size;
  meta->max_entries = f.max_entries;
  meta->map_flags = f.map_flags;
  meta->map_extra = f.map_extra;
  meta->name.assign(f.name, strnlen(f.name, sizeof(f.name) - 1));
  meta->btf_key_type_id = f.btf_key_type_id;
  meta->btf_value_type_id = f.btf_value_type_id;
  meta->btf_vmlinux_value_type_id = f.btf_vmlinux_value_type_id;
  meta->bypass_spec_v1 = f.bypass_spec_v1 != 0;
  if (f.has_excl_prog)
    std::copy(std::begin(f.excl_prog_hash), std::end(f.excl_prog_hash), meta->excl_prog_hash.emplace().begin());
  return meta;
}

Result<std::shared_ptr<Map>> Map::open(int fd, std::shared_ptr<MapMeta> meta, const TrailerFixed& fixed) {
  auto map = std::shared_ptr<Map>(new Map);
  map->geometry_ = type_row(meta->map_type)->ops->layout(*meta, fixed.cpus);
  map->meta_ = std::move(meta);
  map->fixed_ = fixed;
  map->set_type(*type_row(map->meta_->map_type));
  if (const Status opened = map->mapping_.open(fd, map->geometry_); !opened.ok()) return opened;
  map->set_parts();
  if (!guarded_copy(&map->held_, &map->trailer_->held, sizeof(HeldFields)) ||
      !fits_value(map->held_, map->meta_->value_size))
    map->held_ = {};
  return map;
}

void Map::set_type(const TypeRow& type) {
  type_ = &type;
  ops_ = type.ops;
  user_value_size_ = ops_->per_cpu ? round_up(meta_->value_size, 8) * cpus() : meta_->value_size;
}

void Map::set_parts() {
  trailer_ = part<Trailer>(geometry_.size);
  stripes_ = part<Stripe>(geometry_.stripes);
  pool_ = {.elems = data() + geometry_.elems,
           .elem_size = geometry_.elem_size,
           .home_offset = geometry_.home_offset,
           .n_elems = geometry_.n_elems,
           .taken = part<u64>(geometry_.taken),
           .full = part<u64>(geometry_.full),
           .lazy = geometry_.populated != 0,
           .populated = part<u64>(geometry_.populated)};
  if (type_->has_direct_value) meta_->direct_value = {data(), meta_->value_size};
  if (ops_ == &kArenaOps) watch_empty_pages(data() + geometry_.values, u64(meta_->max_entries) * kPageSize);
}

Map::~Map() {
  if (ends_in_ == getpid()) let_go_all();
}

void Map::set_field_owner(std::shared_ptr<FieldOwner> owner, bool ends_here) {
  field_owner_ = std::move(owner);
  ends_in_ = ends_here && holds_objects() ? getpid() : 0;
}

void Map::let_go(u8* value) const {
  if (!holds_objects()) return;
  u32* const lock = held_.has_lock ? reinterpret_cast<u32*>(value + held_.lock_offset) : nullptr;
  for (u32 i = 0; i < held_.count; ++i) field_owner_->let_go(held_.fields[i], value + held_.fields[i].offset, lock);
}

void Map::let_go_all() {
  if (!holds_objects()) return;
  guarded(0, [&]() -> long {
    let_go_values();
    return 0;
  });
}

// Elements of a pool that are in use, or all of an array.
void Map::let_go_values() {
  const bool pooled = geometry_.buckets != 0;
  for (u32 i = 0; i < geometry_.n_elems; ++i) {
    if (!pooled) {
      let_go_elem(*this, data() + geometry_.values + u64(i) * geometry_.elem_size);
    } else if (is_claimed(pool_, i)) {
      let_go_elem(*this, pool_.at(i) + geometry_.value_offset);
    }
  }
}

void Map::publish() {
  fixed_.magic = kMapMagic;
  store_release(trailer_->fixed.magic, kMapMagic);
}

bool Map::frozen() const {
  return guarded(1, [&]() -> long { return load_relaxed(trailer_->frozen) != 0; }) != 0;
}

int Map::freeze() {
  meta_->frozen = true;
  return int(guarded(-EIO, [&]() -> long {
    store_release(trailer_->frozen, u32(1));
    return 0;
  }));
}

Writer::Writer(Map& map, u32 number) : stripe_(map.stripe(number)) {
  const Locked locked = lock_stripe(stripe_);
  ok_ = locked != Locked::Busy;
  if (!ok_) return;
  begin_write(stripe_);
  if (locked == Locked::Abandoned && map.ops().repair != nullptr) map.ops().repair(map, number);
}

void Writer::release() {
  end_write(stripe_);
  unlock_stripe(stripe_);
}

int lookup_elem(Map& map, ConstBytes key, Bytes value, u64 flags) {
  if (map.ops().lookup == nullptr) return -map.ops().no_lookup;
  return int(guarded(-EIO, [&]() -> long { return map.ops().lookup(map, key, value, flags); }));
}

int update_elem(Map& map, ConstBytes key, ConstBytes value, u64 flags) {
  if (map.ops().update == nullptr) return -map.ops().no_update;
  return int(guarded(-EIO, [&]() -> long { return map.ops().update(map, key, value, flags); }));
}

int delete_elem(Map& map, ConstBytes key) {
  if (map.ops().erase == nullptr) return -map.ops().no_erase;
  return int(guarded(-EIO, [&]() -> long { return map.ops().erase(map, key); }));
}

int get_next_key(Map& map, const u8* key, Bytes next) {
  if (map.ops().next_key == nullptr) return -map.ops().no_next_key;
  return int(guarded(-EIO, [&]() -> long { return map.ops().next_key(map, key, next); }));
}

int lookup_and_delete_elem(Map& map, ConstBytes key, Bytes value, u64 flags) {
  if (map.ops().lookup_and_delete == nullptr) return -map.ops().no_lookup_and_delete;
  return int(guarded(-EIO, [&]() -> long { return map.ops().lookup_and_delete(map, key, value, flags); }));
}

}  // namespace skep::map
