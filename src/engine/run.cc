// See run.h.
#include "engine/run.h"

#include <csetjmp>
#include <cstring>

#include "engine/thread.h"
#include "map/shm/guard.h"

namespace skep::engine {
namespace {

// Runs of a thread can nest: a helper of the host may run a program.
void give_stack(Run& run) {
  if (run.stack) return;
  run.stack = thread_stack();
  run.stack_end = run.stack + kThreadStackBytes;
}

// Of a run that was ended, the newest first.
void give_back_all(Run& run) {
  for (; !run.held.empty(); run.held.pop_back()) run.held.back().give_back(run.held.back());
}

u64 call_exception_callback(const Code& code, Run& run) {
  if (code.exception_cb < 0) return run.cookie;
  const u64 args[5] = {run.cookie};
  return run.engine.call(code, u32(code.exception_cb), args, run);
}

// What a run begins with: a program, or a callback.
struct Start {
  const Code& code;
  const Function* callback;  // null: the program from its start
  const u64 (&args)[5];
};

u64 call_start(const Start& start, Run& run) {
  const auto& r = start.args;
  if (start.callback) return call_function(run, reinterpret_cast<u64>(start.callback), r[0], r[1], r[2], r[3], r[4]);
  return run.engine.call(start.code, 0, r, run);
}

// Not inlined: the frame that __builtin_setjmp comes back to must be this one.
[[gnu::noinline]] u64 run_unwindable(const Start& start, Run& run) {
  u8* const stack = run.stack;
  if (__builtin_setjmp(run.unwind) != 0) {
    run.stack = stack;
    give_back_all(run);
    if (run.stop != Stop::Throw) return 0;
    run.stop = Stop::None;
    return call_exception_callback(start.code, run);
  }
  return call_start(start, run);
}

// A program that came to its end has given back what it took.
void end_references(Run& run, RunResult& result) {
  std::string complaint = run.references.complaint();
  if (result.stop == Stop::None && !complaint.empty()) {
    result.stop = Stop::Broken;
    run.complaint = std::move(complaint);
  }
  map::guarded(0, [&]() -> long {
    run.references.release_all(result.stop == Stop::Broken);
    return 0;
  });
}

RunResult run_from(const Start& start, Run& run) {
  give_stack(run);
  u8* const stack = run.stack;
  const Code& code = start.code;
  run.code = &code;
  run.ctx = start.args[0];
  run.tail_calls = 0;
  run.stop = Stop::None;
  run.direct_callbacks = run.engine.is_native() && run.budget == kNoBudget;
  const bool has_cpu = run.holds_cpu;
  if (!has_cpu) hold_cpu(run);
  RunResult result;
  const long whole = map::guarded(0, [&]() -> long {
    result.retval = run_unwindable(start, run);
    return 1;
  });
  run.stack = stack;
  if (!whole) give_back_all(run);
  if (!has_cpu) give_cpu(run);
  result.stop = whole ? run.stop : Stop::Fault;
  if (!run.references.empty()) end_references(run, result);
  return result;
}

}  // namespace

void hold_cpu(Run& run) {
  if (run.machine.config().deterministic) {
    run.cpu = run.wanted_cpu == kAnyCpu ? 0 : run.wanted_cpu;
    return;
  }
  const Cpus::Taken taken = run.machine.cpus().take(run.wanted_cpu, run.last_cpu);
  run.cpu = run.last_cpu = taken.cpu;
  run.holds_cpu = taken.own;
}

void give_cpu(Run& run) {
  if (run.holds_cpu) run.machine.cpus().give_back(run.cpu);
  run.holds_cpu = false;
}

RunResult run_program(const Code& code, u64 ctx, Run& run) {
  const u64 args[5] = {ctx};
  return run_program(code, args, run);
}

RunResult run_program(const Code& code, const u64 (&args)[5], Run& run) { return run_from({code, nullptr, args}, run); }

RunResult run_callback(const Function& function, const u64 (&args)[5], Run& run) {
  return run_from({*function.code, &function, args}, run);
}

u64 call_function(Run& run, u64 function, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5) {
  const Function& callee = *reinterpret_cast<const Function*>(function);
  spend(run);
  if (run.direct_callbacks) {
    if (HelperFn native = callee.native.load(std::memory_order_relaxed)) return native(r1, r2, r3, r4, r5, run);
  }
  const u64 args[5] = {r1, r2, r3, r4, r5};
  return run.engine.call(*callee.code, callee.subprog, args, run);
}

void stop_run(Run& run, Stop why) {
  run.stop = why;
  __builtin_longjmp(run.unwind, 1);
}

Held let_go(Run& run, u64 what) {
  for (size_t i = run.held.size(); i-- > 0;) {
    if (run.held[i].what != what) continue;
    const Held found = run.held[i];
    if (i + 1 == run.held.size())
      run.held.pop_back();
    else
      run.held.erase(run.held.begin() + ptrdiff_t(i));
    return found;
  }
  return {};
}

bool tail_call(Run& run, u64 ctx, u64 map, u64 index, u64* r0) {
  MapHandle& programs = MapHandle::of(map);
  const u32 key = u32(index);  // the upper half does not count
  u32 id = 0;
  if (run.tail_calls >= kMaxTailCalls || !run.machine.objects()) return false;
  const map::ConstBytes key_bytes(reinterpret_cast<const u8*>(&key), sizeof(key));
  if (programs.ops().lookup(programs.map(), key_bytes, {reinterpret_cast<u8*>(&id), sizeof(id)}, 0) != 0) return false;
  const Code* const target = run.machine.objects()->code_by_id(id);
  if (!target) return false;
  ++run.tail_calls;
  const u64 args[5] = {ctx};
  *r0 = run.engine.call(*target, 0, args, run);
  return true;
}

bool probe_read(void* to, u64 address, u32 size) {
  return map::guarded_copy(to, reinterpret_cast<const void*>(address), size);
}

}  // namespace skep::engine
