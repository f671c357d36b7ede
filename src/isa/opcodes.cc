// opcodes.def as data: the rows in file order, and an index by opcode byte.
#include "isa/opcodes.h"

#include <array>

namespace skep::isa {
namespace {

constexpr OpcodeRow kRows[] = {
#define BPF_INSN(code, name, op, shape, mcpu, zero) {code, #name, op, Shape::shape, mcpu, zero},
#include "isa/opcodes.def"
#undef BPF_INSN
};
constexpr int kNumRows = std::size(kRows);
constexpr u8 kUnknown = 0xff;
static_assert(kNumRows < kUnknown, "the index holds row numbers as bytes");

constexpr std::array<u8, 256> make_index() {
  std::array<u8, 256> index{};
  index.fill(kUnknown);
  for (int i = 0; i < kNumRows; i++) index[kRows[i].code] = static_cast<u8>(i);
  return index;
}

// Opcode byte -> row number.
constexpr std::array<u8, 256> kIndex = make_index();

constexpr bool codes_are_unique() {
  for (int i = 0; i < kNumRows; i++)
    if (kIndex[kRows[i].code] != i) return false;
  return true;
}
static_assert(codes_are_unique(), "opcodes.def lists an opcode twice");

}  // namespace

const OpcodeRow* opcode_row(u8 code) { return kIndex[code] == kUnknown ? nullptr : &kRows[kIndex[code]]; }

std::span<const OpcodeRow> opcode_rows() { return kRows; }

}  // namespace skep::isa
