// Calls of helpers and kfuncs, some of them in place, tail calls, and packet loads.
#include <bit>
#include <cerrno>
#include <cstddef>

#include "engine/jit/emitter.h"
#include "engine/kobj/hand_out.h"

namespace skep::engine::native {
namespace {

// A word before what the map pointer in `pointer` points to.
x86::Mem map_word(const x86::Gp& pointer, size_t offset) {
  return x86::ptr(pointer, s32(offset) - s32(sizeof(MapWords)));
}

}  // namespace

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
    case Inline::ArrayOfMaps: return map_in_array(*site.map);
    case Inline::HashOfMaps: return map_in_hash(*site.map);
    case Inline::InnerArrayLookup: return inner_array_lookup(*site.fact->inner);
    case Inline::InnerTableLookup: return inner_table_lookup(*site.fact->inner);
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

// In r10; rax is lost.
void Emitter::index_times(u64 elem_size) {
  if (std::has_single_bit(elem_size)) {
    if (elem_size > 1) a_.shl(x86::r10, std::countr_zero(elem_size));
  } else if (elem_size <= 0x7fffffff) {
    a_.imul(x86::r10, x86::r10, s32(elem_size));
  } else {
    a_.mov(x86::rax, elem_size);
    a_.imul(x86::r10, x86::rax);
  }
}

// The value's address, or NULL for an index outside.
void Emitter::array_lookup(const map::Map& map, bool per_cpu) {
  const Label done = a_.newLabel();
  a_.mov(x86::r10d, x86::dword_ptr(x86::rsi));
  a_.xor_(x86::eax, x86::eax);
  a_.cmp(x86::r10d, map.meta().max_entries);
  a_.short_().jae(done);
  index_times(map.geometry().elem_size);
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

// --- maps of maps -------------------------------------------------------------------------------------------------

// What the element names, if it was asked for lately.
void Emitter::map_in_array(MapHandle& outer) {
  const Label done = a_.newLabel();
  const map::Map& map = outer.map();
  a_.mov(x86::r10d, x86::dword_ptr(x86::rsi));
  a_.xor_(x86::eax, x86::eax);
  a_.cmp(x86::r10d, map.meta().max_entries);
  a_.short_().jae(done);
  a_.mov(x86::rax, reinterpret_cast<u64>(map.data() + map.geometry().values));
  a_.mov(x86::eax, x86::dword_ptr(x86::rax, x86::r10, 3));
  a_.test(x86::eax, x86::eax);
  a_.short_().jz(done);
  a_.mov(x86::r10d, x86::eax);
  a_.and_(x86::r10d, outer.recent().mask());
  a_.mov(x86::r11, reinterpret_cast<u64>(outer.recent().words()));
  a_.mov(x86::r10, x86::qword_ptr(x86::r11, x86::r10, 3));
  a_.cmp(map_word(x86::r10, offsetof(MapWords, id)), x86::eax);
  a_.mov(x86::rax, x86::r10);
  a_.short_().je(done);
  map_in_hash(outer);
  a_.bind(done);
}

void Emitter::map_in_hash(MapHandle& outer) {
  a_.mov(x86::rdi, reinterpret_cast<u64>(&outer));
  a_.mov(x86::r9, x86::r12);
  call_c(reinterpret_cast<u64>(&inner_map_at));
}

// Inner maps are like the template but for the number of their elements.
void Emitter::inner_array_lookup(const map::MapMeta& inner) {
  const Label done = a_.newLabel();
  a_.mov(x86::r10d, x86::dword_ptr(x86::rsi));
  a_.xor_(x86::eax, x86::eax);
  a_.cmp(x86::r10d, map_word(x86::rdi, offsetof(MapWords, max_entries)));
  a_.short_().jae(done);
  index_times(map::round_up(inner.value_size, 8));
  a_.add(x86::r10, map_word(x86::rdi, offsetof(MapWords, values)));
  a_.mov(x86::rax, x86::r10);
  a_.bind(done);
}

void Emitter::inner_table_lookup(const map::MapMeta& inner) {
  a_.mov(x86::rdi, map_word(x86::rdi, offsetof(MapWords, map)));
  a_.mov(x86::edx, x86::dword_ptr(x86::r12, offsetof(RunWords, cpu)));
  call_c(reinterpret_cast<u64>(map::type_row(inner.map_type)->ops->lookup_fn(inner)));
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
void Emitter::tail_call(const Op& op, u32 i) {
  const Label nowhere = a_.newLabel(), ran = a_.newLabel(), unknown = a_.newLabel();
  const CallSite& call = *reinterpret_cast<const CallSite*>(op.imm);
  const TailSite& site = tail_sites_[next_tail_site_++];
  if (call.map && !options_.budget) tail_call_to_known(call.map->map(), site, i, unknown);
  a_.bind(unknown);
  if (call.map) a_.mov(x86::rsi, call.map->pointer());
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
void Emitter::tail_call_to_known(const map::Map& programs, const TailSite& site, u32 i, Label unknown) {
  const Gp known = x86::r9, index = x86::r10, calls = x86::r10d;
  const Mem count = x86::dword_ptr(x86::r12, offsetof(RunWords, tail_calls));
  const u64 slots = reinterpret_cast<u64>(programs.data() + programs.geometry().values);
  if (const auto number = number_in(3, i)) {
    if (*number >= programs.meta().max_entries) return;
    a_.mov(x86::rax, slots + u64(*number) * 8);
    a_.mov(known, reinterpret_cast<u64>(&site.recent[*number % TailSite::kSlots]));
    a_.mov(x86::eax, x86::dword_ptr(x86::rax));
    a_.mov(known, x86::qword_ptr(known));
  } else {
    a_.mov(index.r32(), r32(3));
    a_.cmp(index.r32(), programs.meta().max_entries);
    a_.jae(unknown);
    a_.mov(x86::rax, slots);
    a_.mov(known, reinterpret_cast<u64>(&site));
    a_.mov(x86::eax, x86::dword_ptr(x86::rax, index, 3));
    a_.and_(index.r32(), TailSite::kSlots - 1);
    a_.mov(known, x86::qword_ptr(known, index, 3));
  }
  a_.mov(calls, count);
  a_.cmp(x86::dword_ptr(known, offsetof(TailEntry, id)), x86::eax);
  a_.jne(unknown);
  a_.cmp(calls, kMaxTailCalls);
  a_.jae(unknown);
  a_.add(calls, 1);
  a_.mov(count, calls);
  unwind_frame();
  a_.jmp(x86::qword_ptr(known, offsetof(TailEntry, entry)));
}

// The number that a register holds when operation i begins, if it always is the same and was put there lately.
std::optional<u32> Emitter::number_in(u32 reg, u32 i) const {
  while (i-- > current_->start && !analysis_.ops[i + 1].target) {
    const Op& op = code_.ops[i];
    if (!(effect_of(op).defs & reg_bit(reg))) continue;
    return is_number(op.code) ? std::optional(u32(op.imm)) : std::nullopt;
  }
  return std::nullopt;
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
