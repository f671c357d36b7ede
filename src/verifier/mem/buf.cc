// Buffers whose size is known only where the program is attached: raw tracepoint buffers, iterators' keys and values
// (spec: memory.md 8). The lower end is checked here.
#include "verifier/mem/mem.h"
#include "verifier/print_state.h"

namespace skep::verifier {
namespace {

Outcome check_buffer(Env& env, const char* kind, const RegState& reg, u32 regno, int off, int size) {
  if (off < 0) return env.reject(diag::InvalidBufferAccess{}, regno, kind, off, size);
  if (!reg.var.is_const() || reg.var.var_off.value)
    return env.reject(diag::InvalidBufferOffset{}, regno, off, tnum_str(reg.var.var_off));
  return kOk;
}

}  // namespace

Outcome check_tp_buffer_access(Env& env, const RegState& reg, u32 regno, int off, int size) {
  return check_buffer(env, "tracepoint", reg, regno, off, size);
}

Outcome check_buffer_access(Env& env, const RegState& reg, u32 regno, int off, int size, bool) {
  return check_buffer(env, reg.type & MEM_RDONLY ? "rdonly" : "rdwr", reg, regno, off, size);
}

}  // namespace skep::verifier
