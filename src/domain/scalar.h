// What is known of a number: its known bits (tnum) and its ranges, 64-bit and low-half, unsigned and signed; and the
// abstract arithmetic and branch logic on it, as Linux 6.18.44 has them (spec: instructions.md 4-6 and 9). Everything
// is a template on the width W (the "32-bit" half has W/2 bits), so that tests can try every operator on every value at
// 8 and 4 bits. No program, no register, no log here.
#pragma once

#include <optional>

#include "domain/tnum.h"

namespace skep::domain {

// REQUIRES: W is 64, 32, 16, 8 or 4. Field names are those of the kernel's log and documentation.
template <unsigned W>
struct ScalarT {
  using U = typename Width<W>::U;
  using S = typename Width<W>::S;
  using HalfU = typename Width<W / 2>::U;
  using HalfS = typename Width<W / 2>::S;

  TnumT<W> var_off;
  S smin, smax;
  U umin, umax;
  HalfS s32_min, s32_max;
  HalfU u32_min, u32_max;

  bool operator==(const ScalarT&) const = default;

  static constexpr ScalarT unknown() {
    ScalarT s;
    s.var_off = TnumT<W>::unknown();
    s.mark_unbounded();
    return s;
  }
  static constexpr ScalarT known(U v) {
    return {TnumT<W>::known(v), S(v), S(v), v, v, HalfS(v), HalfS(v), HalfU(v), HalfU(v)};
  }
  // All four ranges full; the tnum stays (the kernel's __mark_reg_unbounded). The parts are for those who lose one
  // width only.
  constexpr void mark_unbounded() {
    mark64_unbounded();
    mark32_unbounded();
  }
  constexpr void mark64_unbounded() {
    smin = kMin<S>;
    smax = kMax<S>;
    umin = kMin<U>;
    umax = kMax<U>;
  }
  constexpr void mark32_unbounded() {
    s32_min = kMin<HalfS>;
    s32_max = kMax<HalfS>;
    u32_min = kMin<HalfU>;
    u32_max = kMax<HalfU>;
  }
  bool is_const() const { return var_off.is_const(); }
  bool is_subreg_const() const { return var_off.is_subreg_const(); }
};
using Scalar = ScalarT<64>;

// Re-derives every part from the others (reg_bounds_sync: steps U, D, D, D, T, U).
template <unsigned W>
void sync(ScalarT<W>& s);

// Step U alone, and its 32-bit half: narrows the ranges to those of the tnum (the kernel's __update_reg_bounds,
// __update_reg32_bounds).
template <unsigned W>
void update_bounds(ScalarT<W>& s);
template <unsigned W>
void update_bounds32(ScalarT<W>& s);

// The contradiction in `s`, as the kernel's message names it ("range bounds violation" ...), or nullptr.
template <unsigned W>
const char* sanity_check(const ScalarT<W>& s);

// Truncations (instructions.md 5): the result of a 32-bit operation; a zero- or sign-extending load of `size` bytes
// (W=64); MOVSX in the low half.
template <unsigned W>
void zext_32_to_64(ScalarT<W>& s);
void coerce_to_size(Scalar& s, int size);     // size 1, 2, 4: zero-extending
void coerce_to_size_sx(Scalar& s, int size);  // size 1, 2, 4: sign-extending to 64 bits
void coerce_subreg_to_size_sx(Scalar& s,
                              int size);  // size 1, 2: sign-extending within the low 32 bits, no zext or sync

enum class AluOp : u8 { Add, Sub, Mul, Div, Or, And, Lsh, Rsh, Neg, Mod, Xor, Arsh };

// dst = dst op src for scalars, then truncation for 32-bit ops and sync (adjust_scalar_min_max_vals without ids and
// forks). Neg ignores src.
template <unsigned W>
void alu(AluOp op, bool is64, ScalarT<W>& dst, const ScalarT<W>& src);

// dst += src in 64 bits, each range and the known bits on their own: without sync.
void add_unsynced(Scalar& dst, const Scalar& src);

// BPF_END: `swap` says whether bytes are really swapped on this (little-endian) machine; bits is 16, 32 or 64.
void byte_swap(Scalar& s, bool swap, int bits);

enum class JmpOp : u8 { Eq, Ne, Set, NotSet, Gt, Ge, Lt, Le, Sgt, Sge, Slt, Sle };
JmpOp reverse(JmpOp op);  // the condition of the other side
JmpOp mirror(JmpOp op);   // a OP b == b mirror(OP) a

// REQUIRES of both below: a and b as they are in the registers, synced. They may be the same object.
// 1: always taken, 0: never, -1: unknown (is_scalar_branch_taken).
template <unsigned W>
int is_branch_taken(JmpOp op, const ScalarT<W>& a, const ScalarT<W>& b, bool is_jmp32);

// Narrows a and b by the knowledge that `a op b` holds, and syncs both (regs_refine_cond_op + reg_bounds_sync).
template <unsigned W>
void refine(JmpOp op, ScalarT<W>& a, ScalarT<W>& b, bool is_jmp32);

// `outer` contains every value of `inner`: all eight range ends (range_within) and the tnum (tnum_in).
template <unsigned W>
bool range_within(const ScalarT<W>& outer, const ScalarT<W>& inner);

}  // namespace skep::domain
