// The read-modify-write operations that an atomic's imm can name besides exchange and compare-exchange.
#pragma once

#include <string_view>

#include "isa/insn.h"

namespace skep::isa {

struct AtomicOp {
  s32 imm;                // without BPF_FETCH
  std::string_view name;  // "add": as in atomic64_fetch_add
  std::string_view op;    // "+=": as in lock *(u64 *)(r10 -8) += r1
};

inline constexpr AtomicOp kAtomicOps[] = {
    {BPF_ADD, "add", "+="},
    {BPF_OR, "or", "|="},
    {BPF_AND, "and", "&="},
    {BPF_XOR, "xor", "^="},
};

// The operation of an imm (BPF_FETCH cleared), or nullptr.
constexpr const AtomicOp* atomic_op(s32 imm) {
  for (const AtomicOp& op : kAtomicOps)
    if (op.imm == imm) return &op;
  return nullptr;
}

// off of the 64-bit register move that the kernel inserts itself for a per-CPU address; it prints it, but no program
// may contain it.
inline constexpr s16 kMovPercpuOff = -1;

}  // namespace skep::isa
