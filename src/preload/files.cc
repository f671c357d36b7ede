// libc's functions that take a path: BPF's places are elsewhere here (paths.h). Each wrapper is the real function with
// the path replaced; errno is the real function's.
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "preload/paths.h"
#include "preload/real.h"

using skep::preload::Place;
using skep::preload::real;

namespace {

constexpr unsigned long kBpfFsMagic = 0xcafe4a11;  // BPF_FS_MAGIC

// The third argument of open(2) is only there with these flags.
mode_t mode_of(int flags, va_list list) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0; }

}  // namespace

SKEP_WRAPPER int open(const char* path, int flags, ...) {
  static auto* const next = real<int(const char*, int, mode_t)>("open");
  va_list list;
  va_start(list, flags);
  const mode_t mode = mode_of(flags, list);
  va_end(list);
  return next(Place(path).path(), flags, mode);
}

SKEP_WRAPPER int open64(const char* path, int flags, ...) {
  static auto* const next = real<int(const char*, int, mode_t)>("open64");
  va_list list;
  va_start(list, flags);
  const mode_t mode = mode_of(flags, list);
  va_end(list);
  return next(Place(path).path(), flags, mode);
}

SKEP_WRAPPER int openat(int folder, const char* path, int flags, ...) {
  static auto* const next = real<int(int, const char*, int, mode_t)>("openat");
  va_list list;
  va_start(list, flags);
  const mode_t mode = mode_of(flags, list);
  va_end(list);
  return next(folder, Place(path).path(), flags, mode);
}

SKEP_WRAPPER int openat64(int folder, const char* path, int flags, ...) {
  static auto* const next = real<int(int, const char*, int, mode_t)>("openat64");
  va_list list;
  va_start(list, flags);
  const mode_t mode = mode_of(flags, list);
  va_end(list);
  return next(folder, Place(path).path(), flags, mode);
}

// What open() becomes in programs built with _FORTIFY_SOURCE.
SKEP_WRAPPER int __open_2(const char* path, int flags) {
  static auto* const next = real<int(const char*, int)>("__open_2");
  return next(Place(path).path(), flags);
}

SKEP_WRAPPER int __open64_2(const char* path, int flags) {
  static auto* const next = real<int(const char*, int)>("__open64_2");
  return next(Place(path).path(), flags);
}

SKEP_WRAPPER FILE* fopen(const char* path, const char* mode) {
  static auto* const next = real<FILE*(const char*, const char*)>("fopen");
  return next(Place(path).path(), mode);
}

SKEP_WRAPPER FILE* fopen64(const char* path, const char* mode) {
  static auto* const next = real<FILE*(const char*, const char*)>("fopen64");
  return next(Place(path).path(), mode);
}

SKEP_WRAPPER int stat(const char* path, struct stat* st) {
  static auto* const next = real<int(const char*, struct stat*)>("stat");
  return next(Place(path).path(), st);
}

SKEP_WRAPPER int stat64(const char* path, struct stat64* st) {
  static auto* const next = real<int(const char*, struct stat64*)>("stat64");
  return next(Place(path).path(), st);
}

SKEP_WRAPPER int lstat(const char* path, struct stat* st) {
  static auto* const next = real<int(const char*, struct stat*)>("lstat");
  return next(Place(path).path(), st);
}

SKEP_WRAPPER int lstat64(const char* path, struct stat64* st) {
  static auto* const next = real<int(const char*, struct stat64*)>("lstat64");
  return next(Place(path).path(), st);
}

SKEP_WRAPPER int fstatat(int folder, const char* path, struct stat* st, int flags) {
  static auto* const next = real<int(int, const char*, struct stat*, int)>("fstatat");
  return next(folder, Place(path).path(), st, flags);
}

SKEP_WRAPPER int statx(int folder, const char* path, int flags, unsigned mask, struct statx* st) {
  static auto* const next = real<int(int, const char*, int, unsigned, struct statx*)>("statx");
  return next(folder, Place(path).path(), flags, mask, st);
}

SKEP_WRAPPER int statfs(const char* path, struct statfs* st) {
  static auto* const next = real<int(const char*, struct statfs*)>("statfs");
  const Place place(path);
  const int result = next(place.path(), st);
  if (result == 0 && place.is_bpffs()) st->f_type = kBpfFsMagic;
  return result;
}

SKEP_WRAPPER int statfs64(const char* path, struct statfs64* st) {
  static auto* const next = real<int(const char*, struct statfs64*)>("statfs64");
  const Place place(path);
  const int result = next(place.path(), st);
  if (result == 0 && place.is_bpffs()) st->f_type = kBpfFsMagic;
  return result;
}

SKEP_WRAPPER int access(const char* path, int mode) {
  static auto* const next = real<int(const char*, int)>("access");
  return next(Place(path).path(), mode);
}

SKEP_WRAPPER int faccessat(int folder, const char* path, int mode, int flags) {
  static auto* const next = real<int(int, const char*, int, int)>("faccessat");
  return next(folder, Place(path).path(), mode, flags);
}

SKEP_WRAPPER int mkdir(const char* path, mode_t mode) {
  static auto* const next = real<int(const char*, mode_t)>("mkdir");
  return next(Place(path).path(), mode);
}

SKEP_WRAPPER int mkdirat(int folder, const char* path, mode_t mode) {
  static auto* const next = real<int(int, const char*, mode_t)>("mkdirat");
  return next(folder, Place(path).path(), mode);
}

SKEP_WRAPPER int rmdir(const char* path) {
  static auto* const next = real<int(const char*)>("rmdir");
  return next(Place(path).path());
}

SKEP_WRAPPER int unlink(const char* path) {
  static auto* const next = real<int(const char*)>("unlink");
  return next(Place(path).path());
}

SKEP_WRAPPER int unlinkat(int folder, const char* path, int flags) {
  static auto* const next = real<int(int, const char*, int)>("unlinkat");
  return next(folder, Place(path).path(), flags);
}

SKEP_WRAPPER int remove(const char* path) {
  static auto* const next = real<int(const char*)>("remove");
  return next(Place(path).path());
}

SKEP_WRAPPER int rename(const char* from, const char* to) {
  static auto* const next = real<int(const char*, const char*)>("rename");
  return next(Place(from).path(), Place(to).path());
}

SKEP_WRAPPER ssize_t readlink(const char* path, char* text, size_t size) {
  static auto* const next = real<ssize_t(const char*, char*, size_t)>("readlink");
  return next(Place(path).path(), text, size);
}

SKEP_WRAPPER DIR* opendir(const char* path) {
  static auto* const next = real<DIR*(const char*)>("opendir");
  return next(Place(path).path());
}
