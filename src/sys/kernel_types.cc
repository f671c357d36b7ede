// See kernel_types.h.
#include "sys/kernel_types.h"

#include <algorithm>
#include <string_view>

namespace skep::sys {
namespace {

// Types with a registered destructor, which a referenced kptr needs (spec: protocols.md 3).
constexpr std::string_view kDestructors[] = {"task_struct",         "cgroup",          "bpf_cpumask", "bpf_crypto_ctx",
                                             "prog_test_ref_kfunc", "prog_test_member"};

constexpr std::string_view kTags[] = {"kptr", "kptr_untrusted", "percpu_kptr", "uptr"};

bool names_kernel_types(const btf::Btf& btf) {
  for (u32 id = btf.start_id(); id < btf.nr_types(); ++id) {
    const btf::Type* type = btf.type_by_id(id);
    if (type->kind() != btf::Kind::TypeTag) continue;
    if (std::find(std::begin(kTags), std::end(kTags), btf.name_of(type)) != std::end(kTags)) return true;
  }
  return false;
}

}  // namespace

KernelTypesOf::KernelTypesOf(const Kernel& kernel, const btf::Btf& btf) {
  types_.destructors = kDestructors;
  if (names_kernel_types(btf)) types_.vmlinux = kernel.target().vmlinux();
}

}  // namespace skep::sys
