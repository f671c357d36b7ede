// The kernel's types as libbpf has them: read once, used by every load.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "base/types.h"

struct btf;

namespace skep::object {

class KernelTypes {
 public:
  // `more`: BTF that continues the file's types; empty: none.
  explicit KernelTypes(std::string file, std::vector<u8> more = {}) : file_(std::move(file)), more_(std::move(more)) {}
  ~KernelTypes();
  KernelTypes(const KernelTypes&) = delete;
  KernelTypes& operator=(const KernelTypes&) = delete;

  // Reads the file at the first call; null if it is no BTF. Libbpf only looks at what it gets.
  struct ::btf* get();
  bool is(const struct ::btf* types) const { return types != nullptr && (types == types_ || types == base_); }

 private:
  std::string file_;
  std::vector<u8> more_;
  std::once_flag once_;
  struct ::btf* base_ = nullptr;  // of types_, if it continues another
  struct ::btf* types_ = nullptr;
};

}  // namespace skep::object
