// Lines and logs back to their causes: every text finds its own code, older words and libbpf's too.
#include "diag/match.h"

#include <gtest/gtest.h>

namespace skep::diag {
namespace {

std::string code_of(std::string_view line) {
  const std::optional<TextMatch> match = match_line(line);
  return match ? std::string(match->cause->code) : "none";
}

// A text with something in the place of every fact, and what its cause asks for where it asks.
std::string filled(const TextMatch& match) {
  std::string_view text = match.pattern;
  std::vector<std::string_view> names;
  if (match.kind) names = field_names(*match.kind);
  std::string out;
  size_t field = 0;
  for (size_t i = 0; i < text.size() && text[i] != '\n'; ++i) {
    const bool doubled = i + 1 < text.size() && text[i + 1] == text[i];
    if (text[i] == '{' && !doubled) {
      i = text.find('}', i);
      const bool asked = !match.facts.empty() && names.at(field) == match.facts[0].first;
      for (char c : asked ? match.facts[0].second : "7") out += c == '*' ? '0' : c;
      ++field;
    } else {
      i += doubled && (text[i] == '{' || text[i] == '}');
      out += text[i];
    }
  }
  return out;
}

TEST(MatchLine, EveryTextFindsItsCause) {
  for (const CauseRow& cause : causes())
    for (const TextMatch& text : texts_of(cause)) EXPECT_EQ(code_of(filled(text)), cause.code) << text.pattern;
}

TEST(MatchLine, FactsDecideAndAreNamed) {
  EXPECT_EQ(code_of("R0 invalid mem access 'map_value_or_null'"), "E0101");
  EXPECT_EQ(code_of("R1 invalid mem access 'scalar'"), "E0102");
  EXPECT_EQ(code_of("invalid func unknown#195896080"), "E2301");
  EXPECT_EQ(code_of("R3 pointer arithmetic on pkt_end prohibited"), "E0501");
  const auto match = match_line("invalid access to packet, off=14 size=2, R3(id=2,off=16,r=0)");
  ASSERT_TRUE(match);
  EXPECT_EQ(match->cause->code, "E0201");
  ASSERT_EQ(match->facts.size(), 6u);
  EXPECT_EQ(match->facts[1], (std::pair<std::string_view, std::string>("size", "2")));
}

TEST(MatchLine, OlderWordsAndTheirKernels) {
  EXPECT_EQ(code_of("R1 invalid mem access 'inv'"), "E0102");
  EXPECT_EQ(code_of("R1 type=inv expected=fp"), "E0806");
  EXPECT_EQ(code_of("unknown func bpf_probe_read_user#112"), "E0802");
  EXPECT_EQ(code_of("invalid stack off=-520 size=8"), "E0301");
  EXPECT_EQ(code_of("At program exit the register R0 has value (0x7b; 0x0) should have been in (0x0; 0x1)"), "E1401");
  EXPECT_EQ(match_line("R1 invalid mem access 'inv'")->kernels, "until 5.17");
}

TEST(MatchLine, WhateverStandsBeforeIt) {
  EXPECT_EQ(code_of("libbpf: prog 'f': failed to find kernel BTF type ID of 'do_execve': -3"), "E1602");
  EXPECT_EQ(code_of("[12:33:01] 14: R1 !read_ok"), "E0104");
  EXPECT_EQ(code_of("\"R0 invalid mem access 'scalar'\\n\""), "E0102");
  EXPECT_EQ(code_of("  [3] STRUCT s size=4 vlen=2 Invalid name"), "E2206");
  EXPECT_EQ(code_of("libbpf: prog 'f': BPF program load failed: Operation not permitted"), "E2007");
}

TEST(MatchLine, OtherTextHasNone) {
  EXPECT_EQ(code_of(""), "none");
  EXPECT_EQ(code_of("hello"), "none");
  EXPECT_EQ(code_of("the quick brown fox"), "none");
}

constexpr char kLog[] = R"(libbpf: prog 'handle': BPF program load failed: Permission denied
libbpf: prog 'handle': -- BEGIN PROG LOAD LOG --
Global function handle() doesn't return scalar. Only those are supported.
0: R1=ctx() R10=fp0
; struct ethhdr *eth = data; @ prog.bpf.c:12
0: (61) r2 = *(u32 *)(r1 +0)          ; R1=ctx() R2_w=pkt(r=0)
1: (69) r0 = *(u16 *)(r2 +12)
invalid access to packet, off=12 size=2, R2(id=0,off=12,r=0)
R2 offset is outside of the packet
processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
-- END PROG LOAD LOG --
libbpf: prog 'handle': failed to load: -13
libbpf: failed to load object 'prog.bpf.o'
)";

TEST(ReadLog, TheLastReasonDecidesAndNoiseIsNamed) {
  const LogReading reading = read_log(kLog);
  ASSERT_TRUE(reading.decides);
  EXPECT_EQ(reading.decides->cause->code, "E0201");
  EXPECT_EQ(reading.decides->line, "R2 offset is outside of the packet");
  EXPECT_FALSE(reading.summary);
  ASSERT_GE(reading.noise.size(), 2u);
  EXPECT_EQ(reading.noise[0].first, "Global function handle() doesn't return scalar. Only those are supported.");
}

TEST(ReadLog, ALineMayOnlySumUp) {
  const LogReading reading = read_log(
      "0: R1=ctx() R10=fp0\n0: (79) r0 = *(u64 *)(r1 +40)\nfunc 'f' doesn't have 6-th argument\n"
      "invalid bpf_context access off=40 size=8\n");
  EXPECT_EQ(reading.decides->cause->code, "E0606");
  ASSERT_TRUE(reading.summary);
  EXPECT_EQ(reading.summary->cause->code, "E0603");
}

TEST(ReadLog, ANumberBeforeAReasonMakesItNoState) {
  EXPECT_EQ(read_log("12: R1 invalid mem access 'inv'").decides->cause->code, "E0102");
  EXPECT_FALSE(read_log("12: R1=ctx() R2_w=scalar(smin=-1)").decides);
}

TEST(ReadLog, LoadersWordsWhereTheVerifierSaidNothing) {
  EXPECT_EQ(
      read_log("libbpf: map 'm': failed to create: -EINVAL\nlibbpf: failed to load object 'x'\n").decides->cause->code,
      "E2501");
  EXPECT_EQ(read_log("libbpf: prog 'p': BPF program load failed: -EPERM\nlibbpf: prog 'p': failed to load: -EPERM\n")
                .decides->cause->code,
            "E2007");
  EXPECT_FALSE(read_log("all is well\n").decides);
}

// The value of a variable of a program may read like a reason.
TEST(ReadLog, SourceLinesAreNoReasons) { EXPECT_FALSE(read_log("; log(\"R1 !read_ok\"); @ a.c:1\n").decides); }

TEST(ReadLog, LongLogsAreReadInTime) {
  std::string log = "0: R1=ctx() R10=fp0\n";
  for (int i = 0; i < 200'000; ++i) log += "17: (07) r1 += 1                     ; R1_w=scalar(id=3)\n";
  log += "BPF program is too large. Processed 1000001 insn\n";
  EXPECT_EQ(read_log(log).decides->cause->code, "E0401");
}

}  // namespace
}  // namespace skep::diag
