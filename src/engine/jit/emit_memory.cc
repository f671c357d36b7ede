// Loads, stores and atomic operations. x86 orders them as BPF's acquire and release want.
#include "engine/jit/emitter.h"
#include "isa/insn.h"

namespace skep::engine::native {
namespace {

constexpr u32 kBytesOfForm[] = {1, 2, 4, 8, 1, 2, 4};  // of Ld8 to LdS32

constexpr u32 number_of(OpCode code, OpCode first) { return u32(code) - u32(first); }

}  // namespace

// The instruction that comes next.
void Emitter::may_fault(Label resume, int zeroed) { faults_.push_back({u32(a_.offset()), resume, zeroed}); }

// In r9, with r10 lost. Outside of the arena nothing happens; a register that is to be loaded is 0 then (and before it
// is loaded, so that it is when a page is missing).
x86::Mem Emitter::arena(u32 base, s32 off, u32 bytes, Label outside, int zeroed) {
  const s64 delta = s64(off) - s64(arena_.start);
  a_.mov(x86::r9d, r32(base));
  if (delta == s32(delta)) {
    if (delta) a_.add(x86::r9, s32(delta));
  } else {
    a_.mov(x86::r10, delta);
    a_.add(x86::r9, x86::r10);
  }
  if (zeroed >= 0) a_.xor_(r32(u32(zeroed)), r32(u32(zeroed)));
  move_imm(x86::r10, arena_.size - bytes);
  a_.cmp(x86::r9, x86::r10);
  a_.ja(outside);
  a_.mov(x86::r10, reinterpret_cast<u64>(arena_.pages));
  a_.add(x86::r9, x86::r10);
  return x86::ptr(x86::r9);
}

// --- loads and stores ---------------------------------------------------------------------------------------------

void Emitter::load_form(u32 form, u32 dst, Mem from) {
  const Gp d = r64(dst), half = r32(dst);
  from.setSize(kBytesOfForm[form]);
  switch (form) {
    case 0:
    case 1: a_.movzx(half, from); return;
    case 2: a_.mov(half, from); return;
    case 3: a_.mov(d, from); return;
    case 4:
    case 5: a_.movsx(d, from); return;
    default: a_.movsxd(d, from);
  }
}

// Three kinds of each form: plain, probing, arena.
void Emitter::load(const Op& op) {
  const u32 number = number_of(op.code, OpCode::Ld8), form = number / 3, kind = number % 3;
  if (kind == 0) return load_form(form, op.dst, plain(op.src, op.off));
  const Label after = a_.newLabel();
  Mem from = plain(op.src, op.off);
  if (kind == 2) from = arena(op.src, op.off, kBytesOfForm[form], after, op.dst);
  may_fault(after, kMachineReg[op.dst]);
  load_form(form, op.dst, from);
  a_.bind(after);
}

void Emitter::store_form(u32 bytes, const Op& op, bool imm, Mem to) {
  to.setSize(bytes);
  if (imm) {
    a_.mov(to, bytes == 1 ? s64(s8(op.imm)) : bytes == 2 ? s64(s16(op.imm)) : s64(s32(op.imm)));
    return;
  }
  const Gp src = r64(op.src);
  switch (bytes) {
    case 1: a_.mov(to, src.r8()); return;
    case 2: a_.mov(to, src.r16()); return;
    case 4: a_.mov(to, src.r32()); return;
    default: a_.mov(to, src);
  }
}

// Of each size: register, immediate, both in the arena.
void Emitter::store(const Op& op) {
  const u32 number = number_of(op.code, OpCode::St8R), bytes = 1u << (number / 4);
  const bool imm = number % 2 == 1;
  if (number % 4 < 2) return store_form(bytes, op, imm, plain(op.dst, op.off));
  const Label after = a_.newLabel();
  const Mem to = arena(op.dst, op.off, bytes, after);
  may_fault(after);
  store_form(bytes, op, imm, to);
  a_.bind(after);
}

// Emits operation i if it is the load or store at `address` after which nobody wants that.
bool Emitter::access_at(u32 i, const Sum& address) {
  if (!address.is_64 || i >= current_->end || analysis_.ops[i].target) return false;
  const Op& op = code_.ops[i];
  Mem at = place_of(address);
  const s64 offset = s64(address.offset) + op.off;
  if (offset != s32(offset)) return false;
  at.setOffsetLo32(s32(offset));
  if (in(op.code, OpCode::Ld8, OpCode::ArenaLdS32)) {
    const u32 number = number_of(op.code, OpCode::Ld8);
    const bool last = op.dst == address.dst || !wanted(i, address.dst);
    if (number % 3 != 0 || op.src != address.dst || !last || !wanted(i, op.dst)) return false;
    load_form(number / 3, op.dst, at);
    return true;
  }
  if (!in(op.code, OpCode::St8R, OpCode::ArenaSt64I)) return false;
  const u32 number = number_of(op.code, OpCode::St8R);
  const bool imm = number % 2 == 1;
  if (number % 4 >= 2 || op.dst != address.dst || (!imm && op.src == address.dst) || wanted(i, address.dst))
    return false;
  store_form(1u << (number / 4), op, imm, at);
  return true;
}

void Emitter::acquire_release(const Op& op) {
  const u32 number = number_of(op.code, OpCode::LdAcq8), size = number % 4;
  const bool in_arena = number / 4 % 2 == 1;
  const Op plain_op{.dst = op.dst, .src = op.src, .off = op.off};
  Op as = plain_op;
  if (number < 8)
    as.code = OpCode(u32(OpCode::Ld8) + 3 * size + (in_arena ? 2 : 0));
  else
    as.code = OpCode(u32(OpCode::St8R) + 4 * size + (in_arena ? 2 : 0));
  return number < 8 ? load(as) : store(as);
}

// --- atomic operations --------------------------------------------------------------------------------------------

void Emitter::atomic(const Op& op) {
  const u32 number = number_of(op.code, OpCode::Atomic32);
  const bool is_64 = number % 2 == 1, in_arena = number >= 2;
  const Label after = a_.newLabel();
  if (!in_arena) {
    atomic_at(op, is_64, plain(op.dst, op.off), {});
  } else {
    const Mem at = arena(op.dst, op.off, is_64 ? 8 : 4, after);
    atomic_at(op, is_64, at, after);
  }
  a_.bind(after);
}

// `resume`: where it goes on if the memory is not there; invalid: it always is.
void Emitter::atomic_at(const Op& op, bool is_64, Mem at, Label resume) {
  const Gp src = sized(is_64, op.src);
  const bool fetch = op.imm & isa::BPF_FETCH;
  const s64 operation = op.imm & ~s64(isa::BPF_FETCH);
  const bool has_loop = fetch && (operation == isa::BPF_OR || operation == isa::BPF_AND || operation == isa::BPF_XOR);
  at.setSize(is_64 ? 8 : 4);
  if (has_loop) return atomic_loop(op, is_64, at, resume);
  if (resume.isValid()) may_fault(resume);
  if (op.imm == isa::BPF_XCHG) {
    a_.xchg(at, src);
  } else if (op.imm == isa::BPF_CMPXCHG) {
    a_.lock().cmpxchg(at, src);
    if (!is_64) a_.mov(x86::eax, x86::eax);
  } else if (fetch) {
    a_.lock().xadd(at, src);
  } else {
    switch (operation) {
      case isa::BPF_ADD: a_.lock().add(at, src); return;
      case isa::BPF_OR: a_.lock().or_(at, src); return;
      case isa::BPF_AND: a_.lock().and_(at, src); return;
      default: a_.lock().xor_(at, src);
    }
  }
}

// x86 gives the old value of an addition only. rax is kept in r11, or is the operand there.
void Emitter::atomic_loop(const Op& op, bool is_64, Mem at, Label resume) {
  constexpr u32 kRax = 0;  // BPF register
  const Gp rax = sized(is_64, x86::rax), fresh = sized(is_64, x86::r10);
  const Gp operand = op.src == kRax ? sized(is_64, x86::r11) : sized(is_64, op.src);
  const Label again = a_.newLabel(), restore = a_.newLabel();
  a_.mov(x86::r11, x86::rax);
  if (at.baseId() == x86::rax.id()) at.setBase(x86::r11);
  a_.bind(again);
  if (resume.isValid()) may_fault(restore);
  a_.mov(rax, at);
  a_.mov(fresh, rax);
  switch (op.imm & ~s64(isa::BPF_FETCH)) {
    case isa::BPF_OR: a_.or_(fresh, operand); break;
    case isa::BPF_AND: a_.and_(fresh, operand); break;
    default: a_.xor_(fresh, operand);
  }
  if (resume.isValid()) may_fault(restore);
  a_.lock().cmpxchg(at, fresh);
  a_.jnz(again);
  a_.mov(op.src == kRax ? Gp(x86::r11) : r64(op.src), x86::rax);
  a_.bind(restore);
  a_.mov(x86::rax, x86::r11);
}

// NULL stays NULL; everything else gets the upper half of the arena's user address.
void Emitter::to_user(const Op& op) {
  const Label null = a_.newLabel();
  const Gp d = r32(op.dst);
  a_.mov(d, r32(op.src));
  a_.test(d, d);
  a_.short_().jz(null);
  a_.mov(x86::r10, u64(op.imm));
  a_.or_(r64(op.dst), x86::r10);
  a_.bind(null);
}

}  // namespace skep::engine::native
