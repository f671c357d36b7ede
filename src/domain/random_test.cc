// Soundness at 64 bits and at 8: random little executions. Each register has a scalar and a handful of real values
// ("witnesses", the same one of every register belonging to one execution); whatever is done to both, the values must
// stay members. And the famous bugs, by name.
#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "domain/concrete.h"

namespace skep::domain {
namespace {

u64 seed_of_run() {
  const char* text = std::getenv("SKEP_SEED");
  return text == nullptr ? std::random_device{}() : std::strtoull(text, nullptr, 0);
}

template <unsigned W>
class Execution {
 public:
  using U = typename Width<W>::U;
  static constexpr size_t kRegisters = 3, kWitnesses = 8;

  explicit Execution(std::mt19937_64& random) : random_(random) {
    for (auto& r : registers_) forget(r);
    set(constant_, U(0));
  }

  // False: a value got lost; what() tells where.
  bool step() {
    Register& a = registers_[random_() % kRegisters];
    Register& b = registers_[random_() % kRegisters];
    switch (random_() % 8) {
      case 0: forget(a); return true;
      case 1: set(a, some_number()); return true;
      case 2:
      case 3:
      case 4: return do_alu(a, random_() % 2 != 0 ? b : constant());
      case 5:
        if constexpr (W == 64) return do_truncation(a);
        return true;
      default: return do_jump(a, random_() % 2 != 0 ? b : constant());
    }
  }
  const std::string& what() const { return what_; }

 private:
  struct Register {
    ScalarT<W> s;
    U values[kWitnesses];
  };

  U some_number() {
    const unsigned bits = unsigned(random_() % W);
    switch (random_() % 4) {
      case 0: return U(random_());
      case 1: return U(u64{1} << bits);
      case 2: return U((u64{1} << bits) - 1);
      default: return U(random_() % 40 - 20);
    }
  }
  void forget(Register& r) {
    r.s = ScalarT<W>::unknown();
    for (U& v : r.values) v = some_number();
  }
  void set(Register& r, U value) {
    r.s = ScalarT<W>::known(value);
    for (U& v : r.values) v = value;
  }
  Register& constant() {
    set(constant_, some_number());
    return constant_;
  }

  bool good(const Register& r, std::string what) {
    bool ok = sanity_check(r.s) == nullptr;
    for (size_t i = 0; i < kWitnesses; ++i) ok = ok && (!alive(i) || contains(r.s, r.values[i]));
    if (!ok) what_ = what;
    return ok;
  }

  bool do_alu(Register& a, Register& b) {
    const AluOp op = kAluOps[random_() % std::size(kAluOps)];
    const bool is64 = random_() % 2 != 0, shift = op == AluOp::Lsh || op == AluOp::Rsh || op == AluOp::Arsh;
    if (shift && random_() % 4 != 0) set(constant_, U(random_() % (is64 ? W : W / 2)));
    Register& src = shift ? constant_ : b;
    alu(op, is64, a.s, src.s);
    for (size_t i = 0; i < kWitnesses; ++i) a.values[i] = concrete<W>(op, is64, a.values[i], src.values[i]);
    return good(a, "alu " + std::to_string(int(op)));
  }

  // Takes the side that the first living witness takes; the others of that side go on with it.
  bool do_jump(Register& a, Register& b) {
    JmpOp op = kJmpOps[random_() % std::size(kJmpOps)];
    const bool is_jmp32 = random_() % 2 != 0;
    const int taken = is_branch_taken(op, a.s, b.s, is_jmp32);
    const bool side = holds<W>(op, is_jmp32, a.values[leader()], b.values[leader()]);
    u32 survivors = 0;
    for (size_t i = 0; i < kWitnesses; ++i) {
      if (!alive(i)) continue;
      const bool h = holds<W>(op, is_jmp32, a.values[i], b.values[i]);
      if (taken >= 0 && h != (taken == 1)) what_ = "prediction " + std::to_string(int(op));
      survivors |= u32(h == side) << i;
    }
    if (!what_.empty()) return false;
    alive_ = survivors;
    if (taken >= 0) return true;
    if (!side) op = reverse(op);
    refine(op, a.s, b.s, is_jmp32);
    return good(a, "refine " + std::to_string(int(op))) && good(b, "refine " + std::to_string(int(op)));
  }

  bool do_truncation(Register& r) {
    const int size = 1 << random_() % 3, form = int(random_() % 5);
    const int unused = 64 - 8 * size;
    for (U& v : r.values) v = truncated(v, form, size, unused);
    switch (form) {
      case 0: coerce_to_size(r.s, size); break;
      case 1: coerce_to_size_sx(r.s, size); break;
      case 2:
        if (size < 4) coerce_subreg_to_size_sx(r.s, size);
        zext_32_to_64(r.s);
        sync(r.s);
        break;
      case 3: byte_swap(r.s, true, 16 * size); break;
      default: byte_swap(r.s, false, 16 * size);
    }
    return good(r, "truncation " + std::to_string(form) + " " + std::to_string(size));
  }
  static u64 truncated(u64 v, int form, int size, int unused) {
    const u64 extended = u64(s64(v << unused) >> unused);
    switch (form) {
      case 0: return v << unused >> unused;
      case 1: return extended;
      case 2: return u32(extended);
      case 3: return __builtin_bswap64(v) >> (64 - 16 * size);
      default: return v << (64 - 16 * size) >> (64 - 16 * size);
    }
  }

  bool alive(size_t i) const { return (alive_ >> i & 1) != 0; }
  size_t leader() const { return size_t(std::countr_zero(alive_)); }

  std::mt19937_64& random_;
  Register registers_[kRegisters];
  Register constant_;
  u32 alive_ = (1u << kWitnesses) - 1;
  std::string what_;
};

template <unsigned W>
void run_executions(int executions, int steps) {
  const u64 seed = seed_of_run();
  std::cout << "SKEP_SEED=" << seed << "\n";
  std::mt19937_64 random(seed);
  for (int i = 0; i < executions; ++i) {
    Execution<W> e(random);
    for (int step = 0; step < steps; ++step)
      ASSERT_TRUE(e.step()) << "execution " << i << " step " << step << ": " << e.what();
  }
}

TEST(Random, ValuesStayInside64Bits) { run_executions<64>(40000, 30); }
TEST(Random, ValuesStayInside32Bits) { run_executions<32>(10000, 30); }
TEST(Random, ValuesStayInside16Bits) { run_executions<16>(10000, 30); }
TEST(Random, ValuesStayInside8Bits) { run_executions<8>(40000, 30); }

Scalar known(u64 v) { return Scalar::known(v); }
Scalar after(JmpOp op, Scalar a, u64 b, bool is_jmp32) {
  Scalar other = known(b);
  refine(op, a, other, is_jmp32);
  return a;
}
Scalar after(AluOp op, bool is64, Scalar a, const Scalar& b) {
  alu(op, is64, a, b);
  return a;
}

TEST(KnownBugs, Cve2018_18445_ShiftOf32BitsUsesTheLowHalf) {
  Scalar r = after(AluOp::Lsh, true, known(2), known(31));
  r = after(AluOp::Rsh, false, r, known(31));
  EXPECT_EQ(after(AluOp::Sub, false, r, known(2)), known(0xfffffffe));
}

TEST(KnownBugs, Cve2020_8835_LowHalfOfABigRange) {
  Scalar r = after(JmpOp::Ge, Scalar::unknown(), 1, false);
  r = after(JmpOp::Le, r, 0x100000001, false);
  EXPECT_TRUE(contains(r, 2));
  EXPECT_TRUE(contains(r, 0x100000000));
  EXPECT_EQ(r.u32_max, ~u32{0});
}

TEST(KnownBugs, Cve2020_27194_OrKeepsTheHalvesApart) {
  Scalar r = after(JmpOp::Lt, Scalar::unknown(), 0x600000002, false);
  r = after(JmpOp::Gt, r, 0, false);
  r = after(AluOp::Or, true, r, known(0));
  zext_32_to_64(r);
  sync(r);
  EXPECT_TRUE(contains(r, 0xffffffff));
}

TEST(KnownBugs, Cve2021_3490_MaskWithBothLowHalvesKnown) {
  Scalar r = after(AluOp::Rsh, true, Scalar::unknown(), known(32));
  r = after(AluOp::Lsh, true, r, known(32));
  r = after(AluOp::Add, true, r, known(1));
  r = after(AluOp::And, true, r, known(0x100000002));
  EXPECT_EQ(sanity_check(r), nullptr);
  r = after(AluOp::Add, true, r, known(1));
  EXPECT_EQ(r.u32_min, 1u);
  EXPECT_EQ(r.u32_max, 1u);
  EXPECT_TRUE(contains(r, 1) && contains(r, 0x100000001));
}

TEST(KnownBugs, Cve2021_31440_NoLowHalfFromABigRange) {
  Scalar r = after(JmpOp::Ge, Scalar::unknown(), 1, false);
  r = after(JmpOp::Le, r, 1, true);
  EXPECT_TRUE(contains(r, 0x100000000));
}

TEST(KnownBugs, Cve2024_41003_NoInvertedRangeAfterAnImpossibleBranch) {
  Scalar r = after(AluOp::And, false, Scalar::unknown(), known(0x7fffffff));
  r = after(AluOp::Or, true, r, known(2));
  EXPECT_EQ(is_branch_taken(JmpOp::Ne, r, known(0x7ffffffd), true), 1);  // bit 1 is set in one, clear in the other
}

TEST(KnownBugs, Cve2025_39748_JsetFallThroughForgetsRanges) {
  const Scalar r = after(JmpOp::Ne, Scalar::unknown(), 0, false);
  EXPECT_EQ(r.umin, 1u);
  EXPECT_EQ(after(JmpOp::NotSet, r, ~u64{0}, false), known(0));
  // A mask of one bit, since for the full mask the single-value rule of sync would hide a forgotten forgetting.
  EXPECT_EQ(after(JmpOp::NotSet, r, 1, false).umin, 0u);
}

TEST(KnownBugs, DivisionIsUnknownEvenFor32Bits) {
  EXPECT_EQ(after(AluOp::Div, false, known(8), known(2)), Scalar::unknown());
  EXPECT_EQ(after(AluOp::Mod, true, known(8), known(2)), Scalar::unknown());
}

// Facts of 6.18.44 that 6.18.2 does not know.
TEST(Linux6_18_44, TheOnlyMemberInTheRange) {
  Scalar r = Scalar::unknown();
  r.var_off = {0, 2};
  r.umin = 1;
  r.umax = 2;
  sync(r);
  EXPECT_EQ(r, known(2));
}

TEST(Linux6_18_44, ByteSwapIsTracked) {
  Scalar r = after(AluOp::And, true, Scalar::unknown(), known(0x1ff));
  byte_swap(r, true, 16);
  EXPECT_EQ(r.var_off, (Tnum{0, 0xff01}));
  EXPECT_EQ(r.umax, 0xff01u);
  r = known(0x1122334455667788);
  byte_swap(r, true, 64);
  EXPECT_EQ(r, known(0x8877665544332211));
}

TEST(Linux6_18_44, A32BitShiftLooksAtTheWholeCount) {
  EXPECT_EQ(after(AluOp::Lsh, false, known(1), known(0x800000000000)), Scalar::unknown());
  EXPECT_EQ(after(AluOp::Lsh, false, known(1), known(4)), known(16));
}

TEST(SanityCheck, NamesTheContradiction) {
  Scalar r = Scalar::unknown();
  r.u32_min = 5;
  r.u32_max = 4;
  EXPECT_STREQ(sanity_check(r), "range bounds violation");
  r = known(3);
  r.mark_unbounded();
  EXPECT_STREQ(sanity_check(r), "const tnum out of sync with range bounds");
  r = Scalar::unknown();
  r.var_off = {3, 0xffffffff00000000};
  EXPECT_STREQ(sanity_check(r), "const subreg tnum out of sync with range bounds");
  EXPECT_EQ(sanity_check(known(3)), nullptr);
}

}  // namespace
}  // namespace skep::domain
