// See prog_value.h.
#include "sys/prog_value.h"

#include <cerrno>
#include <cstring>

#include "map/devmap.h"
#include "map/shm/guard.h"
#include "sys/owner.h"

namespace skep::sys {
namespace {

struct Row {
  u32 map_type, attach_type;  // which programs must have
  int refused;                // errno for any other descriptor
  int (*check)(map::Map&, map::ConstBytes key, const map::ProgValue&, u64 flags);
};

constexpr Row kRows[] = {
    {BPF_MAP_TYPE_DEVMAP, BPF_XDP_DEVMAP, EINVAL, map::check_devmap_value},
    {BPF_MAP_TYPE_DEVMAP_HASH, BPF_XDP_DEVMAP, EINVAL, map::check_devmap_hash_value},
    {BPF_MAP_TYPE_CPUMAP, BPF_XDP_CPUMAP, ENOMEM, map::check_cpumap_value},
};

const Row& row_of(const map::Map& map) {
  const Row* row = kRows;
  while (row->map_type != map.meta().map_type) ++row;
  return *row;
}

// The program that may stand in this map; null: it may not.
std::shared_ptr<ProgObject> usable_prog(Kernel& kernel, map::Map& map, int fd, u32 attach_type) {
  auto prog = kernel.prog(fd);
  if (!prog.ok()) return nullptr;
  const ProgHeader& header = (*prog)->image.header;
  if (header.prog_type != BPF_PROG_TYPE_XDP || header.expected_attach_type != attach_type) return nullptr;
  return claim_for_element(kernel, map, **prog) == 0 ? *prog : nullptr;
}

}  // namespace

int take_prog_value(Kernel& kernel, map::Map& map, map::ConstBytes key, map::Bytes bytes, u64 flags,
                    std::vector<Object>& held) {
  const Row& row = row_of(map);
  map::ProgValue value;
  std::memcpy(&value, bytes.data(), sizeof(value));
  if (int(value.prog) <= 0) value.prog = 0;
  const long err = map::guarded(-EIO, [&]() -> long { return row.check(map, key, value, flags); });
  if (err != 0) return int(err);
  if (value.what == 0) value.prog = 0;  // the element will be empty, whatever program was given
  if (value.prog != 0) {
    const auto prog = usable_prog(kernel, map, int(value.prog), row.attach_type);
    if (prog == nullptr) return -row.refused;
    value.prog = prog->id();
    held.push_back({.map = nullptr, .prog = prog, .btf = nullptr});
  }
  std::memcpy(bytes.data(), &value, sizeof(value));
  return 0;
}

}  // namespace skep::sys
