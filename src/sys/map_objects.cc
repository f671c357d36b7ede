// See map_objects.h. The order of a change, so that it may end anywhere: the references are marked as being changed,
// the new target is referred to, the element changes, the reference to the old target goes unless another element names
// it, the mark goes. Whoever finds the mark compares references and elements (collect.h).
#include "sys/map_objects.h"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>
#include <cstring>

#include "map/shm/guard.h"
#include "sys/collect.h"
#include "sys/owner.h"
#include "sys/prog_value.h"
#include "sys/references.h"

namespace skep::sys {
namespace {

inline constexpr u32 kCgroup2Magic = 0x63677270;  // f_type of cgroup2
inline constexpr u32 kScanAtOnce = 1024;          // elements; in larger maps the collector looks for unused references

// What an element will name.
struct Element {
  u32 id = 0;
  Object object;  // none for what is not ours
};

Result<Element> take_map(Kernel& kernel, map::Map& outer, int fd) {
  auto inner = kernel.map(fd);
  if (!inner.ok()) return inner.status();
  if (!map::may_be_element(outer, (*inner)->meta())) return error_status(EINVAL);
  return Element{(*inner)->meta().id, {.map = inner->map}};
}

Result<Element> take_prog(Kernel& kernel, map::Map& array, int fd) {
  auto prog = kernel.prog(fd);
  if (!prog.ok()) return prog.status();
  const auto verified = kernel.verified(**prog);
  if (!verified.ok()) return verified.status();
  const long claimed = map::guarded(
      -EIO, [&]() -> long { return claim_map(array, (*verified)->program, (*prog)->used_maps) ? 0 : -EINVAL; });
  if (claimed != 0) return error_status(int(-claimed));
  return Element{(*prog)->id(), {.prog = *prog}};
}

// The machine's own perf events, by their id.
Result<Element> take_perf_event(Kernel&, map::Map&, int fd) {
  u64 id = 0;
  if (ioctl(fd, PERF_EVENT_IOC_ID, &id) != 0 || u32(id) == 0) return error_status(EBADF);
  return Element{u32(id), {}};
}

// A folder of the machine's cgroup2 file system, by its inode: the cgroup's id.
Result<Element> take_cgroup(Kernel&, map::Map&, int fd) {
  struct statfs fs;
  struct stat st;
  if (fstatfs(fd, &fs) != 0 || u32(fs.f_type) != kCgroup2Magic || fstat(fd, &st) != 0 || !S_ISDIR(st.st_mode))
    return error_status(EBADF);
  return Element{u32(st.st_ino), {}};
}

struct Row {
  u32 map_type;
  bool is_array;
  Result<Element> (*take)(Kernel&, map::Map&, int fd);
};

constexpr Row kRows[] = {
    {BPF_MAP_TYPE_PROG_ARRAY, true, take_prog},     {BPF_MAP_TYPE_PERF_EVENT_ARRAY, true, take_perf_event},
    {BPF_MAP_TYPE_CGROUP_ARRAY, true, take_cgroup}, {BPF_MAP_TYPE_ARRAY_OF_MAPS, true, take_map},
    {BPF_MAP_TYPE_HASH_OF_MAPS, false, take_map},
};

const Row* row_of(const map::Map& map) {
  for (const Row& row : kRows) {
    if (row.map_type == map.meta().map_type) return &row;
  }
  return nullptr;
}

u32 u32_of(map::ConstBytes bytes) {
  u32 value;
  std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

map::ConstBytes bytes_of(const u32& value) { return {reinterpret_cast<const u8*>(&value), sizeof(value)}; }

ObjectKind kind_in(const map::Map& map) {
  return map.meta().map_type == BPF_MAP_TYPE_PROG_ARRAY ? ObjectKind::Prog : ObjectKind::Map;
}

// The id that the element holds, 0 if there is none.
u32 id_at(map::Map& map, map::ConstBytes key) {
  u32 id = 0;
  return map::lookup_elem(map, key, {reinterpret_cast<u8*>(&id), sizeof(id)}, 0) == 0 ? id : 0;
}

// After an element has changed: `id` was, or would have been, in it.
void settle(References& references, map::Map& map, u32 id) {
  if (id != 0) {
    if (map.meta().max_entries > kScanAtOnce) return;  // stays marked
    const auto named = ids_in(map);
    if (named && !named->count(id)) references.remove({kind_in(map), id});
  }
  references.clear_dirty();
}

// `change` alters the element at `key`; afterwards it names `fresh` (0: nothing) if that succeeded.
template <typename F>
long change_shared(Namespace& ns, map::Map& map, map::ConstBytes key, u32 fresh, F&& change) {
  auto references = References::lock(ns, {ObjectKind::Map, map.meta().id});
  if (!references.ok()) return -references.error();
  if (references->was_dirty()) reconcile(ns, {ObjectKind::Map, map.meta().id}, *references, map);
  if (const Status marked = references->mark_dirty(); !marked.ok()) return -marked.error();
  if (fresh != 0) {
    if (const Status added = references->add({kind_in(map), fresh}); !added.ok()) return -added.error();
  }
  const u32 old = id_at(map, key);
  const long result = change();
  const u32 unused = result != 0 ? fresh : old;
  settle(*references, map, unused == fresh && result == 0 ? 0 : unused);
  return result;
}

// In a kernel of its own, the table keeps what elements name.
template <typename F>
long change_private(ObjectTable& objects, map::Map& map, const Object& fresh, F&& change) {
  const long result = change();
  if (result != 0) return result;
  const auto named = ids_in(map);
  objects.keep(map.fixed().cookie, fresh,
               [&](const Object& object) { return named && named->count(object.name().id); });
  return 0;
}

template <typename F>
long change(Kernel& kernel, map::Map& map, map::ConstBytes key, const Element& fresh, F&& change) {
  ObjectTable& objects = kernel.objects();
  if (objects.shared()) return change_shared(*objects.shared(), map, key, fresh.id, change);
  return change_private(objects, map, fresh.object, change);
}

}  // namespace

int expect_removals(Kernel& kernel, map::Map& map) {
  Namespace* const ns = kernel.objects().shared();
  if (ns == nullptr || row_of(map) == nullptr) return 0;
  auto references = References::lock(*ns, {ObjectKind::Map, map.meta().id});
  return references.ok() ? -references->mark_dirty().error() : -references.error();
}

long update_elem(Kernel& kernel, map::Map& map, map::ConstBytes key, map::Bytes value, u64 flags) {
  const Row* row = row_of(map);
  if (has_prog_value(map.meta())) return update_prog_value(kernel, map, key, value, flags);
  if (row == nullptr) return map::update_elem(map, key, value, flags);
  if (row->is_array) {
    if (flags != map::BPF_ANY) return -EINVAL;
    if (u32_of(key) >= map.meta().max_entries) return -E2BIG;
  }
  const auto element = row->take(kernel, map, int(u32_of(value)));
  if (!element.ok()) return -element.error();
  const auto store = [&]() -> long { return map::update_elem(map, key, bytes_of(element->id), flags); };
  if (element->object.map || element->object.prog) return change(kernel, map, key, *element, store);
  return store();
}

long delete_elem(Kernel& kernel, map::Map& map, map::ConstBytes key) {
  const auto erase = [&]() -> long { return map::delete_elem(map, key); };
  const Row* row = row_of(map);
  if (row == nullptr || (row->take != take_map && row->take != take_prog)) return erase();
  return change(kernel, map, key, {}, erase);
}

}  // namespace skep::sys
