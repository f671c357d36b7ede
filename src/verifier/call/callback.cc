// What callbacks get in their registers, and what they may return (spec: protocols.md 9, helpers.md 7).
#include "verifier/call/call.h"

namespace skep::verifier {

namespace {

void map_pointer(RegState& reg, RegType type, const map::MapMeta* map, u32 uid) {
  reg.mark_known_zero(type);
  reg.map.ptr = map;
  reg.map.uid = uid;
}

// (map, key, value, ...): callbacks over elements. An inner map keeps the identity of its look-up (Linux 6.18 loses it:
// CVE-2026-98033).
void set_map_key_value(FuncState& callee, const map::MapMeta* map, u32 uid) {
  map_pointer(callee.regs[1], CONST_PTR_TO_MAP, map, uid);
  map_pointer(callee.regs[2], PTR_TO_MAP_KEY, map, uid);
  map_pointer(callee.regs[3], PTR_TO_MAP_VALUE, map, uid);
}

void set_sync(FuncState& callee) {
  callee.in_callback_fn = true;
  callee.callback_ret_range = {true, 0, 1};
}

void set_async(FuncState& callee, s32 min, s32 max) {
  callee.in_async_callback_fn = true;
  callee.callback_ret_range = {true, min, max};
}

// The value type of a list or tree root, as its node pointer.
void graph_node(Env& env, RegState& reg, const btf::RecordField& root) {
  reg.mark_known_zero(PTR_TO_BTF_ID | MEM_ALLOC | NON_OWN_REF);
  reg.btf.types = root.btf ? root.btf : env.prog_btf();
  reg.btf.id = root.value_btf_id;
  reg.off = s32(root.node_offset);
  const btf::Record* record = env.struct_record(reg.btf.types, reg.btf.id);
  if (record && record->has(btf::Field::Refcount)) reg.type |= MEM_RCU;
}

}  // namespace

Outcome set_map_elem_callback_state(Env& env, FuncState& caller, FuncState& callee, int) {
  const map::MapMeta* map = caller.regs[1].map.ptr;
  if (!env.target.map_rules(map->map_type).for_each) return env.reject(diag::MapCallbackNotAllowed{});
  set_map_key_value(callee, map, caller.regs[1].map.uid);
  callee.regs[4] = caller.regs[3];
  set_sync(callee);
  return kOk;
}

Outcome set_loop_callback_state(Env& env, FuncState& caller, FuncState& callee, int) {
  mark_reg_unknown(env, callee.regs, 1);
  callee.regs[2] = caller.regs[3];
  set_sync(callee);
  return kOk;
}

Outcome set_timer_callback_state(Env&, FuncState& caller, FuncState& callee, int) {
  set_map_key_value(callee, caller.regs[1].map.ptr, caller.regs[1].map.uid);
  set_async(callee, 0, 0);
  return kOk;
}

Outcome set_task_work_schedule_callback_state(Env&, FuncState& caller, FuncState& callee, int) {
  set_map_key_value(callee, caller.regs[3].map.ptr, caller.regs[3].map.uid);
  set_async(callee, INT32_MIN, INT32_MAX);
  return kOk;
}

Outcome set_find_vma_callback_state(Env& env, FuncState& caller, FuncState& callee, int) {
  callee.regs[1] = caller.regs[1];
  callee.regs[2].mark_known_zero(PTR_TO_BTF_ID);
  callee.regs[2].btf.types = env.vmlinux();
  callee.regs[2].btf.id = env.vmlinux_struct("vm_area_struct");
  callee.regs[3] = caller.regs[4];
  set_sync(callee);
  return kOk;
}

Outcome set_user_ringbuf_callback_state(Env& env, FuncState& caller, FuncState& callee, int) {
  callee.regs[1].mark_known_zero(CONST_PTR_TO_DYNPTR);
  callee.regs[1].id = env.new_id();
  callee.regs[1].dynptr = {DynptrType::Local, true};
  callee.regs[2] = caller.regs[3];
  set_sync(callee);
  return kOk;
}

Outcome set_rbtree_add_callback_state(Env& env, FuncState& caller, FuncState& callee, int) {
  const RegState& root = caller.regs[1];
  const btf::Record* record = env.reg_record(root);
  const btf::RecordField* field =
      record ? record->find(u32(root.off) + u32(root.var.var_off.value), u32(btf::Field::RbRoot)) : nullptr;
  if (!field) return Outcome::error(EFAULT);
  graph_node(env, callee.regs[1], *field);
  graph_node(env, callee.regs[2], *field);
  set_sync(callee);
  return kOk;
}

}  // namespace skep::verifier
