// Descriptor -> fstat -> object. Nothing tells us about close(2), so objects without a descriptor are collected when
// the table has doubled.
#include "sys/objects.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace skep::sys {
namespace {

std::optional<std::pair<u64, u64>> file_id(int fd) {
  struct stat st;
  if (fd < 0 || fstat(fd, &st) != 0) return std::nullopt;
  return std::make_pair(u64(st.st_dev), u64(st.st_ino));
}

bool is_kind(const Object& o, ObjectKind kind) {
  switch (kind) {
    case ObjectKind::Map: return o.map != nullptr;
    case ObjectKind::Prog: return o.prog != nullptr;
    case ObjectKind::Btf: return o.btf != nullptr;
  }
  return false;
}

}  // namespace

Result<Object> ObjectTable::find(int fd) const {
  const auto id = file_id(fd);
  if (!id) return error_status(EBADF);
  std::lock_guard lock(mutex_);
  const auto it = objects_.find(*id);
  if (it == objects_.end()) return error_status(EINVAL);
  return it->second;
}

Result<std::shared_ptr<map::Map>> ObjectTable::map(int fd) const {
  auto object = find(fd);
  if (!object.ok()) return object.status();
  if (!object->map) return error_status(EINVAL);
  return object->map;
}

Result<std::shared_ptr<ProgObject>> ObjectTable::prog(int fd) const {
  auto object = find(fd);
  if (!object.ok()) return object.status();
  if (!object->prog) return error_status(EINVAL);
  return object->prog;
}

Result<std::shared_ptr<BtfObject>> ObjectTable::btf(int fd) const {
  auto object = find(fd);
  if (!object.ok()) return object.status();
  if (!object->btf) return error_status(EINVAL);
  return object->btf;
}

Status ObjectTable::add(int fd, Object object) {
  const auto id = file_id(fd);
  if (!id) return error_status(EBADF, "fstat of a new object");
  std::lock_guard lock(mutex_);
  if (objects_.size() >= collect_at_) {
    collect();
    collect_at_ = std::max<size_t>(64, objects_.size() * 2);
  }
  objects_[*id] = std::move(object);
  return {};
}

std::map<ObjectTable::FileId, int> ObjectTable::collect() {
  std::map<FileId, int> alive;
  DIR* dir = opendir("/proc/self/fd");
  if (dir == nullptr) {  // without /proc nothing can be known: keep everything
    for (const auto& [id, object] : objects_) alive[id] = -1;
    return alive;
  }
  while (const dirent* entry = readdir(dir)) {
    const int fd = std::atoi(entry->d_name);
    const auto id = file_id(fd);
    if (entry->d_name[0] != '.' && id && objects_.count(*id)) alive[*id] = fd;
  }
  closedir(dir);
  std::erase_if(objects_, [&](const auto& item) { return !alive.count(item.first); });
  return alive;
}

u32 ObjectTable::next_id(ObjectKind kind, u32 start) {
  std::lock_guard lock(mutex_);
  collect();
  u32 best = 0;
  for (const auto& [file, object] : objects_) {
    if (!is_kind(object, kind) || object.id() <= start) continue;
    if (best == 0 || object.id() < best) best = object.id();
  }
  return best;
}

int ObjectTable::open_by_id(ObjectKind kind, u32 id) {
  std::lock_guard lock(mutex_);
  const auto alive = collect();
  for (const auto& [file, object] : objects_) {
    if (!is_kind(object, kind) || object.id() != id) continue;
    const int fd = fcntl(alive.at(file), F_DUPFD_CLOEXEC, 0);
    return fd < 0 ? -ENOENT : fd;
  }
  return -ENOENT;
}

int new_object_file(const char* name) {
  const int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  return fd < 0 ? -errno : fd;
}

void seal_object_file(int fd, std::span<const u8> bytes) {
  // The file is only for people who look into it; what counts is the object.
  if (pwrite(fd, bytes.data(), bytes.size(), 0) < 0) return;
  fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
}

}  // namespace skep::sys
