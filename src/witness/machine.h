// Machine: runs one path symbolically. Straight ahead: each instruction of the trace computes expressions, each branch
// gives a condition. What comes from outside is a fresh unknown, limited by what is true of it in every run.
#pragma once

#include <chrono>
#include <map>
#include <optional>

#include "verifier/env.h"
#include "verifier/explain/trace.h"
#include "witness/scene.h"

namespace skep::witness {

using Clock = std::chrono::steady_clock;

// The step that the run which failed began with: 0, or where the path goes on with a callback that is called later.
int first_step(const verifier::Env& env, const verifier::Trace& trace);

// Something that holds because the path went as it did.
struct Condition {
  Term term;
  int step = -1;
  enum class Why : u8 { Branch, Access, Call } why = Why::Branch;
};

struct Frame {
  Value regs[isa::kNumRegs];
  int stack = kNumber;  // its object
  int callsite = -1;
  // Of a call with a callback that is being made: how often that was called, and what it returned last.
  u32 rounds = 0;
  std::optional<Value> returned;
};

class Machine {
 public:
  Machine(Solver& solver, const verifier::Env& env, const verifier::Trace& trace, Clock::time_point deadline);

  // Runs all steps but the last, which failed. False: why() says what is in the way.
  bool run();
  const std::string& why() const { return why_; }

  // What holds in most runs, though the verifier does not count on it.
  const std::vector<Term>& preferred() const { return preferred_; }
  const Scene& scene() const { return scene_; }
  const std::vector<Condition>& conditions() const { return conditions_; }
  int last_step() const { return trace_.size() - 1; }
  const isa::Insn& failing() const { return env_.insns[size_t(trace_.step(last_step()).insn)]; }
  const Frame& frame() const { return frames_.back(); }  // before the failing instruction
  const Value& reg(int r) const { return frames_.back().regs[r]; }
  const Object& object(int id) const { return scene_.objects[size_t(id)]; }
  // What a register held before a step; unset where it was not asked for with watch().
  void watch(int step, int regno) { watched_[step].first = regno; }
  Value watched(int step) const;
  // What a step left in R0.
  Value result_of(int step) const;
  // The path goes through something that the verifier generalised: its values are those of any number of rounds.
  bool generalised() const { return generalised_; }
  bool depends_on_addresses() const { return depends_on_addresses_; }
  bool may_alias() const { return may_alias_; }
  // The registers and the stack are as at the last visit of the failing instruction, and nothing came from outside
  // since; nothing if there was no such visit.
  std::optional<Term> repeats();
  // The bytes [address, address + size) lie in the object.
  Term inside(int object, Term address, Term size);
  // Something was written to the byte of the stack at `address`.
  Term written(int object, Term address);

 private:
  struct Visit {
    Value regs[isa::kNumRegs];
    std::vector<std::pair<u64, Value>> stack;
    size_t inputs;
  };

  bool fail(std::string why);
  void begin(int first);
  bool step(int i);
  bool alu(const isa::Insn& insn);
  bool arithmetic(const isa::Insn& insn, bool wide);
  void move(const isa::Insn& insn, bool wide);
  void byte_order(const isa::Insn& insn);
  bool load(int i, const isa::Insn& insn);
  bool store(int i, const isa::Insn& insn);
  bool atomic(int i, const isa::Insn& insn);
  bool load_imm(int i, const isa::Insn& insn);
  bool branch(int i, const isa::Insn& insn);
  void leave(int i);
  void enter(int i);

  // calls.cc
  bool call(int i, const isa::Insn& insn);
  bool enter_callback(int i, const isa::Insn& insn);
  void finish_callbacks(int i, const isa::Insn& insn);
  bool give_result(int i, const isa::Insn& insn);
  std::optional<Value> look_up(int i);
  std::optional<Value> iterate(int i, std::string_view kfunc);
  void effects_of_helper(int i, const target::HelperProto& helper);
  void effects_of_kfunc(int i, const isa::Insn& insn);
  void effects_of_function(int i, const isa::Insn& insn);
  void fill(int i, const Value& pointer, Term size, u32 at_most);
  void forget_shared(int i, const map::MapMeta* of_map);
  void change_packet();
  void look_for_generalisation(int i);
  Visit visit();

  // memory.cc
  bool access(int i, int object, Term address, u32 bytes);
  Value read(int object, Term address, u32 bytes);
  Value read_written(const Object& object, Term address, u32 bytes, bool& found) const;
  Term read_byte(int object, Term address);
  Term byte_at_first(int object, Term address);
  Term byte_of(const Value& value, Term offset);
  void write(int object, Term address, u32 bytes, const Value& value) {
    scene_.objects[size_t(object)].writes.push_back({address, bytes, value, false});
  }
  void supply_memory(int i, int object, Term address, u32 bytes, const Value& value);
  void forget_contents(int i, int object);
  int add_object(Object object, u64 size);
  int stack_of(u32 frame) { return frames_[frame].stack; }
  int packet();
  int context();

  // unknowns.cc
  std::optional<Value> unknown(const verifier::RegState& reg, std::string name, int step);
  Value unknown_number(const verifier::RegState& reg, std::string name, int step);
  std::optional<Value> unknown_pointer(const verifier::RegState& reg, const std::string& name, int step);
  std::optional<Value> packet_pointer(const verifier::RegState& reg);
  void limit(Term term, const domain::Scalar& known);
  bool supply_reg(int step, u32 frame, int regno, std::optional<Value> value);

  const verifier::RegState& known_after(int i, u32 frame, int regno) const {
    return trace_.reg_before(frame, regno, i + 1);
  }
  Value& reg_of(const isa::Insn& insn, bool source) { return frames_.back().regs[source ? insn.src : insn.dst]; }
  Value operand(const isa::Insn& insn, bool wide);
  Value narrow(const Value& value, u8 bits);
  void condition(Term term, int step, Condition::Why why) {
    if (!term.is(1)) conditions_.push_back({term, step, why});
  }

  Solver& solver_;
  const verifier::Env& env_;
  const verifier::Trace& trace_;
  const Clock::time_point deadline_;
  std::string why_;
  Scene scene_;
  std::vector<Condition> conditions_;
  std::vector<Term> preferred_;
  std::vector<Frame> frames_;
  std::map<int, std::pair<int, Value>> watched_;
  std::map<int, Value> results_;
  int packet_ = kNumber, metadata_ = kNumber, context_ = kNumber;
  std::map<const void*, int> direct_values_;  // of maps whose value the program has the address of
  // Look-ups so far: same map and key, same value.
  struct LookUp {
    const map::MapMeta* map;
    std::vector<Term> key;
    Value value;
  };
  std::vector<LookUp> look_ups_;
  // Numeric iterators by the address of their object: next number and end.
  std::map<u64, std::pair<Term, Term>> iterators_;
  std::vector<Visit> visits_;
  bool generalised_ = false, depends_on_addresses_ = false, may_alias_ = false;
};

}  // namespace skep::witness
