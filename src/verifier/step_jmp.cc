// Conditional jumps and may_goto: prediction, both sides refined, null checks, packet ranges (spec: instructions.md 9).
#include <algorithm>

#include "verifier/mem/mem.h"
#include "verifier/print_state.h"
#include "verifier/prune/prune.h"
#include "verifier/step.h"

namespace skep::verifier {

namespace {

using domain::JmpOp;

JmpOp jmp_op(u8 code) {
  switch (isa::insn_op(code)) {
    case isa::BPF_JEQ: return JmpOp::Eq;
    case isa::BPF_JNE: return JmpOp::Ne;
    case isa::BPF_JSET: return JmpOp::Set;
    case isa::BPF_JGT: return JmpOp::Gt;
    case isa::BPF_JGE: return JmpOp::Ge;
    case isa::BPF_JLT: return JmpOp::Lt;
    case isa::BPF_JLE: return JmpOp::Le;
    case isa::BPF_JSGT: return JmpOp::Sgt;
    case isa::BPF_JSGE: return JmpOp::Sge;
    case isa::BPF_JSLT: return JmpOp::Slt;
    default: return JmpOp::Sle;
  }
}

bool is_pointer(const RegState& reg) { return reg.type != SCALAR_VALUE; }

bool is_any_packet(const RegState& reg) { return reg.is_pkt_pointer() || reg.type == PTR_TO_PACKET_END; }

// The pointer can be relied upon not to be 0 (reg_not_null).
bool reg_not_null(const Env& env, const RegState& reg) {
  if (reg.may_be_null()) return false;
  switch (reg.base()) {
    case PTR_TO_SOCKET:
    case PTR_TO_TCP_SOCK:
    case PTR_TO_MAP_VALUE:
    case PTR_TO_MAP_KEY:
    case PTR_TO_SOCK_COMMON:
    case CONST_PTR_TO_MAP: return true;
    case PTR_TO_BTF_ID: return is_trusted_reg(env, reg);
    case PTR_TO_MEM: return !(reg.type & PTR_UNTRUSTED);
    default: return false;
  }
}

// pkt OP end, known because the pointer was compared with the end before.
int predict_packet(JmpOp op, const RegState& dst, const RegState& src) {
  const RegState* pkt = &dst;
  if (dst.type == PTR_TO_PACKET_END) {
    pkt = &src;
    op = domain::mirror(op);
  } else if (src.type != PTR_TO_PACKET_END) {
    return -1;
  }
  if (pkt->pkt.range >= 0 || pkt->type != PTR_TO_PACKET) return -1;
  bool beyond = pkt->pkt.range == kBeyondPktEnd;
  switch (op) {
    case JmpOp::Gt: return beyond ? 1 : -1;
    case JmpOp::Le: return beyond ? 0 : -1;
    case JmpOp::Ge: return 1;
    case JmpOp::Lt: return 0;
    default: return -1;
  }
}

// A pointer against 0. Linux also predicts 32-bit comparisons, though the low half of a pointer can be 0: see
// docs/stricter-than-linux.md.
int predict_pointer(const Env& env, JmpOp op, const RegState& dst, const RegState& src, bool is32) {
  const RegState* ptr = &dst;
  const RegState* zero = &src;
  if (!src.is_scalar()) std::swap(ptr, zero);
  if (is32 || !zero->is_null() || !reg_not_null(env, *ptr)) return -1;
  return op == JmpOp::Eq ? 0 : op == JmpOp::Ne ? 1 : -1;
}

int predict(const Env& env, JmpOp op, const RegState& dst, const RegState& src, bool is32) {
  if (is_any_packet(dst) && is_any_packet(src) && !is32) return predict_packet(op, dst, src);
  if (is_pointer(dst) || is_pointer(src)) return predict_pointer(env, op, dst, src, is32);
  return domain::is_branch_taken(op, dst.var, src.var, is32);
}

// --- null checks
// ------------------------------------------------------------------------------------------------------------

void mark_ptr_not_null_reg(const Env& env, RegState& reg) {
  if (reg.base() != PTR_TO_MAP_VALUE) {
    reg.type &= ~PTR_MAYBE_NULL;
    return;
  }
  const map::MapMeta* map = reg.map.ptr;
  if (const map::MapMeta* inner = map->inner.get()) {
    constexpr u32 kPerValue = btf::Field::Timer | btf::Field::Workqueue | btf::Field::TaskWork;
    reg.type = CONST_PTR_TO_MAP;
    reg.map.ptr = inner;
    if (inner->record && (inner->record->mask & kPerValue)) reg.map.uid = reg.id;
    return;
  }
  reg.type = env.target.map_rules(map->map_type).value_reg_type;
}

void mark_ptr_or_null_reg(const Env& env, RegState& reg, bool is_null) {
  if (is_null) {
    reg.type = SCALAR_VALUE;
    reg.id = 0;
    reg.ref_obj_id = 0;
    return;
  }
  mark_ptr_not_null_reg(env, reg);
  if (!type_may_hold_lock(env, reg)) reg.id = 0;
}

// Every copy of the register checked is now null, or not null; a null one holds no reference.
void mark_ptr_or_null_regs(Env& env, VerifierState& state, u32 regno, bool is_null) {
  u32 id = state.cregs()[regno].id, ref = state.cregs()[regno].ref_obj_id;
  if (ref && ref == id && is_null) state.remove_ref(id);
  auto same = [&](const RegState& r) { return r.id == id && r.may_be_null(); };
  for_each_reg(state, same, [&](RegState& reg) { mark_ptr_or_null_reg(env, reg, is_null); });
}

// --- packet ranges
// -----------------------------------------------------------------------------------------------------------

constexpr u64 kMaxPacketOff = 0xffff;

bool is_unmodified_packet(const RegState& reg) {
  return reg.type == PTR_TO_PACKET && reg.id == 0 && reg.off == 0 && reg.var.is_const() && reg.var.var_off.value == 0;
}

// `pkt` is known to be at most (strict: below) the end: everything up to its offset is inside.
void find_good_pkt_pointers(VerifierState& state, const RegState pkt, bool strict) {
  if (pkt.off < 0 || (pkt.off == 0 && strict)) return;
  if (pkt.var.umax > kMaxPacketOff || pkt.var.umax + u64(pkt.off) > kMaxPacketOff) return;
  s32 range = pkt.off + (strict ? 1 : 0);
  auto same = [&](const RegState& r) { return r.type == pkt.type && r.id == pkt.id; };
  for_each_reg(state, same, [&](RegState& reg) { reg.pkt.range = std::max(reg.pkt.range, range); });
}

void mark_pkt_end(VerifierState& state, u32 regno, bool beyond) {
  if (state.cregs()[regno].type == PTR_TO_PACKET) state.regs()[regno].pkt.range = beyond ? kBeyondPktEnd : kAtPktEnd;
}

// dst OP src over packet pointers: gives the safe side its range. False: not such a comparison.
bool try_match_pkt_pointers(const isa::Insn& insn, VerifierState& fall, VerifierState& taken) {
  if (!isa::insn_is_x(insn.code) || isa::insn_class(insn.code) == isa::BPF_JMP32) return false;
  const RegState dst = fall.cregs()[insn.dst], src = fall.cregs()[insn.src];
  auto pair = [](const RegState& a, const RegState& b) {
    return (a.type == PTR_TO_PACKET && b.type == PTR_TO_PACKET_END) ||
           (a.type == PTR_TO_PACKET_META && is_unmodified_packet(b));
  };
  JmpOp op = jmp_op(insn.code);
  u32 pkt_regno = insn.dst;
  if (!pair(dst, src)) {
    if (!pair(src, dst)) return false;
    op = domain::mirror(op);
    pkt_regno = insn.src;
  }
  const RegState pkt = fall.cregs()[pkt_regno];
  switch (op) {
    case JmpOp::Gt:
      find_good_pkt_pointers(fall, pkt, false);
      mark_pkt_end(taken, pkt_regno, true);
      return true;
    case JmpOp::Lt:
      find_good_pkt_pointers(taken, pkt, true);
      mark_pkt_end(fall, pkt_regno, false);
      return true;
    case JmpOp::Ge:
      find_good_pkt_pointers(fall, pkt, true);
      mark_pkt_end(taken, pkt_regno, false);
      return true;
    case JmpOp::Le:
      find_good_pkt_pointers(taken, pkt, false);
      mark_pkt_end(fall, pkt_regno, true);
      return true;
    default: return false;
  }
}

// --- the branch
// ---------------------------------------------------------------------------------------------------------------

// Speculatively the other side of a predicted branch may run: with nothing known of what was compared.
bool push_speculative_side(Env& env, const isa::Insn& insn, int next_idx) {
  VerifierState* state = push_stack(env, next_idx, env.insn_idx, true);
  if (!state) return false;
  mark_reg_unknown(env, state->regs(), insn.dst);
  if (isa::insn_is_x(insn.code)) mark_reg_unknown(env, state->regs(), insn.src);
  return true;
}

Outcome follow_predicted(Env& env, const isa::Insn& insn, bool taken) {
  if (is_pointer(env.cregs()[insn.dst]) == false) SKEP_TRY(mark_chain_precision(env, insn.dst));
  if (isa::insn_is_x(insn.code) && !is_pointer(env.cregs()[insn.src])) SKEP_TRY(mark_chain_precision(env, insn.src));
  int next = env.insn_idx + 1, target = next + insn.off;
  if (!env.bypass_spec_v1 && !push_speculative_side(env, insn, taken ? next : target)) return Outcome::error(EFAULT);
  if (env.log.prints_insns()) print_insn_state(env, *env.cur, env.cur->curframe);
  env.insn_idx = taken ? target : next;
  return kOk;
}

// Refines both sides of a comparison of scalars. `src` of the K form is a copy of the immediate on each side.
Outcome refine_sides(Env& env, const isa::Insn& insn, VerifierState& taken, RegState imm, bool is32) {
  bool is_x = isa::insn_is_x(insn.code);
  JmpOp op = jmp_op(insn.code);
  RegState imm_taken = imm;
  RegState *fall_dst = &env.regs()[insn.dst], *taken_dst = &taken.regs()[insn.dst];
  RegState* fall_src = is_x ? &env.regs()[insn.src] : &imm;
  RegState* taken_src = is_x ? &taken.regs()[insn.src] : &imm_taken;
  if (!fall_dst->is_scalar() || !fall_src->is_scalar()) return kOk;
  domain::refine(domain::reverse(op), fall_dst->var, fall_src->var, is32);
  domain::refine(op, taken_dst->var, taken_src->var, is32);
  SKEP_TRY(reg_bounds_sanity_check(env, *taken_dst, "true_reg1"));
  SKEP_TRY(reg_bounds_sanity_check(env, *taken_src, "true_reg2"));
  SKEP_TRY(reg_bounds_sanity_check(env, *fall_dst, "false_reg1"));
  return reg_bounds_sanity_check(env, *fall_src, "false_reg2");
}

void sync_linked(Env& env, VerifierState& taken, u32 regno, const LinkedRegs& linked) {
  if (!env.cregs()[regno].is_scalar() || !env.cregs()[regno].id) return;
  sync_linked_regs(env, *env.cur, env.regs()[regno], linked);
  sync_linked_regs(env, taken, taken.regs()[regno], linked);
}

// Two pointers are equal, one of them is not null: then neither is the other.
void mark_equal_pointer_not_null(Env& env, const isa::Insn& insn, VerifierState& taken) {
  const RegState &dst = env.cregs()[insn.dst], &src = env.cregs()[insn.src];
  if (!is_pointer(dst) || !is_pointer(src) || dst.may_be_null() == src.may_be_null()) return;
  if (dst.base() == PTR_TO_BTF_ID || src.base() == PTR_TO_BTF_ID) return;
  u8 op = isa::insn_op(insn.code);
  if (op != isa::BPF_JEQ && op != isa::BPF_JNE) return;
  u32 regno = src.may_be_null() ? insn.src : insn.dst;
  mark_ptr_not_null_reg(env, (op == isa::BPF_JEQ ? taken : *env.cur).regs()[regno]);
}

bool is_null_check(const Env& env, const isa::Insn& insn) {
  u8 op = isa::insn_op(insn.code);
  return isa::insn_class(insn.code) == isa::BPF_JMP && !isa::insn_is_x(insn.code) && insn.imm == 0 &&
         (op == isa::BPF_JEQ || op == isa::BPF_JNE) && env.cregs()[insn.dst].may_be_null();
}

Outcome split_paths(Env& env, const isa::Insn& insn, const RegState& imm, bool is32) {
  bool is_x = isa::insn_is_x(insn.code);
  LinkedRegs linked;
  if (is_x && env.cregs()[insn.src].is_scalar() && env.cregs()[insn.src].id)
    collect_linked_regs(env, *env.cur, env.cregs()[insn.src].id, linked);
  if (env.cregs()[insn.dst].is_scalar() && env.cregs()[insn.dst].id)
    collect_linked_regs(env, *env.cur, env.cregs()[insn.dst].id, linked);
  if (linked.count > 1) push_jmp_history(env, *env.cur, 0, pack_linked_regs(linked));

  VerifierState* taken = push_stack(env, env.insn_idx + insn.off + 1, env.insn_idx, false);
  if (!taken) return Outcome::error(env.target.features().jump_limit_error);
  SKEP_TRY(refine_sides(env, insn, *taken, imm, is32));
  if (is_x) sync_linked(env, *taken, insn.src, linked);
  sync_linked(env, *taken, insn.dst, linked);
  if (is_x && !is32) mark_equal_pointer_not_null(env, insn, *taken);

  if (is_null_check(env, insn)) {
    bool jumps_if_null = isa::insn_op(insn.code) == isa::BPF_JEQ;
    mark_ptr_or_null_regs(env, *env.cur, insn.dst, !jumps_if_null);
    mark_ptr_or_null_regs(env, *taken, insn.dst, jumps_if_null);
  } else if (!try_match_pkt_pointers(insn, *env.cur, *taken) && is_pointer_value(env, insn.dst)) {
    return env.reject(diag::PtrComparisonProhibited{}, insn.dst);
  }
  if (env.log.prints_insns()) print_insn_state(env, *env.cur, env.cur->curframe);
  env.insn_idx++;
  return kOk;
}

Outcome step_may_goto(Env& env, const isa::Insn& insn) {
  if (insn.code != (isa::BPF_JMP | isa::BPF_JCOND) || insn.src != isa::BPF_MAY_GOTO || insn.dst || insn.imm)
    return env.reject(diag::InvalidMayGotoImm{}, insn.imm);
  VerifierState* parent = env.cur->parent;
  VerifierState* prev = parent ? find_prev_entry(env, *parent, env.insn_idx) : nullptr;
  VerifierState* queued = push_stack(env, env.insn_idx + 1, env.insn_idx, false);
  if (!queued) return Outcome::error(ENOMEM);
  queued->may_goto_depth++;
  if (prev) widen_imprecise_scalars(env, *prev, *queued);
  env.insn_idx += 1 + insn.off;
  return kOk;
}

Outcome check_operands(Env& env, const isa::Insn& insn) {
  SKEP_TRY(check_reg_arg(env, insn.dst, RegUse::SrcOp));
  if (!isa::insn_is_x(insn.code)) return insn.src ? env.reject(diag::JmpReservedFields{}) : kOk;
  if (insn.imm) return env.reject(diag::JmpReservedFields{});
  SKEP_TRY(check_reg_arg(env, insn.src, RegUse::SrcOp));
  bool packets = is_any_packet(env.cregs()[insn.dst]) && is_any_packet(env.cregs()[insn.src]);
  if (!packets && is_pointer_value(env, insn.src)) return env.reject(diag::PtrComparisonProhibited{}, insn.src);
  return kOk;
}

}  // namespace

Outcome step_jmp(Env& env, const isa::Insn& insn) {
  if (isa::insn_op(insn.code) == isa::BPF_JA || isa::insn_op(insn.code) > isa::BPF_JCOND)
    return env.reject(diag::InvalidJmpOpcode{}, u32(isa::insn_op(insn.code)));
  if (isa::insn_op(insn.code) == isa::BPF_JCOND) return step_may_goto(env, insn);
  SKEP_TRY(check_operands(env, insn));
  bool is_x = isa::insn_is_x(insn.code), is32 = isa::insn_class(insn.code) == isa::BPF_JMP32;
  RegState imm;
  imm.mark_known_scalar(u64(s64(insn.imm)));
  const RegState& dst = env.cregs()[insn.dst];
  const RegState& src = is_x ? env.cregs()[insn.src] : imm;
  u32 flags = dst.type == PTR_TO_STACK ? u32(kHistDstStackPtr) : 0;
  if (is_x && src.type == PTR_TO_STACK) flags |= kHistSrcStackPtr;
  if (flags) push_jmp_history(env, *env.cur, flags, 0);
  int outcome = predict(env, jmp_op(insn.code), dst, src, is32);
  if (outcome >= 0) return follow_predicted(env, insn, outcome == 1);
  return split_paths(env, insn, imm, is32);
}

namespace {

Outcome step_goto(Env& env, const isa::Insn& insn) {
  bool is_long = isa::insn_class(insn.code) == isa::BPF_JMP32;
  if (isa::insn_is_x(insn.code) || insn.src || insn.dst || (is_long ? insn.off != 0 : insn.imm != 0))
    return env.reject(diag::JaReservedFields{});
  env.insn_idx += 1 + isa::goto_offset(insn);
  return kOk;
}

}  // namespace

Outcome step_jmp_class(Env& env, const isa::Insn& insn) {
  env.jmps_processed++;
  switch (isa::insn_op(insn.code)) {
    case isa::BPF_CALL: return step_call(env, insn);
    case isa::BPF_JA: return step_goto(env, insn);
    case isa::BPF_EXIT: return step_exit(env, insn);
    default: return step_jmp(env, insn);
  }
}

}  // namespace skep::verifier
