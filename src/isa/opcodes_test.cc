// The instruction table against the kernel's: every one of the 256 opcodes is known to both or to neither.
#include "isa/opcodes.h"

#include <gtest/gtest.h>

#include "tests/isa/recorded.h"

namespace skep::isa {
namespace {

// ld_imm64 with all fields zero is a valid first slot; its second slot is in the padding of the probe.
bool kernel_knows(const recorded::Answer& answer) {
  return answer.form[0].code == kLdImm64 ||
         (answer.text != "-" && answer.message.find("unknown opcode") == std::string::npos);
}

TEST(Opcodes, KnownAsInTheKernel) {
  std::vector<recorded::Answer> answers = recorded::opcode_answers();
  ASSERT_EQ(answers.size(), 256u);
  for (const recorded::Answer& answer : answers) {
    u8 code = answer.form[0].code;
    EXPECT_EQ(opcode_row(code) != nullptr, kernel_knows(answer)) << fmt::format("{:02x}", code);
    if (code == kLdImm64) continue;
    EXPECT_EQ(recorded::our_message(answer.form), answer.message) << fmt::format("{:02x}", code);
  }
}

TEST(Opcodes, RecordIsWhatTheLiveKernelSays) {
  if (!live::available()) GTEST_SKIP() << "no bpf(2) of 6.18 here";
  for (const recorded::Answer& answer : recorded::opcode_answers()) {
    recorded::Answer now = recorded::ask_kernel(answer.form);
    EXPECT_EQ(now.text, answer.text) << recorded::bytes_of(answer.form);
    EXPECT_EQ(now.message, answer.message) << recorded::bytes_of(answer.form);
  }
}

TEST(Opcodes, RowsAreFoundByTheirCode) {
  for (const OpcodeRow& row : opcode_rows()) EXPECT_EQ(opcode_row(row.code), &row);
  EXPECT_EQ(opcode_rows().size(), 128u);
  EXPECT_EQ(opcode_row(0x07)->name, "Add64Imm");
  EXPECT_EQ(opcode_row(0xdf), nullptr);
}

// The shape and the class of an opcode say the same.
TEST(Opcodes, ShapeFitsTheClass) {
  for (const OpcodeRow& row : opcode_rows()) {
    bool alu = insn_class(row.code) == BPF_ALU || insn_class(row.code) == BPF_ALU64;
    EXPECT_EQ(alu, row.shape <= Shape::MovReg) << row.name;
    EXPECT_EQ(is_jmp_class(row.code), row.shape >= Shape::JumpReg) << row.name;
    EXPECT_TRUE(row.mcpu >= 1 && row.mcpu <= 4) << row.name;
    bool reg = row.shape == Shape::AluReg || row.shape == Shape::MovReg || row.shape == Shape::JumpReg;
    if (!alu || row.shape == Shape::End) continue;
    EXPECT_EQ(insn_is_x(row.code), reg) << row.name;
  }
}

}  // namespace
}  // namespace skep::isa
