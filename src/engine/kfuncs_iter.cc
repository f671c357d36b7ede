// Open-coded iterators over numbers, bits, tasks and cgroups. What an iterator has to remember beyond its words on the
// program's stack is a buffer in the heap, which the run keeps: lists of what there was when it began.
#include <algorithm>
#include <cerrno>
#include <string>

#include "engine/bodies.h"
#include "engine/kobj/hand_out.h"

namespace skep::engine {
namespace {

// --- numbers ------------------------------------------------------------------------------------------------------

struct NumIter {
  s32 at, end;
};

u64 num_new(u64 it, u64 start, u64 end, u64, u64, Run&) {
  NumIter& s = *reinterpret_cast<NumIter*>(it);
  const s64 count = s64(s32(end)) - s32(start);
  s = {};
  if (count < 0) return u64(-EINVAL);
  if (count > s64(kMaxLoops)) return u64(-E2BIG);
  s = {s32(u32(start) - 1), s32(end)};
  return 0;
}

u64 num_next(u64 it, u64, u64, u64, u64, Run&) {
  NumIter& s = *reinterpret_cast<NumIter*>(it);
  if (s64(s32(u32(s.at) + 1)) >= s.end) {
    s = {};
    return 0;
  }
  s.at = s32(u32(s.at) + 1);
  return it;
}

u64 num_destroy(u64 it, u64, u64, u64, u64, Run&) {
  *reinterpret_cast<NumIter*>(it) = {};
  return 0;
}

// --- lists in the heap --------------------------------------------------------------------------------------------

// The run keeps the buffer until it ends.
u64* make_list(Run& run, const u64* items, size_t count) {
  constexpr size_t kMost = 8000;
  const u32 n = u32(std::min(count, kMost));
  HeapObject* const buffer = run.machine.heap().allocate(HeapKind::Buffer, std::max(n, 1u) * 8, 1, nullptr);
  if (!buffer) return nullptr;
  std::copy_n(items, n, reinterpret_cast<u64*>(buffer->bytes()));
  return reinterpret_cast<u64*>(lend(run, buffer));
}

struct ListIter {
  u64 items;  // of a buffer
  u32 at, count;
};

int start_list(Run& run, u64 it, const std::vector<u64>& items) {
  ListIter& s = *reinterpret_cast<ListIter*>(it);
  s = {};
  u64* const list = make_list(run, items.data(), items.size());
  if (!list) return -ENOMEM;
  s = {reinterpret_cast<u64>(list), 0, u32(items.size())};
  return 0;
}

bool next_item(Run& run, u64 it, u64* item) {
  ListIter& s = *reinterpret_cast<ListIter*>(it);
  const HeapObject* const buffer = s.items ? run.machine.heap().find(s.items, HeapKind::Buffer) : nullptr;
  if (!buffer || s.at >= std::min(s.count, buffer->size / 8)) return false;
  *item = reinterpret_cast<const u64*>(s.items)[s.at++];
  return true;
}

// --- bits ---------------------------------------------------------------------------------------------------------

struct BitsIter {
  u64 words;  // the word itself if there is one; else of a buffer
  u32 count;  // bits
  s32 at;     // the last one found
};
inline constexpr u32 kMaxBitWords = 511;

u64 bits_new(u64 it, u64 address, u64 n_words, u64, u64, Run& run) {
  BitsIter& s = *reinterpret_cast<BitsIter*>(it);
  s = {.words = 0, .count = 0, .at = 0};
  const u32 n = u32(n_words);
  if (n == 0 || address == 0) return u64(-EINVAL);
  if (n > kMaxBitWords) return u64(-E2BIG);
  u64 words[kMaxBitWords];
  if (!probe_read(words, address, n * 8)) return u64(-EFAULT);
  s.words = n == 1 ? words[0] : reinterpret_cast<u64>(make_list(run, words, n));
  if (n > 1 && !s.words) return u64(-ENOMEM);
  s.count = n * 64;
  s.at = -1;
  return 0;
}

u64 bits_next(u64 it, u64, u64, u64, u64, Run& run) {
  BitsIter& s = *reinterpret_cast<BitsIter*>(it);
  const bool inlined = s.count == 64;
  const HeapObject* const buffer = inlined ? nullptr : run.machine.heap().find(s.words, HeapKind::Buffer);
  const u32 count = inlined || (buffer && s.count <= buffer->size * 8) ? s.count : 0;
  const u64* const words = inlined ? &s.words : reinterpret_cast<const u64*>(s.words);
  for (u32 i = u32(s.at + 1); i < count; ++i) {
    if (!(words[i / 64] >> (i % 64) & 1)) continue;
    s.at = s32(i);
    return reinterpret_cast<u64>(&s.at);
  }
  s.count = 0;
  return 0;
}

// --- tasks --------------------------------------------------------------------------------------------------------

enum TaskIterFlag : u32 { kAllProcesses = 0, kAllThreads = 1, kThreadsOfOne = 2 };

void add_numbers(const std::string& folder, std::vector<u64>& items) {
  for (u32 n : list_numbers(folder)) items.push_back(n);
}

u64 task_new(u64 it, u64 task, u64 flags, u64, u64, Run& run) {
  *reinterpret_cast<ListIter*>(it) = {};
  const HeapObject* const of = task ? run.machine.heap().find(task, HeapKind::Task) : nullptr;
  if (u32(flags) > kThreadsOfOne || (u32(flags) == kThreadsOfOne && !of)) return u64(-EINVAL);
  std::vector<u64> items;
  if (u32(flags) == kThreadsOfOne) {
    add_numbers("/proc/" + std::to_string(KernelObjects::task_tid(*of)) + "/task", items);
  } else if (u32(flags) == kAllProcesses) {
    add_numbers("/proc", items);
  } else {
    for (u32 pid : list_numbers("/proc")) add_numbers("/proc/" + std::to_string(pid) + "/task", items);
  }
  return u64(s64(start_list(run, it, items)));
}

// Those that ended meanwhile are passed over.
u64 task_next(u64 it, u64, u64, u64, u64, Run& run) {
  for (u64 tid; next_item(run, it, &tid);)
    if (const u64 task = lend(run, run.machine.kernel_objects().task(u32(tid)))) return task;
  return 0;
}

// --- cgroups ------------------------------------------------------------------------------------------------------

enum CgroupOrder : u32 { kDescendantsPre = 2, kDescendantsPost = 3, kAncestorsUp = 4 };
enum CssTaskFlag : u32 { kProcesses = 1, kThreaded = 2 };

void add_below(const std::string& folder, bool before, std::vector<u64>& items) {
  const u64 self = inode_of(folder);
  if (before) items.push_back(self);
  for (const std::string& below : folders_in(folder)) add_below(below, before, items);
  if (!before) items.push_back(self);
}

u64 css_new(u64 it, u64 css, u64 order, u64, u64, Run& run) {
  *reinterpret_cast<ListIter*>(it) = {};
  if (u32(order) < kDescendantsPre || u32(order) > kAncestorsUp) return u64(-EINVAL);
  KernelObjects& objects = run.machine.kernel_objects();
  HeapObject* const start = objects.cgroup_of_css(css);
  std::vector<u64> items;
  if (start && u32(order) == kAncestorsUp) {
    for (HeapObject* at = start; at; at = objects.owned(*at, kCgroupParent)) items.push_back(objects.cgroup_id(*at));
  } else if (start) {
    const std::string folder = objects.cgroup_folder(*start);
    if (!folder.empty()) add_below(folder, u32(order) == kDescendantsPre, items);
  }
  return u64(s64(start_list(run, it, items)));
}

u64 css_next(u64 it, u64, u64, u64, u64, Run& run) {
  KernelObjects& objects = run.machine.kernel_objects();
  for (u64 id; next_item(run, it, &id);)
    if (HeapObject* const cgroup = objects.cgroup_by_id(id)) return lend(run, cgroup), objects.css_of(*cgroup);
  return 0;
}

u64 css_task_new(u64 it, u64 css, u64 flags, u64, u64, Run& run) {
  struct CssTaskIter {
    u64 list;
  };
  auto& s = *reinterpret_cast<CssTaskIter*>(it);
  s.list = 0;
  if (u32(flags) != 0 && u32(flags) != kProcesses && u32(flags) != (kProcesses | kThreaded)) return u64(-EINVAL);
  KernelObjects& objects = run.machine.kernel_objects();
  HeapObject* const cgroup = objects.cgroup_of_css(css);
  if (!cgroup) return u64(-EINVAL);
  const std::string folder = objects.cgroup_folder(*cgroup);
  std::vector<u64> items = {0, 0};  // a ListIter of their own: there is one word on the stack
  for (u32 tid : numbers_in(folder + (u32(flags) & kProcesses ? "/cgroup.procs" : "/cgroup.threads")))
    items.push_back(tid);
  u64* const list = make_list(run, items.data(), items.size());
  if (!list) return u64(-ENOMEM);
  list[0] = 2;
  s.list = reinterpret_cast<u64>(list);
  return 0;
}

u64 css_task_next(u64 it, u64, u64, u64, u64, Run& run) {
  u64* const list = *reinterpret_cast<u64**>(it);
  const HeapObject* const buffer =
      list ? run.machine.heap().find(reinterpret_cast<u64>(list), HeapKind::Buffer) : nullptr;
  while (buffer && list[0] < buffer->size / 8)
    if (const u64 task = lend(run, run.machine.kernel_objects().task(u32(list[list[0]++])))) return task;
  return 0;
}

u64 nothing(u64, u64, u64, u64, u64, Run&) { return 0; }

constexpr KfuncBody kKfuncs[] = {
    {"bpf_iter_num_new", num_new},           {"bpf_iter_num_next", num_next},
    {"bpf_iter_num_destroy", num_destroy},   {"bpf_iter_bits_new", bits_new},
    {"bpf_iter_bits_next", bits_next},       {"bpf_iter_bits_destroy", nothing},
    {"bpf_iter_task_new", task_new},         {"bpf_iter_task_next", task_next},
    {"bpf_iter_task_destroy", nothing},      {"bpf_iter_css_new", css_new},
    {"bpf_iter_css_next", css_next},         {"bpf_iter_css_destroy", nothing},
    {"bpf_iter_css_task_new", css_task_new}, {"bpf_iter_css_task_next", css_task_next},
    {"bpf_iter_css_task_destroy", nothing},
};

}  // namespace

std::span<const KfuncBody> iter_kfuncs() { return kKfuncs; }

}  // namespace skep::engine
