// CPU masks: struct bpf_cpumask, a struct cpumask and its count. A mask that is only read may be one of a kernel
// object's, so it is read as such memory is: what is not there is zero.
#include <algorithm>
#include <array>
#include <cerrno>

#include "engine/bodies.h"
#include "engine/btf_layout.h"
#include "engine/kobj/hand_out.h"

namespace skep::engine {
namespace {

inline constexpr u32 kMaxWords = 128;  // 8192 CPUs

u32 cpu_count(const Run& run) { return std::min(run.machine.target().possible_cpus(), kMaxWords * 64); }
u32 words_of(u32 cpus) { return (cpus + 63) / 64; }
u64 bit(u64 cpu) { return u64(1) << (cpu % 64); }

struct Mask {
  u32 cpus;
  std::array<u64, kMaxWords> words{};

  Mask(Run& run, u64 address) : cpus(cpu_count(run)) {
    if (!probe_read(words.data(), address, words_of(cpus) * 8)) words.fill(0);
    cut();
  }
  explicit Mask(const Run& run) : cpus(cpu_count(run)) {}

  void cut() {
    if (cpus % 64) words[cpus / 64] &= bit(cpus) - 1;
  }
  bool empty() const { return first() == cpus; }
  u32 first() const {
    for (u32 i = 0; i < words_of(cpus); ++i)
      if (words[i]) return i * 64 + u32(__builtin_ctzll(words[i]));
    return cpus;
  }
  u32 weight() const {
    u32 n = 0;
    for (u32 i = 0; i < words_of(cpus); ++i) n += u32(__builtin_popcountll(words[i]));
    return n;
  }
  template <typename F>
  Mask& combine(const Mask& other, F&& f) {
    for (u32 i = 0; i < words_of(cpus); ++i) words[i] = f(words[i], other.words[i]);
    cut();
    return *this;
  }
};

u64 and_words(u64 a, u64 b) { return a & b; }
u64 or_words(u64 a, u64 b) { return a | b; }
u64 xor_words(u64 a, u64 b) { return a ^ b; }
u64 without_words(u64 a, u64 b) { return a & ~b; }

// The words of a mask that a program may change; null: it is none.
u64* words_at(Run& run, u64 mask) {
  HeapObject* const object = run.machine.heap().find(mask, HeapKind::Cpumask);
  return object && object->size >= words_of(cpu_count(run)) * 8 ? reinterpret_cast<u64*>(object->bytes()) : nullptr;
}

void store(Run& run, u64 to, const Mask& mask) {
  if (u64* const words = words_at(run, to)) std::copy_n(mask.words.begin(), words_of(mask.cpus), words);
}

u64 create(u64, u64, u64, u64, u64, Run& run) {
  const btf::Btf* const types = run.machine.vmlinux();
  const u32 size = std::max(types ? Layout(*types, "bpf_cpumask").size() : 0, words_of(cpu_count(run)) * 8 + 8);
  return hand_out(run, run.machine.heap().allocate(HeapKind::Cpumask, size, 1, run.references.reserve()));
}

u64 acquire(u64 mask, u64, u64, u64, u64, Run& run) { return take_again(run, mask, HeapKind::Cpumask); }
u64 release(u64 mask, u64, u64, u64, u64, Run& run) { return give_back(run, mask); }

u64 first(u64 mask, u64, u64, u64, u64, Run& run) { return Mask(run, mask).first(); }
u64 first_zero(u64 mask, u64, u64, u64, u64, Run& run) {
  return Mask(run, mask).combine(Mask(run), [](u64 a, u64) { return ~a; }).first();
}
u64 first_and(u64 a, u64 b, u64, u64, u64, Run& run) { return Mask(run, a).combine(Mask(run, b), and_words).first(); }

u64 test_cpu(u64 cpu, u64 mask, u64, u64, u64, Run& run) {
  const Mask m(run, mask);
  return u32(cpu) < m.cpus && (m.words[u32(cpu) / 64] & bit(cpu));
}
u64 test_and_set(u64 cpu, u64 mask, u64, u64, u64, Run& run) {
  u64* const words = words_at(run, mask);
  if (!words || u32(cpu) >= cpu_count(run)) return 0;
  return (__atomic_fetch_or(&words[u32(cpu) / 64], bit(cpu), __ATOMIC_SEQ_CST) & bit(cpu)) != 0;
}
u64 test_and_clear(u64 cpu, u64 mask, u64, u64, u64, Run& run) {
  u64* const words = words_at(run, mask);
  if (!words || u32(cpu) >= cpu_count(run)) return 0;
  return (__atomic_fetch_and(&words[u32(cpu) / 64], ~bit(cpu), __ATOMIC_SEQ_CST) & bit(cpu)) != 0;
}

u64 setall(u64 mask, u64, u64, u64, u64, Run& run) {
  Mask all(run);
  all.words.fill(~u64{0});
  all.cut();
  store(run, mask, all);
  return 0;
}
u64 clear(u64 mask, u64, u64, u64, u64, Run& run) {
  store(run, mask, Mask(run));
  return 0;
}
u64 copy(u64 to, u64 from, u64, u64, u64, Run& run) {
  store(run, to, Mask(run, from));
  return 0;
}

u64 and_into(u64 to, u64 a, u64 b, u64, u64, Run& run) {
  const Mask both = Mask(run, a).combine(Mask(run, b), and_words);
  store(run, to, both);
  return !both.empty();
}
u64 or_into(u64 to, u64 a, u64 b, u64, u64, Run& run) {
  store(run, to, Mask(run, a).combine(Mask(run, b), or_words));
  return 0;
}
u64 xor_into(u64 to, u64 a, u64 b, u64, u64, Run& run) {
  store(run, to, Mask(run, a).combine(Mask(run, b), xor_words));
  return 0;
}

u64 equal(u64 a, u64 b, u64, u64, u64, Run& run) { return Mask(run, a).combine(Mask(run, b), xor_words).empty(); }
u64 intersects(u64 a, u64 b, u64, u64, u64, Run& run) { return !Mask(run, a).combine(Mask(run, b), and_words).empty(); }
u64 subset(u64 a, u64 b, u64, u64, u64, Run& run) { return Mask(run, a).combine(Mask(run, b), without_words).empty(); }
u64 empty(u64 mask, u64, u64, u64, u64, Run& run) { return Mask(run, mask).empty(); }
u64 full(u64 mask, u64, u64, u64, u64, Run& run) {
  const Mask m(run, mask);
  return m.weight() == m.cpus;
}
u64 weight(u64 mask, u64, u64, u64, u64, Run& run) { return Mask(run, mask).weight(); }

// The user's bytes must cover every CPU.
u64 populate(u64 mask, u64 from, u64 size, u64, u64, Run& run) {
  if (size < words_of(cpu_count(run)) * 8) return u64(-EACCES);
  store(run, mask, Mask(run, from));
  return 0;
}

constexpr KfuncBody kKfuncs[] = {
    {"bpf_cpumask_create", create},
    {"bpf_cpumask_acquire", acquire},
    {"bpf_cpumask_release", release},
    {"bpf_cpumask_first", first},
    {"bpf_cpumask_first_zero", first_zero},
    {"bpf_cpumask_first_and", first_and},
    {"bpf_cpumask_set_cpu", test_and_set},
    {"bpf_cpumask_clear_cpu", test_and_clear},
    {"bpf_cpumask_test_cpu", test_cpu},
    {"bpf_cpumask_test_and_set_cpu", test_and_set},
    {"bpf_cpumask_test_and_clear_cpu", test_and_clear},
    {"bpf_cpumask_setall", setall},
    {"bpf_cpumask_clear", clear},
    {"bpf_cpumask_and", and_into},
    {"bpf_cpumask_or", or_into},
    {"bpf_cpumask_xor", xor_into},
    {"bpf_cpumask_equal", equal},
    {"bpf_cpumask_intersects", intersects},
    {"bpf_cpumask_subset", subset},
    {"bpf_cpumask_empty", empty},
    {"bpf_cpumask_full", full},
    {"bpf_cpumask_copy", copy},
    {"bpf_cpumask_any_distribute", first},
    {"bpf_cpumask_any_and_distribute", first_and},
    {"bpf_cpumask_weight", weight},
    {"bpf_cpumask_populate", populate},
};

}  // namespace

std::span<const KfuncBody> cpumask_kfuncs() { return kKfuncs; }

}  // namespace skep::engine
