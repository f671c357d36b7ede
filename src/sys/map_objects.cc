// See map_objects.h. The order of a change, so that it may end anywhere: the references are marked as being changed,
// the new target is referred to, the element changes, the reference to the old target goes unless another element names
// it, the mark goes. Whoever finds the mark compares references and elements (collect.h).
#include "sys/map_objects.h"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "sys/collect.h"
#include "sys/element_ids.h"
#include "sys/owner.h"
#include "sys/prog_value.h"
#include "sys/references.h"
#include "sys/struct_ops_value.h"

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
  if (const int claimed = claim_for_element(kernel, array, **prog)) return error_status(-claimed);
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

// What an element is going to name.
using Held = std::vector<Object>;

std::vector<ObjectName> names_of(const Held& held) {
  std::vector<ObjectName> names;
  for (const Object& object : held) names.push_back(object.name());
  return names;
}

// After an element has changed: `unused` were, or would have been, in it.
void settle(References& references, map::Map& map, const std::vector<ObjectName>& unused) {
  if (!unused.empty()) {
    if (map.meta().max_entries > kScanAtOnce) return;  // stays marked
    const auto named = ids_in(map);
    for (const ObjectName& name : unused) {
      if (named && !named->count(name.id)) references.remove(name);
    }
  }
  references.clear_dirty();
}

// `change` alters the element at `key`; afterwards it names `fresh` if that succeeded.
template <typename F>
long change_shared(Namespace& ns, map::Map& map, map::ConstBytes key, const Held& fresh, F&& change) {
  auto references = References::lock(ns, {ObjectKind::Map, map.meta().id});
  if (!references.ok()) return -references.error();
  if (references->was_dirty()) reconcile(ns, {ObjectKind::Map, map.meta().id}, *references, map);
  if (const Status marked = references->mark_dirty(); !marked.ok()) return -marked.error();
  std::vector<ObjectName> unused = names_of(fresh);
  for (const ObjectName& name : unused) {
    if (const Status added = references->add(name); !added.ok()) return -added.error();
  }
  const ObjectName old{*named_kind(map.meta()), id_at(map, key)};
  const long result = change();
  if (result == 0) {
    const bool stays = old.id == 0 || std::find(unused.begin(), unused.end(), old) != unused.end();
    unused.assign(stays ? 0 : 1, old);
  }
  settle(*references, map, unused);
  return result;
}

// In a kernel of its own, the table keeps what elements name.
template <typename F>
long change_private(ObjectTable& objects, map::Map& map, const Held& fresh, F&& change) {
  const long result = change();
  if (result != 0) return result;
  const auto named = ids_in(map);
  objects.keep(map.fixed().cookie, fresh,
               [&](const Object& object) { return named && named->count(object.name().id); });
  return 0;
}

template <typename F>
long change(Kernel& kernel, map::Map& map, map::ConstBytes key, const Held& fresh, F&& change) {
  ObjectTable& objects = kernel.objects();
  if (objects.shared()) return change_shared(*objects.shared(), map, key, fresh, change);
  return change_private(objects, map, fresh, change);
}

// Values that hold programs beside other things.
long update_value(Kernel& kernel, map::Map& map, map::ConstBytes key, map::Bytes value, u64 flags) {
  Held held;
  int err = 0;
  if (map.meta().map_type != BPF_MAP_TYPE_STRUCT_OPS) {
    err = take_prog_value(kernel, map, key, value, flags, held);
  } else if (flags == map::BPF_ANY && u32_of(key) == 0) {
    err = take_struct_ops_value(kernel, map.meta(), value, held);
  }
  if (err != 0) return err;
  return change(kernel, map, key, held, [&]() -> long { return map::update_elem(map, key, value, flags); });
}

}  // namespace

int expect_removals(Kernel& kernel, map::Map& map) {
  Namespace* const ns = kernel.objects().shared();
  if (ns == nullptr || !named_kind(map.meta())) return 0;
  auto references = References::lock(*ns, {ObjectKind::Map, map.meta().id});
  return references.ok() ? -references->mark_dirty().error() : -references.error();
}

long update_elem(Kernel& kernel, map::Map& map, map::ConstBytes key, map::Bytes value, u64 flags) {
  const Row* row = row_of(map);
  if (row == nullptr) {
    return named_kind(map.meta()) ? update_value(kernel, map, key, value, flags)
                                  : map::update_elem(map, key, value, flags);
  }
  if (row->is_array) {
    if (flags != map::BPF_ANY) return -EINVAL;
    if (u32_of(key) >= map.meta().max_entries) return -E2BIG;
  }
  const auto element = row->take(kernel, map, int(u32_of(value)));
  if (!element.ok()) return -element.error();
  const auto store = [&]() -> long { return map::update_elem(map, key, bytes_of(element->id), flags); };
  if (named_kind(map.meta())) return change(kernel, map, key, {element->object}, store);
  return store();
}

long delete_elem(Kernel& kernel, map::Map& map, map::ConstBytes key) {
  const auto erase = [&]() -> long { return map::delete_elem(map, key); };
  return named_kind(map.meta()) ? change(kernel, map, key, {}, erase) : erase();
}

}  // namespace skep::sys
