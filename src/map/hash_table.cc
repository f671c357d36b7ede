// Chains, and what is done to them; hash_table.h draws it.
#include "map/hash_table.h"

#include <bit>

#include "map/fields.h"

namespace skep::map {
namespace {

// Up to so many elements there are twice as many buckets, for what a look-up costs is the second element of a chain:
// nobody can predict whether it is needed.
inline constexpr u64 kRoomyCapacity = 1 << 20;

}  // namespace

HashTable HashTable::of_element(Map& map, u32 link) {
  return HashTable(map, ConstBytes(map.pool().at(link - 1) + kKeyOffset, map.meta().key_size));
}

Geometry HashTable::layout(const MapMeta& meta, u64 value_bytes, u64 capacity, bool lazy) {
  Geometry g;
  Layouter parts(g);
  g.value_offset = u32(kKeyOffset + round_up(meta.key_size, 8));
  g.value_bytes = value_bytes;
  g.n_buckets = u32(std::bit_ceil(capacity <= kRoomyCapacity ? 2 * capacity : capacity));
  parts.take_stripes(stripes_for(capacity));
  g.buckets = parts.take(g.n_buckets, sizeof(u32));
  parts.take_pool(capacity + g.n_stripes, g.value_offset + value_bytes, 4, lazy);
  parts.finish();
  return g;
}

// The last n_stripes elements are the spares. They become known to their stripe when it first needs one
// (prepare_replace).
void HashTable::init(Map& map) {
  const Geometry& g = map.geometry();
  for (u32 i = g.n_elems - g.n_stripes; i < g.n_elems; ++i) map.pool().taken[i / 64] |= u64(1) << (i % 64);
}

bool HashTable::find_element(u32 link) {
  found_at_ = head();
  for (u32 hops = 0; hops <= map_.geometry().n_elems; ++hops) {
    const u32 at = load_acquire(*found_at_);
    if (at == link) return true;
    if (at == 0 || at > map_.geometry().n_elems) return false;
    found_at_ = &next_of(at);
  }
  return false;
}

bool HashTable::is_linked(u32 link) const {
  u32 hops = 0;
  for (u32 at = load_acquire(*head()); at != 0 && at <= map_.geometry().n_elems; at = load_acquire(next_of(at))) {
    if (at == link) return true;
    if (++hops > map_.geometry().n_elems) break;
  }
  return false;
}

s64 HashTable::prepare_insert() {
  Stripe& stripe = map_.stripe(stripe_number());
  const s64 index = claim_elem(map_.pool(), stripe, stripe_number());
  if (index < 0) return index == -ENOSPC ? -E2BIG : index;
  store_release(stripe.bucket, bucket_);
  return index + 1;
}

void HashTable::commit_insert(u32 link) {
  store_relaxed(next_of(link), load_relaxed(*head()));
  store_release(*head(), link);
  store_release(map_.stripe(stripe_number()).elem, u32(0));
}

s64 HashTable::prepare_replace(u32 link) {
  Stripe& stripe = map_.stripe(stripe_number());
  u32 spare = load_relaxed(stripe.spare);
  if (spare == 0) {
    const u32 index = map_.geometry().n_elems - map_.geometry().n_stripes + stripe_number();
    if (!populate_elem(map_.pool(), index)) return -ENOMEM;
    store_relaxed(map_.pool().home(index), stripe_number() + 1);
    spare = index + 1;
    store_release(stripe.spare, spare);
  }
  if (spare > map_.geometry().n_elems) return -EIO;
  store_relaxed(stripe.bucket, bucket_);
  store_relaxed(stripe.old, link);
  store_release(stripe.phase, kReplacing);
  store_relaxed(next_of(spare), load_relaxed(next_of(link)));
  copy_to_shared(key_of(spare), key_of(link), map_.geometry().value_offset - kKeyOffset);
  return spare;
}

void HashTable::commit_replace(u32 link, u32 fresh) {
  Stripe& stripe = map_.stripe(stripe_number());
  store_release(*found_at_, fresh);
  store_release(stripe.spare, link);
  let_go_elem(map_, value_of(link));
  store_release(stripe.phase, u32(0));
}

void HashTable::erase(u32 link) {
  Stripe& stripe = map_.stripe(stripe_number());
  store_relaxed(stripe.bucket, bucket_);
  store_release(stripe.elem, link);
  store_release(*found_at_, load_relaxed(next_of(link)));
  let_go_elem(map_, value_of(link));
  free_elem(map_.pool(), link - 1);
  store_release(stripe.elem, u32(0));
}

void HashTable::repair(Map& map, u32 number) {
  Stripe& stripe = map.stripe(number);
  const u32 n_elems = map.geometry().n_elems, elem = load_relaxed(stripe.elem), spare = load_relaxed(stripe.spare),
            old = load_relaxed(stripe.old);
  const u32 bucket = load_relaxed(stripe.bucket) & (map.geometry().n_buckets - 1);
  const HashTable table(map, bucket);
  if (load_relaxed(stripe.phase) == kReplacing) {
    const bool sane = spare != 0 && spare <= n_elems && old != 0 && old <= n_elems;
    if (sane && spare != old && table.is_linked(spare)) store_release(stripe.spare, old);
    if (const u32 unused = load_relaxed(stripe.spare); sane && !table.is_linked(unused)) {
      let_go_elem(map, table.value_of(unused));
    }
    store_release(stripe.phase, u32(0));
  }
  if (elem != 0 && elem <= n_elems && load_acquire(map.pool().home(elem - 1)) == number + 1 && !table.is_linked(elem)) {
    let_go_elem(map, table.value_of(elem));
    store_release(map.pool().home(elem - 1), u32(0));
  }
  repair_pool(map.pool(), stripe);
  store_release(stripe.elem, u32(0));
}

}  // namespace skep::map
