// Descriptor -> offset -> object. Nothing tells us about close(2), so what is dead is collected when the table has
// doubled, when room runs out, and when somebody asks which objects there are.
#include "sys/objects.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace skep::sys {
namespace {

// Cookies have 40 bits, the highest of them set: as offsets they are beyond any real file, and still within what every
// file system lets lseek(2) set (ext4: 16 TiB).
inline constexpr u64 kCookieHigh = u64(1) << 39;
inline constexpr size_t kCollectAt = 16;  // objects

u64 offset_of(u64 cookie, u32 denied) { return cookie << 2 | denied; }

constexpr const char* kFileNames[kObjectKinds] = {"bpf-map", "bpf-prog", "bpf-btf"};

}  // namespace

u32 denied_by(u32 flags) { return (flags & BPF_F_WRONLY ? kNoRead : 0) | (flags & BPF_F_RDONLY ? kNoWrite : 0); }
int open_mode(u32 denied) { return denied & kNoWrite ? O_RDONLY : denied & kNoRead ? O_WRONLY : O_RDWR; }

ObjectName Object::name() const {
  if (map) return {ObjectKind::Map, map->meta().id};
  return prog ? ObjectName{ObjectKind::Prog, prog->id()} : ObjectName{ObjectKind::Btf, btf->id};
}

u64 Object::cookie() const { return map ? map->fixed().cookie : prog ? prog->image.header.cookie : btf->cookie; }

ObjectTable::ObjectTable(std::shared_ptr<Namespace> shared) : namespace_(std::move(shared)) {
  if (!namespace_) ids_ = IdCounters::make_private();
}

u64 ObjectTable::new_cookie() const {
  u64 value = 0;
  if (getrandom(&value, sizeof(value), 0) != ssize_t(sizeof(value))) value = u64(getpid()) << 20 | ids_->next({});
  return (value & (kCookieHigh - 1)) | kCookieHigh;
}

int ObjectTable::new_file(ObjectKind kind) {
  make_room();
  if (!namespace_) {
    const int fd = memfd_create(kFileNames[int(kind)], MFD_CLOEXEC);
    return fd < 0 ? -errno : fd;
  }
  return namespace_->new_file();
}

int ObjectTable::publish(int file, Object object, u32 denied) {
  int fd = file;
  if (namespace_) {
    fd = namespace_->publish(file, object.name(), object.map ? open_mode(denied) : O_RDONLY);
    close(file);
  }
  if (fd < 0) return fd;
  lseek(fd, off_t(offset_of(object.cookie(), denied)), SEEK_SET);
  std::lock_guard lock(mutex_);
  add(object);
  return fd;
}

void ObjectTable::add(const Object& object) { objects_[object.cookie()] = object; }

Result<Found> ObjectTable::find(int fd) const {
  const off_t offset = lseek(fd, 0, SEEK_CUR);
  if (offset < 0) return error_status(errno == EBADF ? EBADF : EINVAL);
  std::shared_lock lock(mutex_);
  const auto it = objects_.find(u64(offset) >> 2);
  return it == objects_.end() ? Found{} : Found{it->second, u32(offset) & 3};
}

Object ObjectTable::adopt(int fd, Object object, u32 denied) {
  if (fd >= 0) lseek(fd, off_t(offset_of(object.cookie(), denied)), SEEK_SET);
  std::lock_guard lock(mutex_);
  return objects_.try_emplace(object.cookie(), std::move(object)).first->second;
}

Object ObjectTable::find_by_name(ObjectName name) const {
  std::shared_lock lock(mutex_);
  for (const auto& [cookie, object] : objects_) {
    if (object.name() == name) return object;
  }
  return {};
}

void ObjectTable::make_room() {
  {
    std::shared_lock lock(mutex_);
    if (objects_.size() < collect_at_) return;
  }
  collect();
  std::lock_guard lock(mutex_);
  collect_at_ = std::max(kCollectAt, objects_.size() * 2);
}

std::unordered_map<u64, int> ObjectTable::own_descriptors() const {
  std::unordered_map<u64, int> found;
  DIR* dir = opendir("/proc/self/fd");
  if (dir == nullptr) {  // without /proc nothing can be known: keep everything
    for (const auto& [cookie, object] : objects_) found[cookie] = -1;
    return found;
  }
  while (const dirent* entry = readdir(dir)) {
    const int fd = std::atoi(entry->d_name);
    const off_t offset = entry->d_name[0] == '.' ? -1 : lseek(fd, 0, SEEK_CUR);
    if (offset >= 0 && objects_.count(u64(offset) >> 2)) found[u64(offset) >> 2] = fd;
  }
  closedir(dir);
  return found;
}

void ObjectTable::collect() {
  if (namespace_) namespace_->collect();
  std::lock_guard lock(mutex_);
  auto alive = own_descriptors();
  for (const auto& [owner, kept] : kept_) {  // maps of maps do not nest: one step is enough
    if (!alive.count(owner)) continue;
    for (const Object& object : kept) alive.try_emplace(object.cookie(), -1);
  }
  std::erase_if(objects_, [&](const auto& item) { return !alive.count(item.first); });
  std::erase_if(kept_, [&](const auto& item) { return !alive.count(item.first); });
}

u32 ObjectTable::next_id(ObjectKind kind, u32 start) {
  if (namespace_) return namespace_->next_id(kind, start);
  collect();
  std::shared_lock lock(mutex_);
  u32 best = 0;
  for (const auto& [cookie, object] : objects_) {
    const ObjectName name = object.name();
    if (name.kind == kind && name.id > start && (best == 0 || name.id < best)) best = name.id;
  }
  return best;
}

int ObjectTable::open_by_id(ObjectName name, u32 denied) {
  if (namespace_) {
    const int fd = namespace_->open_object(name, name.kind == ObjectKind::Map ? open_mode(denied) : O_RDONLY);
    const Object known = fd < 0 ? Object{} : find_by_name(name);
    if (fd >= 0 && (known.map || known.prog || known.btf))
      lseek(fd, off_t(offset_of(known.cookie(), denied)), SEEK_SET);
    return fd;
  }
  std::lock_guard lock(mutex_);
  for (const auto& [cookie, fd] : own_descriptors()) {
    if (objects_.at(cookie).name() != name) continue;
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    const int copy = open(path.c_str(), O_RDWR | O_CLOEXEC);  // a file description of its own
    if (copy >= 0) lseek(copy, off_t(offset_of(cookie, denied)), SEEK_SET);
    return copy < 0 ? -errno : copy;
  }
  return -ENOENT;
}

}  // namespace skep::sys
