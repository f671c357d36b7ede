// Stack traces: programs put stacks and get ids; bpf(2) looks them up and deletes them.
//
//   buckets: u32 link of the stack with this id (index + 1; 0: none), a power of two of them
//   element: u32 bytes | u32 home | u32 hash, to 8 | the stack, value_size bytes
//   stripe of a bucket: its low bits
//
// The id is the low bits of the stack's hash. A stack is written to an element of its own and comes to be, or takes the
// place of another, by one store:
//
//   put     claim e from the pool (Stripe::elem = e) · write e · old = bucket · bucket = e ◆ · free old · elem, old = 0
//   delete  old = e · bucket = 0 ◆ · free e · old = 0
//
// Repair frees elem and old unless the bucket of their hash names them, which tells on which side of ◆ the owner died.
#include "map/stack_trace.h"

#include <bit>
#include <cerrno>
#include <cstring>

#include "map/types.h"

namespace skep::map {
namespace {

struct Element {
  u32 bytes, home, hash, pad;
};

Geometry layout(const MapMeta& meta, u32) {
  Geometry g;
  Layouter parts(g);
  g.value_offset = sizeof(Element);
  g.value_bytes = meta.value_size;
  g.n_buckets = std::bit_ceil(meta.max_entries);
  parts.take_stripes(stripes_for(g.n_buckets));
  g.buckets = parts.take(g.n_buckets, sizeof(u32));
  parts.take_pool(u64(g.n_buckets) + g.n_stripes, g.value_offset + g.value_bytes, offsetof(Element, home), false);
  parts.finish();
  return g;
}

u32& bucket_at(Map& map, u32 id) { return map.part<u32>(map.geometry().buckets)[id]; }
u32 stripe_of(Map& map, u32 id) { return id & (map.geometry().n_stripes - 1); }
Element& element(Map& map, u32 link) { return *reinterpret_cast<Element*>(map.pool().at(link - 1)); }
u8* stack_of(Map& map, u32 link) { return map.pool().at(link - 1) + map.geometry().value_offset; }

// The link in a bucket; 0: none, -EIO: no element.
s64 link_at(Map& map, u32 id) {
  const u32 link = load_acquire(bucket_at(map, id));
  return link <= map.geometry().n_elems ? s64(link) : -EIO;
}

// Gives back an element of this stripe that its bucket does not name. (One whose hash is not written yet is named by
// none.)
void settle(Map& map, u32 number, u32 link) {
  if (link == 0 || link > map.geometry().n_elems || load_acquire(map.pool().home(link - 1)) != number + 1) return;
  const u32 id = load_relaxed(element(map, link).hash) & (map.geometry().n_buckets - 1);
  if (load_acquire(bucket_at(map, id)) != link) store_release(map.pool().home(link - 1), u32(0));
}

void repair(Map& map, u32 number) {
  Stripe& stripe = map.stripe(number);
  settle(map, number, load_relaxed(stripe.elem));
  repair_pool(map.pool(), stripe);
  const u32 old = load_relaxed(stripe.old);
  settle(map, number, old);
  store_release(stripe.elem, old);  // its hints too
  repair_pool(map.pool(), stripe);
  store_release(stripe.old, u32(0));
  store_release(stripe.elem, u32(0));
}

// The end of put and delete: the element that the bucket named before goes back to the pool.
void free_old(Map& map, Stripe& stripe, u32 old) {
  if (old != 0) {
    store_release(stripe.elem, old);
    free_elem(map.pool(), old - 1);
  }
  store_release(stripe.elem, u32(0));
  store_release(stripe.old, u32(0));
}

bool is_same(Map& map, u32 link, ConstBytes stack, u32 hash, u64 flags) {
  if (link == 0 || load_relaxed(element(map, link).hash) != hash) return false;
  if (flags & kFastStackCmp) return true;
  return load_relaxed(element(map, link).bytes) == stack.size() &&
         equals_shared(stack_of(map, link), stack.data(), stack.size());
}

s64 put_locked(Map& map, u32 id, ConstBytes stack, u32 hash, u64 flags) {
  const s64 old = link_at(map, id);
  if (old < 0) return old;
  if (is_same(map, u32(old), stack, hash, flags)) return id;
  if (old != 0 && !(flags & kReuseStackId)) return -EEXIST;
  Stripe& stripe = map.stripe(stripe_of(map, id));
  const s64 index = claim_elem(map.pool(), stripe, stripe_of(map, id));
  if (index < 0) return -ENOMEM;
  const u32 link = u32(index) + 1;
  store_relaxed(element(map, link).bytes, u32(stack.size()));
  store_relaxed(element(map, link).hash, hash);
  copy_to_shared(stack_of(map, link), stack.data(), stack.size());
  store_release(stripe.old, u32(old));
  store_release(bucket_at(map, id), link);
  free_old(map, stripe, u32(old));
  return id;
}

// Copies the stack with this id, the rest of the value zero.
int copy_stack(Map& map, u32 id, Bytes value) {
  const s64 link = link_at(map, id);
  if (link <= 0) return link < 0 ? int(link) : -ENOENT;
  const u32 bytes = load_relaxed(element(map, u32(link)).bytes);
  if (bytes > value.size()) return -EIO;
  copy_from_shared(value.data(), stack_of(map, u32(link)), bytes);
  std::memset(value.data() + bytes, 0, value.size() - bytes);
  return 0;
}

u32 id_of(const u8* key) {
  u32 id;
  std::memcpy(&id, key, sizeof(id));
  return id;
}

int lookup(Map& map, ConstBytes key, Bytes value, u64) {
  const u32 id = id_of(key.data());
  if (id >= map.geometry().n_buckets) return -ENOENT;
  return read_stripe(map, stripe_of(map, id), [&] { return copy_stack(map, id, value); });
}

int update(Map&, ConstBytes, ConstBytes, u64) { return -EINVAL; }

// `value` may be empty.
int remove(Map& map, u32 id, Bytes value) {
  Writer lock(map, stripe_of(map, id));
  if (!lock.ok()) return -EBUSY;
  Stripe& stripe = map.stripe(stripe_of(map, id));
  const s64 link = link_at(map, id);
  int result = link < 0 ? int(link) : link == 0 ? -ENOENT : 0;
  if (result == 0 && !value.empty()) result = copy_stack(map, id, value);
  if (result == 0) {
    store_release(stripe.old, u32(link));
    store_release(bucket_at(map, id), u32(0));
    free_old(map, stripe, u32(link));
  }
  lock.release();
  return result;
}

int erase(Map& map, ConstBytes key) {
  const u32 id = id_of(key.data());
  return id >= map.geometry().n_buckets ? -E2BIG : remove(map, id, {});
}

int lookup_and_delete(Map& map, ConstBytes key, Bytes value, u64) {
  const u32 id = id_of(key.data());
  return id >= map.geometry().n_buckets ? -ENOENT : remove(map, id, value);
}

// Ids in rising order; one that is not there starts again.
int next_key(Map& map, const u8* key, Bytes next) {
  const u32 n = map.geometry().n_buckets;
  u32 id = 0;
  if (key != nullptr && id_of(key) < n && load_acquire(bucket_at(map, id_of(key))) != 0) id = id_of(key) + 1;
  while (id < n && load_acquire(bucket_at(map, id)) == 0) ++id;
  if (id >= n) return -ENOENT;
  std::memcpy(next.data(), &id, sizeof(id));
  return 0;
}

}  // namespace

s64 put_stack(Map& map, ConstBytes stack, u64 flags) {
  if (stack.size() > map.meta().value_size) return -EINVAL;
  const u32 hash = u32(map.hash(stack)), id = hash & (map.geometry().n_buckets - 1);
  Writer lock(map, stripe_of(map, id));
  if (!lock.ok()) return -EBUSY;
  const s64 result = put_locked(map, id, stack, hash, flags);
  lock.release();
  return result;
}

const MapOps kStackTraceOps = {.layout = layout,
                               .repair = repair,
                               .lookup = lookup,
                               .update = update,
                               .erase = erase,
                               .next_key = next_key,
                               .lookup_and_delete = lookup_and_delete};

}  // namespace skep::map
