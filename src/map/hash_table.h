// The chained hash table in shared memory that hash, per-CPU hash, LRU hash and the local storages are built on.
//
//   buckets: u32 link of the first element            link = index + 1; 0 ends a chain
//   element: u32 next | u32 home | key, to 8 | value(s), to 8
//   stripe of a bucket: its low bits
//
// Each stripe owns one element more than the map may hold, its *spare*, in which a replacement is written before one
// store puts it in the place of the old element, which is the spare from then on. So a full map can be updated, and a
// reader finds the old or the new value whole.
//
//   insert   claim e from the pool (Stripe::elem = e) · write e · head = e ◆ · elem = 0
//   replace  phase = Replace, old = o · write spare, next = o's · o's link = spare ◆ · spare = o · phase = 0
//   erase    elem = e · e's link = e's next ◆ · give e back · elem = 0
//
// ◆ is the commit. Repair looks whether the element is in its chain, which tells on which side of ◆ the owner died.
#pragma once

#include <cerrno>

#include "map/map.h"

namespace skep::map {

class HashTable {
 public:
  // The table of `map` at the place of `key`.
  HashTable(Map& map, ConstBytes key) : map_(map), bucket_(u32(map.hash(key) & (map.geometry().n_buckets - 1))) {}
  HashTable(Map& map, u32 bucket) : map_(map), bucket_(bucket) {}
  // The table at the place of an element of a stripe whose lock the caller holds.
  static HashTable of_element(Map& map, u32 link);

  static Geometry layout(const MapMeta& meta, u64 value_bytes, u64 capacity, bool lazy);
  static void init(Map& map);
  static void repair(Map& map, u32 number);

  u32 stripe_number() const { return bucket_ & (map_.geometry().n_stripes - 1); }
  u32 bucket() const { return bucket_; }

  // All below: under the stripe's lock, or inside read_stripe().

  // The link of the element with this key, 0 if there is none. -EIO: the chain is broken.
  s64 find(ConstBytes key) {
    const u32 n_elems = map_.geometry().n_elems;
    found_at_ = head();
    for (u32 hops = 0; hops <= n_elems; ++hops) {
      const u32 link = load_acquire(*found_at_);
      if (link == 0) return 0;
      if (link > n_elems) break;
      if (equals_shared(key_of(link), key.data(), key.size())) return link;
      found_at_ = &next_of(link);
    }
    return -EIO;
  }
  // True: the element is in its chain, and may be erased or replaced as if find() had given it.
  bool find_element(u32 link);
  s64 first() const { return checked(load_acquire(*head())); }
  s64 next(u32 link) const { return checked(load_acquire(next_of(link))); }
  u8* key_of(u32 link) const { return map_.pool().at(link - 1) + kKeyOffset; }
  u8* value_of(u32 link) const { return map_.pool().at(link - 1) + map_.geometry().value_offset; }

  // Under the lock. `write` fills the value of a new element. E2BIG: full; ENOMEM.
  template <typename F>
  int insert(ConstBytes key, F&& write);
  // Puts a new element in the place of `link`, which find() has just given.
  template <typename F>
  int replace(u32 link, F&& write);
  void erase(u32 link);

  static constexpr u32 kKeyOffset = 8;

 private:
  static constexpr u32 kReplacing = 1;

  u32* head() const { return map_.part<u32>(map_.geometry().buckets) + bucket_; }
  u32& next_of(u32 link) const { return *reinterpret_cast<u32*>(map_.pool().at(link - 1)); }
  s64 checked(u32 link) const { return link <= map_.geometry().n_elems ? s64(link) : -EIO; }
  bool is_linked(u32 link) const;
  s64 prepare_insert();
  void commit_insert(u32 link);
  s64 prepare_replace(u32 link);
  void commit_replace(u32 link, u32 fresh);
  u32* link_to(u32 link);

  Map& map_;
  u32 bucket_;
  u32* found_at_ = nullptr;  // the link that find() came by
};

template <typename F>
int HashTable::insert(ConstBytes key, F&& write) {
  const s64 link = prepare_insert();
  if (link < 0) return int(link);
  copy_to_shared(key_of(u32(link)), key.data(), key.size());
  write(value_of(u32(link)));
  commit_insert(u32(link));
  return 0;
}

template <typename F>
int HashTable::replace(u32 link, F&& write) {
  const s64 fresh = prepare_replace(link);
  if (fresh < 0) return int(fresh);
  write(value_of(u32(fresh)));
  commit_replace(link, u32(fresh));
  return 0;
}

}  // namespace skep::map
