// Where everything lies in a map's file. Computed from the map's attributes alone, when it is made and when it is
// opened: nothing that stands in a file is trusted to say where something is.
//
//   0 ┬ values of arrays, pages of ring buffers: what user space maps starts here
//     ├ the type's other parts, each at its offset below, zero if it has none
//     └ the trailer (file.h): the last page
#pragma once

#include "map/meta.h"

namespace skep::map {

inline constexpr u64 kPageSize = 4096;

constexpr u64 round_up(u64 n, u64 to) { return (n + to - 1) / to * to; }

// Bytes of one value: alone, and with a copy for each possible CPU where the type has those.
struct Geometry {
  u64 size = 0;     // of the file without the trailer; a multiple of a page. 0: the type stores nothing
  u64 reserve = 0;  // bytes from 0 on whose memory is there from the start; the rest comes when it is claimed
  u64 values = 0, elems = 0, buckets = 0, stripes = 0, taken = 0, full = 0, populated = 0, redo = 0, extra = 0;
  u64 elem_size = 0;     // bytes from one element (or array value) to the next
  u32 value_offset = 0;  // in an element
  u32 home_offset = 0;   // in an element: pool.h
  u64 value_bytes = 0;   // stored per element: value_size rounded up to 8, times CPUs for per-CPU types
  u32 n_elems = 0, n_buckets = 0, n_stripes = 0;  // buckets and stripes: powers of two
  bool fits = true;                               // false: too large for any memory (ENOMEM)
};

// Lays parts out one after the other, each aligned to 64 bytes.
class Layouter {
 public:
  explicit Layouter(Geometry& geometry, u64 start = 0) : geometry_(geometry), at_(start) {}
  // The offset of a part of `count` times `each` bytes.
  u64 take(u64 count, u64 each = 1);
  void take_stripes(u32 count);
  // Stripes' pool of elements: the bitmaps now, the elements at the end.
  void take_pool(u64 count, u64 elem_size, u32 home_offset, bool lazy);
  // Closes the layout: `size` is a whole number of pages.
  void finish();

 private:
  Geometry& geometry_;
  u64 at_ = 0;
};

// As many stripes as writers can use: one for 16 elements, at most 1024.
u32 stripes_for(u64 elements);

}  // namespace skep::map
