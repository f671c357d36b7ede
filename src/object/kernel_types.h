// The kernel's types as libbpf has them: read once, used by every load.
#pragma once

#include <mutex>
#include <string>

struct btf;

namespace skep::object {

class KernelTypes {
 public:
  explicit KernelTypes(std::string file) : file_(std::move(file)) {}
  ~KernelTypes();
  KernelTypes(const KernelTypes&) = delete;
  KernelTypes& operator=(const KernelTypes&) = delete;

  // Reads the file at the first call; null if it is no BTF. Libbpf only looks at what it gets.
  struct ::btf* get();
  bool is(const struct ::btf* types) const { return types != nullptr && types == types_; }

 private:
  std::string file_;
  std::once_flag once_;
  struct ::btf* types_ = nullptr;
};

}  // namespace skep::object
