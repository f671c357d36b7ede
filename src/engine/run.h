// One run of a program on one thread: what helpers and engines share while it lasts.
#pragma once

#include <memory>
#include <vector>

#include "engine/code.h"
#include "engine/context.h"
#include "engine/machine.h"

namespace skep::engine {

inline constexpr u32 kMaxTailCalls = 33;           // Linux: MAX_TAIL_CALL_CNT
inline constexpr u32 kMaxLoops = 8 * 1024 * 1024;  // Linux: BPF_MAX_LOOPS, of bpf_loop() and may_goto
inline constexpr u64 kNoBudget = ~u64{0};

// Why a run ended before its exit.
enum class Stop : int {
  None,
  Throw,   // bpf_throw() without an exception callback is no failure: the cookie is the result
  Budget,  // it went round more often than the caller allows
  Fault,   // a map's file was cut off under it, or memory ran out
  Broken,  // what the verifier had ruled out: a value (checked interpreter), a reference too many (Run::complaint)
};

struct Run;

// Something a run must give back - a lock, a record of a ring buffer - if it is ended before it did so itself.
struct Held {
  void (*give_back)(const Held&) = nullptr;
  u64 what = 0;
  MapHandle* map = nullptr;  // where it comes from, or null
};

// Runs functions of linked code. Stateless; one instance of each kind serves all runs.
class Engine {
 public:
  virtual ~Engine() = default;
  // Calls a subprogram with R1 to R5; its R0.
  virtual u64 call(const Code& code, u32 subprog, const u64 (&args)[5], Run& run) const = 0;
  // Callbacks need not come through here where they have a native form.
  virtual bool is_native() const { return false; }
};

const Engine& interpreter();
// An interpreter that trusts nothing: values must lie in the states that the verifier held (Code::states), accesses in
// their objects. What does not ends the run with Stop::Broken (checked.cc).
const Engine& checked_interpreter();

// What an engine keeps while a run lasts, and after a jump out of it.
class EngineState {
 public:
  virtual ~EngineState() = default;
};

// What generated code reads and writes of a run.
struct RunWords {
  const CallSite* site = nullptr;  // of the helper or kfunc that is being called
  u64 budget = kNoBudget;          // jumps backward and callbacks that are left
  u32 cpu = 0;                     // while a program runs: the thread's own (cpus.h)
  u32 tail_calls = 0;
};

struct Run : RunWords {
  // On the machine's engine, or another.
  explicit Run(Machine& m) : Run(m, m.engine()) {}
  Run(Machine& m, const Engine& e) : machine(m), engine(e), references(m.heap(), m.references()) {}
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  Machine& machine;
  const Engine& engine;
  const Code* code = nullptr;     // the program it began with
  u64 ctx = 0;                    // the program's context
  bool direct_callbacks = false;  // Function::native may be called
  u32 wanted_cpu = kAnyCpu;       // the program is to run on this one
  u32 last_cpu = kAnyCpu;         // it ran on this one before
  bool holds_cpu = false;         // hold_cpu()
  u8* stack = nullptr;            // interpreter: free stack memory
  u8* stack_end = nullptr;
  u64 cookie = 0;  // of bpf_throw()
  Stop stop = Stop::None;
  std::vector<Held> held;
  // bpf_get_local_storage(): a value for each map, as long as this lives.
  std::vector<std::pair<const MapHandle*, std::unique_ptr<u64[]>>> storages;
  s32 hook_retval = 0;    // what bpf_get_retval() gives: of the system call that a cgroup's program is about
  std::string complaint;  // Stop::Broken
  std::unique_ptr<EngineState> engine_state;
  References references;  // what the program holds
  void* unwind[5] = {};   // __builtin_setjmp of run_program()
  void* extra = nullptr;  // of the engine, or of whoever watches the run
};

struct RunResult {
  u64 retval = 0;
  Stop stop = Stop::None;  // None, or why there is no retval
};

// Takes a CPU for several runs on this thread; give_cpu() ends it. A run without one takes its own.
void hold_cpu(Run& run);
void give_cpu(Run& run);

// Runs a program with its context from the start. `run` is fresh, or was used for an earlier run of the same thread.
RunResult run_program(const Code& code, u64 ctx, Run& run);
// With other arguments than a context.
RunResult run_program(const Code& code, const u64 (&args)[5], Run& run);

// Runs a function of a program on its own, as for a timer.
RunResult run_callback(const Function& function, const u64 (&args)[5], Run& run);

// Callbacks, for helpers: calls the function that a program's pointer stands for.
u64 call_function(Run& run, u64 function, u64 r1, u64 r2 = 0, u64 r3 = 0, u64 r4 = 0, u64 r5 = 0);

// Ends the run from inside a helper or engine: does not return.
[[noreturn]] void stop_run(Run& run, Stop why);

// Takes the newest entry for `what` out of Run::held; one with a null give_back: there is none.
Held let_go(Run& run, u64 what);

// Counts a jump backward against the budget.
inline void spend(Run& run) {
  if (run.budget != kNoBudget && run.budget-- == 0) stop_run(run, Stop::Budget);
}

// bpf_tail_call(): true if a program ran in this one's place, with *r0 what it returned.
bool tail_call(Run& run, u64 ctx, u64 map, u64 index, u64* r0);

// A load from memory that may not be there: false then.
bool probe_read(void* to, u64 address, u32 size);

}  // namespace skep::engine
