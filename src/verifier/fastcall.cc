// bpf_fastcall: a call that only clobbers r0 may be surrounded by spills and fills of r1-r5 that the kernel removes
// again, stack and all, where the helper or kfunc is inlined. Only the stack depth that the statistics and the depth
// check see depends on it.
//
//   *(u64 *)(r10 - X) = rA     spills, X ascending towards the call
//   call fastcall_function
//   rA = *(u64 *)(r10 - X)     fills, mirrored
#include <algorithm>

#include "verifier/call/call.h"
#include "verifier/flow.h"

namespace skep::verifier {

namespace {

constexpr u16 kCallerSaved = 0x3f;

// Registers that a fastcall call leaves alone although it might clobber them; 0: not a fastcall call.
u16 preserved_regs(const Env& env, const isa::Insn& insn) {
  u32 nr_args = 0;
  bool returns = true;
  if (isa::is_helper_call(insn)) {
    const target::HelperProto* helper = env.target.helper_for(u32(insn.imm), env.kind);
    if (!helper || !helper->has(target::kFastcall) || !env.options.jit) return 0;
    nr_args = u32(helper->nr_args());
    returns = helper->ret.kind != target::RetKind::Void;
  } else if (isa::is_kfunc_call(insn)) {
    KfuncSummary kfunc = kfunc_summary(env, insn);
    if (!kfunc.ok || !(kfunc.flags & target::KF_FASTCALL)) return 0;
    nr_args = kfunc.nr_args;
    returns = !kfunc.is_void;
  } else {
    return 0;
  }
  u16 clobbered = u16((1u << (nr_args + 1)) - 2) | u16(returns ? 1 : 0);
  return kCallerSaved & u16(~clobbered);
}

bool is_spill(const isa::Insn& insn) {
  return insn.code == (isa::BPF_STX | isa::BPF_MEM | isa::BPF_DW) && insn.dst == isa::kFramePtr;
}

bool is_fill(const isa::Insn& insn) {
  return insn.code == (isa::BPF_LDX | isa::BPF_MEM | isa::BPF_DW) && insn.src == isa::kFramePtr;
}

// The pattern around the call at `t`: pairs outward while they match. `lowest`: lowest stack offset that may be used by
// pairs (found first).
void mark_pattern(Env& env, SubprogInfo& subprog, int t, int end, s32 lowest_off) {
  u16 preserved = preserved_regs(env, env.insns[t]);
  if (!preserved) return;
  int pairs = 0;
  s32 off = lowest_off;
  for (int k = 1; t - k >= int(subprog.start) && t + k < end; k++, off += kSlotBytes) {
    const isa::Insn &stx = env.insns[t - k], &ldx = env.insns[t + k];
    bool mirrored = is_spill(stx) && is_fill(ldx) && stx.src == ldx.dst && stx.off == ldx.off;
    if (!mirrored || !(preserved >> stx.src & 1) || stx.off != off) break;
    env.aux[t - k].fastcall_pattern = env.aux[t + k].fastcall_pattern = 1;
    pairs++;
  }
  if (!pairs) return;
  env.aux[t].fastcall_spills = u8(pairs);
  subprog.fastcall_stack_off = std::min(subprog.fastcall_stack_off, off);
}

// Patterns use the lowest slots of the function.
s32 lowest_stack_off(const Env& env, const SubprogInfo& subprog, int end) {
  s32 lowest = 0;
  for (int i = int(subprog.start); i < end; i++) {
    const isa::Insn& insn = env.insns[i];
    if (is_spill(insn) || is_fill(insn)) lowest = std::min<s32>(lowest, insn.off);
  }
  return lowest;
}

}  // namespace

void mark_fastcall_patterns(Env& env) {
  for (u32 s = 0; s < env.subprogs.size(); s++) {
    SubprogInfo& subprog = env.subprogs[s];
    int end = int(env.subprog_end(s));
    s32 lowest = lowest_stack_off(env, subprog, end);
    if (lowest % kSlotBytes) continue;
    for (int i = int(subprog.start); i < end; i++) mark_pattern(env, subprog, i, end, lowest);
  }
}

void check_fastcall_stack_contract(Env& env, FuncState& frame, int insn_idx, int off) {
  SubprogInfo& subprog = env.subprogs[frame.subprogno];
  // Another insn uses slots of a pattern: the spills must stay.
  if (off >= subprog.fastcall_stack_off || env.aux[insn_idx].fastcall_pattern) return;
  subprog.keep_fastcall_stack = true;
  subprog.fastcall_stack_off = INT16_MIN;
}

void remove_fastcall_spills(Env& env) {
  for (u32 s = 0; s < env.subprogs.size(); s++) {
    SubprogInfo& subprog = env.subprogs[s];
    bool modified = false;
    for (u32 i = subprog.start; i < env.subprog_end(s); i++) modified |= env.aux[i].fastcall_spills != 0;
    if (modified && !subprog.keep_fastcall_stack && subprog.fastcall_stack_off > INT16_MIN)
      subprog.stack_depth = u32(-subprog.fastcall_stack_off);
  }
}

}  // namespace skep::verifier
