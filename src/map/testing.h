// For tests: maps without bpf(2).
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "map/map.h"

namespace skep::map {

struct TestMap {
  std::shared_ptr<Map> map;
  int fd = -1;
  ~TestMap() {
    if (fd >= 0) close(fd);
  }
};

// A map of this geometry in a memory file; null if the type's rules refuse it.
inline std::unique_ptr<TestMap> make_map(const CreateArgs& args, u32 cpus = 2, Backing backing = Backing::Shared) {
  const TypeRow* type = type_row(args.map_type);
  if (type == nullptr || check_create(args, target::Caps{}) != 0 || check_alloc(args) != 0) return nullptr;
  TrailerFixed fixed;
  fixed.map_type = args.map_type;
  fixed.key_size = args.key_size;
  fixed.value_size = args.value_size;
  fixed.max_entries = args.max_entries;
  fixed.map_flags = args.map_flags;
  fixed.map_extra = args.map_extra;
  fixed.btf_key_type_id = args.btf_key_type_id;
  fixed.btf_value_type_id = args.btf_value_type_id;
  fixed.btf_vmlinux_value_type_id = args.btf_vmlinux_value_type_id;
  fixed.cpus = cpus;
  fixed.seed = 12345;
  fixed.cookie = 1;
  auto meta = Map::meta_of(fixed);
  if (!meta.ok()) return nullptr;
  auto test = std::make_unique<TestMap>();
  test->fd = memfd_create("map", MFD_CLOEXEC);
  auto map = Map::create(test->fd, *meta, *type, fixed, backing);
  if (!map.ok()) return nullptr;
  (*map)->publish();
  test->map = *map;
  return test;
}

// A second look at the same file, as another process has it.
inline std::shared_ptr<Map> reopen(int fd) {
  auto fixed = read_trailer(fd);
  if (!fixed.ok()) return nullptr;
  auto meta = Map::meta_of(*fixed);
  if (!meta.ok()) return nullptr;
  auto map = Map::open(fd, *meta, *fixed);
  return map.ok() ? *map : nullptr;
}

inline std::vector<u8> bytes_of(u64 n, u32 size) {
  std::vector<u8> bytes(size);
  for (u32 i = 0; i < size; ++i) bytes[i] = i < 8 ? u8(n >> (8 * i)) : u8(n * 31 + i);
  return bytes;
}

}  // namespace skep::map
