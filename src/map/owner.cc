// Asking the running kernel about sockets, files, threads and cgroups.
#include "map/owner.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "map/hash_table.h"
#include "map/shm/thread.h"

namespace skep::map {
namespace {

inline constexpr u32 kBatch = 512;          // owners that are looked at together
inline constexpr u32 kMaxKeySize = 512;     // bytes: of a sockhash
inline constexpr int kKernfsHandle = 0xfe;  // FILEID_KERNFS

int socket_owner(int fd, Owner& out) {
  u64 cookie;
  socklen_t size = sizeof(cookie);
  struct stat st;
  if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) != 0) return -errno;
  if (fstat(fd, &st) != 0) return -EBADF;
  out = {{cookie, st.st_ino, 0}};
  return 0;
}

int inode_owner(int fd, Owner& out) {
  struct statx st;
  if (statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &st) != 0) return -EBADF;
  const u64 born = st.stx_mask & STATX_BTIME ? u64(st.stx_btime.tv_sec) * 1'000'000'000 + st.stx_btime.tv_nsec : 0;
  out = {{u64(st.stx_dev_major) << 32 | st.stx_dev_minor, st.stx_ino, born}};
  return 0;
}

// The thread of a pidfd; -EBADF: it is another kind of file; -ENOENT: it is gone.
int tid_of_pidfd(int fd) {
  char path[64], text[512];
  std::snprintf(path, sizeof(path), "/proc/thread-self/fdinfo/%d", fd);
  const int info = fd < 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (info < 0) return -EBADF;
  const ssize_t n = read(info, text, sizeof(text) - 1);
  close(info);
  text[n > 0 ? n : 0] = 0;
  const char* line = std::strstr(text, "\nPid:");
  if (line == nullptr) return -EBADF;
  const int tid = std::atoi(line + 5);
  return tid > 0 ? tid : -ENOENT;
}

int task_owner(int fd, Owner& out) {
  const int tid = tid_of_pidfd(fd);
  if (tid < 0) return tid;
  // It may have ended meanwhile, and its TID may be another's.
  return owner_of_task(u32(tid), out) && tid_of_pidfd(fd) == tid ? 0 : -ENOENT;
}

int cgroup_owner(int fd, Owner& out) {
  struct statfs fs;
  struct stat st;
  if (fstatfs(fd, &fs) != 0 || fs.f_type != CGROUP2_SUPER_MAGIC || fstat(fd, &st) != 0 || !S_ISDIR(st.st_mode))
    return -EBADF;
  out = {{st.st_ino, 0, 0}};
  return 0;
}

// Calls `found` with the inode of every socket that a process has open: `pid` is a name in /proc.
template <typename F>
void each_socket_of(int proc, const char* pid, F&& found) {
  char path[300];
  std::snprintf(path, sizeof(path), "%s/fd", pid);
  const int fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* dir = fd >= 0 ? fdopendir(fd) : nullptr;
  if (dir == nullptr) {
    if (fd >= 0) close(fd);
    return;
  }
  while (const dirent* entry = readdir(dir)) {
    char target[64];
    const ssize_t n = readlinkat(fd, entry->d_name, target, sizeof(target) - 1);
    if (n <= 8 || std::memcmp(target, "socket:[", 8) != 0) continue;
    target[n] = 0;
    found(u64(std::strtoull(target + 8, nullptr, 10)));
  }
  closedir(dir);
}

void find_gone_sockets(std::span<const Owner> owners, std::span<bool> gone) {
  std::fill(gone.begin(), gone.end(), false);
  DIR* proc = opendir("/proc");
  if (proc == nullptr) return;
  std::fill(gone.begin(), gone.end(), true);
  const auto found = [&](u64 inode) {
    for (size_t i = 0; i < owners.size(); ++i) {
      if (owners[i].words[1] == inode) gone[i] = false;
    }
  };
  each_socket_of(dirfd(proc), "thread-self", found);
  while (std::count(gone.begin(), gone.end(), true) > 0) {
    const dirent* entry = readdir(proc);
    if (entry == nullptr) break;
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') each_socket_of(dirfd(proc), entry->d_name, found);
  }
  closedir(proc);
}

bool is_gone_task(const Owner& owner) {
  return owner.words[2] == calling_thread().pid_ns && look_at_thread(u32(owner.words[0])).start != owner.words[1];
}

// A cgroup's id is the handle of its directory; asking needs CAP_DAC_READ_SEARCH.
bool is_gone_cgroup(const Owner& owner) {
  const int root = open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct statfs fs;
  bool gone = false;
  if (root >= 0 && fstatfs(root, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC) {
    alignas(file_handle) u8 bytes[sizeof(file_handle) + sizeof(u64)] = {};
    auto* handle = reinterpret_cast<file_handle*>(bytes);
    handle->handle_bytes = sizeof(u64);
    handle->handle_type = kKernfsHandle;
    std::memcpy(bytes + sizeof(file_handle), &owner.words[0], sizeof(u64));
    const int fd = open_by_handle_at(root, handle, O_PATH | O_CLOEXEC);
    gone = fd < 0 && errno == ESTALE;
    if (fd >= 0) close(fd);
  }
  if (root >= 0) close(root);
  return gone;
}

// Elements from `first` on that are in use, at most a batch; `next` is where to go on.
struct Batch {
  Owner owners[kBatch];
  u32 indices[kBatch];
  bool gone[kBatch];
  u32 count = 0, next = 0;
};

void fill_batch(const Map& map, const OwnerPlace& place, u32 first, Batch& batch) {
  const Pool& pool = map.pool();
  batch.count = 0;
  for (batch.next = first; batch.next < pool.n_elems && batch.count < kBatch; ++batch.next) {
    if (!is_claimed(pool, batch.next)) continue;
    batch.indices[batch.count] = batch.next;
    copy_from_shared(&batch.owners[batch.count++], pool.at(batch.next) + place.offset, sizeof(Owner));
  }
}

// Erases element `index` if it still is this owner's.
bool erase_of(Map& map, const OwnerPlace& place, u32 index, const Owner& owner) {
  u8 key[kMaxKeySize];
  copy_from_shared(key, map.pool().at(index) + HashTable::kKeyOffset, place.key_size);
  HashTable table(map, {key, place.key_size});
  Writer lock(map, table.stripe_number());
  if (!lock.ok()) return false;
  const bool same = table.find({key, place.key_size}) == s64(index) + 1 &&
                    equals_shared(map.pool().at(index) + place.offset, &owner, sizeof(owner));
  if (same) table.erase(index + 1);
  lock.release();
  return same;
}

}  // namespace

int owner_of(OwnerKind kind, int fd, Owner& out) {
  switch (kind) {
    case OwnerKind::Socket: return socket_owner(fd, out);
    case OwnerKind::Inode: return inode_owner(fd, out);
    case OwnerKind::Task: return task_owner(fd, out);
    case OwnerKind::Cgroup: return cgroup_owner(fd, out);
  }
  return -EBADF;
}

bool owner_of_task(u32 tid, Owner& out) {
  const u64 start = look_at_thread(tid).start;
  if (start == 0) return false;
  out = {{u64(tid), start, calling_thread().pid_ns}};
  return true;
}

void find_gone(OwnerKind kind, std::span<const Owner> owners, std::span<bool> gone) {
  if (kind == OwnerKind::Socket) return find_gone_sockets(owners, gone);
  for (size_t i = 0; i < owners.size(); ++i)
    gone[i] =
        kind == OwnerKind::Task ? is_gone_task(owners[i]) : kind == OwnerKind::Cgroup && is_gone_cgroup(owners[i]);
}

bool is_gone(OwnerKind kind, const Owner& owner) {
  bool gone = false;
  find_gone(kind, {&owner, 1}, {&gone, 1});
  return gone;
}

bool collect_gone(Map& map, const OwnerPlace& place) {
  Batch batch;
  for (u32 first = 0; first < map.pool().n_elems; first = batch.next) {
    fill_batch(map, place, first, batch);
    find_gone(place.kind, {batch.owners, batch.count}, {batch.gone, batch.count});
    u32 erased = 0;
    for (u32 i = 0; i < batch.count; ++i)
      erased += batch.gone[i] && erase_of(map, place, batch.indices[i], batch.owners[i]);
    if (erased > 0) return true;
  }
  return false;
}

}  // namespace skep::map
