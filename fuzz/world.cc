// Rows of the world, and its BTF written by hand. All maps together stay far below 16 MiB.
#include "fuzz/world.h"

#include <cstring>
#include <string>

namespace skep::fuzz {
namespace {

// Ids of the types below, in the order in which btf_bytes() writes them.
enum TypeId : u32 {
  kInt = 1,
  kU64,
  kPtrVoid,
  kPtrInt,
  kProtoStatic,
  kProtoTwoInts,
  kProtoMem,
  kProtoVoid,
  kProtoCtx,
  kFuncStatic,
  kFuncScalars,
  kFuncMem,
  kFuncVoid,
  kFuncCtx,
  kSpinLock,
  kLockedValue,
  kOpaqueArray,
  kTimerStruct,
  kTimerValue,
  kU32,
  kPtrU8,
  kU8,
};

constexpr MapRow kMaps[kMapSlots] = {
    {"array", BPF_MAP_TYPE_ARRAY, 4, 48, 4, 0, -1, 0, 0},
    {"hash", BPF_MAP_TYPE_HASH, 8, 16, 8, 0, -1, 0, 0},
    {"percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 16, 2, 0, -1, 0, 0},
    {"ringbuf", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0, -1, 0, 0},
    {"prog_array", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0, -1, 0, 0},
    {"lru_hash", BPF_MAP_TYPE_LRU_HASH, 4, 64, 8, 0, -1, 0, 0},
    {"queue", BPF_MAP_TYPE_QUEUE, 0, 8, 4, 0, -1, 0, 0},
    {"stack", BPF_MAP_TYPE_STACK, 0, 16, 4, 0, -1, 0, 0},
    {"bloom", BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 4, 0, -1, 0, 0},
    {"read_only", BPF_MAP_TYPE_ARRAY, 4, 16, 1, BPF_F_RDONLY_PROG, -1, 0, 0},
    {"inner", BPF_MAP_TYPE_ARRAY, 4, 48, 4, 0, -1, 0, 0},
    {"array_of_maps", BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 4, 0, kInner, 0, 0},
    {"locked", BPF_MAP_TYPE_ARRAY, 4, 16, 2, 0, -1, kInt, kLockedValue},
    {"timer", BPF_MAP_TYPE_ARRAY, 4, 24, 2, 0, -1, kInt, kTimerValue},
    {"perf_events", BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 2, 0, -1, 0, 0},
    {"devmap", BPF_MAP_TYPE_DEVMAP, 4, 4, 2, 0, -1, 0, 0},
    {"cpumap", BPF_MAP_TYPE_CPUMAP, 4, 4, 2, 0, -1, 0, 0},
    {"xskmap", BPF_MAP_TYPE_XSKMAP, 4, 4, 2, 0, -1, 0, 0},
    {"lpm", BPF_MAP_TYPE_LPM_TRIE, 8, 16, 4, BPF_F_NO_PREALLOC, -1, 0, 0},
    {"hash_of_maps", BPF_MAP_TYPE_HASH_OF_MAPS, 8, 4, 4, 0, kInner, 0, 0},
    {"sockmap", BPF_MAP_TYPE_SOCKMAP, 4, 4, 2, 0, -1, 0, 0},
    {"stack_trace", BPF_MAP_TYPE_STACK_TRACE, 4, 64, 2, 0, -1, 0, 0},
    {"big_array", BPF_MAP_TYPE_ARRAY, 4, 4096, 1, 0, -1, 0, 0},
};

constexpr const char* kKfuncNames[kKfuncSlots] = {
    "bpf_iter_num_new",      "bpf_iter_num_next",   "bpf_iter_num_destroy", "bpf_rcu_read_lock",
    "bpf_rcu_read_unlock",   "bpf_preempt_disable", "bpf_preempt_enable",   "bpf_local_irq_save",
    "bpf_local_irq_restore", "bpf_task_from_pid",   "bpf_task_release",     "bpf_cpumask_create",
    "bpf_cpumask_release",   "bpf_cpumask_set_cpu", "bpf_dynptr_slice",     "bpf_dynptr_size",
    "bpf_dynptr_adjust",     "bpf_cgroup_from_id",  "bpf_cgroup_release",   "bpf_task_acquire",
    "bpf_dynptr_from_skb",   "bpf_dynptr_from_xdp", "bpf_dynptr_is_null"};

constexpr const char* kFuncNames[size_t(FuncKind::kCount)] = {"stat", "two", "mem", "nothing", "with_ctx"};

// The type section word by word, the string section name by name.
class Writer {
 public:
  u32 name(const char* text) {
    if (*text == 0) return 0;
    const u32 at = u32(strings_.size());
    strings_.append(text, std::strlen(text) + 1);
    return at;
  }
  void type(const char* text, u32 kind, u32 vlen, u32 size_or_type) {
    word(name(text));
    word(kind << 24 | vlen);
    word(size_or_type);
  }
  void word(u32 value) { types_.append(reinterpret_cast<const char*>(&value), sizeof(value)); }
  void integer(const char* text, u32 size, u32 encoding) {
    type(text, 1, 0, size);
    word(encoding << 24 | size * 8);
  }
  void pair(const char* text, u32 type_id) {
    word(name(text));
    word(type_id);
  }
  void member(const char* text, u32 type_id, u32 byte) {
    pair(text, type_id);
    word(byte * 8);
  }
  std::vector<u8> finish() const {
    const u32 header[] = {0x0001eb9f, 24, 0, u32(types_.size()), u32(types_.size()), u32(strings_.size())};
    std::string all(reinterpret_cast<const char*>(header), sizeof(header));
    all += types_ + strings_;
    return {all.begin(), all.end()};
  }

 private:
  std::string types_, strings_ = std::string(1, '\0');
};

constexpr u32 kKindPtr = 2, kKindArray = 3, kKindStruct = 4, kKindFunc = 12, kKindFuncProto = 13;

void write_functions(Writer& w) {
  w.type("", kKindFuncProto, 1, kInt);
  w.pair("ctx", kPtrVoid);
  w.type("", kKindFuncProto, 2, kInt);
  w.pair("a", kInt);
  w.pair("b", kU64);
  w.type("", kKindFuncProto, 1, kInt);
  w.pair("p", kPtrInt);
  w.type("", kKindFuncProto, 0, kInt);
  w.type("", kKindFuncProto, 2, kInt);
  w.pair("p", kPtrInt);
  w.pair("a", kU64);
  w.type(kFuncNames[0], kKindFunc, 0, kProtoStatic);
  w.type(kFuncNames[1], kKindFunc, 1, kProtoTwoInts);
  w.type(kFuncNames[2], kKindFunc, 1, kProtoMem);
  w.type(kFuncNames[3], kKindFunc, 1, kProtoVoid);
  w.type(kFuncNames[4], kKindFunc, 1, kProtoCtx);
}

void write_values(Writer& w) {
  w.type("bpf_spin_lock", kKindStruct, 1, 4);
  w.member("val", kU32, 0);
  w.type("locked_value", kKindStruct, 3, 16);
  w.member("lock", kSpinLock, 0);
  w.member("count", kInt, 4);
  w.member("data", kU64, 8);
  w.type("", kKindArray, 0, 0);
  w.word(kU64);
  w.word(kInt);
  w.word(2);
  w.type("bpf_timer", kKindStruct, 1, 16);
  w.member("__opaque", kOpaqueArray, 0);
  w.type("timer_value", kKindStruct, 2, 24);
  w.member("timer", kTimerStruct, 0);
  w.member("data", kU64, 16);
}

}  // namespace

std::span<const MapRow> map_rows() { return kMaps; }

u32 btf_func_id(FuncKind kind) { return kFuncStatic + u32(kind); }
const char* btf_func_name(FuncKind kind) { return kFuncNames[size_t(kind)]; }

std::vector<u8> btf_bytes() {
  Writer w;
  w.integer("int", 4, 1);
  w.integer("__u64", 8, 0);
  w.type("", kKindPtr, 0, 0);
  w.type("", kKindPtr, 0, kInt);
  write_functions(w);
  write_values(w);
  w.integer("__u32", 4, 0);
  w.type("", kKindPtr, 0, kU8);
  w.integer("__u8", 1, 0);
  return w.finish();
}

const char* kfunc_name(KfuncSlot slot) { return kKfuncNames[slot]; }

std::vector<s32> kfunc_ids(const btf::Btf* vmlinux) {
  std::vector<s32> ids(kKfuncSlots, 0);
  if (vmlinux == nullptr) return ids;
  for (size_t i = 0; i < kKfuncSlots; i++) ids[i] = s32(vmlinux->find(kKfuncNames[i], btf::Kind::Func));
  return ids;
}

}  // namespace skep::fuzz
