// A program's native form: its machine code without a budget, and with one from the first time that is asked for.
#pragma once

#include <mutex>

#include "engine/jit/emitter.h"

namespace skep::engine::native {

class NativeCode final : public Native {
 public:
  // Null: this machine or this program cannot be compiled for.
  static std::unique_ptr<NativeCode> make(const Code& code);

  // The HelperFn of a subprogram; null: it could not be compiled with a budget.
  HelperFn function(const Code& code, u32 subprog, bool budget);
  // Where tail calls jump to; 0 likewise.
  u64 entry(const Code& code, bool budget);
  const TailEntry* tail_entry(const Code& code);
  u64 bytes() const { return plain_.memory->size(); }

 private:
  const Output& output(const Code& code, bool budget);

  std::vector<TailSite> tail_sites_;
  Output plain_, budgeted_;
  std::once_flag budgeted_once_, tail_once_;
  TailEntry tail_;
};

}  // namespace skep::engine::native
