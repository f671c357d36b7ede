// See goal.h.
#include "witness/goal.h"

#include <algorithm>

#include "diag/cause.h"
#include "verifier/explain/names.h"
#include "verifier/explain/story.h"

namespace skep::witness {

namespace {

using diag::Kind;

constexpr u64 kNetIpAlign = 2;

const diag::Fact* fact_of(const diag::Rejection& rejection, std::string_view name) {
  const auto names = diag::field_names(rejection.kind);
  for (size_t i = 0; i < names.size() && i < rejection.facts.size(); ++i)
    if (names[i] == name) return &rejection.facts[i];
  return nullptr;
}

std::optional<s64> number_fact(const diag::Rejection& rejection, std::string_view name) {
  const diag::Fact* fact = fact_of(rejection, name);
  if (!fact) return std::nullopt;
  if (const s64* v = std::get_if<s64>(fact)) return *v;
  if (const u64* v = std::get_if<u64>(fact)) return s64(*v);
  return std::nullopt;
}

std::string text_fact(const diag::Rejection& rejection, std::string_view name) {
  const diag::Fact* fact = fact_of(rejection, name);
  const std::string* text = fact ? std::get_if<std::string>(fact) : nullptr;
  return text ? *text : std::string();
}

// Causes that are about the program, its declarations and its environment.
bool is_about_program(std::string_view code) {
  constexpr std::string_view kAreas[] = {"E13", "E16", "E17", "E18", "E19", "E21", "E22", "E23", "E90"};
  constexpr std::string_view kCodes[] = {"E0304", "E0305", "E0306", "E0307", "E0308", "E0404", "E0405", "E0406",
                                         "E0407", "E0408", "E0409", "E0801", "E0802", "E0803", "E0804", "E0805",
                                         "E0811", "E0812", "E0813", "E0814", "E0817", "E0818", "E0819", "E1006",
                                         "E1016", "E1020", "E1021", "E1203", "E1204", "E1501", "E1508", "E1509",
                                         "E1510", "E1511", "E1512", "E1513", "E1514", "E2001"};
  if (code == "E1302") return false;  // an argument's value
  return std::find(std::begin(kAreas), std::end(kAreas), code.substr(0, 3)) != std::end(kAreas) ||
         std::find(std::begin(kCodes), std::end(kCodes), code) != std::end(kCodes);
}

// Causes that are about what the verifier can tell: a number that must be known, a limit of its own.
bool is_about_verifier(std::string_view code) {
  constexpr std::string_view kCodes[] = {"E0309", "E0311", "E0312", "E0401", "E0402", "E0604", "E0810",
                                         "E0815", "E1506", "E2003", "E2004", "E2005", "E2006"};
  return std::find(std::begin(kCodes), std::end(kCodes), code) != std::end(kCodes);
}

}  // namespace

Rule rule_of(const diag::Rejection& rejection) {
  switch (rejection.kind) {
    case Kind::InvalidStackAccess:
    case Kind::UnboundedStackAccess:
    case Kind::InvalidVarOffStackAccess:
    case Kind::InvalidPacketAccess:
    case Kind::OutsidePacket:
    case Kind::InvalidMapKeyAccess:
    case Kind::InvalidMapValueAccess:
    case Kind::InvalidMemRegionAccess:
    case Kind::MinValueNegative:
    case Kind::MinValueOutside:
    case Kind::UnboundedMemAccess:
    case Kind::MaxValueOutside:
    case Kind::SizeMinValueNegative:
    case Kind::SizeUnbounded:
    case Kind::SizeZeroSizedRead:
    case Kind::ZeroSizedRead:
    case Kind::MemLenPair: return Rule::Bounds;
    case Kind::PtrMathNullCheckFirst:
    case Kind::HelperArgMayBeNull:
    case Kind::TrustedArgMayBeNull:
    case Kind::ArgNotNonNull: return Rule::Null;
    case Kind::InvalidMemAccess:
    case Kind::RegTypeExpected:
      return text_fact(rejection, "type").find("_or_null") != std::string::npos ? Rule::Null : Rule::Reach;
    case Kind::MisalignedAccess:
    case Kind::MisalignedPacketAccess: return Rule::Aligned;
    case Kind::InvalidStackRead:
    case Kind::InvalidStackReadReg:
    case Kind::InvalidVarOffStackReadReg:
    case Kind::InvalidIndirectStackRead:
    case Kind::InvalidIndirectVarOffStackRead: return Rule::Unwritten;
    case Kind::ReturnOutOfRange: return Rule::Returned;
    case Kind::PtrMathConstTooLarge:
    case Kind::PtrOffsetNotAllowed:
    case Kind::PtrMathUnboundedMin:
    case Kind::PtrOutOfBounds: return Rule::Distance;
    case Kind::UnreleasedReference:
    case Kind::ReferenceLeak: return Rule::Held;
    case Kind::InfiniteLoop: return Rule::Repeats;
    case Kind::VariablePtrOffset:
    case Kind::BtfPtrVariableOffset:
    case Kind::InvalidBufferOffset:
    case Kind::KptrNotConstantOffset:
    case Kind::LockNotConstantOffset:
    case Kind::ObjNotConstantOffset:
    case Kind::FieldNotConstantOffset:
    case Kind::FieldVariableOffset: return Rule::Verifier;
    default: break;
  }
  const std::string_view code = diag::cause_of(rejection).code;
  return is_about_program(code) ? Rule::Program : is_about_verifier(code) ? Rule::Verifier : Rule::Reach;
}

namespace {

bool is_size(target::ArgKind kind) {
  return kind == target::ArgKind::ConstSize || kind == target::ArgKind::ConstSizeOrZero ||
         kind == target::ArgKind::ConstAllocSizeOrZero;
}

// What a call does with the memory that it is given in `goal.reg`.
void tell_argument(Goal& goal, const verifier::Env& env, const verifier::Trace& trace, const isa::Insn& insn) {
  goal.by_call = true;
  const int last = trace.size() - 1;
  const diag::Rejection& rejection = *env.rejection;
  const bool names_size = rejection.kind == Kind::SizeMinValueNegative || rejection.kind == Kind::SizeUnbounded ||
                          rejection.kind == Kind::SizeZeroSizedRead;
  if (names_size && goal.reg > 1) goal.size_reg = goal.reg--;
  if (const auto len = number_fact(rejection, "len_arg")) goal.size_reg = int(*len) + 1;
  if (goal.size_reg >= 0 || goal.reg < 1 || goal.reg > 5) return;
  if (const auto size = number_fact(rejection, "size")) goal.bytes = u64(*size);
  const target::HelperProto* helper = isa::is_helper_call(insn) ? env.target.helper(u32(insn.imm)) : nullptr;
  if (!helper) return;
  const target::Arg& arg = helper->args[goal.reg - 1];
  const verifier::RegState& first = trace.reg_before(trace.step(last).frame, 1, last);
  const map::MapMeta* map = first.base() == CONST_PTR_TO_MAP ? first.map.ptr : nullptr;
  if (goal.reg < helper->nr_args() && is_size(helper->args[goal.reg].kind)) goal.size_reg = goal.reg + 1;
  if (arg.flags & target::kArgFixedSize) goal.bytes = arg.size;
  if (arg.kind == target::ArgKind::MapKey && map) goal.bytes = map->key_size;
  if (arg.kind == target::ArgKind::MapValue && map) goal.bytes = map->value_size;
  goal.writes = arg.flags & (target::kArgWrite | target::kArgUninit);
}

}  // namespace

Goal goal_of(const verifier::Env& env, const verifier::Trace& trace, std::string_view detail) {
  Goal goal;
  const diag::Rejection& rejection = *env.rejection;
  goal.rule = rule_of(rejection);
  const int last = trace.size() - 1;
  const int insn_idx = trace.step(last).insn;
  const isa::Insn& insn = env.insns[size_t(insn_idx)];
  verifier::RegState regs[isa::kNumRegs];
  for (int r = 0; r < isa::kNumRegs; ++r) regs[r] = trace.reg_before(trace.step(last).frame, r, last);
  goal.reg = verifier::register_at_fault(env, insn, regs, detail);
  goal.what = verifier::callee_name(env, insn_idx);
  if (isa::is_call(insn)) {
    tell_argument(goal, env, trace, insn);
  } else if (!isa::is_exit(insn)) {
    const u8 cls = isa::insn_class(insn.code);
    if (cls == isa::BPF_LDX || cls == isa::BPF_ST || cls == isa::BPF_STX) {
      goal.off = insn.off;
      goal.bytes = u64(isa::size_bytes(insn.code));
      goal.writes = cls != isa::BPF_LDX;
    }
  }
  if (goal.rule == Rule::Returned) {
    goal.min = number_fact(rejection, "min").value_or(0);
    goal.max = number_fact(rejection, "max").value_or(0);
    const std::string reg = text_fact(rejection, "reg");
    goal.reg = reg.size() == 2 ? reg[1] - '0' : 0;
  }
  return goal;
}

namespace {

Term far_from(Solver& solver, Term distance) {
  return solver.either(solver.compare(Relation::Sge, distance, number(u64(kMaxDistance))),
                       solver.compare(Relation::Sle, distance, number(u64(-kMaxDistance))));
}

Term out_of_range(Solver& solver, const Goal& goal, Term value) {
  if (goal.half) value = solver.extend(solver.extract(value, 0, 32), 64, true);
  return solver.either(solver.compare(Relation::Slt, value, number(u64(goal.min))),
                       solver.compare(Relation::Sgt, value, number(u64(goal.max))));
}

// References that a run really holds: what returned them was not NULL.
Term held(Goal& goal, const Machine& machine, Solver& solver, const verifier::Env& env, const verifier::Trace& trace) {
  Term any = truth(false);
  for (const verifier::Reference& ref : env.cur->refs) {
    if (ref.kind != verifier::RefKind::Ptr) continue;
    int step = -1;
    for (const auto& [at, held] : trace.held()) {
      const bool has = std::find(held.refs.begin(), held.refs.end(), ref) != held.refs.end();
      if (has && step < 0) step = at;
    }
    const Value acquired = step < 0 ? Value() : machine.result_of(step);
    const bool by_result = acquired.set && acquired.object != kNumber;
    goal.steps.push_back(by_result ? step : -1);
    any = solver.either(any, by_result ? solver.compare(Relation::Ne, acquired.bits, number(0)) : truth(true));
    if (goal.what.empty() || step >= 0)
      goal.what = verifier::callee_name(env, step < 0 ? ref.insn_idx : trace.step(step).insn);
  }
  return any.is(0) ? truth(true) : any;
}

}  // namespace

std::optional<Goal> complete(Goal goal, Machine& machine, Solver& solver, const verifier::Env& env,
                             const verifier::Trace& trace, std::string& why) {
  const Value value = goal.reg >= 0 ? machine.reg(goal.reg) : Value();
  const Term address = solver.compute(Op::Add, value.bits, number(u64(goal.off)));
  const Term size = goal.size_reg >= 0 ? machine.reg(goal.size_reg).bits : number(goal.bytes);
  const bool is_pointer = value.object != kNumber;
  switch (goal.rule) {
    case Rule::Bounds:
      if (!is_pointer || machine.object(value.object).opaque || (size.is(0) && goal.size_reg < 0)) {
        goal.rule = Rule::Reach;
        return goal;
      }
      goal.condition = solver.negate(machine.inside(value.object, address, size));
      if (env.rejection->kind == Kind::SizeZeroSizedRead) {
        goal.condition = solver.compare(Relation::Eq, size, number(0));
        goal.zero = true;
      }
      return goal;
    case Rule::Null:
      if (goal.reg < 0) return goal.rule = Rule::Reach, goal;
      goal.condition = solver.compare(Relation::Eq, value.bits, number(0));
      return goal;
    case Rule::Aligned: {
      if (!is_pointer) return goal.rule = Rule::Reach, goal;
      const Object& o = machine.object(value.object);
      const u64 shift = o.kind == Object::Kind::Packet || o.kind == Object::Kind::Metadata ? kNetIpAlign : 0;
      const Term at = solver.compute(Op::Add, solver.compute(Op::Sub, address, number(o.base)), number(shift));
      goal.min = s64(shift);
      goal.condition = solver.compare(Relation::Set, at, number(goal.bytes - 1));
      return goal;
    }
    case Rule::Unwritten: {
      if (!is_pointer || machine.object(value.object).kind != Object::Kind::Stack) return goal.rule = Rule::Reach, goal;
      if (size.is(0)) return goal.rule = Rule::Reach, goal;
      const Term nth = solver.fresh(64);  // the byte that was not written
      const Term missing = solver.negate(machine.written(value.object, solver.compute(Op::Add, address, nth)));
      goal.condition = solver.both(solver.compare(Relation::Lt, nth, size), missing);
      return goal;
    }
    case Rule::Returned:
      if (is_pointer) return goal.rule = Rule::Reach, goal;
      goal.half = env.prog_type() == BPF_PROG_TYPE_LSM && env.kind.attach_type != BPF_LSM_CGROUP;
      goal.condition = out_of_range(solver, goal, value.bits);
      return goal;
    case Rule::Distance: {
      const isa::Insn& insn = machine.failing();
      const Value pointer = machine.reg(insn.dst);
      if (!is_pointer) {
        goal.condition = far_from(solver, value.bits);
      } else if (!isa::insn_is_x(insn.code)) {
        return goal.rule = Rule::Reach, goal;
      } else {
        const Term moved = solver.compute(Op::Add, pointer.bits, machine.reg(insn.src).bits);
        goal.condition = far_from(solver, solver.compute(Op::Sub, moved, number(machine.object(value.object).base)));
      }
      return goal;
    }
    case Rule::Held: goal.condition = held(goal, machine, solver, env, trace); return goal;
    case Rule::Repeats: {
      const std::optional<Term> same = machine.repeats();
      if (!same) {
        why = "the rounds of the loop depend on what comes from outside";
        return std::nullopt;
      }
      goal.condition = *same;
      return goal;
    }
    default: return goal;
  }
}

}  // namespace skep::witness
