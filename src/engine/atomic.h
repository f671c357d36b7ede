// Atomic operations (RFC 9669, section 5.3), sequentially consistent as in Linux.
#pragma once

#include "isa/insn.h"
#include "map/shm/guard.h"

namespace skep::engine::atomic {

template <typename T>
u64 load_acquire(u64 address) {
  return __atomic_load_n(reinterpret_cast<const T*>(address), __ATOMIC_ACQUIRE);
}

template <typename T>
void store_release(u64 address, u64 value) {
  __atomic_store_n(reinterpret_cast<T*>(address), T(value), __ATOMIC_RELEASE);
}

// `operation`: the imm of the instruction. `operand` is its src register, which the fetching forms replace by the old
// value; compare-and-exchange compares with R0 and puts the old value there.
template <typename T>
void apply(s64 operation, u64 address, u64& operand, u64& r0) {
  T* const at = reinterpret_cast<T*>(address);
  const T value = T(operand);
  T old = 0;
  switch (operation & ~isa::BPF_FETCH) {
    case isa::BPF_ADD: old = __atomic_fetch_add(at, value, __ATOMIC_SEQ_CST); break;
    case isa::BPF_OR: old = __atomic_fetch_or(at, value, __ATOMIC_SEQ_CST); break;
    case isa::BPF_AND: old = __atomic_fetch_and(at, value, __ATOMIC_SEQ_CST); break;
    case isa::BPF_XOR: old = __atomic_fetch_xor(at, value, __ATOMIC_SEQ_CST); break;
    case isa::BPF_XCHG & ~isa::BPF_FETCH: old = __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST); break;
    case isa::BPF_CMPXCHG & ~isa::BPF_FETCH: {
      old = T(r0);
      __atomic_compare_exchange_n(at, &old, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
      r0 = old;
      return;
    }
    default: return;
  }
  if (operation & isa::BPF_FETCH) operand = old;
}

// On memory that may not be there: then nothing happens.
template <typename T>
void apply_guarded(s64 operation, u64 address, u64& operand, u64& r0) {
  (void)map::guarded(0, [&]() -> long {
    apply<T>(operation, address, operand, r0);
    return 1;
  });
}

}  // namespace skep::engine::atomic
