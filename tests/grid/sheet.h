// The grid: one program per form of an instruction, which does it with every pair of registers on operands from its
// context, and writes all registers behind each into its context. A SYSCALL program, because its context is memory.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "isa/insn.h"

namespace skep::grid {

inline constexpr u32 kRegs = 10;  // R0 to R9

// The context, in words of 8 bytes: what registers hold that are no operands, the operands, memory for instructions
// that want some, and behind these, for each case, the registers and the memory.
inline constexpr u32 kX = 10, kY = 11, kCell = 12, kOut = 16, kCaseWords = 12;

// Operands at the borders.
std::span<const u64> values();

// What the registers hold that are no operands.
constexpr u64 filling(u32 reg) { return u64(0x1111'1111'1111'1111) * (reg + 1); }

// Which pairs of values a program is run on.
enum class Runs : u8 {
  AllPairs,  // x and y
  AllX,      // x; y is some value
  Once,      // the operands are in the program
};

struct Sheet {
  std::string name;
  Runs runs = Runs::AllPairs;
  std::vector<isa::Insn> insns;
  u32 cases = 0;
  u32 words() const { return kOut + cases * kCaseWords; }
};

// `map`: the descriptor of an array of one value of kMapValue bytes.
inline constexpr u32 kMapValue = 512;
std::vector<Sheet> arithmetic();
std::vector<Sheet> jumps();
std::vector<Sheet> memory(int map);
std::vector<Sheet> atomics(int map);
// Arithmetic and jumps on numbers that the verifier knows.
std::vector<Sheet> constants();

}  // namespace skep::grid
