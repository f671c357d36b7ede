// The heap: memory of the objects that programs hold and maps keep - kernel objects (tasks, cgroups, CPU masks) and
// those that programs make. The processes of a namespace share one file, which each maps at the same address, so a
// pointer means the same in all of them and a kptr in a map needs no translation. The address comes from the file's
// inode. A kernel of its own has memory that only its forks share.
//
//   HeapTop (locks, index of kernel objects, slots) | bitmaps of the pools | pool of each size class ...
//   object: HeapObject, then the bytes that its pointer points to
//
// Nothing that stands in the memory is trusted to be a place: pointers are looked at by find() before they are used.
//
// kill -9: an object belongs to somebody from its first moment. A thread that runs programs writes what it holds into
// its slot; sweep() releases what threads had that are gone. What is written between two steps of a change is lost
// rather than released twice.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "map/held.h"
#include "map/shm/pool.h"

namespace skep::engine {

enum class HeapKind : u16 {
  None,
  Task,
  Cgroup,
  Cpumask,
  Local,        // of a program's own type
  PercpuLocal,  // one copy for each CPU
  Buffer,       // what an iterator has to remember
  Key,          // struct bpf_key
};
const char* heap_kind_name(HeapKind kind);

inline constexpr u32 kObjectWords = 11;
inline constexpr u32 kIdentityWords = 6, kOwnedWords = 4;

struct alignas(64) HeapObject {
  u32 home;       // pool.h; 0: free
  u32 refs;       // 0: on its way out
  HeapKind kind;  // None: not finished
  u16 n_fields;   // Local
  u32 next;       // link: in the index, or of objects on their way out
  // Kernel objects: what makes it this one and no other (kIdentityWords), then links of the objects it owns
  // (kOwnedWords). Local: its fields that hold something, packed (pack_field).
  u32 words[kObjectWords];
  u32 size;  // bytes, of one copy

  u64 pointer() const { return reinterpret_cast<u64>(this + 1); }
  u8* bytes() { return reinterpret_cast<u8*>(this + 1); }
};
static_assert(sizeof(HeapObject) == 64);

// What makes a kernel object this one: a task's PID and start time; a cgroup's file system and id.
struct Identity {
  u64 words[3] = {};
  bool operator==(const Identity&) const = default;
};

// A thread's references, where they survive it.
struct HeapSlot {
  u32 tid = 0;  // 0: free
  u32 pad = 0;
  u64 start = 0, pid_ns = 0;  // map/shm/thread.h
  u64 held[29] = {};          // pointers, 0: free
};
static_assert(sizeof(HeapSlot) == 256);

class Heap final : public map::FieldOwner {
 public:
  // Neither takes memory before the first object is made or looked for. A file has one heap in a process, for it has
  // one address.
  static std::shared_ptr<Heap> make_private();
  static std::shared_ptr<Heap> in_file(const std::string& path);
  ~Heap() override;

  // 0, or why there is no heap here: ENOMEM; EEXIST: something else has its address; EINVAL: the file is none of ours.
  int error();
  // Whether another process has made it; one that has not is empty.
  bool exists();

  // A new object of zeros with one reference, noted in `record` (may be null). Null: no room.
  HeapObject* allocate(HeapKind kind, u32 size, u32 copies, u64* record);
  // The living object whose bytes begin at `pointer`; null: there is none.
  HeapObject* find(u64 pointer);
  HeapObject* find(u64 pointer, HeapKind kind) {
    HeapObject* const object = find(pointer);
    return object && object->kind == kind ? object : nullptr;
  }
  u32 link_of(const HeapObject& object) const { return u32((reinterpret_cast<u64>(&object) - base_) / 64); }
  HeapObject* at_link(u32 link) { return link ? find(base_ + u64(link) * 64 + sizeof(HeapObject)) : nullptr; }

  // One reference more; false: it is on its way out.
  static bool acquire(HeapObject& object);
  // One less. The last takes the object apart: what its fields hold is released, its memory is free.
  void release(HeapObject& object);
  void let_go(const map::HeldField& field, u8* place, u32* lock) override;

  // The kernel object with this identity, with a reference; null: not known. `fresh`, if any, becomes it.
  HeapObject* find_named(HeapKind kind, const Identity& id, HeapObject* fresh);
  // A number that no list head or tree root had before: who a node belongs to.
  u64 new_root_id();

  // Where the calling thread notes its references; null: there is no room.
  HeapSlot* my_slot();
  // Releases what threads held that are gone.
  void sweep();

  struct Totals {
    u64 objects = 0, references = 0;
  };
  Totals count();
  // Where all objects lie, in every process; 0: not in memory.
  u64 base() const { return base_; }

 private:
  explicit Heap(std::string path) : path_(std::move(path)) {}
  struct Top;
  static constexpr u32 kClasses = 9;
  static constexpr int kUntried = -1;

  static u64 layout(map::Pool (*pools)[kClasses], u8* base);
  int set_memory(void* at);
  int map_private();
  int map_file();
  int open_file();
  HeapObject* claim(u32 size_class, u32 number);
  void repair(u32 number);
  void give_back(HeapObject& object);
  bool lock(map::Stripe& stripe, u32 number);

  void drop(HeapObject& object, u32& pending);
  void drop_pointer(u64 pointer, u32& pending);
  void drop_field(const map::HeldField& field, u8* place, u32& pending);
  void drop_list(u64 first, u32 node_offset, u32& pending);
  void drop_tree(u64 top, u32 node_offset, u32& pending);
  void drop_owned(HeapObject& object, u32& pending);
  void finish(u32 pending);
  u32 bucket_of(const Identity& id) const;
  HeapObject* in_chain(u32 link) const;
  void remove_named(HeapObject& object);
  void sweep_slot(HeapSlot& slot);

  std::string path_;  // empty: private
  std::mutex mutex_;
  std::atomic<int> state_ = kUntried;  // 0: there; else an errno
  u64 base_ = 0, size_ = 0;
  Top* top_ = nullptr;
  map::Pool pools_[kClasses];
};

// A field of a local object in one word: type, offset and node offset, each by eights.
u32 pack_field(const map::HeldField& field);
map::HeldField unpack_field(u32 packed);

}  // namespace skep::engine
