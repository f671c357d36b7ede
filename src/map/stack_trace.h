// What programs do with a stack_trace map (bpf_get_stackid); the file of the type draws its bytes.
#pragma once

#include "map/map.h"

namespace skep::map {

// Flags of bpf_get_stackid (UAPI linux/bpf.h) that concern the map.
inline constexpr u64 kFastStackCmp = 1u << 9;   // BPF_F_FAST_STACK_CMP: equal hashes are equal stacks
inline constexpr u64 kReuseStackId = 1u << 10;  // BPF_F_REUSE_STACKID: a new stack takes an id from another

// Stores a stack (its frames' addresses or build ids: at most value_size bytes) and returns its id. -EEXIST: another
// stack has the id; -ENOMEM: no room; -EINVAL: too long.
s64 put_stack(Map& map, ConstBytes stack, u64 flags);

}  // namespace skep::map
