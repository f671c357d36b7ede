// Making and mapping files of maps.
#include "map/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/sha256.h"
#include "map/file_limit.h"

namespace skep::map {
namespace {

int grow(int fd, const Geometry& geometry, Backing backing) {
  const off_t size = off_t(geometry.size + kPageSize);
  if (ftruncate(fd, size) != 0) return errno;
  if (backing == Backing::Private) return 0;
  if (geometry.reserve > 0 && fallocate(fd, 0, 0, off_t(geometry.reserve)) != 0) return errno;
  return fallocate(fd, 0, off_t(geometry.size), kPageSize) != 0 ? errno : 0;
}

}  // namespace

Mapping::~Mapping() {
  if (data_ != nullptr) munmap(data_, size_);
}

Status Mapping::create(int fd, const Geometry& geometry, Backing backing) {
  if (!geometry.fits) return error_status(ENOMEM, "a map of this size");
  if (without_sigxfsz([&] { return grow(fd, geometry, backing); }) != 0)
    return error_status(ENOMEM, "memory for a map's file");
  return map(fd, geometry.size + kPageSize);
}

Status Mapping::open(int fd, const Geometry& geometry) {
  struct stat st;
  if (!geometry.fits || fstat(fd, &st) != 0 || u64(st.st_size) != geometry.size + kPageSize)
    return error_status(EINVAL, "size of a map's file");
  return map(fd, geometry.size + kPageSize);
}

Status Mapping::map(int fd, u64 size) {
  void* at = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
  if (at == MAP_FAILED && errno == EACCES) at = mmap(nullptr, size, PROT_READ, MAP_SHARED | MAP_NORESERVE, fd, 0);
  if (at == MAP_FAILED) return error_status(ENOMEM, "mmap of a map's file");
  data_ = static_cast<u8*>(at);
  size_ = size;
  return {};
}

u64 trailer_check(TrailerFixed fixed) {
  fixed.magic = kMapMagic;
  fixed.check = 0;
  const Sha256 digest = sha256({reinterpret_cast<const u8*>(&fixed), sizeof(fixed)});
  u64 check;
  std::memcpy(&check, digest.data(), sizeof(check));
  return check;
}

Result<TrailerFixed> read_trailer(int fd) {
  struct stat st;
  TrailerFixed fixed;
  if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < off_t(kPageSize) || st.st_size % kPageSize)
    return error_status(EINVAL, "not a map's file");
  if (pread(fd, &fixed, sizeof(fixed), st.st_size - off_t(kPageSize)) != ssize_t(sizeof(fixed)) ||
      fixed.magic != kMapMagic || fixed.check != trailer_check(fixed))
    return error_status(EINVAL, "not a map's file");
  return fixed;
}

}  // namespace skep::map
