// See changes.h. A table says which kinds of failure which changes may mend; each maker looks at the failure and says
// what to insert where.
#include "verifier/whatif/changes.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "verifier/whatif/edit.h"

namespace skep::verifier {
namespace {

using diag::Kind;
using isa::Insn;
using Code = std::vector<Insn>;

// --- instructions -------------------------------------------------------------------------------------------------

Insn mov(int dst, s32 imm) { return {isa::BPF_ALU64 | isa::BPF_MOV | isa::BPF_K, u8(dst), 0, 0, imm}; }
Insn copy(int dst, int src) { return {isa::BPF_ALU64 | isa::BPF_MOV | isa::BPF_X, u8(dst), u8(src), 0, 0}; }
Insn add(int dst, s32 imm) { return {isa::BPF_ALU64 | isa::BPF_ADD | isa::BPF_K, u8(dst), 0, 0, imm}; }
Insn jump_if(u8 op, int reg, s32 imm, s16 off) { return {u8(isa::BPF_JMP | op), u8(reg), 0, off, imm}; }
Insn jump_if_reg(u8 op, int a, int b, s16 off) { return {u8(isa::BPF_JMP | op | isa::BPF_X), u8(a), u8(b), off, 0}; }
Insn jump(s16 off) { return {isa::BPF_JMP | isa::BPF_JA, 0, 0, off, 0}; }
Insn leave() { return {isa::BPF_JMP | isa::BPF_EXIT, 0, 0, 0, 0}; }
Insn store_zero(s32 off) { return {isa::BPF_ST | isa::BPF_MEM | isa::BPF_DW, isa::kFramePtr, 0, s16(off), 0}; }
Insn load(int dst, int base, s32 off, u8 size) {
  return {u8(isa::BPF_LDX | isa::BPF_MEM | size), u8(dst), u8(base), s16(off), 0};
}
Insn call_helper(s32 id) { return {isa::BPF_JMP | isa::BPF_CALL, 0, 0, 0, id}; }
Insn call_kfunc(s32 id) { return {isa::BPF_JMP | isa::BPF_CALL, 0, isa::BPF_PSEUDO_KFUNC_CALL, 0, id}; }

std::function<bool(Program&)> inserting(int at, Code code) {
  return [at, code = std::move(code)](Program& program) {
    return at >= 0 && u32(at) < program.insns.size() && insert_insns(program, u32(at), code);
  };
}

s32 harmless_return(const Failure& f) { return f.in_main && f.returns.enforced ? f.returns.min : 0; }

bool loads(const Insn& insn) { return isa::insn_class(insn.code) == isa::BPF_LDX; }

struct Maker {
  const Failure& f;
  const Program& program;
  const target::Target& target;
  std::vector<Remedy> out;

  const Insn& insn() const { return program.insns[size_t(f.insn_idx)]; }
  std::optional<s64> number(std::string_view field) const {
    const auto names = diag::field_names(f.rejection.kind);
    for (size_t i = 0; i < names.size() && i < f.rejection.facts.size(); ++i) {
      if (names[i] != field) continue;
      if (const s64* v = std::get_if<s64>(&f.rejection.facts[i])) return *v;
      if (const u64* v = std::get_if<u64>(&f.rejection.facts[i])) return s64(*v);
    }
    return std::nullopt;
  }
  std::string text(std::string_view field) const {
    const auto names = diag::field_names(f.rejection.kind);
    for (size_t i = 0; i < names.size() && i < f.rejection.facts.size(); ++i)
      if (const auto* t = std::get_if<std::string>(&f.rejection.facts[i]); t && names[i] == field) return *t;
    return {};
  }

  // `passes` jumps over the two instructions behind it if all is well. First leaving the function, then only going
  // around the instruction.
  void guard(int at, Code before, Insn passes, const std::string& help, const std::string& c) {
    Code leaves = before;
    leaves.insert(leaves.end(), {passes, mov(0, harmless_return(f)), leave()});
    out.push_back({help, c, at, inserting(at, leaves)});
    if (at != f.insn_idx) return;
    const int result = loads(insn()) ? insn().dst : 0;
    before.insert(before.end(), {passes, mov(result, 0), jump(1)});
    out.push_back({help + ", and go around it otherwise", "", at, inserting(at, before)});
  }

  void null_check();
  void clamp_offset();
  void clamp_number();
  void packet_check();
  void set_register();
  void set_stack();
  void set_return();
  void release();
  void bound_loop();
  void leave_section(const char* kfunc, const char* words);
  void declare_gpl() {
    out.push_back({"declare a GPL compatible license: `char LICENSE[] SEC(\"license\") = \"GPL\";`", "", -1,
                   [](Program& p) { return p.gpl_compatible = true; }});
  }
  void declare_sleepable() {
    out.push_back({"make the program sleepable: put `.s` behind the type in its section name", "", -1, [](Program& p) {
                     p.prog_flags |= BPF_F_SLEEPABLE;
                     return true;
                   }});
  }
  void declare_static() {
    const std::string func = text("func");
    out.push_back({"make `" + func + "` static, or let it return an int", "", -1,
                   [func](Program& p) { return make_static(p, func); }});
  }
  std::vector<s64> limits_of_pointer(const RegState& pointer) const;
};

void Maker::null_check() {
  if (f.reg < 0 || !f.regs[f.reg].may_be_null()) return;
  guard(f.insn_idx, {}, jump_if(isa::BPF_JNE, f.reg, 0, 2), "check that %name is not NULL before this",
        fmt::format("if (!%name) return {};", harmless_return(f)));
}

// Bytes that an object has behind the pointer's fixed offset.
std::vector<s64> Maker::limits_of_pointer(const RegState& pointer) const {
  switch (pointer.base()) {
    case PTR_TO_MAP_VALUE: return {s64(pointer.map.ptr->value_size) - pointer.off};
    case PTR_TO_MAP_KEY: return {s64(pointer.map.ptr->key_size) - pointer.off};
    case PTR_TO_MEM: return {s64(pointer.mem.size) - pointer.off};
    case PTR_TO_STACK: return {-s64(pointer.off) - s64(pointer.var.var_off.value)};
    case PTR_TO_PACKET: return {0xffff};
    default: return {255};
  }
}

// The number that was added to the pointer, where it was added.
void Maker::clamp_offset() {
  if (f.offset_insn < 0 || f.reg < 0) return;
  const s64 access = f.insn_idx >= 0 && !isa::is_call(insn()) ? isa::size_bytes(insn().code) + insn().off : 1;
  for (s64 room : limits_of_pointer(f.regs[f.reg])) {
    const s64 limit = std::max<s64>((room - access) / s64(f.offset_scale), 0);
    guard(f.offset_insn, {}, jump_if(isa::BPF_JLE, f.offset_reg, s32(limit), 2),
          fmt::format("check that what is added to %name is at most {} before it is added", limit), "");
  }
}

// A number that is a size, an index, or what is added to a pointer, where it is used.
void Maker::clamp_number() {
  if (f.reg < 0 || !f.regs[f.reg].is_scalar() || f.insn_idx < 0) return;
  std::vector<s64> limits;
  if (isa::is_call(insn()) && f.reg >= 2) limits = limits_of_pointer(f.regs[f.reg - 1]);
  if (!isa::is_call(insn())) limits = limits_of_pointer(f.regs[insn().dst]);
  limits.insert(limits.end(), {4095, 63, 7, 1});
  const std::string c = "if (%name > {0}) return {1};";
  for (s64 limit : limits) {
    if (limit <= 0) continue;
    guard(f.insn_idx, {}, jump_if(isa::BPF_JLE, f.reg, s32(limit), 2),
          fmt::format("check that %name is at most {} before this", limit),
          fmt::format(fmt::runtime(c), limit, harmless_return(f)));
    // Neither 0 nor too much.
    const Code not_zero = {jump_if(isa::BPF_JNE, f.reg, 0, 2), mov(0, harmless_return(f)), leave()};
    guard(f.insn_idx, not_zero, jump_if(isa::BPF_JLE, f.reg, s32(limit), 2),
          fmt::format("check that %name is between 1 and {} before this", limit),
          fmt::format("if (%name < 1 || %name > {}) return {};", limit, harmless_return(f)));
  }
}

void Maker::packet_check() {
  if (f.reg < 0 || f.insn_idx < 0 || isa::is_call(insn()) || !f.regs[f.reg].is_pkt_pointer()) return;
  int free = -1, end = -1, ctx = -1;
  for (int r = 0; r < isa::kFramePtr; ++r) {
    if (f.regs[r].type == NOT_INIT && free < 0) free = r;
    if (f.regs[r].base() == PTR_TO_PACKET_END) end = r;
    if (f.regs[r].base() == PTR_TO_CTX) ctx = r;
  }
  Code code;
  if (end < 0 && ctx >= 0) {  // loads the end of the packet anew
    const int spare = [&] {
      for (int r = free + 1; free >= 0 && r < isa::kFramePtr; ++r)
        if (f.regs[r].type == NOT_INIT) return r;
      return -1;
    }();
    constexpr s32 kXdpEnd = 4, kSkbEnd = 80;  // data_end in struct xdp_md and struct __sk_buff
    if (spare < 0) return;
    end = spare;
    code.push_back(load(end, ctx, program.prog_type == BPF_PROG_TYPE_XDP ? kXdpEnd : kSkbEnd, isa::BPF_W));
  }
  if (free < 0 || end < 0) return;
  const s32 bytes = s32(insn().off) + isa::size_bytes(insn().code);
  code.insert(code.end(), {copy(free, f.reg), add(free, bytes)});
  guard(f.insn_idx, code, jump_if_reg(isa::BPF_JLE, free, end, 2),
        fmt::format("compare %name + {} with the end of the packet before this", bytes),
        fmt::format("if ((void *)(%name + 1) > data_end) return {};", harmless_return(f)));
}

void Maker::set_register() {
  if (f.reg < 0) return;
  const Code code = {mov(f.reg, 0)};
  const std::string help = "give %name a value on every path to here";
  out.push_back({help, "", f.insn_idx, inserting(f.insn_idx, code)});
}

void Maker::set_stack() {
  const auto off = number("off"), index = number("index"), size = number("size");
  if (!off || !size || *off >= 0 || *off < -kMaxStack) return;
  const s64 first = *off / kSlotBytes * kSlotBytes - (*off % kSlotBytes ? kSlotBytes : 0);
  Code code;
  for (s64 at = first; at < *off + std::max<s64>(*size, 1) && at < 0; at += kSlotBytes)
    code.push_back(store_zero(s32(at)));
  (void)index;
  for (const int at : {f.insn_idx >= 0 ? int(f.subprog) : 0, 0})
    out.push_back({"initialise %name: `= {}` where it is declared", "", at, inserting(at, code)});
}

void Maker::set_return() {
  const auto min = number("min");
  const s32 value = min ? s32(*min) : harmless_return(f);
  out.push_back({fmt::format("return a number that is allowed here: `return {};`", value), "", f.insn_idx,
                 inserting(f.insn_idx, {mov(0, value)})});
}

// What gives a reference back, by what gave it.
struct ReleaseRow {
  std::string_view acquire;
  std::string_view release;
  bool extra_zero = false;  // a second argument of 0
  int slots = 0;            // an object on the stack of so many slots: its address is passed
};
constexpr ReleaseRow kReleases[] = {
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

std::optional<Insn> call_named(const target::Target& target, std::string_view name) {
  if (const target::HelperProto* helper = target.helper_by_name(name)) return call_helper(s32(helper->id));
  const u32 id = target.vmlinux() ? target.vmlinux()->find(name, btf::Kind::Func) : 0;
  if (!id) return std::nullopt;
  return call_kfunc(s32(id));
}

// R0 must survive the call: into a register that the reference is not in.
Code around_call(int reference_reg, const Code& call) {
  const int keep = reference_reg == 9 ? 8 : 9;
  Code code = {copy(keep, 0)};
  code.insert(code.end(), call.begin(), call.end());
  code.push_back(copy(0, keep));
  return code;
}

void Maker::release() {
  const auto row = std::find_if(std::begin(kReleases), std::end(kReleases),
                                [&](const ReleaseRow& r) { return r.acquire == f.acquired_by; });
  const auto id = number("id");
  if (row == std::end(kReleases) || f.insn_idx < 0) return;
  const auto call = call_named(target, row->release);
  if (!call) return;
  const std::string help =
      fmt::format("give %name back before this: `{}({})`", row->release, row->extra_zero ? "%name, 0" : "%name");
  const std::string c = fmt::format("{}({});", row->release, row->extra_zero ? "%name, 0" : "%name");
  const auto add_change = [&](int reg, Code argument) {
    if (row->extra_zero) argument.push_back(mov(2, 0));
    argument.push_back(*call);
    Code whole = argument;
    out.push_back({help, c, f.insn_idx, inserting(f.insn_idx, around_call(reg, whole))});
    // It may be NULL here.
    const s16 over = s16(argument.size() - 1);
    argument.insert(argument.begin() + 1, jump_if(isa::BPF_JEQ, 1, 0, over));
    out.push_back({help, c, f.insn_idx, inserting(f.insn_idx, around_call(reg, argument))});
  };
  for (int r = 0; r < isa::kFramePtr && !row->slots; ++r) {
    if (!f.regs[r].ref_obj_id || (id && f.regs[r].ref_obj_id != u32(*id)) || r == 0) continue;
    add_change(r, {copy(1, r)});
  }
  for (const auto& [slot, ref] : f.ref_slots) {
    if (id && ref != u32(*id)) continue;
    const s32 off = -kSlotBytes * (slot + 1);
    if (row->slots)
      add_change(-1, {copy(1, isa::kFramePtr), add(1, off)});
    else
      add_change(-1, {load(1, isa::kFramePtr, off, isa::BPF_DW)});
  }
}

// May_goto at the head of each loop that the failure lies in: out of the loop when it has gone round too often.
void Maker::bound_loop() {
  const auto& insns = program.insns;
  const s64 inside = f.insn_idx;
  for (size_t i = 0; i < insns.size(); i += isa::is_ldimm64(insns[i]) ? 2 : 1) {
    const bool jumps = isa::is_goto(insns[i]) || isa::is_cond_jmp(insns[i]);
    const s64 head = s64(i) + 1 + (isa::is_goto(insns[i]) ? isa::goto_offset(insns[i]) : insns[i].off);
    if (!jumps || head > s64(i) || (inside >= 0 && (inside < head || inside > s64(i)))) continue;
    const Insn out_of_it = {isa::BPF_JMP | isa::BPF_JCOND, 0, isa::BPF_MAY_GOTO, s16(s64(i) + 1 - head), 0};
    out.push_back(
        {"end the loop with `&& can_loop`, or use `bpf_for()`", "", int(head), inserting(int(head), {out_of_it})});
    const Code leaves = {
        {isa::BPF_JMP | isa::BPF_JCOND, 0, isa::BPF_MAY_GOTO, 1, 0}, jump(2), mov(0, harmless_return(f)), leave()};
    out.push_back({"end the loop with `&& can_loop`, or use `bpf_for()`", "", int(head), inserting(int(head), leaves)});
  }
}

void Maker::leave_section(const char* kfunc, const char* words) {
  const auto call = call_named(target, kfunc);
  if (!call || f.insn_idx < 0) return;
  out.push_back({words, std::string(kfunc) + "();", f.insn_idx, inserting(f.insn_idx, around_call(-1, {*call}))});
}

struct Row {
  Kind kind;
  void (*make)(Maker&);
};

void make_bounds(Maker& m) {
  m.null_check();
  m.clamp_offset();
  m.clamp_number();
}
void make_null(Maker& m) { m.null_check(); }
void make_number(Maker& m) {
  m.clamp_number();
  m.clamp_offset();
}
void make_packet(Maker& m) {
  m.packet_check();
  m.clamp_offset();
}
void make_register(Maker& m) {
  if (m.f.insn_idx >= 0 && isa::is_exit(m.insn())) m.set_return();
  m.set_register();
}
void make_stack(Maker& m) { m.set_stack(); }
void make_return(Maker& m) { m.set_return(); }
void make_release(Maker& m) { m.release(); }
void make_loop(Maker& m) { m.bound_loop(); }
void make_gpl(Maker& m) { m.declare_gpl(); }
void make_sleepable(Maker& m) { m.declare_sleepable(); }
void make_static_function(Maker& m) { m.declare_static(); }
void make_rcu_unlock(Maker& m) {
  m.leave_section("bpf_rcu_read_unlock", "leave the RCU section before this: `bpf_rcu_read_unlock();`");
}
void make_preempt_enable(Maker& m) {
  m.leave_section("bpf_preempt_enable", "allow preemption before this: `bpf_preempt_enable();`");
}

constexpr Row kRows[] = {
    {Kind::InvalidMemAccess, make_null},
    {Kind::HelperArgMayBeNull, make_null},
    {Kind::TrustedArgMayBeNull, make_null},
    {Kind::PtrMathNullCheckFirst, make_null},
    {Kind::RegTypeExpected, make_null},
    {Kind::RegTypeMismatch, make_null},
    {Kind::MinValueNegative, make_bounds},
    {Kind::MinValueOutside, make_bounds},
    {Kind::MaxValueOutside, make_bounds},
    {Kind::UnboundedMemAccess, make_bounds},
    {Kind::InvalidMapValueAccess, make_bounds},
    {Kind::InvalidMemRegionAccess, make_bounds},
    {Kind::UnboundedStackAccess, make_bounds},
    {Kind::InvalidVarOffStackAccess, make_bounds},
    {Kind::InvalidBufferOffset, make_bounds},
    {Kind::PtrMathUnboundedMin, make_number},
    {Kind::PtrOutOfBounds, make_number},
    {Kind::SizeMinValueNegative, make_number},
    {Kind::SizeUnbounded, make_number},
    {Kind::SizeZeroSizedRead, make_number},
    {Kind::MemLenPair, make_number},
    {Kind::InvalidPacketAccess, make_packet},
    {Kind::OutsidePacket, make_packet},
    {Kind::RegNotReadable, make_register},
    {Kind::InvalidStackRead, make_stack},
    {Kind::InvalidStackReadReg, make_stack},
    {Kind::InvalidVarOffStackReadReg, make_stack},
    {Kind::InvalidIndirectStackRead, make_stack},
    {Kind::ReturnOutOfRange, make_return},
    {Kind::ReturnNotKnown, make_return},
    {Kind::R0NotScalar, make_return},
    {Kind::SubprogReturnNotScalar, make_return},
    {Kind::LeaksAddrAsReturn, make_return},
    {Kind::UnreleasedReference, make_release},
    {Kind::ReferenceLeak, make_release},
    {Kind::InfiniteLoop, make_loop},
    {Kind::BackEdge, make_loop},
    {Kind::ProgTooLarge, make_loop},
    {Kind::TooManyJumps, make_loop},
    {Kind::HelperNeedsGpl, make_gpl},
    {Kind::KfuncNeedsGpl, make_gpl},
    {Kind::KernelStructNeedsGpl, make_gpl},
    {Kind::LsmNeedsGpl, make_gpl},
    {Kind::StructOpsNeedsGpl, make_gpl},
    {Kind::HelperMightSleep, make_sleepable},
    {Kind::KfuncNeedsSleepable, make_sleepable},
    {Kind::SyscallMustBeSleepable, make_sleepable},
    {Kind::GlobalFuncNotScalar, make_static_function},
    {Kind::InsideRcuReadLock, make_rcu_unlock},
    {Kind::RcuUnlockMissing, make_rcu_unlock},
    {Kind::InsidePreemptDisable, make_preempt_enable},
    {Kind::PreemptEnableMissing, make_preempt_enable},
};

}  // namespace

std::vector<Remedy> changes_for(const Failure& failure, const Program& program, const target::Target& target) {
  Maker maker{failure, program, target, {}};
  for (const Row& row : kRows)
    if (row.kind == failure.rejection.kind) row.make(maker);
  return std::move(maker.out);
}

}  // namespace skep::verifier
