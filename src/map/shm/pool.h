// The elements of a map: who has which. An element is free (home 0) or belongs to stripe home - 1; it is claimed by a
// compare-and-swap of `home` and given back by one store, so a claim needs no lock beyond the stripe's own, and no
// operation ever holds two.
//
// Two bitmaps help to find a free element; they are hints that err on the safe side: a bit of 0 says "may be free", so
// a file of zeros is an empty pool. `taken` has a bit per element, `full` a bit per 64 elements.
//
// Crash safety: Stripe::elem names an element before it is claimed or given back, Stripe::group a group before its
// `full` bit is set. repair_pool() makes both hints say "may be free" again; what `home` says stays true.
#pragma once

#include "map/shm/stripe.h"

namespace skep::map {

inline constexpr u32 kNoElem = 0;  // elements count from 1 in links; index i is link i + 1

struct Pool {
  u8* elems = nullptr;  // element i at elems + i * elem_size; its u32 `home` at home_offset
  u64 elem_size = 0;
  u32 home_offset = 0;
  u32 n_elems = 0;
  u64* taken = nullptr;
  u64* full = nullptr;
  bool lazy = false;         // memory of the elements is asked for when first claimed
  u64* populated = nullptr;  // lazy: a bit per 64 elements whose memory is there

  u8* at(u32 index) const { return elems + u64(index) * elem_size; }
  u32& home(u32 index) const { return *reinterpret_cast<u32*>(at(index) + home_offset); }

  // Bytes of the bitmaps for n elements.
  static u64 taken_bytes(u64 n) { return (n + 63) / 64 * 8; }
  static u64 full_bytes(u64 n) { return (taken_bytes(n) / 8 + 63) / 64 * 8; }
};

// Claims a free element for stripe `number` (whose lock the caller holds) and returns its index; Stripe::elem is index
// + 1 until the caller clears it, when the element is where it belongs. -ENOSPC: none is free; -ENOMEM: no memory for
// it.
s64 claim_elem(const Pool& pool, Stripe& stripe, u32 number);
// Makes sure that the memory of an element is there. False: ENOMEM.
bool populate_elem(const Pool& pool, u32 index);
// Gives back an element of the stripe. The caller has set Stripe::elem to index + 1 and clears it afterwards.
void free_elem(const Pool& pool, u32 index);
// Whether an element is in use; without a touch of memory that was never asked for.
inline bool is_claimed(const Pool& pool, u32 index) {
  const u32 group = index / 64;
  if (pool.lazy && !(load_acquire(pool.populated[group / 64]) >> (group % 64) & 1)) return false;
  return load_acquire(pool.home(index)) != 0;
}
// After an owner died: hints of the element and group it was at. To be called before Stripe::elem is cleared.
void repair_pool(const Pool& pool, Stripe& stripe);

}  // namespace skep::map
