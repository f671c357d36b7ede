// Calls of helpers and kfuncs, some of them in place, tail calls, and packet loads.
#include <bit>
#include <cerrno>
#include <cstddef>

#include "engine/jit/emitter.h"
#include "engine/kobj/hand_out.h"

namespace skep::engine::native {

void Emitter::call_c(u64 function) {
  a_.mov(x86::r10, function);
  a_.call(x86::r10);
}

void Emitter::call_helper(const Op& op) {
  const CallSite& site = *reinterpret_cast<const CallSite*>(op.imm);
  switch (inline_form(op)) {
    case Inline::ArrayLookup: return array_lookup(site.map->map(), false);
    case Inline::PercpuArrayLookup: return array_lookup(site.map->map(), true);
    case Inline::TableLookup: return table_lookup(site.map->map());
    case Inline::InnerMap: return inner_map(*site.map);
    case Inline::CpuId: a_.mov(x86::eax, x86::dword_ptr(x86::r12, offsetof(RunWords, cpu))); return;
    case Inline::Loop: return options_.budget ? call_site(site) : loop(site);
    case Inline::None: return call_site(site);
  }
}

void Emitter::call_site(const CallSite& site) {
  a_.mov(x86::r10, reinterpret_cast<u64>(&site));
  a_.mov(x86::qword_ptr(x86::r12, offsetof(RunWords, site)), x86::r10);
  a_.mov(x86::r9, x86::r12);
  call_c(reinterpret_cast<u64>(site.fn));
}

// The value's address, or NULL for an index outside.
void Emitter::array_lookup(const map::Map& map, bool per_cpu) {
  const Label done = a_.newLabel();
  const u64 elem_size = map.geometry().elem_size;
  a_.mov(x86::r10d, x86::dword_ptr(x86::rsi));
  a_.xor_(x86::eax, x86::eax);
  a_.cmp(x86::r10d, map.meta().max_entries);
  a_.short_().jae(done);
  if (std::has_single_bit(elem_size)) {
    if (elem_size > 1) a_.shl(x86::r10, std::countr_zero(elem_size));
  } else if (elem_size <= 0x7fffffff) {
    a_.imul(x86::r10, x86::r10, s32(elem_size));
  } else {
    a_.mov(x86::rax, elem_size);
    a_.imul(x86::r10, x86::rax);
  }
  if (per_cpu) {
    a_.mov(x86::eax, x86::dword_ptr(x86::r12, offsetof(RunWords, cpu)));
    a_.imul(x86::rax, x86::rax, s32(map::round_up(map.meta().value_size, 8)));
    a_.add(x86::r10, x86::rax);
  }
  a_.mov(x86::rax, reinterpret_cast<u64>(map.data() + map.geometry().values));
  a_.add(x86::rax, x86::r10);
  a_.bind(done);
}

// A map::LookupFn: the key is in place, the second argument as R2.
void Emitter::table_lookup(const map::Map& map) {
  a_.mov(x86::rdi, reinterpret_cast<u64>(&map));
  a_.mov(x86::edx, x86::dword_ptr(x86::r12, offsetof(RunWords, cpu)));
  call_c(reinterpret_cast<u64>(map.ops().lookup_fn(map.meta())));
}

void Emitter::inner_map(MapHandle& map) {
  a_.mov(x86::rdi, reinterpret_cast<u64>(&map));
  a_.mov(x86::r9, x86::r12);
  call_c(reinterpret_cast<u64>(&inner_map_at));
}

// bpf_loop(): R1 is the count, all 64 bits of it as where Linux puts the loop into the program, R3 the context. The
// result is how often it went round.
void Emitter::loop(const CallSite& site) {
  const Label again = a_.newLabel(), done = a_.newLabel();
  const Gp index = x86::rdi;
  a_.mov(x86::rax, s64(-E2BIG));
  a_.cmp(x86::rdi, kMaxLoops);
  a_.ja(done);
  a_.xor_(x86::eax, x86::eax);
  a_.test(x86::rdi, x86::rdi);
  a_.jz(done);
  a_.mov(slot(kLoopCount), x86::rdi);
  a_.mov(slot(kLoopContext), x86::rdx);
  a_.xor_(x86::edi, x86::edi);
  a_.bind(again);
  a_.mov(slot(kLoopIndex), index);
  a_.mov(x86::rsi, slot(kLoopContext));
  a_.call(bodies_[u32(site.fact->loop_callback)]);
  a_.mov(index, slot(kLoopIndex));
  a_.add(index, 1);
  a_.test(x86::rax, x86::rax);
  a_.mov(x86::rax, index);
  a_.jnz(done);
  a_.cmp(index, slot(kLoopCount));
  a_.jb(again);
  a_.bind(done);
}

// The frame goes before the jump: what is called returns to our caller.
void Emitter::tail_call(const Op& op) {
  const Label nowhere = a_.newLabel(), ran = a_.newLabel(), unknown = a_.newLabel();
  const CallSite& call = *reinterpret_cast<const CallSite*>(op.imm);
  const TailSite& site = tail_sites_[next_tail_site_++];
  if (call.map && !options_.budget) tail_call_to_known(call.map->map(), site, unknown);
  a_.bind(unknown);
  a_.mov(x86::rcx, reinterpret_cast<u64>(&site));
  a_.mov(x86::r9, x86::r12);
  call_c(reinterpret_cast<u64>(&tail_target));
  a_.cmp(x86::rax, kRan);
  a_.jb(nowhere);
  a_.je(ran);
  a_.mov(x86::rdi, x86::rdx);
  unwind_frame();
  a_.jmp(x86::rax);
  a_.bind(ran);
  a_.mov(x86::rax, x86::rdx);
  unwind_frame();
  a_.ret();
  a_.bind(nowhere);
  a_.mov(x86::rax, -1);
}

// Jumps, if the element names the program that this site last went to from an element of that kind: R1 is in place.
void Emitter::tail_call_to_known(const map::Map& programs, const TailSite& site, Label unknown) {
  const Gp known = x86::r9, index = x86::r10;
  const Mem count = x86::dword_ptr(x86::r12, offsetof(RunWords, tail_calls));
  a_.mov(index.r32(), r32(3));
  a_.cmp(index.r32(), programs.meta().max_entries);
  a_.jae(unknown);
  a_.mov(x86::rax, reinterpret_cast<u64>(programs.data() + programs.geometry().values));
  a_.mov(x86::eax, x86::dword_ptr(x86::rax, index, 3));
  a_.and_(index.r32(), TailSite::kSlots - 1);
  a_.mov(known, reinterpret_cast<u64>(&site));
  a_.mov(known, x86::qword_ptr(known, index, 3));
  a_.test(known, known);
  a_.jz(unknown);
  a_.cmp(x86::dword_ptr(known, offsetof(TailEntry, id)), x86::eax);
  a_.jne(unknown);
  a_.cmp(count, kMaxTailCalls);
  a_.jae(unknown);
  a_.add(count, 1);
  a_.mov(x86::rax, x86::qword_ptr(known, offsetof(TailEntry, entry)));
  unwind_frame();
  a_.jmp(x86::rax);
}

// All registers but the target stay what they are. An even number of them is put on the stack, which stays aligned.
void Emitter::load_kptr(const Op& op) {
  constexpr u32 kLost[] = {0, 1, 2, 3, 4, 5};
  a_.mov(x86::r10, plain(op.src, op.off));
  for (const u32 reg : kLost) a_.push(r64(reg));
  a_.mov(x86::rdi, x86::r10);
  a_.mov(x86::rsi, op.imm);
  a_.mov(x86::rdx, x86::r12);
  call_c(reinterpret_cast<u64>(&living_kptr));
  a_.mov(x86::r10, x86::rax);
  for (u32 n = std::size(kLost); n-- > 0;) a_.pop(r64(kLost[n]));
  a_.mov(r64(op.dst), x86::r10);
}

// The context is in R6. What lies outside of the packet ends the function with 0.
void Emitter::packet_load(const Op& op, u32 bytes) {
  const Label inside = a_.newLabel();
  if (op.dst) {
    a_.movsxd(x86::rsi, r32(op.src));
    if (op.imm) a_.add(x86::rsi, s32(op.imm));
  } else {
    a_.mov(x86::rsi, op.imm);
  }
  a_.mov(x86::rdi, r64(6));
  a_.mov(x86::edx, bytes);
  call_c(reinterpret_cast<u64>(&packet_word));
  a_.test(x86::rax, x86::rax);
  a_.short_().jns(inside);
  a_.xor_(x86::eax, x86::eax);
  unwind_frame();
  a_.ret();
  a_.bind(inside);
}

}  // namespace skep::engine::native
