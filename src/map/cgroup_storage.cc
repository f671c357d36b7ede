// Cgroup storage and per-CPU cgroup storage. An element belongs to an attachment of a program to a cgroup: it comes and
// goes with that, and bpf(2) can only look at it and change it. Here nothing is attached to the machine's cgroups, so
// no element is ever found, with the errnos that Linux has for one that is not there.
//
// The file has no bytes but its trailer.
#include <cerrno>

#include "map/map.h"
#include "map/types.h"

namespace skep::map {
namespace {

Geometry layout(const MapMeta&, u32) { return {}; }

int lookup(Map&, ConstBytes, Bytes, u64) { return -ENOENT; }

// An element cannot be made by an update, only changed.
int update(Map& map, ConstBytes, ConstBytes, u64 flags) {
  const u64 known = map.ops().per_cpu ? u64(0) : u64(BPF_F_LOCK);
  const u64 kind = flags & ~known;
  return kind == BPF_ANY || kind == BPF_EXIST ? -ENOENT : -EINVAL;
}

int next_key(Map&, const u8*, Bytes) { return -ENOENT; }

}  // namespace

const MapOps kCgroupStorageOps = {
    .layout = layout, .lookup = lookup, .update = update, .next_key = next_key, .no_erase = EINVAL};

const MapOps kPercpuCgroupStorageOps = {
    .layout = layout, .lookup = lookup, .update = update, .next_key = next_key, .no_erase = EINVAL, .per_cpu = true};

}  // namespace skep::map
