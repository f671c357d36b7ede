// The interpreter and the machine code do the same: every operation on its own, with every pair of registers, on
// operands at the borders.
#include <gtest/gtest.h>

#include <optional>

#include <array>
#include <fstream>
#include <limits>

#include "engine/jit/jit.h"
#include "isa/insn.h"
#include "map/shm/empty_pages.h"
#include "map/testing.h"

namespace skep::engine {
namespace {

constexpr u64 kValues[] = {0,
                           1,
                           2,
                           7,
                           31,
                           33,
                           63,
                           0x7f,
                           0x80,
                           0xff,
                           0x8000,
                           0x7fffffff,
                           0x80000000,
                           0xffffffff,
                           0x1'0000'0000,
                           0x1234'5678'9abc'def0,
                           0x7fffffffffffffff,
                           0x8000000000000000,
                           0xfffffffffffffffe,
                           0xffffffffffffffff};
constexpr s64 kImms[] = {
    0,   1,   2,   3,     5,          7,          8,          9,  10, 13, 31,   32,    63,
    100, 255, 641, 65535, 0x12345678, 0x40000000, 0x7fffffff, -1, -2, -7, -128, -1000, std::numeric_limits<s32>::min()};
constexpr u32 kRegs = 10;   // R0 to R9
constexpr s32 kSaved = -8;  // where in the stack the context is kept
constexpr s32 kStack = -8 * 16;

// What a program is given, and leaves.
struct Memory {
  std::array<u64, kRegs> in{}, out{};
  std::array<u64, 64> data{};
  bool operator==(const Memory&) const = default;
};
constexpr s32 kOut = offsetof(Memory, out), kData = offsetof(Memory, data);

Op op(OpCode code, u32 dst, u32 src, s32 off = 0, s64 imm = 0) { return {code, u8(dst), u8(src), off, imm}; }

OpCode form(OpCode first, u32 steps) { return OpCode(u16(first) + steps); }

// Loads all registers, does `middle`, and stores those of `kept`.
std::unique_ptr<Code> program(const std::vector<Op>& middle, u32 kept = (1u << kRegs) - 1) {
  auto code = std::make_unique<Code>();
  std::vector<Op>& ops = code->ops;
  ops.push_back(op(OpCode::St64R, 10, 1, kSaved));
  for (u32 r = 0; r < kRegs; ++r)
    if (r != 1) ops.push_back(op(OpCode::Ld64, r, 1, s32(8 * r)));
  ops.push_back(op(OpCode::Ld64, 1, 1, 8));
  const u32 start = u32(ops.size());
  for (Op o : middle) {
    if ((o.code >= OpCode::Jeq64R && o.code <= OpCode::Jsle32I) || o.code == OpCode::Jump) o.off += s32(start);
    ops.push_back(o);
  }
  for (u32 r = 0; r < kRegs; ++r)
    if (kept >> r & 1) ops.push_back(op(OpCode::St64R, 10, r, kStack + s32(8 * r)));
  ops.push_back(op(OpCode::Ld64, 1, 10, kSaved));
  for (u32 r = 0; r < kRegs; ++r) {
    if (!(kept >> r & 1)) continue;
    ops.push_back(op(OpCode::Ld64, 0, 10, kStack + s32(8 * r)));
    ops.push_back(op(OpCode::St64R, 1, 0, kOut + s32(8 * r)));
  }
  ops.push_back(op(OpCode::Mov64I, 0, 0, 0, 42));
  ops.push_back(op(OpCode::Exit, 0, 0));
  code->entries = {0};
  code->stack_depth = {u32(-kStack)};
  code->functions = std::make_unique<Function[]>(1);
  return code;
}

class Agree : public testing::Test {
 protected:
  Memory outcome(const Engine& engine, const Code& code, Memory& memory, const Memory& before) {
    memory = before;
    engine::Run run(machine_, engine);
    const RunResult result = run_program(code, reinterpret_cast<u64>(&memory), run);
    EXPECT_EQ(result.stop, Stop::None);
    EXPECT_EQ(result.retval, 42u);
    return memory;
  }

  // False, and a failure, if the engines differ.
  bool same(const Code& code, const Memory& before, const Op& about) {
    const Memory expected = outcome(interpreter(), code, memory_, before);
    const Memory got = outcome(jit(), code, memory_, before);
    if (got == expected) return true;
    for (u32 r = 0; r < kRegs; ++r)
      EXPECT_EQ(got.out[r], expected.out[r]) << op_name(about.code) << " dst R" << int(about.dst) << " src R"
                                             << int(about.src) << " imm " << about.imm << ": R" << r;
    EXPECT_EQ(got.data, expected.data) << op_name(about.code);
    return false;
  }

  Memory filled() const {
    Memory m;
    for (u32 r = 0; r < kRegs; ++r) m.in[r] = u64(0x1111'1111'1111'1111) * (r + 1);
    for (u32 i = 0; i < m.data.size(); ++i) m.data[i] = 0x8182'8384'8586'8788 + i * 0x0101'0101'0101;
    return m;
  }

  // `tested`: where in `middle` the operation is that this is about.
  void on_values(const std::vector<Op>& middle, size_t tested, std::span<const u64> a, std::span<const u64> b) {
    const Op& about = middle[tested];
    for (const u32 kept : {(1u << kRegs) - 1, 1u << about.dst}) {
      auto code = program(middle, kept);
      ASSERT_TRUE(compile(*code));
      Memory before = filled();
      for (const u64 x : a) {
        for (const u64 y : b) {
          before.in[about.src] = y;
          before.in[about.dst] = x;
          if (!same(*code, before, about)) return;
        }
      }
    }
  }

  // With all registers wanted afterwards, and without `left`; `x` and `y` begin with all values.
  void with_and_without(u32 left, const std::vector<Op>& middle, u32 x, u32 y) {
    for (const u32 kept : {(1u << kRegs) - 1, ((1u << kRegs) - 1) & ~(1u << left)}) {
      auto code = program(middle, kept);
      ASSERT_TRUE(compile(*code));
      Memory before = filled();
      for (const u64 a : kValues) {
        for (const u64 b : kValues) {
          before.in[x] = a;
          before.in[y] = b;
          if (!same(*code, before, middle[0])) return;
        }
      }
    }
  }

  Machine machine_{MachineConfig{}};
  Memory memory_;
};

TEST_F(Agree, ArithmeticOnRegisters) {
  for (OpCode base = OpCode::Add64R; base <= OpCode::Mov64R; base = form(base, 4))
    for (const u32 steps : {0u, 2u})
      for (u32 dst = 0; dst < kRegs; ++dst)
        for (u32 src = 0; src < kRegs; ++src) on_values({op(form(base, steps), dst, src)}, 0, kValues, kValues);
}

TEST_F(Agree, ArithmeticWithConstants) {
  const u64 none[] = {0};
  for (OpCode base = OpCode::Add64R; base <= OpCode::Mov64R; base = form(base, 4))
    for (const u32 steps : {1u, 3u})
      for (u32 dst = 0; dst < kRegs; ++dst)
        for (const s64 imm : kImms) {
          if (imm == 0 && base >= OpCode::Div64R && base <= OpCode::SMod64R) continue;
          const u32 src = dst == 0 ? 1 : 0;
          on_values({op(form(base, steps), dst, src, 0, imm)}, 0, kValues, none);
        }
}

TEST_F(Agree, OneOperand) {
  const u64 none[] = {0};
  for (OpCode code = OpCode::Neg64; code <= OpCode::Low32; code = form(code, 1))
    for (u32 dst = 0; dst < kRegs; ++dst) on_values({op(code, dst, dst == 0 ? 1 : 0)}, 0, kValues, none);
  for (OpCode code = OpCode::MovS8To64; code <= OpCode::MovS16To32; code = form(code, 1))
    for (u32 dst = 0; dst < kRegs; ++dst)
      for (u32 src = 0; src < kRegs; ++src) on_values({op(code, dst, src)}, 0, none, kValues);
}

// What the emitter makes one instruction of.
TEST_F(Agree, Sequences) {
  const u64 none[] = {0};
  for (const s64 n : {1l, 13l, 31l, 32l, 48l, 56l, 63l}) {
    for (const OpCode right : {OpCode::Rsh64I, OpCode::Arsh64I})
      on_values({op(OpCode::Lsh64I, 3, 2, 0, n), op(right, 3, 0, 0, n)}, 0, kValues, none);
    for (const u32 width : {64u, 32u}) {
      const u32 half = width == 64 ? 0 : 2;
      const auto with = [half](OpCode code) { return form(code, half); };
      const s64 left = n % width, right = width - left;
      for (const auto& [t, a, u] : {std::array{1u, 2u, 3u}, {0u, 9u, 4u}, {6u, 4u, 2u}}) {
        const Op copy = op(with(OpCode::Mov64R), t, a), again = op(with(OpCode::Mov64R), u, a);
        const Op shift_t = op(with(OpCode::Rsh64I), t, 0, 0, right), shift_a = op(with(OpCode::Lsh64I), a, 0, 0, left),
                 shift_u = op(with(OpCode::Lsh64I), u, 0, 0, left);
        on_values({op(with(OpCode::Or64R), a, t), copy, shift_t, shift_a, op(with(OpCode::Or64R), a, t)}, 4, kValues,
                  none);
        on_values({copy, shift_a, shift_t, op(OpCode::Or64R, t, a)}, 3, kValues, kValues);
        on_values({copy, shift_t, again, shift_u, op(with(OpCode::Or64R), u, t)}, 4, kValues, none);
        on_values({copy, shift_t, shift_a, op(with(OpCode::Or64R), a, t)}, 3, kValues, kValues);
      }
    }
  }
}

// A copy that is shifted and added to: all registers, halves and wholes.
TEST_F(Agree, Sums) {
  const u64 none[] = {0}, values[] = {1, 0x7fff'ffff, 0xffff'ffff'8000'0001, 0x0123'4567'89ab'cdef};
  const std::optional<Op> shifts[] = {std::nullopt, op(OpCode::Lsh64I, 0, 0, 0, 1), op(OpCode::Lsh64I, 0, 0, 0, 3),
                                      op(OpCode::Lsh64I, 0, 0, 0, 4), op(OpCode::Lsh32I, 0, 0, 0, 2)};
  for (u32 t = 0; t < kRegs; ++t)
    for (u32 a = 0; a < kRegs; ++a)
      for (const OpCode copy : {OpCode::Mov64R, OpCode::Mov32R})
        for (const auto& shift : shifts)
          for (const OpCode add : {OpCode::Add64R, OpCode::Add32R}) {
            std::vector<Op> ops = {op(copy, t, a)};
            if (shift) ops.push_back(op(shift->code, t, 0, 0, shift->imm));
            for (const u32 b : {t, a, 0u, 5u, 7u}) {
              ops.push_back(op(add, t, b));
              on_values(ops, 0, none, values);
              ops.pop_back();
            }
            for (const s64 imm : {1l, -1l, 0x7fffffffl, -0x80000000l}) {
              ops.push_back(op(form(add, 1), t, 0, 0, imm));
              on_values(ops, 0, none, values);
              ops.pop_back();
            }
          }
}

// A number besides, and what is added shifted beforehand.
TEST_F(Agree, LongSums) {
  const Op number = op(OpCode::Add64I, 3, 0, 0, -128), half = op(OpCode::Add32I, 3, 0, 0, 5);
  for (const auto& [a, b] : {std::pair(1u, 2u), {9u, 7u}, {2u, 2u}, {1u, 3u}, {5u, 0u}}) {
    const Op copy = op(OpCode::Mov64R, 3, a), add = op(OpCode::Add64R, 3, b);
    for (const s64 n : {1l, 3l, 4l}) {
      const Op before = op(OpCode::Lsh64I, b, 0, 0, n), after = op(OpCode::Lsh64I, 3, 0, 0, n);
      for (const std::vector<Op>& ops : {std::vector{before, copy, number, add},
                                         {before, copy, add, number},
                                         {before, copy, add},
                                         {before, copy, add, half},
                                         {before, copy, half, add},
                                         {copy, number, add},
                                         {copy, after, number, add},
                                         {copy, after, add, number},
                                         {copy, number, number, add},
                                         {copy, add, add, number}})
        with_and_without(b, ops, b, 1);
    }
  }
}

// Shifts by a register of which only some bits count.
TEST_F(Agree, MaskedShifts) {
  for (OpCode base = OpCode::Lsh64R; base <= OpCode::Arsh64R; base = form(base, 4))
    for (const u32 half : {0u, 2u})
      for (const auto& [d, t, a] : {std::array{1u, 2u, 3u}, {4u, 3u, 4u}, {0u, 4u, 9u}, {5u, 1u, 2u}})
        for (const s64 mask : {63l, 31l, 15l, -1l, 0x7fl}) {
          const Op copy = op(OpCode::Mov32R, t, a), number = op(OpCode::Mov64I, d, 0, 0, -5);
          const Op shift = op(form(base, half), d, t);
          for (const OpCode code : {OpCode::And64I, OpCode::And32I}) {
            const Op cut = op(code, t, 0, 0, mask);
            for (const std::vector<Op>& ops :
                 {std::vector{cut, shift}, {copy, cut, shift}, {cut, number, shift}, {copy, cut, number, shift}})
              with_and_without(t, ops, a, t);
          }
        }
}

// A mask before a comparison with 0, and a jump around a jump.
TEST_F(Agree, JumpsWithOthers) {
  const Op change = op(OpCode::Xor64I, 3, 0, 0, -1);
  for (const u32 t : {0u, 2u, 7u})
    for (OpCode code = OpCode::Jeq64R; code <= OpCode::Jne32I; code = form(code, 1))
      for (const s64 mask : {1l, 0xffl, 0x80000000l - 1, -1l, -0x80000000l})
        for (const OpCode cut : {OpCode::And64I, OpCode::And32I}) {
          const Op masked = op(cut, t, 0, 0, mask), jump = op(code, t, 5, 3);
          with_and_without(t, {masked, jump, change}, t, 5);
          with_and_without(t, {masked, jump, op(OpCode::Jump, 0, 0, 4), change}, t, 5);
        }
}

// A jump over an operation that changes a register.
TEST_F(Agree, Jumps) {
  const u64 none[] = {0};
  for (OpCode base = OpCode::Jeq64R; base <= OpCode::Jsle64R; base = form(base, 4)) {
    for (u32 dst = 0; dst < kRegs; ++dst) {
      for (const u32 steps : {0u, 2u})
        for (u32 src = 0; src < kRegs; ++src)
          on_values({op(form(base, steps), dst, src, 2), op(OpCode::Xor64I, dst, 0, 0, -1)}, 0, kValues, kValues);
      for (const u32 steps : {1u, 3u})
        for (const s64 imm : kImms)
          on_values({op(form(base, steps), dst, dst == 0, 2, imm), op(OpCode::Xor64I, dst, 0, 0, -1)}, 0, kValues,
                    none);
    }
  }
}

// --- the machine code itself --------------------------------------------------------------------------------------

TEST_F(Agree, NoPageIsWritableAndExecutable) {
  auto code = program({op(OpCode::Add64R, 1, 2)});
  ASSERT_TRUE(compile(*code));
  EXPECT_GT(native_size(*code), 0u);
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) EXPECT_EQ(line.find(" rwx"), std::string::npos) << line;
}

// What cannot be compiled is interpreted. Nothing but the interpreter's loop knows this operation, and it never gets
// there.
TEST_F(Agree, FallsBackToTheInterpreter) {
  auto code = program({op(OpCode::Add64R, 1, 2)});
  code->ops.push_back(op(OpCode::kCount, 0, 0));
  EXPECT_FALSE(compile(*code));
  EXPECT_EQ(native_size(*code), 0u);
  const Memory before = filled();
  EXPECT_EQ(outcome(jit(), *code, memory_, before).out[1], before.in[1] + before.in[2]);
}

// A loop of a hundred million rounds ends by its budget, on both engines, after as many.
TEST_F(Agree, Budget) {
  Code code;
  code.ops = {op(OpCode::Mov64I, 2, 0, 0, 100'000'000),
              op(OpCode::Ld64, 3, 1),
              op(OpCode::Add64I, 3, 0, 0, 1),
              op(OpCode::St64R, 1, 3),
              op(OpCode::Sub64I, 2, 0, 0, 1),
              op(OpCode::Jne64I, 2, 0, 1, 0),
              op(OpCode::Exit, 0, 0)};
  code.entries = {0};
  code.stack_depth = {0};
  code.functions = std::make_unique<Function[]>(1);
  ASSERT_TRUE(compile(code));
  for (const Engine* engine : {&interpreter(), &jit()}) {
    engine::Run run(machine_, *engine);
    run.budget = 1000;
    u64 rounds = 0;
    EXPECT_EQ(run_program(code, reinterpret_cast<u64>(&rounds), run).stop, Stop::Budget);
    EXPECT_EQ(rounds, 1001u);
  }
}

// --- memory -------------------------------------------------------------------------------------------------------

constexpr s32 kOffsets[] = {0, 8, -8, 120, 128, 200};
constexpr u32 kMiddle = 24;  // word of the data that base registers point to

class AgreeOnMemory : public Agree {
 protected:
  // `base` points into the data, and the other register holds a value.
  void at_offsets(OpCode code, u32 base, u32 other, bool base_is_dst, s64 imm = 0) {
    for (const s32 off : kOffsets) {
      const Op tested = op(code, base_is_dst ? base : other, base_is_dst ? other : base, off, imm);
      auto linked = program({tested});
      ASSERT_TRUE(compile(*linked));
      Memory before = filled();
      before.in[other] = 0x8877'6655'4433'22f1;
      before.in[base] = reinterpret_cast<u64>(&memory_.data[kMiddle]);
      if (!same(*linked, before, tested)) return;
    }
  }
};

TEST_F(AgreeOnMemory, LoadsAndStores) {
  for (u32 a = 0; a < kRegs; ++a) {
    for (u32 b = 0; b < kRegs; ++b) {
      for (OpCode code = OpCode::Ld8; code <= OpCode::LdS32; code = form(code, 3)) {
        at_offsets(code, a, b, false);
        at_offsets(form(code, 1), a, b, false);  // probing
      }
      for (OpCode code = OpCode::St8R; code <= OpCode::St64R; code = form(code, 4)) {
        at_offsets(code, a, b, true);
        for (const s64 imm : {0l, 1l, -1l, 0x7fl, 0x80l, 0x1234l, 0x12345678l, -2147483648l})
          if (b == 0) at_offsets(form(code, 1), a, b, true, imm);
      }
      for (u32 size = 0; size < 4; ++size) {
        at_offsets(form(OpCode::LdAcq8, size), a, b, false);
        at_offsets(form(OpCode::StRel8, size), a, b, true);
      }
    }
  }
}

// The same as an address, which may be wanted afterwards or not.
TEST_F(AgreeOnMemory, SumsAsAddresses) {
  for (const auto& [t, base, index, other] : {std::array{3u, 1u, 2u, 4u}, {0u, 7u, 5u, 9u}, {7u, 5u, 0u, 3u}}) {
    std::vector<Op> accesses;
    for (OpCode code = OpCode::Ld8; code <= OpCode::LdS32; code = form(code, 3))
      for (const u32 to : {t, other}) accesses.push_back(op(code, to, t, 8));
    for (OpCode code = OpCode::St8R; code <= OpCode::St64R; code = form(code, 4)) {
      for (const u32 from : {t, other}) accesses.push_back(op(code, t, from, -8));
      accesses.push_back(op(form(code, 1), t, 0, 0, -3));
    }
    const std::vector<Op> sums[] = {
        {op(OpCode::Mov64R, t, base), op(OpCode::Add64R, t, index)},
        {op(OpCode::Mov64R, t, base), op(OpCode::Add64I, t, 0, 0, 16)},
        {op(OpCode::Mov64R, t, index), op(OpCode::Lsh64I, t, 0, 0, 1), op(OpCode::Add64R, t, base)}};
    for (std::vector<Op> ops : sums) {
      for (const Op& access : accesses) {
        ops.push_back(access);
        for (const u32 kept : {(1u << kRegs) - 1, ((1u << kRegs) - 1) & ~(1u << t)}) {
          auto linked = program(ops, kept);
          ASSERT_TRUE(compile(*linked));
          Memory before = filled();
          before.in[base] = reinterpret_cast<u64>(&memory_.data[kMiddle]);
          before.in[index] = 8;
          ASSERT_TRUE(same(*linked, before, access));
        }
        ops.pop_back();
      }
    }
  }
}

constexpr s32 kAtomics[] = {isa::BPF_ADD,
                            isa::BPF_OR,
                            isa::BPF_AND,
                            isa::BPF_XOR,
                            isa::BPF_ADD | isa::BPF_FETCH,
                            isa::BPF_OR | isa::BPF_FETCH,
                            isa::BPF_AND | isa::BPF_FETCH,
                            isa::BPF_XOR | isa::BPF_FETCH,
                            isa::BPF_XCHG,
                            isa::BPF_CMPXCHG};

TEST_F(AgreeOnMemory, Atomics) {
  for (u32 base = 0; base < kRegs; ++base)
    for (u32 operand = 0; operand < kRegs; ++operand)
      for (const s32 operation : kAtomics)
        for (const OpCode code : {OpCode::Atomic32, OpCode::Atomic64}) at_offsets(code, base, operand, true, operation);
}

// compare-and-exchange that does exchange
TEST_F(AgreeOnMemory, CompareAndExchange) {
  for (u32 base = 1; base < kRegs; ++base) {
    for (u32 operand = 1; operand < kRegs; ++operand) {
      for (const OpCode code : {OpCode::Atomic32, OpCode::Atomic64}) {
        const Op tested = op(code, base, operand, 0, isa::BPF_CMPXCHG);
        auto linked = program({tested});
        ASSERT_TRUE(compile(*linked));
        Memory before = filled();
        before.in[0] = before.data[kMiddle];
        before.in[base] = reinterpret_cast<u64>(&memory_.data[kMiddle]);
        ASSERT_TRUE(same(*linked, before, tested));
      }
    }
  }
}

// What is not there reads as 0, in whatever register.
TEST_F(AgreeOnMemory, ProbesOfNothing) {
  for (OpCode code = OpCode::ProbeLd8; code <= OpCode::ProbeLdS32; code = form(code, 3))
    for (u32 dst = 0; dst < kRegs; ++dst)
      for (u32 base = 0; base < kRegs; ++base)
        for (const u64 address : {u64(16), u64(0xffff888000000000), u64(0x1234567800000000)}) {
          const Op tested = op(code, dst, base);
          auto linked = program({tested});
          ASSERT_TRUE(compile(*linked));
          Memory before = filled();
          before.in[base] = address;
          ASSERT_TRUE(same(*linked, before, tested));
        }
}

class AgreeOnArena : public AgreeOnMemory {
 protected:
  static constexpr u32 kPages = 4;

  AgreeOnArena() : map_(map::make_map({.map_type = BPF_MAP_TYPE_ARENA, .max_entries = kPages, .map_flags = 1024})) {}
  void SetUp() override {
    ASSERT_TRUE(map_);
    ASSERT_TRUE(map::fill_pages(map_->map->data(), kPages * 4096));
    handle_ = std::make_unique<MapHandle>(map_->map, nullptr, nullptr);
  }
  // Every place around the borders of the arena, and in the middle; `base` holds its lower half.
  void everywhere(const Op& tested, u32 base) {
    auto code = program({tested});
    code->arena = handle_.get();
    ASSERT_TRUE(compile(*code));
    const u64 start = map_->map->meta().user_vm_start;
    for (const s64 at : {s64(0), s64(4088), s64(kPages * 4096 - 8), s64(kPages * 4096 - 4), s64(kPages * 4096),
                         s64(kPages * 4096 - 1), s64(-8), s64(-1), s64(1) << 31}) {
      Memory before = filled();
      before.in[base] = start + u64(at) - u64(s64(tested.off));
      fill();
      const Memory expected = outcome(interpreter(), *code, memory_, before);
      const std::vector<u8> pages(map_->map->data(), map_->map->data() + kPages * 4096);
      fill();
      const Memory got = outcome(jit(), *code, memory_, before);
      ASSERT_EQ(got, expected) << op_name(tested.code) << " at " << at;
      ASSERT_EQ(std::memcmp(pages.data(), map_->map->data(), pages.size()), 0) << op_name(tested.code) << " at " << at;
    }
  }
  void fill() { std::memset(map_->map->data(), 0x81, kPages * 4096); }

  std::unique_ptr<map::TestMap> map_;
  std::unique_ptr<MapHandle> handle_;
};

TEST_F(AgreeOnArena, AllAccesses) {
  for (const auto& [base, other] : {std::pair{0u, 1u}, {1u, 0u}, {3u, 6u}, {6u, 3u}, {5u, 9u}, {2u, 2u}}) {
    for (const s32 off : {0, 16, -16}) {
      for (OpCode code = OpCode::ArenaLd8; code <= OpCode::ArenaLdS32; code = form(code, 3))
        everywhere(op(code, other, base, off), base);
      for (OpCode code = OpCode::ArenaSt8R; code <= OpCode::ArenaSt64R; code = form(code, 4)) {
        everywhere(op(code, base, other, off), base);
        everywhere(op(form(code, 1), base, other, off, -77), base);
      }
      for (u32 size = 0; size < 4; ++size) {
        everywhere(op(form(OpCode::ArenaLdAcq8, size), other, base, off), base);
        everywhere(op(form(OpCode::ArenaStRel8, size), base, other, off), base);
      }
      for (const s32 operation : kAtomics)
        for (const OpCode code : {OpCode::ArenaAtomic32, OpCode::ArenaAtomic64})
          everywhere(op(code, base, other, off, operation), base);
    }
  }
}

TEST_F(AgreeOnArena, ToUser) {
  const u64 none[] = {0};
  for (u32 dst = 0; dst < kRegs; ++dst)
    for (u32 src = 0; src < kRegs; ++src)
      on_values({op(OpCode::ToUser, dst, src, 0, 0x7f12'0000'0000)}, 0, none, kValues);
}

}  // namespace
}  // namespace skep::engine
