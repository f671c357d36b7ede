// Live registers before each insn, by the classic backward analysis (spec: exploration.md 5.1).
#include "verifier/call/call.h"
#include "verifier/flow.h"
#include "verifier/print_state.h"

namespace skep::verifier {

namespace {

constexpr u16 bit(u32 regno) { return u16(1u << regno); }
constexpr u16 kCallerSaved = 0x3f;  // r0-r5
constexpr u16 kArgRegs = 0x3e;      // r1-r5
constexpr u16 kNoRegs = 0;

u16 first_args(u32 n) { return u16((1u << (n + 1)) - 2); }  // r1..rn

DefUse call_def_use(const Env& env, const isa::Insn& insn) {
  u16 use = kArgRegs;
  if (insn.src == 0) {
    const target::HelperProto* helper = env.target.helper_for(u32(insn.imm), env.kind);
    if (helper) use = first_args(u32(helper->nr_args()));
  } else if (insn.src == isa::BPF_PSEUDO_KFUNC_CALL) {
    KfuncSummary kfunc = kfunc_summary(env, insn);
    if (kfunc.ok && kfunc.nr_args <= 5) use = first_args(kfunc.nr_args);
  }
  return {kCallerSaved, use};
}

DefUse jmp_def_use(const Env& env, const isa::Insn& insn) {
  switch (isa::insn_op(insn.code)) {
    case isa::BPF_JA:
    case isa::BPF_JCOND: return {kNoRegs, kNoRegs};
    case isa::BPF_EXIT: return {kNoRegs, bit(0)};
    case isa::BPF_CALL: return call_def_use(env, insn);
    default: return {kNoRegs, u16(bit(insn.dst) | (isa::insn_is_x(insn.code) ? bit(insn.src) : 0))};
  }
}

DefUse atomic_def_use(const isa::Insn& insn) {
  u16 both = bit(insn.dst) | bit(insn.src);
  if (insn.imm == isa::BPF_CMPXCHG) return {bit(0), u16(bit(0) | both)};
  if (insn.imm == isa::BPF_LOAD_ACQ) return {bit(insn.dst), bit(insn.src)};
  if (insn.imm == isa::BPF_STORE_REL) return {kNoRegs, both};
  return {insn.imm & isa::BPF_FETCH ? bit(insn.src) : kNoRegs, both};
}

DefUse alu_def_use(const isa::Insn& insn) {
  u16 dst = bit(insn.dst), src = bit(insn.src);
  bool is_x = isa::insn_is_x(insn.code);
  switch (isa::insn_op(insn.code)) {
    case isa::BPF_END: return {dst, dst};
    case isa::BPF_MOV: return {dst, is_x ? src : kNoRegs};
    default: return {dst, u16(is_x ? dst | src : dst)};
  }
}

void print_live_regs(const Env& env) {
  env.log.print("Live regs before insn:\n");
  for (size_t i = 0; i < env.insns.size(); i++) {
    const InsnAux& aux = env.aux[i];
    std::string line = aux.scc ? fmt::format("{:3} ", aux.scc) : "    ";
    line += fmt::format("{:3}: ", i);
    for (int r = 0; r < isa::kFramePtr; r++) line += aux.live_regs_before & bit(u32(r)) ? char('0' + r) : '.';
    env.log.write(line + " ");
    env.log.write(disassemble_insn(env, int(i)) + "\n");
    if (isa::is_ldimm64(env.insns[i])) i++;
  }
}

// What Backtracker::step_insn() looks at, of an insn without history.
u16 precision_regs(const isa::Insn& insn) {
  const u16 dst = bit(insn.dst), src = bit(insn.src);
  switch (isa::insn_class(insn.code)) {
    case isa::BPF_ALU:
    case isa::BPF_ALU64:
    case isa::BPF_LDX: return dst;
    case isa::BPF_ST:
    case isa::BPF_STX: return isa::is_atomic(insn) ? kPrecisionAlways : dst;
    case isa::BPF_LD: return isa::is_ldimm64(insn) ? dst : kPrecisionAlways;
    default: break;
  }
  if (isa::is_call(insn) || isa::is_exit(insn)) return kPrecisionAlways;
  if (isa::is_goto(insn) || isa::is_may_goto(insn) || !isa::insn_is_x(insn.code)) return kNoRegs;
  return u16(dst | src);
}

bool update_insn(Env& env, const std::vector<DefUse>& def_use, int i) {
  u16 out = 0;
  Successors next = successors(env, i);
  for (int k = 0; k < next.count; k++) out |= env.aux[next.insn[k]].live_regs_before;
  u16 in = u16((out & ~def_use[i].def) | def_use[i].use);
  bool changed = in != env.aux[i].live_regs_before;
  env.aux[i].live_regs_before = in;
  return changed;
}

bool update_in_postorder(Env& env, const std::vector<DefUse>& def_use) {
  bool changed = false;
  for (int i : postorder(env).insns) changed |= update_insn(env, def_use, i);
  return changed;
}

}  // namespace

DefUse insn_def_use(const Env& env, const isa::Insn& insn) {
  u16 dst = bit(insn.dst), src = bit(insn.src);
  switch (isa::insn_class(insn.code)) {
    case isa::BPF_LD:
      if (isa::insn_mode(insn.code) == isa::BPF_IMM) return {insn.code == isa::kLdImm64 ? dst : kNoRegs, kNoRegs};
      return {kNoRegs, 0xffff};
    case isa::BPF_LDX: return {dst, src};
    case isa::BPF_ST: return {kNoRegs, dst};
    case isa::BPF_STX: return isa::is_atomic(insn) ? atomic_def_use(insn) : DefUse{kNoRegs, u16(dst | src)};
    case isa::BPF_ALU:
    case isa::BPF_ALU64: return alu_def_use(insn);
    default: return jmp_def_use(env, insn);
  }
}

void compute_live_registers(Env& env) {
  size_t n = env.insns.size();
  std::vector<DefUse> def_use(n);
  for (size_t i = 0; i < n; i++) {
    def_use[i] = insn_def_use(env, env.insns[i]);
    env.aux[i].precision_regs = precision_regs(env.insns[i]);
    if (isa::is_ldimm64(env.insns[i])) i++;
  }
  if (env.has_back_jumps) {
    while (update_in_postorder(env, def_use)) {
    }
  } else {
    // Every successor lies behind: one pass from the end settles it.
    for (size_t i = n; i-- > 0;)
      if (env.insns[i].code) update_insn(env, def_use, int(i));
  }
  if (env.log.level2()) print_live_regs(env);
}

}  // namespace skep::verifier
