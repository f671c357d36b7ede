// When an old state covers the current one (spec: exploration.md 4): everything safe from the old is then safe from the
// current, and the path is pruned.
#include "verifier/prune/prune.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace skep::verifier {

namespace {

// Maps ids of the old state to ids of the current one, built while comparing.
class IdMap {
 public:
  explicit IdMap(u32 id_gen) : next_temporary_(id_gen) {}

  bool check(u32 old_id, u32 cur_id) {
    if (!old_id && !cur_id) return true;
    if (!old_id || !cur_id) return false;
    for (int i = 0; i < count_; i++) {
      if (pairs_[i].old_id == old_id) return pairs_[i].cur_id == cur_id;
      if (pairs_[i].cur_id == cur_id) return false;
    }
    if (count_ == kCapacity) return false;
    pairs_[count_++] = {old_id, cur_id};
    return true;
  }
  // Scalars: an unlinked current value fits any link that nothing else took.
  bool check_scalar(u32 old_id, u32 cur_id) {
    if (!old_id) return true;
    return check(old_id, cur_id ? cur_id : ++next_temporary_);
  }

 private:
  static constexpr int kCapacity = (isa::kNumRegs + kMaxSlots) * kMaxFrames;
  struct Pair {
    u32 old_id, cur_id;
  };
  Pair pairs_[kCapacity];
  int count_ = 0;
  u32 next_temporary_;
};

bool regs_exact(const RegState& old, const RegState& cur, IdMap& ids) {
  return old.equal_before_id(cur) && ids.check(old.id, cur.id) && ids.check(old.ref_obj_id, cur.ref_obj_id);
}

bool value_within(const RegState& old, const RegState& cur) { return domain::range_within(old.var, cur.var); }

bool same_type_data(const RegState& old, const RegState& cur) {
  return old.type == cur.type && old.off == cur.off && old.data.word[0] == cur.data.word[0] &&
         old.data.word[1] == cur.data.word[1];
}

bool scalar_ids_match(const RegState& old, const RegState& cur, IdMap& ids) {
  if (!old.id) return true;
  if ((old.id & BPF_ADD_CONST) != (cur.id & BPF_ADD_CONST)) return false;
  if (!(old.id & BPF_ADD_CONST)) return ids.check_scalar(old.id, cur.id);
  return old.off == cur.off && ids.check_scalar(old.id, cur.id) && ids.check_scalar(old.base_id(), cur.base_id());
}

bool scalar_safe(const Env& env, const RegState& old, const RegState& cur, IdMap& ids, ExactLevel level) {
  if (env.explore_alu_limits) return old.equal_before_id(cur) && ids.check_scalar(old.id, cur.id);
  if (level == ExactLevel::NotExact && !old.precise && !env.options.all_precise) return true;
  return scalar_ids_match(old, cur, ids) && value_within(old, cur);
}

bool packet_safe(const RegState& old, const RegState& cur, IdMap& ids) {
  s32 o = old.pkt.range, c = cur.pkt.range;
  if (o < 0 || c < 0 ? o != c : o > c) return false;
  return old.off == cur.off && ids.check(old.id, cur.id) && value_within(old, cur);
}

bool regsafe(const Env& env, const RegState& old, const RegState& cur, IdMap& ids, ExactLevel level) {
  if (level == ExactLevel::Exact) return regs_exact(old, cur, ids);
  if (old.type == NOT_INIT && (level == ExactLevel::NotExact || cur.type == NOT_INIT)) return true;
  if (old.type != cur.type) return false;
  switch (old.base()) {
    case SCALAR_VALUE: return scalar_safe(env, old, cur, ids, level);
    case PTR_TO_MAP_KEY:
    case PTR_TO_MAP_VALUE:
    case PTR_TO_MEM:
    case PTR_TO_BUF:
    case PTR_TO_TP_BUFFER:
      return same_type_data(old, cur) && value_within(old, cur) && ids.check(old.id, cur.id) &&
             ids.check(old.ref_obj_id, cur.ref_obj_id);
    case PTR_TO_PACKET_META:
    case PTR_TO_PACKET: return packet_safe(old, cur, ids);
    case PTR_TO_STACK: return regs_exact(old, cur, ids) && old.frameno == cur.frameno;
    case PTR_TO_ARENA: return true;
    default: return regs_exact(old, cur, ids);
  }
}

const RegState& unbound_scalar() {
  static const RegState kUnbound = [] {
    RegState reg;
    reg.mark_unknown(false);
    return reg;
  }();
  return kUnbound;
}

// A slot seen as one scalar: a whole spilled scalar, or eight bytes of anything.
const RegState* scalar_view(const Env& env, const StackSlot& slot) {
  if (slot.is_full_scalar_spill()) return &slot.spilled();
  for (u8 type : slot.slot_type)
    if (type != STACK_MISC && (type != STACK_INVALID || !env.allow_uninit_stack)) return nullptr;
  return &unbound_scalar();
}

bool objects_match(const Env& env, const StackSlot& old, const StackSlot& cur, IdMap& ids, ExactLevel level) {
  const RegState &o = old.spilled(), &c = cur.spilled();
  switch (old.slot_type[kSlotBytes - 1]) {
    case STACK_SPILL: return regsafe(env, o, c, ids, level);
    case STACK_DYNPTR:
      return o.dynptr.type == c.dynptr.type && o.dynptr.first_slot == c.dynptr.first_slot &&
             ids.check(o.ref_obj_id, c.ref_obj_id);
    case STACK_ITER:
      return o.type == c.type && o.iter.types == c.iter.types && o.iter.id == c.iter.id &&
             o.iter.state == c.iter.state && ids.check(o.ref_obj_id, c.ref_obj_id);
    case STACK_IRQ_FLAG: return ids.check(o.ref_obj_id, c.ref_obj_id) && o.irq.kfunc_class == c.irq.kfunc_class;
    default: return true;
  }
}

u64 type_bytes(const StackSlot& slot) {
  u64 bytes;
  std::memcpy(&bytes, slot.slot_type, sizeof bytes);
  return bytes;
}

// The very register that the old state saw, without an id that has to be mapped: it covers itself.
bool is_untouched(const StackSlot& old, const StackSlot& cur) {
  return old.reg.same(cur.reg) && type_bytes(old) == type_bytes(cur) && !old.spilled().id && !old.spilled().ref_obj_id;
}

// Bytes of one slot. Old bytes that nothing may rely on are skipped; the rest must agree byte by byte.
bool slot_safe(const Env& env, const StackSlot& old, const StackSlot* cur, IdMap& ids, ExactLevel level) {
  if (level != ExactLevel::NotExact && (!cur || type_bytes(old) != type_bytes(*cur))) return false;
  if (cur && is_untouched(old, *cur)) return true;
  bool viewed = false;
  for (int b = 0; b < kSlotBytes; b++) {
    u8 type = old.slot_type[b];
    if (type == STACK_INVALID || (type == STACK_MISC && env.allow_uninit_stack)) continue;
    if (!cur) return false;
    if (!viewed) {
      const RegState *old_view = scalar_view(env, old), *cur_view = old_view ? scalar_view(env, *cur) : nullptr;
      if (cur_view) return regsafe(env, *old_view, *cur_view, ids, level);
      viewed = true;
    }
    if (type == STACK_MISC && cur->slot_type[b] == STACK_ZERO) continue;
    if (type != cur->slot_type[b]) return false;
    if (b == kSlotBytes - 1 && !objects_match(env, old, *cur, ids, level)) return false;
  }
  return true;
}

bool stacksafe(const Env& env, const FuncState& old, const FuncState& cur, IdMap& ids, ExactLevel level) {
  size_t slots = old.stack.size(), have = cur.stack.size();
  for (size_t spi = 0; spi < slots; spi++) {
    const StackSlot& slot = old.stack[spi];
    if (!type_bytes(slot) && level == ExactLevel::NotExact) continue;
    if (!slot_safe(env, slot, spi < have ? &cur.stack[spi] : nullptr, ids, level)) return false;
  }
  return true;
}

bool refsafe(const VerifierState& old, const VerifierState& cur, IdMap& ids) {
  if (old.refs.size() != cur.refs.size() || old.active_locks != cur.active_locks ||
      old.active_preempt_locks != cur.active_preempt_locks || old.active_rcu_lock != cur.active_rcu_lock)
    return false;
  if (!ids.check(old.active_irq_id, cur.active_irq_id)) return false;
  if (!ids.check(old.active_lock_id, cur.active_lock_id) || old.active_lock_ptr != cur.active_lock_ptr) return false;
  for (size_t i = 0; i < old.refs.size(); i++) {
    const Reference &o = old.refs[i], &c = cur.refs[i];
    if (!ids.check(o.id, c.id) || o.kind != c.kind) return false;
    if ((u32(o.kind) & kLockRefKinds) && o.object != c.object) return false;
  }
  return true;
}

bool func_states_equal(const Env& env, const FuncState& old, const FuncState& cur, u16 live, IdMap& ids,
                       ExactLevel level, u8& bad_reg) {
  if (old.callback_depth > cur.callback_depth) return false;
  for (u32 rest = live; rest; rest &= rest - 1) {
    int r = std::countr_zero(rest);
    if (r >= isa::kNumRegs) break;
    if (regsafe(env, old.regs[r], cur.regs[r], ids, level)) continue;
    bad_reg = u8(r);
    return false;
  }
  return stacksafe(env, old, cur, ids, level);
}

// The registers of frame f that are compared: those read later, or, where the kernel does not know them beforehand, all
// where exactness is asked for.
u16 compared_regs(const Env& env, const VerifierState& state, u32 f, ExactLevel level) {
  if (level != ExactLevel::NotExact && !env.target.features().static_liveness) return u16(~0u);
  return env.aux[state.frame_insn_idx(f)].live_regs_before;
}

// The register that differed last differs whatever ids the others map to.
bool differs_as_before(const Env& env, const VerifierState& old, const VerifierState& cur, ExactLevel level,
                       const Mismatch& last) {
  u32 f = last.frame, r = last.reg;
  if (f > old.curframe || !(compared_regs(env, old, f, level) >> r & 1)) return false;
  IdMap none(env.id_gen);
  return !regsafe(env, old.cframe(f).regs[r], cur.cframe(f).regs[r], none, level);
}

}  // namespace

bool states_equal(Env& env, const VerifierState& old, const VerifierState& cur, ExactLevel level, Mismatch& last) {
  if (old.curframe != cur.curframe) return false;
  if (old.speculative && !cur.speculative) return false;
  if (old.in_sleepable != cur.in_sleepable) return false;
  if (differs_as_before(env, old, cur, level, last)) return false;
  IdMap ids(env.id_gen);
  if (!refsafe(old, cur, ids)) return false;
  for (u32 f = 0; f <= old.curframe; f++) {
    if (old.cframe(f).callsite != cur.cframe(f).callsite) return false;
    if (func_states_equal(env, old.cframe(f), cur.cframe(f), compared_regs(env, old, f, level), ids, level, last.reg))
      continue;
    last.frame = u8(f);
    return false;
  }
  return true;
}

std::vector<Difference> differences(const Env& env, const VerifierState& old, const VerifierState& cur,
                                    ExactLevel level) {
  using What = Difference::What;
  if (old.curframe != cur.curframe || old.in_sleepable != cur.in_sleepable) return {{What::Frames}};
  IdMap ids(env.id_gen);
  std::vector<Difference> found;
  if (!refsafe(old, cur, ids)) found.push_back({What::Held});
  for (u32 f = 0; f <= old.curframe; f++) {
    const FuncState &o = old.cframe(f), &c = cur.cframe(f);
    if (o.callsite != c.callsite || o.callback_depth > c.callback_depth) found.push_back({What::Frames, f});
    for (u32 rest = compared_regs(env, old, f, level) & ((1u << isa::kNumRegs) - 1); rest; rest &= rest - 1) {
      const int r = std::countr_zero(rest);
      if (!regsafe(env, o.regs[r], c.regs[r], ids, level)) found.push_back({What::Reg, f, r});
    }
    for (size_t s = 0; s < o.stack.size(); s++) {
      if (!type_bytes(o.stack[s]) && level == ExactLevel::NotExact) continue;
      const StackSlot* now = s < c.stack.size() ? &c.stack[s] : nullptr;
      if (!slot_safe(env, o.stack[s], now, ids, level)) found.push_back({What::Slot, f, int(s)});
    }
  }
  return found;
}

bool regs_exact_top_frame(const VerifierState& old, const VerifierState& cur, Mismatch& last) {
  if (old.curframe != cur.curframe) return false;
  const RegState *o = old.ccur().regs, *c = cur.ccur().regs;
  auto exact = [&](int r) {
    return o[r].equal_before_id(c[r]) && o[r].id == c[r].id && o[r].ref_obj_id == c[r].ref_obj_id;
  };
  if (!exact(last.exact_reg)) return false;
  for (int r = 0; r < isa::kNumRegs; r++) {
    if (exact(r)) continue;
    last.exact_reg = u8(r);
    return false;
  }
  return true;
}

void widen_imprecise_scalars(Env& env, const VerifierState& old, VerifierState& cur) {
  IdMap ids(env.id_gen);
  auto must_widen = [&](const RegState& o, const RegState& c) {
    return o.type == SCALAR_VALUE && c.type == SCALAR_VALUE && !o.precise && !c.precise && !regs_exact(o, c, ids);
  };
  for (int f = int(old.curframe); f >= 0; f--) {
    for (int r = 0; r < isa::kNumRegs; r++)
      if (must_widen(old.cframe(u32(f)).regs[r], cur.cframe(u32(f)).regs[r]))
        cur.frame(u32(f)).regs[r].mark_unknown(!env.bpf_capable);
    size_t slots = std::min(old.cframe(u32(f)).stack.size(), cur.cframe(u32(f)).stack.size());
    for (size_t s = 0; s < slots; s++) {
      const StackSlot &o = old.cframe(u32(f)).stack[s], &c = cur.cframe(u32(f)).stack[s];
      if (!o.is_spilled_reg() || !c.is_spilled_reg() || !must_widen(o.spilled(), c.spilled())) continue;
      cur.frame(u32(f)).stack[s].reg.mut().mark_unknown(!env.bpf_capable);
    }
  }
}

}  // namespace skep::verifier
