// Helpers about what is traced. There is no kernel below whose stack, addresses or return values could be had: stacks
// are empty, and only the arguments in a tracing program's context are there.
#include <cerrno>
#include <cstring>

#include "engine/bodies.h"
#include "map/geometry.h"

namespace skep::engine {
namespace {

constexpr u64 kSkipMask = 0xff, kUserStack = 1 << 8, kFastCompare = 1 << 9, kReuseId = 1 << 10, kBuildId = 1 << 11;
constexpr u32 kAddressBytes = 8, kBuildIdBytes = 32;  // of a frame
constexpr u32 kMaxArgs = 12;

u64 get_stackid(u64, u64, u64 flags, u64, u64, Run&) {
  return flags & ~(kSkipMask | kUserStack | kFastCompare | kReuseId) ? u64(-EINVAL) : u64(-EFAULT);
}

u64 empty_stack(u64 to, u64 size, u64 flags) {
  const u32 frame = flags & kBuildId ? kBuildIdBytes : kAddressBytes;
  const bool bad_flags =
      (flags & ~(kSkipMask | kUserStack | kBuildId)) || ((flags & kBuildId) && !(flags & kUserStack));
  std::memset(reinterpret_cast<void*>(to), 0, u32(size));
  return bad_flags || u32(size) % frame ? u64(-EINVAL) : u64(-EFAULT);
}

u64 get_stack(u64, u64 to, u64 size, u64 flags, u64, Run&) { return empty_stack(to, size, flags); }

// Of a function the arguments that the verifier let the program see.
u32 arg_count(const Run& run) {
  const btf::Btf* const kernel = run.machine.vmlinux();
  const u32 id = kernel ? kernel->find(run.code->facts->kind.attach_name, btf::Kind::Func) : 0;
  if (id == 0) return 0;
  const size_t count = kernel->params(kernel->type_by_id(kernel->type_by_id(id)->type())).size();
  return u32(count < kMaxArgs ? count : kMaxArgs);
}

u64& result_at(u64 address) { return *reinterpret_cast<u64*>(address); }
u64 word_of(u64 ctx, u32 index) { return reinterpret_cast<const u64*>(ctx)[index]; }

u64 get_func_arg(u64 ctx, u64 index, u64 value, u64, u64, Run& run) {
  if (u32(index) >= arg_count(run)) return u64(-EINVAL);
  result_at(value) = word_of(ctx, u32(index));
  return 0;
}

u64 get_func_ret(u64 ctx, u64 value, u64, u64, u64, Run& run) {
  const u32 attach_type = run.code->facts->kind.attach_type;
  if (attach_type != BPF_TRACE_FEXIT && attach_type != BPF_MODIFY_RETURN) return u64(-EOPNOTSUPP);
  result_at(value) = word_of(ctx, arg_count(run));
  return 0;
}

u64 get_func_arg_cnt(u64, u64, u64, u64, u64, Run& run) { return arg_count(run); }
u64 none(u64, u64, u64, u64, u64, Run&) { return 0; }

constexpr HelperBody kBodies[] = {
    {27, get_stackid},   {67, get_stack},     {141, get_stack},        {173, none},  // get_func_ip
    {174, none},                                                                     // get_attach_cookie
    {183, get_func_arg}, {184, get_func_ret}, {185, get_func_arg_cnt},
};

}  // namespace

std::span<const HelperBody> trace_helpers() { return kBodies; }

}  // namespace skep::engine
