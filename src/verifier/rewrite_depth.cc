// See rewrite_depth.h. skep does not rewrite programs here; it counts what the rewriting would add. Measured on the
// running kernel (fuzz/): 24 bytes for inlined loops, 16 for may_goto (8 where the JIT has no timed one), nothing for
// either where the instruction goes away, and no entry for a subprogram that goes away.
#include "verifier/rewrite_depth.h"

#include <fmt/format.h>

namespace skep::verifier {
namespace {

constexpr u32 kInlinedLoopBytes = 24;  // three registers are saved
constexpr u32 kTimedMayGotoBytes = 16, kMayGotoBytes = 8;

// Which instructions are left after the removal of dead code and of jumps to the next instruction.
class Remaining {
 public:
  explicit Remaining(const Env& env) : env_(env), gone_(env.insns.size(), false) {
    if (!env.bpf_capable) return;
    for (size_t i = 0; i < gone_.size(); i++) {
      gone_[i] = !env.aux[i].seen;
      if (isa::is_ldimm64(env.insns[i]) && i + 1 < gone_.size()) gone_[i + 1] = gone_[i], i++;
    }
    remove_nops();
  }

  bool has(size_t i) const { return !gone_[i]; }

 private:
  // A jump, also one that is left of a condition with one dead side, whose target is the next instruction left.
  bool jumps_nowhere(size_t i) const {
    const isa::Insn& insn = env_.insns[i];
    if (isa::is_ldimm64(insn) || !isa::is_jmp_class(insn.code)) return false;
    const bool unconditional = insn.code == (isa::BPF_JMP | isa::BPF_JA);
    if (!unconditional && !isa::is_cond_jmp(insn)) return false;
    const s64 target = s64(i) + 1 + insn.off;
    if (!unconditional && !isa::is_may_goto(insn)) {
      if (target >= 0 && size_t(target) < gone_.size() && !env_.aux[size_t(target)].seen) return true;  // falls through
      if (i + 1 < gone_.size() && env_.aux[i + 1].seen) return false;  // both sides live
    }
    if (target <= s64(i)) return false;
    for (size_t k = i + 1; s64(k) < target && k < gone_.size(); k++)
      if (!gone_[k]) return false;
    return true;
  }

  // In one sweep, as the kernel; only a may_goto that went lets it look at the instruction before again.
  void remove_nops() {
    for (size_t i = 0; i < gone_.size(); i++) {
      if (gone_[i] || !jumps_nowhere(i)) continue;
      gone_[i] = true;
      if (!isa::is_may_goto(env_.insns[i])) continue;
      while (i > 0 && gone_[i]) i--;
      if (i > 0) i--;
    }
  }

  const Env& env_;
  std::vector<bool> gone_;
};

u32 rewritten_depth(const Env& env, u32 subprog, const Remaining& left, bool& any_left) {
  bool loops = false, may_goto = false;
  any_left = !env.bpf_capable;
  for (u32 i = env.subprogs[subprog].start; i < env.subprog_end(subprog); i++) {
    const isa::Insn& insn = env.insns[i];
    any_left |= env.aux[i].seen;
    const InsnExtra* extra = env.extra_of(i);
    loops |= extra && extra->loop_fit_for_inline;
    may_goto |= isa::is_may_goto(insn) && left.has(i);
    if (isa::is_ldimm64(insn)) i++;
  }
  u32 depth = env.subprogs[subprog].stack_depth;
  if (loops) depth = (depth + 7) / 8 * 8 + kInlinedLoopBytes;
  if (may_goto) depth += env.options.jit ? kTimedMayGotoBytes : kMayGotoBytes;
  return depth;
}

// The kernel's own callback for exceptions is one more function.
bool has_hidden_callback(const Env& env) { return env.seen_exception && env.exception_cb_subprog < 0; }

bool is_reached(const Env& env, u32 subprog) {
  for (u32 i = env.subprogs[subprog].start; i < env.subprog_end(subprog); i++)
    if (env.aux[i].seen) return true;
  return false;
}

}  // namespace

Outcome check_function_addresses(Env& env) {
  const u32 hidden = has_hidden_callback(env);
  if (!env.bpf_capable || env.subprogs.size() + hidden < 3) return kOk;
  u32 last = u32(env.subprogs.size()) - 1, reached = 0;
  if (is_reached(env, last)) return kOk;
  while (last > 0 && !is_reached(env, last - 1)) last--;  // the first of those that go from the end
  for (u32 s = 0; s < last; s++) reached += is_reached(env, s);
  if (reached + hidden < 2) return kOk;
  for (size_t i = 0; i < env.insns.size(); i++) {
    const isa::Insn& insn = env.insns[i];
    if (!isa::is_ldimm64(insn)) continue;
    const s64 target = s64(i) + 1 + insn.imm;
    if (isa::is_pseudo_func(insn) && env.aux[i].seen && target >= s64(env.subprogs[last].start)) {
      // Linux gives the place after all rewriting, which inlined helpers move; here it is that without them.
      const Remaining left(env);
      u32 place = 0;
      for (size_t k = 0; k < env.insns.size(); k++) place += left.has(k);
      return env.verifier_bug(fmt::format("No program to jit at insn {} (subprog < 0)", place));
    }
    i++;
  }
  return kOk;
}

std::vector<u32> reported_stack_depths(const Env& env, bool rewritten) {
  std::vector<u32> depths;
  if (!rewritten) {
    for (const SubprogInfo& subprog : env.subprogs) depths.push_back(subprog.stack_depth);
    return depths;
  }
  const Remaining left(env);
  for (u32 s = 0; s < env.subprogs.size(); s++) {
    bool any_left = false;
    const u32 depth = rewritten_depth(env, s, left, any_left);
    if (any_left) depths.push_back(depth);
  }
  if (has_hidden_callback(env)) depths.push_back(0);
  return depths;
}

}  // namespace skep::verifier
