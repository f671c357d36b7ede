// The namespace of objects that all processes of a user share: a folder.
//
//   objs/bpf-map.7           the anchor: the object's file, as long as the object lives (also bpf-prog.N, bpf-btf.N)
//   refs/bpf-prog.3/bpf-map.7  a reference: program 3 holds map 7; a further link of the same file (references.h)
//   bpffs/...                pins: further links, wherever the user wants them (pins.cc)
//   ids                      the last id of each kind
//   heap                     the objects that programs hold and maps keep
//
// An object lives while somebody has a descriptor of it, or something besides the anchor links to its file. Who has
// one is known from its *holder mark*: a shared flock on each open file description that was handed out; dup, fork and
// SCM_RIGHTS keep it, the last close (or kill) drops it. Whoever gets the exclusive lock may collect the object. No
// step needs a daemon or is lost with the process that makes it: an id that was taken and not used is a hole, a file
// without a name vanishes by itself, an object without a holder and the references of an owner that is gone are
// collected by the next who looks.
#pragma once

#include <compare>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/types.h"
#include "engine/kobj/heap.h"

namespace skep::sys {

enum class ObjectKind : u8 { Map, Prog, Btf };
inline constexpr u32 kObjectKinds = 3;

// Which object: "bpf-map.7".
struct ObjectName {
  ObjectKind kind = ObjectKind::Map;
  u32 id = 0;

  auto operator<=>(const ObjectName&) const = default;
  std::string text() const;
  static std::optional<ObjectName> parse(std::string_view text);
};

// Ids of new objects, one sequence per kind, from 1 on. Never one that was given before, until 2^31 of them were.
class IdCounters {
 public:
  // In the file at `path`, which all processes share, or in private memory.
  static Result<std::unique_ptr<IdCounters>> open(const std::string& path);
  static std::unique_ptr<IdCounters> make_private();
  ~IdCounters();
  IdCounters(const IdCounters&) = delete;
  IdCounters& operator=(const IdCounters&) = delete;

  u32 next(ObjectKind kind);

 private:
  explicit IdCounters(u32* counters) : counters_(counters) {}
  u32* counters_;  // a page
};

class Namespace {
 public:
  // The folder, made if it is not there. EACCES: it belongs to someone else; ENOTDIR and others as the file system has
  // them.
  static Result<std::shared_ptr<Namespace>> open(const std::string& root);
  // The same in a place where everybody may make folders: it must belong to this user alone (EACCES).
  static Result<std::shared_ptr<Namespace>> open_own(const std::string& root);
  // Where this user's objects are: $SKEP_ROOT, else /dev/shm/skep-UID, else (where /dev/shm is absent, not ours to use,
  // or smaller than 256 MiB in all) $XDG_RUNTIME_DIR/skep, else below $TMPDIR or /tmp.
  static Result<std::shared_ptr<Namespace>> open_default();

  const std::string& root() const { return root_; }
  std::string anchor_of(ObjectName name) const;
  std::string references_of(ObjectName owner) const;
  std::string pins() const { return root_ + "/bpffs"; }

  // An id that no object has.
  u32 new_id(ObjectKind kind);
  // A file without a name, open for reading and writing, with the holder mark: a descriptor, or -errno.
  int new_file() const;
  // Makes a finished file the object `name` and opens it for its first user (open_object). The file's own descriptor
  // stays the caller's and loses its mark. Descriptor or -errno.
  int publish(int file, ObjectName name, int access);
  // A new descriptor with the holder mark (close-on-exec; `access`: O_RDWR, O_RDONLY, O_WRONLY), or -ENOENT, -EMFILE
  // ...
  int open_object(ObjectName name, int access);
  // Gives a descriptor of an object's file the holder mark. False: the object has been collected.
  static bool hold(int fd);
  // The descriptor's file is that of the object `name`.
  bool is_anchored(int fd, ObjectName name) const;

  // Where objects live that programs hold and maps keep (engine/kobj/heap.h).
  const std::shared_ptr<engine::Heap>& heap() const { return heap_; }

  // The living object of this kind with the smallest id above `start`; 0 if there is none.
  u32 next_id(ObjectKind kind, u32 start);
  // Removes every object that nobody holds or refers to, and what was left behind by processes that died.
  void collect();
  bool exists(ObjectName name) const;

 private:
  explicit Namespace(std::string root) : root_(std::move(root)) {}

  std::string root_;
  std::unique_ptr<IdCounters> ids_;
  std::shared_ptr<engine::Heap> heap_;
};

// The descriptor's lock, for code in this room that closes in many ways.
class ScopedFd {
 public:
  explicit ScopedFd(int fd = -1) : fd_(fd) {}
  ~ScopedFd();
  ScopedFd(ScopedFd&& other) noexcept : fd_(other.release()) {}
  ScopedFd& operator=(ScopedFd&& other) noexcept;
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }
  int release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }

 private:
  int fd_;
};

}  // namespace skep::sys
