// Where a stack pointer may point, and the growth of the stack that follows (spec: memory.md 4, instructions.md 15).
#include <algorithm>

#include "verifier/flow.h"
#include "verifier/mem/mem.h"
#include "verifier/print_state.h"

namespace skep::verifier {
namespace {

constexpr s64 kMaxVarOff = 1 << 29;  // BPF_MAX_VAR_OFF

struct Interval {
  s64 begin, end;
};

const char* access_words(const Env& env, Access access, StackUse use) {
  if (use == StackUse::Call && !env.target.features().stack_access_by_direction) return " indirect access to";
  return access == Access::Read ? " read from" : " write to";
}

// The part of the stack that may be touched: whole for writes and for those who may read what nobody wrote.
bool begins_on_stack(const Env& env, u32 frameno, s64 begin, Access access) {
  const bool whole = access == Access::Write || env.allow_uninit_stack;
  const s64 lowest = whole ? -kMaxStack : -env.cur->cframe(frameno).allocated_stack();
  return begin >= lowest && begin <= -1;
}

}  // namespace

Outcome check_stack_access_within_bounds(Env& env, u32 regno, int off, int size, Access access, StackUse use) {
  const RegState& reg = env.cregs()[regno];
  const bool fixed = reg.var.is_const();
  const char* words = access_words(env, access, use);
  Interval at;
  if (fixed) {
    at.begin = s64(reg.var.var_off.value) + off;
    at.end = at.begin + size;
  } else {
    if (reg.var.smax >= kMaxVarOff || reg.var.smin <= -kMaxVarOff)
      return env.reject(diag::UnboundedStackAccess{}, words, regno);
    at = {reg.var.smin + off, reg.var.smax + off + size};
  }
  int error = begins_on_stack(env, reg.frameno, at.begin, access) ? 0 : EACCES;
  if (!error && at.end > 0) error = EINVAL;
  if (error && fixed) return env.reject_with(error, diag::InvalidStackAccess{}, words, regno, at.begin, size);
  if (error)
    return env.reject_with(error, diag::InvalidVarOffStackAccess{}, words, regno, tnum_str(reg.var.var_off), off, size);
  if (-at.begin > env.cur->cframe(reg.frameno).allocated_stack())
    grow_stack(env, env.cur->frame(reg.frameno), int(-at.begin));
  return kOk;
}

void grow_stack(Env& env, FuncState& frame, int bytes) {
  const size_t slots = size_t(bytes + kSlotBytes - 1) / kSlotBytes;
  if (frame.stack.size() >= slots) return;
  frame.stack.grow(slots);
  u32& depth = env.subprogs[frame.subprogno].stack_depth;
  depth = std::max(depth, u32(slots) * kSlotBytes);
}

}  // namespace skep::verifier
