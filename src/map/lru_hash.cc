// LRU hash and per-CPU LRU hash: hash tables that make room by themselves. Bytes: hash_table.h, and
//
//   extra: a reference bit for each element, which a program's lookup sets; bpf(2)'s lookups leave no trace
//
// No lists: nothing there would have to be repaired. When no element is free, the clock's hand (Trailer::clock_hand)
// goes round over all elements. It clears the bits it finds set, and the first element without one is the victim.
//
// The victim is as a rule another stripe's. So an insert that found the table full lets go of its own stripe, erases
// the victim under the victim's, as DELETE would, and starts again: no two stripes are ever held, and a death at any
// point is that of an insert or of an erase.
//
// BPF_F_NO_COMMON_LRU (in Linux a list per CPU in place of one) changes nothing here.
#include <cerrno>

#include "map/hash.h"
#include "map/types.h"

namespace skep::map {
namespace {

inline constexpr int kMaxEvictions = 64;  // per update: others may take what was made free

u64 bits_bytes(u64 n) { return (n + 63) / 64 * 8; }

Geometry with_bits(Geometry g) {
  Layouter parts(g, g.size);
  g.extra = parts.take(bits_bytes(g.n_elems));
  g.reserve = 0;  // all of it
  parts.finish();
  return g;
}

Geometry layout(const MapMeta& meta, u32) {
  return with_bits(HashTable::layout(meta, round_up(meta.value_size, 8), meta.max_entries, false));
}

Geometry percpu_layout(const MapMeta& meta, u32 cpus) {
  return with_bits(HashTable::layout(meta, round_up(meta.value_size, 8) * cpus, meta.max_entries, false));
}

u64& bits_of(Map& map, u32 index) { return map.part<u64>(map.geometry().extra)[index / 64]; }
u64 bit(u32 index) { return u64(1) << (index % 64); }

void mark_used(Map& map, u32 index) {
  u64& word = bits_of(map, index);
  if (!(load_relaxed(word) & bit(index))) __atomic_fetch_or(&word, bit(index), __ATOMIC_RELAXED);
}

// The next element without a reference bit that belongs to a stripe. After two rounds any will do.
u32 next_candidate(Map& map) {
  const u32 n = map.geometry().n_elems;
  u32 index = 0;
  for (u64 step = 0; step < 2 * u64(n); ++step) {
    index = __atomic_fetch_add(&map.trailer().clock_hand, 1, __ATOMIC_RELAXED) % n;
    if (load_relaxed(map.pool().home(index)) == 0) continue;
    u64& word = bits_of(map, index);
    if (!(load_relaxed(word) & bit(index))) break;
    __atomic_fetch_and(&word, ~bit(index), __ATOMIC_RELAXED);
  }
  return index;
}

// Erases the element, if it still is in the table: a stripe's spare is not.
bool evict(Map& map, u32 index) {
  const u32 home = load_acquire(map.pool().home(index));
  if (home == 0 || home > map.geometry().n_stripes) return false;
  Writer lock(map, home - 1);
  if (!lock.ok()) return false;
  bool erased = false;
  if (load_acquire(map.pool().home(index)) == home) {
    HashTable table = HashTable::of_element(map, index + 1);
    erased = table.stripe_number() == home - 1 && table.find_element(index + 1);
    if (erased) table.erase(index + 1);
  }
  lock.release();
  return erased;
}

template <typename Update>
int update_evicting(Map& map, Update&& update) {
  for (int i = 0; i < kMaxEvictions; ++i) {
    const int result = update();
    if (result != -E2BIG) return result;
    // The hand may point at spares, one per stripe.
    for (u32 tries = 0; tries < map.geometry().n_stripes + kMaxEvictions; ++tries) {
      if (evict(map, next_candidate(map))) break;
    }
  }
  return -ENOMEM;
}

int update(Map& map, ConstBytes key, ConstBytes value, u64 flags) {
  return update_evicting(map, [&] { return hash_update(map, key, value, flags); });
}

int update_from_prog(Map& map, ConstBytes key, ConstBytes value, u64 flags, u32) {
  return update(map, key, value, flags);
}

int update_this_cpu(Map& map, ConstBytes key, ConstBytes value, u64 flags, u32 cpu) {
  return update_evicting(map, [&] { return hash_update_this_cpu(map, key, value, flags, cpu); });
}

template <bool kPerCpu>
u8* use(Map& map, u32 link, u32 cpu) {
  if (link == 0) return nullptr;
  mark_used(map, link - 1);
  return hash_value<kPerCpu>(map, link, cpu);
}

template <bool kPerCpu>
u8* lookup_ptr(Map& map, ConstBytes key, u32 cpu) {
  return use<kPerCpu>(map, hash_find(map, key), cpu);
}

template <bool kPerCpu>
struct Kind {
  template <u32 kKey>
  struct Find {
    static u8* find(Map& map, const u8* key, u32 cpu) {
      return use<kPerCpu>(map, hash_find(map, key_bytes(map, key, kKey)), cpu);
    }
  };
};

}  // namespace

const MapOps kLruHashOps = {.layout = layout,
                            .init = HashTable::init,
                            .repair = HashTable::repair,
                            .lookup = hash_lookup,
                            .update = update,
                            .erase = hash_erase,
                            .next_key = hash_next_key,
                            .lookup_and_delete = hash_lookup_and_delete,
                            .lookup_ptr = lookup_ptr<false>,
                            .lookup_fn = by_key_size<Kind<false>::Find>,
                            .update_from_prog = update_from_prog,
                            .erase_from_prog = hash_erase,
                            .has_batch = true,
                            .has_delete_batch = true};

const MapOps kLruPercpuHashOps = {.layout = percpu_layout,
                                  .init = HashTable::init,
                                  .repair = HashTable::repair,
                                  .lookup = hash_lookup,
                                  .update = update,
                                  .erase = hash_erase,
                                  .next_key = hash_next_key,
                                  .lookup_and_delete = hash_lookup_and_delete,
                                  .lookup_ptr = lookup_ptr<true>,
                                  .lookup_fn = by_key_size<Kind<true>::Find>,
                                  .update_from_prog = update_this_cpu,
                                  .erase_from_prog = hash_erase,
                                  .per_cpu = true,
                                  .has_batch = true,
                                  .has_delete_batch = true};

}  // namespace skep::map
