// Objects of a program's own types: bpf_obj_new() and its like, and bpf_kptr_xchg(). An object brings the list of its
// fields that hold others, so whoever lets go of the last reference, in whatever process, knows what goes with it.
#include "engine/bodies.h"
#include "engine/kobj/hand_out.h"

namespace skep::engine {
namespace {

inline constexpr u32 kMaxSize = 4088;       // bytes, as Linux's allocator has them
inline constexpr u32 kMaxPercpuSize = 512;  // of one copy

void set_fields(HeapObject& object, const btf::Record* record) {
  const map::HeldFields held = map::held_fields(record);
  for (u32 i = 0; i < held.count; ++i) object.words[i] = pack_field(held.fields[i]);
  object.n_fields = u16(held.count);
}

u32 size_of(const verifier::CallFact& fact) {
  return fact.types ? fact.types->resolve_size(fact.type_id).value_or(0) : 0;
}

u64 obj_new(u64, u64, u64, u64, u64, Run& run) {
  const verifier::CallFact& fact = *run.site->fact;
  const u32 size = size_of(fact);
  if (size == 0 || size > kMaxSize) return 0;
  HeapObject* const object = run.machine.heap().allocate(HeapKind::Local, size, 1, run.references.reserve());
  if (object) set_fields(*object, fact.record);
  return hand_out(run, object);
}

u64 percpu_obj_new(u64, u64, u64, u64, u64, Run& run) {
  const u32 size = (size_of(*run.site->fact) + 7) / 8 * 8, cpus = run.machine.target().possible_cpus();
  if (size == 0 || size > kMaxPercpuSize) return 0;
  return hand_out(run, run.machine.heap().allocate(HeapKind::PercpuLocal, size, cpus, run.references.reserve()));
}

u64 obj_drop(u64 object, u64, u64, u64, u64, Run& run) { return give_back(run, object); }

u64 refcount_acquire(u64 object, u64, u64, u64, u64, Run& run) { return take_again(run, object, HeapKind::Local); }

constexpr std::pair<std::string_view, HeapKind> kKernelKinds[] = {
    {"task_struct", HeapKind::Task}, {"cgroup", HeapKind::Cgroup}, {"bpf_cpumask", HeapKind::Cpumask}};

// Whether an object that came out of shared memory is what the verifier says the field holds.
bool is_expected(const HeapObject& object, const verifier::CallFact& fact) {
  if (!fact.types) return false;
  if (!fact.types->is_kernel())
    return (object.kind == HeapKind::Local || object.kind == HeapKind::PercpuLocal) && object.size >= size_of(fact);
  for (const auto& [name, kind] : kKernelKinds)
    if (kind == object.kind) return fact.types->name_of(fact.type_id) == name;
  return false;
}

}  // namespace

u64 living_kptr(u64 pointer, const CallSite& site, Run& run) {
  const HeapObject* const object = pointer ? run.machine.heap().find(pointer) : nullptr;
  return object && is_expected(*object, *site.fact) ? pointer : 0;
}

namespace {

// What went into the field is no longer the run's before it is there: a kill in between loses it.
u64 kptr_xchg(u64 field, u64 fresh, u64, u64, u64, Run& run) {
  if (fresh) take_from(run, fresh);
  const u64 before = __atomic_exchange_n(reinterpret_cast<u64*>(field), fresh, __ATOMIC_ACQ_REL);
  HeapObject* const object = before ? run.machine.heap().find(before) : nullptr;
  return object && is_expected(*object, *run.site->fact) ? hand_out(run, object) : 0;
}

// Per-CPU objects, and the kernel's per-CPU variables, which are zeros and the same on every CPU.
u64 copy_of(Run& run, u64 percpu, u32 cpu) {
  const HeapObject* const object = run.machine.heap().find(percpu, HeapKind::PercpuLocal);
  return object ? percpu + u64(object->size) * cpu : percpu;
}

u64 per_cpu_ptr(u64 percpu, u64 cpu, u64, u64, u64, Run& run) {
  return u32(cpu) < run.machine.target().possible_cpus() ? copy_of(run, percpu, u32(cpu)) : 0;
}
u64 this_cpu_ptr(u64 percpu, u64, u64, u64, u64, Run& run) { return copy_of(run, percpu, run.cpu); }

constexpr KfuncBody kKfuncs[] = {{"bpf_obj_new_impl", obj_new},
                                 {"bpf_obj_drop_impl", obj_drop},
                                 {"bpf_percpu_obj_new_impl", percpu_obj_new},
                                 {"bpf_percpu_obj_drop_impl", obj_drop},
                                 {"bpf_refcount_acquire_impl", refcount_acquire}};

constexpr HelperBody kHelpers[] = {{153, per_cpu_ptr}, {154, this_cpu_ptr}, {194, kptr_xchg}};

}  // namespace

std::span<const KfuncBody> object_kfuncs() { return kKfuncs; }
std::span<const HelperBody> object_helpers() { return kHelpers; }

}  // namespace skep::engine
