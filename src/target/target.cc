// The profile as a whole: the kernel's BTF, loaded when first asked for.
#include "target/target.h"

#include "target/host.h"

namespace skep::target {

const btf::Btf* Target::vmlinux() const {
  std::call_once(once_, [this] {
    if (loader_) vmlinux_ = loader_();
  });
  return vmlinux_.get();
}

const HostProgType* Target::host_type(u32 prog_type) const { return host_ ? host_->type(prog_type) : nullptr; }

const KfuncRow* Target::kfunc_for(std::string_view name, const ProgKind& kind) const {
  if (const KfuncRow* row = host_ ? host_->kfunc(name) : nullptr) return row;
  const HostProgType* host = host_type(kind.prog_type);
  if (!host) return target::kfunc_for(name, kind);
  ProgKind like = kind;
  like.prog_type = host->helpers_of;
  return target::kfunc_for(name, like);
}

}  // namespace skep::target
