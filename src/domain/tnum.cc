// The tnum operators that are more than a few logic operations.
#include "domain/tnum.h"

namespace skep::domain {

// acc collects the partial products: b << i where bit i of `a` is known 1, "either that or nothing" where it is
// unknown. Zero bits add nothing and are skipped; so is everything once b has been shifted out.
template <unsigned W>
TnumT<W> tnum_mul(TnumT<W> a, TnumT<W> b) {
  using U = typename Width<W>::U;
  if (a.is_const() && b.is_const()) return TnumT<W>::known(U(u64(a.value) * u64(b.value)));
  TnumT<W> acc = TnumT<W>::known(U(0));
  for (u64 bits = a.value | a.mask; bits != 0; bits &= bits - 1) {
    const unsigned i = std::countr_zero(bits);
    const TnumT<W> term = tnum_lshift(b, i);
    if ((term.value | term.mask) == 0) break;
    const TnumT<W> sum = tnum_add(acc, term);
    acc = (u64(a.mask) >> i & 1) != 0 ? tnum_union(acc, sum) : sum;
  }
  return acc;
}

// y = z + 1 is the answer unless it has a known bit wrong; let `bit` be the highest such. If it must be 1, take y down
// to there and the smallest below; if it must be 0, y's unknown bits above it have to count up by one: with all known
// bits set, the carry runs through them.
template <unsigned W>
typename Width<W>::U tnum_next(TnumT<W> t, typename Width<W>::U z) {
  using U = typename Width<W>::U;
  const U max = U(t.value | t.mask);
  if (z >= max) return max;
  if (z < t.value) return t.value;
  const U y = U(z + 1);
  const U wrong = U((y ^ t.value) & ~t.mask);
  if (wrong == 0) return y;
  const U bit = U(std::bit_floor(u64(wrong)));
  const U below = U(bit - 1);
  if ((t.value & bit) != 0) return U(t.value | (y & t.mask & ~below));
  return U(t.value | ((((y | ~t.mask) & ~below) + bit) & t.mask));
}

template TnumT<64> tnum_mul(TnumT<64>, TnumT<64>);
template TnumT<32> tnum_mul(TnumT<32>, TnumT<32>);
template TnumT<16> tnum_mul(TnumT<16>, TnumT<16>);
template TnumT<8> tnum_mul(TnumT<8>, TnumT<8>);
template TnumT<4> tnum_mul(TnumT<4>, TnumT<4>);
template u64 tnum_next(TnumT<64>, u64);
template u32 tnum_next(TnumT<32>, u32);
template u16 tnum_next(TnumT<16>, u16);
template u8 tnum_next(TnumT<8>, u8);
template Width<4>::U tnum_next(TnumT<4>, Width<4>::U);

}  // namespace skep::domain
