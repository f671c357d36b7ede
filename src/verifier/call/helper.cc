// Helper calls, step by step in the kernel's order (spec: helpers.md 1).
#include "verifier/call/args.h"
#include "verifier/call/helper_rules.h"
#include "verifier/prune/prune.h"
#include "verifier/summary.h"

namespace skep::verifier {

namespace {

using target::HelperProto;
using target::SpecialRule;

// Steps 1 to 3: the helper exists, is offered, and may be used under this license.
Outcome find_helper(Env& env, const isa::Insn& insn, const HelperProto*& fn) {
  s32 id = insn.imm;
  if (id < 0 || u32(id) >= target::kHelperCount) return env.reject(diag::InvalidFunc{}, "unknown", id);
  const HelperProto* any = env.target.helper(u32(id));
  fn = env.target.helper_for(u32(id), env.kind);
  if (!fn) return env.reject(diag::HelperNotAllowed{}, any ? any->name : std::string_view("bpf_unspec"), id);
  if (fn->has(target::kGplOnly) && !env.program.gpl_compatible) return env.reject(diag::HelperNeedsGpl{});
  if (!env.target.helper_allowed(*fn, env.kind)) return env.reject(diag::HelperNotAllowedInProbe{});
  return kOk;
}

// Steps 5 to 8: a helper that may sleep is called where sleeping is possible.
Outcome check_sleep(Env& env, const HelperProto& fn) {
  if (!fn.has(target::kMightSleep)) return kOk;
  const VerifierState& state = *env.cur;
  if (!in_sleepable(env)) return env.reject(diag::HelperMightSleep{});
  if (state.active_rcu_lock) return env.reject(diag::SleepableHelperInRcu{}, fn.name, fn.id);
  if (state.active_preempt_locks) return env.reject(diag::SleepableHelperNonPreemptible{}, fn.name, fn.id);
  if (state.active_irq_id) return env.reject(diag::SleepableHelperIrqDisabled{}, fn.name, fn.id);
  return kOk;
}

Outcome check_map_note(Env& env, const HelperProto& fn, const CallArgMeta& meta) {
  if (fn.special == SpecialRule::TailCall) {
    if (!meta.map || meta.map->map_type != BPF_MAP_TYPE_PROG_ARRAY) return env.reject(diag::TailCallNotProgArray{});
    constexpr u32 kIndexReg = 3;
    const RegState& index = env.cregs()[kIndexReg];
    if (index.is_const_scalar() && index.const_value() < meta.map->max_entries)
      return mark_chain_precision(env, kIndexReg);
    return kOk;
  }
  if (fn.has(target::kWritesMap) && meta.map && (meta.map->map_flags & BPF_F_RDONLY_PROG))
    return env.reject(diag::WriteIntoMapForbidden{});
  return kOk;
}

// An output buffer on the stack is written byte by byte with something unknown.
Outcome write_output_buffer(Env& env, const CallArgMeta& meta, int insn_idx) {
  for (int i = 0; i < meta.access_size; i++)
    SKEP_TRY(check_mem_access(env, insn_idx, u32(meta.regno), i, isa::BPF_B, Access::Write, kNoReg, false, false));
  return kOk;
}

// kptr_xchg gives its reference to the map. In an RCU section a per-CPU object stays readable.
bool give_reference_away(Env& env, u32 ref_obj_id) {
  bool rcu = in_rcu_cs(env);
  if (!env.cur->remove_ref(ref_obj_id)) return false;
  auto carries = [&](const RegState& r) { return r.ref_obj_id == ref_obj_id; };
  for_each_reg(*env.cur, carries, [&](RegState& reg) {
    bool keep = rcu && (reg.type & MEM_ALLOC) && (reg.type & MEM_PERCPU);
    if (!keep) return mark_reg_invalid(env, reg);
    reg.ref_obj_id = 0;
    reg.type = (reg.type & ~MEM_ALLOC) | MEM_RCU;
  });
  return true;
}

Outcome release_argument(Env& env, const HelperProto& fn, const CallArgMeta& meta) {
  if (!meta.release_regno) return kOk;
  const RegState reg = env.cregs()[meta.release_regno];
  bool released = false;
  if (fn.args[meta.release_regno - 1].kind == target::ArgKind::Dynptr) {
    released = unmark_stack_slots_dynptr(env, reg).ok();
  } else if (fn.special == SpecialRule::KptrXchg && meta.ref_obj_id) {
    released = give_reference_away(env, meta.ref_obj_id);
  } else if (meta.ref_obj_id) {
    released = release_reference(env, meta.ref_obj_id);
  } else {
    released = reg.is_null();
  }
  return released ? kOk : env.reject(diag::HelperReferenceNotAcquired{}, fn.name, fn.id);
}

Outcome check_map_func_compatibility(Env& env, const HelperProto& fn, const CallArgMeta& meta) {
  if (!meta.map) return kOk;
  u32 map_type = meta.map->map_type;
  bool sockmap_update = env.target.map_rules(map_type).lookup_acquires && (fn.id == 2 || fn.id == 3);
  if (sockmap_update && !env.target.may_update_sockmap(env.kind, fn.id))
    env.note(diag::CannotUpdateSockmap{});
  else if (env.target.map_helper_compatible(map_type, fn.id))
    return kOk;
  return reject_as_summary(env, EINVAL, diag::MapTypeNotForFunc{}, map_type, fn.name, fn.id);
}

// Without a known map a tail call is only a jump through a pointer, and a look-up cannot be inlined.
void note_call_map(Env& env, const HelperProto& fn, const CallArgMeta& meta, int insn_idx) {
  if (!meta.map) return;
  InsnExtra& extra = env.make_extra(size_t(insn_idx));
  extra.is_tail_call = fn.special == SpecialRule::TailCall;
  extra.call_maps_differ |= extra.call_map && extra.call_map != meta.map;
  extra.call_map = meta.map;
}

// For those who run the program: what an exchanged kptr points to.
void note_kptr(Env& env, const CallArgMeta& meta, int insn_idx) {
  if (!meta.kptr_field) return;
  InsnExtra& extra = env.make_extra(size_t(insn_idx));
  extra.object_types = meta.kptr_field->btf;
  extra.object_type_id = meta.kptr_field->btf_id;
}

Outcome check_get_func_ip(Env& env, const HelperProto& fn) {
  if (fn.special != SpecialRule::GetFuncIp) return kOk;
  if (env.prog_type() == BPF_PROG_TYPE_KPROBE) return kOk;
  if (env.prog_type() != BPF_PROG_TYPE_TRACING)
    return env.reject(diag::GetFuncIpNotSupported{}, fn.name, fn.id, env.prog_type());
  u32 attach = env.kind.attach_type;
  bool trampoline = attach == BPF_TRACE_FENTRY || attach == BPF_TRACE_FEXIT || attach == BPF_MODIFY_RETURN;
  return trampoline ? kOk : env.reject(diag::GetFuncIpTrampolineOnly{}, fn.name, fn.id);
}

}  // namespace

Outcome check_helper_call(Env& env, const isa::Insn& insn, int& insn_idx) {
  const HelperProto* found = nullptr;
  SKEP_TRY(find_helper(env, insn, found));
  const HelperProto& fn = *found;
  SKEP_TRY(check_sleep(env, fn));
  CallArgMeta meta;
  meta.func_id = int(fn.id);
  meta.pkt_access = fn.has(target::kPktAccess);
  for (int i = 0; i < 5; i++) SKEP_TRY(check_func_arg(env, fn, i, meta, insn_idx));
  note_call_map(env, fn, meta, insn_idx);
  note_kptr(env, meta, insn_idx);
  SKEP_TRY(check_map_note(env, fn, meta));
  SKEP_TRY(write_output_buffer(env, meta, insn_idx));
  SKEP_TRY(release_argument(env, fn, meta));
  bool changes_pkt = fn.has(target::kChangesPkt) && fn.special != SpecialRule::TailCall;
  SKEP_TRY(check_special_rule(env, fn, insn, meta, insn_idx, changes_pkt));

  for (u32 r = 0; r <= 5; r++) {
    mark_reg_not_init(env, env.regs(), r);
    env.mark_reg_changed(r);
  }
  SKEP_TRY(set_helper_return(env, fn, meta, insn_idx));
  SKEP_TRY(check_map_func_compatibility(env, fn, meta));
  SKEP_TRY(check_get_func_ip(env, fn));
  if (changes_pkt) clear_all_pkt_pointers(env);
  const bool may_return = env.cur->curframe && env.target.features().tail_calls_return;
  if (fn.special == SpecialRule::TailCall && may_return) return fork_return_to_caller(env, EarlyReturn::TailCall);
  return kOk;
}

}  // namespace skep::verifier
