// Writing instructions with labels: what the generator emits into.
#pragma once

#include <vector>

#include "fuzz/program.h"

namespace skep::fuzz {

struct Label {
  int id = -1;
};

class Code {
 public:
  using Insn = isa::Insn;

  Label label() {
    targets_.push_back(-1);
    return {int(targets_.size()) - 1};
  }
  void bind(Label label) { targets_[size_t(label.id)] = int(insns_.size()); }
  void func(Label label, FuncKind kind) {
    bind(label);
    funcs_.push_back({u32(insns_.size()), kind});
  }
  size_t size() const { return insns_.size(); }

  void raw(u8 code, int dst, int src, int off, s64 imm) {
    insns_.push_back({.code = code, .dst = u8(dst & 15), .src = u8(src & 15), .off = s16(off), .imm = s32(imm)});
  }
  void mov(int dst, s64 imm) { alu(isa::BPF_MOV, dst, imm); }
  void movx(int dst, int src) { alux(isa::BPF_MOV, dst, src); }
  void alu(u8 op, int dst, s64 imm, bool wide = true) { raw(u8(op | alu_class(wide)), dst, 0, 0, imm); }
  void alux(u8 op, int dst, int src, bool wide = true, int off = 0) {
    raw(u8(op | isa::BPF_X | alu_class(wide)), dst, src, off, 0);
  }
  void imm64(int dst, u64 value, int src = 0) {
    raw(isa::kLdImm64, dst, src, 0, s32(u32(value)));
    raw(0, 0, 0, 0, s32(u32(value >> 32)));
  }
  void map(int dst, int slot) { imm64(dst, u32(slot), isa::BPF_PSEUDO_MAP_FD); }
  // The address of byte `off` of the first value of an array.
  void map_value(int dst, int slot, u32 off) { imm64(dst, u32(slot) | u64(off) << 32, isa::BPF_PSEUDO_MAP_VALUE); }
  void func_addr(int dst, Label callee) {
    fixup(callee, Fix::FuncAddress);
    imm64(dst, 0, isa::BPF_PSEUDO_FUNC);
  }
  void ldx(u8 size, int dst, int src, int off, bool sign = false) {
    raw(u8(isa::BPF_LDX | size | (sign ? isa::BPF_MEMSX : isa::BPF_MEM)), dst, src, off, 0);
  }
  void stx(u8 size, int dst, int off, int src) { raw(isa::BPF_STX | isa::BPF_MEM | size, dst, src, off, 0); }
  void st(u8 size, int dst, int off, s64 imm) { raw(isa::BPF_ST | isa::BPF_MEM | size, dst, 0, off, imm); }
  void atomic(u8 size, int dst, int off, int src, s32 op) {
    raw(u8(isa::BPF_STX | isa::BPF_ATOMIC | size), dst, src, off, op);
  }
  void jmp(u8 op, int dst, s64 imm, Label to, bool wide = true) {
    fixup(to, Fix::Jump);
    raw(u8(op | jmp_class(wide)), dst, 0, 0, imm);
  }
  void jmpx(u8 op, int dst, int src, Label to, bool wide = true) {
    fixup(to, Fix::Jump);
    raw(u8(op | isa::BPF_X | jmp_class(wide)), dst, src, 0, 0);
  }
  void jump(Label to) {
    fixup(to, Fix::Jump);
    raw(isa::BPF_JMP | isa::BPF_JA, 0, 0, 0, 0);
  }
  void nop_jump() { raw(isa::BPF_JMP | isa::BPF_JA, 0, 0, 0, 0); }
  void may_goto(Label to) {
    fixup(to, Fix::Jump);
    raw(isa::BPF_JMP | isa::BPF_JCOND, 0, isa::BPF_MAY_GOTO, 0, 0);
  }
  void call(s32 helper) { raw(isa::BPF_JMP | isa::BPF_CALL, 0, 0, 0, helper); }
  void kfunc(s32 btf_id) { raw(isa::BPF_JMP | isa::BPF_CALL, 0, isa::BPF_PSEUDO_KFUNC_CALL, 0, btf_id); }
  void call(Label callee) {
    fixup(callee, Fix::Call);
    raw(isa::BPF_JMP | isa::BPF_CALL, 0, isa::BPF_PSEUDO_CALL, 0, 0);
  }
  void exit() { raw(isa::BPF_JMP | isa::BPF_EXIT, 0, 0, 0, 0); }

  // Resolves every label and hands over. All labels must be bound.
  void finish(Program& program);

 private:
  enum class Fix : u8 { Jump, Call, FuncAddress };
  struct Fixup {
    size_t insn;
    Label label;
    Fix kind;
  };

  static u8 alu_class(bool wide) { return wide ? isa::BPF_ALU64 : isa::BPF_ALU; }
  static u8 jmp_class(bool wide) { return wide ? isa::BPF_JMP : isa::BPF_JMP32; }
  void fixup(Label label, Fix kind) { fixups_.push_back({insns_.size(), label, kind}); }

  std::vector<Insn> insns_;
  std::vector<int> targets_;
  std::vector<Fixup> fixups_;
  std::vector<Func> funcs_;
};

}  // namespace skep::fuzz
