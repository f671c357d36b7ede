// Program types the generator writes for: what their contexts offer and which families of helpers they have.
#pragma once

#include <span>

#include "base/types.h"

namespace skep::fuzz {

enum Trait : u32 {
  kSkb = 1,         // skb_load_bytes and its kin
  kSockets = 2,     // sk_lookup_tcp, sk_release
  kTracing = 4,     // probe_read
  kLocks = 8,       // bpf_spin_lock, timers
  kLdAbs = 16,      // LD_ABS, LD_IND
  kSockField = 32,  // ctx->sk at 168
  kRedirect = 64,   // redirect_map
  kMoveHead = 128,  // helpers that invalidate packet pointers
  kSleeps = 256,
  kTaskKfuncs = 512,
};

struct CtxField {
  s16 off;
  u8 size;
};

struct Profile {
  const char* name;
  u32 prog_type, attach_type, flags;
  u32 traits;
  s16 data, data_end;  // packet pointers in the context, -1: none
  u8 packet_size;      // of those fields
  int return_max;      // largest R0 allowed at exit; -1: any
  std::span<const CtxField> fields;
  u32 weight;
};

std::span<const Profile> profiles();

}  // namespace skep::fuzz
