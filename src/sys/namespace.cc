// Root folder, ids, anchors and holder marks. What collects is in collect.cc.
#include "sys/namespace.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>

#include "map/shm/guard.h"
#include "sys/collect.h"

namespace skep::sys {
namespace {

constexpr const char* kKindNames[kObjectKinds] = {"bpf-map", "bpf-prog", "bpf-btf"};
inline constexpr u64 kSmallestRoot = 256ull << 20;  // bytes of /dev/shm in all; containers give it 64 MiB
inline constexpr u64 kIdsSize = 4096;               // bytes of the file of ids
inline constexpr u32 kMaxId = 0x7ffffffe;
inline constexpr int kManyIds = 1000;  // ids tried before giving up: only a damaged counter meets that many in a row

std::string absolute(const std::string& path) {
  if (path.starts_with('/')) return path;
  char cwd[4096];
  return getcwd(cwd, sizeof(cwd)) == nullptr ? path : std::string(cwd) + "/" + path;
}

Status make_folder(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return error_status(errno, path);
  struct stat st;
  if (lstat(path.c_str(), &st) != 0) return error_status(errno, path);
  return S_ISDIR(st.st_mode) ? Status() : error_status(ENOTDIR, path);
}

bool is_large(const char* folder) {
  struct statvfs fs;
  return statvfs(folder, &fs) == 0 && u64(fs.f_blocks) * fs.f_frsize >= kSmallestRoot;
}

const char* environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != 0 ? value : nullptr;
}

}  // namespace

ScopedFd::~ScopedFd() {
  if (fd_ >= 0) close(fd_);
}

ScopedFd& ScopedFd::operator=(ScopedFd&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

std::string ObjectName::text() const { return std::string(kKindNames[int(kind)]) + "." + std::to_string(id); }

std::optional<ObjectName> ObjectName::parse(std::string_view text) {
  const size_t dot = text.find('.');
  if (dot == text.npos) return std::nullopt;
  for (u32 kind = 0; kind < kObjectKinds; ++kind) {
    if (text.substr(0, dot) != kKindNames[kind]) continue;
    u32 id = 0;
    const auto [end, error] = std::from_chars(text.data() + dot + 1, text.data() + text.size(), id);
    if (error == std::errc() && end == text.data() + text.size()) return ObjectName{ObjectKind(kind), id};
  }
  return std::nullopt;
}

Result<std::unique_ptr<IdCounters>> IdCounters::open(const std::string& path) {
  const ScopedFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.ok()) return error_status(errno, path);
  if (ftruncate(fd.get(), kIdsSize) != 0 || fallocate(fd.get(), 0, 0, kIdsSize) != 0) {
    if (errno != EOPNOTSUPP) return error_status(errno, path);
  }
  void* at = mmap(nullptr, kIdsSize, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (at == MAP_FAILED) return error_status(errno, path);
  return std::unique_ptr<IdCounters>(new IdCounters(static_cast<u32*>(at)));
}

std::unique_ptr<IdCounters> IdCounters::make_private() {
  void* at = mmap(nullptr, kIdsSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  SKEP_CHECK(at != MAP_FAILED);
  return std::unique_ptr<IdCounters>(new IdCounters(static_cast<u32*>(at)));
}

IdCounters::~IdCounters() { munmap(counters_, kIdsSize); }

u32 IdCounters::next(ObjectKind kind) {
  const long count =
      map::guarded(0, [&]() -> long { return long(__atomic_fetch_add(&counters_[int(kind)], 1, __ATOMIC_RELAXED)); });
  return u32(u64(count) % kMaxId) + 1;
}

Result<std::shared_ptr<Namespace>> Namespace::open(const std::string& root) {
  if (const Status made = make_folder(root); !made.ok()) return made;
  auto ns = std::shared_ptr<Namespace>(new Namespace(absolute(root)));
  for (const char* folder : {"/objs", "/refs", "/bpffs"}) {
    if (const Status made = make_folder(ns->root_ + folder); !made.ok()) return made;
  }
  auto ids = IdCounters::open(ns->root_ + "/ids");
  if (!ids.ok()) return ids.status();
  ns->ids_ = std::move(*ids);
  ns->heap_ = engine::Heap::in_file(ns->root_ + "/heap");
  return ns;
}

Result<std::shared_ptr<Namespace>> Namespace::open_own(const std::string& root) {
  if (const Status made = make_folder(root); !made.ok()) return made;
  struct stat st;
  if (lstat(root.c_str(), &st) != 0) return error_status(errno, root);
  if (st.st_uid != geteuid() || (st.st_mode & 077) != 0) return error_status(EACCES, root);
  return open(root);
}

Result<std::shared_ptr<Namespace>> Namespace::open_default() {
  if (const char* given = environment("SKEP_ROOT")) return open(given);
  const std::string own = "skep-" + std::to_string(geteuid());
  std::vector<std::string> places;
  if (is_large("/dev/shm")) places.push_back("/dev/shm/" + own);
  if (const char* run = environment("XDG_RUNTIME_DIR")) places.push_back(std::string(run) + "/skep");
  const char* tmp = environment("TMPDIR");
  places.push_back(std::string(tmp != nullptr ? tmp : "/tmp") + "/" + own);
  Status last;
  for (const std::string& place : places) {
    auto ns = open_own(place);
    if (ns.ok()) return ns;
    last = ns.status();
  }
  return last;
}

std::string Namespace::anchor_of(ObjectName name) const { return root_ + "/objs/" + name.text(); }
std::string Namespace::references_of(ObjectName owner) const { return root_ + "/refs/" + owner.text(); }

bool Namespace::exists(ObjectName name) const { return access(anchor_of(name).c_str(), F_OK) == 0; }

u32 Namespace::new_id(ObjectKind kind) {
  u32 id = ids_->next(kind);
  for (int tries = 0; tries < kManyIds && exists({kind, id}); ++tries) id = ids_->next(kind);
  return id;
}

int Namespace::new_file() const {
  const std::string folder = root_ + "/objs";
  int fd = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
    // No nameless files here: one with a name that collect() knows, and may remove once nobody holds it.
    std::string path = folder + "/" + kUnfinished + "XXXXXX";
    fd = mkostemp(path.data(), O_CLOEXEC);
  }
  if (fd < 0) return errno == ENOSPC ? -ENOMEM : -errno;
  flock(fd, LOCK_SH);
  return fd;
}

int Namespace::publish(int file, ObjectName name, int access) {
  const std::string anchor = anchor_of(name), self = "/proc/self/fd/" + std::to_string(file);
  if (linkat(AT_FDCWD, self.c_str(), AT_FDCWD, anchor.c_str(), AT_SYMLINK_FOLLOW) != 0 &&
      linkat(file, "", AT_FDCWD, anchor.c_str(), AT_EMPTY_PATH) != 0) {
    return errno == EMFILE || errno == ENFILE ? -errno : -ENOMEM;
  }
  drop_unfinished_name(*this, file);
  const int fd = open_object(name, access);
  if (fd < 0) unlink(anchor.c_str());
  flock(file, LOCK_UN);
  return fd;
}

bool Namespace::hold(int fd) {
  struct stat st;
  return flock(fd, LOCK_SH) == 0 && fstat(fd, &st) == 0 && st.st_nlink > 0;
}

int Namespace::open_object(ObjectName name, int access) {
  ScopedFd fd(::open(anchor_of(name).c_str(), access | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.ok()) return -errno;
  if (collect_if_dead(*this, fd.get(), name) || !hold(fd.get())) return -ENOENT;
  return fd.release();
}

bool Namespace::is_anchored(int fd, ObjectName name) const {
  struct stat mine, anchor;
  return fstat(fd, &mine) == 0 && lstat(anchor_of(name).c_str(), &anchor) == 0 && mine.st_ino == anchor.st_ino &&
         mine.st_dev == anchor.st_dev;
}

u32 Namespace::next_id(ObjectKind kind, u32 start) {
  if (start == 0) collect();
  u32 best = 0;
  for (u32 after = start;; after = best) {
    best = 0;
    for (const ObjectName& name : list_objects(root_ + "/objs")) {
      if (name.kind == kind && name.id > after && (best == 0 || name.id < best)) best = name.id;
    }
    if (best == 0) return 0;
    const ScopedFd fd(::open(anchor_of({kind, best}).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (fd.ok() && !collect_if_dead(*this, fd.get(), {kind, best})) return best;
  }
}

void Namespace::collect() { collect_all(*this); }

}  // namespace skep::sys
