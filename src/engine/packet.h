// Packets under test: what helpers and LD_ABS know of the packet behind a context.
#pragma once

#include "engine/context.h"

namespace skep::engine {

// LD_ABS and LD_IND: `size` bytes at `offset` of the packet behind the context, big-endian. False: they lie outside.
bool load_packet(u64 ctx, s64 offset, u32 size, u64* value);

}  // namespace skep::engine
