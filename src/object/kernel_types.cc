// See kernel_types.h.
#include "object/kernel_types.h"

#include <bpf/btf.h>

namespace skep::object {

struct ::btf* KernelTypes::get() {
  std::call_once(once_, [this] { types_ = btf__parse_raw(file_.c_str()); });
  return types_;
}

// Outside of any load, so that the wrapped btf__free() is libbpf's own.
KernelTypes::~KernelTypes() { btf__free(types_); }

}  // namespace skep::object
