// The reserved-field rules, against the recorded answers of the kernel and against the kernel itself.
#include "isa/valid.h"

#include <gtest/gtest.h>

#include <random>

#include "isa/disasm.h"
#include "tests/isa/recorded.h"

namespace skep::isa {
namespace {

std::string error_of(const Insn& insn) {
  const char* message = reserved_fields_error(insn);
  return message ? field_message(message, insn) : "";
}

TEST(Valid, MessagesAsRecorded) {
  std::vector<recorded::Answer> answers = recorded::form_answers();
  ASSERT_GT(answers.size(), 2000u);
  for (const recorded::Answer& answer : answers)
    EXPECT_EQ(recorded::our_message(answer.form), answer.message)
        << recorded::bytes_of(answer.form) << " " << answer.text;
}

TEST(Valid, RecordIsWhatTheLiveKernelSays) {
  if (!live::available()) GTEST_SKIP() << "no bpf(2) of 6.18 here";
  for (const recorded::Answer& answer : recorded::form_answers()) {
    recorded::Answer now = recorded::ask_kernel(answer.form);
    EXPECT_EQ(now.message, answer.message) << recorded::bytes_of(answer.form);
    EXPECT_EQ(now.text, answer.text) << recorded::bytes_of(answer.form);
  }
}

TEST(Valid, MessagesWithANumber) {
  EXPECT_EQ(error_of({0xe5, 0, 0, 0, -7}), "invalid may_goto imm -7");
  EXPECT_EQ(error_of({0xdb, 1, 2, 0, 0x70}), "BPF_ATOMIC uses invalid atomic opcode 70");
  EXPECT_EQ(error_of({0xdb, 1, 2, 0, -2}), "BPF_ATOMIC uses invalid atomic opcode fffffffe");
  Insn unknown = {0xf5, 0, 0, 0, 3};
  EXPECT_EQ(field_message(static_pass_error(&unknown, 1), unknown), "unknown opcode f5");
}

TEST(Valid, WhatTheProbeCannotReach) {
  EXPECT_EQ(error_of({0x85, 0, BPF_PSEUDO_CALL, 0, 3}), "");
  EXPECT_EQ(error_of({0x85, 0, BPF_PSEUDO_CALL, 1, 3}), "BPF_CALL uses reserved fields");
  EXPECT_EQ(error_of({0x85, 0, BPF_PSEUDO_KFUNC_CALL, 1, 3}), "");  // off is the index of a BTF fd
  EXPECT_EQ(error_of({0x85, 1, BPF_PSEUDO_KFUNC_CALL, 1, 3}), "BPF_CALL uses reserved fields");
  Insn map[2] = {{kLdImm64, 1, BPF_PSEUDO_MAP_FD, 0, 3}, {0, 0, 0, 0, 8}};
  EXPECT_STREQ(static_pass_error(map, 2), "unrecognized bpf_ld_imm64 insn");
  map[0].src = BPF_PSEUDO_MAP_VALUE;
  EXPECT_EQ(static_pass_error(map, 2), nullptr);
  EXPECT_STREQ(static_pass_error(map, 1), "invalid bpf_ld_imm64 insn");
}

// Random fields of every known opcode.
TEST(Valid, RandomFieldsAgainstTheLiveKernel) {
  if (!live::available()) GTEST_SKIP() << "no bpf(2) of 6.18 here";
  std::mt19937_64 random(recorded::seed());
  auto pick = [&](std::initializer_list<s32> values) { return values.begin()[random() % values.size()]; };
  for (int i = 0; i < 5000; i++) {
    const OpcodeRow& row = opcode_rows()[random() % opcode_rows().size()];
    std::vector<recorded::Form> forms;
    u8 dst = static_cast<u8>(pick({0, 0, 1, 7})), src = static_cast<u8>(pick({0, 0, 2, 8}));
    recorded::add_form(&forms, row, dst, src, static_cast<s16>(pick({0, 0, 0, 1, 5, 8, 16, 32, -4})),
                       pick({0, 0, 0, 1, 6, 16, 32, 64, 0x41, 0xe1, 0x100, 65536, -1}));
    if (forms.empty()) continue;
    recorded::Answer now = recorded::ask_kernel(forms[0]);
    ASSERT_EQ(recorded::our_message(now.form), now.message) << recorded::bytes_of(now.form) << " " << now.text;
  }
}

}  // namespace
}  // namespace skep::isa
