// The objects of one kernel, found by file descriptor. An object's fd is a memory file of its own; which file it is
// (device and inode) names the object, so dup(2), fork(2) and close(2) do what they do in Linux without our noticing.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/status.h"
#include "map/map.h"
#include "verifier/verifier.h"

namespace skep::sys {

struct BtfObject {
  u32 id = 0;
  verifier::ProgBtf types;
};

struct ProgObject {
  u32 id = 0;
  std::shared_ptr<const verifier::VerifiedProgram> verified;
  std::vector<std::shared_ptr<const map::MapMeta>> used_maps;
  std::vector<std::shared_ptr<map::Map>> bound_maps;  // by PROG_BIND_MAP
  std::shared_ptr<const BtfObject> btf;
  u32 verified_insns = 0;
  u64 load_time = 0;  // nanoseconds since boot
  u32 created_by_uid = 0;
};

// Exactly one of the three is set.
struct Object {
  std::shared_ptr<map::Map> map;
  std::shared_ptr<ProgObject> prog;
  std::shared_ptr<BtfObject> btf;

  u32 id() const { return map ? map->meta().id : prog ? prog->id : btf->id; }
};

enum class ObjectKind : u8 { Map, Prog, Btf };

class ObjectTable {
 public:
  // EBADF: no such descriptor; EINVAL: it is another kind of file, or of another kernel.
  Result<Object> find(int fd) const;
  Result<std::shared_ptr<map::Map>> map(int fd) const;
  Result<std::shared_ptr<ProgObject>> prog(int fd) const;
  Result<std::shared_ptr<BtfObject>> btf(int fd) const;

  // Makes the file of `object` known; `fd` stays the caller's.
  Status add(int fd, Object object);
  u32 new_id(ObjectKind kind) { return ++last_id_[int(kind)]; }

  // The smallest id above `start` of an object that some descriptor of this process still refers to; 0 if there is
  // none.
  u32 next_id(ObjectKind kind, u32 start);
  // A new descriptor (close-on-exec) of the object with this id, or -ENOENT.
  int open_by_id(ObjectKind kind, u32 id);

 private:
  using FileId = std::pair<u64, u64>;  // st_dev, st_ino

  // Forgets objects whose last descriptor is gone. Returns one descriptor of each object that is left.
  std::map<FileId, int> collect();

  mutable std::mutex mutex_;
  std::map<FileId, Object> objects_;
  size_t collect_at_ = 64;
  u32 last_id_[3] = {};
};

// A new memory file, close-on-exec; -errno if there is none to be had.
int new_object_file(const char* name);
// Fills the file and forbids any further change.
void seal_object_file(int fd, std::span<const u8> bytes);

}  // namespace skep::sys
