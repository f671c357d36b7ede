// The rules of create.h: one row per map type, one function per family of types. Every rule is held against the live
// kernel's answers (data/map-create-6.18.tsv, made by the prober in src/sys/map_create_test.cc).
#include "map/create.h"

#include <algorithm>
#include <bit>
#include <cerrno>

#include "map/types.h"

namespace skep::map {
namespace {

inline constexpr u32 kAccessFlags = BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;
inline constexpr u32 kUserAccessFlags = BPF_F_RDONLY | BPF_F_WRONLY;
inline constexpr u32 kPageSize = 4096;
inline constexpr u32 kKmallocMax = 4u << 20;  // bytes: the largest element a type that allocates elements can have
inline constexpr u32 kPercpuUnit = 32768;     // bytes: the largest per-CPU value
inline constexpr u32 kMaxStackDepth = 127;    // sysctl kernel.perf_event_max_stack
inline constexpr u32 kBuildIdSize = 32;       // sizeof(struct bpf_stack_build_id)
inline constexpr u32 kHtabElemSize = 48;      // sizeof(struct htab_elem)
inline constexpr u32 kLocalStorageMaxValue = 65407;  // bytes a local storage element may hold
inline constexpr u64 kArenaMaxBytes = 1ull << 32;

u64 round_up8(u32 n) { return (u64(n) + 7) & ~u64(7); }

int check_array(const CreateArgs& a) {
  if (a.max_entries == 0 || a.key_size != 4 || a.value_size == 0) return -EINVAL;
  return a.value_size > 0x7fffffff ? -E2BIG : 0;
}

int check_percpu_array(const CreateArgs& a) {
  if (a.map_flags & BPF_F_NUMA_NODE) return -EINVAL;
  if (int err = check_array(a)) return err;
  return round_up8(a.value_size) > kPercpuUnit ? -E2BIG : 0;
}

// Arrays of objects: their user-space value is a file descriptor.
int check_fd_array(const CreateArgs& a) { return a.value_size != 4 ? -EINVAL : check_array(a); }

int check_reuseport_array(const CreateArgs& a) {
  return a.value_size != 4 && a.value_size != 8 ? -EINVAL : check_array(a);
}

int check_hash(const CreateArgs& a) {
  if (a.max_entries == 0 || a.key_size == 0 || a.value_size == 0) return -EINVAL;
  return u64(a.key_size) + a.value_size >= kKmallocMax - kHtabElemSize ? -E2BIG : 0;
}

int check_percpu_hash(const CreateArgs& a) {
  if (a.map_flags & BPF_F_NUMA_NODE) return -EINVAL;
  if (int err = check_hash(a)) return err;
  return round_up8(a.value_size) > kPercpuUnit ? -E2BIG : 0;
}

int check_hash_of_maps(const CreateArgs& a) { return a.value_size != 4 ? -EINVAL : check_hash(a); }

int check_stack_trace(const CreateArgs& a) {
  if (a.max_entries == 0 || a.key_size != 4 || a.value_size < 8 || a.value_size % 8) return -EINVAL;
  const u32 frame = a.map_flags & BPF_F_STACK_BUILD_ID ? kBuildIdSize : 8;
  return a.value_size % frame || a.value_size / frame > kMaxStackDepth ? -EINVAL : 0;
}

int check_lpm_trie(const CreateArgs& a) {
  if (a.max_entries == 0 || a.key_size < 5 || a.key_size > 260) return -EINVAL;
  return a.value_size == 0 || a.value_size > kKmallocMax - 256 - 24 ? -EINVAL : 0;
}

int check_queue(const CreateArgs& a) {
  if (a.max_entries == 0 || a.key_size != 0 || a.value_size == 0) return -EINVAL;
  return a.value_size > kKmallocMax ? -E2BIG : 0;
}

int check_ringbuf(const CreateArgs& a) {
  if (a.key_size || a.value_size) return -EINVAL;
  return !std::has_single_bit(a.max_entries) || a.max_entries % kPageSize ? -EINVAL : 0;
}

int check_bloom(const CreateArgs& a) {
  if (a.max_entries == 0 || a.key_size != 0 || a.value_size == 0 || (a.map_extra & ~u64(0xf))) return -EINVAL;
  return a.value_size > kKmallocMax ? -E2BIG : 0;
}

// Local storage is keyed by an object, and its types must be told so that user space can dump it.
int check_local_storage(const CreateArgs& a) {
  if (a.max_entries || a.key_size != 4 || a.value_size == 0) return -EINVAL;
  if (a.btf_key_type_id == 0 || a.btf_value_type_id == 0) return -EINVAL;
  return a.value_size > kLocalStorageMaxValue ? -E2BIG : 0;
}

int check_cgroup_storage(const CreateArgs& a, u32 max_value) {
  if ((a.key_size != 8 && a.key_size != 16) || a.value_size == 0) return -EINVAL;
  if (a.value_size > max_value) return -E2BIG;
  return a.max_entries ? -EINVAL : 0;
}
int check_shared_cgroup_storage(const CreateArgs& a) { return check_cgroup_storage(a, kLocalStorageMaxValue); }
int check_percpu_cgroup_storage(const CreateArgs& a) { return check_cgroup_storage(a, kPercpuUnit); }

int check_devmap(const CreateArgs& a) {
  return a.max_entries == 0 || a.key_size != 4 || (a.value_size != 4 && a.value_size != 8) ? -EINVAL : 0;
}

int check_cpumap(const CreateArgs& a) {
  if (int err = check_devmap(a)) return err;
  return a.max_entries > kMaxCpus ? -E2BIG : 0;
}

int check_xskmap(const CreateArgs& a) {
  return a.max_entries == 0 || a.key_size != 4 || a.value_size != 4 ? -EINVAL : 0;
}

int check_sockhash(const CreateArgs& a) {
  if (a.max_entries == 0 || a.key_size == 0 || (a.value_size != 4 && a.value_size != 8)) return -EINVAL;
  return a.key_size > 512 ? -E2BIG : 0;
}

int check_struct_ops(const CreateArgs& a) {
  return a.key_size != 4 || a.max_entries != 1 || a.btf_vmlinux_value_type_id == 0 ? -EINVAL : 0;
}

int check_arena(const CreateArgs& a) {
  if (a.key_size || a.value_size || a.max_entries == 0 || (a.map_extra & (kPageSize - 1))) return -EINVAL;
  const u64 bytes = u64(a.max_entries) * kPageSize;
  if (bytes > kArenaMaxBytes) return -E2BIG;
  // Its 32-bit addresses must not wrap.
  return a.map_extra && (a.map_extra >> 32) != ((a.map_extra + bytes - 1) >> 32) ? -ERANGE : 0;
}

inline constexpr u32 kNuma = BPF_F_NUMA_NODE;
inline constexpr u32 kHashFlags = BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU | kNuma | kAccessFlags | BPF_F_ZERO_SEED;
inline constexpr u32 kFdArrayFlags = kNuma | kUserAccessFlags;
inline constexpr u32 kStorageFlags = BPF_F_NO_PREALLOC | BPF_F_CLONE;

using P = Privilege;
using B = BtfRule;

// type, allowed flags, required flags, privilege, BTF, map-in-map, may be an inner map, geometry, operations, direct
// values
constexpr TypeRow kRows[] = {
    {BPF_MAP_TYPE_HASH, kHashFlags, 0, P::None, B::Any, false, true, check_hash, &kHashOps, false},
    {BPF_MAP_TYPE_ARRAY, kNuma | BPF_F_MMAPABLE | kAccessFlags | BPF_F_INNER_MAP, 0, P::None, B::Array, false, true,
     check_array, &kArrayOps, true},
    {BPF_MAP_TYPE_PROG_ARRAY, kFdArrayFlags, 0, P::None, B::Any, false, false, check_fd_array, &kFdArrayOps, false},
    {BPF_MAP_TYPE_PERF_EVENT_ARRAY, kFdArrayFlags | BPF_F_PRESERVE_ELEMS, 0, P::None, B::None, false, true,
     check_fd_array, &kForeignArrayOps, false},
    {BPF_MAP_TYPE_PERCPU_HASH, kHashFlags, 0, P::None, B::Any, false, true, check_percpu_hash, &kPercpuHashOps, false},
    {BPF_MAP_TYPE_PERCPU_ARRAY, kNuma | kAccessFlags, 0, P::None, B::Array, false, true, check_percpu_array,
     &kPercpuArrayOps, false},
    {BPF_MAP_TYPE_STACK_TRACE, kNuma | kUserAccessFlags | BPF_F_STACK_BUILD_ID, 0, P::Bpf, B::None, false, true,
     check_stack_trace, &kStackTraceOps, false},
    {BPF_MAP_TYPE_CGROUP_ARRAY, kFdArrayFlags, 0, P::None, B::None, false, true, check_fd_array, &kForeignArrayOps,
     false},
    {BPF_MAP_TYPE_LRU_HASH, kHashFlags, 0, P::Bpf, B::Any, false, true, check_hash, &kLruHashOps, false},
    {BPF_MAP_TYPE_LRU_PERCPU_HASH, kHashFlags, 0, P::Bpf, B::Any, false, true, check_percpu_hash, &kLruPercpuHashOps,
     false},
    {BPF_MAP_TYPE_LPM_TRIE, BPF_F_NO_PREALLOC | kNuma | kAccessFlags, BPF_F_NO_PREALLOC, P::Bpf, B::Lpm, false, true,
     check_lpm_trie, &kLpmTrieOps, false},
    {BPF_MAP_TYPE_ARRAY_OF_MAPS, kFdArrayFlags, 0, P::None, B::None, true, false, check_fd_array, &kArrayOfMapsOps,
     false},
    {BPF_MAP_TYPE_HASH_OF_MAPS, kHashFlags, 0, P::None, B::None, true, false, check_hash_of_maps, &kHashOfMapsOps,
     false},
    {BPF_MAP_TYPE_DEVMAP, kNuma | kUserAccessFlags, 0, P::NetAdmin, B::None, false, true, check_devmap, &kDevmapOps,
     false},
    {BPF_MAP_TYPE_SOCKMAP, kNuma | kUserAccessFlags, 0, P::NetAdmin, B::None, false, true, check_devmap, &kSockmapOps,
     false},
    {BPF_MAP_TYPE_CPUMAP, kNuma, 0, P::Bpf, B::None, false, true, check_cpumap, &kCpumapOps, false},
    {BPF_MAP_TYPE_XSKMAP, kNuma | kUserAccessFlags, 0, P::NetAdmin, B::None, false, true, check_xskmap, &kXskmapOps,
     false},
    {BPF_MAP_TYPE_SOCKHASH, kNuma | kUserAccessFlags, 0, P::NetAdmin, B::None, false, true, check_sockhash,
     &kSockhashOps, false},
    {BPF_MAP_TYPE_CGROUP_STORAGE, kNuma | kAccessFlags, 0, P::None, B::Cgroup, false, false,
     check_shared_cgroup_storage, &kCgroupStorageOps, false},
    {BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, kNuma | kAccessFlags, 0, P::Bpf, B::Any, false, true, check_reuseport_array,
     &kReuseportOps, false},
    {BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE, kNuma | kAccessFlags, 0, P::None, B::Cgroup, false, false,
     check_percpu_cgroup_storage, &kPercpuCgroupStorageOps, false},
    {BPF_MAP_TYPE_QUEUE, kNuma | kAccessFlags, 0, P::Bpf, B::Any, false, true, check_queue, &kQueueOps, false},
    {BPF_MAP_TYPE_STACK, kNuma | kAccessFlags, 0, P::Bpf, B::Any, false, true, check_queue, &kQueueOps, false},
    {BPF_MAP_TYPE_SK_STORAGE, kStorageFlags, BPF_F_NO_PREALLOC, P::Bpf, B::Storage, false, true, check_local_storage,
     &kLocalStorageOps, false},
    {BPF_MAP_TYPE_DEVMAP_HASH, kNuma | kUserAccessFlags, 0, P::NetAdmin, B::None, false, true, check_devmap,
     &kDevmapHashOps, false},
    {BPF_MAP_TYPE_STRUCT_OPS, BPF_F_LINK | BPF_F_VTYPE_BTF_OBJ_FD, 0, P::Bpf, B::Any, false, false, check_struct_ops,
     &kStructOpsOps, false},
    {BPF_MAP_TYPE_RINGBUF, kNuma, 0, P::None, B::Any, false, true, check_ringbuf, &kRingbufOps, false},
    {BPF_MAP_TYPE_INODE_STORAGE, kStorageFlags, BPF_F_NO_PREALLOC, P::Bpf, B::Storage, false, true, check_local_storage,
     &kLocalStorageOps, false},
    {BPF_MAP_TYPE_TASK_STORAGE, kStorageFlags, BPF_F_NO_PREALLOC, P::Bpf, B::Storage, false, true, check_local_storage,
     &kLocalStorageOps, false},
    {BPF_MAP_TYPE_BLOOM_FILTER, kNuma | BPF_F_ZERO_SEED | kAccessFlags, 0, P::Bpf, B::NoKey, false, true, check_bloom,
     &kBloomFilterOps, false},
    {BPF_MAP_TYPE_USER_RINGBUF, kNuma, 0, P::None, B::Any, false, true, check_ringbuf, &kUserRingbufOps, false},
    {BPF_MAP_TYPE_CGRP_STORAGE, kStorageFlags, BPF_F_NO_PREALLOC, P::Bpf, B::Storage, false, true, check_local_storage,
     &kLocalStorageOps, false},
    {BPF_MAP_TYPE_ARENA, BPF_F_SEGV_ON_FAULT | BPF_F_MMAPABLE | BPF_F_NO_USER_CONV, BPF_F_MMAPABLE, P::Bpf, B::Any,
     false, true, check_arena, &kArenaOps, false},
};

bool both(u32 flags, u32 pair) { return (flags & pair) == pair; }

int check_flags(const CreateArgs& a, const TypeRow& row, const target::Caps& caps) {
  if (a.map_flags & ~row.allowed_flags) return -EINVAL;
  if ((a.map_flags & row.required_flags) != row.required_flags) return -EINVAL;
  if (both(a.map_flags, BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)) return -EINVAL;
  if (row.allowed_flags & BPF_F_NO_COMMON_LRU) {
    const bool lru = a.map_type == BPF_MAP_TYPE_LRU_HASH || a.map_type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
    if ((a.map_flags & BPF_F_ZERO_SEED) && !caps.sys_admin) return -EPERM;
    if (!lru && (a.map_flags & BPF_F_NO_COMMON_LRU)) return -EINVAL;
    if (lru && (a.map_flags & BPF_F_NO_PREALLOC)) return -kErrnoNotSupp;
    // Lists per CPU have no one node.
    if ((a.map_flags & BPF_F_NO_COMMON_LRU) && (a.map_flags & BPF_F_NUMA_NODE)) return -EINVAL;
  }
  return 0;
}

}  // namespace

const TypeRow* type_row(u32 map_type) {
  const auto* row =
      std::find_if(std::begin(kRows), std::end(kRows), [&](const TypeRow& r) { return r.map_type == map_type; });
  return row == std::end(kRows) ? nullptr : row;
}

int check_create(const CreateArgs& a, const target::Caps& caps) {
  if (a.btf_vmlinux_value_type_id) {
    if (a.map_type != BPF_MAP_TYPE_STRUCT_OPS || a.btf_key_type_id || a.btf_value_type_id) return -EINVAL;
  } else if (a.btf_key_type_id && !a.btf_value_type_id) {
    return -EINVAL;
  }
  if (a.map_type != BPF_MAP_TYPE_BLOOM_FILTER && a.map_type != BPF_MAP_TYPE_ARENA && a.map_extra) return -EINVAL;
  if (both(a.map_flags, BPF_F_RDONLY | BPF_F_WRONLY)) return -EINVAL;
  if ((a.map_flags & BPF_F_NUMA_NODE) && a.numa_node != 0) return -EINVAL;  // the machine has one node
  const TypeRow* row = type_row(a.map_type);
  if (row == nullptr) return -EINVAL;
  if (int err = check_flags(a, *row, caps)) return err;
  return row->check(a);
}

int check_alloc(const CreateArgs& a) {
  const TypeRow* row = type_row(a.map_type);
  const bool hashed = row->allowed_flags & BPF_F_NO_COMMON_LRU;
  if ((hashed || a.map_type == BPF_MAP_TYPE_STACK_TRACE) && a.max_entries > 1u << 31) return -E2BIG;
  return 0;
}

int check_btf(const MapMeta& meta, const TypeRow& row) {
  const btf::Btf& btf = *meta.btf;
  const btf::Type* key = meta.btf_key_type_id ? btf.skip_modifiers(meta.btf_key_type_id) : nullptr;
  const auto is_int_of = [&](u32 bits) {
    return key != nullptr && btf::is_int(key) && (btf.int_data(key) & 0xff) == bits &&
           ((btf.int_data(key) >> 16) & 0xff) == 0;
  };
  switch (row.btf_rule) {
    case BtfRule::Any: return 0;
    case BtfRule::None: return -kErrnoNotSupp;
    case BtfRule::Array: {
      if (key != nullptr) return is_int_of(32) ? 0 : -EINVAL;
      const btf::Type* value = btf.type_by_id(meta.btf_value_type_id);
      return meta.max_entries == 1 && value->kind() == btf::Kind::DataSec ? 0 : -EINVAL;
    }
    case BtfRule::Lpm: return key != nullptr && key->kind() == btf::Kind::Struct ? 0 : -EINVAL;
    case BtfRule::Storage: return is_int_of(32) ? 0 : -EINVAL;
    case BtfRule::NoKey: return key == nullptr ? 0 : -EINVAL;
    case BtfRule::Cgroup:
      if (meta.key_size == 8) return is_int_of(64) ? 0 : -EINVAL;
      return key != nullptr && key->kind() == btf::Kind::Struct ? 0 : -EINVAL;
  }
  return 0;
}

}  // namespace skep::map
