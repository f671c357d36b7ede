// See kernel_btf.h.
#include "sys/kernel_btf.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace skep::sys {
namespace {

// The folder of the running program, or nothing.
std::string program_folder() {
  char path[4096];
  const ssize_t n = readlink("/proc/self/exe", path, sizeof(path));
  if (n <= 0) return {};
  const std::string_view full(path, size_t(n));
  return std::string(full.substr(0, full.rfind('/')));
}

class Mapping {
 public:
  Mapping(void* data, size_t size) : data_(data), size_(size) {}
  ~Mapping() { munmap(data_, size_); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  std::span<const u8> bytes() const { return {static_cast<const u8*>(data_), size_}; }

 private:
  void* data_;
  size_t size_;
};

Result<std::shared_ptr<Mapping>> map_file(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return error_status(errno, path);
  struct stat st;
  void* data = MAP_FAILED;
  errno = EINVAL;
  if (fstat(fd, &st) == 0 && st.st_size > 0) data = mmap(nullptr, size_t(st.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
  const int error = errno;
  close(fd);
  if (data == MAP_FAILED) return error_status(error, path);
  return std::make_shared<Mapping>(data, size_t(st.st_size));
}

}  // namespace

Result<std::string> find_kernel_btf(const std::string& version) {
  const char* given = std::getenv("SKEP_BTF");
  if (given != nullptr && *given) return std::string(given);
  const std::string name = "share/skep/btf/linux-" + version + ".btf";
  const std::string here = program_folder();
  const std::string places[] = {here + "/" + name, here + "/../" + name, std::string(SKEP_PREFIX) + "/" + name};
  for (const std::string& place : places) {
    if (access(place.c_str(), R_OK) == 0) return place;
  }
  return error_status(ENOENT, "neither " + places[0] + " nor " + places[2] + " is there");
}

Result<std::shared_ptr<const btf::Btf>> open_kernel_btf(const std::string& path) {
  auto mapping = map_file(path);
  if (!mapping.ok()) return mapping.status();
  auto btf = btf::Btf::parse((*mapping)->bytes(), *mapping);
  if (!btf.ok()) return error_status(btf.error(), path + " is not BTF");
  (*btf)->set_kernel(true);
  return std::shared_ptr<const btf::Btf>(std::move(*btf));
}

}  // namespace skep::sys
