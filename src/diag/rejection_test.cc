// Rejections: the kernel's words, byte for byte, and the facts; as JSON.
#include "diag/rejection.h"

#include <gtest/gtest.h>

#include "diag/render_json.h"

namespace skep::diag {
namespace {

TEST(Rejection, CarriesKindErrnoFactsAndTheKernelsLine) {
  const Rejection r = make_rejection(InvalidMemAccess{}, 7, "scalar");
  EXPECT_EQ(r.kind, Kind::InvalidMemAccess);
  EXPECT_EQ(r.error, EACCES);
  EXPECT_EQ(r.line, "R7 invalid mem access 'scalar'\n");
  ASSERT_EQ(r.facts.size(), 2u);
  EXPECT_EQ(std::get<s64>(r.facts[0]), 7);
  EXPECT_EQ(std::get<std::string>(r.facts[1]), "scalar");
}

TEST(Rejection, FactsKeepTheirSign) {
  const Rejection r = make_rejection(LockWrongOffset{}, s64{-8}, "bpf_spin", ~0ull);
  EXPECT_EQ(std::get<s64>(r.facts[0]), -8);
  EXPECT_EQ(std::get<u64>(r.facts[2]), ~0ull);
}

TEST(Rejection, TextsOfSeveralForms) {
  EXPECT_EQ(text_of(UnknownOpcode{}, u8{6}), "unknown opcode 06\n");
  EXPECT_EQ(text_of(InvalidAluOpcode{}, u8{0xe0}), "invalid BPF_ALU opcode e0\n");
  EXPECT_EQ(text_of(SpinLockInRbtreeCb{}), "can't spin_{lock,unlock} in rbtree cb\n");
  EXPECT_EQ(text_of(TracingGraphRoot{}), "tracing progs cannot use bpf_{list_head,rb_root} yet\n");
  EXPECT_EQ(text_of(TailCallNotProgArray{}), "expected prog array map for tail call");
  EXPECT_EQ(text_of(RegNotKnownConstant{}, 2), "R2 is not a known constant'\n");
  EXPECT_EQ(text_of(CtxArgWrongStruct{}, 0, "xdp_md"), "arg#0 should be `struct xdp_md *`\n");
  EXPECT_EQ(text_of(RegTypeExpected{}, 1, "scalar", "fp, pkt"), "R1 type=scalar expected=fp, pkt\n");
  EXPECT_EQ(text_of(ReturnOutOfRange{}, "At program exit", "R0", " smin=0 smax=2", 0, 1),
            "At program exit the register R0 has smin=0 smax=2 should have been in [0, 1]\n");
  EXPECT_EQ(text_of(RegInvariantsViolation{}, "alu", "range bounds violation", 1u, 0u, 1u, 0u, 1u, 0u, 1u, 0u, 0u, 0u),
            "verifier bug: REG INVARIANTS VIOLATION (alu): range bounds violation u64=[0x1, 0x0] s64=[0x1, 0x0] "
            "u32=[0x1, 0x0] s32=[0x1, 0x0] var_off=(0x0, 0x0)\n");
}

TEST(Rejection, ErrnosOfTheKernelThatUserSpaceHasNoNameFor) {
  EXPECT_EQ(KfuncNeedsJit::kError, 524);
  EXPECT_EQ(make_rejection(KfuncNeedsJit{}).error, kErrnoNotSupp);
}

TEST(Json, OfARejection) {
  EXPECT_EQ(to_json(make_rejection(InvalidStackAccess{}, " read from", 10, -520, 8u)),
            R"({"code":"E0301","kind":"InvalidStackAccess","errno":13,)"
            R"("message":"invalid read from stack R10 off=-520 size=8",)"
            R"("facts":{"access":" read from","reg":10,"off":-520,"size":8}})");
}

TEST(Json, KeepsInnerNewlinesAndAllDigits) {
  EXPECT_EQ(to_json(make_rejection(GlobalCallWithLock{})),
            R"({"code":"E1002","kind":"GlobalCallWithLock","errno":22,)"
            R"("message":"global function calls are not allowed while holding a lock,\nuse static function instead",)"
            R"("facts":{}})");
  EXPECT_NE(to_json(make_rejection(FieldMisaligned{}, "kptr", 8u, ~0ull)).find(":18446744073709551615}"),
            std::string::npos);
}

}  // namespace
}  // namespace skep::diag
