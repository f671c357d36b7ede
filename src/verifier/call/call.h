// Calls: helpers, kfuncs, subprograms, their arguments, results and callbacks (spec: helpers.md, kfuncs.md,
// protocols.md).
#pragma once

#include "verifier/env.h"
#include "verifier/mem/mem.h"
#include "verifier/step.h"

namespace skep::verifier {

Outcome check_helper_call(Env&, const isa::Insn&, int& insn_idx);  // call/helper.cc
// A path end after bpf_throw. Does not advance insn_idx. call/kfunc.cc
Outcome check_kfunc_call(Env&, const isa::Insn&, int& insn_idx);
// Collects a kfunc call before the walk (kfuncs.md 1; add_kfunc_call). call/kfunc_collect.cc
Outcome add_kfunc_call(Env&, u32 func_id, s16 offset);
// Number of parameters a kfunc's BTF gives, its flags and special role for this program; ok=false: not allowed or not
// found (fetch_kfunc_meta without log).
struct KfuncSummary {
  bool ok = false;
  u32 nr_args = 0;
  u32 flags = 0;
  target::SpecialKfunc special = target::SpecialKfunc::None;
  bool is_void = false;
};
KfuncSummary kfunc_summary(const Env&, const isa::Insn&);

// BTF prototypes of functions (call/func_args.cc)
// -----------------------------------------------------------------------------------------
Outcome btf_prepare_func_args(Env&, int subprog);
Outcome btf_check_subprog_call(Env&, int subprog, RegState* regs);  // argument match at a call

// Arguments (call/args.cc)
// ------------------------------------------------------------------------------------------------------------------
// Offset form of a register passed as an argument (check_func_arg_reg_off).
Outcome check_func_arg_reg_off(Env&, const RegState&, u32 regno, target::ArgKind kind, u32 arg_flags);
// Stateful protocols
// ------------------------------------------------------------------------------------------------------------------------
Outcome process_spin_lock(Env&, u32 regno, bool is_lock, bool is_res, bool is_irq);  // call/lock.cc
void invalidate_non_owning_refs(Env&);                                               // call/lock.cc
bool is_spin_locked_call_allowed(const Env&, const isa::Insn&);  // call/lock.cc: rule of kfuncs.md 4.0
// The current frame runs as the comparison of bpf_rbtree_add: with the tree's lock held (call/graph.cc).
bool in_rbtree_lock_required_cb(const Env&);
// Timer, workqueue, task_work field of a map value (check_map_field_pointer).
Outcome check_map_field_pointer(Env&, u32 regno, btf::Field field);  // call/async_field.cc
Outcome process_kptr_func(Env&, u32 regno, CallArgMeta& meta);       // call/kptr.cc: bpf_kptr_xchg destination
// call/dynptr.cc. arg_flags: target::ArgFlag (uninit: construct). clone_ref_obj_id: bpf_dynptr_clone.
Outcome process_dynptr_func(Env&, u32 regno, int insn_idx, u32 arg_flags, DynptrType type, u32 clone_ref_obj_id);
bool dynptr_type_refcounted(DynptrType);
u32 dynptr_type_flag(DynptrType);  // the DYNPTR_TYPE_* that its slices carry
DynptrType dynptr_get_type(Env&, const RegState&);
u32 dynptr_id(Env&, const RegState&);
u32 dynptr_ref_obj_id(Env&, const RegState&);
Outcome unmark_stack_slots_dynptr(Env&, const RegState&);         // release
Outcome destroy_if_dynptr_stack_slot(Env&, FuncState&, int spi);  // a write hits a dynptr (memory.md 4)
bool is_dynptr_reg_valid_init(Env&, const RegState&);
// spi of the object a stack pointer points to; prints "%s has to be at a constant offset" / "cannot pass in %s at an
// offset=%d" (call/stack_slot_obj.cc).
Outcome stack_slot_obj_get_spi(Env&, const RegState&, const char* obj_kind, int nr_slots, int& spi);
// A helper or kfunc call in the middle of a frame's stack objects: iterators of the current state (call/iter.cc)
bool is_iter_next_insn(const Env&, int insn_idx);
RegState* get_iter_from_state(VerifierState&, int spi, u32 frameno);

// Callback states (call/callback.cc): what a callback gets in R1..R5.
Outcome set_map_elem_callback_state(Env&, FuncState& caller, FuncState& callee, int insn_idx);
Outcome set_loop_callback_state(Env&, FuncState& caller, FuncState& callee, int insn_idx);
Outcome set_timer_callback_state(Env&, FuncState& caller, FuncState& callee, int insn_idx);
Outcome set_find_vma_callback_state(Env&, FuncState& caller, FuncState& callee, int insn_idx);
Outcome set_user_ringbuf_callback_state(Env&, FuncState& caller, FuncState& callee, int insn_idx);
Outcome set_rbtree_add_callback_state(Env&, FuncState& caller, FuncState& callee, int insn_idx);
Outcome set_task_work_schedule_callback_state(Env&, FuncState& caller, FuncState& callee, int insn_idx);

}  // namespace skep::verifier
