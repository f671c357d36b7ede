// Prefixes of paths. Paths with ".." or through other mounts of bpffs are taken as they are.
#include "preload/paths.h"

#include <cstdio>
#include <cstring>

#include "sys/default_kernel.h"
#include "sys/kernel_btf.h"

namespace skep::preload {
namespace {

constexpr char kBpffs[] = "/sys/fs/bpf";
constexpr char kVmlinux[] = "/sys/kernel/btf/vmlinux";

// `path` is this folder or below it.
bool below(const char* path, const char* folder) {
  const size_t length = std::strlen(folder);
  return std::strncmp(path, folder, length) == 0 && (path[length] == 0 || path[length] == '/');
}

}  // namespace

Place::Place(const char* path) : path_(path) {
  if (path == nullptr) return;
  int length = -1;
  if (below(path, kBpffs)) {
    const sys::Namespace* shared = sys::default_kernel().objects().shared();
    if (shared == nullptr) return;
    is_bpffs_ = true;
    length = std::snprintf(text_, sizeof(text_), "%s%s", shared->pins().c_str(), path + sizeof(kBpffs) - 1);
  } else if (std::strcmp(path, kVmlinux) == 0) {
    const auto file = sys::find_kernel_btf("6.18");
    if (!file.ok()) return;
    length = std::snprintf(text_, sizeof(text_), "%s", file->c_str());
  }
  if (length > 0 && length < int(sizeof(text_))) path_ = text_;
}

}  // namespace skep::preload
