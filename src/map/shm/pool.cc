// Finding a free element: a word of `full` names a group with room, its word of `taken` an element. Each stripe starts
// its search elsewhere, so that writers do not meet.
#include "map/shm/pool.h"

#include <sys/mman.h>

#include <cerrno>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23  // Linux 5.14
#endif

namespace skep::map {
namespace {

u64 bit(u32 n) { return u64(1) << (n % 64); }

void set_bit(u64* words, u32 n) { __atomic_fetch_or(&words[n / 64], bit(n), __ATOMIC_ACQ_REL); }
void clear_bit(u64* words, u32 n) { __atomic_fetch_and(&words[n / 64], ~bit(n), __ATOMIC_ACQ_REL); }

u32 n_groups(const Pool& pool) { return (pool.n_elems + 63) / 64; }

// Bits of this group that stand for elements.
u64 valid_bits(const Pool& pool, u32 group) {
  const u32 rest = pool.n_elems - group * 64;
  return rest >= 64 ? ~u64(0) : bit(rest) - 1;
}

// Asks for the memory of a group's elements. tmpfs would answer a first touch without room by SIGBUS.
bool populate(const Pool& pool, u32 group) {
  if (!pool.lazy || (load_relaxed(pool.populated[group / 64]) & bit(group))) return true;
  const u64 first = reinterpret_cast<u64>(pool.at(group * 64)) & ~u64(4095);
  const u64 last_index = u64(group) * 64 + 64 < pool.n_elems ? u64(group) * 64 + 64 : pool.n_elems;
  const u64 end = (reinterpret_cast<u64>(pool.elems) + last_index * pool.elem_size + 4095) & ~u64(4095);
  if (madvise(reinterpret_cast<void*>(first), end - first, MADV_POPULATE_WRITE) != 0 && errno != EINVAL) return false;
  set_bit(pool.populated, group);
  return true;
}

s64 claim_in_group(const Pool& pool, Stripe& stripe, u32 number, u32 group) {
  u64 candidates = ~load_acquire(pool.taken[group]) & valid_bits(pool, group);
  for (; candidates != 0; candidates &= candidates - 1) {
    const u32 index = group * 64 + u32(__builtin_ctzll(candidates));
    // A hint may be out of date. An element in use, perhaps this stripe's own, must not stand in Stripe::elem.
    if (load_acquire(pool.home(index)) != 0) continue;
    store_relaxed(stripe.elem, index + 1);
    u32 free = 0;
    if (!__atomic_compare_exchange_n(&pool.home(index), &free, number + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
      continue;
    set_bit(pool.taken, index);
    return index;
  }
  store_relaxed(stripe.elem, u32(0));
  return -ENOSPC;
}

// A group without candidates is marked full. Somebody may give an element back in between: look again afterwards.
void mark_full(const Pool& pool, Stripe& stripe, u32 group) {
  store_relaxed(stripe.group, group + 1);
  set_bit(pool.full, group);
  if (~load_acquire(pool.taken[group]) & valid_bits(pool, group)) clear_bit(pool.full, group);
  store_relaxed(stripe.group, u32(0));
}

}  // namespace

s64 claim_elem(const Pool& pool, Stripe& stripe, u32 number) {
  const u32 groups = n_groups(pool), words = (groups + 63) / 64;
  const u32 start = words > 1 ? number * 2654435761u % words : 0;
  for (u32 i = 0; i < words; ++i) {
    const u32 word = start + i < words ? start + i : start + i - words;
    u64 open = ~load_acquire(pool.full[word]);
    if (word == words - 1 && groups % 64) open &= bit(groups) - 1;
    for (; open != 0; open &= open - 1) {
      const u32 group = word * 64 + u32(__builtin_ctzll(open));
      if (!populate(pool, group)) return -ENOMEM;
      const s64 index = claim_in_group(pool, stripe, number, group);
      if (index >= 0) return index;
      mark_full(pool, stripe, group);
    }
  }
  return -ENOSPC;
}

bool populate_elem(const Pool& pool, u32 index) { return populate(pool, index / 64); }

void free_elem(const Pool& pool, u32 index) {
  store_release(pool.home(index), u32(0));
  clear_bit(pool.taken, index);
  clear_bit(pool.full, index / 64);
}

void repair_pool(const Pool& pool, Stripe& stripe) {
  const u32 elem = load_relaxed(stripe.elem), group = load_relaxed(stripe.group);
  if (elem != 0 && elem <= pool.n_elems) {
    if (load_acquire(pool.home(elem - 1)) == 0) clear_bit(pool.taken, elem - 1);
    clear_bit(pool.full, (elem - 1) / 64);
  }
  if (group != 0 && group <= n_groups(pool)) clear_bit(pool.full, group - 1);
  store_relaxed(stripe.group, u32(0));
}

}  // namespace skep::map
