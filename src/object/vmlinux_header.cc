// vmlinux.h: a kernel's types as C, as `bpftool btf dump format c` prints them.
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "object/compile.h"

namespace skep::object {
namespace {

struct FreeBtf {
  void operator()(btf* types) const { btf__free(types); }
};
struct FreeDump {
  void operator()(btf_dump* dump) const { btf_dump__free(dump); }
};
using Types = std::unique_ptr<btf, FreeBtf>;

std::string cache_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache) return std::string(cache) + "/skep";
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home) return std::string(home) + "/.cache/skep";
  return "/tmp/skep-" + std::to_string(getuid());
}

// mkdir -p; an error shows when the file is written.
void make_folders(const std::string& path) {
  for (size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
    mkdir(path.substr(0, at).c_str(), 0755);
    if (at == std::string::npos) return;
  }
}

// FNV-1a over 8-byte words: names a cache entry, defends against nothing.
u64 hash_of(const void* data, size_t size) {
  u64 hash = 0xcbf29ce484222325;
  const u8* bytes = static_cast<const u8*>(data);
  for (size_t i = 0; i + 8 <= size; i += 8) {
    u64 word;
    std::memcpy(&word, bytes + i, sizeof(word));
    hash = (hash ^ word) * 0x100000001b3;
  }
  return hash ^ size;
}

void append(void* text, const char* format, va_list args) {
  char line[4096];
  const int n = std::vsnprintf(line, sizeof(line), format, args);
  if (n > 0) static_cast<std::string*>(text)->append(line, std::min(size_t(n), sizeof(line) - 1));
}

constexpr char kHead[] =
    "#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\n\n#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n"
    "#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)\n#endif\n\n";
constexpr char kTail[] =
    "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n#pragma clang attribute pop\n#endif\n\n#endif /* __VMLINUX_H__ */\n";

Result<std::string> as_c(const btf* types) {
  std::string text = kHead;
  const std::unique_ptr<btf_dump, FreeDump> dump(btf_dump__new(types, append, &text, nullptr));
  if (!dump) return error_status(errno, "btf_dump");
  for (u32 id = 1; id < btf__type_cnt(types); ++id) {
    if (const int err = btf_dump__dump_type(dump.get(), id)) return error_status(-err, "btf_dump");
  }
  text += kTail;
  return text;
}

// Under another name first, so that nobody ever reads half a file.
Status write_file(const std::string& path, const std::string& text) {
  const std::string part = fmt::format("{}.{}", path, getpid());
  std::FILE* out = std::fopen(part.c_str(), "we");
  if (out == nullptr) return error_status(errno, part);
  const bool written = std::fwrite(text.data(), 1, text.size(), out) == text.size();
  if (std::fclose(out) != 0 || !written) return error_status(EIO, part);
  return std::rename(part.c_str(), path.c_str()) == 0 ? Status() : error_status(errno, path);
}

}  // namespace

Result<std::string> vmlinux_header_folder(const std::string& btf_file) {
  const Types types(btf__parse(btf_file.c_str(), nullptr));
  if (!types) return error_status(errno, btf_file + " is not BTF");
  u32 size = 0;
  const void* data = btf__raw_data(types.get(), &size);
  const std::string folder = fmt::format("{}/vmlinux-{:016x}", cache_folder(), hash_of(data, size));
  const std::string header = folder + "/vmlinux.h";
  if (access(header.c_str(), R_OK) == 0) return folder;
  auto text = as_c(types.get());
  if (!text.ok()) return text.status();
  make_folders(folder);
  const Status written = write_file(header, *text);
  if (!written.ok()) return written;
  return folder;
}

}  // namespace skep::object
