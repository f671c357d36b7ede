// See machine.h. The instructions that compute, branch, and go from function to function.
#include "witness/machine.h"

#include <algorithm>

#include "verifier/explain/names.h"

namespace skep::witness {

using verifier::Loc;

namespace {

Op op_of(const isa::Insn& insn) {
  const bool is_signed = insn.off == 1;
  switch (isa::insn_op(insn.code)) {
    case isa::BPF_SUB: return Op::Sub;
    case isa::BPF_MUL: return Op::Mul;
    case isa::BPF_DIV: return is_signed ? Op::SDiv : Op::Div;
    case isa::BPF_MOD: return is_signed ? Op::SMod : Op::Mod;
    case isa::BPF_OR: return Op::Or;
    case isa::BPF_AND: return Op::And;
    case isa::BPF_XOR: return Op::Xor;
    case isa::BPF_LSH: return Op::Lsh;
    case isa::BPF_RSH: return Op::Rsh;
    case isa::BPF_ARSH: return Op::Arsh;
    default: return Op::Add;
  }
}

Relation relation_of(u8 code) {
  switch (isa::insn_op(code)) {
    case isa::BPF_JNE: return Relation::Ne;
    case isa::BPF_JGT: return Relation::Gt;
    case isa::BPF_JGE: return Relation::Ge;
    case isa::BPF_JLT: return Relation::Lt;
    case isa::BPF_JLE: return Relation::Le;
    case isa::BPF_JSGT: return Relation::Sgt;
    case isa::BPF_JSGE: return Relation::Sge;
    case isa::BPF_JSLT: return Relation::Slt;
    case isa::BPF_JSLE: return Relation::Sle;
    case isa::BPF_JSET: return Relation::Set;
    default: return Relation::Eq;
  }
}

}  // namespace

int first_step(const verifier::Env& env, const verifier::Trace& trace) {
  for (int i = trace.size() - 2; i >= 0; --i) {
    const isa::Insn& insn = env.insns[size_t(trace.step(i).insn)];
    const verifier::Step& next = trace.step(i + 1);
    const bool calls = isa::is_helper_call(insn) || isa::is_kfunc_call(insn);
    if (calls && next.frame == 0 && next.insn != trace.step(i).insn + 1 && env.find_subprog(u32(next.insn)) >= 0)
      return i + 1;
  }
  return 0;
}

Machine::Machine(Solver& solver, const verifier::Env& env, const verifier::Trace& trace, Clock::time_point deadline)
    : solver_(solver), env_(env), trace_(trace), deadline_(deadline) {}

bool Machine::fail(std::string why) {
  if (why_.empty()) why_ = std::move(why);
  return false;
}

bool Machine::run() {
  if (trace_.truncated()) return fail("the path is longer than is recorded");
  const int first = first_step(env_, trace_);
  begin(first);
  const int last = last_step(), failing_insn = trace_.step(last).insn;
  constexpr int kLookAtClock = 64;
  for (int i = first; i < last && why_.empty(); ++i) {
    if (trace_.step(i).insn == failing_insn) visits_.push_back(visit());
    if (i % kLookAtClock == 0 && Clock::now() > deadline_) return fail("time is up: the path is long");
    if (!step(i)) return fail("an instruction on the path is not modelled");
  }
  return why_.empty();
}

// The registers of the first function, as they were given.
void Machine::begin(int first) {
  enter(-1);
  const u32 subprog = env_.subprog_at(u32(trace_.step(first).insn));
  for (int r = 1; r <= 5; ++r) {
    const std::string parameter = verifier::parameter_name(env_, subprog, u32(r));
    const std::string name = parameter.empty() ? fmt::format("argument {}", r) : fmt::format("`{}`", parameter);
    supply_reg(-1, 0, r, unknown(trace_.reg_before(0, r, first), name, -1));
  }
}

// A new frame, called by step `i`.
void Machine::enter(int i) {
  Frame frame;
  frame.callsite = i < 0 ? -1 : trace_.step(i).insn;
  Object stack;
  stack.kind = Object::Kind::Stack;
  stack.words = "the stack";
  frame.stack = add_object(std::move(stack), 0);
  Object& made = scene_.objects.back();
  made.low = number(made.base - verifier::kMaxStack);
  made.high = number(made.base);
  frame.regs[isa::kFramePtr] = {number(made.base), frame.stack, true, false};
  frames_.push_back(std::move(frame));
}

void Machine::leave(int i) {
  const Value result = frames_.back().regs[0];
  const bool to_callback_call = trace_.step(i + 1).insn == frames_.back().callsite;
  frames_.pop_back();
  Frame& caller = frames_.back();
  if (to_callback_call) {
    caller.returned = result;
    caller.rounds++;
    look_for_generalisation(i);
    return;
  }
  caller.regs[0] = result;
  results_[i] = result;
}

// Where paths of a loop meet, the verifier forgets what differed from round to round.
void Machine::look_for_generalisation(int i) {
  const auto widened = [&](Loc loc) {
    const verifier::Change* now = trace_.change_before(loc, i + 1);
    if (!now || now->step != i || !now->reg.is_scalar()) return false;
    const verifier::Change* before = trace_.change_before(loc, i);
    return before && before->reg.is_scalar() && before->reg.var != now->reg.var;
  };
  for (u32 f = 0; f < frames_.size(); ++f) {
    for (int r = 6; r < isa::kFramePtr; ++r) generalised_ |= widened(Loc::of_reg(f, r));
    for (int s = 0; s < verifier::kMaxSlots; ++s) generalised_ |= widened(Loc::of_slot(f, s));
  }
}

Value Machine::watched(int step) const {
  const auto found = watched_.find(step);
  return found == watched_.end() ? Value() : found->second.second;
}

Value Machine::result_of(int step) const {
  const auto found = results_.find(step);
  return found == results_.end() ? Value() : found->second;
}

bool Machine::step(int i) {
  const isa::Insn& insn = env_.insns[size_t(trace_.step(i).insn)];
  if (const auto found = watched_.find(i); found != watched_.end())
    found->second.second = frames_.back().regs[found->second.first];
  if (trace_.step(i).frame + 1 != frames_.size()) return fail("the path enters or leaves a function in an unusual way");
  switch (isa::insn_class(insn.code)) {
    case isa::BPF_ALU:
    case isa::BPF_ALU64: return alu(insn);
    case isa::BPF_LDX: return load(i, insn);
    case isa::BPF_ST: return store(i, insn);
    case isa::BPF_STX: return isa::is_atomic(insn) ? atomic(i, insn) : store(i, insn);
    case isa::BPF_LD: return load_imm(i, insn);
    default: break;
  }
  if (isa::is_goto(insn)) return true;
  if (isa::is_call(insn)) return call(i, insn);
  if (!isa::is_exit(insn)) return branch(i, insn);
  if (frames_.size() < 2) return fail("the path goes on behind an exit");
  leave(i);
  return true;
}

// --- arithmetic
// -------------------------------------------------------------------------------------------------------

Value Machine::narrow(const Value& value, u8 bits) {
  Value out = value;
  if (bits >= value.bits.bits) return out;
  out.bits = solver_.extract(value.bits, 0, bits);
  out.from_address |= value.object != kNumber;
  out.object = kNumber;
  return out;
}

Value Machine::operand(const isa::Insn& insn, bool wide) {
  Value value{number(u64(s64(insn.imm))), kNumber, true, false};
  if (isa::insn_is_x(insn.code)) value = reg_of(insn, true);
  return wide ? value : narrow(value, 32);
}

bool Machine::alu(const isa::Insn& insn) {
  const bool wide = isa::insn_class(insn.code) == isa::BPF_ALU64;
  Value& dst = reg_of(insn, false);
  switch (isa::insn_op(insn.code)) {
    case isa::BPF_END: byte_order(insn); return true;
    case isa::BPF_MOV:
      if (isa::is_addr_space_cast(insn)) return fail("the path uses an arena");
      move(insn, wide);
      return true;
    case isa::BPF_NEG: {
      Value value = wide ? dst : narrow(dst, 32);
      value.from_address |= value.object != kNumber;
      value.object = kNumber;
      value.bits = solver_.extend(solver_.compute(Op::Sub, number(0, value.bits.bits), value.bits), 64, false);
      dst = value;
      return true;
    }
    default: return arithmetic(insn, wide);
  }
}

void Machine::move(const isa::Insn& insn, bool wide) {
  Value value = operand(insn, wide);
  if (isa::insn_is_x(insn.code) && insn.off) {  // movsx
    value = narrow(value, u8(insn.off));
    value.bits = solver_.extend(value.bits, wide ? 64 : 32, true);
  }
  value.bits = solver_.extend(value.bits, 64, false);
  reg_of(insn, false) = value;
}

void Machine::byte_order(const isa::Insn& insn) {
  constexpr u8 kByte = 8;
  Value& dst = reg_of(insn, false);
  Value value = narrow(dst, u8(insn.imm));
  const bool swaps = isa::insn_class(insn.code) == isa::BPF_ALU64 || (insn.code & isa::BPF_TO_BE);
  if (swaps) {
    Term swapped = solver_.extract(value.bits, 0, kByte);
    for (u32 at = kByte; at < u32(insn.imm); at += kByte)
      swapped = solver_.concat(swapped, solver_.extract(value.bits, at, kByte));
    value.bits = swapped;
  }
  value.from_address |= dst.object != kNumber;
  value.object = kNumber;
  value.bits = solver_.extend(value.bits, 64, false);
  dst = value;
}

bool Machine::arithmetic(const isa::Insn& insn, bool wide) {
  Value& dst = reg_of(insn, false);
  const Value a = wide ? dst : narrow(dst, 32), b = operand(insn, wide);
  Value result;
  result.set = true;
  result.from_address = a.from_address || b.from_address;
  const Op op = op_of(insn);
  const bool is_a = a.object != kNumber, is_b = b.object != kNumber;
  if (op == Op::Add && is_a != is_b) {
    result.object = is_a ? a.object : b.object;
  } else if (op == Op::Sub && is_a && !is_b) {
    result.object = a.object;
  } else if (is_a || is_b) {  // the distance of two places of one object is a number like any other
    result.from_address |= !(op == Op::Sub && a.object == b.object);
  }
  result.bits = solver_.extend(solver_.compute(op, a.bits, b.bits), 64, false);
  dst = result;
  return true;
}

// --- branches
// ---------------------------------------------------------------------------------------------------------

bool Machine::branch(int i, const isa::Insn& insn) {
  const int here = trace_.step(i).insn, next = trace_.step(i + 1).insn;
  const int target = here + 1 + insn.off;
  const bool taken = next == target;
  if (!taken && next != here + 1) return fail("the path enters or leaves a function in an unusual way");
  if (isa::is_may_goto(insn)) {
    look_for_generalisation(i);
    if (taken && insn.off) {
      scene_.inputs.push_back({Input::Kind::Event, "`may_goto` has used up its budget", {}, 64, i});
    }
    return true;
  }
  if (insn.off == 0) return true;
  const bool wide = isa::insn_class(insn.code) == isa::BPF_JMP;
  const Value a = wide ? reg_of(insn, false) : narrow(reg_of(insn, false), 32), b = operand(insn, wide);
  const auto in_packet = [&](const Value& v) {
    return v.object != kNumber && (v.object == packet_ || v.object == metadata_);
  };
  const bool comparable = (a.object == b.object) || (in_packet(a) && in_packet(b)) || a.bits.is(0) || b.bits.is(0);
  if (!comparable || a.from_address || b.from_address) depends_on_addresses_ = true;
  const Term holds = solver_.compare(relation_of(insn.code), a.bits, b.bits);
  condition(taken ? holds : solver_.negate(holds), i, Condition::Why::Branch);
  return true;
}

// --- the same again
// ---------------------------------------------------------------------------------------------------

Machine::Visit Machine::visit() {
  Visit now;
  const Frame& frame = frames_.back();
  std::copy(std::begin(frame.regs), std::end(frame.regs), now.regs);
  now.inputs = scene_.inputs.size() + scene_.reads.size();
  std::vector<u64> places;
  for (const Write& w : object(frame.stack).writes)
    if (w.address.known && w.bytes == verifier::kSlotBytes) places.push_back(w.address.value);
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  for (const u64 at : places) now.stack.emplace_back(at, read(frame.stack, number(at), verifier::kSlotBytes));
  return now;
}

std::optional<Term> Machine::repeats() {
  const Visit now = visit();
  const u16 live = env_.aux[size_t(trace_.step(last_step()).insn)].live_regs_before;
  std::optional<Term> any;
  for (const Visit& before : visits_) {
    if (before.inputs != now.inputs || before.stack.size() != now.stack.size()) continue;
    Term same = truth(true);
    const auto add = [&](const Value& a, const Value& b) {
      same = a.object == b.object ? solver_.both(same, solver_.compare(Relation::Eq, a.bits, b.bits)) : truth(false);
    };
    for (int r = 0; r < isa::kFramePtr; ++r)
      if (live & (1u << r)) add(before.regs[r], now.regs[r]);
    for (size_t s = 0; s < now.stack.size(); ++s) add(before.stack[s].second, now.stack[s].second);
    any = any ? solver_.either(*any, same) : same;
  }
  return any;
}

}  // namespace skep::witness
