// The C interface's handles to maps: what bpf(2) does for elements, without its attr and without looking the descriptor
// up.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "map/fields.h"
#include "skep/skep.h"
#include "sys/attr.h"
#include "sys/default_kernel.h"

struct skep_map {
  std::shared_ptr<skep::map::Map> map;
  int fd;  // holds the map
  bool may_read, may_write;
  bool of_objects;  // its elements are objects: bpf(2) turns descriptors into ids and holds them

  skep::map::ConstBytes key(const void* at) const { return {static_cast<const skep::u8*>(at), map->meta().key_size}; }
  skep::map::ConstBytes in(const void* at) const { return {static_cast<const skep::u8*>(at), map->user_value_size()}; }
  skep::map::Bytes out(void* at) const { return {static_cast<skep::u8*>(at), map->user_value_size()}; }
};

namespace skep::sys {
namespace {

u64 address(const void* p) { return reinterpret_cast<u64>(p); }

// Types whose values are descriptors, and programs' names in values.
bool names_objects(const map::Map& map) {
  switch (map.meta().map_type) {
    case BPF_MAP_TYPE_HASH:
    case BPF_MAP_TYPE_ARRAY:
    case BPF_MAP_TYPE_PERCPU_HASH:
    case BPF_MAP_TYPE_PERCPU_ARRAY:
    case BPF_MAP_TYPE_LRU_HASH:
    case BPF_MAP_TYPE_LRU_PERCPU_HASH:
    case BPF_MAP_TYPE_LPM_TRIE:
    case BPF_MAP_TYPE_QUEUE:
    case BPF_MAP_TYPE_STACK:
    case BPF_MAP_TYPE_BLOOM_FILTER: return false;
    default: return true;
  }
}

template <typename T>
int call(u32 command, T attr) {
  return int(default_kernel().bpf(int(command), &attr, sizeof(attr)));
}

}  // namespace
}  // namespace skep::sys

using namespace skep::sys;

extern "C" {

int skep_map_create(const struct skep_map_options* o) {
  MapCreateAttr attr = {};
  attr.map_type = o->type;
  attr.key_size = o->key_size;
  attr.value_size = o->value_size;
  attr.max_entries = o->max_entries;
  attr.map_flags = o->flags;
  attr.map_extra = o->extra;
  attr.inner_map_fd = skep::u32(o->inner_map_fd);
  if (o->name != nullptr) {
    if (std::strlen(o->name) >= sizeof(attr.map_name)) return -EINVAL;
    std::strcpy(attr.map_name, o->name);
  }
  return call(BPF_MAP_CREATE, attr);
}

int skep_map_open(int fd, skep_map** map) {
  auto found = default_kernel().map(fd);
  if (!found.ok()) return -found.error();
  const int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return -errno;
  *map = new (std::nothrow)
      skep_map{found->map, own, !(found->denied & kNoRead), !(found->denied & kNoWrite), names_objects(*found->map)};
  if (*map != nullptr) return 0;
  close(own);
  return -ENOMEM;
}

void skep_map_close(skep_map* map) {
  if (map == nullptr) return;
  skep_close(map->fd);
  delete map;
}

int skep_map_fd(const skep_map* map) { return map->fd; }

void skep_map_get_info(const skep_map* map, struct skep_map_info* info) {
  const skep::map::MapMeta& meta = map->map->meta();
  *info = {.type = meta.map_type,
           .id = meta.id,
           .key_size = meta.key_size,
           .value_size = meta.value_size,
           .max_entries = meta.max_entries,
           .flags = meta.map_flags,
           .value_bytes = skep::u32(map->map->user_value_size()),
           .cpus = map->map->cpus()};
}

int skep_map_lookup(skep_map* map, const void* key, void* value) {
  if (map->of_objects)
    return call(BPF_MAP_LOOKUP_ELEM,
                MapElemAttr{.map_fd = skep::u32(map->fd), .key = address(key), .value = address(value)});
  return map->may_read ? skep::map::lookup_elem(*map->map, map->key(key), map->out(value), 0) : -EPERM;
}

int skep_map_update(skep_map* map, const void* key, const void* value, unsigned long long flags) {
  if (map->of_objects)
    return call(
        BPF_MAP_UPDATE_ELEM,
        MapElemAttr{.map_fd = skep::u32(map->fd), .key = address(key), .value = address(value), .flags = flags});
  if (!map->may_write || map->map->frozen()) return -EPERM;
  return skep::map::update_elem(*map->map, map->key(key), map->in(value), flags);
}

int skep_map_delete(skep_map* map, const void* key) {
  if (map->of_objects) return call(BPF_MAP_DELETE_ELEM, MapElemAttr{.map_fd = skep::u32(map->fd), .key = address(key)});
  if (!map->may_write || map->map->frozen()) return -EPERM;
  return skep::map::delete_elem(*map->map, map->key(key));
}

int skep_map_lookup_and_delete(skep_map* map, const void* key, void* value) {
  if (!map->may_read || !map->may_write || map->map->frozen()) return -EPERM;
  return skep::map::lookup_and_delete_elem(*map->map, map->key(key), map->out(value), 0);
}

int skep_map_next_key(skep_map* map, const void* key, void* next_key) {
  if (!map->may_read) return -EPERM;
  return skep::map::get_next_key(*map->map, static_cast<const skep::u8*>(key),
                                 {static_cast<skep::u8*>(next_key), map->map->meta().key_size});
}

int skep_map_freeze(skep_map* map) { return call(BPF_MAP_FREEZE, MapElemAttr{.map_fd = skep::u32(map->fd)}); }

int skep_obj_pin(int fd, const char* path) {
  return call(BPF_OBJ_PIN, ObjAttr{.pathname = address(path), .bpf_fd = skep::u32(fd)});
}

int skep_obj_get(const char* path) { return call(BPF_OBJ_GET, ObjAttr{.pathname = address(path)}); }

int skep_map_fd_by_id(unsigned int id) { return call(BPF_MAP_GET_FD_BY_ID, IdAttr{.id = id}); }

void skep_close(int fd) {
  const int saved = errno;
  skep_forget_descriptor(fd);
  close(fd);
  skep_forget_descriptor(fd);
  errno = saved;
}

}  // extern "C"
