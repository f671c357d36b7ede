// See story.h.
#include "verifier/explain/story.h"

#include <algorithm>

#include "target/kfunc.h"
#include "verifier/explain/lineage.h"
#include "verifier/explain/names.h"
#include "verifier/explain/offset.h"

namespace skep::verifier {

namespace {

using diag::EventKind;
using diag::Kind;

const diag::Fact* fact_of(const diag::Rejection& rejection, std::string_view name) {
  const auto names = diag::field_names(rejection.kind);
  for (size_t i = 0; i < names.size() && i < rejection.facts.size(); i++)
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

bool is_alu(const isa::Insn& insn) {
  const u8 cls = isa::insn_class(insn.code);
  return cls == isa::BPF_ALU || cls == isa::BPF_ALU64;
}

bool is_memory_access(const isa::Insn& insn) {
  const u8 cls = isa::insn_class(insn.code);
  return cls == isa::BPF_LDX || cls == isa::BPF_ST || cls == isa::BPF_STX;
}

u32 address_reg(const isa::Insn& insn) { return isa::insn_class(insn.code) == isa::BPF_LDX ? insn.src : insn.dst; }

// The argument that a line of the log speaks of, as "arg#1 ..." or "R2 ...".
int register_in_text(std::string_view line) {
  const auto digit = [&](size_t at) {
    return at < line.size() && line[at] >= '0' && line[at] <= '9' ? line[at] - '0' : -1;
  };
  if (line.starts_with("arg#") && digit(4) >= 0) return digit(4) + 1;
  return line.starts_with('R') ? digit(1) : -1;
}

bool is_object_on_stack(const RegState& reg) { return reg.base() == PTR_TO_STACK || reg.base() == CONST_PTR_TO_DYNPTR; }

bool is_moved_by_variable(const RegState& reg) {
  return !reg.is_scalar() && reg.type != NOT_INIT && !reg.var.is_const();
}

// The last argument that is such a value; -1: none.
int last_argument(const RegState* regs, bool (*is_it)(const RegState&)) {
  for (int r = 5; r >= 1; r--)
    if (is_it(regs[r])) return r;
  return -1;
}

// The argument that a refused call is refused for, where its text has no number.
int argument_by_kind(const diag::Rejection& rejection, const RegState* regs) {
  switch (rejection.kind) {
    case Kind::DynptrNotUninit:
    case Kind::DynptrConstMutated:
    case Kind::ReleaseConstDynptr:
    case Kind::OverwriteReferencedDynptr:
    case Kind::WriteToDynptr:
    case Kind::ObjNotConstantOffset:
    case Kind::ObjWrongOffset: return last_argument(regs, is_object_on_stack);
    case Kind::VariablePtrOffset: return last_argument(regs, is_moved_by_variable);
    case Kind::NoValidLock:
    case Kind::LockWrongOffset:
    case Kind::LockMapWithoutBtf:
    case Kind::NotAKptr:
    case Kind::KptrNotReferenced:
    case Kind::TimerMapMismatch:
    case Kind::UnlockDifferentLock:
    case Kind::UnlockOutOfOrder:
    case Kind::UnlockWithoutLock:
    case Kind::TwoSpinLocks:
    case Kind::LockAaDeadlock:
    case Kind::GraphRootLockNotHeld:
    case Kind::ReleaseExpectsRefcounted:
    case Kind::KfuncReferenceNotAcquired:
    case Kind::HelperReferenceNotAcquired: return 1;
    case Kind::RbNodeNotOwned:
    case Kind::GraphNodeStructMismatch:
    case Kind::GraphNodeOffsetMismatch: return 2;
    case Kind::FieldNotFound: return text_fact(rejection, "field").ends_with("_node") ? 2 : 1;
    default: return -1;
  }
}

}  // namespace

int register_at_fault(const Env& env, const isa::Insn& insn, const RegState* regs, std::string_view detail) {
  const diag::Rejection& rejection = *env.rejection;
  if (rejection.kind == Kind::CallerInvalidArgs) return register_in_text(detail);
  if (const auto reg = number_fact(rejection, "reg")) return *reg < isa::kNumRegs ? int(*reg) : -1;
  if (const std::string reg = text_fact(rejection, "reg"); reg.size() == 2 && reg[0] == 'R') return reg[1] - '0';
  if (const auto arg = number_fact(rejection, "arg")) {
    const bool from_one = rejection.kind == Kind::HelperArgMayBeNull || rejection.kind == Kind::ArgUnacquiredReference;
    return int(*arg) + (from_one ? 0 : 1) <= 5 ? int(*arg) + (from_one ? 0 : 1) : -1;
  }
  if (const auto arg = number_fact(rejection, "mem_arg")) return *arg < 5 ? int(*arg) + 1 : -1;
  if (is_memory_access(insn)) return int(address_reg(insn));
  if (isa::is_call(insn)) return argument_by_kind(rejection, regs);
  if (isa::is_exit(insn) && rejection.kind == Kind::ReturnOutOfRange) return 0;
  if (!is_alu(insn)) return -1;
  // Arithmetic of a pointer and a number: the number is what does not fit.
  const bool is_x = isa::insn_is_x(insn.code);
  if (is_x && regs[insn.src].is_scalar() && !regs[insn.dst].is_scalar()) return insn.src;
  return insn.dst;
}

namespace {

// What the source calls a kfunc that is called through a macro.
std::string name_in_c(std::string callee) {
  constexpr std::string_view kImpl = "_impl";
  if (callee.ends_with(kImpl)) callee.resize(callee.size() - kImpl.size());
  return callee;
}

bool is_about_resources(Kind kind) {
  switch (kind) {
    case Kind::ReferenceLeak:
    case Kind::UnreleasedReference:
    case Kind::InsideSpinLock:
    case Kind::InsideRcuReadLock:
    case Kind::InsidePreemptDisable:
    case Kind::InsideIrqSave:
    case Kind::CallWithLock:
    case Kind::GlobalCallWithLock:
    case Kind::SpinUnlockMissing:
    case Kind::RcuUnlockMissing:
    case Kind::PreemptEnableMissing:
    case Kind::SleepableHelperInRcu:
    case Kind::SleepableHelperNonPreemptible:
    case Kind::SleepableHelperIrqDisabled:
    case Kind::SleepableKfuncInRcu:
    case Kind::SleepableKfuncNonPreemptible:
    case Kind::SleepableKfuncIrqDisabled:
    case Kind::GlobalCallMaySleep:
    case Kind::NestedRcuReadLock:
    case Kind::TwoSpinLocks:
    case Kind::LockAaDeadlock:
    case Kind::UnlockDifferentLock:
    case Kind::UnlockOutOfOrder:
    case Kind::IrqRestoreOutOfOrder:
    case Kind::GlobalCallNonPreemptible: return true;
    default: return false;
  }
}

class Teller {
 public:
  Teller(const Env& env, const Trace& trace, std::string_view detail)
      : env_(env),
        trace_(trace),
        detail_(detail),
        last_(trace.size() - 1),
        frame_(trace.step(last_).frame),
        insn_idx_(trace.step(last_).insn),
        insn_(env.insns[size_t(insn_idx_)]),
        lineage_(env, trace) {}

  diag::Explanation tell();

 private:
  void tell_register(int regno);
  void tell_offset(u32 regno, const RegState& reg);
  void tell_call();
  void tell_acquire(const RegState& pointer);
  void tell_access();
  void tell_resources();
  void tell_loop_end();
  void move_place_before_exit();
  std::string object_argument(const diag::Place& place, const std::string& callee) const;
  std::string index_name() const {
    const std::string_view name = diag::index_of_access(story_.place.expression());
    return diag::is_simple(name) ? std::string(name) : std::string();
  }
  const RegState& reg(int regno) const { return trace_.reg_before(frame_, regno, last_); }
  void fact(std::string name, std::string value) {
    if (!value.empty()) story_.facts.emplace_back(std::move(name), std::move(value));
  }

  const Env& env_;
  const Trace& trace_;
  const std::string_view detail_;
  const int last_;
  const u32 frame_;
  const int insn_idx_;
  const isa::Insn& insn_;
  Lineage lineage_;
  int acquired_ = -1;  // the first step that took something that is still held
  diag::Explanation story_;
};

diag::Explanation Teller::tell() {
  story_.rejection = *env_.rejection;
  story_.place = place_of(env_, insn_idx_);
  story_.path_insns = u32(trace_.size());
  RegState regs[isa::kNumRegs];
  for (int r = 0; r < isa::kNumRegs; r++) regs[r] = reg(r);
  const int regno = register_at_fault(env_, insn_, regs, detail_);
  tell_call();
  if (is_memory_access(insn_)) tell_access();
  if (regno >= 0) tell_register(regno);
  tell_resources();
  if (story_.rejection.kind == Kind::InfiniteLoop) tell_loop_end();
  if (isa::is_exit(insn_)) move_place_before_exit();
  constexpr int kDecisions = 2;
  if (isa::is_exit(insn_) || is_about_resources(story_.rejection.kind))
    lineage_.add_decisions(acquired_, last_, kDecisions);
  fact("origin", quoted(lineage_.origin()));
  story_.path = lineage_.take();
  const auto here = [&](const diag::Event& e) {  // that it is computed where it fails goes without saying
    const bool address = e.kind == EventKind::Constant && e.known.kind == diag::Known::Kind::Pointer;
    return (e.kind == EventKind::Compute || address) && e.place.in_c && e.place.line == story_.place.line &&
           e.place.file == story_.place.file;
  };
  story_.path.erase(std::remove_if(story_.path.begin(), story_.path.end(), here), story_.path.end());
  return std::move(story_);
}

void Teller::tell_register(int regno) {
  const RegState& value = reg(regno);
  if (isa::is_call(insn_) && story_.place.in_c) {
    const diag::CallText call = call_text(story_.place, callee_name(env_, insn_idx_));
    if (regno >= 1 && size_t(regno) <= call.arguments.size()) story_.place.span = call.arguments[size_t(regno) - 1];
  }
  story_.known = known_of(value);
  std::string name = name_at_use(env_, story_.place, insn_idx_, u32(regno));
  if (is_alu(insn_) && value.is_scalar() && story_.place.in_c) name = index_name();
  lineage_.follow(Loc::of_reg(frame_, regno), last_, name);
  if (name.empty()) name = lineage_.name();
  if (name.empty() && !story_.place.in_c) name = fmt::format("r{}", regno);
  story_.subject = name;
  fact("register", fmt::format("r{}", regno));
  if (!value.is_scalar() && value.type != NOT_INIT) tell_offset(u32(regno), value);
  const bool is_stored = story_.rejection.kind == Kind::KptrRefStoreDisallowed;
  tell_acquire(is_stored ? reg(insn_.src) : value);
}

// Which function gives a reference to what the pointer points to.
void Teller::tell_acquire(const RegState& pointer) {
  if (pointer.base() != PTR_TO_BTF_ID || !pointer.btf.types || !pointer.btf.types->is_kernel()) return;
  const auto* kfunc = target::acquiring_kfunc(*pointer.btf.types, pointer.btf.id, env_.kind);
  if (kfunc) fact("acquire", fmt::format("{}()", kfunc->name));
}

// What variable offset a pointer has, and who chose it.
void Teller::tell_offset(u32 regno, const RegState& value) {
  if (value.var.is_const()) return;
  const Offset offset = offset_of(env_, trace_, Loc::of_reg(frame_, int(regno)), last_);
  if (offset.step < 0) return;
  std::string name = index_name();
  lineage_.follow(Loc::of_reg(offset.frame, offset.regno), offset.step, name);
  if (name.empty()) name = lineage_.name();
  fact("index", quoted(name));
  fact("scale", offset.scale > 1 ? std::to_string(offset.scale) : std::string());
}

void Teller::tell_call() {
  if (isa::is_call(insn_)) fact("func", name_in_c(callee_name(env_, insn_idx_)));
}

void Teller::tell_access() {
  const bool is_load = isa::insn_class(insn_.code) == isa::BPF_LDX;
  const RegState& address = reg(int(address_reg(insn_)));
  const int size = isa::size_bytes(insn_.code);
  fact("action", is_load ? "reads" : "writes");
  fact("size", std::to_string(size));
  if (story_.place.in_c) fact("access", quoted(story_.place.expression()));
  if (address.is_scalar() || address.type == NOT_INIT) return;
  fact("off", std::to_string(address.off + insn_.off));
  if (address.base() != PTR_TO_CTX) return;
  fact("field", memory_words(env_, address, address.off + insn_.off));
  fact("prog_type", prog_type_name(env_.prog_type()));
}

// Locks, sections and references that are held, where that is what the rejection is about.
void Teller::tell_resources() {
  if (!is_about_resources(story_.rejection.kind)) return;
  const Held* now = nullptr;
  const Held* before = nullptr;
  int rcu_step = -1, preempt_step = -1;
  for (const auto& [step, held] : trace_.held()) {
    if (step >= last_) break;
    if (held.rcu && !(before && before->rcu)) rcu_step = step;
    if (held.preempt > (before ? before->preempt : 0)) preempt_step = step;
    before = now = &held;
  }
  if (!now) return;
  for (const Reference& ref : now->refs) {
    for (const auto& [step, held] : trace_.held()) {
      const bool has = std::find(held.refs.begin(), held.refs.end(), ref) != held.refs.end();
      if (!has || step < 0) continue;
      const diag::Place place = place_of(env_, trace_.step(step).insn);
      const std::string callee = callee_name(env_, place.insn);
      std::string name = name_at_definition(place);
      const bool creates = name.empty();
      if (creates) name = object_argument(place, callee);
      if (acquired_ < 0) acquired_ = step;
      lineage_.add(step, creates && !name.empty() ? EventKind::Create : EventKind::Acquire, name,
                   callee.empty() ? "the call" : callee + "()", true);
      if (ref.kind == RefKind::Ptr) {
        story_.subject = name;
        fact("acquired_by", name_in_c(callee));
      } else {
        fact("lock", name);
      }
      break;
    }
  }
  for (const int step : {rcu_step, preempt_step}) {
    if (step < 0) continue;
    const std::string callee = callee_name(env_, trace_.step(step).insn);
    lineage_.add(step, EventKind::Acquire, {}, callee + "()", true);
    fact("section_by", callee);
  }
}

// What the end of a loop that goes round for ever hangs on: the last branch on the path, and where its value comes
// from.
void Teller::tell_loop_end() {
  for (int step = last_ - 1; step >= 0; step--) {
    const isa::Insn& branch = env_.insns[size_t(trace_.step(step).insn)];
    if (!isa::is_cond_jmp(branch) || isa::is_may_goto(branch)) continue;
    const diag::Place place = place_of(env_, trace_.step(step).insn);
    const std::string_view left = diag::condition_of(place.expression()).left;
    lineage_.follow(Loc::of_reg(trace_.step(step).frame, branch.dst), step,
                    diag::is_simple(left) ? std::string(left) : std::string());
    story_.subject = lineage_.name();
    return;
  }
}

// The object that a call initialises rather than returns: the last argument that is an address.
std::string Teller::object_argument(const diag::Place& place, const std::string& callee) const {
  const diag::CallText call = call_text(place, callee);
  for (auto argument = call.arguments.rbegin(); place.in_c && argument != call.arguments.rend(); ++argument) {
    const std::string_view text = argument->in(place.source);
    if (text.starts_with('&') && diag::is_simple(text.substr(1))) return std::string(text.substr(1));
  }
  return {};
}

// An exit belongs to the function's first or last line; what says more is the line the path came through last.
void Teller::move_place_before_exit() {
  const std::string_view text = story_.place.expression();
  if (!story_.place.in_c || text.starts_with("return") || text.starts_with("}")) return;
  const diag::Place head = place_of(env_, trace_.step(0).insn);
  for (int step = last_ - 1; step >= 0; step--) {
    diag::Place place = place_of(env_, trace_.step(step).insn);
    if (!place.in_c || place.line == story_.place.line || place.line == head.line) continue;
    if (place.function != story_.place.function) continue;
    place.insn = insn_idx_;
    place.assembly = story_.place.assembly;
    place.column = 0;
    place.span = diag::whole_text(place.source);
    story_.place = std::move(place);
    return;
  }
}

}  // namespace

diag::Explanation tell_step(const Env& env, const Trace& trace, std::string_view detail) {
  return Teller(env, trace, detail).tell();
}

// --- refused before or after the walk -------------------------------------------------------------------------------

namespace {

bool refers_to(const Env& env, int insn_idx, const diag::Rejection& rejection) {
  const isa::Insn& insn = env.insns[size_t(insn_idx)];
  const std::string func = text_fact(rejection, "func"), symbol = text_fact(rejection, "symbol");
  if (!func.empty()) return isa::is_call(insn) && callee_name(env, insn_idx) == func;
  if (symbol.empty() || !isa::is_ldimm64(insn) || insn.src != isa::BPF_PSEUDO_BTF_ID || !env.vmlinux()) return false;
  return env.vmlinux()->name_of(u32(insn.imm)) == symbol;
}

// Maps are refused for their values' fields before the walk: the last one that has such fields.
const map::MapMeta* map_of_rejection(const Env& env) {
  switch (env.rejection->kind) {
    case Kind::TracingSpinLock:
    case Kind::SocketFilterSpinLock:
    case Kind::TracingTimer:
    case Kind::TracingWq:
    case Kind::TracingGraphRoot: break;
    default: return nullptr;
  }
  const map::MapMeta* found = nullptr;
  for (const auto& used : env.used_maps)
    if (used->record) found = used.get();
  return found;
}

// The instruction a rejection is about, when there was no walk to say so: from its facts; else the program's first.
int insn_of_rejection(const Env& env) {
  if (!env.rejection || env.insns.empty()) return env.insns.empty() ? -1 : 0;
  const s64 count = s64(env.insns.size());
  if (const auto insn = number_fact(*env.rejection, "insn"); insn && *insn >= 0 && *insn < count) return int(*insn);
  if (const auto subprog = number_fact(*env.rejection, "subprog"); subprog && *subprog < s64(env.subprogs.size()))
    return int(env.subprogs[size_t(*subprog)].start);
  const map::MapMeta* map = map_of_rejection(env);
  for (int i = 0; i < int(count); i++) {
    const InsnExtra* extra = map && size_t(i) < env.aux.size() ? env.extra_of(size_t(i)) : nullptr;
    if (refers_to(env, i, *env.rejection) || (extra && extra->map == map)) return i;
  }
  return 0;
}

}  // namespace

diag::Explanation tell_program(const Env& env, int insn_idx) {
  diag::Explanation story;
  story.rejection = *env.rejection;
  story.place = place_of(env, insn_idx < 0 ? insn_of_rejection(env) : insn_idx);
  const int insn = story.place.insn;
  if (insn >= 0 && isa::is_call(env.insns[size_t(insn)]))
    story.facts.emplace_back("func", name_in_c(callee_name(env, insn)));
  if (const map::MapMeta* map = map_of_rejection(env)) story.facts.emplace_back("map_name", map->name);
  story.facts.emplace_back("in_function", story.place.function);
  if (!env.attach_func_name.empty()) story.facts.emplace_back("target", env.attach_func_name);
  return story;
}

std::vector<int> sources_of_failure(const Env& env, const Trace& trace) {
  const int last = trace.size() - 1;
  const u32 frame = trace.step(last).frame;
  RegState regs[isa::kNumRegs];
  for (int r = 0; r < isa::kNumRegs; r++) regs[r] = trace.reg_before(frame, r, last);
  const int regno = register_at_fault(env, env.insns[size_t(trace.step(last).insn)], regs, {});
  if (regno < 0) return {};
  Lineage lineage(env, trace);
  lineage.follow(Loc::of_reg(frame, regno), last, {});
  return lineage.insns();
}

}  // namespace skep::verifier
