// The frames of subprograms, and the way through their operations.
#include "engine/jit/emitter.h"

#include "engine/jit/asmjit_debug.h"

#include "isa/insn.h"

namespace skep::engine::native {
namespace {

// BPF registers that C functions keep, in the order they are saved.
constexpr u32 kSavedRegs[] = {6, 7, 8, 9};
}  // namespace

Emitter::Emitter(const Code& code, const Analysis& analysis, std::span<TailSite> tail_sites, EmitOptions options)
    : code_(code),
      analysis_(analysis),
      tail_sites_(tail_sites),
      options_(options),
      arena_(ArenaView::of(code)),
      bmi2_(asmjit::CpuInfo::host().features().x86().hasBMI2()),
      labels_(code.ops.size()),
      starts_(code.ops.size() + 1) {
  failed_ |= holder_.init(asmjit::Environment::host()) != asmjit::kErrorOk;
  holder_.setErrorHandler(this);
  failed_ |= holder_.attach(&a_) != asmjit::kErrorOk;
  a_.addEncodingOptions(asmjit::EncodingOptions::kOptimizedAlign);
}

bool Emitter::write() {
  const u32 n = code_.n_subprogs();
  for (u32 s = 0; s < n; ++s) bodies_.push_back(a_.newLabel());
  entries_.resize(n);
  for (u32 s = 0; s < n && !failed_; ++s) {
    subprogram(s);
    entries_[s].function = u32(a_.offset());
    function_entry(s);
  }
  return !failed_ && holder_.unresolvedLinkCount() == 0;
}

Output Emitter::output() {
  for (u32 s = 0; s < code_.n_subprogs(); ++s) entries_[s].body = u32(holder_.labelOffset(bodies_[s]));
  std::vector<FaultRow> rows;
  fault_rows(rows);
  const asmjit::CodeBuffer& bytes = holder_.textSection()->buffer();
  return {CodeMemory::make({bytes.data(), bytes.size()}, std::move(rows)), std::move(entries_)};
}

// Heads of loops are aligned, small ones so that the loop lies in one line; but not where a loop goes on that began
// before: there it would go through the filling each time.
void Emitter::align_head(u32 i) {
  const u32 end = analysis_.ops[i].loop_end;
  const bool goes_on = i < loop_until_ && end > loop_until_;
  loop_until_ = std::max(loop_until_, end);
  if (goes_on) return;
  const u32 copies = is_tight_loop(i) && !is_written_twice(i) ? 2 : 1;  // that were measured
  const bool is_small = knows_sizes() && known_bytes(i, end + 1) / copies <= kLine + kAlign;
  a_.align(asmjit::AlignMode::kCode, is_small ? kLine : kAlign);
}

void Emitter::fault_rows(std::vector<FaultRow>& rows) const {
  rows.reserve(faults_.size());
  for (const PendingFault& f : faults_) rows.push_back({f.at, u32(holder_.labelOffset(f.resume)), f.zeroed});
}

// --- frames -------------------------------------------------------------------------------------------------------

// C functions want the stack pointer at a multiple of 16 when they are called; we come with 8 more, the return address.
void Emitter::plan_frame(u32 s) {
  current_ = &analysis_.subprogs[s];
  depth_ = code_.stack_depth[s];
  const u32 slots = current_->may_goto ? kSlots : current_->loops ? kMayGoto : 0;
  frame_bytes_ = current_->uses_frame ? depth_ + 8 * slots : 0;
  u32 pushed = current_->uses_frame ? 16 : 8;
  for (const u32 reg : kSavedRegs) pushed += current_->saved & reg_bit(reg) ? 8 : 0;
  if (current_->calls && (pushed + frame_bytes_) % 16 != 0) frame_bytes_ += 8;
}

void Emitter::prologue() {
  if (current_->uses_frame) {
    a_.push(x86::rbp);
    a_.mov(x86::rbp, x86::rsp);
  }
  if (frame_bytes_) a_.sub(x86::rsp, frame_bytes_);
  for (const u32 reg : kSavedRegs)
    if (current_->saved & reg_bit(reg)) a_.push(r64(reg));
  if (current_->may_goto) a_.mov(slot(kMayGoto), kMaxLoops);
}

// All but the return.
void Emitter::unwind_frame() {
  for (u32 n = std::size(kSavedRegs); n-- > 0;)
    if (current_->saved & reg_bit(kSavedRegs[n])) a_.pop(r64(kSavedRegs[n]));
  if (current_->uses_frame)
    a_.leave();
  else if (frame_bytes_)
    a_.add(x86::rsp, frame_bytes_);
}

// A HelperFn: R1 to R5 are in place, and the run is the sixth argument.
void Emitter::function_entry(u32 s) {
  a_.push(x86::r12);
  a_.mov(x86::r12, x86::r9);
  a_.call(bodies_[s]);
  a_.pop(x86::r12);
  a_.ret();
}

// --- operations ---------------------------------------------------------------------------------------------------

void Emitter::subprogram(u32 s) {
  plan_frame(s);
  a_.align(asmjit::AlignMode::kCode, kAlign);
  a_.bind(bodies_[s]);
  prologue();
  edges_.clear();
  for (u32 i = current_->start; i < current_->end && !failed_;) {
    starts_[i] = u32(a_.offset());
    const u32 n = operation(i);
    for (const u32 next = i + n; i < next;) starts_[++i] = u32(a_.offset());
  }
  divide_edges();
}

u32 Emitter::operation(u32 i) {
  const Op& op = code_.ops[i];
  if (op.code == OpCode::Unreachable) {
    unreachable(i);
    return 1;
  }
  if (analysis_.ops[i].target) {
    if (analysis_.ops[i].loop_end) align_head(i);
    a_.bind(label_of(i));
    starts_[i] = u32(a_.offset());
    if (is_written_twice(i)) return loop_twice(i);
  }
  return step(i);
}

u32 Emitter::step(u32 i) {
  const Op& op = code_.ops[i];
  const Effect effect = effect_of(op);
  if (effect.pure && !(effect.defs & analysis_.ops[i].live)) return 1;
  if (const u32 n = several(i)) return n;
  any(op, i);
  return 1;
}

void Emitter::any(const Op& op, u32 i) {
  if (in(op.code, OpCode::Div64R, OpCode::SMod32I)) return divide(op, i);
  if (in(op.code, OpCode::Add64R, OpCode::Mov32I)) return alu(op);
  if (in(op.code, OpCode::Neg64, OpCode::Low32)) return unary(op);
  if (in(op.code, OpCode::Ld8, OpCode::ArenaLdS32)) return load(op);
  if (in(op.code, OpCode::St8R, OpCode::ArenaSt64I)) return store(op);
  if (is_branch(op.code)) return branch(op, i);
  if (in(op.code, OpCode::MovS8To64, OpCode::MovS16To32)) return move_extended(op);
  if (in(op.code, OpCode::Atomic32, OpCode::ArenaAtomic64)) return atomic(op);
  if (in(op.code, OpCode::LdAcq8, OpCode::ArenaStRel64)) return acquire_release(op);
  other(op, i);
}

void Emitter::other(const Op& op, u32 i) {
  switch (op.code) {
    case OpCode::LdImm: return move_imm(r64(op.dst), u64(op.imm));
    case OpCode::LdKptr: return load_kptr(op);
    case OpCode::ToUser: return to_user(op);
    case OpCode::LdPacket8: return packet_load(op, 1);
    case OpCode::LdPacket16: return packet_load(op, 2);
    case OpCode::LdPacket32: return packet_load(op, 4);
    case OpCode::Jump: return jump(i, u32(op.off));
    case OpCode::MayGoto: return may_goto(op, i);
    case OpCode::Call: a_.call(bodies_[size_t(op.imm)]); return;
    case OpCode::CallFn: return call_helper(op);
    case OpCode::TailCall: return tail_call(op, i);
    case OpCode::Exit:
      unwind_frame();
      a_.ret();
      return;
    default: failed_ = true;
  }
}

// Only what comes after a call that never returns can be entered, if it does return.
void Emitter::unreachable(u32 i) {
  if (i == current_->start) return;
  const OpCode before = code_.ops[i - 1].code;
  if (ends_flow(before) || is_branch(before)) return;
  stop_in(stop_for_unreachable);
}

// A function that does not come back.
void Emitter::stop_in(void (*function)(Run&)) {
  a_.and_(x86::rsp, -16);
  a_.mov(x86::rdi, x86::r12);
  call_c(reinterpret_cast<u64>(function));
}

}  // namespace skep::engine::native
