// Values with special fields (bpf_spin_lock, bpf_timer, kptrs, graph roots ...): these never leave a map by bpf(2), and
// what a caller writes at their place is ignored.
#pragma once

#include "map/map.h"

namespace skep::map {

enum class Fields {
  Zero,  // a new element: all fields zero
  Keep,  // BPF_F_LOCK: only what is between them changes
  Drop,  // an element changed in place: locks and counts stay, timers are cancelled, kptrs let go
};

bool has_spin_lock(const MapMeta& meta);

// One CPU's value of the map: value_size bytes, `shared` aligned to 8. What special fields held before is let go,
// unless they are kept.
void copy_value_in(const Map& map, u8* shared, const u8* from, Fields fields);
void copy_value_out(const MapMeta& meta, u8* to, const u8* shared);

// All that is stored for an element: one value, or one per CPU, each rounded up to 8 bytes as user space passes them.
void copy_elem_in(const Map& map, u8* shared, const u8* from, Fields fields);
void copy_elem_out(const Map& map, u8* to, const u8* shared);

// An element went: what its special fields hold is let go (held.h).
void let_go_elem(const Map& map, u8* shared);

// The bpf_spin_lock in a value, also taken by programs. Waits; a holder that died is found out and passed over.
void lock_value(const MapMeta& meta, u8* shared);
void unlock_value(const MapMeta& meta, u8* shared);

}  // namespace skep::map
