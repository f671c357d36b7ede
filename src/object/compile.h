// BPF C to a BPF object, with clang: include paths for libbpf's headers and a vmlinux.h of the kernel's types in use.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "base/types.h"

namespace skep::object {

struct CompileOptions {
  std::vector<std::string> include_paths;  // -I
  std::vector<std::string> definitions;    // -D
  std::vector<std::string> flags;          // as they are
  std::string cpu = "v3";                  // -mcpu
  std::string btf_file;                    // the types that vmlinux.h declares
  bool colour = false;                     // clang's messages in colour
};

struct Compilation {
  std::vector<u8> object;   // empty if the compiler found errors
  std::string diagnostics;  // what the compiler said, errors or warnings
};

// Runs clang: $SKEP_CLANG, else clang-22, else the newest clang-NN, else clang. ENOENT if there is none; other errors
// are the machine's.
Result<Compilation> compile_bpf(const std::string& path, const CompileOptions& options);

// The folder of the vmlinux.h made from a BTF file; made once, kept in the user's cache ($XDG_CACHE_HOME/skep or
// ~/.cache/skep), by content.
Result<std::string> vmlinux_header_folder(const std::string& btf_file);

}  // namespace skep::object
