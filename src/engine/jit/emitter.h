// Writes machine code for linked code, one operation after the other.
//
//   R0 rax   R1 rdi   R2 rsi   R3 rdx   R4 rcx   R5 r8   R6 rbx   R7 r13   R8 r14   R9 r15   R10 rbp
//   r12: the Run, also in r9 for whatever is called      r9, r10, r11: for the emitter
//
// These are the registers of a C call with six arguments, so that a helper is called without moving any. A subprogram
// saves those of rbx, rbp and r13 to r15 that it changes; each has an entry for C callers besides, which sets r12.
//
//   frame, downwards:   return address · caller's rbp <- rbp · the program's stack · slots · saved registers <- rsp
#pragma once

#include <optional>

#include <asmjit/x86.h>

#include "engine/arena.h"
#include "engine/jit/analysis.h"
#include "engine/jit/code_memory.h"
#include "engine/jit/runtime.h"

namespace skep::engine::native {

namespace x86 = asmjit::x86;

// Offsets in the code.
struct Entry {
  u32 body = 0;      // for calls between subprograms and tail calls: r12 is set
  u32 function = 0;  // a HelperFn
};

struct Output {
  std::unique_ptr<CodeMemory> memory;  // null: it did not work
  std::vector<Entry> entries;          // per subprogram
};

struct EmitOptions {
  bool budget = false;  // count jumps backward and callbacks
  // Where operations began when this code was written before (Emitter::starts()). Empty: all jumps forward are long.
  std::span<const u32> known_starts = {};
  u32 near_bytes = 127;  // a jump forward by so many then is short; one that turns out longer is an error
};

class Emitter final : private asmjit::ErrorHandler {
 public:
  // `tail_sites`: one per tail call of the code.
  Emitter(const Code& code, const Analysis& analysis, std::span<TailSite> tail_sites, EmitOptions options);

  bool write();  // false: it did not work
  Output output();
  // Per operation, and the end.
  const std::vector<u32>& starts() const { return starts_; }

 private:
  using Gp = x86::Gp;
  using Mem = x86::Mem;
  using Label = asmjit::Label;

  struct PendingFault {
    u32 at;
    Label resume;
    int zeroed;
  };
  // What one `lea` adds up: base + (index << shift) + offset.
  struct Sum {
    u32 n = 0;  // operations; 0: it is no such thing
    u32 dst = 0;
    u32 base = 0, index = 0, shift = 0;
    s32 offset = 0;
    bool has_index = false, is_64 = true;
  };
  // The rare ways of a division, after the subprogram's code.
  struct DivideEdge {
    Label zero, minus_one, back;
    u32 dst;
    bool is_64, modulo;
  };

  void handleError(asmjit::Error, const char*, asmjit::BaseEmitter*) override { failed_ = true; }

  // emitter.cc
  void align_head(u32 i);
  void subprogram(u32 s);
  void plan_frame(u32 s);
  void prologue();
  void unwind_frame();
  void function_entry(u32 s);
  u32 operation(u32 i);  // how many operations it took care of
  u32 step(u32 i);       // likewise, without what comes before a jump's target
  void any(const Op& op, u32 i);
  void other(const Op& op, u32 i);
  void unreachable(u32 i);
  void stop_in(void (*function)(Run&));
  void fault_rows(std::vector<FaultRow>& rows) const;

  // emit_several.cc: how many operations it took care of, 0: it is none
  u32 several(u32 i);
  u32 rotation(u32 i);
  u32 zero_extension(u32 i);
  u32 masked_shift(u32 i);
  u32 branch_around(u32 i);
  u32 sum(u32 i);
  u32 scaled_sum(u32 i);
  Sum sum_at(u32 i) const;
  u32 put_sum(const Sum& sum, u32 until);
  bool tests_bits(u32 i) const;
  Mem place_of(const Sum& sum) const {
    if (!sum.has_index) return x86::ptr(r64(sum.base), sum.offset);
    return x86::ptr(r64(sum.base), r64(sum.index), sum.shift, sum.offset);
  }

  // emit_alu.cc
  void alu(const Op& op);
  void alu_reg(OpCode base, bool is_64, u32 dst, u32 src);
  void alu_imm(OpCode base, bool is_64, u32 dst, s32 imm);
  void and_imm(bool is_64, u32 dst, s32 imm);
  void multiply_imm(bool is_64, u32 dst, s32 factor);
  void shift_reg(OpCode base, bool is_64, u32 dst, u32 src);
  void shift_by_cl(OpCode base, Gp value);
  void shift_imm(OpCode base, bool is_64, u32 dst, u32 count);
  void move_imm(Gp to, u64 value);
  void unary(const Op& op);
  void move_extended(const Op& op);

  // emit_div.cc
  void divide(const Op& op, u32 i);
  void divide_imm(const Op& op, u32 i, bool is_64, bool modulo);
  void multiply_high(bool is_64, u32 x, u64 factor, u32 i);
  void divide_by_r11(const Op& op, u32 i, bool is_64, bool is_signed, bool modulo);
  void divide_reg(const Op& op, u32 i, bool is_64, bool is_signed, bool modulo);
  void divide_edges();

  // emit_memory.cc
  void load(const Op& op);
  void load_form(u32 form, u32 dst, Mem from);
  void store(const Op& op);
  void store_form(u32 bytes, const Op& op, bool imm, Mem to);
  void atomic(const Op& op);
  void atomic_at(const Op& op, bool is_64, Mem at, Label resume);
  void atomic_loop(const Op& op, bool is_64, Mem at, Label resume);
  bool access_at(u32 i, const Sum& address);
  void acquire_release(const Op& op);
  void to_user(const Op& op);
  Mem plain(u32 base, s32 off) const { return x86::ptr(r64(base), off); }
  Mem arena(u32 base, s32 off, u32 bytes, Label outside, int zeroed = -1);
  void may_fault(Label resume, int zeroed = -1);

  // emit_jumps.cc
  void branch(const Op& op, u32 i);
  x86::CondCode compare(const Op& op, u32 i);
  void jump_if(x86::CondCode cond, u32 from, u32 to);
  void jump(u32 from, u32 to);
  bool is_tight_loop(u32 head) const;
  bool is_written_twice(u32 head) const;
  u32 loop_twice(u32 head);
  void may_goto(const Op& op, u32 i);
  void spend();
  bool is_backward(u32 from, u32 to) const { return options_.budget && to <= from; }
  bool reachable(u32 i) const { return i < code_.ops.size() && code_.ops[i].code != OpCode::Unreachable; }
  bool falls_to(u32 from, u32 to) const;
  bool is_near(u32 from, u32 to) const;
  Label label_of(u32 i);

  // emit_calls.cc
  void call_c(u64 function);
  void call_helper(const Op& op);
  void call_site(const CallSite& site);
  void array_lookup(const map::Map& map, bool per_cpu);
  void table_lookup(const map::Map& map);
  void map_in_array(MapHandle& outer);
  void map_in_hash(MapHandle& outer);
  void inner_array_lookup(const map::MapMeta& inner);
  void inner_table_lookup(const map::MapMeta& inner);
  void index_times(u64 elem_size);
  void loop(const CallSite& site);
  void tail_call(const Op& op, u32 i);
  void tail_call_to_known(const map::Map& programs, const TailSite& site, u32 i, Label unknown);
  std::optional<u32> number_in(u32 reg, u32 i) const;
  void packet_load(const Op& op, u32 bytes);
  void load_kptr(const Op& op);

  static Gp r64(u32 reg) { return x86::gpq(kMachineReg[reg]); }
  static Gp r32(u32 reg) { return x86::gpd(kMachineReg[reg]); }
  static Gp sized(bool is_64, u32 reg) { return is_64 ? r64(reg) : r32(reg); }
  static Gp sized(bool is_64, const Gp& reg) { return is_64 ? Gp(reg.r64()) : Gp(reg.r32()); }
  bool knows_sizes() const { return !options_.known_starts.empty(); }
  u32 known_bytes(u32 from, u32 to) const { return options_.known_starts[to] - options_.known_starts[from]; }
  bool wanted(u32 i, u32 reg) const { return analysis_.ops[i].live & reg_bit(reg); }
  Mem slot(u32 n) const { return x86::qword_ptr(x86::rbp, -s32(depth_ + 8 * (n + 1))); }

  // Bytes. Code of so many bytes at most, at a multiple of as many, is fetched at once.
  static constexpr u32 kAlign = 16, kLine = 64;
  static constexpr u8 kMachineReg[11] = {0, 7, 6, 2, 1, 8, 3, 13, 14, 15, 5};
  // Slots: index, count and context of a bpf_loop() in place, then what may_goto has left.
  static constexpr u32 kLoopIndex = 0, kLoopCount = 1, kLoopContext = 2, kMayGoto = 3, kSlots = 4;

  const Code& code_;
  const Analysis& analysis_;
  const std::span<TailSite> tail_sites_;
  const EmitOptions options_;
  const ArenaView arena_;
  const bool bmi2_;
  bool failed_ = false;
  asmjit::CodeHolder holder_;
  x86::Assembler a_;
  std::vector<Label> labels_;  // per op; invalid until wanted
  std::vector<Label> bodies_;  // per subprogram
  std::vector<u32> starts_;    // per op
  std::vector<Entry> entries_;
  std::vector<PendingFault> faults_;
  std::vector<DivideEdge> edges_;
  const SubprogInfo* current_ = nullptr;
  u32 loop_until_ = 0;   // the last operation of the loops that have begun
  u32 depth_ = 0;        // bytes of the current subprogram's stack
  u32 frame_bytes_ = 0;  // what the stack pointer is lowered by, besides pushes
  u32 next_tail_site_ = 0;
};

}  // namespace skep::engine::native
