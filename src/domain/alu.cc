// Abstract arithmetic: what a 32- or 64-bit ALU operation makes of two scalars (adjust_scalar_min_max_vals; spec:
// instructions.md 6). Every rule on a pair of ranges is written once and used at both widths; operands come by value,
// so that dst and src may be the same register. The operators on bits go through the tnum: its result first, ranges
// from it.
#include <algorithm>

#include "domain/scalar.h"

namespace skep::domain {
namespace {

template <class T>
constexpr void set_full(T& min, T& max) {
  min = kMin<T>;
  max = kMax<T>;
}

// Unsigned ranges move around the number circle as one piece: both ends wrapping is fine, one of them is not.
template <class T>
constexpr void add_unsigned(T& min, T& max, T bmin, T bmax) {
  const bool min_wraps = add_overflow(min, bmin, min);
  const bool max_wraps = add_overflow(max, bmax, max);
  if (!min_wraps && max_wraps) set_full(min, max);
}
template <class T>
constexpr void add_signed(T& min, T& max, T bmin, T bmax) {
  const bool min_wraps = add_overflow(min, bmin, min);
  const bool max_wraps = add_overflow(max, bmax, max);
  if (min_wraps || max_wraps) set_full(min, max);
}
template <class T>
constexpr void sub_unsigned(T& min, T& max, T bmin, T bmax) {
  const bool min_wraps = sub_overflow(min, bmax, min);
  const bool max_wraps = sub_overflow(max, bmin, max);
  if (min_wraps && !max_wraps) set_full(min, max);
}
template <class T>
constexpr void sub_signed(T& min, T& max, T bmin, T bmax) {
  const bool min_wraps = sub_overflow(min, bmax, min);
  const bool max_wraps = sub_overflow(max, bmin, max);
  if (min_wraps || max_wraps) set_full(min, max);
}
template <class T>
constexpr void mul_unsigned(T& min, T& max, T bmin, T bmax) {
  const bool max_wraps = mul_overflow(max, bmax, max);
  const bool min_wraps = mul_overflow(min, bmin, min);
  if (max_wraps || min_wraps) set_full(min, max);
}
template <class T>
constexpr void mul_signed(T& min, T& max, T bmin, T bmax) {
  T p[4] = {};
  const bool wraps = mul_overflow(min, bmin, p[0]) || mul_overflow(min, bmax, p[1]) || mul_overflow(max, bmin, p[2]) ||
                     mul_overflow(max, bmax, p[3]);
  if (wraps) return set_full(min, max);
  min = std::min({p[0], p[1], p[2], p[3]});
  max = std::max({p[0], p[1], p[2], p[3]});
}

// A signed range from the unsigned one of the same bits, where that stays on one side of the sign.
template <class U, class S>
constexpr void signed_from_unsigned(U umin, U umax, S& smin, S& smax) {
  smin = S(umin);
  smax = S(umax);
  if (smin > smax) set_full(smin, smax);
}

template <class U>
constexpr void shift_left_unsigned(U& min, U& max, unsigned shift, unsigned width) {
  if (shift >= width || max > U(U(1) << (width - 1 - shift))) return set_full(min, max);
  min = U(min << shift);
  max = U(max << shift);
}

template <unsigned W>
struct Alu {
  using Scalar = ScalarT<W>;
  using U = typename Scalar::U;
  using S = typename Scalar::S;
  using HalfU = typename Scalar::HalfU;
  using HalfS = typename Scalar::HalfS;

  static constexpr bool is_shift(AluOp op) { return op == AluOp::Lsh || op == AluOp::Rsh || op == AluOp::Arsh; }

  // Not computable: division, and shifts by what is not a constant below the width. (A 32-bit shift looks at its
  // source's 64-bit maximum too: by a register whose low half alone is a small constant it is not computed. Seen
  // on 6.18.44.)
  static constexpr bool computable(AluOp op, bool is64, const Scalar& src) {
    if (op == AluOp::Div || op == AluOp::Mod) return false;
    if (!is_shift(op)) return true;
    if (static_cast<u64>(src.umax) >= (is64 ? W : W / 2)) return false;
    if (is64) return src.is_const() && src.umin == src.umax && src.smin == src.smax;
    return src.is_subreg_const() && src.u32_min == src.u32_max && src.s32_min == src.s32_max;
  }

  static void add(Scalar& d, const Scalar& s) {
    add_signed(d.s32_min, d.s32_max, s.s32_min, s.s32_max);
    add_unsigned(d.u32_min, d.u32_max, s.u32_min, s.u32_max);
    add_signed(d.smin, d.smax, s.smin, s.smax);
    add_unsigned(d.umin, d.umax, s.umin, s.umax);
    d.var_off = tnum_add(d.var_off, s.var_off);
  }

  static void sub(Scalar& d, const Scalar& s) {
    sub_signed(d.s32_min, d.s32_max, s.s32_min, s.s32_max);
    sub_unsigned(d.u32_min, d.u32_max, s.u32_min, s.u32_max);
    sub_signed(d.smin, d.smax, s.smin, s.smax);
    sub_unsigned(d.umin, d.umax, s.umin, s.umax);
    d.var_off = tnum_sub(d.var_off, s.var_off);
  }

  static void neg(Scalar& d) {
    Scalar zero = Scalar::known(U(0));
    sub(zero, d);
    d = zero;
  }

  static void mul(Scalar& d, const Scalar& s) {
    mul_unsigned(d.u32_min, d.u32_max, s.u32_min, s.u32_max);
    mul_signed(d.s32_min, d.s32_max, s.s32_min, s.s32_max);
    mul_unsigned(d.umin, d.umax, s.umin, s.umax);
    mul_signed(d.smin, d.smax, s.smin, s.smax);
    d.var_off = tnum_mul(d.var_off, s.var_off);
  }

  // The unsigned range of a bit operation's result r, given those of its operands.
  template <class Un>
  static constexpr void bitwise_unsigned(AluOp op, Un value, Un mask, Un& min, Un& max, Un bmin, Un bmax) {
    const Un highest = Un(value | mask);
    min = op == AluOp::Or ? std::max(min, bmin) : value;
    max = op == AluOp::And ? std::min(max, bmax) : highest;
  }

  static void bitwise(AluOp op, Scalar& d, const Scalar& s) {
    const bool src_const = s.is_const(), src_subreg_const = s.is_subreg_const();  // read before d changes: it may be s
    d.var_off = op == AluOp::And  ? tnum_and(d.var_off, s.var_off)
                : op == AluOp::Or ? tnum_or(d.var_off, s.var_off)
                                  : tnum_xor(d.var_off, s.var_off);
    const TnumT<W> r = d.var_off;
    if (src_subreg_const && r.is_subreg_const()) {
      d.u32_min = d.u32_max = HalfU(r.value);
      d.s32_min = d.s32_max = HalfS(r.value);
    } else {
      bitwise_unsigned(op, HalfU(r.value), HalfU(r.mask), d.u32_min, d.u32_max, s.u32_min, s.u32_max);
      signed_from_unsigned(d.u32_min, d.u32_max, d.s32_min, d.s32_max);
    }
    if (src_const && r.is_const()) {
      d = Scalar::known(r.value);
      return;
    }
    bitwise_unsigned(op, r.value, r.mask, d.umin, d.umax, s.umin, s.umax);
    signed_from_unsigned(d.umin, d.umax, d.smin, d.smax);
    update_bounds(d);
  }

  static void lsh32_bounds(Scalar& d, unsigned n) {
    set_full(d.s32_min, d.s32_max);
    shift_left_unsigned(d.u32_min, d.u32_max, n, W / 2);
  }

  static void lsh64(Scalar& d, unsigned n) {
    // n = 32 is how a compiler begins a sign extension: what is known of the old low half becomes the signed range.
    const bool by_half = n == W / 2;
    d.smax = by_half ? S(U(d.s32_max) << n) : kMax<S>;
    d.smin = by_half ? S(U(d.s32_min) << n) : kMin<S>;
    shift_left_unsigned(d.umin, d.umax, n, W);
    lsh32_bounds(d, n);
    d.var_off = tnum_lshift(d.var_off, n);
    update_bounds(d);
  }

  static void rsh64(Scalar& d, unsigned n) {
    set_full(d.smin, d.smax);
    d.umin = U(d.umin >> n);
    d.umax = U(d.umax >> n);
    d.mark32_unbounded();
    d.var_off = tnum_rshift(d.var_off, n);
    update_bounds(d);
  }

  static void arsh64(Scalar& d, unsigned n) {
    d.smin = S(d.smin >> n);
    d.smax = S(d.smax >> n);
    set_full(d.umin, d.umax);
    d.mark32_unbounded();
    d.var_off = tnum_arshift(d.var_off, n, W);
    update_bounds(d);
  }

  static void shift64(AluOp op, Scalar& d, unsigned n) {
    if (op == AluOp::Lsh) return lsh64(d, n);
    if (op == AluOp::Rsh) return rsh64(d, n);
    arsh64(d, n);
  }

  static void shift32(AluOp op, Scalar& d, unsigned n) {
    const TnumT<W> low = tnum_subreg(d.var_off);
    if (op == AluOp::Lsh) {
      lsh32_bounds(d, n);
      d.var_off = tnum_subreg(tnum_lshift(low, n));
    } else if (op == AluOp::Rsh) {
      set_full(d.s32_min, d.s32_max);
      d.u32_min = HalfU(d.u32_min >> n);
      d.u32_max = HalfU(d.u32_max >> n);
      d.var_off = tnum_rshift(low, n);
    } else {
      d.s32_min = HalfS(d.s32_min >> n);
      d.s32_max = HalfS(d.s32_max >> n);
      set_full(d.u32_min, d.u32_max);
      d.var_off = tnum_arshift(low, n, W / 2);
    }
    d.mark64_unbounded();
    update_bounds32(d);
  }
};

}  // namespace

template <unsigned W>
void alu(AluOp op, bool is64, ScalarT<W>& dst, const ScalarT<W>& src) {
  using Ops = Alu<W>;
  if (!Ops::computable(op, is64, src)) {
    dst = ScalarT<W>::unknown();
    return;
  }
  switch (op) {
    case AluOp::Add: Ops::add(dst, src); break;
    case AluOp::Sub: Ops::sub(dst, src); break;
    case AluOp::Mul: Ops::mul(dst, src); break;
    case AluOp::Neg: Ops::neg(dst); break;
    case AluOp::And:
    case AluOp::Or:
    case AluOp::Xor: Ops::bitwise(op, dst, src); break;
    case AluOp::Lsh:
    case AluOp::Rsh:
    case AluOp::Arsh:
      if (is64)
        Ops::shift64(op, dst, static_cast<unsigned>(src.umin));
      else
        Ops::shift32(op, dst, static_cast<unsigned>(src.u32_min));
      break;
    case AluOp::Div:
    case AluOp::Mod: break;  // not computable
  }
  if (!is64) zext_32_to_64(dst);
  sync(dst);
}

void add_unsynced(Scalar& dst, const Scalar& src) { Alu<64>::add(dst, src); }

template void alu(AluOp, bool, ScalarT<64>&, const ScalarT<64>&);
template void alu(AluOp, bool, ScalarT<32>&, const ScalarT<32>&);
template void alu(AluOp, bool, ScalarT<16>&, const ScalarT<16>&);
template void alu(AluOp, bool, ScalarT<8>&, const ScalarT<8>&);
template void alu(AluOp, bool, ScalarT<4>&, const ScalarT<4>&);

}  // namespace skep::domain
