// Env's own functions: look-ups over the program, registers as sources and destinations, references, and paths to walk
// later.
#include "verifier/env.h"

#include <algorithm>
#include <bit>

#include "verifier/mem/mem.h"
#include "verifier/prune/explored.h"
#include "verifier/stack_liveness.h"

namespace skep::verifier {

const btf::Record* ProgBtf::record(u32 struct_id) const {
  auto it = std::lower_bound(records.begin(), records.end(), struct_id,
                             [](const auto& row, u32 id) { return row.first < id; });
  return it != records.end() && it->first == struct_id ? it->second.get() : nullptr;
}

namespace {

target::ProgKind kind_of(const Program& program, const Options& options) {
  target::ProgKind kind;
  kind.prog_type = program.prog_type;
  kind.attach_type = program.expected_attach_type;
  kind.sleepable = program.prog_flags & BPF_F_SLEEPABLE;
  kind.gpl = program.gpl_compatible;
  kind.caps = options.caps;
  return kind;
}

// The record of a struct that `record` (of a map's value) has pointers or roots for.
const btf::Record* linked_record(const map::MapMeta& map, const btf::Btf* types, u32 id) {
  if (!map.record) return nullptr;
  for (const btf::RecordField& field : map.record->fields) {
    const bool owns = map.btf.get() == types && field.value_btf_id == id,
               points = field.btf == types && field.btf_id == id;
    if (field.value_record && (owns || points)) return field.value_record.get();
  }
  return nullptr;
}

}  // namespace

Env::Env(const Program& p, const target::Target& t, const ObjectSource& o, const Options& opt, diag::Log& l)
    : program(p),
      target(t),
      objects(o),
      options(opt),
      log(l),
      insns(p.insns),
      aux(p.insns.size()),
      kind(kind_of(p, opt)) {
  strict_alignment = p.prog_flags & BPF_F_STRICT_ALIGNMENT;
  if (p.prog_flags & BPF_F_ANY_ALIGNMENT) strict_alignment = false;
  bpf_capable = opt.caps.bpf;
  test_state_freq = bpf_capable && (p.prog_flags & BPF_F_TEST_STATE_FREQ);
  test_reg_invariants = p.prog_flags & BPF_F_TEST_REG_INVARIANTS;
  allow_ptr_leaks = opt.allow_ptr_leaks;
  allow_uninit_stack = opt.allow_uninit_stack;
  bypass_spec_v1 = opt.bypass_spec_v1;
  bypass_spec_v4 = opt.bypass_spec_v4;
  explored = std::make_unique<Explored>(u32(insns.size()));
  liveness = std::make_unique<StackLiveness>(*this);
}

Env::~Env() = default;

u32 Env::vmlinux_struct(std::string_view name) const {
  const btf::Btf* kernel = vmlinux();
  return kernel ? kernel->find(name, btf::Kind::Struct) : 0;
}

const btf::Record* Env::struct_record(const btf::Btf* types, u32 id) const {
  if (program.btf && types == program.btf->btf.get()) return program.btf->record(id);
  for (const auto& used : used_maps)  // an object that came out of a map has its type from there
    if (const btf::Record* record = linked_record(used->inner ? *used->inner : *used, types, id)) return record;
  return nullptr;
}

const btf::Record* Env::reg_record(const RegState& reg) const {
  if (reg.base() == PTR_TO_MAP_VALUE) return reg.map.ptr->record.get();
  if (reg.base() == PTR_TO_BTF_ID && (reg.type & MEM_ALLOC)) return struct_record(reg.btf.types, reg.btf.id);
  return nullptr;
}

int Env::find_subprog(u32 start) const {
  auto it = std::lower_bound(subprogs.begin(), subprogs.end(), start,
                             [](const SubprogInfo& s, u32 at) { return s.start < at; });
  return it != subprogs.end() && it->start == start ? int(it - subprogs.begin()) : -1;
}

const KfuncDesc* Env::find_kfunc(u32 func_id, s16 offset) const {
  for (const KfuncDesc& desc : kfuncs)
    if (desc.func_id == func_id && desc.offset == offset) return &desc;
  return nullptr;
}

Outcome Env::verifier_bug(std::string_view text) {
  log.print("verifier bug: {}\n", text);
  return Outcome::error(EFAULT);
}

// --- registers
// ------------------------------------------------------------------------------------------------------------

Outcome check_reg_arg(Env& env, u32 regno, RegUse use) {
  if (regno >= isa::kNumRegs) return env.reject(diag::RegInvalid{}, regno);
  env.mark_reg_changed(regno);
  if (use == RegUse::SrcOp) {
    if (env.cregs()[regno].type == NOT_INIT) return env.reject(diag::RegNotReadable{}, regno);
    return kOk;
  }
  if (regno == isa::kFramePtr) return env.reject(diag::FramePointerReadOnly{});
  if (use == RegUse::DstOp) mark_reg_unknown(env, env.regs(), regno);
  return kOk;
}

void mark_reg_unknown(Env& env, RegState* regs, u32 regno) { regs[regno].mark_unknown(!env.bpf_capable); }

void mark_reg_not_init(Env&, RegState* regs, u32 regno) { regs[regno].mark_not_init(); }

void mark_reg_known_zero(Env& env, RegState* regs, u32 regno) {
  regs[regno].mark_known(0);
  regs[regno].type = SCALAR_VALUE;
  regs[regno].precise = !env.bpf_capable;
}

void mark_btf_ld_reg(Env& env, RegState* regs, u32 regno, RegType type, const btf::Btf* types, u32 btf_id, u32 flags) {
  RegState& reg = regs[regno];
  if (type == SCALAR_VALUE) return mark_reg_unknown(env, regs, regno);
  reg.mark_known_zero(PTR_TO_BTF_ID | flags);
  reg.btf.types = types;
  reg.btf.id = btf_id;
  if (type_may_be_null(flags)) reg.id = env.new_id();
}

bool is_pointer_value(const Env& env, u32 regno) {
  return !env.allow_ptr_leaks && env.cregs()[regno].type != SCALAR_VALUE;
}
bool is_ctx_reg(const Env& env, u32 regno) { return env.cregs()[regno].type == PTR_TO_CTX; }
bool is_sk_reg(const Env& env, u32 regno) { return type_is_sk_pointer(env.cregs()[regno].type); }
bool is_pkt_reg(const Env& env, u32 regno) {
  RegType type = env.cregs()[regno].type;
  return type == PTR_TO_PACKET || type == PTR_TO_PACKET_META;
}
bool is_flow_key_reg(const Env& env, u32 regno) { return env.cregs()[regno].type == PTR_TO_FLOW_KEYS; }
bool is_arena_reg(const Env& env, u32 regno) { return env.cregs()[regno].type == PTR_TO_ARENA; }

bool type_is_sk_pointer(RegType t) {
  return t == PTR_TO_SOCKET || t == PTR_TO_SOCK_COMMON || t == PTR_TO_TCP_SOCK || t == PTR_TO_XDP_SOCK;
}

bool is_trusted_reg(const Env&, const RegState& reg) {
  constexpr u32 kSafe = PTR_TRUSTED | MEM_ALLOC | NON_OWN_REF;
  if (reg.ref_obj_id) return true;
  RegBase base = reg.base();
  bool socket_like =
      base == PTR_TO_SOCKET || base == PTR_TO_SOCK_COMMON || base == PTR_TO_TCP_SOCK || base == CONST_PTR_TO_MAP;
  if (socket_like && !type_flag(reg.type)) return true;
  return (type_flag(reg.type) & kSafe) && !(type_flag(reg.type) & ~kSafe);
}

bool is_rcu_reg(const RegState& reg) { return reg.type & MEM_RCU; }

bool in_sleepable(const Env& env) { return env.cur->in_sleepable; }

bool in_rcu_cs(const Env& env) { return env.cur->active_rcu_lock || env.cur->active_locks || !in_sleepable(env); }

bool type_may_hold_lock(const Env& env, const RegState& reg) {
  const btf::Record* record = env.reg_record(reg);
  return record && (record->has(btf::Field::SpinLock) || record->has(btf::Field::ResSpinLock));
}

void mark_reg_invalid(Env& env, RegState& reg) {
  if (env.allow_ptr_leaks) {
    reg.mark_unknown(!env.bpf_capable);
  } else {
    reg.mark_not_init();
  }
}

void clear_all_pkt_pointers(Env& env) {
  auto is_packet = [](const RegState& r) {
    bool slice = r.base() == PTR_TO_MEM && (r.type & (DYNPTR_TYPE_SKB | DYNPTR_TYPE_XDP | DYNPTR_TYPE_SKB_META));
    return r.is_pkt_pointer() || r.base() == PTR_TO_PACKET_END || slice;
  };
  for_each_reg(*env.cur, is_packet, [&](RegState& reg) { mark_reg_invalid(env, reg); });
}

u32 acquire_reference(Env& env, int insn_idx) {
  u32 id = env.new_id();
  const bool of_callback = env.cur->ccur().in_callback_fn && !env.target.features().callbacks_may_keep_references;
  env.cur->push_ref({RefKind::Ptr, id, insn_idx, nullptr, of_callback ? u8(env.cur->curframe) : u8{0}});
  return id;
}

bool release_reference(Env& env, u32 ref_obj_id) {
  if (!env.cur->remove_ref(ref_obj_id)) return false;
  auto carries = [&](const RegState& r) { return r.ref_obj_id == ref_obj_id; };
  for_each_reg(*env.cur, carries, [&](RegState& reg) { mark_reg_invalid(env, reg); });
  return true;
}

Outcome reg_bounds_sanity_check(Env& env, RegState& reg, const char* context) {
  const char* what = domain::sanity_check(reg.var);
  if (!what) return kOk;
  const domain::Scalar& v = reg.var;
  env.log.print(
      "verifier bug: REG INVARIANTS VIOLATION ({}): {} u64=[{:#x}, {:#x}] s64=[{:#x}, {:#x}] u32=[{:#x}, {:#x}] "
      "s32=[{:#x}, {:#x}] "
      "var_off=({:#x}, {:#x})\n",
      context, what, v.umin, v.umax, u64(v.smin), u64(v.smax), v.u32_min, v.u32_max, u32(v.s32_min), u32(v.s32_max),
      v.var_off.value, v.var_off.mask);
  if (env.test_reg_invariants) return Outcome::error(EFAULT);
  reg.var.mark_unbounded();
  return kOk;
}

// --- paths
// ----------------------------------------------------------------------------------------------------------------

VerifierState* push_stack(Env& env, int insn_idx, int prev_insn_idx, bool speculative) {
  if (env.pending.size() >= env.target.limits().max_pending_jumps) {
    env.note(diag::TooManyJumps{}, env.pending.size() + 1);
    return nullptr;
  }
  auto copy = std::make_unique<VerifierState>(*env.cur);
  copy->speculative |= speculative;
  copy->branches = 1;
  if (copy->parent) copy->parent->branches++;
  VerifierState* state = copy.get();
  env.pending.push_back({std::move(copy), insn_idx, prev_insn_idx, env.log.end_pos()});
  return state;
}

VerifierState* push_async_cb(Env& env, int insn_idx, int prev_insn_idx, int subprog, bool is_sleepable) {
  if (env.pending.size() >= env.target.limits().max_pending_jumps) {
    env.note(diag::TooManyJumpsAsync{}, env.pending.size() + 1);
    return nullptr;
  }
  auto fresh = std::make_unique<VerifierState>();
  fresh->frame_pool = &env.frame_pool;
  fresh->in_sleepable = is_sleepable;
  FuncState& frame = fresh->frame(0);
  for (RegState& reg : frame.regs) reg.mark_not_init();
  frame.regs[isa::kFramePtr].mark_known_zero(PTR_TO_STACK);
  frame.subprogno = u32(subprog);
  env.mark_all_changed();
  VerifierState* state = fresh.get();
  env.pending.push_back({std::move(fresh), insn_idx, prev_insn_idx, env.log.end_pos()});
  return state;
}

void push_jmp_history(Env& env, VerifierState& state, u32 flags, u64 linked_regs) {
  if (env.cur_hist_ent >= 0) {
    JmpHistEntry& entry = state.jmp_history[env.cur_hist_ent];
    entry.flags |= flags;
    if (linked_regs) entry.linked_regs = linked_regs;
    return;
  }
  state.jmp_history.push_back({env.insn_idx, env.hist_prev_idx, flags, linked_regs});
  env.cur_hist_ent = int(state.jmp_history.size()) - 1;
}

}  // namespace skep::verifier
