// Arrays and per-CPU arrays: values one after the other, each rounded up to 8 bytes; a per-CPU entry holds one value
// per possible CPU.
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "map/map.h"

namespace skep::map {
namespace {

inline constexpr u64 kPageSize = 4096;

enum UpdateFlag : u64 { BPF_ANY = 0, BPF_NOEXIST = 1, BPF_EXIST = 2, BPF_F_LOCK = 4 };

u64 round_up(u64 n, u64 to) { return (n + to - 1) / to * to; }

u64 slot_size(const MapMeta& meta) { return round_up(meta.value_size, 8); }

u32 index_of(std::span<const u8> key) {
  u32 index;
  std::memcpy(&index, key.data(), sizeof(index));
  return index;
}

bool has_storage(const Map& map) {
  return map.type->storage == Storage::Array || map.type->storage == Storage::PercpuArray;
}

// The entry of `index`: all CPUs' values for a per-CPU array.
u8* entry(const Map& map, u32 index) {
  const u64 cpus = map.type->storage == Storage::PercpuArray ? map.possible_cpus : 1;
  return map.values->data() + slot_size(*map.meta) * cpus * index;
}

int check_update(const Map& map, u32 index, u64 flags) {
  const bool has_lock = map.meta->record &&
                        (map.meta->record->has(btf::Field::SpinLock) || map.meta->record->has(btf::Field::ResSpinLock));
  if ((flags & ~u64(BPF_F_LOCK)) > BPF_EXIST) return -EINVAL;
  if (map.type->storage == Storage::PercpuArray && flags > BPF_EXIST) return -EINVAL;
  if (index >= map.meta->max_entries) return -E2BIG;
  if (flags & BPF_NOEXIST) return -EEXIST;
  return (flags & BPF_F_LOCK) && !has_lock ? -EINVAL : 0;
}

}  // namespace

Values::~Values() {
  if (data_ != nullptr) munmap(data_, size_);
}

Status Values::attach(int fd, u64 size) {
  if (ftruncate(fd, off_t(size)) != 0) return error_status(ENOMEM, "ftruncate of a map's file");
  void* at = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
  if (at == MAP_FAILED) return error_status(ENOMEM, "mmap of a map's file");
  data_ = static_cast<u8*>(at);
  size_ = size;
  return {};
}

u64 Map::user_value_size() const {
  return type->storage == Storage::PercpuArray ? slot_size(*meta) * possible_cpus : meta->value_size;
}

u64 storage_size(const MapMeta& meta, Storage storage, u32 possible_cpus) {
  switch (storage) {
    case Storage::None: return 0;
    case Storage::Array: return round_up(slot_size(meta) * meta.max_entries, kPageSize);
    case Storage::PercpuArray: return round_up(slot_size(meta) * meta.max_entries * possible_cpus, kPageSize);
    case Storage::Arena: return u64(meta.max_entries) * kPageSize;
  }
  return 0;
}

int lookup_elem(const Map& map, std::span<const u8> key, std::span<u8> value) {
  if (!has_storage(map)) return -kErrnoNotSupp;
  const u32 index = index_of(key);
  if (index >= map.meta->max_entries) return -ENOENT;
  std::memcpy(value.data(), entry(map, index), value.size());
  return 0;
}

int update_elem(Map& map, std::span<const u8> key, std::span<const u8> value, u64 flags) {
  if (!has_storage(map)) return -kErrnoNotSupp;
  const u32 index = index_of(key);
  if (int err = check_update(map, index, flags)) return err;
  std::memcpy(entry(map, index), value.data(), value.size());
  return 0;
}

int delete_elem(Map& map, std::span<const u8>) { return has_storage(map) ? -EINVAL : -kErrnoNotSupp; }

int get_next_key(const Map& map, std::span<const u8> key, std::span<u8> next) {
  if (!has_storage(map)) return -kErrnoNotSupp;
  const u32 last = map.meta->max_entries - 1;
  u32 index = key.empty() ? ~0u : index_of(key);
  if (index == last) return -ENOENT;
  index = index > last ? 0 : index + 1;
  std::memcpy(next.data(), &index, sizeof(index));
  return 0;
}

}  // namespace skep::map
