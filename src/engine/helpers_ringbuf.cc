// Helpers on ring buffers, and dynptrs of their records.
#include <cerrno>

#include "engine/bodies.h"
#include "engine/dynptr.h"
#include "map/ringbuf.h"
#include "map/user_ringbuf.h"

namespace skep::engine {
namespace {

u8* record_at(u64 address) { return reinterpret_cast<u8*>(address); }

void discard_held(const Held& held) { map::ringbuf_discard(held.map->map(), record_at(held.what), 0); }

u64 reserve(Run& run, u64 map, u64 size, u64 flags) {
  MapHandle& handle = MapHandle::of(map);
  const u64 record = reinterpret_cast<u64>(map::ringbuf_reserve(handle.map(), size, flags));
  if (record != 0) run.held.push_back({discard_held, record, &handle});
  return record;
}

// The map of a record that the run holds no more; null: it did not.
MapHandle* map_of(Run& run, u64 record) {
  if (run.held.empty() || run.held.back().what != record) return let_go(run, record).map;
  MapHandle* const map = run.held.back().map;
  run.held.pop_back();
  return map;
}

void submit(Run& run, u64 record, u64 flags) {
  if (MapHandle* const map = map_of(run, record)) map::ringbuf_submit(map->map(), record_at(record), flags);
}

void discard(Run& run, u64 record, u64 flags) {
  if (MapHandle* const map = map_of(run, record)) map::ringbuf_discard(map->map(), record_at(record), flags);
}

u64 ringbuf_reserve(u64 map, u64 size, u64 flags, u64, u64, Run& run) { return reserve(run, map, size, flags); }

u64 ringbuf_submit(u64 record, u64 flags, u64, u64, u64, Run& run) {
  submit(run, record, flags);
  return 0;
}

u64 ringbuf_discard(u64 record, u64 flags, u64, u64, u64, Run& run) {
  discard(run, record, flags);
  return 0;
}

u64 ringbuf_output(u64 map, u64 data, u64 size, u64 flags, u64, Run&) {
  const map::ConstBytes sample(record_at(data), size);
  return u64(s64(map::ringbuf_output(MapHandle::of(map).map(), sample, flags)));
}

u64 ringbuf_query(u64 map, u64 what, u64, u64, u64, Run&) { return map::ringbuf_query(MapHandle::of(map).map(), what); }

// Also a dynptr that got no record must be submitted or discarded.
u64 ringbuf_reserve_dynptr(u64 map, u64 size, u64 flags, u64 out, u64, Run& run) {
  Dynptr& dynptr = Dynptr::at(out);
  dynptr = Dynptr();
  if (flags != 0) return u64(-EINVAL);
  if (u32(size) > kMaxDynptrSize) return u64(-E2BIG);
  const u64 record = reserve(run, map, u32(size), flags);
  if (record == 0) return u64(-EINVAL);
  dynptr = Dynptr(record, DynptrType::Ringbuf, u32(size));
  return 0;
}

u64 ringbuf_submit_dynptr(u64 at, u64 flags, u64, u64, u64, Run& run) {
  if (!Dynptr::at(at).is_null()) submit(run, Dynptr::at(at).data, flags);
  Dynptr::at(at) = Dynptr();
  return 0;
}

u64 ringbuf_discard_dynptr(u64 at, u64 flags, u64, u64, u64, Run& run) {
  if (!Dynptr::at(at).is_null()) discard(run, Dynptr::at(at).data, flags);
  Dynptr::at(at) = Dynptr();
  return 0;
}

struct Drain {
  Run& run;
  u64 callback, context;
};

// Samples come as dynptrs: other processes can still write to them.
long drain_one(void* argument, map::ConstBytes sample) {
  const Drain& drain = *static_cast<const Drain*>(argument);
  Dynptr dynptr(reinterpret_cast<u64>(sample.data()), DynptrType::Local, u32(sample.size()));
  return long(call_function(drain.run, drain.callback, reinterpret_cast<u64>(&dynptr), drain.context));
}

u64 user_ringbuf_drain(u64 map, u64 callback, u64 context, u64 flags, u64, Run& run) {
  Drain drain{run, callback, context};
  return u64(map::user_ringbuf_drain(MapHandle::of(map).map(), drain_one, &drain, flags));
}

constexpr HelperBody kBodies[] = {
    {130, ringbuf_output},        {131, ringbuf_reserve},        {132, ringbuf_submit},
    {133, ringbuf_discard},       {134, ringbuf_query},          {198, ringbuf_reserve_dynptr},
    {199, ringbuf_submit_dynptr}, {200, ringbuf_discard_dynptr}, {209, user_ringbuf_drain},
};

}  // namespace

std::span<const HelperBody> ringbuf_helpers() { return kBodies; }

}  // namespace skep::engine
