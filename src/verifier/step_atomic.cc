// Atomics: read-modify-write, load-acquire, store-release (spec: instructions.md 13).
#include "isa/atomic_ops.h"
#include "isa/insn.h"
#include "verifier/mem/mem.h"
#include "verifier/step.h"

namespace skep::verifier {
namespace {

// The x86-64 JIT has no load-acquire and store-release into an arena.
bool atomic_ptr_type_ok(const isa::Insn& insn, RegType type) {
  switch (type) {
    case PTR_TO_CTX:
    case PTR_TO_PACKET:
    case PTR_TO_PACKET_META:
    case PTR_TO_FLOW_KEYS: return false;
    case PTR_TO_ARENA: return insn.imm != isa::BPF_LOAD_ACQ && insn.imm != isa::BPF_STORE_REL;
    default: return !type_is_sk_pointer(type);
  }
}

Outcome check_rmw_operands(Env& env, const isa::Insn& insn) {
  const int size = isa::size_bytes(insn.code);
  if (size != 4 && size != 8) return env.reject(diag::InvalidAtomicSize{});
  SKEP_TRY(check_reg_arg(env, insn.src, RegUse::SrcOp));
  SKEP_TRY(check_reg_arg(env, insn.dst, RegUse::SrcOp));
  if (insn.imm == isa::BPF_CMPXCHG) {
    SKEP_TRY(check_reg_arg(env, 0, RegUse::SrcOp));
    if (is_pointer_value(env, 0)) return env.reject(diag::LeaksAddrIntoMem{}, 0);
  }
  if (is_pointer_value(env, insn.src)) return env.reject(diag::LeaksAddrIntoMem{}, u32(insn.src));
  const RegType dst_type = env.cregs()[insn.dst].type;
  if (!atomic_ptr_type_ok(insn, dst_type))
    return env.reject(diag::AtomicStoreNotAllowed{}, u32(insn.dst), reg_type_str(dst_type));
  return kOk;
}

// The three accesses that make up a read-modify-write: may it be read, what is fetched, and an unknown store.
Outcome check_atomic_rmw(Env& env, const isa::Insn& insn) {
  SKEP_TRY(check_rmw_operands(env, insn));
  const bool is_arena = is_arena_reg(env, insn.dst);
  const u8 size_code = isa::insn_size(insn.code);
  const bool fetches = insn.imm & isa::BPF_FETCH;
  const int fetched_regno = insn.imm == isa::BPF_CMPXCHG ? 0 : int(insn.src);
  if (fetches) SKEP_TRY(check_reg_arg(env, u32(fetched_regno), RegUse::DstOp));
  auto access = [&](Access kind, int regno) {
    return check_mem_access(env, env.insn_idx, insn.dst, insn.off, size_code, kind, regno, true, false);
  };
  SKEP_TRY(access(Access::Read, kNoReg));
  if (fetches) SKEP_TRY(access(Access::Read, fetched_regno));
  // An atomic on an arena is another instruction than one on anything else; Linux 6.18 notices only half of the time.
  SKEP_TRY(save_aux_ptr_type(env, is_arena ? PTR_TO_ARENA : SCALAR_VALUE, false));
  return access(Access::Write, kNoReg);
}

Outcome check_atomic_load(Env& env, const isa::Insn& insn) {
  SKEP_TRY(check_reg_arg(env, insn.src, RegUse::SrcOp));
  SKEP_TRY(check_reg_arg(env, insn.dst, RegUse::DstOpNoMark));
  const RegType src_type = env.cregs()[insn.src].type;
  SKEP_TRY(check_mem_access(env, env.insn_idx, insn.src, insn.off, isa::insn_size(insn.code), Access::Read, insn.dst,
                            true, false));
  SKEP_TRY(save_aux_ptr_type(env, src_type, false));
  SKEP_TRY(reg_bounds_sanity_check(env, env.regs()[insn.dst], "atomic_load"));
  if (!atomic_ptr_type_ok(insn, src_type))
    return env.reject(diag::AtomicLoadNotAllowed{}, u32(insn.src), reg_type_str(src_type));
  return kOk;
}

Outcome check_atomic_store(Env& env, const isa::Insn& insn) {
  SKEP_TRY(check_reg_arg(env, insn.src, RegUse::SrcOp));
  SKEP_TRY(check_reg_arg(env, insn.dst, RegUse::SrcOp));
  const RegType dst_type = env.cregs()[insn.dst].type;
  SKEP_TRY(check_mem_access(env, env.insn_idx, insn.dst, insn.off, isa::insn_size(insn.code), Access::Write, insn.src,
                            true, false));
  SKEP_TRY(save_aux_ptr_type(env, dst_type, false));
  if (!atomic_ptr_type_ok(insn, dst_type))
    return env.reject(diag::AtomicStoreNotAllowed{}, u32(insn.dst), reg_type_str(dst_type));
  return kOk;
}

}  // namespace

Outcome step_atomic(Env& env, const isa::Insn& insn) {
  const bool ordered = env.target.features().load_acquire;
  if (ordered && insn.imm == isa::BPF_LOAD_ACQ) return check_atomic_load(env, insn);
  if (ordered && insn.imm == isa::BPF_STORE_REL) return check_atomic_store(env, insn);
  const bool known =
      insn.imm == isa::BPF_XCHG || insn.imm == isa::BPF_CMPXCHG || isa::atomic_op(insn.imm & ~isa::BPF_FETCH);
  if (!known) return env.reject(diag::InvalidAtomicOpcode{}, u32(insn.imm));
  return check_atomic_rmw(env, insn);
}

}  // namespace skep::verifier
