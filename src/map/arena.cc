// Arena: max_entries pages that programs and user space share. Page n of the arena is page n of the file; its memory
// comes when it is taken, or with user space's first touch.
//
//   pages · bitmap: a bit per page, 1: taken · stripe
//
//   alloc  elem, old = first page, count · phase = Range · bits = 1 · memory · phase = 0 ◆
//   reserve  the same without memory
//   free   elem, old = first page, count · phase = Range · memory away · bits = 0 · phase = 0 ◆
//
// Whoever died with phase = Range has either not told anyone of the pages yet, or wanted to be rid of them: repair
// frees them.
//
// A page that user space touched is taken (Linux notices the fault; we look which pages have memory, before a range is
// taken, with mincore(2), which does not see pages that are swapped out). Programs touch pages through a mapping that
// gives none memory (shm/empty_pages.h; map.cc). BPF_F_SEGV_ON_FAULT, which forbids user space's touches, cannot be had
// from a file.
#include "map/arena.h"

#include <sys/mman.h>

#include <cerrno>

#include "map/shm/empty_pages.h"
#include "map/types.h"

namespace skep::map {
namespace {

inline constexpr u32 kRange = 1;

struct Range {
  u32 first = 0, count = 0;  // pages
};

// The arena's pages and who has them. All but the constructor: under the lock.
class Pages {
 public:
  explicit Pages(Map& map) : map_(map), bits_(map.part<u64>(map.geometry().taken)), size_(map.meta().max_entries) {}

  u32 size() const { return size_; }
  bool is_free(Range range) const { return next(true, range.first) >= range.first + range.count; }
  // The smallest free range that holds `count` pages, as Linux chooses (of several as small, the lowest); an empty
  // one if there is none.
  Range best_fit(u32 count) const;
  // Pages of a free range that user space has touched become taken. True: there were some.
  bool notice_touched(Range range);
  bool take(Range range);
  void reserve(Range range);  // without memory
  void release(Range range);

 private:
  // The first page from `from` on that is taken, or free; size() if there is none.
  u32 next(bool taken, u32 from) const;
  void set(u32 page) { store_relaxed(bits_[page / 64], load_relaxed(bits_[page / 64]) | u64(1) << (page % 64)); }
  void clear(u32 page) { store_relaxed(bits_[page / 64], load_relaxed(bits_[page / 64]) & ~(u64(1) << (page % 64))); }
  u8* address(u32 page) const { return map_.data() + u64(page) * kPageSize; }
  void note(Range range, u32 phase);

  Map& map_;
  u64* bits_;
  u32 size_;
};

u32 Pages::next(bool taken, u32 from) const {
  u64 mask = ~u64(0) << (from % 64);
  for (u32 word = from / 64; word < (size_ + 63) / 64; ++word) {
    const u64 bits = load_relaxed(bits_[word]);
    const u64 wanted = (taken ? bits : ~bits) & mask;
    if (wanted != 0) {
      const u32 page = word * 64 + u32(__builtin_ctzll(wanted));
      return page < size_ ? page : size_;
    }
    mask = ~u64(0);
  }
  return size_;
}

Range Pages::best_fit(u32 count) const {
  Range best;
  for (u32 first = next(false, 0); first < size_;) {
    const u32 end = next(true, first);
    if (end - first >= count && (best.count == 0 || end - first < best.count)) best = {first, end - first};
    first = next(false, end);
  }
  return best.count == 0 ? best : Range{best.first, count};
}

bool Pages::notice_touched(Range range) {
  bool any = false;
  unsigned char resident[512];
  for (u32 done = 0; done < range.count; done += sizeof(resident)) {
    const u32 left = range.count - done, n = left < sizeof(resident) ? left : u32(sizeof(resident));
    if (mincore(address(range.first + done), u64(n) * kPageSize, resident) != 0) return false;
    for (u32 i = 0; i < n; ++i) {
      if (!(resident[i] & 1)) continue;
      set(range.first + done + i);
      any = true;
    }
  }
  return any;
}

void Pages::note(Range range, u32 phase) {
  Stripe& stripe = map_.stripe(0);
  store_relaxed(stripe.elem, range.first);
  store_relaxed(stripe.old, range.count);
  store_release(stripe.phase, phase);
}

bool Pages::take(Range range) {
  note(range, kRange);
  for (u32 i = 0; i < range.count; ++i) set(range.first + i);
  if (!fill_pages(address(range.first), u64(range.count) * kPageSize)) {
    release(range);
    return false;
  }
  note({}, 0);
  return true;
}

void Pages::reserve(Range range) {
  note(range, kRange);
  for (u32 i = 0; i < range.count; ++i) set(range.first + i);
  note({}, 0);
}

void Pages::release(Range range) {
  note(range, kRange);
  const u64 bytes = u64(range.count) * kPageSize;
  if (madvise(address(range.first), bytes, MADV_REMOVE) != 0) zero_shared(address(range.first), bytes);
  for (u32 i = 0; i < range.count; ++i) clear(range.first + i);
  note({}, 0);
}

Geometry layout(const MapMeta& meta, u32) {
  Geometry g;
  g.reserve = kPageSize;
  Layouter parts(g);
  g.values = parts.take(meta.max_entries, kPageSize);
  g.taken = parts.take((u64(meta.max_entries) + 63) / 64, sizeof(u64));
  parts.take_stripes(1);
  parts.finish();
  return g;
}

// What is not pages has its memory from the start.
void init(Map& map) {
  const u64 from = map.geometry().taken / kPageSize * kPageSize;
  fill_pages(map.data() + from, map.geometry().size - from);
}

void repair(Map& map, u32 number) {
  const Stripe& stripe = map.stripe(number);
  Pages pages(map);
  const Range range = {load_relaxed(stripe.elem), load_relaxed(stripe.old)};
  if (load_acquire(stripe.phase) == kRange && range.first <= pages.size() && range.count <= pages.size() - range.first)
    pages.release(range);
}

// The page at an address, of which only the lower half counts; beyond the end if there is none.
u32 page_at(Map& map, u64 address) { return u32(address - load_relaxed(map.trailer().user_vm_start)) / u32(kPageSize); }

Range find_range(Map& map, Pages& pages, u64 address, u32 count) {
  const u32 first = page_at(map, address);
  if (address != 0 && (first > pages.size() - count || !pages.is_free({first, count}))) return {};
  for (;;) {
    const Range range = address != 0 ? Range{first, count} : pages.best_fit(count);
    if (range.count == 0 || !pages.notice_touched(range)) return range;
    if (address != 0) return {};
  }
}

}  // namespace

u64 arena_alloc_pages(Map& map, u64 address, u32 count, int node, u64 flags) {
  const u64 start = load_relaxed(map.trailer().user_vm_start);
  Pages pages(map);
  if (flags != 0 || (node != kAnyNode && node != 0) || count == 0 || count > pages.size()) return 0;
  if (start == 0 || address % kPageSize != 0) return 0;
  Writer lock(map, 0);
  if (!lock.ok()) return 0;
  const Range range = find_range(map, pages, address, count);
  const bool taken = range.count != 0 && pages.take(range);
  lock.release();
  if (!taken) return 0;
  return (start & ~u64(0xffffffff)) | u32(start + u64(range.first) * kPageSize);
}

int arena_reserve_pages(Map& map, u64 address, u32 count) {
  if (count == 0) return 0;
  Pages pages(map);
  const u32 first = page_at(map, address);
  if (load_relaxed(map.trailer().user_vm_start) == 0 || count > pages.size() || first > pages.size() - count)
    return -EINVAL;
  Writer lock(map, 0);
  if (!lock.ok()) return -EBUSY;
  const Range range = {first, count};
  const bool is_free = pages.is_free(range) && !pages.notice_touched(range);
  if (is_free) pages.reserve(range);
  lock.release();
  return is_free ? 0 : -EBUSY;
}

void arena_free_pages(Map& map, u64 address, u32 count) {
  Pages pages(map);
  const u32 first = page_at(map, address & ~(kPageSize - 1));
  if (first >= pages.size() || count == 0) return;
  Writer lock(map, 0);
  if (!lock.ok()) return;
  pages.release({first, count < pages.size() - first ? count : pages.size() - first});
  lock.release();
}

const MapOps kArenaOps = {.layout = layout,
                          .init = init,
                          .repair = repair,
                          .no_lookup = EINVAL,
                          .no_update = EOPNOTSUPP,
                          .no_erase = EOPNOTSUPP,
                          .no_next_key = EOPNOTSUPP};

}  // namespace skep::map
