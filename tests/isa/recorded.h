// The kernel's recorded answers (tests/isa/*.tsv) and how a test uses them: it compares with the file, and where the
// kernel can be asked, the file with the kernel. SKEP_BLESS=1 asks the kernel and rewrites the file instead.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "isa/insn.h"
#include "isa/opcodes.h"
#include "isa/valid.h"
#include "tests/isa/live_kernel.h"

namespace skep::isa::recorded {

using Form = std::vector<Insn>;  // one instruction: one slot, or two

// One line: bytes, text in the list of live registers, message; "-" where the kernel gave none.
struct Answer {
  Form form;
  std::string text;
  std::string message;
};

inline std::string bytes_of(const Form& form) {
  std::string hex;
  for (const Insn& insn : form) {
    for (u8 byte : std::bit_cast<std::array<u8, sizeof(Insn)>>(insn)) hex += fmt::format("{:02x}", byte);
  }
  return hex;
}

inline Form form_of(const std::string& hex) {
  Form form(hex.size() / 16);
  for (size_t i = 0; i < hex.size() / 2; i++)
    reinterpret_cast<u8*>(form.data())[i] = static_cast<u8>(std::stoi(hex.substr(2 * i, 2), nullptr, 16));
  return form;
}

// Messages that a property of the instruction alone decides.
inline bool is_field_message(const std::string& message) {
  for (const char* part : {"uses reserved fields", "invalid atomic", "invalid may_goto", "can only convert between",
                           "bpf_ld_imm64 insn", "unknown opcode"})
    if (message.find(part) != std::string::npos) return true;
  return false;
}

inline Answer ask_kernel(const Form& form) {
  live::Verdict verdict = live::load(live::wrap(form));
  std::string text = live::listed_text(verdict.log, live::kProbe), message = live::message(verdict.log);
  return {form, text.empty() ? "-" : text, is_field_message(message) ? message : "-"};
}

// What skep says in place of the kernel's message.
inline std::string our_message(const Form& form) {
  const char* message = static_pass_error(form.data(), form.size());
  if (!message) message = reserved_fields_error(form[0]);
  return message ? field_message(message, form[0]) : "-";
}

// Each opcode byte with all other fields zero.
inline std::vector<Form> all_opcodes() {
  std::vector<Form> forms;
  for (int code = 0; code < 256; code++) forms.push_back({{static_cast<u8>(code), 0, 0, 0, 0}});
  return forms;
}

inline void add_form(std::vector<Form>* forms, const OpcodeRow& row, u8 dst, u8 src, s16 off, s32 imm) {
  // Calls of functions need a target or BTF, which the frame of the probe has not.
  if (row.shape == Shape::Call && (src == BPF_PSEUDO_CALL || src == BPF_PSEUDO_KFUNC_CALL)) return;
  if (row.shape == Shape::GotoLong && (imm < -8 || imm >= live::kPadding)) return;
  if (is_jmp_class(row.code) && (off < -8 || off >= live::kPadding)) return;
  Form form = {{row.code, dst, src, off, imm}};
  // No map here: kinds 1, 2, 5 and 6 fail at the map before their form matters, 3 needs BTF, 4 a function.
  if (row.shape == Shape::LoadImm64 && src > 0 && src <= BPF_PSEUDO_MAP_IDX_VALUE) return;
  if (row.shape == Shape::LoadImm64) form.push_back({0, 0, 0, 0, imm});
  forms->push_back(form);
}

// Every opcode with each field in turn at a value that some form uses and at one that none does.
inline std::vector<Form> all_forms() {
  std::vector<Form> forms;
  for (const OpcodeRow& row : opcode_rows()) {
    add_form(&forms, row, 0, 0, 0, 0);
    add_form(&forms, row, 3, 0, 0, 0);
    for (u8 src : {4, 7}) add_form(&forms, row, 3, src, 0, 0);
    for (s16 off : {1, 2, 8, 16, 32, -1}) add_form(&forms, row, 0, 0, off, 0);
    for (s32 imm : {1, 16, 32, 64, 65536, -1}) add_form(&forms, row, 0, 0, 0, imm);
    for (s16 off : {1, 7, -8, 32}) add_form(&forms, row, 3, 4, off, 0);
    for (s32 imm : {-2, 1 << 30}) add_form(&forms, row, 3, 4, 0, imm);
    for (s32 imm : {0, 1, 2, 65535, 65536}) add_form(&forms, row, 1, 2, 1, imm);
    if (row.shape != Shape::Atomic) continue;
    for (s32 imm : {0x00, 0x01, 0x10, 0x40, 0x41, 0x50, 0x51, 0x60, 0xa0, 0xa1, 0xe0, 0xe1, 0xf0, 0xf1, 0x100, 0x101,
                    0x110, 0x111, 0x140})
      add_form(&forms, row, 3, 4, -8, imm);
  }
  for (u8 i = 0; i < 4; i++)
    forms.push_back({{kLdImm64, 3, 0, 0, 5}, {u8(i == 0), u8(i == 1), u8(i == 2), s16(i == 3), 0}});
  for (u8 src = 7; src < 16; src++) forms.push_back({{kLdImm64, 3, src, 0, 5}, {}});
  return forms;
}

inline std::string path_of(const std::string& name) { return std::string(SKEP_ISA_TEST_DATA) + "/" + name; }

inline void bless(const std::string& name, const std::string& title, const std::vector<Form>& forms) {
  std::ofstream out(path_of(name));
  out << "# " << title << " Asked of Linux 6.18.44; SKEP_BLESS=1 asks again.\n# bytes\ttext\tmessage\n";
  for (const Form& form : forms) {
    Answer answer = ask_kernel(form);
    out << bytes_of(form) << '\t' << answer.text << '\t' << answer.message << '\n';
  }
}

// The answers of the file, rewritten first if asked to.
inline std::vector<Answer> answers(const std::string& name, const std::string& title,
                                   const std::function<std::vector<Form>()>& forms) {
  if (std::getenv("SKEP_BLESS") && live::available()) bless(name, title, forms());
  std::vector<Answer> answers;
  std::ifstream in(path_of(name));
  for (std::string line; std::getline(in, line);) {
    size_t a = line.find('\t'), b = line.rfind('\t');
    if (!line.starts_with("#"))
      answers.push_back({form_of(line.substr(0, a)), line.substr(a + 1, b - a - 1), line.substr(b + 1)});
  }
  return answers;
}

inline std::vector<Answer> opcode_answers() {
  return answers("opcodes-6.18.44.tsv", "Which of the 256 opcodes the static pass knows, all other fields zero.",
                 all_opcodes);
}
inline std::vector<Answer> form_answers() {
  return answers("forms-6.18.44.tsv", "Text and field errors of the forms of every opcode.", all_forms);
}

// The seed of a random test: SKEP_SEED, else a new one. Printed so that a failure can be replayed.
inline u64 seed() {
  const char* given = std::getenv("SKEP_SEED");
  u64 seed = given ? std::strtoull(given, nullptr, 0)
                   : static_cast<u64>(::testing::UnitTest::GetInstance()->random_seed()) ^ getpid();
  fmt::print("SKEP_SEED={}\n", seed);
  return seed;
}

}  // namespace skep::isa::recorded
