// Collecting objects. Order of the steps, so that it may end anywhere: the anchor goes first (from then on the object
// cannot be found), then the references, then what these had kept. References without an owner are swept afterwards.
#include "sys/collect.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "map/shm/guard.h"
#include "sys/element_ids.h"

namespace skep::sys {
namespace {

std::vector<std::string> list_names(const std::string& folder) {
  std::vector<std::string> names;
  DIR* dir = opendir(folder.c_str());
  if (dir == nullptr) return names;
  while (const dirent* entry = readdir(dir)) {
    if (entry->d_name != std::string_view(".") && entry->d_name != std::string_view(".."))
      names.push_back(entry->d_name);
  }
  closedir(dir);
  return names;
}

int open_anchor(const Namespace& ns, ObjectName name) {
  return open(ns.anchor_of(name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

// Removes a folder of references: what they were to.
std::vector<ObjectName> drop_references(const Namespace& ns, ObjectName owner) {
  const std::string folder = ns.references_of(owner);
  std::vector<ObjectName> targets;
  if (rmdir(folder.c_str()) == 0 || errno == ENOENT) return targets;
  for (const std::string& entry : list_names(folder)) {
    unlink((folder + "/" + entry).c_str());
    if (const auto target = ObjectName::parse(entry)) targets.push_back(*target);
  }
  rmdir(folder.c_str());
  return targets;
}

// How many owners refer to this object.
nlink_t count_references(const Namespace& ns, ObjectName target) {
  nlink_t count = 0;
  struct stat st;
  for (const std::string& owner : list_names(ns.root() + "/refs")) {
    count += lstat((ns.root() + "/refs/" + owner + "/" + target.text()).c_str(), &st) == 0;
  }
  return count;
}

// A program array that user space has let go of (no descriptor, no pin) forgets its programs, whoever else refers to
// it: they may be the programs that do. `fd` is its file, exclusively locked.
std::vector<ObjectName> empty_program_array(const Namespace& ns, int fd, ObjectName name, nlink_t links) {
  if (access(ns.references_of(name).c_str(), F_OK) != 0) return {};
  const auto fixed = map::read_trailer(fd);
  if (!fixed.ok() || fixed->map_type != BPF_MAP_TYPE_PROG_ARRAY) return {};
  if (count_references(ns, name) + 1 < links) return {};
  const ScopedFd writable(open(ns.anchor_of(name).c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat st;
  if (!writable.ok() || fstat(fd, &st) != 0) return {};
  constexpr u8 kZeros[map::kPageSize] = {};
  const u64 size = std::min<u64>(u64(fixed->max_entries) * 8, u64(st.st_size) - map::kPageSize);
  for (u64 done = 0; done < size; done += sizeof(kZeros)) {
    if (pwrite(writable.get(), kZeros, std::min<u64>(sizeof(kZeros), size - done), off_t(done)) < 0) return {};
  }
  return drop_references(ns, name);
}

struct Collected {
  bool dead = false;
  std::vector<ObjectName> freed;  // what it had kept, and may be dead now
};

// What the values of a map that goes hold is released first: whoever is killed in between leaves a map that holds
// nothing.
void release_fields(const Namespace& ns, int fd, ObjectName name) {
  struct stat st;
  map::HeldFields held;
  const off_t place = offsetof(map::Trailer, held) - off_t(map::kPageSize);
  if (name.kind != ObjectKind::Map || !ns.heap()->exists() || fstat(fd, &st) != 0 ||
      pread(fd, &held, sizeof(held), st.st_size + place) != ssize_t(sizeof(held)) || held.count == 0)
    return;
  const ScopedFd writable(open(ns.anchor_of(name).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  const auto fixed = map::read_trailer(writable.get());
  auto meta = fixed.ok() ? map::Map::meta_of(*fixed) : fixed.status();
  if (!meta.ok()) return;
  auto map = map::Map::open(writable.get(), std::move(*meta), *fixed);
  if (!map.ok()) return;
  (*map)->set_field_owner(ns.heap(), false);
  (*map)->let_go_all();
}

// `fd` is open on the anchor. An exclusive lock means that no descriptor of the object is left.
Collected collect_one(const Namespace& ns, int fd, ObjectName name) {
  Collected result;
  struct stat st;
  if (flock(fd, LOCK_EX | LOCK_NB) != 0 || fstat(fd, &st) != 0) return result;
  if (st.st_nlink == 0 || !ns.is_anchored(fd, name)) {
    result.dead = true;
  } else if (st.st_nlink == 1) {
    release_fields(ns, fd, name);
    result.dead = unlink(ns.anchor_of(name).c_str()) == 0;
    if (result.dead) result.freed = drop_references(ns, name);
  } else if (name.kind == ObjectKind::Map) {
    result.freed = empty_program_array(ns, fd, name, st.st_nlink);
  }
  return result;
}

void collect_freed(const Namespace& ns, std::vector<ObjectName> pending) {
  while (!pending.empty()) {
    const ObjectName name = pending.back();
    pending.pop_back();
    const ScopedFd fd(open_anchor(ns, name));
    if (!fd.ok()) continue;
    const Collected result = collect_one(ns, fd.get(), name);
    pending.insert(pending.end(), result.freed.begin(), result.freed.end());
  }
}

// Folders of references whose owner is gone, or never came to be.
void sweep_references(Namespace& ns) {
  for (const ObjectName& owner : list_objects(ns.root() + "/refs")) {
    if (ns.exists(owner)) continue;
    const ScopedFd fd(open(ns.references_of(owner).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd.ok() || flock(fd.get(), LOCK_EX | LOCK_NB) != 0 || ns.exists(owner)) continue;
    collect_freed(ns, drop_references(ns, owner));
  }
}

// References that somebody was changing when he died, or left to be looked at.
void sweep_dirty(Namespace& ns) {
  for (const ObjectName& owner : list_objects(ns.root() + "/refs")) {
    if (owner.kind != ObjectKind::Map || access((ns.references_of(owner) + "/dirty").c_str(), F_OK) != 0) continue;
    const ScopedFd fd(open(ns.anchor_of(owner).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    const auto fixed = map::read_trailer(fd.get());
    if (!fixed.ok()) continue;
    auto meta = map::Map::meta_of(*fixed);
    if (!meta.ok()) continue;
    auto map = map::Map::open(fd.get(), std::move(*meta), *fixed);
    auto references = map.ok() ? References::try_lock(ns, owner) : map.status();
    if (!references.ok()) continue;
    reconcile(ns, owner, *references, **map);
    references->clear_dirty();
  }
}

void sweep_unfinished(const Namespace& ns) {
  const std::string folder = ns.root() + "/objs/";
  for (const std::string& name : list_names(folder)) {
    if (!name.starts_with(kUnfinished)) continue;
    const ScopedFd fd(open((folder + name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (fd.ok() && flock(fd.get(), LOCK_EX | LOCK_NB) == 0) unlink((folder + name).c_str());
  }
}

}  // namespace

std::vector<ObjectName> list_objects(const std::string& folder) {
  std::vector<ObjectName> objects;
  for (const std::string& entry : list_names(folder)) {
    if (const auto name = ObjectName::parse(entry)) objects.push_back(*name);
  }
  return objects;
}

bool collect_if_dead(Namespace& ns, int fd, ObjectName name) {
  const Collected result = collect_one(ns, fd, name);
  collect_freed(ns, result.freed);
  return result.dead;
}

void reconcile(const Namespace& ns, ObjectName owner, References& references, map::Map& map) {
  const auto named = ids_in(map);
  if (!named) return;
  for (const ObjectName& target : references_of(ns, owner)) {
    if (target.kind != ObjectKind::Btf && !named->count(target.id)) references.remove(target);
  }
}

void collect_all(Namespace& ns) {
  sweep_dirty(ns);
  for (const ObjectName& name : list_objects(ns.root() + "/objs")) collect_freed(ns, {name});
  sweep_references(ns);
  sweep_unfinished(ns);
  if (ns.heap()->exists()) {
    map::guarded(0, [&]() -> long {
      ns.heap()->sweep();
      return 0;
    });
  }
}

void drop_unfinished_name(Namespace& ns, int file) {
  struct stat st, named;
  if (fstat(file, &st) != 0 || st.st_nlink < 2) return;
  const std::string folder = ns.root() + "/objs/";
  for (const std::string& name : list_names(folder)) {
    if (name.starts_with(kUnfinished) && lstat((folder + name).c_str(), &named) == 0 && named.st_ino == st.st_ino)
      unlink((folder + name).c_str());
  }
}

}  // namespace skep::sys
