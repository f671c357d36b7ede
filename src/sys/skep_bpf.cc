// The C interface. Its default kernel is the one piece of state in the library that outlives a call: bpf(2) has no
// handle to hang it on.
#include "skep/skep.h"

#include <atomic>
#include <cstdlib>
#include <string_view>

#include "sys/default_kernel.h"
#include "sys/host.h"
#include "sys/kernel_btf.h"

namespace skep::sys {
namespace {

std::shared_ptr<const btf::Btf> load_types() {
  const auto path = find_kernel_btf("6.18");
  if (!path.ok()) return nullptr;
  auto types = open_kernel_btf(*path);
  if (!types.ok()) return nullptr;
  auto both = with_host_types(*types, settled_host());
  return both.ok() ? *both : *types;
}

// Where there is no room for a namespace (no folder that we may write to), objects are of this process alone.
std::shared_ptr<Namespace> user_namespace() {
  auto shared = Namespace::open_default();
  return shared.ok() ? *shared : nullptr;
}

// Descriptors are closed while the kernel is being made too, and in processes that never make one.
std::atomic<bool> remembers = false;
std::atomic<Kernel*> made = nullptr;

EngineKind chosen_engine() {
  const char* const given = std::getenv("SKEP_ENGINE");
  const std::string_view name = given ? given : "";
  return name == "checked" ? EngineKind::Checked : name == "interp" ? EngineKind::Interp : EngineKind::Jit;
}

Kernel* make_kernel() {
  auto target = std::make_shared<target::Target>(load_types);
  target->set_host(settled_host().additions);
  auto* kernel = new Kernel({.target = std::move(target),
                             .caps = {},
                             .on_load = {},
                             .shared = user_namespace(),
                             .host = settled_host().bodies,
                             .engine = chosen_engine()});
  if (remembers) kernel->descriptors().enable();
  made = kernel;
  return kernel;
}

}  // namespace

Kernel& default_kernel() {
  static Kernel* const kernel = make_kernel();
  return *kernel;
}

}  // namespace skep::sys

extern "C" long skep_bpf(int cmd, union bpf_attr* attr, unsigned int size) {
  return skep::sys::default_kernel().bpf(cmd, attr, size);
}

extern "C" void skep_remember_descriptors(void) {
  skep::sys::remembers = true;
  if (skep::sys::Kernel* kernel = skep::sys::made) kernel->descriptors().enable();
}

extern "C" void skep_forget_descriptor(int fd) {
  if (skep::sys::Kernel* kernel = skep::sys::made) kernel->descriptors().forget(fd);
}
