// Changes for what is held too long or not at all: references, locks, iterators (maker.h).
#include <algorithm>

#include "verifier/whatif/maker.h"

namespace skep::verifier {

using isa::Insn;

// What gives a reference back, by what gave it.
struct Maker::ReleaseRow {
  std::string_view acquire;
  std::string_view release;
  bool extra_zero = false;  // a second argument of 0
  int slots = 0;            // an object on the stack of so many slots: its address is passed
};

namespace {

struct TypeRow {
  std::string_view type;
  std::string_view release;
};
constexpr TypeRow kReleaseOfType[] = {
    // what bpf_kptr_xchg() gave
    {"task_struct", "bpf_task_release"},
    {"cgroup", "bpf_cgroup_release"},
    {"bpf_cpumask", "bpf_cpumask_release"},
    {"bpf_crypto_ctx", "bpf_crypto_ctx_release"},
};

bool is_lock(const Reference& ref) { return (u32(ref.kind) & kLockRefKinds) != 0; }

}  // namespace

std::optional<Maker::ReleaseRow> Maker::release_row() const {
  static constexpr ReleaseRow kReleases[] = {
      {"bpf_sk_lookup_tcp", "bpf_sk_release"},
      {"bpf_sk_lookup_udp", "bpf_sk_release"},
      {"bpf_skc_lookup_tcp", "bpf_sk_release"},
      {"bpf_map_lookup_elem", "bpf_sk_release"},
      {"bpf_ringbuf_reserve", "bpf_ringbuf_discard", true},
      {"bpf_ringbuf_reserve_dynptr", "bpf_ringbuf_discard_dynptr", true, 2},
      {"bpf_task_acquire", "bpf_task_release"},
      {"bpf_task_from_pid", "bpf_task_release"},
      {"bpf_task_from_vpid", "bpf_task_release"},
      {"bpf_cgroup_acquire", "bpf_cgroup_release"},
      {"bpf_cgroup_ancestor", "bpf_cgroup_release"},
      {"bpf_cgroup_from_id", "bpf_cgroup_release"},
      {"bpf_task_get_cgroup1", "bpf_cgroup_release"},
      {"bpf_cpumask_create", "bpf_cpumask_release"},
      {"bpf_cpumask_acquire", "bpf_cpumask_release"},
      {"bpf_crypto_ctx_create", "bpf_crypto_ctx_release"},
      {"bpf_crypto_ctx_acquire", "bpf_crypto_ctx_release"},
      {"bpf_obj_new_impl", "bpf_obj_drop_impl", true},
      {"bpf_percpu_obj_new_impl", "bpf_percpu_obj_drop_impl", true},
      {"bpf_refcount_acquire_impl", "bpf_obj_drop_impl", true},
      {"bpf_list_pop_front", "bpf_obj_drop_impl", true},
      {"bpf_list_pop_back", "bpf_obj_drop_impl", true},
      {"bpf_rbtree_remove", "bpf_obj_drop_impl", true},
      {"bpf_get_task_exe_file", "bpf_put_file"},
      {"bpf_lookup_user_key", "bpf_key_put"},
      {"bpf_lookup_system_key", "bpf_key_put"},
      {"bpf_iter_num_new", "bpf_iter_num_destroy", false, 1},
      {"bpf_iter_task_new", "bpf_iter_task_destroy", false, 3},
      {"bpf_iter_css_new", "bpf_iter_css_destroy", false, 3},
      {"bpf_iter_bits_new", "bpf_iter_bits_destroy", false, 2},
      {"bpf_iter_task_vma_new", "bpf_iter_task_vma_destroy", false, 1},
  };
  for (const ReleaseRow& row : kReleases)
    if (row.acquire == f_.acquired_by) return row;
  if (f_.acquired_by != "bpf_kptr_xchg") return std::nullopt;
  for (const TypeRow& row : kReleaseOfType)
    if (row.type == f_.acquired_type) return ReleaseRow{"bpf_kptr_xchg", row.release};
  return ReleaseRow{"bpf_kptr_xchg", "bpf_obj_drop_impl", true};
}

std::string Maker::release_in_c(const ReleaseRow& row) const {
  std::string_view name = row.release;
  constexpr std::string_view kImpl = "_impl";  // called through a macro, which passes the rest
  const bool is_macro = name.ends_with(kImpl);
  if (is_macro) name.remove_suffix(kImpl.size());
  const std::string_view address = row.slots ? "&" : "";
  return fmt::format("{}({}%name{});", name, address, row.extra_zero && !is_macro ? ", 0" : "");
}

bool Maker::in_function(int insn) const { return insn >= int(f_.subprog) && insn < int(f_.subprog_end); }

// From where it is now: a register, a spilled register, or the object on the stack itself.
void Maker::release() {
  const auto row = release_row();
  const auto call = row ? call_named(target_, row->release) : std::nullopt;
  if (!call || !in_walk() || !f_.leaked) return;
  const std::string c = release_in_c(*row);
  const std::string help = fmt::format("give %name back before this: `{}`", c);
  const auto add_change = [&](Code argument) {
    if (row->extra_zero) argument.push_back(mov(2, 0));
    argument.push_back(*call);
    offer(help, in_c(c), f_.insn_idx, inserting(f_.insn_idx, around(argument)));
    // It may be NULL here.
    const s16 over = s16(argument.size() - 1);
    argument.insert(argument.begin() + 1, jump_if(isa::BPF_JEQ, 1, 0, over));
    offer(help, in_c(c), f_.insn_idx, inserting(f_.insn_idx, around(argument)));
  };
  for (int r = 0; r < isa::kFramePtr && !row->slots; ++r)
    if (f_.regs[r].ref_obj_id == f_.leaked)
      add_change(f_.regs[r].off ? Code{copy(1, r), add(1, -f_.regs[r].off)} : Code{copy(1, r)});
  for (const auto& [slot, ref] : f_.ref_slots) {
    if (ref != f_.leaked) continue;
    const s32 off = -kSlotBytes * (slot + 1);
    if (row->slots)
      add_change({copy(1, isa::kFramePtr), add(1, off)});
    else
      add_change({restore(1, off)});
  }
}

// Where the object begins that holds the reference.
s32 Maker::object_on_stack() const {
  int last = 0;
  for (const auto& [slot, ref] : f_.ref_slots)
    if (ref == f_.leaked) last = std::max(last, slot);
  return -kSlotBytes * (last + 1);
}

// From a variable of its own, which is 0 where there is nothing to give back: set where the reference was acquired,
// cleared where it is given back already.
void Maker::release_from_slot() {
  const auto row = release_row();
  const auto call = row ? call_named(target_, row->release) : std::nullopt;
  const int acquired = f_.acquired_at;
  if (!call || !in_walk() || !in_function(acquired)) return;
  const std::string c = release_in_c(*row);
  const std::string help = fmt::format("give %name back on every path that leaves with it: `{}`", c);
  std::vector<int> seen;  // calls that gave it back already
  for (const Failure::Release& r : f_.releases)
    if (r.acquired == acquired && in_function(r.released)) seen.push_back(r.released);
  for (const std::vector<int>& clears : {std::vector<int>(), seen, calls_of(*call)}) {
    const auto slot = new_slot();
    if (!slot) return;
    Code gives_back;
    if (row->slots) gives_back = {copy(1, isa::kFramePtr), add(1, object_on_stack())};
    if (f_.acquired_off) gives_back.push_back(add(1, -f_.acquired_off));
    if (row->extra_zero) gives_back.push_back(mov(2, 0));
    gives_back.push_back(*call);
    Code code = {restore(1, *slot), jump_if(isa::BPF_JEQ, 1, 0, s16(gives_back.size()))};
    code.insert(code.end(), gives_back.begin(), gives_back.end());
    const Insn keeps = row->slots ? store_number(*slot, 1) : save(0, *slot);
    std::vector<Insertion> insertions = {{int(f_.subprog), {store_number(*slot, 0)}},
                                         {acquired + 1, {keeps}, Jumps::PastInserted}};
    insertions.push_back({f_.insn_idx, around(code)});
    for (const int at : clears) insertions.push_back({at + 1, {store_number(*slot, 0)}, Jumps::PastInserted});
    offer(help, in_c(c), f_.insn_idx, inserting(std::move(insertions)));
  }
}

// --- locks ----------------------------------------------------------------------------------------------------------

// The newest lock held: its address is kept where it was taken.
std::optional<Maker::HeldLock> Maker::held_lock() {
  const auto lock = std::find_if(f_.refs.rbegin(), f_.refs.rend(), is_lock);
  if (lock == f_.refs.rend() || !in_walk() || !in_function(lock->insn_idx)) return std::nullopt;
  const bool is_spin = lock->kind == RefKind::Lock;
  const auto take = call_named(target_, is_spin ? "bpf_spin_lock" : "bpf_res_spin_lock");
  const auto give = call_named(target_, is_spin ? "bpf_spin_unlock" : "bpf_res_spin_unlock");
  const auto slot = new_slot();
  if (!take || !give || !slot || lock->kind == RefKind::ResLockIrq) return std::nullopt;
  return HeldLock{{lock->insn_idx, {save(1, *slot)}}, *slot, *take, *give, is_spin ? "bpf_spin" : "bpf_res_spin"};
}

// The lock of the list or tree that a call works on, around it. Another lock is given back before, for good or as long.
void Maker::take_lock() {
  if (!number("off") || !is_call()) return;
  const RegState& root = f_.regs[1];
  if (root.base() != PTR_TO_MAP_VALUE && root.base() != PTR_TO_BTF_ID) return;
  const bool other_held = f_.refs.end() != std::find_if(f_.refs.begin(), f_.refs.end(), is_lock);
  if (!other_held)
    return take_lock_without(
        "hold the lock of the list or tree while this is done: `bpf_spin_lock(&lock)` before, "
        "`bpf_spin_unlock(&lock)` after it",
        nullptr, false);
  const auto other = held_lock();
  for (const bool again : {false, true})
    if (other) take_lock_without("hold the lock that lies beside the list or tree, not another one", &*other, again);
}

void Maker::take_lock_without(const char* help, const HeldLock* other, bool again) {
  const auto take = call_named(target_, "bpf_spin_lock"), give = call_named(target_, "bpf_spin_unlock");
  if (other) scratch_ = other->slot;
  const auto address = new_slot(), result = new_slot();
  if (!take || !give || !address || !result) return;
  Code before = {copy(0, 1), add(0, s32(*number("off")) - f_.regs[1].off), save(0, *address)};
  Code locks = {restore(1, *address), *take};
  Code after = {save(0, *result), restore(1, *address), *give};
  std::vector<Insertion> insertions;
  if (other) {
    insertions.push_back(other->kept);
    locks.insert(locks.begin(), {restore(1, other->slot), other->give});
    if (again) after.insert(after.end(), {restore(1, other->slot), other->take});
  }
  after.push_back(restore(0, *result));
  const Code kept = around(locks);
  before.insert(before.end(), kept.begin(), kept.end());
  insertions.push_back({f_.insn_idx, before});
  insertions.push_back({f_.insn_idx + 1, after, Jumps::PastInserted});
  offer(help, {}, f_.insn_idx, inserting(std::move(insertions)));
}

void Maker::unlock_what_is_held() {
  const auto lock = held_lock();
  if (!lock || !is_call()) return;
  offer(fmt::format("unlock the lock that is held, which the last `{}_lock()` took", lock->name), {}, f_.insn_idx,
        inserting({lock->kept, {f_.insn_idx, {restore(1, lock->slot)}}}));
}

std::vector<int> Maker::calls_of(const Insn& call) const {
  std::vector<int> found;
  for (int i = int(f_.subprog); i < int(f_.subprog_end); ++i)
    if (program_.insns[size_t(i)] == call) found.push_back(i);
  return found;
}

// Where all paths share an exit, only those that come with the lock: its address is 0 before it is taken, and where it
// is given back already.
void Maker::unlock_before() {
  const auto lock = held_lock();
  if (!lock) return;
  const std::string c = fmt::format("{}_unlock(&%held);", lock->name);
  const std::string help = fmt::format("unlock before this: `{}`", c);
  offer(help, in_c(c), f_.insn_idx,
        inserting({lock->kept, {f_.insn_idx, around({restore(1, lock->slot), lock->give})}}));
  scratch_ = lock->slot;
  std::vector<Insertion> insertions = {{int(f_.subprog), {store_number(lock->slot, 0)}}, lock->kept};
  const Code gives_back = {restore(1, lock->slot), jump_if(isa::BPF_JEQ, 1, 0, 1), lock->give};
  insertions.push_back({f_.insn_idx, around(gives_back)});
  for (const int at : calls_of(lock->give))
    insertions.push_back({at + 1, {store_number(lock->slot, 0)}, Jumps::PastInserted});
  offer(help, in_c(c), f_.insn_idx, inserting(std::move(insertions)));
}

void Maker::unlock_around_call() {
  const auto lock = held_lock();
  const auto result = new_slot();
  if (!lock || !result || !is_call()) return;
  const Code after = {save(0, *result), restore(1, lock->slot), lock->take, restore(0, *result)};
  offer("call this while the lock is not held: unlock before it, and lock again if need be", {}, f_.insn_idx,
        inserting({lock->kept,
                   {f_.insn_idx, around({restore(1, lock->slot), lock->give})},
                   {f_.insn_idx + 1, after, Jumps::PastInserted}}));
}

// --- iterators ------------------------------------------------------------------------------------------------------

void Maker::begin_iterator() {
  const auto call = call_named(target_, "bpf_iter_num_new");
  if (text("iter") != "num" || !call || !is_call() || f_.reg < 1) return;
  constexpr s32 kEnd = 10;
  const std::string c = fmt::format("bpf_iter_num_new(%name, 0, {});", kEnd);
  offer(fmt::format("initialise %name before this: `{}`", c), in_c(c), f_.insn_idx,
        inserting(f_.insn_idx, around({copy(1, f_.reg), mov(2, 0), mov(3, kEnd), *call})));
}

void Maker::end_iterator() {
  const std::string name = fmt::format("bpf_iter_{}_destroy", text("iter"));
  const auto call = call_named(target_, name);
  if (!call || !is_call() || f_.reg < 1) return;
  offer(fmt::format("end the iterator before this: `{}(%name);`", name), in_c(fmt::format("{}(%name);", name)),
        f_.insn_idx, inserting(f_.insn_idx, around({copy(1, f_.reg), *call})));
}

}  // namespace skep::verifier
