// See kernel_types.h.
#include "object/kernel_types.h"

#include <bpf/btf.h>

namespace skep::object {

struct ::btf* KernelTypes::get() {
  std::call_once(once_, [this] {
    types_ = btf__parse_raw(file_.c_str());
    if (types_ == nullptr || more_.empty()) return;
    base_ = types_;
    types_ = btf__new_split(more_.data(), u32(more_.size()), base_);
  });
  return types_;
}

// Outside of any load, so that the wrapped btf__free() is libbpf's own.
KernelTypes::~KernelTypes() {
  btf__free(types_);
  btf__free(base_);
}

}  // namespace skep::object
