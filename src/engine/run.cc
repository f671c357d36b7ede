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

u64 call_exception_callback(const Code& code, Run& run) {
  if (code.exception_cb < 0) return run.cookie;
  const u64 args[5] = {run.cookie};
  return run.engine.call(code, u32(code.exception_cb), args, run);
}

// Not inlined: the frame that __builtin_setjmp comes back to must be this one.
[[gnu::noinline]] u64 run_unwindable(const Code& code, const u64 (&args)[5], Run& run) {
  u8* const stack = run.stack;
  if (__builtin_setjmp(run.unwind) != 0) {
    run.stack = stack;
    if (run.stop != Stop::Throw) return 0;
    run.stop = Stop::None;
    return call_exception_callback(code, run);
  }
  return run.engine.call(code, 0, args, run);
}

}  // namespace

RunResult run_program(const Code& code, u64 ctx, Run& run) {
  const u64 args[5] = {ctx};
  return run_program(code, args, run);
}

RunResult run_program(const Code& code, const u64 (&args)[5], Run& run) {
  give_stack(run);
  u8* const stack = run.stack;
  run.code = &code;
  run.ctx = args[0];
  run.tail_calls = 0;
  run.stop = Stop::None;
  run.direct_callbacks = run.engine.is_native() && run.budget == kNoBudget;
  RunResult result;
  const long whole = map::guarded(0, [&]() -> long {
    result.retval = run_unwindable(code, args, run);
    return 1;
  });
  run.stack = stack;
  result.stop = whole ? run.stop : Stop::Fault;
  return result;
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
