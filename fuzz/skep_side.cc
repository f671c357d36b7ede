// skep as a side: a kernel of our own in this process.
#include "fuzz/side.h"
#include "sys/kernel.h"
#include "sys/kernel_btf.h"

namespace skep::fuzz {

Result<std::shared_ptr<const btf::Btf>> running_types() { return sys::open_kernel_btf("/sys/kernel/btf/vmlinux"); }

Result<Side::Bpf> skep_kernel() {
  auto types = running_types();
  if (!types.ok()) return types.status();
  auto target = std::make_shared<target::Target>([types = *types] { return types; });
  auto kernel = std::make_shared<sys::Kernel>(sys::KernelConfig{.target = std::move(target), .caps = {}});
  return Side::Bpf([kernel](int cmd, void* attr, u32 size) { return kernel->bpf(cmd, attr, size); });
}

}  // namespace skep::fuzz
