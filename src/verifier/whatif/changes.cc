// See changes.h. A table says which kinds of failure which changes may mend; each maker looks at the failure and says
// what to insert where. Here are the table, what all makers use, and the makers that need no memory but the failure.
#include "verifier/whatif/changes.h"

#include <algorithm>

#include "target/harmless.h"
#include "verifier/whatif/maker.h"

namespace skep::verifier {

using diag::Kind;
using diag::SourceEdit;
using isa::Insn;

std::optional<Insn> call_named(const target::Target& target, std::string_view name) {
  constexpr u8 kCall = isa::BPF_JMP | isa::BPF_CALL;
  if (const target::HelperProto* helper = target.helper_by_name(name)) return Insn{kCall, 0, 0, 0, s32(helper->id)};
  const u32 id = target.vmlinux() ? target.vmlinux()->find(name, btf::Kind::Func) : 0;
  if (!id) return std::nullopt;
  return Insn{kCall, 0, isa::BPF_PSEUDO_KFUNC_CALL, 0, s32(id)};
}

std::function<bool(Edit&)> inserting(std::vector<Insertion> insertions) {
  // From the end, so that the places of those to come stay; at one place in the order given.
  std::reverse(insertions.begin(), insertions.end());
  std::stable_sort(insertions.begin(), insertions.end(),
                   [](const Insertion& a, const Insertion& b) { return a.at > b.at; });
  return [insertions = std::move(insertions)](Edit& edit) {
    return std::all_of(insertions.begin(), insertions.end(),
                       [&](const Insertion& i) { return edit.insert(i.at, i.code, i.jumps); });
  };
}

std::function<bool(Edit&)> inserting(int at, Code code) { return inserting({{at, std::move(code)}}); }

std::function<bool(Edit&)> replacing(int at, Insn insn) {
  return [at, insn](Edit& edit) {
    edit.program.insns[size_t(at)] = insn;
    return true;
  };
}

// --- what makers use ------------------------------------------------------------------------------------------------

std::optional<s64> Maker::number(std::string_view field) const {
  const auto names = diag::field_names(f_.rejection.kind);
  for (size_t i = 0; i < names.size() && i < f_.rejection.facts.size(); ++i) {
    if (names[i] != field) continue;
    if (const s64* v = std::get_if<s64>(&f_.rejection.facts[i])) return *v;
    if (const u64* v = std::get_if<u64>(&f_.rejection.facts[i])) return s64(*v);
  }
  return std::nullopt;
}

std::string Maker::text(std::string_view field) const {
  const auto names = diag::field_names(f_.rejection.kind);
  for (size_t i = 0; i < names.size() && i < f_.rejection.facts.size(); ++i)
    if (const auto* t = std::get_if<std::string>(&f_.rejection.facts[i]); t && names[i] == field) return *t;
  return {};
}

s32 Maker::harmless_return() const {
  if (!f_.in_main) return 0;
  const s32 value = target::harmless_return(program_.prog_type).value;
  const bool allowed = !f_.returns.enforced || (value >= f_.returns.min && value <= f_.returns.max);
  return allowed ? value : f_.returns.min;
}

std::string Maker::harmless_in_c() const {
  const target::HarmlessReturn harmless = target::harmless_return(program_.prog_type);
  const s32 value = harmless_return();
  return f_.in_main && value == harmless.value ? harmless.c : std::to_string(value);
}

int Maker::free_register(std::initializer_list<int> taken, int from) const {
  for (int r = from; r < isa::kFramePtr; ++r) {
    const bool is_taken = std::find(taken.begin(), taken.end(), r) != taken.end();
    if (!is_taken && !(f_.live >> r & 1)) return r;
  }
  return -1;
}

std::optional<s32> Maker::new_slot() {
  if (scratch_ - kSlotBytes < -kMaxStack) return std::nullopt;
  return scratch_ -= kSlotBytes;
}

Code Maker::around(const Code& code) {
  constexpr int kFirstKept = 6;  // a call destroys R0 to R5
  Code whole, after;
  for (int r = 0; r < kFirstKept; ++r) {
    if (!(f_.live >> r & 1) || f_.regs[r].type == NOT_INIT) continue;
    const auto slot = new_slot();
    if (!slot) continue;
    whole.push_back(save(r, *slot));
    after.push_back(restore(r, *slot));
  }
  whole.insert(whole.end(), code.begin(), code.end());
  whole.insert(whole.end(), after.begin(), after.end());
  return whole;
}

bool Maker::context_in(int reg, std::vector<Insertion>& before, Code& code) {
  for (int r = 0; r < isa::kFramePtr; ++r) {
    if (f_.regs[r].base() != PTR_TO_CTX || f_.regs[r].off) continue;
    code.push_back(copy(reg, r));
    return true;
  }
  if (f_.ctx_slot >= 0) {
    code.push_back(restore(reg, -kSlotBytes * (f_.ctx_slot + 1)));
    return true;
  }
  const auto slot = f_.in_main ? new_slot() : std::nullopt;
  if (!slot) return false;
  before.push_back({int(f_.subprog), {save(1, *slot)}});
  code.push_back(restore(reg, *slot));
  return true;
}

void Maker::guard(int at, const Code& before, Insn passes, const std::string& help, const diag::SourceEdit& edit,
                  std::vector<Insertion> more) {
  const auto with = [&](std::initializer_list<Insn> otherwise) {
    Code code = before;
    code.push_back(passes);
    code.insert(code.end(), otherwise);
    std::vector<Insertion> all = more;
    all.push_back({at, std::move(code)});
    return inserting(std::move(all));
  };
  offer(help, edit, at, with({mov(0, harmless_return()), leave()}));
  if (at != f_.insn_idx) return;
  const bool loads = isa::insn_class(insn().code) == isa::BPF_LDX;
  offer(help + ", and go around it otherwise", {}, at, with({mov(loads ? insn().dst : 0, 0), jump(1)}));
}

// --- values ---------------------------------------------------------------------------------------------------------

void Maker::null_check() {
  if (f_.reg < 0 || !f_.regs[f_.reg].may_be_null()) return;
  guard(f_.insn_idx, {}, jump_if(isa::BPF_JNE, f_.reg, 0, 2), "check that %name is not NULL before this",
        in_c(fmt::format("if (!%name) return {};", harmless_in_c())));
}

void Maker::set_register() {
  if (f_.reg < 0) return;
  offer("give %name a value on every path to here", {SourceEdit::Kind::Initialise, "%name"}, f_.insn_idx,
        inserting(f_.insn_idx, {mov(f_.reg, 0)}));
}

void Maker::set_return() {
  const auto min = number("min"), max = number("max");
  s32 value = harmless_return();
  if (min && max && (value < *min || value > *max)) value = s32(*min);
  const int reg = is_call() ? 1 : 0;  // bpf_throw()'s argument is what the program returns
  const std::string c = is_call() ? fmt::format("bpf_throw({});", value) : fmt::format("return {};", value);
  const SourceEdit edit = is_call() ? SourceEdit{} : SourceEdit{SourceEdit::Kind::Return, std::to_string(value)};
  offer(fmt::format("return a number that is allowed here: `{}`", c), edit, f_.insn_idx,
        inserting(f_.insn_idx, {mov(reg, value)}));
}

void Maker::set_missing_return() {
  if (in_walk() && isa::is_exit(insn())) set_return();
}

// A plain number that is an address: what is behind it must be asked for.
void Maker::read_kernel_memory() {
  if (f_.reg < 0 || !in_walk() || f_.lost_at >= 0 || !f_.regs[f_.reg].is_scalar() || f_.regs[f_.reg].is_null()) return;
  const bool loads = isa::insn_class(insn().code) == isa::BPF_LDX && isa::insn_mode(insn().code) == isa::BPF_MEM;
  const auto call = call_named(target_, "bpf_probe_read_kernel");
  const auto slot = new_slot();
  if (!loads || !call || !slot) return;
  const int size = isa::size_bytes(insn().code);
  Code code = {copy(3, f_.reg), add(3, insn().off), copy(1, isa::kFramePtr), add(1, *slot), mov(2, size), *call};
  const Insn reads_copy = load(insn().dst, isa::kFramePtr, *slot, isa::insn_size(insn().code));
  const auto insert = inserting(f_.insn_idx, around(code));
  const int at = f_.insn_idx;
  offer(fmt::format("read it with `bpf_probe_read_kernel(&copy, {}, %name)`", size), {}, at,
        [insert, at, reads_copy](Edit& edit) { return replacing(at, reads_copy)(edit) && insert(edit); });
}

// Memory that a call takes away is read or written before that call.
void Maker::use_before_lost() {
  if (f_.lost_at < 0 || !in_walk() || isa::is_call(insn()) || isa::is_atomic(insn())) return;
  const bool loads = isa::insn_class(insn().code) == isa::BPF_LDX;
  constexpr int kFirstKept = 6;  // a call leaves R6 to R9
  Insn moved = insn();
  const int keeps = free_register({f_.reg}, kFirstKept);
  if (loads && keeps < 0) return;
  if (loads) moved.dst = u8(keeps);
  const int at = f_.insn_idx;
  const Insn instead = loads ? copy(insn().dst, moved.dst) : jump(0);
  const auto insert = inserting(f_.lost_at, {moved});
  offer("do this before `" + f_.lost_by + "()`, which takes the memory away", {}, at,
        [insert, at, instead](Edit& edit) { return replacing(at, instead)(edit) && insert(edit); });
}

// A field of the context that may only be read whole, or from its beginning.
void Maker::access_whole_field() {
  const auto off = number("off");
  if (!off || !in_walk() || isa::insn_class(insn().code) != isa::BPF_LDX) return;
  for (const u8 size : {isa::BPF_W, isa::BPF_DW, isa::BPF_H, isa::BPF_B}) {
    const int bytes = isa::size_bytes(size);
    Insn whole = insn();
    whole.code = u8(isa::BPF_LDX | isa::BPF_MEM | size);
    whole.off = s16(insn().off - *off % bytes);
    if (whole == insn()) continue;
    offer(fmt::format("read the field with its own type: {} byte{} at offset {}", bytes, bytes == 1 ? "" : "s",
                      *off - *off % bytes),
          {}, f_.insn_idx, replacing(f_.insn_idx, whole));
  }
}

// A jump that leaves its function: to the next place that ends one.
void Maker::jump_inside() {
  const auto from = number("insn");
  if (!from || *from < 0 || size_t(*from) >= program_.insns.size()) return;
  for (size_t i = size_t(*from) + 1; i < program_.insns.size(); i += isa::is_ldimm64(program_.insns[i]) ? 2 : 1) {
    if (!isa::is_exit(program_.insns[i])) continue;
    Insn inside = program_.insns[size_t(*from)];
    inside.off = s16(s64(i) - *from - 1);
    offer(fmt::format("jump to a place in the same function, as instruction {} is (`exit`)", i), {}, int(*from),
          replacing(int(*from), inside));
    return;
  }
}

// --- loops, sections, declarations ----------------------------------------------------------------------------------

// May_goto at the head of each loop that the failure lies in: out of the loop when it has gone round too often.
void Maker::bound_loop() {
  const auto& insns = program_.insns;
  const s64 inside = f_.insn_idx;
  const std::string help = "end the loop with `&& can_loop`, or use `bpf_for()`";
  for (size_t i = 0; i < insns.size(); i += isa::is_ldimm64(insns[i]) ? 2 : 1) {
    const bool jumps = isa::is_goto(insns[i]) || isa::is_cond_jmp(insns[i]);
    const s64 head = s64(i) + 1 + (isa::is_goto(insns[i]) ? isa::goto_offset(insns[i]) : insns[i].off);
    if (!jumps || head > s64(i) || (inside >= 0 && (inside < head || inside > s64(i)))) continue;
    const Insn out_of_it = {isa::BPF_JMP | isa::BPF_JCOND, 0, isa::BPF_MAY_GOTO, s16(s64(i) + 1 - head), 0};
    offer(help, {SourceEdit::Kind::Bound, {}}, int(head), inserting(int(head), {out_of_it}));
    const Code leaves = {
        {isa::BPF_JMP | isa::BPF_JCOND, 0, isa::BPF_MAY_GOTO, 1, 0}, jump(2), mov(0, harmless_return()), leave()};
    offer(help, {SourceEdit::Kind::Bound, {}}, int(head), inserting(int(head), leaves));
  }
}

void Maker::leave_section(const char* kfunc, const char* words) {
  const auto call = call_named(target_, kfunc);
  if (!call || !in_walk()) return;
  offer(words, in_c(std::string(kfunc) + "();"), f_.insn_idx, inserting(f_.insn_idx, around({*call})));
}

// From the function's beginning, so that what is read on the way here is protected, too.
void Maker::enter_section() {
  const auto begin = call_named(target_, "bpf_rcu_read_lock"), end = call_named(target_, "bpf_rcu_read_unlock");
  const auto slot = new_slot();
  if (!begin || !end || !slot || !in_walk()) return;
  std::vector<Insertion> insertions = {{int(f_.subprog), {save(1, *slot), *begin, restore(1, *slot)}}};
  for (u32 i = f_.subprog; i < f_.subprog_end; ++i)
    if (isa::is_exit(program_.insns[i])) insertions.push_back({int(i), {save(0, *slot), *end, restore(0, *slot)}});
  offer("do this between `bpf_rcu_read_lock()` and `bpf_rcu_read_unlock()`, with the load that gives %name", {},
        f_.insn_idx, inserting(std::move(insertions)));
}

void Maker::declare_gpl() {
  offer("declare a GPL compatible license: `char LICENSE[] SEC(\"license\") = \"GPL\";`",
        {SourceEdit::Kind::License, {}}, -1, [](Edit& edit) { return edit.program.gpl_compatible = true; });
}

void Maker::declare_sleepable(bool sleepable) {
  offer(sleepable ? "make the program sleepable: put `.s` behind the type in its section name"
                  : "let the program not sleep: leave out `.s` behind the type in its section name",
        {sleepable ? SourceEdit::Kind::Sleepable : SourceEdit::Kind::NotSleepable, {}}, -1, [sleepable](Edit& edit) {
          if (sleepable)
            edit.program.prog_flags |= BPF_F_SLEEPABLE;
          else
            edit.program.prog_flags &= ~u32(BPF_F_SLEEPABLE);
          return true;
        });
}

void Maker::declare_static() {
  const std::string func = text("func");
  offer("make `" + func + "` static, or let it return an int", {SourceEdit::Kind::Static, func}, -1,
        [func](Edit& edit) { return set_linkage(edit.program, func, btf::BTF_FUNC_STATIC); });
}

// --- which changes for which failure --------------------------------------------------------------------------------

namespace {

struct Row {
  Kind kind;
  void (*make)(Maker&);
};

void make_access(Maker& m) {
  m.null_check();
  m.use_before_lost();
  m.read_kernel_memory();
}
void make_null(Maker& m) { m.null_check(); }
void make_bounds(Maker& m) {
  m.null_check();
  m.limit_offset();
  m.limit_number();
  m.limit_size();
  m.shift_offset();
}
void make_size(Maker& m) {
  m.limit_size();
  m.shift_offset();
}
void make_number(Maker& m) {
  m.limit_number();
  m.limit_offset();
}
void make_constant(Maker& m) {
  m.limit_number();
  m.limit_offset();
  m.limit_constant();
}
void make_packet(Maker& m) {
  m.packet_check();
  m.limit_offset();
}
void make_alignment(Maker& m) { m.align_access(); }
void make_register(Maker& m) {
  m.set_missing_return();
  m.set_register();
}
void make_stack(Maker& m) {
  m.set_stack();
  m.limit_size();
}
void make_return(Maker& m) { m.set_return(); }
void make_release(Maker& m) {
  m.release();
  m.release_from_slot();
}
void make_loop(Maker& m) { m.bound_loop(); }
void make_gpl(Maker& m) { m.declare_gpl(); }
void make_sleepable(Maker& m) { m.declare_sleepable(true); }
void make_not_sleepable(Maker& m) { m.declare_sleepable(false); }
void make_static_function(Maker& m) { m.declare_static(); }
void make_lock(Maker& m) { m.take_lock(); }
void make_unlock_other(Maker& m) { m.unlock_what_is_held(); }
void make_unlock(Maker& m) { m.unlock_before(); }
void make_call_unlocked(Maker& m) { m.unlock_around_call(); }
void make_rcu_unlock(Maker& m) {
  m.leave_section("bpf_rcu_read_unlock", "leave the RCU section before this: `bpf_rcu_read_unlock();`");
}
void make_rcu_lock(Maker& m) { m.enter_section(); }
void make_preempt_enable(Maker& m) {
  m.leave_section("bpf_preempt_enable", "allow preemption before this: `bpf_preempt_enable();`");
}
void make_iterator(Maker& m) { m.begin_iterator(); }
void make_no_iterator(Maker& m) { m.end_iterator(); }
void make_jump(Maker& m) { m.jump_inside(); }
void make_context(Maker& m) { m.access_whole_field(); }

constexpr Row kRows[] = {
    {Kind::InvalidMemAccess, make_access},
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
    {Kind::InvalidStackAccess, make_size},
    {Kind::PtrMathUnboundedMin, make_number},
    {Kind::PtrMathConstTooLarge, make_constant},
    {Kind::PtrOffsetNotAllowed, make_constant},
    {Kind::PtrOutOfBounds, make_constant},
    {Kind::SizeMinValueNegative, make_number},
    {Kind::SizeUnbounded, make_number},
    {Kind::SizeZeroSizedRead, make_number},
    {Kind::MemLenPair, make_number},
    {Kind::InvalidPacketAccess, make_packet},
    {Kind::OutsidePacket, make_packet},
    {Kind::MisalignedAccess, make_alignment},
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
    {Kind::OverwriteReferencedDynptr, make_release},
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
    {Kind::TargetNotSleepable, make_not_sleepable},
    {Kind::SleepableProgType, make_not_sleepable},
    {Kind::GlobalFuncNotScalar, make_static_function},
    {Kind::GraphRootLockNotHeld, make_lock},
    {Kind::UnlockDifferentLock, make_unlock_other},
    {Kind::InsideSpinLock, make_unlock},
    {Kind::SpinUnlockMissing, make_unlock},
    {Kind::CallWithLock, make_call_unlocked},
    {Kind::GlobalCallWithLock, make_call_unlocked},
    {Kind::InsideRcuReadLock, make_rcu_unlock},
    {Kind::RcuUnlockMissing, make_rcu_unlock},
    {Kind::ArgNotRcuPointer, make_rcu_lock},
    {Kind::IterNeedsRcu, make_rcu_lock},
    {Kind::SleepableHelperInRcu, make_rcu_unlock},
    {Kind::SleepableKfuncInRcu, make_rcu_unlock},
    {Kind::InsidePreemptDisable, make_preempt_enable},
    {Kind::PreemptEnableMissing, make_preempt_enable},
    {Kind::SleepableHelperNonPreemptible, make_preempt_enable},
    {Kind::SleepableKfuncNonPreemptible, make_preempt_enable},
    {Kind::IterNotInit, make_iterator},
    {Kind::IterNotUninit, make_no_iterator},
    {Kind::InvalidCtxAccess, make_context},
    {Kind::JumpOutOfRange, make_jump},
};

}  // namespace

std::vector<Remedy> changes_for(const Failure& failure, const Program& program, const target::Target& target) {
  Maker maker(failure, program, target);
  for (const Row& row : kRows)
    if (row.kind == failure.rejection.kind) row.make(maker);
  return maker.take();
}

}  // namespace skep::verifier
