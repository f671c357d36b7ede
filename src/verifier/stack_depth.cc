// Every call chain from main and from each asynchronous callback: the frames together stay within 512 bytes, unless
// they get stacks of their own.
#include <algorithm>

#include "verifier/call/call.h"
#include "verifier/stack_depth.h"

namespace skep::verifier {

namespace {

constexpr u32 kJitStackAlign = 16, kInterpreterStackAlign = 32;
constexpr u32 kMaxDepthBelowTailCall = 256;
constexpr u32 kPrivateStackMin = 64;  // rounded depth from which a private stack pays

enum class PrivateStack : u8 { Unknown, No, Adaptive };

class DepthCheck {
 public:
  explicit DepthCheck(Env& env) : env_(env), mode_(env.subprogs.size(), PrivateStack::Unknown) {}
  Outcome check_root(int root, bool private_stacks);

 private:
  struct Frame {
    int subprog;
    int insn;
  };
  u32 rounded(int subprog) const;
  Outcome enter(int subprog);
  void leave(int subprog);
  Outcome check_throw(int insn_idx, int subprog);
  Outcome call(int insn_idx, bool& entered);
  Outcome mark_tail_callers();

  Env& env_;
  std::vector<PrivateStack> mode_;
  std::vector<Frame> chain_;  // callers, outermost first, and the current function last
  u32 depth_ = 0;
  bool private_ok_ = false, tail_call_reachable_ = false;
};

u32 DepthCheck::rounded(int subprog) const {
  u32 depth = env_.subprogs[subprog].stack_depth;
  if (env_.options.jit) return (depth + kJitStackAlign - 1) / kJitStackAlign * kJitStackAlign;
  return (std::max(depth, 1u) + kInterpreterStackAlign - 1) / kInterpreterStackAlign * kInterpreterStackAlign;
}

Outcome DepthCheck::enter(int subprog) {
  SubprogInfo& info = env_.subprogs[subprog];
  if (chain_.size() > 1 && info.has_tail_call && depth_ >= kMaxDepthBelowTailCall)
    return env_.reject(diag::TailCallStackTooLarge{}, depth_);
  u32 own = rounded(subprog);
  if (private_ok_ && mode_[subprog] == PrivateStack::Unknown)
    mode_[subprog] = own >= kPrivateStackMin ? PrivateStack::Adaptive : PrivateStack::No;
  if (mode_[subprog] == PrivateStack::Adaptive) {
    if (own > u32(kMaxStack)) return env_.reject(diag::SubprogStackTooLarge{}, subprog, own);
    return kOk;
  }
  depth_ += own;
  if (depth_ > u32(kMaxStack)) return env_.reject(diag::CombinedStackTooLarge{}, chain_.size(), depth_);
  return kOk;
}

void DepthCheck::leave(int subprog) {
  if (mode_[subprog] != PrivateStack::Adaptive) depth_ -= rounded(subprog);
}

Outcome DepthCheck::check_throw(int insn_idx, int subprog) {
  if (kfunc_summary(env_, env_.insns[insn_idx]).special != target::SpecialKfunc::Throw) return kOk;
  if (env_.subprogs[subprog].is_cb) return env_.reject(diag::ThrowFromCallback{}, insn_idx, subprog);
  for (size_t k = 0; k + 1 < chain_.size(); k++)
    if (env_.subprogs[chain_[k].subprog].is_cb)
      return env_.reject(diag::ThrowFromCallback{}, insn_idx, chain_[k].subprog);
  return kOk;
}

// A call or function address: enters the callee. Addresses of asynchronous callbacks are not calls.
Outcome DepthCheck::call(int insn_idx, bool& entered) {
  const isa::Insn& insn = env_.insns[insn_idx];
  int callee = env_.find_subprog(u32(insn_idx + insn.imm + 1));
  if (callee < 0) return env_.verifier_bug("callee not found");
  const SubprogInfo& info = env_.subprogs[callee];
  if (info.is_async_cb && !isa::is_pseudo_call(insn)) return kOk;
  if (info.is_exception_cb) {
    if (env_.target.features().exception_cb_text_unended) return env_.reject(diag::DirectExceptionCbCall{}, insn_idx);
    return env_.reject(diag::DirectExceptionCbCallLine{}, insn_idx);
  }
  if (!private_ok_) mode_[callee] = PrivateStack::No;
  if (info.has_tail_call) tail_call_reachable_ = true;
  if (chain_.size() >= kMaxFrames) return env_.reject(diag::CallStackTooDeep{}, chain_.size());
  chain_.push_back({callee, int(info.start)});
  entered = true;
  return enter(callee);
}

// A tail call below them: the callers' frames are left by it.
Outcome DepthCheck::mark_tail_callers() {
  if (!tail_call_reachable_) return kOk;
  for (size_t k = 0; k + 1 < chain_.size(); k++) {
    SubprogInfo& caller = env_.subprogs[chain_[k].subprog];
    if (caller.is_exception_cb) return env_.reject(diag::TailCallInExceptionCb{});
    caller.tail_call_reachable = true;
  }
  return kOk;
}

Outcome DepthCheck::check_root(int root, bool private_stacks) {
  depth_ = 0;
  private_ok_ = private_stacks;
  tail_call_reachable_ = false;
  chain_ = {{root, int(env_.subprogs[root].start)}};
  if (!private_ok_) mode_[root] = PrivateStack::No;
  SKEP_TRY(enter(root));
  while (!chain_.empty()) {
    Frame& frame = chain_.back();
    if (frame.insn == int(env_.subprog_end(u32(frame.subprog)))) {
      SKEP_TRY(mark_tail_callers());
      leave(frame.subprog);
      chain_.pop_back();
      continue;
    }
    int i = frame.insn++;
    const isa::Insn& insn = env_.insns[i];
    if (isa::is_kfunc_call(insn) && !insn.off) SKEP_TRY(check_throw(i, frame.subprog));
    bool entered = false;
    if (isa::is_pseudo_call(insn) || isa::is_pseudo_func(insn)) SKEP_TRY(call(i, entered));
  }
  return kOk;
}

// Program types whose programs may nest on one CPU, and so get private stacks (memory permitting).
bool wants_private_stack(const Env& env) {
  for (const SubprogInfo& subprog : env.subprogs)
    if (subprog.has_tail_call) return false;
  switch (env.prog_type()) {
    case BPF_PROG_TYPE_KPROBE:
    case BPF_PROG_TYPE_TRACEPOINT:
    case BPF_PROG_TYPE_PERF_EVENT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT: return true;
    case BPF_PROG_TYPE_TRACING: return env.kind.attach_type != BPF_TRACE_ITER;
    case BPF_PROG_TYPE_LSM: return env.kind.attach_type != BPF_LSM_CGROUP;
    default: return false;
  }
}

}  // namespace

Outcome check_max_stack_depth(Env& env) {
  DepthCheck check(env);
  bool private_stacks = env.options.jit && env.target.features().private_stack && wants_private_stack(env);
  for (int s = int(env.subprogs.size()) - 1; s >= 0; s--)
    if (!s || env.subprogs[s].is_async_cb) SKEP_TRY(check.check_root(s, !s && private_stacks));
  return kOk;
}

}  // namespace skep::verifier
