// See counter.h. Of the states that one visit is compared with, the newest finished one counts, or, where all are still
// being followed, the newest: what differs from that is what kept the paths apart.
#include "verifier/profile/counter.h"

#include <algorithm>

namespace skep::verifier {
namespace {

constexpr size_t kMaxLoops = 64, kMaxValues = 8, kMaxSeen = 1 << 16;
// The visit whose values are looked at closely: the first ones come from before a loop.
constexpr u64 kSampleAt = 3;

u64 mix(u64 hash, u64 value) { return (hash ^ value) * 0x9e3779b97f4a7c15 ^ hash >> 29; }

u64 hash_of(const RegState& reg) {
  u64 hash = mix(reg.type, u64(u32(reg.off)));
  for (const u64 word : {reg.data.word[0], reg.data.word[1], reg.var.umin, reg.var.umax, u64(reg.var.smin),
                         u64(reg.var.smax), reg.var.var_off.value, reg.var.var_off.mask})
    hash = mix(hash, word);
  return hash;
}

u64 because_key(int insn, const ApartAt& at) {
  return u64(u32(insn)) << 16 | u64(at.frame) << 12 | u64(at.what == Difference::What::Slot) << 8 | u64(at.index);
}

bool is_value(const ApartAt& at) { return at.what == Difference::What::Reg || at.what == Difference::What::Slot; }

}  // namespace

const RegState* value_at(const VerifierState& state, const ApartAt& at) {
  if (!is_value(at) || at.frame > state.curframe) return nullptr;
  const FuncState& frame = state.cframe(at.frame);
  if (at.what == Difference::What::Reg) return &frame.regs[at.index];
  if (size_t(at.index) >= frame.stack.size()) return nullptr;
  const StackSlot& slot = frame.stack[size_t(at.index)];
  return slot.is_spilled_reg() ? &slot.spilled() : nullptr;
}

void Counter::started(Env& env, int) {
  insns.resize(env.insns.size());
  inside.resize(env.insns.size());
}

void Counter::before_step(Env& env) {
  apart_.any = false;
  const size_t insn = size_t(env.insn_idx);
  if (insn >= insns.size()) return;
  insns[insn]++;
  for (u32 f = 1; f <= env.cur->curframe; f++) {
    const int call = env.cur->cframe(f).callsite;
    if (call >= 0) inside[size_t(call)]++;
  }
  if (env.aux[insn].prune_point) points[int(insn)].visits++;
}

Outcome Counter::after_step(Env& env, Outcome outcome) {
  if (apart_.any) count_apart(env.insns_processed);
  processed = env.insns_processed;
  if (outcome.is_error() || env.insns_processed < max_insns_) return outcome;
  complete = false;
  return Outcome::error(E2BIG);
}

void Counter::saved(Env& env) { points[env.insn_idx].saved++; }

void Counter::merged(Env& env) {
  points[env.insn_idx].merged++;
  apart_.any = false;
}

void Counter::kept_apart(Env& env, const VerifierState& old) {
  const bool finished = old.branches == 0;
  if (apart_.any && (apart_.finished || !finished)) return;
  std::vector<Difference> where = differences(env, old, *env.cur, ExactLevel::NotExact);
  apart_.insn = env.insn_idx;
  apart_.any = true;
  apart_.finished = finished;
  apart_.unfinished = where.empty();
  if (apart_.unfinished) where = differences(env, old, *env.cur, ExactLevel::Exact);
  take_values(env, old, where);
}

// Of a state that is still being followed only numbers tell anything.
void Counter::take_values(const Env& env, const VerifierState& old, const std::vector<Difference>& where) {
  apart_.values.clear();
  for (const Difference& d : where) {
    const ApartAt at{d.what, d.frame, d.index};
    const RegState *before = value_at(old, at), *now = value_at(*env.cur, at);
    const bool numbers = before && now && before->is_scalar() && now->is_scalar();
    if (apart_.unfinished && !numbers) continue;
    apart_.values.push_back({at, now ? *now : not_init_reg(), numbers && before->precise});
  }
}

// The visit went on: what differed is counted.
void Counter::count_apart(u64 now) {
  PointCount& point = points[apart_.insn];
  point.apart++;
  point.unfinished += apart_.unfinished;
  for (const Value& value : apart_.values) {
    ApartCount& count = point.values[value.at];
    count.times++;
    count.alone += apart_.values.size() == 1;
    count.unfinished += apart_.unfinished;
    count.precise |= value.precise;
    if (count.times <= kSampleAt) count.sample = now;
    if (!is_value(value.at) || value.reg.type == NOT_INIT) continue;
    if (count.seen.size() >= kMaxSeen) {
      count.more |= !count.seen.count(hash_of(value.reg));
      continue;
    }
    if (count.seen.insert(hash_of(value.reg)).second && count.values.size() < kMaxValues)
      count.values.push_back(value.reg);
  }
}

// A value that matters because it does so to an equal state matters to the same instruction.
void Counter::made_precise(Env& env, const VerifierState& saved, u32 frame, int reg, int slot,
                           const VerifierState* from) {
  const ApartAt at{slot < 0 ? Difference::What::Reg : Difference::What::Slot, frame, slot < 0 ? reg : slot};
  const int because = from ? precise_because(from->insn_idx, at) : env.insn_idx;
  if (because >= 0) because_.try_emplace(because_key(saved.insn_idx, at), because);
}

int Counter::precise_because(int insn, const ApartAt& at) const {
  const auto found = because_.find(because_key(insn, at));
  return found == because_.end() ? -1 : found->second;
}

void Counter::finished(Env& env, Outcome outcome) {
  if (outcome.is_error())
    for (const PendingPath& path : env.pending) waiting[path.prev_insn_idx]++;
  insns.resize(env.insns.size());
  inside.resize(env.insns.size());
  if (!env.subprogs.empty()) loops = loops_of(env, insns, kMaxLoops);
}

}  // namespace skep::verifier
