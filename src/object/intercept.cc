// See intercept.h. A C function has no place for a context, so the answers of a thread are a thread-specific value (the
// one in this tree).
#include "object/intercept.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "base/check.h"

using skep::object::Answers;

extern "C" {
long __real_syscall(long, long, long, long, long, long, long);
int __real_open(const char*, int, mode_t);
int __real_open64(const char*, int, mode_t);
FILE* __real_fopen(const char*, const char*);
FILE* __real_fopen64(const char*, const char*);
int __real_access(const char*, int);
int __real_faccessat(int, const char*, int, int);
int __real_uname(struct utsname*);
gzFile __real_gzopen(const char*, const char*);
struct btf* __real_btf__load_vmlinux_btf();
void __real_btf__free(struct btf*);
void* __real_mmap(void*, size_t, int, int, int, off_t);
void* __real_mmap64(void*, size_t, int, int, int, off_t);
}

namespace skep::object {
namespace {

constexpr std::string_view kVmlinux = "/sys/kernel/btf/vmlinux";
constexpr std::string_view kPossibleCpus = "/sys/devices/system/cpu/possible";
constexpr std::string_view kKallsyms = "/proc/kallsyms";

pthread_key_t answers_key() {
  static const pthread_key_t key = [] {
    pthread_key_t made;
    SKEP_CHECK(pthread_key_create(&made, nullptr) == 0);
    return made;
  }();
  return key;
}

const Answers* current() { return static_cast<const Answers*>(pthread_getspecific(answers_key())); }

// Files that tell one machine from another, and that a simulated kernel does not have.
bool is_hidden(std::string_view path) {
  return path.starts_with("/boot/") || path.starts_with("/proc/version_signature") ||
         path.starts_with("/sys/kernel/btf/") || path.starts_with("/sys/fs/bpf") || path.starts_with("/lib/modules/") ||
         path.starts_with("/usr/lib/debug/") || path.starts_with("/usr/lib/modules/");
}

// What a path means for this thread: another path, or nullptr for "no such file".
const char* redirect(const Answers& answers, const char* path) {
  if (path == kVmlinux) return answers.btf_file.empty() ? nullptr : answers.btf_file.c_str();
  if (answers.own_machine) return path;
  return is_hidden(path) ? nullptr : path;
}

int fd_with(const std::string& text) {
  const int fd = memfd_create("answer", MFD_CLOEXEC);
  if (fd < 0) return -1;
  if (write(fd, text.data(), text.size()) != ssize_t(text.size()) || lseek(fd, 0, SEEK_SET) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

std::string possible_cpus(const Answers& answers) {
  return answers.possible_cpus == 1 ? "0\n" : "0-" + std::to_string(answers.possible_cpus - 1) + "\n";
}

template <typename Real>
int open_file(Real real, const char* path, int flags, mode_t mode) {
  const Answers* answers = current();
  if (answers == nullptr) return real(path, flags, mode);
  if (!answers->own_machine && path == kPossibleCpus) return fd_with(possible_cpus(*answers));
  const char* file = redirect(*answers, path);
  if (file != nullptr) return real(file, flags, mode);
  errno = ENOENT;
  return -1;
}

template <typename Real>
FILE* open_stream(Real real, const char* path, const char* mode) {
  const Answers* answers = current();
  if (answers == nullptr) return real(path, mode);
  if (!answers->own_machine && path == kKallsyms) {
    const int fd = fd_with(answers->kallsyms ? answers->kallsyms() : std::string());
    return fd < 0 ? nullptr : fdopen(fd, "r");
  }
  const char* file = redirect(*answers, path);
  if (file != nullptr) return real(file, mode);
  errno = ENOENT;
  return nullptr;
}

bool is_shared_file(int flags, int fd) {
  const Answers* answers = current();
  return answers != nullptr && answers->mapped && fd >= 0 && (flags & MAP_SHARED);
}

// An address below which there is room for `size` bytes without a border of 4 GiB in them (but at their start):
// programs know the lower halves of an arena's addresses. Linux sees to that, too.
void* room_without_border(size_t size) {
  constexpr u64 kBorder = u64{1} << 32;
  void* const room =
      __real_mmap(nullptr, size + kBorder, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) return nullptr;
  munmap(room, size + kBorder);
  return reinterpret_cast<void*>((reinterpret_cast<u64>(room) + kBorder - 1) / kBorder * kBorder);
}

bool has_border(const void* at, size_t size) {
  const u64 first = reinterpret_cast<u64>(at);
  return first >> 32 != (first + size - 1) >> 32;
}

void* map_shared(void* at, size_t size, int protection, int flags, int fd, off_t offset) {
  void* result = __real_mmap(at, size, protection, flags, fd, offset);
  if (result != MAP_FAILED && at == nullptr && has_border(result, size)) {
    munmap(result, size);
    result = __real_mmap(room_without_border(size), size, protection, flags, fd, offset);
  }
  if (result != MAP_FAILED) current()->mapped(fd, reinterpret_cast<u64>(result));
  return result;
}

mode_t mode_argument(int flags, va_list args) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0; }

}  // namespace

Intercept::Intercept(const Answers& answers) {
  SKEP_CHECK(current() == nullptr);
  pthread_setspecific(answers_key(), &answers);
}

Intercept::~Intercept() { pthread_setspecific(answers_key(), nullptr); }

long running_kernel(int cmd, void* attr, unsigned size) {
  const long result = __real_syscall(SYS_bpf, cmd, reinterpret_cast<long>(attr), long(size), 0, 0, 0);
  return result < 0 ? -errno : result;
}

}  // namespace skep::object

extern "C" {

// Callers pass fewer arguments; reading six is what syscall() itself does.
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f) {
  const Answers* answers = skep::object::current();
  if (answers == nullptr || number != SYS_bpf) return __real_syscall(number, a, b, c, d, e, f);
  const long result = answers->bpf(int(a), reinterpret_cast<void*>(b), unsigned(c));
  if (result >= 0) return result;
  errno = int(-result);
  return -1;
}

int __wrap_open(const char* path, int flags, ...) {
  va_list args;
  va_start(args, flags);
  const mode_t mode = skep::object::mode_argument(flags, args);
  va_end(args);
  return skep::object::open_file(__real_open, path, flags, mode);
}

int __wrap_open64(const char* path, int flags, ...) {
  va_list args;
  va_start(args, flags);
  const mode_t mode = skep::object::mode_argument(flags, args);
  va_end(args);
  return skep::object::open_file(__real_open64, path, flags, mode);
}

FILE* __wrap_fopen(const char* path, const char* mode) { return skep::object::open_stream(__real_fopen, path, mode); }
FILE* __wrap_fopen64(const char* path, const char* mode) {
  return skep::object::open_stream(__real_fopen64, path, mode);
}

int __wrap_access(const char* path, int how) {
  const Answers* answers = skep::object::current();
  const char* file = answers ? skep::object::redirect(*answers, path) : path;
  if (file != nullptr) return __real_access(file, how);
  errno = ENOENT;
  return -1;
}

int __wrap_faccessat(int folder, const char* path, int how, int flags) {
  const Answers* answers = skep::object::current();
  const char* file = answers ? skep::object::redirect(*answers, path) : path;
  if (file != nullptr) return __real_faccessat(folder, file, how, flags);
  errno = ENOENT;
  return -1;
}

int __wrap_uname(struct utsname* name) {
  const int result = __real_uname(name);
  const Answers* answers = skep::object::current();
  if (result != 0 || answers == nullptr || answers->own_machine) return result;
  std::snprintf(name->release, sizeof(name->release), "%s", answers->release.c_str());
  std::snprintf(name->version, sizeof(name->version), "#1 SMP");
  return 0;
}

gzFile __wrap_gzopen(const char* path, const char* mode) {
  const Answers* answers = skep::object::current();
  if (answers == nullptr || answers->own_machine) return __real_gzopen(path, mode);
  if (path == std::string_view("/proc/config.gz") && !answers->config_file.empty()) {
    return __real_gzopen(answers->config_file.c_str(), mode);
  }
  errno = ENOENT;
  return nullptr;
}

struct btf* __wrap_btf__load_vmlinux_btf() {
  const Answers* answers = skep::object::current();
  struct btf* shared = answers != nullptr && answers->kernel_types ? answers->kernel_types() : nullptr;
  return shared != nullptr ? shared : __real_btf__load_vmlinux_btf();
}

void __wrap_btf__free(struct btf* types) {
  const Answers* answers = skep::object::current();
  const bool kept = answers != nullptr && answers->is_shared && answers->is_shared(types);
  if (!kept) __real_btf__free(types);
}

void* __wrap_mmap(void* at, size_t size, int protection, int flags, int fd, off_t offset) {
  if (!skep::object::is_shared_file(flags, fd)) return __real_mmap(at, size, protection, flags, fd, offset);
  return skep::object::map_shared(at, size, protection, flags, fd, offset);
}

void* __wrap_mmap64(void* at, size_t size, int protection, int flags, int fd, off_t offset) {
  return __wrap_mmap(at, size, protection, flags, fd, offset);
}
}
