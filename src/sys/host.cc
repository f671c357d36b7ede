// See host.h.
#include "sys/host.h"

#include <cerrno>
#include <mutex>

#include "btf/append.h"
#include "skep/skep.h"

namespace skep::sys {
namespace {

struct Setup {
  std::mutex mutex;
  bool settled = false;
  Host host;
};

// Part of the default kernel's state, and like it never destroyed.
Setup& setup() {
  static Setup* const one = new Setup;
  return *one;
}

}  // namespace

int change_host(const std::function<int(Host&)>& change) {
  std::lock_guard lock(setup().mutex);
  return setup().settled ? -EBUSY : change(setup().host);
}

const Host& settled_host() {
  std::lock_guard lock(setup().mutex);
  setup().settled = true;
  return setup().host;
}

Result<std::shared_ptr<const btf::Btf>> with_host_types(std::shared_ptr<const btf::Btf> kernel, const Host& host) {
  if (host.types.empty() || !kernel) return kernel;
  auto own = btf::Btf::parse(host.types, nullptr);
  if (!own.ok()) return own.status();
  auto bytes = btf::append(*kernel, **own);
  if (!bytes.ok()) return bytes.status();
  // The continuation keeps its bytes and the kernel's types alive.
  struct Owned {
    std::vector<u8> bytes;
    std::shared_ptr<const btf::Btf> kernel;
  };
  auto owned = std::make_shared<Owned>(Owned{std::move(*bytes), std::move(kernel)});
  auto both = btf::Btf::parse(owned->bytes, owned, owned->kernel.get());
  if (!both.ok()) return both.status();
  (*both)->set_kernel(true);
  return std::shared_ptr<const btf::Btf>(std::move(*both));
}

}  // namespace skep::sys

using skep::sys::Host;

extern "C" int skep_host_types(const void* btf, unsigned long size) {
  return skep::sys::change_host([&](Host& host) {
    if (!host.types.empty()) return -EEXIST;
    const auto* bytes = static_cast<const skep::u8*>(btf);
    std::vector<skep::u8> copy(bytes, bytes + size);
    const auto parsed = skep::btf::Btf::parse(copy, nullptr);
    if (!parsed.ok()) return -parsed.error();
    host.types = std::move(copy);
    return 0;
  });
}

extern "C" int skep_host_kfunc(const char* name, skep_function function, unsigned int flags) {
  return skep::sys::change_host([&](Host& host) {
    if (host.additions->kfunc(name)) return -EEXIST;
    host.additions->add_kfunc(name, flags);
    host.bodies->kfuncs[name] = reinterpret_cast<skep::engine::HelperFn>(function);
    return 0;
  });
}

extern "C" int skep_host_helper(unsigned int id, skep_function function) {
  if (id == 0 || id >= skep::target::kHelperCount) return -EINVAL;
  return skep::sys::change_host([&](Host& host) {
    host.bodies->helpers[id] = reinterpret_cast<skep::engine::HelperFn>(function);
    return 0;
  });
}

extern "C" int skep_host_program_type(const struct skep_program_type* type) {
  return skep::sys::change_host([&](Host& host) {
    skep::u32 number = 0;
    if (host.additions->type_of_section(type->name, &number)) return -EEXIST;
    const skep::target::ReturnRange range{type->returns_checked != 0, type->return_min, type->return_max};
    host.additions->add({.name = type->name,
                         .ctx_struct = type->context,
                         .returns = range,
                         .sleepable = type->may_sleep != 0,
                         .helpers_of = type->helpers_of ? type->helpers_of : skep::u32(skep::BPF_PROG_TYPE_SYSCALL)});
    return 0;
  });
}
