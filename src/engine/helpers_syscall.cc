// Helpers of programs that make system calls.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "engine/bodies.h"

namespace skep::engine {
namespace {

// A name in memory of `size` bytes that ends with a NUL.
bool read_name(u64 address, u64 size, std::string_view& name) {
  const auto* text = reinterpret_cast<const char*>(address);
  const u32 bytes = u32(size);
  if (bytes <= 1 || text[bytes - 1] != 0) return false;
  name = {text, strnlen(text, bytes)};
  return true;
}

u64 sys_bpf(u64 command, u64 attr, u64 size, u64, u64, Run& run) {
  const auto& bpf = run.machine.config().bpf;
  return bpf ? u64(s64(bpf(u32(command), reinterpret_cast<void*>(attr), u32(size)))) : u64(-EOPNOTSUPP);
}

u64 sys_close(u64 fd, u64, u64, u64, u64, Run&) { return close(int(fd)) == 0 ? 0 : u64(s64(-errno)); }

u64 btf_find_by_name_kind(u64 name_at, u64 size, u64 kind, u64 flags, u64, Run& run) {
  std::string_view name;
  if (flags != 0 || !read_name(name_at, size, name)) return u64(-EINVAL);
  const btf::Btf* const kernel = run.machine.vmlinux();
  const u32 id = kernel ? kernel->find(name, btf::Kind(u32(kind))) : 0;
  return id != 0 ? id : u64(-ENOENT);
}

// There are no symbols outside of a kernel.
u64 kallsyms_lookup_name(u64 name_at, u64 size, u64 flags, u64 result, u64, Run&) {
  std::string_view name;
  *reinterpret_cast<u64*>(result) = 0;
  return flags != 0 || !read_name(name_at, size, name) ? u64(-EINVAL) : u64(-ENOENT);
}

constexpr HelperBody kBodies[] = {
    {166, sys_bpf}, {167, btf_find_by_name_kind}, {168, sys_close}, {179, kallsyms_lookup_name}};

}  // namespace

std::span<const HelperBody> syscall_helpers() { return kBodies; }

}  // namespace skep::engine
