// A program ready to run: its operations, and what they refer to. Made by link() (link.h); immutable but for its native
// form; shared by all threads.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "engine/map_handle.h"
#include "engine/op.h"
#include "verifier/facts.h"

namespace skep::engine {

struct Run;
class Code;
class RecordedStates;

// How helpers and kfuncs are called: R1 to R5, and the run. The result is R0. What they own must not need a destructor
// across a callback: bpf_throw() and faults leave by a jump.
using HelperFn = u64 (*)(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, Run& run);

// A call of a helper or kfunc in the program. Run::site points to it while it is called.
struct CallSite {
  HelperFn fn = nullptr;
  const verifier::CallFact* fact = nullptr;  // what was proved of the call; never null
  MapHandle* map = nullptr;                  // the one map of the call, or null
  u32 helper = 0;                            // its id; 0: a kfunc
  u32 insn = 0;                              // in the program as loaded
};

// What `rX = &function` gives: callbacks are called through it (run.h, call_function).
struct Function {
  const Code* code = nullptr;
  u32 subprog = 0;
  // Native form without a budget, called as a HelperFn; null: there is none.
  std::atomic<HelperFn> native = nullptr;
};

// What an engine other than the interpreter makes of a program.
class Native {
 public:
  virtual ~Native() = default;
};

// Held by shared_ptr once it is linked: callbacks that are called later keep it.
class Code : public std::enable_shared_from_this<Code> {
 public:
  std::vector<Op> ops;
  std::vector<u32> entries;               // per subprogram: its first op
  std::vector<u32> stack_depth;           // per subprogram: bytes, a multiple of 8
  std::unique_ptr<Function[]> functions;  // per subprogram
  std::vector<std::unique_ptr<CallSite>> sites;
  std::vector<u32> insn_of_op;  // the instruction an op comes from
  std::vector<std::shared_ptr<MapHandle>> maps;
  MapHandle* arena = nullptr;
  u32 prog_id = 0;        // in its kernel; 0: it has none
  int exception_cb = -1;  // subprogram, or -1: the cookie is the program's result
  std::shared_ptr<const verifier::ExecFacts> facts;
  // Memory behind kernel variables (`extern ... __ksym`), which read as zeros.
  std::vector<std::unique_ptr<u8[]>> kernel_vars;
  // How often each instruction ran, of code that counts; null otherwise. Runs of several threads may lose some.
  std::unique_ptr<u64[]> counts;
  std::unique_ptr<Native> native;  // set before the code is shared
  // For the checked interpreter, set before the code is shared; null: it checks accesses only.
  std::shared_ptr<const RecordedStates> states;

  u32 n_subprogs() const { return u32(entries.size()); }
};

}  // namespace skep::engine
