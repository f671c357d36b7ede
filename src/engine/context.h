// The program's context in memory: laid out as the user API has it (struct xdp_md, struct __sk_buff ...), so that most
// of its fields are read and written in place. Fields of 32 bits that are pointers in truth - data, data_end, data_meta
// of packets - cannot hold addresses; they live in the words right before the context, and link() turns their loads
// into loads from there.
#pragma once

#include "base/types.h"

namespace skep::engine {

struct CtxHead {
  u8* data_meta = nullptr;
  u8* data = nullptr;
  u8* data_end = nullptr;
  void* packet = nullptr;  // what helpers need to know of it (packet.h)

  static CtxHead& of(u64 ctx) { return reinterpret_cast<CtxHead*>(ctx)[-1]; }
};

// A context with its head: programs get &fields.
template <typename T>
struct Context {
  CtxHead head;
  T fields{};

  u64 pointer() { return reinterpret_cast<u64>(&fields); }
};

}  // namespace skep::engine
