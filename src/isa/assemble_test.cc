// The assembler: round trips through the disassembler, labels, symbols, pasted logs and errors.
#include "isa/assemble.h"

#include <gtest/gtest.h>

#include <random>

#include "isa/atomic_ops.h"
#include "isa/disasm.h"
#include "tests/isa/recorded.h"

namespace skep::isa {
namespace {

std::vector<Insn> assembled(std::string_view text, const AsmSymbols& symbols = {}) {
  Result<Assembly> assembly = assemble(text, symbols);
  EXPECT_TRUE(assembly.ok()) << assembly.status().context();
  return assembly.ok() ? assembly->insns : std::vector<Insn>();
}

std::string error_of(std::string_view text) {
  Result<Assembly> assembly = assemble(text);
  if (assembly.ok()) return "";
  EXPECT_EQ(assembly.error(), EINVAL);
  return assembly.status().context();
}

// What the text of an instruction cannot say is left zero: fields without use, and the forms that a program may not
// contain.
recorded::Form random_form(const OpcodeRow& row, std::mt19937_64& random) {
  constexpr s16 kMovOffs[] = {0, 8, 16, 32, kMovPercpuOff};
  constexpr s32 kAtomics[] = {0x00, 0x01, 0x40, 0x41, 0x50, 0x51, 0xa0, 0xa1, 0xe1, 0xf1, 0x100, 0x110};
  Insn insn = {row.code, static_cast<u8>(random() % 11), static_cast<u8>(random() % 11), static_cast<s16>(random()),
               static_cast<s32>(random() >> (random() % 64))};
  bool div = insn_op(row.code) == BPF_DIV || insn_op(row.code) == BPF_MOD;
  if (row.zero & kDst) insn.dst = 0;
  if (row.zero & kSrc) insn.src = 0;
  if (row.zero & kOff) insn.off = 0;
  if (row.zero & kImm) insn.imm = 0;
  switch (row.shape) {
    case Shape::AluReg:
    case Shape::AluImm: insn.off = div ? random() % 2 : 0; break;
    case Shape::End: insn.imm = 16 << (random() % 3); break;
    case Shape::MovReg:
      insn.off = kMovOffs[random() % (insn_class(row.code) == BPF_ALU64 ? 5 : 4)];
      insn.imm = 0;
      if (insn_class(row.code) == BPF_ALU64 && random() % 4 == 0) insn.off = 1, insn.imm = static_cast<s32>(random());
      break;
    case Shape::LoadAbs:
    case Shape::LoadInd:
    case Shape::JumpReg:
    case Shape::StoreReg:
    case Shape::Load:
    case Shape::LoadSx: break;
    case Shape::Atomic: insn.imm = kAtomics[random() % std::size(kAtomics)]; break;
    case Shape::LoadImm64: insn.src = 0; return {insn, {0, 0, 0, 0, static_cast<s32>(random())}};
    case Shape::Call:
      insn.src = random() % 3;
      insn.off = 0;
      break;
    case Shape::Exit: insn.off = 0; break;
    default: break;
  }
  if (row.shape == Shape::LoadAbs || row.shape == Shape::LoadInd) insn.off = 0;
  return {insn};
}

TEST(Assemble, RoundTripOfEveryRow) {
  std::mt19937_64 random(recorded::seed());
  for (const OpcodeRow& row : opcode_rows()) {
    for (int i = 0; i < 100; i++) {
      recorded::Form form = random_form(row, random);
      std::string text = disassemble(form.data());
      ASSERT_EQ(assembled(text), form) << row.name << " " << recorded::bytes_of(form) << " " << text;
      ASSERT_EQ(assembled(text.substr(5)), form) << "without the opcode: " << text;
    }
  }
}

// Text of the live kernel that the assembler must take, and give back.
TEST(Assemble, RecordedTextsGiveTheSameText) {
  for (const recorded::Answer& answer : recorded::form_answers()) {
    bool sayable =
        answer.text != "-" && !answer.text.starts_with("BUG_") && answer.text.find("(null)") == std::string::npos;
    if (!sayable || answer.text.find("le-") != std::string::npos || answer.text.find("be-") != std::string::npos ||
        answer.text.find("swap-") != std::string::npos)
      continue;
    std::vector<Insn> again = assembled(answer.text);
    ASSERT_EQ(again.size(), answer.form.size()) << answer.text;
    DisasmNames names = {.call = [&](const Insn&) { return answer.text.substr(answer.text.find("call ") + 5); }};
    EXPECT_EQ(disassemble(again.data(), names), answer.text);
  }
}

TEST(Assemble, LinesLabelsAndComments) {
  Result<Assembly> assembly = assemble(
      "// sums\n"
      "entry:\n"
      "  r1 = 0x100000000 ll   // two slots\n"
      "loop: if r1 == 0 goto out  # done\n"
      "  r1 += -1\n"
      "  goto loop\n"
      "out:\n"
      "\n"
      "  exit ; R0=0\n");
  ASSERT_TRUE(assembly.ok()) << assembly.status().context();
  std::vector<Insn> expected = {{0x18, 1, 0, 0, 0},  {0, 0, 0, 0, 1},     {0x15, 1, 0, 2, 0},
                                {0x07, 1, 0, 0, -1}, {0x05, 0, 0, -3, 0}, {0x95, 0, 0, 0, 0}};
  EXPECT_EQ(assembly->insns, expected);
  EXPECT_EQ(assembly->insn_of_line, (std::vector<int>{-1, -1, 0, 2, 3, 4, -1, -1, 5}));
  EXPECT_EQ(assembly->labels.at("loop"), 2);
  EXPECT_EQ(assembly->labels.at("out"), 5);
}

TEST(Assemble, JumpsToLabels) {
  std::vector<Insn> insns = assembled("a: gotol b\nmay_goto a\nif w1 s> w2 goto a\nb: exit");
  EXPECT_EQ(insns[0].imm, 2);
  EXPECT_EQ(insns[1].off, -2);
  EXPECT_EQ(insns[2], (Insn{0x6e, 1, 2, -3, 0}));
}

TEST(Assemble, Calls) {
  AsmSymbols symbols = {.helpers = {{"map_lookup_elem", 1}, {"bpf_loop", 181}},
                        .kfuncs = {{"bpf_rcu_read_lock", 65472}}};
  std::vector<Insn> insns = assembled(
      "call map_lookup_elem\ncall bpf_map_lookup_elem\ncall loop\ncall bpf_ktime_get_ns#5\ncall unknown#-1\n"
      "call bpf_rcu_read_lock\ncall bpf_rcu_read_lock#65472\ncall pc+2\ncall sub\nexit\nsub: exit",
      symbols);
  std::vector<s32> imms = {1, 1, 181, 5, -1, 65472, 65472, 2, 1};
  std::vector<u8> srcs = {0, 0, 0, 0, 0, 2, 2, 1, 1};
  for (size_t i = 0; i < imms.size(); i++) EXPECT_EQ(insns[i], (Insn{0x85, 0, srcs[i], 0, imms[i]})) << i;
}

TEST(Assemble, ALabelHidesAHelper) {
  std::vector<Insn> insns = assembled("call loop\nexit\nloop: exit", {.helpers = {{"loop", 181}}});
  EXPECT_EQ(insns[0], (Insn{0x85, 0, BPF_PSEUDO_CALL, 0, 1}));
}

TEST(Assemble, AddressesOfMapsAndFunctions) {
  std::vector<Insn> insns = assembled(
      "r1 = map[counts]\nr2 = map_value[.data]+8\nr3 = func[f]\nr4 = map_idx[2]\nr5 = map_idx_value[counts]\nr6 = "
      "btf_id[77]\nexit\nf: exit",
      {.maps = {{"counts", 3}, {".data", 4}}});
  EXPECT_EQ(insns[0], (Insn{0x18, 1, BPF_PSEUDO_MAP_FD, 0, 3}));
  EXPECT_EQ(insns[2], (Insn{0x18, 2, BPF_PSEUDO_MAP_VALUE, 0, 4}));
  EXPECT_EQ(insns[3], (Insn{0, 0, 0, 0, 8}));
  EXPECT_EQ(insns[4], (Insn{0x18, 3, BPF_PSEUDO_FUNC, 0, 8}));
  EXPECT_EQ(insns[6], (Insn{0x18, 4, BPF_PSEUDO_MAP_IDX, 0, 2}));
  EXPECT_EQ(insns[8], (Insn{0x18, 5, BPF_PSEUDO_MAP_IDX_VALUE, 0, 3}));
  EXPECT_EQ(insns[10], (Insn{0x18, 6, BPF_PSEUDO_BTF_ID, 0, 77}));
}

TEST(Assemble, APastedLog) {
  std::vector<Insn> plain = assembled("r6 = r1\ncall unknown#7\nif r7 > 0xa goto pc+2\nexit");
  EXPECT_EQ(assembled("0: (bf) r6 = r1                       ; R1=ctx() R6=ctx()\n"
                      "1: (85) call bpf_get_prandom_u32#7    ; R0=scalar()\n"
                      "3: (25) if r7 > 0xa goto pc+2         ; R0=1\n"
                      "8: (95) exit\n"),
            plain);
  EXPECT_EQ(assembled("      0: .1........ (bf) r6 = r1\n"
                      "      1: .......... (85) call bpf_get_prandom_u32#7\n"
                      "      2: 0123456789 (25) if r7 > 0xa goto pc+2\n"
                      "      3: 0......... (95) exit\n"),
            plain);
}

// Decimal is a move, hexadecimal a 64-bit load, as in the log.
TEST(Assemble, NumbersAsInTheLog) {
  EXPECT_EQ(assembled("r1 = 5"), (std::vector<Insn>{{0xb7, 1, 0, 0, 5}}));
  EXPECT_EQ(assembled("r1 = 0x5"), (std::vector<Insn>{{0x18, 1, 0, 0, 5}, {}}));
  EXPECT_EQ(assembled("r1 = -1 ll"), (std::vector<Insn>{{0x18, 1, 0, 0, -1}, {0, 0, 0, 0, -1}}));
  EXPECT_EQ(assembled("w1 = 0x5"), (std::vector<Insn>{{0xb4, 1, 0, 0, 5}}));
  EXPECT_EQ(assembled("r1 += 0xffffffff"), (std::vector<Insn>{{0x07, 1, 0, 0, -1}}));
}

TEST(Assemble, RawInstructions) {
  EXPECT_EQ(assembled(".insn 0xb7 1 15 -3 0xffffffff"), (std::vector<Insn>{{0xb7, 1, 15, -3, -1}}));
}

TEST(Assemble, Errors) {
  EXPECT_EQ(error_of("exit\nr1 += w2"), "line 2: registers of different width");
  EXPECT_EQ(error_of("goto nowhere"), "line 1: unknown label 'nowhere'");
  EXPECT_EQ(error_of("a: exit\na: exit"), "line 2: label 'a' is there twice");
  EXPECT_EQ(error_of("call nothing"), "line 1: unknown function or label 'nothing'");
  EXPECT_EQ(error_of("r1 = map[m]"), "line 1: unknown map 'm'");
  EXPECT_EQ(error_of("r1 = 4294967296"), "line 1: 4294967296 does not fit 32 bits");
  EXPECT_EQ(error_of("goto pc+32768"), "line 1: pc+32768 is too far");
  EXPECT_EQ(error_of("r1 = -r2"), "line 1: the register on both sides must be the same");
  EXPECT_EQ(error_of("r16 = 1"), "line 1: 'r16' starts no instruction");
  EXPECT_EQ(error_of("exit 5"), "line 1: '5' is too much");
  EXPECT_EQ(error_of("r1 @= 5"), "line 1: cannot read '@= 5'");
  EXPECT_EQ(error_of("r1 = *(u65 *)(r2 +0)"), "line 1: no instruction with 'u65' here");
  EXPECT_EQ(error_of("if r1 = 5 goto pc+1"), "line 1: no instruction with '=' here");
  EXPECT_EQ(error_of("goto"), "line 1: expected a label or pc+N, not ''");
}

// Whatever the text: an answer, no crash.
TEST(Assemble, RandomTextIsAnError) {
  std::mt19937_64 random(recorded::seed());
  constexpr std::string_view kPieces[] = {"r1",   "w2",   "=",    "+=",  "(",     ")",    "*",   "u64",  "pc",
                                          "+1",   "goto", "if",   "0x1", "call",  "#",    "[",   "]",    "ll",
                                          "lock", "-",    "le16", ":",   ";",     "\n",   "skb", "s8",   "label",
                                          ",",    "&",    "==",   "99",  ".insn", "func", "0",   "exit", "atomic"};
  for (int i = 0; i < 20000; i++) {
    std::string text;
    for (u64 n = random() % 10; n > 0; n--) text += fmt::format("{} ", kPieces[random() % std::size(kPieces)]);
    (void)assemble(text).ok();
  }
}

}  // namespace
}  // namespace skep::isa
