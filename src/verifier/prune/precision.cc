// Precision (spec: exploration.md 6): when the exact value of a scalar decided something, the states the path came
// through must remember that it did, so that pruning does not equate other values with it. The walk goes backwards over
// the path's history, insn by insn and checkpoint by checkpoint, following the value to where it came from.
#include <bit>

#include "verifier/call/call.h"
#include "verifier/flow.h"
#include "verifier/observer.h"
#include "verifier/print_state.h"
#include "verifier/prune/prune.h"

namespace skep::verifier {

namespace {

constexpr u32 kArgRegs = 0x3e;  // r1-r5

// Wanted registers and slots, per frame; `frame` is the one being walked.
struct Wanted {
  u32 frame = 0;
  u32 regs[kMaxFrames] = {};
  u64 slots[kMaxFrames] = {};

  bool empty() const {
    u64 any = 0;
    for (u32 f = 0; f <= frame; f++) any |= regs[f] | slots[f];
    return !any;
  }
  bool has(u32 regno) const { return regs[frame] >> regno & 1; }
  void set(u32 regno) { regs[frame] |= 1u << regno; }
  void clear(u32 regno) { regs[frame] &= ~(1u << regno); }
};

enum class Back { Ok, Unsupported, Bug };

std::string reg_mask_str(u32 mask) {
  std::string text;
  for (int r = 0; r < 32; r++)
    if (mask >> r & 1) text += fmt::format("{}r{}", text.empty() ? "" : ",", r);
  return text;
}

std::string slot_mask_str(u64 mask) {
  std::string text;
  for (int s = 0; s < 64; s++)
    if (mask >> s & 1) text += fmt::format("{}{}", text.empty() ? "" : ",", -(s + 1) * kSlotBytes);
  return text;
}

bool calls_callback(const Env& env, int insn_idx) { return env.aux[insn_idx].calls_callback; }

// One backward walk.
class Backtracker {
 public:
  Backtracker(Env& env, VerifierState& start, bool* changed, bool quiet = false)
      : env_(env), start_(start), changed_(changed), prints_(env.log.level2() && !quiet) {
    wanted_.frame = start.curframe;
  }
  // What is wanted is what `old` wants, which covers `start`.
  void wanted_by(const VerifierState& old) { from_ = &old; }
  Wanted& wanted() { return wanted_; }
  Outcome run();

 private:
  bool goes_over(int i, const JmpHistEntry* hist) const {
    return !prints_ && !((wanted_.regs[wanted_.frame] | kPrecisionAlways) & env_.aux[i].precision_regs) &&
           (!hist || !(hist->linked_regs | (hist->flags & kHistStackAccess)));
  }
  Back step(int i, int subseq, const JmpHistEntry* hist);
  Back step_insn(const isa::Insn& insn, int i, int subseq, const JmpHistEntry* hist);
  Back step_alu(const isa::Insn& insn);
  Back step_load(const isa::Insn& insn, const JmpHistEntry* hist);
  Back step_store(const isa::Insn& insn, const JmpHistEntry* hist);
  Back step_fetch(const JmpHistEntry* hist);
  Back step_ld(const isa::Insn& insn, int i, int subseq);
  Back step_jmp(const isa::Insn& insn, int i, int subseq, const JmpHistEntry* hist);
  Back step_call(const isa::Insn& insn, int i, int subseq);
  Back step_static_call(int i);
  Back step_exit(int subseq);
  Back step_cond(const isa::Insn& insn, const JmpHistEntry* hist);
  Back enter_callee();
  void sync_linked(const JmpHistEntry* hist);
  bool at_run_start(VerifierState& st, Outcome& result);
  void mark_parent(VerifierState& st);
  void set_precise(RegState& reg) {
    reg.precise = true;
    if (changed_) *changed_ = true;
  }
  void tell(const VerifierState& st, u32 f, int r, int s) {
    if (env_.options.observer) env_.options.observer->made_precise(env_, st, f, r, s, from_);
  }
  Back bug(std::string text) {
    env_.log.print("verifier bug: {}\n", text);
    return Back::Bug;
  }

  Env& env_;
  VerifierState& start_;
  bool* changed_;
  bool prints_;
  const VerifierState* from_ = nullptr;
  Wanted wanted_;
};

void Backtracker::sync_linked(const JmpHistEntry* hist) {
  if (!hist || !hist->linked_regs) return;
  LinkedRegs linked = unpack_linked_regs(hist->linked_regs);
  bool any = false;
  for (int k = 0; k < linked.count; k++) {
    const LinkedReg& e = linked.entries[k];
    any |= e.is_reg ? wanted_.regs[e.frameno] >> e.regno_or_spi & 1 : wanted_.slots[e.frameno] >> e.regno_or_spi & 1;
  }
  if (!any) return;
  for (int k = 0; k < linked.count; k++) {
    const LinkedReg& e = linked.entries[k];
    if (e.is_reg)
      wanted_.regs[e.frameno] |= 1u << e.regno_or_spi;
    else
      wanted_.slots[e.frameno] |= u64{1} << e.regno_or_spi;
  }
}

Back Backtracker::step_alu(const isa::Insn& insn) {
  if (!wanted_.has(insn.dst)) return Back::Ok;
  u8 op = isa::insn_op(insn.code);
  if (op == isa::BPF_END || op == isa::BPF_NEG) return Back::Ok;
  if (op == isa::BPF_MOV) wanted_.clear(insn.dst);
  if (isa::insn_is_x(insn.code) && insn.src != isa::kFramePtr) wanted_.set(insn.src);
  return Back::Ok;
}

Back Backtracker::step_load(const isa::Insn& insn, const JmpHistEntry* hist) {
  if (!wanted_.has(insn.dst)) return Back::Ok;
  wanted_.clear(insn.dst);
  if (hist && (hist->flags & kHistStackAccess))
    wanted_.slots[hist_frame(hist->flags)] |= u64{1} << hist_spi(hist->flags);
  return Back::Ok;
}

// An atomic fetch is a load too: a value fetched from the stack came from the slot (stricter than Linux 6.18.44, which
// loses it there: CVE-2026-43009). The register stays wanted, as in Linux, which takes the fetch for a store only: then
// everything fetched from other memory is as precise as there, and the counts are the same.
Back Backtracker::step_fetch(const JmpHistEntry* hist) {
  if (hist && (hist->flags & kHistStackAccess))
    wanted_.slots[hist_frame(hist->flags)] |= u64{1} << hist_spi(hist->flags);
  return Back::Ok;
}

Back Backtracker::step_store(const isa::Insn& insn, const JmpHistEntry* hist) {
  if (isa::is_atomic_load(insn)) return step_load(insn, hist);
  bool fetches = isa::is_atomic(insn) && insn.imm != isa::BPF_STORE_REL && (insn.imm & isa::BPF_FETCH);
  u32 fetched = insn.imm == isa::BPF_CMPXCHG ? 0 : insn.src;
  if (fetches && wanted_.has(fetched)) return step_fetch(hist);
  if (wanted_.has(insn.dst)) return Back::Unsupported;  // a pointer cannot be wanted: the arithmetic went over our head
  if (!hist || !(hist->flags & kHistStackAccess)) return Back::Ok;
  u64 slot = u64{1} << hist_spi(hist->flags);
  u64& slots = wanted_.slots[hist_frame(hist->flags)];
  if (!(slots & slot)) return Back::Ok;
  slots &= ~slot;
  if (isa::insn_class(insn.code) == isa::BPF_STX) wanted_.set(insn.src);
  return Back::Ok;
}

Back Backtracker::step_ld(const isa::Insn& insn, int i, int subseq) {
  u8 mode = isa::insn_mode(insn.code);
  bool is_skb_load = mode == isa::BPF_ABS || mode == isa::BPF_IND;
  // A load from the packet that fails leaves its function.
  if (is_skb_load && subseq >= 0 && subseq - i != 1) return enter_callee();
  if (!wanted_.has(insn.dst)) return Back::Ok;
  wanted_.clear(insn.dst);
  return is_skb_load ? Back::Unsupported : Back::Ok;
}

Back Backtracker::enter_callee() {
  if (wanted_.frame + 1 >= kMaxFrames)
    return bug(fmt::format("backtracking: subprog enter from frame {}", wanted_.frame));
  wanted_.frame++;
  return Back::Ok;
}

// Backwards out of a static function through its call: what it wanted of its arguments, the caller's registers must
// provide.
Back Backtracker::step_static_call(int i) {
  u32 regs = wanted_.regs[wanted_.frame];
  if ((regs & ~kArgRegs) || wanted_.slots[wanted_.frame])
    return bug(fmt::format("static subprog leftover regs {:x} at {}", regs, i));
  wanted_.regs[wanted_.frame] = 0;
  wanted_.frame--;
  wanted_.regs[wanted_.frame] |= regs;
  return Back::Ok;
}

Back Backtracker::step_call(const isa::Insn& insn, int i, int subseq) {
  u32 regs = wanted_.regs[wanted_.frame];
  if (isa::is_pseudo_call(insn)) {
    int callee = env_.find_subprog(u32(i + insn.imm + 1));
    if (callee < 0) return Back::Bug;
    if (!env_.subprogs[callee].is_global) return step_static_call(i);
    wanted_.clear(0);
    return regs & kArgRegs ? bug(fmt::format("global subprog unexpected regs {:x}", regs)) : Back::Ok;
  }
  if (calls_callback(env_, i) && subseq != i + 1 && wanted_.frame) {
    // Backwards out of a callback: its arguments are unknown anyway.
    if ((regs & ~kArgRegs) || wanted_.slots[wanted_.frame])
      return bug(fmt::format("callback unexpected regs {:x}", regs));
    wanted_.regs[wanted_.frame] = 0;
    wanted_.frame--;
    return Back::Ok;
  }
  if (isa::is_kfunc_call(insn) && insn.imm == 0) return Back::Unsupported;
  wanted_.clear(0);
  if (wanted_.regs[wanted_.frame] & kArgRegs) return bug(fmt::format("backtracking call unexpected regs {:x}", regs));
  bool left_by_tail_call = is_tail_call(env_, insn) && subseq - i != 1;
  return left_by_tail_call ? enter_callee() : Back::Ok;
}

Back Backtracker::step_exit(int subseq) {
  if (subseq >= 0 && calls_callback(env_, subseq)) wanted_.regs[wanted_.frame] &= ~kArgRegs;
  if (wanted_.regs[wanted_.frame] & kArgRegs)
    return bug(fmt::format("backtracking exit unexpected regs {:x}", wanted_.regs[wanted_.frame]));
  bool wants_r0 = subseq >= 1 && isa::is_pseudo_call(env_.insns[subseq - 1]) && wanted_.has(0);
  wanted_.clear(0);
  Back result = enter_callee();
  if (result == Back::Ok && wants_r0) wanted_.set(0);
  return result;
}

Back Backtracker::step_cond(const isa::Insn& insn, const JmpHistEntry* hist) {
  if (isa::is_may_goto(insn) || !isa::insn_is_x(insn.code)) return Back::Ok;
  if (!wanted_.has(insn.dst) && !wanted_.has(insn.src)) return Back::Ok;
  u32 flags = hist ? hist->flags : 0;
  if (!(flags & kHistDstStackPtr)) wanted_.set(insn.dst);
  if (!(flags & kHistSrcStackPtr)) wanted_.set(insn.src);
  return Back::Ok;
}

Back Backtracker::step_jmp(const isa::Insn& insn, int i, int subseq, const JmpHistEntry* hist) {
  if (isa::is_call(insn)) return step_call(insn, i, subseq);
  if (isa::is_exit(insn)) return step_exit(subseq);
  return isa::is_goto(insn) ? Back::Ok : step_cond(insn, hist);
}

Back Backtracker::step_insn(const isa::Insn& insn, int i, int subseq, const JmpHistEntry* hist) {
  switch (isa::insn_class(insn.code)) {
    case isa::BPF_ALU:
    case isa::BPF_ALU64: return step_alu(insn);
    case isa::BPF_LDX: return step_load(insn, hist);
    case isa::BPF_ST:
    case isa::BPF_STX: return step_store(insn, hist);
    case isa::BPF_LD: return step_ld(insn, i, subseq);
    default: return step_jmp(insn, i, subseq, hist);
  }
}

Back Backtracker::step(int i, int subseq, const JmpHistEntry* hist) {
  const isa::Insn& insn = env_.insns[i];
  if (insn.code == 0) return Back::Ok;
  if (prints_) {
    env_.log.print("mark_precise: frame{}: regs={} stack={} before {}: ", wanted_.frame,
                   reg_mask_str(wanted_.regs[wanted_.frame]), slot_mask_str(wanted_.slots[wanted_.frame]), i);
    env_.log.write(disassemble_insn(env_, i) + "\n");
  }
  sync_linked(hist);
  Back result = step_insn(insn, i, subseq, hist);
  if (result == Back::Ok) sync_linked(hist);
  return result;
}

// The beginning of a run: only arguments of a global function can still be wanted.
bool Backtracker::at_run_start(VerifierState& st, Outcome& result) {
  const FuncState& frame = st.cframe(0);
  u32 regs = wanted_.regs[wanted_.frame];
  bool global_entry = st.curframe == 0 && frame.subprogno > 0 && frame.callsite == -1;
  if (!global_entry || wanted_.slots[wanted_.frame] || (regs & ~kArgRegs)) {
    result = env_.verifier_bug(fmt::format("backtracking func entry subprog {} reg_mask {:x} stack_mask {:x}",
                                           frame.subprogno, regs, wanted_.slots[wanted_.frame]));
    return true;
  }
  for (u32 r = 0; r < isa::kNumRegs; r++)
    if ((regs >> r & 1) && frame.regs[r].type == SCALAR_VALUE) set_precise(st.frame(0).regs[r]);
  result = kOk;
  return true;
}

// A checkpoint on the way: what is wanted there becomes precise; what is no scalar or already precise needs no more
// walking.
void Backtracker::mark_parent(VerifierState& st) {
  for (int f = int(wanted_.frame); f >= 0; f--) {
    for (u32 r = 0; r < isa::kNumRegs; r++) {
      if (!(wanted_.regs[f] >> r & 1)) continue;
      const RegState& reg = st.cframe(u32(f)).regs[r];
      if (reg.type != SCALAR_VALUE || reg.precise) {
        wanted_.regs[f] &= ~(1u << r);
        continue;
      }
      set_precise(st.frame(u32(f)).regs[r]);
      tell(st, u32(f), int(r), -1);
    }
    for (u64 rest = wanted_.slots[f]; rest; rest &= rest - 1) {
      size_t s = size_t(std::countr_zero(rest));
      const FuncState& frame = st.cframe(u32(f));
      bool done = s >= frame.stack.size() || !frame.stack[s].is_spilled_scalar() || frame.stack[s].spilled().precise;
      if (done) {
        wanted_.slots[f] &= ~(u64{1} << s);
        continue;
      }
      set_precise(st.frame(u32(f)).stack[s].reg.mut());
      tell(st, u32(f), -1, int(s));
    }
    if (!prints_) continue;
    env_.log.print("mark_precise: frame{}: parent state regs={} ", f, reg_mask_str(wanted_.regs[f]));
    env_.log.print("stack={}: ", slot_mask_str(wanted_.slots[f]));
    print_verifier_state(env_, st, u32(f), true);
  }
}

// Steps back from insn i in the state's history; `left` entries of it remain. False: the state's first insn is reached.
bool step_back(const VerifierState& st, int& i, size_t& left) {
  const auto& history = st.jmp_history;
  if (i == st.first_insn_idx && (left == 0 || (left == 1 && history[0].idx == i))) return false;
  if (left && history[left - 1].idx == i)
    i = history[--left].prev_idx;
  else
    i--;
  return true;
}

Outcome Backtracker::run() {
  if (wanted_.empty()) return kOk;
  VerifierState* st = &start_;
  int first = st->first_insn_idx, last = st->insn_idx, subseq = -1;
  bool skip_first = true;
  for (;;) {
    if (prints_)
      env_.log.print("mark_precise: frame{}: last_idx {} first_idx {} subseq_idx {} \n", wanted_.frame, last, first,
                     subseq);
    Outcome at_start;
    if (last < 0 && at_run_start(*st, at_start)) return at_start;
    size_t left = st->jmp_history.size();
    for (int i = last;;) {
      Back result = Back::Ok;
      if (skip_first) {
        skip_first = false;
      } else {
        bool has_entry = left && st->jmp_history[left - 1].idx == i;
        const JmpHistEntry* hist = has_entry ? &st->jmp_history[left - 1] : nullptr;
        if (!goes_over(i, hist)) {
          result = step(i, subseq, hist);
          if (result == Back::Ok && wanted_.empty()) return kOk;
        }
      }
      if (result == Back::Unsupported) {
        mark_all_scalars_precise(env_, start_);
        return kOk;
      }
      if (result == Back::Bug) return Outcome::error(EFAULT);
      subseq = i;
      if (!step_back(*st, i, left)) break;
      if (i < 0 || i >= int(env_.insns.size())) return env_.verifier_bug(fmt::format("backtracking idx {}", i));
    }
    st = st->parent;
    if (!st) break;
    mark_parent(*st);
    if (wanted_.empty()) return kOk;
    subseq = first;
    last = st->last_insn_idx;
    first = st->first_insn_idx;
  }
  mark_all_scalars_precise(env_, start_);
  return kOk;
}

}  // namespace

Outcome mark_chain_precision(Env& env, int regno) {
  if (!env.bpf_capable) return kOk;
  if (!env.cregs()[regno].is_scalar()) return env.verifier_bug("backtracking misuse");  // bpf_loop(pointer, ...)
  Backtracker walk(env, *env.cur, nullptr);
  walk.wanted().set(u32(regno));
  return walk.run();
}

Outcome mark_chain_precision_quietly(Env& env, int regno) {
  if (!env.bpf_capable) return kOk;
  Backtracker walk(env, *env.cur, nullptr, true);
  walk.wanted().set(u32(regno));
  return walk.run();
}

Outcome mark_chain_precision_slot(Env& env, u32 frameno, int spi) {
  if (!env.bpf_capable) return kOk;
  Backtracker walk(env, *env.cur, nullptr);
  walk.wanted().slots[frameno] |= u64{1} << spi;
  return walk.run();
}

// Every scalar of every ancestor: when the walk cannot follow a value.
void mark_all_scalars_precise(Env& env, VerifierState& from) {
  if (env.log.level2())
    env.log.print("mark_precise: frame{}: falling back to forcing all scalars precise\n", from.curframe);
  auto imprecise = [](const RegState& reg) { return reg.type == SCALAR_VALUE && !reg.precise; };
  for (VerifierState* st = from.parent; st && !st->all_precise; st = st->parent) {
    st->all_precise = true;
    for (u32 f = 0; f <= st->curframe; f++) {
      for (int r = 0; r < isa::kFramePtr; r++) {
        if (!imprecise(st->cframe(f).regs[r])) continue;
        st->frame(f).regs[r].precise = true;
        if (env.log.level2()) env.log.print("force_precise: frame{}: forcing r{} to be precise\n", f, r);
      }
      for (size_t s = 0; s < st->cframe(f).stack.size(); s++) {
        const StackSlot& slot = st->cframe(f).stack[s];
        if (!slot.is_spilled_scalar() || !imprecise(slot.spilled())) continue;
        st->frame(f).stack[s].reg.mut().precise = true;
        if (env.log.level2())
          env.log.print("force_precise: frame{}: forcing fp{} to be precise\n", f, -int(s + 1) * kSlotBytes);
      }
    }
  }
}

void mark_all_scalars_imprecise(VerifierState& state) {
  for (u32 f = 0; f <= state.curframe; f++) {
    for (int r = 0; r < isa::kNumRegs; r++)
      if (state.cframe(f).regs[r].precise && state.cframe(f).regs[r].type == SCALAR_VALUE)
        state.frame(f).regs[r].precise = false;
    for (size_t s = 0; s < state.cframe(f).stack.size(); s++) {
      const StackSlot& slot = state.cframe(f).stack[s];
      if (slot.is_spilled_scalar() && slot.spilled().precise) state.frame(f).stack[s].reg.mut().precise = false;
    }
  }
}

namespace {

// Wants what is precise in frame f of `old`; prints "frame 0: propagating r4,fp-16".
void want_precise_of(Env& env, const FuncState& old, u32 f, Wanted& wanted) {
  bool first = true;
  auto print = [&](const char* name, int n) {
    if (env.log.level2()) {
      if (first)
        env.log.print("frame {}: propagating {}{}", f, name, n);
      else
        env.log.print(",{}{}", name, n);
    }
    first = false;
  };
  for (int r = 0; r < isa::kFramePtr; r++) {
    if (old.regs[r].type != SCALAR_VALUE || !old.regs[r].precise) continue;
    print("r", r);
    wanted.regs[f] |= 1u << r;
  }
  for (size_t s = 0; s < old.stack.size(); s++) {
    if (!old.stack[s].is_spilled_scalar() || !old.stack[s].spilled().precise) continue;
    print("fp", -int(s + 1) * kSlotBytes);
    wanted.slots[f] |= u64{1} << s;
  }
  if (!first) env.log.print("\n");
}

}  // namespace

Outcome propagate_precision(Env& env, const VerifierState& old, VerifierState& cur, bool* changed) {
  if (!env.bpf_capable) return kOk;
  Backtracker walk(env, cur, changed);
  walk.wanted_by(old);
  for (int f = int(old.curframe); f >= 0; f--) want_precise_of(env, old.cframe(u32(f)), u32(f), walk.wanted());
  return walk.run();
}

}  // namespace skep::verifier
