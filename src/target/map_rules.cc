// What programs may do with each kind of map, and which helper goes with which map. Spec: helpers.md 8, protocols.md 3,
// instructions.md 12, memory.md 10; recorded in data/map-rules-6.18.44.tsv.
#include <algorithm>
#include <array>
#include <span>

#include "btf/record.h"
#include "target/target.h"

namespace skep::target {
namespace {

using btf::Field;

constexpr u32 kLocks = Field::SpinLock | Field::ResSpinLock;
constexpr u32 kAsync = Field::Timer | Field::Workqueue | Field::TaskWork;
constexpr u32 kKptrs = btf::kKptrFields | Field::Refcount;
constexpr u32 kRoots = Field::ListHead | Field::RbRoot;

// In the order of the map types.
constexpr std::array<MapRules, kMapTypeCount> kRules = {{
    // name, direct value, for_each, sleepable, lookup acquires, known key, kernel struct, fields of its value
    {"unspec", false, false, false, false, false, nullptr, 0},
    {"hash", false, true, true, false, false, "bpf_htab", kLocks | kAsync | kKptrs | kRoots},
    {"array", true, true, true, false, true, "bpf_array", kLocks | kAsync | kKptrs | kRoots},
    {"prog_array", false, false, false, false, false, "bpf_array", 0},
    {"perf_event_array", false, false, false, false, false, "bpf_array", 0},
    {"percpu_hash", false, true, true, false, false, "bpf_htab", kKptrs},
    {"percpu_array", false, true, true, false, true, "bpf_array", kKptrs},
    {"stack_trace", false, false, false, false, false, "bpf_stack_map", 0},
    {"cgroup_array", false, false, false, false, false, "bpf_array", 0},
    {"lru_hash", false, true, true, false, false, "bpf_htab", kAsync | kKptrs | kRoots},
    {"lru_percpu_hash", false, true, true, false, false, "bpf_htab", kKptrs},
    {"lpm_trie", false, false, false, false, false, "lpm_trie", 0},
    {"array_of_maps", false, false, true, false, false, "bpf_array", 0},
    {"hash_of_maps", false, false, true, false, false, "bpf_htab", 0},
    {"devmap", false, false, false, false, false, "bpf_dtab", 0},
    {"sockmap", false, false, false, true, false, "bpf_stab", 0, PTR_TO_SOCKET},
    {"cpumap", false, false, false, false, false, "bpf_cpu_map", 0},
    {"xskmap", false, false, false, false, false, "xsk_map", 0, PTR_TO_XDP_SOCK},
    {"sockhash", false, false, false, true, false, "bpf_shtab", 0, PTR_TO_SOCKET},
    {"cgroup_storage", false, false, false, false, false, "bpf_cgroup_storage_map", kLocks},
    {"reuseport_sockarray", false, false, false, false, false, "reuseport_array", 0},
    {"percpu_cgroup_storage", false, false, false, false, false, "bpf_cgroup_storage_map", 0},
    {"queue", false, false, true, false, false, "bpf_queue_stack", 0},
    {"stack", false, false, true, false, false, "bpf_queue_stack", 0},
    {"sk_storage", false, false, true, false, false, "bpf_local_storage_map", kLocks | kKptrs},
    {"devmap_hash", false, false, false, false, false, "bpf_dtab", 0},
    {"struct_ops", false, false, false, false, false, "bpf_struct_ops_map", 0},
    {"ringbuf", false, false, true, false, false, "bpf_ringbuf_map", 0},
    {"inode_storage", false, false, true, false, false, "bpf_local_storage_map", kLocks | kKptrs},
    {"task_storage", false, false, true, false, false, "bpf_local_storage_map", kLocks | kKptrs | Field::Uptr},
    {"bloom_filter", false, false, false, false, false, "bpf_bloom_filter", 0},
    {"user_ringbuf", false, false, true, false, false, "bpf_ringbuf_map", 0},
    {"cgrp_storage", false, false, true, false, false, "bpf_local_storage_map", kLocks | kKptrs},
    {"arena", true, false, true, false, false, "bpf_arena", 0},
}};

// The only helpers a map takes. A map that is not listed takes any.
struct MapRow {
  u32 map_type;
  std::array<u8, 8> helpers;  // ids; 0 ends
};
constexpr MapRow kHelpersOfMap[] = {
    {BPF_MAP_TYPE_PROG_ARRAY, {12}},
    {BPF_MAP_TYPE_PERF_EVENT_ARRAY, {22, 25, 55, 111, 121}},
    {BPF_MAP_TYPE_RINGBUF, {130, 131, 134, 198, 199, 200}},
    {BPF_MAP_TYPE_USER_RINGBUF, {209}},
    {BPF_MAP_TYPE_STACK_TRACE, {27}},
    {BPF_MAP_TYPE_CGROUP_ARRAY, {33, 37}},
    {BPF_MAP_TYPE_CGROUP_STORAGE, {81}},
    {BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE, {81}},
    {BPF_MAP_TYPE_DEVMAP, {51, 1}},
    {BPF_MAP_TYPE_DEVMAP_HASH, {51, 1}},
    {BPF_MAP_TYPE_XSKMAP, {51, 1}},
    {BPF_MAP_TYPE_CPUMAP, {51}},
    {BPF_MAP_TYPE_ARRAY_OF_MAPS, {1}},
    {BPF_MAP_TYPE_HASH_OF_MAPS, {1}},
    {BPF_MAP_TYPE_SOCKMAP, {52, 53, 60, 82, 1, 2, 3}},   // update and delete: see may_update_sockmap()
    {BPF_MAP_TYPE_SOCKHASH, {72, 70, 71, 82, 1, 2, 3}},  //
    {BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, {82}},
    {BPF_MAP_TYPE_QUEUE, {87, 88, 89}},
    {BPF_MAP_TYPE_STACK, {87, 88, 89}},
    {BPF_MAP_TYPE_BLOOM_FILTER, {87, 89}},
    {BPF_MAP_TYPE_SK_STORAGE, {107, 108, 194}},
    {BPF_MAP_TYPE_INODE_STORAGE, {145, 146, 194}},
    {BPF_MAP_TYPE_TASK_STORAGE, {156, 157, 194}},
    {BPF_MAP_TYPE_CGRP_STORAGE, {210, 211, 194}},
};

// The only maps a helper takes. A helper that is not listed takes any.
struct HelperMaps {
  u32 helper;
  u64 map_types;
};
template <typename... T>
constexpr u64 maps(T... map_types) {
  return ((1ull << map_types) | ...);
}
constexpr u64 kPerfEventArray = maps(BPF_MAP_TYPE_PERF_EVENT_ARRAY);
constexpr u64 kRingbuf = maps(BPF_MAP_TYPE_RINGBUF);
constexpr u64 kCgroupArray = maps(BPF_MAP_TYPE_CGROUP_ARRAY);
constexpr u64 kSockmap = maps(BPF_MAP_TYPE_SOCKMAP);
constexpr u64 kSockhash = maps(BPF_MAP_TYPE_SOCKHASH);
constexpr u64 kQueueOrBloom = maps(BPF_MAP_TYPE_QUEUE, BPF_MAP_TYPE_STACK, BPF_MAP_TYPE_BLOOM_FILTER);
constexpr HelperMaps kMapsOfHelper[] = {
    {12, maps(BPF_MAP_TYPE_PROG_ARRAY)},
    {22, kPerfEventArray},
    {25, kPerfEventArray},
    {55, kPerfEventArray},
    {111, kPerfEventArray},
    {121, kPerfEventArray},
    {130, kRingbuf},
    {131, kRingbuf},
    {134, kRingbuf},
    {198, kRingbuf},
    {199, kRingbuf},
    {200, kRingbuf},
    {209, maps(BPF_MAP_TYPE_USER_RINGBUF)},
    {27, maps(BPF_MAP_TYPE_STACK_TRACE)},
    {33, kCgroupArray},
    {37, kCgroupArray},
    {51, maps(BPF_MAP_TYPE_DEVMAP, BPF_MAP_TYPE_DEVMAP_HASH, BPF_MAP_TYPE_CPUMAP, BPF_MAP_TYPE_XSKMAP)},
    {52, kSockmap},
    {53, kSockmap},
    {60, kSockmap},
    {70, kSockhash},
    {71, kSockhash},
    {72, kSockhash},
    {81, maps(BPF_MAP_TYPE_CGROUP_STORAGE, BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE)},
    {82, maps(BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, BPF_MAP_TYPE_SOCKMAP, BPF_MAP_TYPE_SOCKHASH)},
    {87, kQueueOrBloom},
    {88, maps(BPF_MAP_TYPE_QUEUE, BPF_MAP_TYPE_STACK)},
    {89, kQueueOrBloom},
    {107, maps(BPF_MAP_TYPE_SK_STORAGE)},
    {108, maps(BPF_MAP_TYPE_SK_STORAGE)},
    {145, maps(BPF_MAP_TYPE_INODE_STORAGE)},
    {146, maps(BPF_MAP_TYPE_INODE_STORAGE)},
    {156, maps(BPF_MAP_TYPE_TASK_STORAGE)},
    {157, maps(BPF_MAP_TYPE_TASK_STORAGE)},
    {195, maps(BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_LRU_PERCPU_HASH)},
    {210, maps(BPF_MAP_TYPE_CGRP_STORAGE)},
    {211, maps(BPF_MAP_TYPE_CGRP_STORAGE)},
};

// Programs that may change a sockmap: no socket is locked around them.
constexpr u32 kSockmapUpdaters[] = {
    BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_SCHED_CLS,      BPF_PROG_TYPE_SCHED_ACT, BPF_PROG_TYPE_XDP,
    BPF_PROG_TYPE_SK_REUSEPORT,  BPF_PROG_TYPE_FLOW_DISSECTOR, BPF_PROG_TYPE_SK_LOOKUP,
};
constexpr u32 kMapDeleteElem = 3;

}  // namespace

const MapRules& Target::map_rules(u32 map_type) const { return kRules[map_type < kRules.size() ? map_type : 0]; }

bool Target::map_helper_compatible(u32 map_type, u32 helper_id) const {
  const MapRow* map = std::ranges::find(kHelpersOfMap, map_type, &MapRow::map_type);
  if (map != std::end(kHelpersOfMap) && std::ranges::find(map->helpers, helper_id) == map->helpers.end()) return false;
  const HelperMaps* helper = std::ranges::find(kMapsOfHelper, helper_id, &HelperMaps::helper);
  return helper == std::end(kMapsOfHelper) || (map_type < kMapTypeCount && (helper->map_types & maps(map_type)));
}

bool Target::may_update_sockmap(const ProgKind& kind, u32 helper_id) const {
  if (kind.prog_type == BPF_PROG_TYPE_TRACING) return kind.attach_type == BPF_TRACE_ITER;
  if (kind.prog_type == BPF_PROG_TYPE_SOCK_OPS) return helper_id == kMapDeleteElem;
  return std::ranges::find(kSockmapUpdaters, kind.prog_type) != std::end(kSockmapUpdaters);
}

}  // namespace skep::target
