// Iterators over a task's memory: bpf_iter_task_vma, from /proc/PID/maps as it is when the program asks.
#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <string>

#include "engine/bodies.h"
#include "engine/btf_layout.h"
#include "engine/kobj/hand_out.h"
#include "engine/memory.h"
#include "engine/task_memory.h"

namespace skep::engine {
namespace {

// The kernel's VM_*.
constexpr u64 kRead = 1, kWrite = 2, kExec = 4, kShared = 8, kMay = 0x70, kMayShare = 0x80, kGrowsDown = 0x100;
constexpr size_t kNameRoom = 256;  // bytes of a file's name, with its NUL

struct Area {
  u64 start, end, flags, first_page, inode;
  char name[kNameRoom];  // of the file, without its folder
};

u64 flags_of(const char (&permissions)[5], std::string_view name) {
  u64 flags = kMay;
  flags |= permissions[0] == 'r' ? kRead : 0;
  flags |= permissions[1] == 'w' ? kWrite : 0;
  flags |= permissions[2] == 'x' ? kExec : 0;
  flags |= permissions[3] == 's' ? kShared | kMayShare : 0;
  return flags | (name == "[stack]" ? kGrowsDown : 0);
}

bool read_area(const char* line, Area& area) {
  char permissions[5] = {}, path[4097] = {};
  u64 offset = 0;
  const int n = std::sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %" SCNu64 " %4096[^\n]", &area.start,
                            &area.end, permissions, &offset, &area.inode, path);
  if (n < 5) return false;
  area.first_page = offset / map::kPageSize;
  area.flags = flags_of(permissions, path);
  const std::string_view whole(path), name = whole.substr(whole.rfind('/') + 1);
  const size_t length = std::min(name.size(), kNameRoom - 1);
  std::memcpy(area.name, name.data(), length);
  area.name[length] = 0;
  return true;
}

// The first area of the process that ends after `address`. The kernel's own page for system calls is none of it.
bool find_area(u32 pid, u64 address, Area& area) {
  FILE* const maps = std::fopen(("/proc/" + std::to_string(pid) + "/maps").c_str(), "re");
  if (!maps) return false;
  char line[4352];
  bool found = false;
  while (!found && std::fgets(line, sizeof(line), maps)) found = read_area(line, area) && area.end > address;
  std::fclose(maps);
  return found && area.start < kUserEnd;
}

// Images of an area, its file, the file's inode and its name, one behind the other.
u64 make_image(Run& run, const Area& area, u64 mm) {
  const btf::Btf& types = *run.machine.vmlinux();
  const Layout vma(types, "vm_area_struct"), file(types, "file"), inode(types, "inode"), dentry(types, "dentry");
  const u32 file_at = map::round_up(vma.size(), 64), inode_at = map::round_up(file_at + file.size(), 64),
            dentry_at = map::round_up(inode_at + inode.size(), 64),
            name_at = map::round_up(dentry_at + dentry.size(), 64);
  HeapObject* const object = run.machine.heap().allocate(HeapKind::Buffer, name_at + kNameRoom, 1, nullptr);
  if (!object) return 0;
  u8* const image = object->bytes();
  const u64 at = object->pointer();
  vma.write(image, "vm_start", area.start);
  vma.write(image, "vm_end", area.end);
  vma.write(image, "vm_flags", area.flags);
  vma.write(image, "vm_pgoff", area.first_page);
  vma.write(image, "vm_mm", mm);
  if (area.inode == 0) return lend(run, object);
  vma.write(image, "vm_file", at + file_at);
  file.write(image + file_at, "f_inode", at + inode_at);
  file.write(image + file_at, "f_path.dentry", at + dentry_at);
  inode.write(image + inode_at, "i_ino", area.inode);
  dentry.write(image + dentry_at, "d_inode", at + inode_at);
  dentry.write(image + dentry_at, "d_parent", at + dentry_at);
  dentry.write(image + dentry_at, "d_name.name", at + name_at);
  dentry.write(image + dentry_at, "d_name.len", std::strlen(area.name));
  std::memcpy(image + name_at, area.name, kNameRoom);
  return lend(run, object);
}

// The iterator's one word is a buffer of the run's.
struct Place {
  u64 task, mm, address;  // the next area is the first that ends after `address`
};

Place* place_at(u64 it, Run& run) {
  const u64 at = *reinterpret_cast<const u64*>(it);
  return at && run.machine.heap().find(at, HeapKind::Buffer) ? reinterpret_cast<Place*>(at) : nullptr;
}

u64 vma_new(u64 it, u64 task, u64 address, u64, u64, Run& run) {
  *reinterpret_cast<u64*>(it) = 0;
  const btf::Btf* const kernel = run.machine.vmlinux();
  const u64 mm = kernel ? Layout(*kernel, "task_struct").read(reinterpret_cast<const u8*>(task), "mm") : 0;
  if (mm == 0) return u64(-ENOENT);
  HeapObject* const buffer = run.machine.heap().allocate(HeapKind::Buffer, sizeof(Place), 1, nullptr);
  if (!buffer) return u64(-ENOMEM);
  *reinterpret_cast<Place*>(buffer->bytes()) = {task, mm, address};
  *reinterpret_cast<u64*>(it) = lend(run, buffer);
  return 0;
}

u64 vma_next(u64 it, u64, u64, u64, u64, Run& run) {
  Place* const place = place_at(it, run);
  HeapObject* const task = place ? run.machine.heap().find(place->task, HeapKind::Task) : nullptr;
  Area area;
  if (!task || !find_area(process_of(run, task->pointer()), place->address, area)) return 0;
  place->address = area.end;
  return make_image(run, area, place->mm);
}

u64 vma_destroy(u64 it, u64, u64, u64, u64, Run&) {
  *reinterpret_cast<u64*>(it) = 0;
  return 0;
}

constexpr KfuncBody kKfuncs[] = {{"bpf_iter_task_vma_new", vma_new},
                                 {"bpf_iter_task_vma_next", vma_next},
                                 {"bpf_iter_task_vma_destroy", vma_destroy}};

}  // namespace

std::span<const KfuncBody> vma_kfuncs() { return kKfuncs; }

}  // namespace skep::engine
