// The objects of one kernel, found by file descriptor. An object's descriptor is that of its file; the offset of the
// open file description names the object (lseek is the cheapest question about a descriptor), so dup(2), fork(2) and
// SCM_RIGHTS do what they do in Linux without our noticing, and each descriptor keeps its own access mode:
//
//   offset = cookie << 2 | what the descriptor may not do
//
// The cookie is a random number of 40 bits from the object's file. A descriptor with any other offset (another process
// made the object, or somebody moved the offset) is looked at closely (import.h).
#pragma once

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "map/map.h"
#include "sys/namespace.h"
#include "sys/prog_image.h"
#include "verifier/verifier.h"

namespace skep::engine {
class Code;
struct HostBodies;
}  // namespace skep::engine

namespace skep::sys {

struct BtfObject {
  u64 cookie = 0;
  u32 id = 0;
  verifier::ProgBtf types;
};

// Counters of runs, while statistics are on (BPF_ENABLE_STATS): of this process.
struct RunStats {
  u64 run_time_ns = 0, run_cnt = 0, recursion_misses = 0;
};

struct ProgObject {
  ProgImage image;  // what its file says, copied once
  // What the program holds; empty for one that another process loaded, until it is used here.
  std::vector<std::shared_ptr<const map::MapMeta>> used_maps;
  std::vector<std::shared_ptr<map::Map>> bound_maps;  // by PROG_BIND_MAP
  std::shared_ptr<const BtfObject> btf;
  RunStats stats;
  std::mutex code_mutex;
  std::shared_ptr<const engine::Code> code;  // once it ran (Executables::code_of)

  u32 id() const { return image.header.id; }

 private:
  friend class Kernel;
  std::mutex mutex_;
  std::shared_ptr<const verifier::VerifiedProgram> verified_;  // Kernel::verified()
};

// Exactly one of the three is set.
struct Object {
  std::shared_ptr<map::Map> map;
  std::shared_ptr<ProgObject> prog;
  std::shared_ptr<BtfObject> btf;

  ObjectName name() const;
  u64 cookie() const;
};

inline constexpr u32 kNoRead = 1, kNoWrite = 2;  // what user space may not do through a descriptor

struct Found {
  Object object;
  u32 denied = 0;
};

// A map as one of its descriptors shows it.
struct MapRef {
  std::shared_ptr<map::Map> map;
  u32 denied = 0;

  bool may_read() const { return !(denied & kNoRead); }
  bool may_write() const { return !(denied & kNoWrite) && !map->frozen(); }
  map::Map& operator*() const { return *map; }
  map::Map* operator->() const { return map.get(); }
};

// Denied bits of the flags BPF_F_RDONLY and BPF_F_WRONLY, and what open(2) calls them.
u32 denied_by(u32 flags);
int open_mode(u32 denied);

class ObjectTable {
 public:
  // `shared`: null for a kernel whose objects nobody else sees.
  explicit ObjectTable(std::shared_ptr<Namespace> shared);

  Namespace* shared() const { return namespace_.get(); }
  u32 new_id(ObjectKind kind) { return namespace_ ? namespace_->new_id(kind) : ids_->next(kind); }
  u64 new_cookie() const;

  // An empty file for an object of this kind, or -errno.
  int new_file(ObjectKind kind);
  // Makes `object`, whose file is finished, known; takes the file's descriptor. The object's first descriptor, or
  // -errno.
  int publish(int file, Object object, u32 denied);

  // The object that the descriptor's offset names; nothing if there is none. EBADF: no such descriptor; EINVAL: it has
  // no offset.
  Result<Found> find(int fd) const;
  // Another process' object, opened here through `fd`: gives the descriptor its offset. If this process has it open
  // already, returns that one.
  Object adopt(int fd, Object object, u32 denied);
  // The object with this name if this process has it open.
  Object find_by_name(ObjectName name) const;

  // A kernel of its own: `owner` keeps `fresh` too, and no longer what `still` says no to.
  template <typename F>
  void keep(u64 owner, const std::vector<Object>& fresh, F&& still) {
    std::lock_guard lock(mutex_);
    auto& kept = kept_[owner];
    std::erase_if(kept, [&](const Object& o) { return !still(o); });
    kept.insert(kept.end(), fresh.begin(), fresh.end());
  }

  // The smallest id above `start` of a living object; 0 if there is none.
  u32 next_id(ObjectKind kind, u32 start);
  // A new descriptor (close-on-exec) of the object with this id, or -errno.
  int open_by_id(ObjectName name, u32 denied);
  // Forgets what is dead, here and (if shared) in the namespace.
  void collect();

 private:
  // One descriptor of each object that this process has descriptors of, by cookie.
  std::unordered_map<u64, int> own_descriptors() const;
  void make_room();
  void add(const Object& object);

  std::shared_ptr<Namespace> namespace_;
  std::unique_ptr<IdCounters> ids_;  // of a private kernel
  mutable std::shared_mutex mutex_;
  std::unordered_map<u64, Object> objects_;
  std::unordered_map<u64, std::vector<Object>> kept_;  // of a private kernel: what elements of maps name, by owner
  size_t collect_at_ = 0;
};

}  // namespace skep::sys
