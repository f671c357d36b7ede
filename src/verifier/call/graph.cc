// Lists and red-black trees of program-allocated objects: roots, nodes, and who owns what. Spec: protocols.md 11,
// kfuncs.md 5.3 (root rule, node rule).
//
//   obj_new -> OWNING (ref id) --push, add (lock held)--> NON-OWNING --unlock--> invalid
//      ^          | drop, kptr_xchg: gone                  | refcount_acquire -> OWNING (maybe null)
//      +-- pop, remove (maybe null, lock held) <-----------+ first, root, left, right, front, back give NON-OWNING
#include "verifier/call/kfunc.h"

namespace skep::verifier {

namespace {

using target::SpecialKfunc;

u32 node_of_root(u32 root) {
  return root == u32(btf::Field::ListHead) ? u32(btf::Field::ListNode) : u32(btf::Field::RbNode);
}

// The lock that lies in the same allocation as the root is held.
Outcome check_root_locked(Env& env, const RegState& reg, const btf::Record& record, const char* root_name) {
  const VerifierState& state = *env.cur;
  if (state.find_lock(kLockRefKinds, reg.id, lock_object(reg))) return kOk;
  if (state.active_locks) env.note(diag::LockNotSameAllocation{});
  return env.reject(diag::GraphRootLockNotHeld{}, record.spin_lock_off, root_name);
}

// The special field of kind `field` exactly where the register points.
Outcome field_at(Env& env, u32 regno, btf::Field field, const btf::RecordField*& found) {
  const RegState& reg = env.cregs()[regno];
  const char* name = btf::field_name(field);
  if (!reg.var.is_const()) return env.reject(diag::FieldNotConstantOffset{}, regno, name);
  u32 off = u32(reg.off + s32(reg.var.var_off.value));
  const btf::Record* record = env.reg_record(reg);
  found = record ? record->find(off, u32(field)) : nullptr;
  return found ? kOk : env.reject(diag::FieldNotFound{}, name, off);
}

const btf::Btf* types_of(const RegState& reg) {
  return reg.base() == PTR_TO_MAP_VALUE ? reg.map.ptr->btf.get() : reg.btf.types;
}

}  // namespace

bool in_rbtree_lock_required_cb(const Env& env) {
  // In the callback, or in a function it calls (Linux 6.18 looks at the innermost frame only: CVE-2026-98047).
  for (u32 f = 0; f <= env.cur->curframe; f++) {
    const FuncState& frame = env.cur->cframe(f);
    if (!frame.in_callback_fn) continue;
    const isa::Insn& call = env.insns[frame.callsite];
    if (isa::is_kfunc_call(call) && special_kfunc(env, call) == SpecialKfunc::RbtreeAdd) return true;
  }
  return false;
}

Outcome process_graph_root(Env& env, u32 regno, KfuncCall& call, btf::Field root) {
  const RegState& reg = env.cregs()[regno];
  bool allocated = reg.type == (PTR_TO_BTF_ID | MEM_ALLOC);
  if (reg.type != PTR_TO_MAP_VALUE && !allocated) return env.reject(diag::ArgNotMapValueOrAlloc{}, regno - 1);
  if (allocated && !reg.ref_obj_id) return env.reject(diag::AllocObjectNotReferenced{});
  const btf::RecordField* field = nullptr;
  SKEP_TRY(field_at(env, regno, root, field));
  SKEP_TRY(check_root_locked(env, reg, *env.reg_record(reg), btf::field_name(root)));
  if (call.root) return env.verifier_bug("repeated graph root arg");
  call.root = field;
  call.root_types = types_of(reg);
  return kOk;
}

Outcome process_graph_node(Env& env, u32 regno, KfuncCall& call, btf::Field node) {
  const RegState& reg = env.cregs()[regno];
  bool takes_owned =
      !call.is(SpecialKfunc::RbtreeRemove) && !call.is(SpecialKfunc::RbtreeLeft) && !call.is(SpecialKfunc::RbtreeRight);
  if (takes_owned) {
    if (reg.type != (PTR_TO_BTF_ID | MEM_ALLOC)) return env.reject(diag::ArgNotAllocObject{}, regno - 1);
    if (!reg.ref_obj_id) return env.reject(diag::AllocObjectNotReferenced{});
  } else {
    bool non_owning = type_flag(reg.type) & NON_OWN_REF;
    if (!env.target.features().rbtree_takes_owned) {
      if (!non_owning || reg.ref_obj_id) return env.reject(diag::RbtreeRemoveNotNonOwning{});
      if (in_rbtree_lock_required_cb(env)) return env.reject(diag::RbtreeRemoveInCb{});
    }
    if (!non_owning && !reg.ref_obj_id) return env.reject(diag::RbNodeNotOwned{}, call.name());
    if (in_rbtree_lock_required_cb(env)) return env.reject(diag::NotAllowedInRbtreeCb{}, call.name());
  }
  const btf::RecordField* field = nullptr;
  SKEP_TRY(field_at(env, regno, node, field));
  const btf::RecordField* root = call.root;
  if (!root || node_of_root(u32(root->type)) != u32(node)) return env.verifier_bug("graph node arg without root");
  std::string_view wanted = call.root_types->name_of(root->value_btf_id);
  const char* node_name = btf::field_name(node);
  if (!btf_struct_ids_match(env, *reg.btf.types, reg.btf.id, 0, *call.root_types, root->value_btf_id, true))
    return env.reject(diag::GraphNodeStructMismatch{}, btf::field_name(root->type), node_name, root->node_offset,
                      wanted, field->offset, reg.btf.types->name_of(reg.btf.id));
  if (field->offset != root->node_offset)
    return env.reject(diag::GraphNodeOffsetMismatch{}, field->offset, node_name, root->node_offset, wanted);
  return kOk;
}

void ref_set_non_owning(Env& env, RegState& reg) {
  reg.type |= NON_OWN_REF;
  const btf::Record* record = env.reg_record(reg);
  if (record && record->has(btf::Field::Refcount)) reg.type |= MEM_RCU;
}

Outcome give_to_graph(Env& env, const KfuncCall& call) {
  u32 ref_obj_id = env.cregs()[2].ref_obj_id;
  auto carries = [&](const RegState& r) { return r.ref_obj_id == ref_obj_id; };
  for_each_reg(*env.cur, carries, [&](RegState& reg) {
    reg.ref_obj_id = 0;
    ref_set_non_owning(env, reg);
  });
  if (!release_reference(env, ref_obj_id))
    return env.reject(diag::KfuncReferenceNotAcquired{}, call.name(), call.desc->func_id);
  return kOk;
}

}  // namespace skep::verifier
