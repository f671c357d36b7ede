// See search.h. Symbolic run, question, the smallest answer, replay; or what makes the answer no.
#include "witness/search.h"

#include <algorithm>

#include "verifier/explain/lineage.h"
#include "verifier/explain/names.h"
#include "verifier/explain/offset.h"
#include "witness/goal.h"
#include "witness/replay.h"

namespace skep::witness {
namespace {

using diag::Witness;

Witness not_decided(std::string reason, std::string words) {
  return {Witness::Verdict::NotDecided, std::move(words), std::move(reason), {}, 0};
}

// A byte of unknown contents, where it is.
struct Byte {
  int object;
  u64 address;
  u32 memory;
  Term term;
};

class Finder {
 public:
  Finder(const verifier::Env& env, const verifier::Trace& trace, Clock::time_point deadline)
      : env_(env), trace_(trace), deadline_(deadline), machine_(solver_, env, trace, deadline) {}
  Witness find(std::string_view detail);

 private:
  u32 ms_left() const {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
    return left > 0 ? u32(left) : 0;
  }
  Answer ask() { return ms_left() ? solver_.check(asked_, ms_left()) : Answer::Unknown; }
  bool can_be(Term condition);

  Witness found();
  void make_small(Term term, u8 bits);
  std::vector<Byte> bytes();
  std::vector<Byte> bytes_by_weight();
  Solution solution();
  std::vector<diag::WitnessInput> inputs(const Solution& solution, const std::vector<Byte>& bytes);
  diag::WitnessInput packet(u64 length, const Solution& solution, const std::vector<Byte>& bytes) const;
  bool matters(Term term) const;

  Witness impossible();
  Witness no_such_path();
  std::string what_holds();
  std::optional<std::string> offset_words();
  std::optional<std::string> bounds_of(const std::string& name, Term term, const verifier::RegState* known);
  std::vector<size_t> smallest_core();
  std::string because(const std::vector<size_t>& core) const;

  const verifier::Env& env_;
  const verifier::Trace& trace_;
  const Clock::time_point deadline_;
  Solver solver_;
  Machine machine_;
  Goal goal_;
  verifier::Offset offset_;
  std::vector<Term> asked_;   // the conditions of the path, then the goal
  std::vector<Term> leaves_;  // the unknowns in them
};

Witness Finder::find(std::string_view detail) {
  goal_ = goal_of(env_, trace_, detail);
  if (goal_.rule == Rule::Program)
    return not_decided("program", "the rule is about the program, whatever its input is");
  if (goal_.rule == Rule::Verifier)
    return not_decided("verifier", "the rule is about what the verifier can tell, no single run breaks it");
  if (env_.cur->speculative) return not_decided("path", "the path is one that only speculation takes");
  const u32 frame = trace_.step(trace_.size() - 1).frame;
  if (goal_.reg >= 0) offset_ = offset_of(env_, trace_, verifier::Loc::of_reg(frame, goal_.reg), trace_.size() - 1);
  if (offset_.step >= 0) machine_.watch(offset_.step, offset_.regno);
  if (!machine_.run()) return not_decided(ms_left() ? "path" : "time", machine_.why());
  std::string why;
  const std::optional<Goal> goal = complete(goal_, machine_, solver_, env_, trace_, why);
  if (!goal) return not_decided("path", why);
  goal_ = *goal;
  for (const Condition& c : machine_.conditions()) asked_.push_back(c.term);
  asked_.push_back(goal_.condition);
  const size_t asked = asked_.size();
  asked_.insert(asked_.end(), machine_.preferred().begin(), machine_.preferred().end());
  Answer answer = ask();
  if (answer == Answer::No) {
    asked_.resize(asked);
    answer = ask();
  }
  if (answer == Answer::Unknown) return not_decided("time", "the solver ran out of time");
  if (machine_.depends_on_addresses())
    return not_decided("addresses", "the path depends on where things lie in memory");
  return answer == Answer::Yes ? found() : impossible();
}

bool Finder::can_be(Term condition) {
  asked_.push_back(condition);
  const Answer answer = ask();
  asked_.pop_back();
  return answer == Answer::Yes;
}

// --- there is one
// -----------------------------------------------------------------------------------------------------

bool Finder::matters(Term term) const {
  return std::any_of(leaves_.begin(), leaves_.end(), [&](const Term& leaf) { return solver_.same(leaf, term); });
}

// The number is as small as it can be from now on; negative ones are near 0.
void Finder::make_small(Term term, u8 bits) {
  if (term.known) return;
  const auto fix = [&](u64 value) { asked_.push_back(solver_.compare(Relation::Eq, term, number(value, term.bits))); };
  if (can_be(solver_.compare(Relation::Eq, term, number(0, term.bits)))) return fix(0);
  if (ask() != Answer::Yes) return;
  u64 low = 1, high = solver_.value_of(term);  // what it can be is in [low, high]
  while (low < high && ms_left()) {
    const u64 middle = low + (high - low) / 2;
    asked_.push_back(solver_.compare(Relation::Le, term, number(middle, term.bits)));
    const Answer answer = ask();
    if (answer == Answer::Yes) high = solver_.value_of(term);
    asked_.pop_back();
    if (answer == Answer::Unknown) break;
    if (answer == Answer::No) low = middle + 1;
  }
  const u64 minus_one = bits >= 64 ? ~u64{0} : (u64{1} << bits) - 1;
  const bool is_negative = bits >= 32 && high >> (bits - 1);
  if (is_negative && can_be(solver_.compare(Relation::Eq, term, number(minus_one, term.bits)))) high = minus_one;
  fix(high);
}

// The bytes of unknown contents that matter, in the order of objects and addresses.
std::vector<Byte> Finder::bytes() {
  std::vector<Byte> found;
  if (ask() != Answer::Yes) return found;
  for (const ContentRead& read : machine_.scene().reads)
    if (matters(read.byte)) found.push_back({read.object, solver_.value_of(read.address), read.memory, read.byte});
  std::stable_sort(found.begin(), found.end(), [](const Byte& a, const Byte& b) {
    return std::pair(a.object, a.address) < std::pair(b.object, b.address);
  });
  return found;
}

// In an order in which making each small makes the whole small: numbers lie with their lowest byte first, but in
// packets.
std::vector<Byte> Finder::bytes_by_weight() {
  std::vector<Byte> found = bytes();
  const auto is_in_packet = [&](const Byte& b) { return machine_.object(b.object).kind == Object::Kind::Packet; };
  for (auto begin = found.begin(); begin != found.end();) {
    const auto end = std::find_if(begin, found.end(), [&](const Byte& b) { return b.object != begin->object; });
    if (!is_in_packet(*begin)) std::reverse(begin, end);
    begin = end;
  }
  return found;
}

Solution Finder::solution() {
  Solution solution;
  solution.number = [this](Term term) { return solver_.value_of(term); };
  for (const ContentRead& read : machine_.scene().reads)
    solution.contents[{read.memory, solver_.value_of(read.address)}] = u8(solver_.value_of(read.byte));
  return solution;
}

Witness Finder::found() {
  leaves_ = solver_.leaves(asked_);
  const Scene& scene = machine_.scene();
  for (const Input& input : scene.inputs)
    if (input.from_function && matters(input.term))
      return not_decided("function", "it depends on " + input.name + ", a global function that is checked on its own");
  for (const Input& input : scene.inputs)
    if (input.kind != Input::Kind::Event && matters(input.term)) make_small(input.term, input.bits);
  constexpr u8 kByte = 8;
  constexpr size_t kMaxBytes = 256;
  if (const std::vector<Byte> all = bytes_by_weight(); all.size() <= kMaxBytes)
    for (const Byte& byte : all) make_small(byte.term, kByte);
  if (ask() != Answer::Yes) return not_decided("time", "the solver ran out of time");
  const Solution solution = this->solution();
  const Breach breach = replay(env_, trace_, scene, goal_, solution);
  if (!breach.broken)
    return not_decided("replay", "the input found does not hold when it is replayed: " + breach.trouble);
  Witness witness{Witness::Verdict::Found, breach.words, {}, {}, 0};
  witness.inputs = inputs(solution, bytes());
  return witness;
}

std::string hex(const std::vector<u8>& bytes) {
  std::string out;
  for (const u8 b : bytes) out += fmt::format("{}{:02x}", out.empty() ? "" : " ", b);
  return out;
}

std::string value_words(u64 value, u8 bits) {
  constexpr u64 kPlain = 1'000'000;
  const s64 negative = bits >= 64 ? s64(value) : bits == 32 ? s64(s32(value)) : s64(value);
  if (value < kPlain) return std::to_string(value);
  if (negative < 0 && negative > -s64(kPlain)) return fmt::format("{:#x} ({} as a signed number)", value, negative);
  return fmt::format("{:#x}", value);
}

// Up to the last byte that matters.
diag::WitnessInput Finder::packet(u64 length, const Solution& solution, const std::vector<Byte>& bytes) const {
  diag::WitnessInput input{fmt::format("packet of {} byte{}", length, length == 1 ? "" : "s"), {}};
  constexpr u64 kMaxShown = 128;
  std::vector<u8> shown;
  for (const Byte& byte : bytes) {
    const Object& o = machine_.object(byte.object);
    const u64 at = byte.address - o.base;
    if (o.kind != Object::Kind::Packet || at >= std::min(length, kMaxShown)) continue;
    if (shown.size() <= at) shown.resize(at + 1);
    const auto known = solution.contents.find({byte.memory, byte.address});
    shown[at] = known == solution.contents.end() ? 0 : known->second;
  }
  input.value = hex(shown);
  if (!shown.empty() && shown.size() < length) input.value += " ...";
  return input;
}

std::vector<diag::WitnessInput> Finder::inputs(const Solution& solution, const std::vector<Byte>& bytes) {
  std::vector<diag::WitnessInput> out;
  const auto is_in_packet = [&](const Byte& b) { return machine_.object(b.object).kind == Object::Kind::Packet; };
  const bool packet_read = std::any_of(bytes.begin(), bytes.end(), is_in_packet);
  for (const Input& input : machine_.scene().inputs) {
    const bool is_packet = input.kind == Input::Kind::PacketLength;
    if (input.kind == Input::Kind::Event) {
      out.push_back({input.name, {}});
      continue;
    }
    if (!matters(input.term) && !(is_packet && packet_read)) continue;
    const u64 value = solver_.value_of(input.term);
    if (is_packet)
      out.push_back(packet(value, solution, bytes));
    else if (input.kind == Input::Kind::Null)
      out.push_back({input.name, value ? "NULL" : input.name.starts_with("the look-up") ? "found" : "not NULL"});
    else
      out.push_back({input.name, value_words(value, input.bits)});
  }
  // Loads of several bytes, by the names of what they load.
  std::vector<std::pair<u64, int>> told;
  for (const FieldRead& field : machine_.scene().fields) {
    const u64 address = solver_.value_of(field.address);
    u64 value = 0;
    bool relevant = false;
    for (const Byte& byte : bytes) {
      if (byte.object != field.object || byte.address < address || byte.address >= address + field.bytes) continue;
      relevant = true;
      value |= u64(solver_.value_of(byte.term)) << (8 * (byte.address - address));
    }
    if (!relevant || std::find(told.begin(), told.end(), std::pair(address, field.object)) != told.end()) continue;
    told.emplace_back(address, field.object);
    const bool is_stack = machine_.object(field.object).kind == Object::Kind::Stack;
    const std::string name =
        is_stack ? fmt::format("{} stack bytes at offset {} of the frame pointer, which nothing was written to",
                               field.bytes, s64(address - machine_.object(field.object).base))
                 : field.name;
    out.push_back({name, value_words(value, u8(8 * field.bytes))});
  }
  return out;
}

// --- there is none
// ----------------------------------------------------------------------------------------------------

// The branches among some conditions, in words: "`a == b` (line 12) and `b < 64` (line 14)".
std::string Finder::because(const std::vector<size_t>& core) const {
  constexpr size_t kMaxShown = 3;
  std::vector<std::string> all;
  std::vector<size_t> ordered = core;
  std::sort(ordered.begin(), ordered.end());
  for (const size_t at : ordered) {
    if (at >= machine_.conditions().size()) continue;
    const Condition& c = machine_.conditions()[at];
    const diag::Place place = verifier::place_of(env_, trace_.step(c.step).insn);
    std::string words;
    if (c.why == Condition::Why::Branch) words = verifier::branch_words(env_, trace_, c.step, place);
    const std::string_view text = place.expression();
    if (c.why == Condition::Why::Branch && words.empty() && !text.empty())
      words = fmt::format("`{}` went this way", text);
    if (c.why == Condition::Why::Call) words = "the call went round as often as this";
    if (words.empty()) continue;
    words += place.line ? fmt::format(" (line {})", place.line) : fmt::format(" (instruction {})", place.insn);
    const auto same = [&](const std::string& other) {
      return other == words || (!text.empty() && other.starts_with(fmt::format("`{}` went", text)));
    };
    all.erase(std::remove_if(all.begin(), all.end(), same), all.end());
    all.push_back(std::move(words));
  }
  const size_t more = all.size() > kMaxShown ? all.size() - kMaxShown : 0;
  all.resize(all.size() - more);
  std::string out;
  for (size_t i = 0; i < all.size(); ++i) out += (i == 0 ? "" : i + 1 == all.size() && !more ? " and " : ", ") + all[i];
  if (more) out += fmt::format(" and {} more", more);
  return out;
}

// Of the conditions asked, which contradict each other, some that already do, none of which can be left out.
std::vector<size_t> Finder::smallest_core() {
  std::vector<size_t> kept = solver_.core();
  for (size_t i = 0; i < kept.size() && ms_left();) {
    std::vector<size_t> fewer = kept;
    fewer.erase(fewer.begin() + std::ptrdiff_t(i));
    std::vector<Term> conditions;
    for (const size_t at : fewer) conditions.push_back(asked_[at]);
    if (solver_.check(conditions, ms_left()) == Answer::No)
      kept = std::move(fewer);
    else
      ++i;
  }
  return kept;
}

Witness Finder::impossible() {
  if (machine_.generalised())
    return not_decided("loop", "not in this number of rounds; what the verifier holds of a loop is about any number");
  if (machine_.may_alias()) return not_decided("path", "two look-ups on the path may give the same value");
  const std::vector<size_t> core = smallest_core();
  asked_.pop_back();
  if (ask() == Answer::No) return no_such_path();
  std::string words = "the verifier cannot see that " + what_holds();
  const std::string why = because(core);
  if (!why.empty()) words += ", because " + why;
  return {Witness::Verdict::NoSuchInput, std::move(words), {}, {}, 0};
}

Witness Finder::no_such_path() {
  const std::string why = because(smallest_core());
  std::string words = "the verifier cannot see that no run takes it";
  if (!why.empty()) words += ": " + why + (why.find(" and ") == why.npos ? " cannot be" : " do not go together");
  return {Witness::Verdict::NoSuchInput, std::move(words), {}, {}, 0};
}

// "`i` is in [0, 63] here, and holds it to be in [0, 255]", from the conditions of the path.
std::optional<std::string> Finder::bounds_of(const std::string& name, Term term, const verifier::RegState* known) {
  const auto extreme = [&](bool least) -> std::optional<s64> {
    if (ask() != Answer::Yes) return std::nullopt;
    s64 at = s64(solver_.value_of(term));  // reached; what lies beyond it is looked at
    s64 beyond = least ? INT64_MIN : INT64_MAX;
    while (at != beyond && ms_left()) {
      const s64 middle =
          least ? s64(beyond + s64((u64(at) - u64(beyond)) / 2)) : s64(at + s64((u64(beyond) - u64(at) + 1) / 2));
      asked_.push_back(solver_.compare(least ? Relation::Sle : Relation::Sge, term, number(u64(middle))));
      const Answer answer = ask();
      if (answer == Answer::Yes) at = s64(solver_.value_of(term));
      asked_.pop_back();
      if (answer == Answer::Unknown) return std::nullopt;
      if (answer == Answer::No) beyond = least ? middle + 1 : middle - 1;
    }
    return ms_left() ? std::optional(at) : std::nullopt;
  };
  const std::optional<s64> low = extreme(true), high = extreme(false);
  if (!low || !high) return std::nullopt;
  if (known && known->is_scalar() && known->var.smin >= *low && known->var.smax <= *high) return std::nullopt;
  std::string words = *low == *high ? fmt::format("{} is {} here", name, *low)
                                    : fmt::format("{} is in [{}, {}] here", name, *low, *high);
  if (known && known->is_scalar()) {
    const bool nothing = known->var.smin == INT64_MIN && known->var.smax == INT64_MAX;
    words += nothing ? " (it takes it for any number)"
                     : fmt::format(" (it takes it to be in [{}, {}])", known->var.smin, known->var.smax);
  }
  return words;
}

// Of the number that was added to the pointer, if there was just one, else of all of them together.
std::optional<std::string> Finder::offset_words() {
  const Value& pointer = machine_.reg(goal_.reg);
  if (goal_.reg < 0) return std::nullopt;
  const Object* object = pointer.object == kNumber ? nullptr : &machine_.object(pointer.object);
  if (object && (!object->low.known || !object->high.known)) return std::nullopt;  // its size is what it depends on
  const Term total = object ? solver_.compute(Op::Sub, pointer.bits, number(object->base)) : pointer.bits;
  const Value index = machine_.watched(offset_.step);
  if (index.set && index.object == kNumber && !index.bits.known && !total.known && ask() == Answer::Yes) {
    const Term rest = solver_.compute(Op::Sub, total, index.bits);
    const bool alone =
        offset_.scale == 1 && !can_be(solver_.compare(Relation::Ne, rest, number(solver_.value_of(rest))));
    verifier::Lineage lineage(env_, trace_);
    lineage.follow(verifier::Loc::of_reg(offset_.frame, offset_.regno), offset_.step, {});
    const std::string& name = lineage.name();
    if (alone)
      return bounds_of(name.empty() ? "the offset" : verifier::quoted(name), index.bits,
                       &trace_.reg_before(offset_.frame, offset_.regno, offset_.step));
  }
  return total.known ? std::nullopt : bounds_of("the offset", total, nullptr);
}

std::string Finder::what_holds() {
  const int last = machine_.last_step();
  const u32 frame = trace_.step(last).frame;
  const diag::Place place = verifier::place_of(env_, trace_.step(last).insn);
  std::string name = goal_.reg < 0 ? std::string() : verifier::name_at_use(env_, place, place.insn, u32(goal_.reg));
  if (goal_.reg >= 0 && name.empty()) {
    verifier::Lineage lineage(env_, trace_);
    lineage.follow(verifier::Loc::of_reg(frame, goal_.reg), last, {});
    name = lineage.name();
  }
  name = name.empty() ? "the pointer" : verifier::quoted(name);
  std::optional<std::string> bounds;
  switch (goal_.rule) {
    case Rule::Null: return name + " is never NULL here";
    case Rule::Held: return fmt::format("`{}()` acquires nothing on this path", goal_.what);
    case Rule::Unwritten: return "the bytes were written";
    case Rule::Repeats: return "something changes from round to round";
    case Rule::Returned:
      bounds = bounds_of("what is returned", machine_.reg(goal_.reg).bits, &trace_.reg_before(frame, goal_.reg, last));
      return bounds.value_or("what is returned is in the range");
    default: break;
  }
  if (goal_.size_reg >= 0 && !machine_.reg(goal_.size_reg).bits.known) {
    const std::string size = verifier::name_at_use(env_, place, place.insn, u32(goal_.size_reg));
    bounds = bounds_of(size.empty() ? "the size" : verifier::quoted(size), machine_.reg(goal_.size_reg).bits,
                       &trace_.reg_before(frame, goal_.size_reg, last));
    return bounds.value_or("the size fits");
  }
  if (const std::optional<std::string> words = offset_words()) return *words;
  return goal_.rule == Rule::Aligned ? "the access is aligned" : "the access stays inside";
}

}  // namespace

bool can_search() { return Solver::available(); }

Witness Search::search(const verifier::Env& env, const verifier::Trace& trace, std::string_view detail) const {
  const auto begin = Clock::now();
  if (!Solver::available()) return not_decided("no_solver", "skep was built without Z3 (libz3-dev)");
  Witness witness = Finder(env, trace, begin + std::chrono::milliseconds(ms_)).find(detail);
  witness.time_us = u64(std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin).count());
  return witness;
}

}  // namespace skep::witness
