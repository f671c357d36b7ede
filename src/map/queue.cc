// Queue and stack: values without keys. bpf(2): UPDATE pushes, LOOKUP peeks, LOOKUP_AND_DELETE pops.
//
//   extra:  u64 ends: head (low half), the slot that the next push fills, and tail, the oldest value's slot
//   values: max_entries + 1 slots, of which one is always empty; head == tail: nothing is there
//
// A queue pops at the tail, a stack just below the head. The slot at the head belongs to nobody, so a push can write it
// without harm, and then one store of `ends` is the commit, also of a push that drops the oldest value to make room:
//
//   push  slot[head] = value · ends = {head + 1, tail or tail + 1} ◆
//   pop   copy the value out · ends = {head, tail + 1} or {head - 1, tail} ◆
//
// Whoever dies before ◆ has changed nothing that is seen: there is nothing to repair.
#include <cerrno>
#include <cstring>

#include "map/map.h"
#include "map/types.h"

namespace skep::map {
namespace {

Geometry layout(const MapMeta& meta, u32) {
  Geometry g;
  Layouter parts(g);
  g.elem_size = g.value_bytes = round_up(meta.value_size, 8);
  parts.take_stripes(1);
  g.extra = parts.take(sizeof(u64));
  g.values = parts.take(u64(meta.max_entries) + 1, g.elem_size);
  parts.finish();
  return g;
}

struct Ends {
  u32 head, tail;
  bool empty() const { return head == tail; }
};

u64& word_of(Map& map) { return *map.part<u64>(map.geometry().extra); }
Ends load_ends(Map& map) {
  const u64 word = load_acquire(word_of(map));
  return {u32(word), u32(word >> 32)};
}
void commit(Map& map, Ends ends) { store_release(word_of(map), u64(ends.tail) << 32 | ends.head); }

bool sane(const Map& map, Ends ends) {
  return ends.head <= map.meta().max_entries && ends.tail <= map.meta().max_entries;
}
u32 after(const Map& map, u32 slot) { return slot == map.meta().max_entries ? 0 : slot + 1; }
u32 before(const Map& map, u32 slot) { return slot == 0 ? map.meta().max_entries : slot - 1; }
u8* slot_at(Map& map, u32 slot) { return map.part<u8>(map.geometry().values + slot * map.geometry().elem_size); }

bool is_stack(const Map& map) { return map.meta().map_type == BPF_MAP_TYPE_STACK; }

int push_locked(Map& map, ConstBytes value, u64 flags) {
  Ends ends = load_ends(map);
  if (!sane(map, ends)) return -EIO;
  const u32 head = ends.head;
  ends.head = after(map, head);
  if (ends.head == ends.tail) {
    if (flags != BPF_EXIST) return -E2BIG;
    ends.tail = after(map, ends.tail);
  }
  copy_to_shared(slot_at(map, head), value.data(), value.size());
  commit(map, ends);
  return 0;
}

int push(Map& map, ConstBytes value, u64 flags) {
  if (flags != BPF_ANY && flags != BPF_EXIST) return -EINVAL;
  Writer lock(map, 0);
  if (!lock.ok()) return -EBUSY;
  const int result = push_locked(map, value, flags);
  lock.release();
  return result;
}

// Copies the value that a pop would take. ENOENT: there is none.
int copy_next(Map& map, Ends ends, Bytes value) {
  if (!sane(map, ends)) return -EIO;
  if (ends.empty()) return -ENOENT;
  const u32 slot = is_stack(map) ? before(map, ends.head) : ends.tail;
  copy_from_shared(value.data(), slot_at(map, slot), value.size());
  return 0;
}

// Programs see zeros where nothing was to be had.
int zero_unless_done(int result, Bytes value) {
  if (result != 0) std::memset(value.data(), 0, value.size());
  return result;
}

int pop(Map& map, Bytes value) {
  Writer lock(map, 0);
  if (!lock.ok()) return zero_unless_done(-EBUSY, value);
  Ends ends = load_ends(map);
  const int result = copy_next(map, ends, value);
  if (result == 0) {
    (is_stack(map) ? ends.head : ends.tail) = is_stack(map) ? before(map, ends.head) : after(map, ends.tail);
    commit(map, ends);
  }
  lock.release();
  return zero_unless_done(result, value);
}

int peek(Map& map, Bytes value) {
  return zero_unless_done(read_stripe(map, 0, [&] { return copy_next(map, load_ends(map), value); }), value);
}

int lookup(Map& map, ConstBytes, Bytes value, u64) { return peek(map, value); }
int update(Map& map, ConstBytes, ConstBytes value, u64 flags) { return push(map, value, flags); }
int lookup_and_delete(Map& map, ConstBytes, Bytes value, u64 flags) { return flags ? -EINVAL : pop(map, value); }

}  // namespace

const MapOps kQueueOps = {.layout = layout,
                          .lookup = lookup,
                          .update = update,
                          .lookup_and_delete = lookup_and_delete,
                          .push = push,
                          .pop = pop,
                          .peek = peek,
                          .no_erase = EINVAL,
                          .no_next_key = EINVAL};

}  // namespace skep::map
