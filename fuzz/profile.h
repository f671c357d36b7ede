// Program types the generator writes for: what their contexts offer and which families of helpers they have.
#pragma once

#include <span>
#include <string_view>

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
  kGeneric = 512,  // the kfuncs of allocated objects, lists, trees, tasks, cgroups, bpf_throw
  kCpumasks = 1024,
  kTasks = 2048,         // get_current_task_btf
  kBtfContext = 4096,    // arguments in the context are pointers to the kernel's structs
  kPacketDynptr = 8192,  // dynptr_from_skb or _xdp
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
  std::string_view target = {};      // the kernel's type that it goes to, if any
  std::string_view kernel_ctx = {};  // struct behind the context that cast_to_kern_ctx gives
  bool maybe_null = false;           // arguments after the first may be null
};

std::span<const Profile> profiles();

}  // namespace skep::fuzz
