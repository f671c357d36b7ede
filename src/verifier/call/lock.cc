// bpf_spin_lock and bpf_res_spin_lock: which locks a path holds. Spec: protocols.md 5.
//
//   none --lock(id, object)--> held; newest = it --res lock of another (id, object)--> two held ...
//    ^                           |
//    +---- unlock the newest ----+   non-owning references are invalid after any unlock
//
// A lock is the special field of one allocation: (map or BTF of the type, id of the register).
#include <algorithm>

#include "verifier/call/call.h"
#include "verifier/call/kfunc.h"

namespace skep::verifier {

namespace {

struct LockField {
  const char* name;  // as the messages have it, before "_lock"
  btf::Field field;
};
constexpr LockField kSpin = {"bpf_spin", btf::Field::SpinLock};
constexpr LockField kResSpin = {"bpf_res_spin", btf::Field::ResSpinLock};

Outcome check_lock_field(Env& env, u32 regno, const LockField& lock) {
  const RegState& reg = env.cregs()[regno];
  if (!reg.var.is_const()) return env.reject(diag::LockNotConstantOffset{}, regno, lock.name);
  bool in_map = reg.base() == PTR_TO_MAP_VALUE;
  if (in_map && !reg.map.ptr->btf) return env.reject(diag::LockMapWithoutBtf{}, reg.map.ptr->name, lock.name);
  const btf::Record* record = env.reg_record(reg);
  if (!record || !record->has(lock.field)) {
    std::string_view name = in_map ? std::string_view(reg.map.ptr->name) : "kptr";
    return env.reject(diag::NoValidLock{}, in_map ? "map" : "local", name, lock.name);
  }
  int expected = lock.field == btf::Field::SpinLock ? record->spin_lock_off : record->res_spin_lock_off;
  s64 off = s64(reg.var.var_off.value) + reg.off;
  if (off != expected) return env.reject(diag::LockWrongOffset{}, off, lock.name, expected);
  return kOk;
}

bool holds_kind(const VerifierState& state, u32 kinds) {
  return std::any_of(state.refs.begin(), state.refs.end(), [&](const Reference& r) { return u32(r.kind) & kinds; });
}

Outcome acquire_lock(Env& env, RefKind kind, const Reference& lock) {
  VerifierState& state = *env.cur;
  constexpr u32 kResKinds = u32(RefKind::ResLock) | u32(RefKind::ResLockIrq);
  if (kind == RefKind::Lock) {
    if (holds_kind(state, u32(RefKind::Lock))) return env.reject(diag::TwoSpinLocks{});
  } else if (state.find_lock(kResKinds, lock.id, lock.object)) {
    return env.reject(diag::LockAaDeadlock{});
  }
  state.push_ref(lock);
  state.active_locks++;
  state.active_lock_id = lock.id;
  state.active_lock_ptr = lock.object;
  return kOk;
}

// Drops the entry; the lock taken before it becomes the newest.
void remove_lock(VerifierState& state, const Reference* entry) {
  state.refs.erase(state.refs.begin() + (entry - state.refs.data()));
  state.active_locks--;
  state.active_lock_id = 0;
  state.active_lock_ptr = nullptr;
  for (const Reference& ref : state.refs) {
    if (!(u32(ref.kind) & kLockRefKinds)) continue;
    state.active_lock_id = ref.id;
    state.active_lock_ptr = ref.object;
  }
}

Outcome release_lock(Env& env, const char* name, const Reference& lock) {
  VerifierState& state = *env.cur;
  if (!state.active_locks) return env.reject(diag::UnlockWithoutLock{}, name);
  const Reference* entry = state.find_lock(u32(lock.kind), lock.id, lock.object);
  if (!entry) return env.reject(diag::UnlockDifferentLock{}, name);
  if (lock.id != state.active_lock_id || lock.object != state.active_lock_ptr)
    return env.reject(diag::UnlockOutOfOrder{}, name);
  remove_lock(state, entry);
  invalidate_non_owning_refs(env);
  return kOk;
}

}  // namespace

const void* lock_object(const RegState& reg) {
  if (reg.base() == PTR_TO_MAP_VALUE) return reg.map.ptr;
  return reg.btf.types;
}

Outcome process_spin_lock(Env& env, u32 regno, bool is_lock, bool is_res, bool is_irq) {
  const LockField& lock = is_res ? kResSpin : kSpin;
  if (!is_res && in_rbtree_lock_required_cb(env)) return env.reject(diag::SpinLockInRbtreeCb{});
  SKEP_TRY(check_lock_field(env, regno, lock));
  const RegState& reg = env.cregs()[regno];
  RefKind kind = !is_res ? RefKind::Lock : is_irq ? RefKind::ResLockIrq : RefKind::ResLock;
  Reference entry{kind, reg.id, env.insn_idx, lock_object(reg)};
  return is_lock ? acquire_lock(env, kind, entry) : release_lock(env, lock.name, entry);
}

void invalidate_non_owning_refs(Env& env) {
  auto non_owning = [](const RegState& r) { return (type_flag(r.type) & NON_OWN_REF) != 0; };
  for_each_reg(*env.cur, non_owning, [&](RegState& reg) { mark_reg_invalid(env, reg); });
}

bool is_spin_locked_call_allowed(const Env& env, const isa::Insn& insn) {
  using target::SpecialKfunc;
  if (isa::is_helper_call(insn)) {
    const target::HelperProto* helper = env.target.helper(u32(insn.imm));
    return helper && helper->special == target::SpecialRule::SpinUnlock;
  }
  if (!isa::is_kfunc_call(insn)) return true;
  if (insn.off) return false;
  switch (special_kfunc(env, insn)) {
    case SpecialKfunc::ListPushFront:
    case SpecialKfunc::ListPushBack:
    case SpecialKfunc::ListPopFront:
    case SpecialKfunc::ListPopBack:
    case SpecialKfunc::ListFront:
    case SpecialKfunc::ListBack:
    case SpecialKfunc::RbtreeAdd:
    case SpecialKfunc::RbtreeRemove:
    case SpecialKfunc::RbtreeFirst:
    case SpecialKfunc::RbtreeRoot:
    case SpecialKfunc::RbtreeLeft:
    case SpecialKfunc::RbtreeRight:
    case SpecialKfunc::RefcountAcquire:
    case SpecialKfunc::IterNumNew:
    case SpecialKfunc::IterNumNext:
    case SpecialKfunc::IterNumDestroy:
    case SpecialKfunc::ResSpinLock:
    case SpecialKfunc::ResSpinUnlock:
    case SpecialKfunc::ResSpinLockIrqsave:
    case SpecialKfunc::ResSpinUnlockIrqrestore: return true;
    default: return false;
  }
}

}  // namespace skep::verifier
