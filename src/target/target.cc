// The profile as a whole: the kernel's BTF, loaded when first asked for.
#include "target/target.h"

namespace skep::target {

const btf::Btf* Target::vmlinux() const {
  std::call_once(once_, [this] {
    if (loader_) vmlinux_ = loader_();
  });
  return vmlinux_.get();
}

}  // namespace skep::target
