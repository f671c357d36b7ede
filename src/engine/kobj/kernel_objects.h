// Kernel objects of this machine as programs see them: images of the target's structs in the heap (heap.h), filled from
// /proc and cgroupfs. An object is found by its identity, so all processes of a namespace have the same one, and it
// lives while somebody has a reference; who asks for it again has it filled anew.
//
// A task is the thread of that TID as this process' /proc shows it, and its start time; its image brings its cred, mm,
// pid, nsproxy and css_set. It owns its parent, its group leader and its cgroup, a cgroup its parent.
#pragma once

#include <memory>
#include <mutex>

#include "engine/kobj/heap.h"
#include "engine/kobj/proc.h"

namespace skep::engine {

struct TaskStructs;    // task_structs.h: where the fields are
struct CgroupStructs;  // cgroup_structs.h

// Places in HeapObject::words of the objects that one owns.
inline constexpr u32 kTaskParent = kIdentityWords, kTaskLeader = kIdentityWords + 1, kTaskCgroup = kIdentityWords + 2;
inline constexpr u32 kCgroupParent = kIdentityWords;

class KernelObjects {
 public:
  KernelObjects(std::shared_ptr<Heap> heap, std::shared_ptr<const btf::Btf> kernel);
  ~KernelObjects();

  Heap& heap() { return *heap_; }
  const btf::Btf* types() const { return kernel_.get(); }

  // With a reference, for the caller to note; null: no such thing, no room, or the target has no BTF.
  HeapObject* task(u32 tid);
  HeapObject* cgroup_by_id(u64 id);
  // The cgroup at this path of a hierarchy (0: cgroup2), as /proc/PID/cgroup has it.
  HeapObject* cgroup_at(u32 hierarchy, const std::string& path);
  // `level` 0: the root. Null: it is above nothing.
  HeapObject* cgroup_ancestor(HeapObject& cgroup, s32 level);
  // The folder of a cgroup; empty: it is gone.
  std::string cgroup_folder(const HeapObject& cgroup);

  static u32 task_tid(const HeapObject& task) { return task.words[0]; }
  static u64 cgroup_id(const HeapObject& cgroup) { return u64(cgroup.words[1]) << 32 | cgroup.words[0]; }
  // The cgroup whose `self` is at this address.
  HeapObject* cgroup_of_css(u64 css);
  u64 css_of(HeapObject& cgroup) const;
  // The task that an image belongs to, its thread group's leader, its cgroup: null if it has none.
  HeapObject* owned(HeapObject& object, u32 word) { return heap_->at_link(map::load_acquire(object.words[word])); }

 private:
  struct Mount {
    bool found = false;
    std::string path;  // of its root, without a slash at the end
    u64 device = 0;
    u32 hierarchy = 0;
  };
  HeapObject* make_task(u32 tid, int depth);
  void fill_task(HeapObject& task, const ProcTask& proc, int depth);
  void link_task(HeapObject& task, const ProcTask& proc, int depth);
  HeapObject* parent_of(HeapObject& task, const ProcTask& proc, int depth);
  void set_owned(HeapObject& object, u32 word, HeapObject* owned);

  const Mount& mount_of(u32 hierarchy);
  HeapObject* make_cgroup(const Mount& mount, const std::string& path, int level);
  void fill_cgroup(HeapObject& cgroup, u64 id, std::string_view name, int level, HeapObject* parent);
  std::string find_folder(const Mount& mount, u64 id);

  std::shared_ptr<Heap> heap_;
  std::shared_ptr<const btf::Btf> kernel_;
  std::unique_ptr<const TaskStructs> tasks_;
  std::unique_ptr<const CgroupStructs> cgroups_;
  std::once_flag looked_up_;
  void look_up();
  std::mutex mutex_;
  std::vector<std::unique_ptr<Mount>> mounts_;
};

}  // namespace skep::engine
