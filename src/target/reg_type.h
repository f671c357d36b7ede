// What a register may hold: a base type and flags in one word, with the kernel's names, so that a reader can grep both.
// In target/ because helper and context tables are written in these terms; the verifier's register state carries one.
#pragma once

#include <string>

#include "base/types.h"

namespace skep {

enum RegBase : u8 {
  NOT_INIT,
  SCALAR_VALUE,
  PTR_TO_CTX,
  CONST_PTR_TO_MAP,
  PTR_TO_MAP_VALUE,
  PTR_TO_MAP_KEY,
  PTR_TO_STACK,
  PTR_TO_PACKET_META,
  PTR_TO_PACKET,
  PTR_TO_PACKET_END,
  PTR_TO_FLOW_KEYS,
  PTR_TO_SOCKET,
  PTR_TO_SOCK_COMMON,
  PTR_TO_TCP_SOCK,
  PTR_TO_TP_BUFFER,
  PTR_TO_XDP_SOCK,
  PTR_TO_BTF_ID,
  PTR_TO_MEM,
  PTR_TO_ARENA,
  PTR_TO_BUF,
  PTR_TO_FUNC,
  CONST_PTR_TO_DYNPTR,
};

enum TypeFlag : u32 {
  PTR_MAYBE_NULL = 1u << 8,
  MEM_RDONLY = 1u << 9,
  MEM_RINGBUF = 1u << 10,
  MEM_USER = 1u << 11,
  MEM_PERCPU = 1u << 12,
  PTR_UNTRUSTED = 1u << 13,
  MEM_UNINIT = 1u << 14,
  DYNPTR_TYPE_LOCAL = 1u << 15,
  DYNPTR_TYPE_RINGBUF = 1u << 16,
  DYNPTR_TYPE_SKB = 1u << 17,
  DYNPTR_TYPE_XDP = 1u << 18,
  DYNPTR_TYPE_SKB_META = 1u << 19,
  MEM_ALLOC = 1u << 20,
  PTR_TRUSTED = 1u << 21,
  MEM_RCU = 1u << 22,
  NON_OWN_REF = 1u << 23,
};
inline constexpr u32 kDynptrTypeFlags =
    DYNPTR_TYPE_LOCAL | DYNPTR_TYPE_RINGBUF | DYNPTR_TYPE_SKB | DYNPTR_TYPE_XDP | DYNPTR_TYPE_SKB_META;

using RegType = u32;  // RegBase | TypeFlag...

constexpr RegType operator|(RegBase base, TypeFlag flag) { return u32(base) | u32(flag); }
constexpr RegBase base_type(RegType t) { return RegBase(t & 0xff); }
constexpr u32 type_flag(RegType t) { return t & ~0xffu; }
constexpr bool type_may_be_null(RegType t) { return t & PTR_MAYBE_NULL; }

// "rcu_ptr_or_null_", "map_value", "?" (spec: log-format.md 4).
std::string reg_type_str(RegType t);

}  // namespace skep
