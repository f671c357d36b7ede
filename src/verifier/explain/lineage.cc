// See lineage.h.
#include "verifier/explain/lineage.h"

#include <algorithm>

#include "verifier/explain/names.h"

namespace skep::verifier {

namespace {

using diag::EventKind;

constexpr int kMaxSteps = 64;  // of one lineage: loops repeat themselves

bool is_alu(const isa::Insn& insn) {
  const u8 cls = isa::insn_class(insn.code);
  return cls == isa::BPF_ALU || cls == isa::BPF_ALU64;
}

bool is_mov(const isa::Insn& insn) { return is_alu(insn) && isa::insn_op(insn.code) == isa::BPF_MOV; }

bool is_shift(const isa::Insn& insn) {
  const u8 op = isa::insn_op(insn.code);
  return op == isa::BPF_LSH || op == isa::BPF_RSH || op == isa::BPF_ARSH;
}

bool is_load(const isa::Insn& insn) { return isa::insn_class(insn.code) == isa::BPF_LDX; }

bool is_store(const isa::Insn& insn) {
  const u8 cls = isa::insn_class(insn.code);
  return cls == isa::BPF_ST || cls == isa::BPF_STX;
}

int slot_at(const RegState& pointer, int off) {
  if (pointer.base() != PTR_TO_STACK || !pointer.var.is_const()) return -1;
  const s64 at = s64(pointer.off) + off + s64(pointer.var.var_off.value);
  return at < 0 && at >= -kMaxStack ? int((-at - 1) / kSlotBytes) : -1;
}

std::string constant_words(const isa::Insn& insn) {
  return isa::is_ldimm64(insn) ? std::string() : fmt::format("{}", insn.imm);
}

}  // namespace

void Lineage::follow(Loc loc, int step, std::string name) {
  const bool here = step >= 0 && step < trace_.size() && trace_.step(step).frame == loc.frame;
  if (name.empty() && here) name = variable_name(env_, insn_of(step), loc);
  followed_ = name_ = std::move(name);
  segment_ = events_.size();
  first_segment_ = true;
  insns_.clear();
  At at{loc, step};
  for (int i = 0; i < kMaxSteps && !at.done; i++) trace_back(at);
}

void Lineage::trace_back(At& at) {
  const Change* change = trace_.change_before(at.loc, at.before);
  at.done = true;
  if (!change) {
    if (!trace_.truncated() && trace_.size()) add(trace_.size() - 1, EventKind::Unset, name_, {}, false);
    return;
  }
  if (change->step < 0) return from_entry(at, *change);
  from_insn(at, *change);
}

void Lineage::from_entry(At& at, const Change& change) {
  if (at.loc.reg < 1 || at.loc.reg > 5 || !trace_.size()) return;
  const u32 subprog = env_.subprogs.empty() ? 0 : env_.subprog_at(u32(insn_of(0)));
  std::string name = parameter_name(env_, subprog, u32(at.loc.reg));
  const bool unset = change.reg.type == NOT_INIT;
  found_name(name);
  if (change.reg.type == PTR_TO_CTX) return;  // goes without saying
  diag::Event event{unset ? EventKind::Unset : EventKind::Entry,
                    place_of(env_, insn_of(0)),
                    std::move(name),
                    {},
                    known_of(change.reg),
                    false,
                    {}};
  event.detail = std::to_string(at.loc.reg);
  event.place.span = {};
  events_.push_back({0, std::move(event)});
}

void Lineage::from_insn(At& at, const Change& change) {
  const isa::Insn& insn = env_.insns[size_t(insn_of(change.step))];
  insns_.push_back(insn_of(change.step));
  at.before = change.step;
  at.done = false;
  if (isa::is_call(insn)) return from_call(at, change, insn);
  if (isa::is_exit(insn)) return from_exit(at, change);
  if (isa::is_cond_jmp(insn)) return add_branch(change);
  at.done = true;
  if (is_store(insn) && at.loc.slot >= 0) return from_store(at, change, insn);
  if (is_load(insn) && at.loc.reg == insn.dst) return from_load(at, change, insn);
  if (is_alu(insn) && at.loc.reg == insn.dst) return from_alu(at, change, insn);
  if (isa::is_ldimm64(insn) && at.loc.reg == insn.dst) return add_event(change, EventKind::Constant, {}, true);
  at.done = false;  // a linked register learnt something, or an atomic operation returned the old value
  if (at.loc.reg >= 0 && is_store(insn)) {
    add_event(change, EventKind::Load, "memory, by an atomic operation", true);
    at.done = true;
  }
}

void Lineage::from_alu(At& at, const Change& change, const isa::Insn& insn) {
  const bool is_x = isa::insn_is_x(insn.code);
  if (is_mov(insn)) {
    if (!is_x) return add_event(change, EventKind::Constant, constant_words(insn), true);
    const RegState& source = trace_.reg_before(at.loc.frame, insn.src, change.step);
    const bool cut = change.reg.is_scalar() && !(change.reg.var == source.var);
    if (cut) add_event(change, EventKind::Compute, "only its lower 32 bits are kept", false);
    found_definition(change.step);
    at = {Loc::of_reg(at.loc.frame, insn.src), change.step};
    return;
  }
  const RegState& dst = trace_.reg_before(at.loc.frame, insn.dst, change.step);
  const bool from_source =
      is_x && dst.is_scalar() && !trace_.reg_before(at.loc.frame, insn.src, change.step).is_scalar();
  const bool fixed = !is_x && !dst.is_scalar();  // a pointer moved by a constant tells little
  const bool extends = !is_x && insn.imm == 32 && dst.is_scalar() && is_shift(insn);
  if (!fixed && !extends) {
    add_event(change, EventKind::Compute, {}, false);
    begin_segment();
  }
  at = {Loc::of_reg(at.loc.frame, from_source ? insn.src : insn.dst), change.step};
}

void Lineage::from_load(At& at, const Change& change, const isa::Insn& insn) {
  const RegState& address = trace_.reg_before(at.loc.frame, insn.src, change.step);
  if (const int slot = slot_at(address, insn.off); slot >= 0) {
    const Loc loc = Loc::of_slot(address.frameno, slot);
    const Change* stored = trace_.change_before(loc, change.step);
    if (stored && stored->slot_type[kSlotBytes - 1] != STACK_INVALID) {
      found_definition(change.step);
      at = {loc, change.step};
      return;
    }
  }
  add_event(change, EventKind::Load, memory_words(env_, address, insn.off), true);
}

void Lineage::from_store(At& at, const Change& change, const isa::Insn& insn) {
  if (isa::insn_class(insn.code) == isa::BPF_ST)
    return add_event(change, EventKind::Constant, constant_words(insn), true);
  if (isa::is_atomic(insn)) return add_event(change, EventKind::Compute, "an atomic operation", true);
  const u32 frame = trace_.step(change.step).frame;
  const diag::Place place = place_of(env_, insn_of(change.step));
  if (place.in_c && diag::is_simple(place.expression())) found_name(std::string(place.expression()));
  at = {Loc::of_reg(frame, insn.src), change.step};
}

void Lineage::from_call(At& at, const Change& change, const isa::Insn& insn) {
  const u32 frame = trace_.step(change.step).frame;
  const std::string callee = callee_name(env_, insn_of(change.step));
  const std::string words = callee.empty() ? "the call" : callee + "()";
  if (at.loc.frame > frame && at.loc.reg >= 0) {  // a function or callback begins
    const std::string name = parameter_name(
        env_, env_.subprog_at(u32(insn_of(change.step + 1 < trace_.size() ? change.step + 1 : change.step))),
        u32(at.loc.reg));
    found_name(name);
    if (!isa::is_pseudo_call(insn)) {
      at.done = true;
      return add_event(change, EventKind::Entry, std::to_string(at.loc.reg), true);
    }
    add_event(change, EventKind::Argument, words, false);
    at = {Loc::of_reg(frame, at.loc.reg), change.step};
    return;
  }
  if (at.loc.reg == 0 || (at.loc.reg > 0 && at.loc.reg <= 5)) {
    at.done = true;
    const bool result = at.loc.reg == 0 && change.reg.type != NOT_INIT;
    return add_event(change, result ? EventKind::Result : EventKind::Lost, words, true);
  }
  const Change* before = trace_.change_before(at.loc, change.step);
  const bool was_pointer = before && before->reg.type != NOT_INIT && !before->reg.is_scalar();
  if (at.loc.slot >= 0 && !was_pointer) {
    add_event(change, EventKind::Result, words, true);
    at.done = true;
    return;
  }
  add_event(change, EventKind::Lost, words, true);
}

// R0 comes back from the function that ends here.
void Lineage::from_exit(At& at, const Change& change) {
  const u32 callee = trace_.step(change.step).frame;
  if (at.loc.reg != 0 || at.loc.frame + 1 != callee) return;  // the end of a callback's round
  const int call = trace_.step(change.step).insn;
  const std::string function = place_of(env_, call).function;
  add_event(change, EventKind::Result, function + "()", false);
  at = {Loc::of_reg(callee, 0), change.step};
}

void Lineage::add_event(const Change& change, EventKind kind, std::string detail, bool essential) {
  diag::Event event{kind, place_of(env_, insn_of(change.step)), {}, std::move(detail), known_of(change.reg), essential,
                    {}};
  // A constant in the line of a call is an argument, or something moved there.
  const bool in_call = kind == EventKind::Constant && event.place.expression().find('(') != std::string_view::npos;
  const std::string defined = in_call ? std::string() : name_at_definition(event.place);
  found_name(defined);
  if (defined.empty()) found_name(variable_after(change));
  event.name = defined.empty() ? name_ : defined;
  const u32 loc = change.loc % (isa::kNumRegs + kMaxSlots);
  if (event.name.empty() && !event.place.in_c && loc < u32(isa::kNumRegs)) event.name = fmt::format("r{}", loc);
  if (event.name.empty() && kind == EventKind::Load && diag::is_simple(event.place.expression()))
    event.name = event.place.expression();
  events_.push_back({change.step, std::move(event)});
}

void Lineage::found_name(const std::string& name) {
  if (!name_.empty() || name.empty()) return;
  name_ = name;
  if (first_segment_) followed_ = name;
  if (origin_.empty()) origin_ = name;
  for (size_t i = segment_; i < events_.size(); i++)
    if (events_[i].event.name.empty()) events_[i].event.name = name;
}

void Lineage::found_definition(int step) { found_name(name_at_definition(place_of(env_, insn_of(step)))); }

// What debug information calls a value right after it was made.
std::string Lineage::variable_after(const Change& change) const {
  constexpr u32 kLocs = isa::kNumRegs + kMaxSlots;
  const u32 frame = change.loc / kLocs, at = change.loc % kLocs;
  const bool goes_on = change.step + 1 < trace_.size() && trace_.step(change.step + 1).frame == frame;
  if (!goes_on) return {};
  const Loc loc = at < u32(isa::kNumRegs) ? Loc::of_reg(frame, int(at)) : Loc::of_slot(frame, int(at) - isa::kNumRegs);
  return variable_name(env_, insn_of(change.step + 1), loc);
}

void Lineage::begin_segment() {
  name_.clear();
  segment_ = events_.size();
  first_segment_ = false;
}

void Lineage::add_branch(const Change& change) {
  diag::Event event{EventKind::Branch, place_of(env_, insn_of(change.step)), name_, {}, known_of(change.reg), true, {}};
  event.detail = branch_words(env_, trace_, change.step, event.place);
  const diag::ConditionText condition = diag::condition_of(event.place.expression());
  if (event.place.in_c && diag::is_simple(condition.left)) found_name(std::string(condition.left));
  event.name = name_;
  events_.push_back({change.step, std::move(event)});
}

void Lineage::add(int step, EventKind kind, std::string name, std::string detail, bool essential) {
  events_.push_back(
      {step, {kind, place_of(env_, insn_of(step)), std::move(name), std::move(detail), {}, essential, {}}});
}

void Lineage::add_decisions(int from, int to, int count) {
  for (int step = to - 1; step > from && count > 0; step--) {
    if (!isa::is_cond_jmp(env_.insns[size_t(insn_of(step))])) continue;
    const auto same = [&](const StepEvent& e) { return e.event.place.insn == insn_of(step); };
    if (std::any_of(events_.begin(), events_.end(), same)) continue;
    diag::Place place = place_of(env_, insn_of(step));
    std::string words = branch_words(env_, trace_, step, place);
    if (words.empty()) continue;
    events_.push_back({step, {EventKind::Decision, std::move(place), {}, std::move(words), {}, false, {}}});
    count--;
  }
}

std::vector<diag::Event> Lineage::take() {
  std::stable_sort(events_.begin(), events_.end(),
                   [](const StepEvent& a, const StepEvent& b) { return a.step < b.step; });
  std::vector<diag::Event> events;
  for (StepEvent& next : events_) {
    const auto same = [&](const diag::Event& e) {
      return e.kind == next.event.kind && e.name == next.event.name && e.detail == next.event.detail &&
             (e.place.line ? e.place.line == next.event.place.line && e.place.file == next.event.place.file &&
                                 e.place.in_c == next.event.place.in_c && e.place.in_c
                           : e.place.insn == next.event.place.insn);
    };
    const auto old = std::find_if(events.begin(), events.end(), same);
    if (old != events.end()) events.erase(old);  // the later one knows more
    events.push_back(std::move(next.event));
  }
  events_.clear();
  return events;
}

// --- branches -------------------------------------------------------------------------------------------------------

namespace {

// Classes of comparisons that a compiler keeps while it changes < 4 into <= 3.
enum class Order { None, Equal, Different, Less, Greater };

Order reverse(Order order) {
  switch (order) {
    case Order::Equal: return Order::Different;
    case Order::Different: return Order::Equal;
    case Order::Less: return Order::Greater;
    case Order::Greater: return Order::Less;
    case Order::None: break;
  }
  return Order::None;
}

Order mirror(Order order) {
  return order == Order::Less ? Order::Greater : order == Order::Greater ? Order::Less : order;
}

struct JmpWords {
  u8 op;
  Order order;
  const char *taken, *not_taken;
};
constexpr JmpWords kJumps[] = {
    {isa::BPF_JEQ, Order::Equal, "==", "!="},
    {isa::BPF_JNE, Order::Different, "!=", "=="},
    {isa::BPF_JGT, Order::Greater, ">", "<="},
    {isa::BPF_JGE, Order::Greater, ">=", "<"},
    {isa::BPF_JLT, Order::Less, "<", ">="},
    {isa::BPF_JLE, Order::Less, "<=", ">"},
    {isa::BPF_JSGT, Order::Greater, ">", "<="},
    {isa::BPF_JSGE, Order::Greater, ">=", "<"},
    {isa::BPF_JSLT, Order::Less, "<", ">="},
    {isa::BPF_JSLE, Order::Less, "<=", ">"},
    {isa::BPF_JSET, Order::None, "&", "has none of the bits"},
};

const JmpWords* jump_words(const isa::Insn& insn) {
  for (const JmpWords& row : kJumps)
    if (row.op == isa::insn_op(insn.code)) return &row;
  return nullptr;
}

Order order_of(std::string_view op) {
  if (op == "==") return Order::Equal;
  if (op == "!=") return Order::Different;
  if (op == "<" || op == "<=") return Order::Less;
  return op == ">" || op == ">=" ? Order::Greater : Order::None;
}

bool is_number(std::string_view text) { return !text.empty() && text[0] >= '0' && text[0] <= '9'; }

// Is the source's condition true on this path? -1: cannot be told from its text.
int truth_of(const diag::ConditionText& condition, const isa::Insn& insn, Order holds, const RegState& dst,
             const RegState& src) {
  if (condition.left.empty() || holds == Order::None) return -1;
  const bool is_x = isa::insn_is_x(insn.code);
  if (condition.op.empty()) {
    if (is_x || insn.imm != 0 || (holds != Order::Equal && holds != Order::Different)) return -1;
    return (holds == Order::Different) != condition.negated;
  }
  Order wanted = order_of(condition.op);
  const bool orders = wanted == Order::Less || wanted == Order::Greater;
  if (is_x && orders) {
    const bool end_in_dst = dst.base() == PTR_TO_PACKET_END, end_in_src = src.base() == PTR_TO_PACKET_END;
    if (end_in_dst == end_in_src) return -1;
    const bool end_on_left = condition.left.find("end") != std::string_view::npos;
    if (end_on_left != end_in_dst) wanted = mirror(wanted);
  } else if (orders && is_number(condition.left)) {
    wanted = mirror(wanted);
  }
  if (wanted == holds) return !condition.negated;
  return reverse(wanted) == holds ? int(condition.negated) : -1;
}

}  // namespace

std::string branch_words(const Env& env, const Trace& trace, int step, const diag::Place& place) {
  const isa::Insn& insn = env.insns[size_t(trace.step(step).insn)];
  const bool taken = step + 1 < trace.size() && trace.step(step + 1).insn != trace.step(step).insn + 1;
  const JmpWords* words = jump_words(insn);
  if (!words) return taken ? "the jump is taken" : "the loop goes on";
  const u32 frame = trace.step(step).frame;
  const RegState& dst = trace.reg_before(frame, insn.dst, step);
  const RegState& src = isa::insn_is_x(insn.code) ? trace.reg_before(frame, insn.src, step) : not_init_reg();
  if (place.in_c) {
    const diag::ConditionText condition = diag::condition_of(place.expression());
    const int truth = truth_of(condition, insn, taken ? words->order : reverse(words->order), dst, src);
    if (truth >= 0) return fmt::format("`{}` is {}", place.expression(), truth ? "true" : "false");
    return {};
  }
  const std::string right = isa::insn_is_x(insn.code) ? fmt::format("r{}", u32(insn.src)) : std::to_string(insn.imm);
  return fmt::format("`r{} {} {}`", u32(insn.dst), taken ? words->taken : words->not_taken, right);
}

}  // namespace skep::verifier
