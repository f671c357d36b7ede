// Conditional jumps: is the outcome known, and what does each outcome teach about the operands (spec: instructions.md
// 9).
#include <algorithm>
#include <bit>
#include <utility>

#include "domain/scalar.h"

namespace skep::domain {
namespace {

// What a jump of one width sees of a scalar, and may narrow: the whole of it, or its low half.
template <unsigned W>
struct Whole {
  using Scalar = ScalarT<W>;
  using U = typename Scalar::U;
  static constexpr TnumT<W> bits(const Scalar& s) { return s.var_off; }
  static constexpr void set_bits(Scalar& s, TnumT<W> t) { s.var_off = t; }
  static constexpr auto& umin(auto& s) { return s.umin; }
  static constexpr auto& umax(auto& s) { return s.umax; }
  static constexpr auto& smin(auto& s) { return s.smin; }
  static constexpr auto& smax(auto& s) { return s.smax; }
};

template <unsigned W>
struct LowHalf {
  using Scalar = ScalarT<W>;
  using U = typename Scalar::HalfU;
  static constexpr TnumT<W> bits(const Scalar& s) { return tnum_subreg(s.var_off); }
  static constexpr void set_bits(Scalar& s, TnumT<W> t) { s.var_off = tnum_with_subreg(s.var_off, t); }
  static constexpr auto& umin(auto& s) { return s.u32_min; }
  static constexpr auto& umax(auto& s) { return s.u32_max; }
  static constexpr auto& smin(auto& s) { return s.s32_min; }
  static constexpr auto& smax(auto& s) { return s.s32_max; }
};

constexpr int yes_no_unknown(bool yes, bool no) { return yes ? 1 : no ? 0 : -1; }
constexpr int negated(int taken) { return taken < 0 ? taken : 1 - taken; }

template <class U, class S>
constexpr bool disjoint(U amin, U amax, U bmin, U bmax, S samin, S samax, S sbmin, S sbmax) {
  return amin > bmax || amax < bmin || samin > sbmax || samax < sbmin;
}

template <unsigned W>
constexpr bool ranges_disjoint(const ScalarT<W>& a, const ScalarT<W>& b) {
  return disjoint(a.umin, a.umax, b.umin, b.umax, a.smin, a.smax, b.smin, b.smax);
}
template <unsigned W>
constexpr bool half_ranges_disjoint(const ScalarT<W>& a, const ScalarT<W>& b) {
  return disjoint(a.u32_min, a.u32_max, b.u32_min, b.u32_max, a.s32_min, a.s32_max, b.s32_min, b.s32_max);
}

template <unsigned W>
int equal_taken(const ScalarT<W>& a, const ScalarT<W>& b, bool is_jmp32) {
  const TnumT<W> x = is_jmp32 ? tnum_subreg(a.var_off) : a.var_off;
  const TnumT<W> y = is_jmp32 ? tnum_subreg(b.var_off) : b.var_off;
  if (x.is_const() && y.is_const()) return x.value == y.value;
  const bool never = !tnum_overlap(x, y) || half_ranges_disjoint(a, b) || (!is_jmp32 && ranges_disjoint(a, b));
  return never ? 0 : -1;
}

template <class Part>
int set_taken(const typename Part::Scalar& a, const typename Part::Scalar& b) {
  auto x = Part::bits(a), c = Part::bits(b);
  if (!c.is_const()) std::swap(x, c);
  if (!c.is_const()) return -1;
  return yes_no_unknown((x.value & c.value) != 0, ((x.value | x.mask) & c.value) == 0);
}

template <class Part>
int taken(JmpOp op, const typename Part::Scalar& a, const typename Part::Scalar& b) {
  const auto umin1 = Part::umin(a), umax1 = Part::umax(a), umin2 = Part::umin(b), umax2 = Part::umax(b);
  const auto smin1 = Part::smin(a), smax1 = Part::smax(a), smin2 = Part::smin(b), smax2 = Part::smax(b);
  switch (op) {
    case JmpOp::Gt: return yes_no_unknown(umin1 > umax2, umax1 <= umin2);
    case JmpOp::Ge: return yes_no_unknown(umin1 >= umax2, umax1 < umin2);
    case JmpOp::Lt: return yes_no_unknown(umax1 < umin2, umin1 >= umax2);
    case JmpOp::Le: return yes_no_unknown(umax1 <= umin2, umin1 > umax2);
    case JmpOp::Sgt: return yes_no_unknown(smin1 > smax2, smax1 <= smin2);
    case JmpOp::Sge: return yes_no_unknown(smin1 >= smax2, smax1 < smin2);
    case JmpOp::Slt: return yes_no_unknown(smax1 < smin2, smin1 >= smax2);
    case JmpOp::Sle: return yes_no_unknown(smax1 <= smin2, smin1 > smax2);
    case JmpOp::Set: return set_taken<Part>(a, b);
    case JmpOp::NotSet: return negated(set_taken<Part>(a, b));
    case JmpOp::Eq:
    case JmpOp::Ne: break;  // equal_taken's: they look at both widths
  }
  return -1;
}

template <class T>
constexpr void bump_end(T& min, T& max, T excluded) {
  if (min == excluded) min = T(u64(min) + 1);
  if (max == excluded) max = T(u64(max) - 1);
}

template <class Part>
struct Refine {
  using Scalar = typename Part::Scalar;
  using U = typename Part::U;

  // NE, SET and NotSet learn from a constant only: the second operand's, or else the first's. Calls learn(other,
  // constant bits).
  template <class Fn>
  static void with_constant(Scalar& a, Scalar& b, Fn learn) {
    if (Part::bits(b).is_const())
      learn(a, Part::bits(b));
    else if (Part::bits(a).is_const())
      learn(b, Part::bits(a));
  }

  static void equal(Scalar& a, Scalar& b) {
    Part::umin(a) = Part::umin(b) = std::max(Part::umin(a), Part::umin(b));
    Part::umax(a) = Part::umax(b) = std::min(Part::umax(a), Part::umax(b));
    Part::smin(a) = Part::smin(b) = std::max(Part::smin(a), Part::smin(b));
    Part::smax(a) = Part::smax(b) = std::min(Part::smax(a), Part::smax(b));
    const auto both = tnum_intersect(Part::bits(a), Part::bits(b));
    Part::set_bits(a, both);
    Part::set_bits(b, both);
  }

  static void not_equal(Scalar& a, Scalar& b) {
    with_constant(a, b, [](Scalar& s, auto constant) {
      using S = std::remove_reference_t<decltype(Part::smin(s))>;
      bump_end(Part::umin(s), Part::umax(s), U(constant.value));
      bump_end(Part::smin(s), Part::smax(s), S(constant.value));
    });
  }

  static void any_set(Scalar& a, Scalar& b) {
    with_constant(a, b, [](Scalar& s, auto constant) {
      if (std::has_single_bit(u64(constant.value))) Part::set_bits(s, tnum_or(Part::bits(s), constant));
    });
  }

  // The ranges are dropped since clearing bits in the tnum alone may leave both at odds.
  static void none_set(Scalar& a, Scalar& b) {
    with_constant(a, b, [](Scalar& s, auto constant) {
      using Bits = decltype(constant);
      s.mark_unbounded();
      Part::set_bits(s, tnum_and(Part::bits(s), Bits::known(typename Bits::U(~constant.value))));
    });
  }

  // a <= b, or with `strict` a < b, on one kind of range. Ends wrap, as in the kernel: that happens in impossible
  // branches only.
  template <class T>
  static constexpr void less(T& amin, T& amax, T& bmin, T& bmax, bool strict) {
    amax = std::min(amax, T(u64(bmax) - strict));
    bmin = std::max(T(u64(amin) + strict), bmin);
  }
  static void unsigned_less(Scalar& a, Scalar& b, bool strict) {
    less(Part::umin(a), Part::umax(a), Part::umin(b), Part::umax(b), strict);
  }
  static void signed_less(Scalar& a, Scalar& b, bool strict) {
    less(Part::smin(a), Part::smax(a), Part::smin(b), Part::smax(b), strict);
  }

  static void apply(JmpOp op, Scalar& a, Scalar& b) {
    switch (op) {
      case JmpOp::Eq: return equal(a, b);
      case JmpOp::Ne: return not_equal(a, b);
      case JmpOp::Set: return any_set(a, b);
      case JmpOp::NotSet: return none_set(a, b);
      case JmpOp::Gt: return unsigned_less(b, a, true);
      case JmpOp::Ge: return unsigned_less(b, a, false);
      case JmpOp::Lt: return unsigned_less(a, b, true);
      case JmpOp::Le: return unsigned_less(a, b, false);
      case JmpOp::Sgt: return signed_less(b, a, true);
      case JmpOp::Sge: return signed_less(b, a, false);
      case JmpOp::Slt: return signed_less(a, b, true);
      case JmpOp::Sle: return signed_less(a, b, false);
    }
  }
};

}  // namespace

JmpOp reverse(JmpOp op) {
  switch (op) {
    case JmpOp::Eq: return JmpOp::Ne;
    case JmpOp::Ne: return JmpOp::Eq;
    case JmpOp::Set: return JmpOp::NotSet;
    case JmpOp::NotSet: return JmpOp::Set;
    case JmpOp::Gt: return JmpOp::Le;
    case JmpOp::Ge: return JmpOp::Lt;
    case JmpOp::Lt: return JmpOp::Ge;
    case JmpOp::Le: return JmpOp::Gt;
    case JmpOp::Sgt: return JmpOp::Sle;
    case JmpOp::Sge: return JmpOp::Slt;
    case JmpOp::Slt: return JmpOp::Sge;
    case JmpOp::Sle: return JmpOp::Sgt;
  }
  return op;
}

JmpOp mirror(JmpOp op) {
  switch (op) {
    case JmpOp::Eq:
    case JmpOp::Ne:
    case JmpOp::Set:
    case JmpOp::NotSet: return op;
    case JmpOp::Gt: return JmpOp::Lt;
    case JmpOp::Ge: return JmpOp::Le;
    case JmpOp::Lt: return JmpOp::Gt;
    case JmpOp::Le: return JmpOp::Ge;
    case JmpOp::Sgt: return JmpOp::Slt;
    case JmpOp::Sge: return JmpOp::Sle;
    case JmpOp::Slt: return JmpOp::Sgt;
    case JmpOp::Sle: return JmpOp::Sge;
  }
  return op;
}

template <unsigned W>
int is_branch_taken(JmpOp op, const ScalarT<W>& a, const ScalarT<W>& b, bool is_jmp32) {
  if (op == JmpOp::Eq) return equal_taken(a, b, is_jmp32);
  if (op == JmpOp::Ne) return negated(equal_taken(a, b, is_jmp32));
  return is_jmp32 ? taken<LowHalf<W>>(op, a, b) : taken<Whole<W>>(op, a, b);
}

template <unsigned W>
void refine(JmpOp op, ScalarT<W>& a, ScalarT<W>& b, bool is_jmp32) {
  if (is_jmp32)
    Refine<LowHalf<W>>::apply(op, a, b);
  else
    Refine<Whole<W>>::apply(op, a, b);
  sync(a);
  sync(b);
}

template <unsigned W>
bool range_within(const ScalarT<W>& outer, const ScalarT<W>& inner) {
  return outer.umin <= inner.umin && outer.umax >= inner.umax && outer.smin <= inner.smin && outer.smax >= inner.smax &&
         outer.u32_min <= inner.u32_min && outer.u32_max >= inner.u32_max && outer.s32_min <= inner.s32_min &&
         outer.s32_max >= inner.s32_max && tnum_in(outer.var_off, inner.var_off);
}

template int is_branch_taken(JmpOp, const ScalarT<64>&, const ScalarT<64>&, bool);
template int is_branch_taken(JmpOp, const ScalarT<32>&, const ScalarT<32>&, bool);
template int is_branch_taken(JmpOp, const ScalarT<16>&, const ScalarT<16>&, bool);
template int is_branch_taken(JmpOp, const ScalarT<8>&, const ScalarT<8>&, bool);
template int is_branch_taken(JmpOp, const ScalarT<4>&, const ScalarT<4>&, bool);
template void refine(JmpOp, ScalarT<64>&, ScalarT<64>&, bool);
template void refine(JmpOp, ScalarT<32>&, ScalarT<32>&, bool);
template void refine(JmpOp, ScalarT<16>&, ScalarT<16>&, bool);
template void refine(JmpOp, ScalarT<8>&, ScalarT<8>&, bool);
template void refine(JmpOp, ScalarT<4>&, ScalarT<4>&, bool);
template bool range_within(const ScalarT<64>&, const ScalarT<64>&);
template bool range_within(const ScalarT<32>&, const ScalarT<32>&);
template bool range_within(const ScalarT<16>&, const ScalarT<16>&);
template bool range_within(const ScalarT<8>&, const ScalarT<8>&);
template bool range_within(const ScalarT<4>&, const ScalarT<4>&);

}  // namespace skep::domain
