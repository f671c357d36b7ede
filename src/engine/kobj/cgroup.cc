// Cgroups: where their file systems are, which cgroups there are, and what stands in their images.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "engine/kobj/cgroup_structs.h"
#include "engine/kobj/kernel_objects.h"
#include "engine/kobj/task_structs.h"

namespace skep::engine {
namespace {

inline constexpr u64 kRootId = 1;
inline constexpr int kMaxLevel = 64;                    // deeper cgroups are not found
inline constexpr u64 kOnlineVisible = 1 << 1 | 1 << 3;  // CSS_ONLINE, CSS_VISIBLE
inline constexpr u64 kNoMaxDepth = 0x7fffffff;
inline constexpr int kKernfsHandle = 0xfe;  // FILEID_KERNFS

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(at), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

// Controllers of a cgroup1 hierarchy, as its line in /proc/PID/cgroup has them: "cpu,cpuacct", "name=systemd".
std::string_view controllers_of(std::string_view cgroups, u32 hierarchy) {
  const std::string prefix = std::to_string(hierarchy) + ":";
  for (std::string_view line : split(cgroups, '\n')) {
    if (!line.starts_with(prefix)) continue;
    line.remove_prefix(prefix.size());
    return line.substr(0, line.find(':'));
  }
  return {};
}

// The mount point of a line of mountinfo, if it is this hierarchy's.
std::string mount_point(std::string_view line, u32 hierarchy, std::string_view controllers) {
  const size_t dash = line.find(" - ");
  const auto mounted = split(line.substr(0, dash), ' ');
  if (dash == line.npos || mounted.size() < 5 || mounted[3] != "/") return {};
  const auto source = split(line.substr(dash + 3), ' ');
  if (source.size() < 3) return {};
  if (hierarchy == 0) return source[0] == "cgroup2" ? std::string(mounted[4]) : "";
  const auto options = split(source[2], ',');
  const auto wanted = split(controllers, ',');
  const bool all = !wanted.empty() && std::all_of(wanted.begin(), wanted.end(), [&](std::string_view name) {
    return std::find(options.begin(), options.end(), name) != options.end();
  });
  return source[0] == "cgroup" && all ? std::string(mounted[4]) : "";
}

// Searches the tree below `folder` for an inode: its path.
std::string find_inode(const std::string& folder, u64 inode, int level) {
  if (level > kMaxLevel) return {};
  for (const std::string& below : folders_in(folder)) {
    const std::string found = inode_of(below) == inode ? below : find_inode(below, inode, level + 1);
    if (!found.empty()) return found;
  }
  return {};
}

// The folder with this id by its handle, which needs CAP_DAC_READ_SEARCH.
std::string open_by_id(const std::string& mount, u64 id) {
  const int root = open(mount.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) return {};
  alignas(file_handle) u8 bytes[sizeof(file_handle) + sizeof(u64)] = {};
  auto* const handle = reinterpret_cast<file_handle*>(bytes);
  handle->handle_bytes = sizeof(u64);
  handle->handle_type = kKernfsHandle;
  std::memcpy(bytes + sizeof(file_handle), &id, sizeof(id));
  const int fd = open_by_handle_at(root, handle, O_PATH | O_CLOEXEC);
  close(root);
  if (fd < 0) return {};
  char path[4096];
  const ssize_t n = readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path, sizeof(path));
  close(fd);
  return n > 0 ? std::string(path, size_t(n)) : "";
}

}  // namespace

KernelObjects::KernelObjects(std::shared_ptr<Heap> heap, std::shared_ptr<const btf::Btf> kernel)
    : heap_(std::move(heap)), kernel_(std::move(kernel)) {}
KernelObjects::~KernelObjects() = default;

void KernelObjects::look_up() {
  std::call_once(looked_up_, [this] {
    tasks_ = std::make_unique<TaskStructs>(kernel_.get());
    cgroups_ = std::make_unique<CgroupStructs>(kernel_.get());
  });
}

// A machine without the hierarchy's file system has its root alone.
const KernelObjects::Mount& KernelObjects::mount_of(u32 hierarchy) {
  std::lock_guard lock(mutex_);
  for (const auto& known : mounts_)
    if (known->hierarchy == hierarchy) return *known;
  auto mount = std::make_unique<Mount>();
  mount->hierarchy = hierarchy;
  const std::string cgroups = hierarchy ? read_text("/proc/self/cgroup") : "";
  const std::string mounts = read_text("/proc/self/mountinfo");
  for (std::string_view line : split(mounts, '\n')) {
    if (mount->path.empty()) mount->path = mount_point(line, hierarchy, controllers_of(cgroups, hierarchy));
  }
  struct stat st;
  mount->found = !mount->path.empty() && stat(mount->path.c_str(), &st) == 0;
  if (mount->found) mount->device = u64(st.st_dev);
  mounts_.push_back(std::move(mount));
  return *mounts_.back();
}

HeapObject* KernelObjects::cgroup_at(u32 hierarchy, const std::string& path) {
  if (!kernel_) return nullptr;
  look_up();
  const Mount& mount = mount_of(hierarchy);
  if (!mount.found && hierarchy != 0) return nullptr;
  // A path outside of our cgroup namespace: as near as we can see.
  return make_cgroup(mount, path.starts_with("/..") || !mount.found ? "" : path == "/" ? "" : path, 0);
}

// `path` is below the mount: "" or "/a/b". `level`: how many are waiting for this one.
HeapObject* KernelObjects::make_cgroup(const Mount& mount, const std::string& path, int level) {
  if (level > kMaxLevel) return nullptr;
  struct stat st;
  u64 inode = kRootId;
  if (mount.found) {
    if (stat((mount.path + path).c_str(), &st) != 0) return nullptr;
    inode = u64(st.st_ino);
  }
  const Identity id{{inode, cgroups_->fingerprint << 32 | mount.hierarchy, mount.device}};
  if (HeapObject* const known = heap_->find_named(HeapKind::Cgroup, id, nullptr)) return known;
  const size_t slash = path.rfind('/');
  HeapObject* const parent = path.empty() ? nullptr : make_cgroup(mount, path.substr(0, slash), level + 1);
  const int depth = int(split(path, '/').size());
  const u32 bytes = cgroups_->cgroup.size() + u32(depth + 1) * 8 + cgroups_->kn.size() + kMaxCgroupName;
  HeapObject* const fresh = !path.empty() && !parent ? nullptr : heap_->allocate(HeapKind::Cgroup, bytes, 1, nullptr);
  if (!fresh) {
    if (parent) heap_->release(*parent);
    return nullptr;
  }
  fill_cgroup(*fresh, inode, path.empty() ? "" : path.substr(slash + 1), depth, parent);
  HeapObject* const first = heap_->find_named(HeapKind::Cgroup, id, fresh);
  if (first != fresh) heap_->release(*fresh);
  return first;
}

// Takes the reference to `parent`.
void KernelObjects::fill_cgroup(HeapObject& cgroup, u64 id, std::string_view name, int level, HeapObject* parent) {
  const CgroupStructs& s = *cgroups_;
  u8* const image = cgroup.bytes();
  const u64 at = cgroup.pointer();
  const u32 ancestors = s.cgroup.place(kAncestors).offset;
  const u32 kn_at = u32(map::round_up(std::max(s.cgroup.size(), ancestors + u32(level + 1) * 8), 8));
  const u32 name_at = kn_at + s.kn.size();
  s.cgroup.put(image, kSelfCgroup, at);
  s.cgroup.put(image, kSelfParent, parent ? css_of(*parent) : 0);
  s.cgroup.put(image, kSelfId, 1);
  s.cgroup.put(image, kSelfFlags, kOnlineVisible);
  s.cgroup.put(image, kSelfSerial, id);
  s.cgroup.put(image, kLevel, u64(level));
  s.cgroup.put(image, kMaxDepth, kNoMaxDepth);
  s.cgroup.put(image, kDomCgrp, at);
  s.cgroup.put(image, kKn, at + kn_at);
  const u64 self = at;
  if (parent) std::memcpy(image + ancestors, parent->bytes() + ancestors, u32(level) * 8);
  std::memcpy(image + ancestors + u32(level) * 8, &self, sizeof(self));
  s.kn.put(image + kn_at, kKnId, id);
  s.kn.put(image + kn_at, kKnCount, 1);
  s.kn.put(image + kn_at, kKnName, at + name_at);
  u64 kn_parent = 0;
  if (parent) std::memcpy(&kn_parent, parent->bytes() + s.cgroup.place(kKn).offset, sizeof(kn_parent));
  s.kn.put(image + kn_at, kKnParent, kn_parent);
  s.kn.put(image + kn_at, kKnOldParent, kn_parent);
  std::memcpy(image + name_at, name.data(), std::min<size_t>(name.size(), kMaxCgroupName - 1));
  set_owned(cgroup, kCgroupParent, parent);
}

std::string KernelObjects::find_folder(const Mount& mount, u64 id) {
  struct stat st;
  if (!mount.found || stat(mount.path.c_str(), &st) != 0) return {};
  if (st.st_ino == id) return mount.path;
  const std::string folder = open_by_id(mount.path, id);
  return folder.starts_with(mount.path + "/") ? folder : find_inode(mount.path, id, 0);
}

HeapObject* KernelObjects::cgroup_by_id(u64 id) {
  if (!kernel_) return nullptr;
  look_up();
  const Mount& mount = mount_of(0);
  if (!mount.found) return id == kRootId ? make_cgroup(mount, "", 0) : nullptr;
  const std::string folder = find_folder(mount, id);
  return folder.empty() ? nullptr : make_cgroup(mount, folder.substr(mount.path.size()), 0);
}

HeapObject* KernelObjects::cgroup_ancestor(HeapObject& cgroup, s32 level) {
  u32 above = 0;
  for (HeapObject* up = &cgroup; (up = owned(*up, kCgroupParent)) && above < kMaxLevel;) ++above;
  if (level < 0 || u32(level) > above) return nullptr;
  HeapObject* at = &cgroup;
  for (u32 i = above; at && i > u32(level); --i) at = owned(*at, kCgroupParent);
  return at && Heap::acquire(*at) ? at : nullptr;
}

std::string KernelObjects::cgroup_folder(const HeapObject& cgroup) {
  return find_folder(mount_of(cgroup.words[2]), cgroup_id(cgroup));
}

HeapObject* KernelObjects::cgroup_of_css(u64 css) {
  if (!kernel_) return nullptr;
  look_up();
  return heap_->find(css - cgroups_->cgroup.place(kSelf).offset, HeapKind::Cgroup);
}

u64 KernelObjects::css_of(HeapObject& cgroup) const { return cgroup.pointer() + cgroups_->cgroup.place(kSelf).offset; }

}  // namespace skep::engine
