// What the makers of changes share: instructions by name, what a change may use of the function it is put into, and
// remedies put together.
#pragma once

#include <optional>

#include <fmt/format.h>

#include "verifier/whatif/changes.h"

namespace skep::verifier {

using Code = std::vector<isa::Insn>;

// --- instructions ---------------------------------------------------------------------------------------------------

inline isa::Insn mov(int dst, s32 imm) { return {isa::BPF_ALU64 | isa::BPF_MOV | isa::BPF_K, u8(dst), 0, 0, imm}; }
inline isa::Insn copy(int dst, int src) { return {isa::BPF_ALU64 | isa::BPF_MOV | isa::BPF_X, u8(dst), u8(src), 0, 0}; }
inline isa::Insn add(int dst, s32 imm) { return {isa::BPF_ALU64 | isa::BPF_ADD | isa::BPF_K, u8(dst), 0, 0, imm}; }
inline isa::Insn mask(int dst, s32 imm) { return {isa::BPF_ALU64 | isa::BPF_AND | isa::BPF_K, u8(dst), 0, 0, imm}; }
inline isa::Insn jump_if(u8 op, int reg, s32 imm, s16 off) { return {u8(isa::BPF_JMP | op), u8(reg), 0, off, imm}; }
inline isa::Insn jump_if_reg(u8 op, int a, int b, s16 off) {
  return {u8(isa::BPF_JMP | op | isa::BPF_X), u8(a), u8(b), off, 0};
}
inline isa::Insn jump(s16 off) { return {isa::BPF_JMP | isa::BPF_JA, 0, 0, off, 0}; }
inline isa::Insn leave() { return {isa::BPF_JMP | isa::BPF_EXIT, 0, 0, 0, 0}; }
inline isa::Insn store_number(s32 off, s32 number) {
  return {isa::BPF_ST | isa::BPF_MEM | isa::BPF_DW, isa::kFramePtr, 0, s16(off), number};
}
inline isa::Insn save(int reg, s32 off) {
  return {isa::BPF_STX | isa::BPF_MEM | isa::BPF_DW, isa::kFramePtr, u8(reg), s16(off), 0};
}
inline isa::Insn load(int dst, int base, s32 off, u8 size) {
  return {u8(isa::BPF_LDX | isa::BPF_MEM | size), u8(dst), u8(base), s16(off), 0};
}
inline isa::Insn restore(int reg, s32 off) { return load(reg, isa::kFramePtr, off, isa::BPF_DW); }

// Statements to put before the line.
inline diag::SourceEdit in_c(std::string statements) { return {diag::SourceEdit::Kind::Before, std::move(statements)}; }

// A call of a helper or kfunc, if the target has it.
std::optional<isa::Insn> call_named(const target::Target& target, std::string_view name);

struct Insertion {
  int at;
  Code code;
  Jumps jumps = Jumps::ToInserted;
};
std::function<bool(Edit&)> inserting(std::vector<Insertion> insertions);
std::function<bool(Edit&)> inserting(int at, Code code);
std::function<bool(Edit&)> replacing(int at, isa::Insn insn);

class Maker {
 public:
  Maker(const Failure& failure, const Program& program, const target::Target& target)
      : f_(failure), program_(program), target_(target), scratch_(failure.free_stack) {}

  std::vector<Remedy> take() { return std::move(out_); }

  // changes.cc
  void null_check();
  void set_register();
  void set_return();
  void set_missing_return();
  void bound_loop();
  void leave_section(const char* kfunc, const char* words);
  void enter_section();
  void declare_gpl();
  void declare_sleepable(bool sleepable);
  void declare_static();
  void read_kernel_memory();
  void use_before_lost();
  void access_whole_field();
  void jump_inside();
  // bounds.cc
  void limit_offset();
  void limit_number();
  void limit_size();
  void shift_offset();
  void limit_constant();
  void align_access();
  void packet_check();
  void set_stack();
  // resources.cc
  void release();
  void release_from_slot();
  void take_lock();
  void unlock_what_is_held();
  void unlock_before();
  void unlock_around_call();
  void begin_iterator();
  void end_iterator();

 private:
  const isa::Insn& insn() const { return program_.insns[size_t(f_.insn_idx)]; }
  bool in_walk() const { return f_.insn_idx >= 0; }
  bool is_call() const { return in_walk() && isa::is_call(insn()); }
  std::optional<s64> number(std::string_view field) const;
  std::string text(std::string_view field) const;

  // What the function returns where it is left early, and that in C.
  s32 harmless_return() const;
  std::string harmless_in_c() const;
  // Registers that nothing needs from the failing instruction on, itself included; -1: no such.
  int free_register(std::initializer_list<int> taken = {}, int from = 0) const;
  // Eight bytes of the function's stack that nothing else uses; nothing if the stack is full.
  std::optional<s32> new_slot();
  // The code, with the registers kept that a call in it destroys.
  Code around(const Code& code);
  // The context in a register: found, or saved at the function's entry (then `before` has that). False: there is none.
  bool context_in(int reg, std::vector<Insertion>& before, Code& code);

  void offer(std::string help, diag::SourceEdit edit, int at, std::function<bool(Edit&)> apply) {
    out_.push_back({std::move(help), std::move(edit), at, std::move(apply)});
    scratch_ = f_.free_stack;  // of the next one
  }
  // `passes` jumps over the two instructions behind it if all is well. First leaving the function, then only going
  // around the instruction.
  void guard(int at, const Code& before, isa::Insn passes, const std::string& help, const diag::SourceEdit& edit,
             std::vector<Insertion> more = {});
  // Bytes that an object has behind the pointer's fixed offset, likely ones first.
  std::vector<s64> room_behind(const RegState& pointer) const;
  // Bytes that the instruction accesses from the register at fault on; 1 if that is not known.
  s64 access_end() const;
  std::optional<std::pair<s64, s64>> access_range() const;
  struct Extent;
  std::optional<Extent> extent_of_access() const;
  void move_access(s64 by, const std::string& help);
  struct ReleaseRow;
  std::optional<ReleaseRow> release_row() const;
  std::string release_in_c(const ReleaseRow& row) const;
  bool in_function(int insn) const;
  s32 object_on_stack() const;
  struct HeldLock {
    Insertion kept;  // puts its address into the slot
    s32 slot;
    isa::Insn take, give;
    const char* name;  // "bpf_spin"
  };
  std::optional<HeldLock> held_lock();
  // Instructions of the function that call this.
  std::vector<int> calls_of(const isa::Insn& call) const;
  void take_lock_without(const char* help, const HeldLock* other, bool again);

  const Failure& f_;
  const Program& program_;
  const target::Target& target_;
  s32 scratch_;
  std::vector<Remedy> out_;
};

}  // namespace skep::verifier
