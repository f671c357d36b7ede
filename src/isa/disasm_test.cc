// The disassembler against the texts of the kernel's log, recorded and live.
#include "isa/disasm.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/isa/recorded.h"

namespace skep::isa {
namespace {

// Names of helpers are not this room's: the kernel's own are put in.
std::string text_of(const recorded::Form& form, const std::string& kernel_text) {
  DisasmNames names;
  size_t at = kernel_text.find("call ");
  if (at != std::string::npos) names.call = [=](const Insn&) { return kernel_text.substr(at + 5); };
  return disassemble(form.data(), names);
}

std::string text_of(const Insn& insn) { return disassemble(&insn); }

TEST(Disasm, TextsAsRecorded) {
  for (const recorded::Answer& answer : recorded::form_answers()) {
    if (answer.text == "-") continue;
    EXPECT_EQ(text_of(answer.form, answer.text), answer.text) << recorded::bytes_of(answer.form);
  }
}

TEST(Disasm, OpcodesAsRecorded) {
  for (const recorded::Answer& answer : recorded::opcode_answers()) {
    if (answer.text == "-") continue;
    EXPECT_EQ(text_of({answer.form[0], {}}, answer.text), answer.text);
  }
}

TEST(Disasm, RandomFieldsAgainstTheLiveKernel) {
  if (!live::available()) GTEST_SKIP() << "no bpf(2) of 6.18 here";
  std::mt19937_64 random(recorded::seed());
  for (int i = 0; i < 5000; i++) {
    const OpcodeRow& row = opcode_rows()[random() % opcode_rows().size()];
    bool jump = is_jmp_class(row.code);
    s16 off = static_cast<s16>(jump ? random() % 16 - 8 : random());
    s32 imm = static_cast<s32>(row.shape == Shape::GotoLong ? random() % 16 - 8 : random() >> (random() % 64));
    std::vector<recorded::Form> forms;
    recorded::add_form(&forms, row, random() % 16, random() % 16, off, imm);
    if (forms.empty()) continue;
    recorded::Answer now = recorded::ask_kernel(forms[0]);
    if (now.text == "-") continue;
    ASSERT_EQ(text_of(now.form, now.text), now.text) << recorded::bytes_of(now.form);
  }
}

TEST(Disasm, Calls) {
  EXPECT_EQ(text_of({0x85, 0, BPF_PSEUDO_CALL, 0, 3}), "(85) call pc+3");
  EXPECT_EQ(text_of({0x85, 0, BPF_PSEUDO_CALL, 0, -3}), "(85) call pc-3");
  EXPECT_EQ(text_of({0x85, 0, 0, 0, 1}), "(85) call unknown#1");
  EXPECT_EQ(text_of({0x85, 0, BPF_PSEUDO_KFUNC_CALL, 0, 64245}), "(85) call kfunc#64245");
  DisasmNames names = {.call = [](const Insn&) { return "bpf_iter_num_next#64245"; }};
  Insn kfunc = {0x85, 0, BPF_PSEUDO_KFUNC_CALL, 0, 64245};
  EXPECT_EQ(disassemble(&kfunc, names), "(85) call bpf_iter_num_next#64245");
  Insn odd = {0x85, 0, 3, 0, 7};
  EXPECT_EQ(disassemble(&odd, names), "(85) call unknown#7");
}

TEST(Disasm, CallOfASubprogramInTheLiveKernel) {
  if (!live::available()) GTEST_SKIP() << "no bpf(2) of 6.18 here";
  std::vector<Insn> program = {
      {0x85, 0, BPF_PSEUDO_CALL, 0, 2}, {0xb7, 0, 0, 0, 0}, {0x95, 0, 0, 0, 0}, {0xb7, 0, 0, 0, 0}, {0x95, 0, 0, 0, 0}};
  EXPECT_EQ(live::listed_text(live::load(program).log, 0), text_of(program[0]));
}

TEST(Disasm, LongImmediates) {
  Insn insns[2] = {{kLdImm64, 2, 0, 0, -1}, {0, 0, 0, 0, 7}};
  EXPECT_EQ(disassemble(insns), "(18) r2 = 0x7ffffffff");
  EXPECT_EQ(disassemble(insns, {.imm64 = [](const Insn*) { return u64{0xffff888000000000}; }}),
            "(18) r2 = 0xffff888000000000");
}

TEST(Disasm, UnknownOpcodes) {
  EXPECT_EQ(text_of({0x03, 0, 0, 0, 0}), "BUG_03");
  EXPECT_EQ(text_of({0x02, 0, 0, 0, 0}), "BUG_st_02");
  EXPECT_EQ(text_of({0x99, 0, 0, 0, 0}), "BUG_ldx_99");
  EXPECT_EQ(text_of({0x38, 0, 0, 0, 0}), "BUG_ld_38");
  EXPECT_EQ(text_of({0xdb, 1, 2, 0, 0x10}), "BUG_db");
}

}  // namespace
}  // namespace skep::isa
