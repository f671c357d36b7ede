// The kernel types that special fields of a program's BTF may name (kptr, uptr), looked up only where the BTF has such
// fields: the kernel's BTF is large, and most programs never need it.
#pragma once

#include "btf/record.h"
#include "sys/kernel.h"

namespace skep::sys {

class KernelTypesOf {
 public:
  KernelTypesOf(const Kernel& kernel, const btf::Btf& btf);
  const btf::KernelTypes& get() const { return types_; }

 private:
  btf::KernelTypes types_;
};

}  // namespace skep::sys
