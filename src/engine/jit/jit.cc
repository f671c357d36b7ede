// See jit.h.
#include "engine/jit/jit.h"

#include <algorithm>

#include "engine/jit/native_code.h"

namespace skep::engine {

namespace native {
namespace {

NativeCode* native_of(const Code& code) { return static_cast<NativeCode*>(code.native.get()); }

// Twice where there are jumps: then it is known which can be short, and which loops are small. Aligning those may make
// some jump longer than it was, hence the third try.
Output emit(const Code& code, std::span<TailSite> tail_sites, bool budget) {
  const Analysis analysis(code);
  Emitter first(code, analysis, tail_sites, {.budget = budget});
  if (!first.write()) return {};
  for (const u32 near_bytes : {127, 64}) {
    if (!analysis.has_jumps) break;
    const EmitOptions options{.budget = budget, .known_starts = first.starts(), .near_bytes = near_bytes};
    Emitter again(code, analysis, tail_sites, options);
    if (again.write()) return again.output();
  }
  return first.output();
}

size_t count_tail_calls(const Code& code) {
  return size_t(
      std::count_if(code.ops.begin(), code.ops.end(), [](const Op& op) { return op.code == OpCode::TailCall; }));
}

}  // namespace

std::unique_ptr<NativeCode> NativeCode::make(const Code& code) {
#if defined(__x86_64__)
  auto native = std::make_unique<NativeCode>();
  native->tail_sites_ = std::vector<TailSite>(count_tail_calls(code));
  native->plain_ = emit(code, native->tail_sites_, false);
  return native->plain_.memory ? std::move(native) : nullptr;
#else
  (void)code;
  return nullptr;
#endif
}

const Output& NativeCode::output(const Code& code, bool budget) {
  if (!budget) return plain_;
  std::call_once(budgeted_once_, [&] { budgeted_ = emit(code, tail_sites_, true); });
  return budgeted_;
}

HelperFn NativeCode::function(const Code& code, u32 subprog, bool budget) {
  const Output& out = output(code, budget);
  return out.memory ? reinterpret_cast<HelperFn>(out.memory->at(out.entries[subprog].function)) : nullptr;
}

u64 NativeCode::entry(const Code& code, bool budget) {
  const Output& out = output(code, budget);
  return out.memory ? reinterpret_cast<u64>(out.memory->at(out.entries[0].body)) : 0;
}

const TailEntry* NativeCode::tail_entry(const Code& code) {
  std::call_once(tail_once_, [&] { tail_ = {code.prog_id, entry(code, false), &code}; });
  return &tail_;
}

const TailEntry* tail_entry(const Code& code) { return code.native ? native_of(code)->tail_entry(code) : nullptr; }

u64 native_entry(const Code& code, const Run& run) {
  return code.native ? native_of(code)->entry(code, run.budget != kNoBudget) : 0;
}

}  // namespace native

namespace {

class Jit final : public Engine {
 public:
  u64 call(const Code& code, u32 subprog, const u64 (&args)[5], Run& run) const override {
    const HelperFn function =
        code.native ? native::native_of(code)->function(code, subprog, run.budget != kNoBudget) : nullptr;
    if (!function) return interpreter().call(code, subprog, args, run);
    return function(args[0], args[1], args[2], args[3], args[4], run);
  }
  bool is_native() const override { return true; }
};

}  // namespace

const Engine& jit() {
  static const Jit engine;
  return engine;
}

bool compile(Code& code) {
  auto native = native::NativeCode::make(code);
  if (!native) return false;
  for (u32 s = 0; s < code.n_subprogs(); ++s) code.functions[s].native = native->function(code, s, false);
  code.native = std::move(native);
  return true;
}

u64 native_size(const Code& code) { return code.native ? native::native_of(code)->bytes() : 0; }

}  // namespace skep::engine
