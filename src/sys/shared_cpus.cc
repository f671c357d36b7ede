// See shared_cpus.h. The file "cpus" in the namespace's folder: a page of words, zeros at first.
#include "sys/shared_cpus.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "map/geometry.h"

namespace skep::sys {

SharedCpus::SharedCpus(const Namespace* shared, u32 count) {
  if (shared == nullptr) return;
  const u64 size = map::round_up(count * sizeof(engine::CpuWord), map::kPageSize);
  const ScopedFd fd(::open((shared->root() + "/cpus").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.ok() || (lseek(fd.get(), 0, SEEK_END) < off_t(size) && ftruncate(fd.get(), off_t(size)) != 0)) return;
  void* const at = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (at != MAP_FAILED) words_ = {static_cast<engine::CpuWord*>(at), count};
}

SharedCpus::~SharedCpus() {
  if (!words_.empty()) munmap(words_.data(), map::round_up(words_.size_bytes(), map::kPageSize));
}

}  // namespace skep::sys
