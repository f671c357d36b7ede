// What if: changes to small rejected programs, and whether they make them load.
#include "verifier/whatif/whatif.h"

#include <gtest/gtest.h>

#include "isa/assemble.h"
#include "verifier/whatif/edit.h"

namespace skep::verifier {
namespace {

std::shared_ptr<map::MapMeta> hash_of_64_bytes() {
  auto meta = std::make_shared<map::MapMeta>();
  meta->id = 1;
  meta->map_type = BPF_MAP_TYPE_HASH;  // a look-up may fail
  meta->key_size = 4;
  meta->value_size = 64;
  meta->max_entries = 1;
  return meta;
}

std::vector<Suggestion> suggestions(std::string_view text, u32 prog_type) {
  auto assembly = isa::assemble(text, {.maps = {{"m", 3}}});
  EXPECT_TRUE(assembly.ok()) << assembly.status().context();
  Program program{.prog_type = prog_type, .gpl_compatible = true};
  program.insns = assembly->insns;
  const target::Target target([] { return std::shared_ptr<const btf::Btf>(); });
  const auto map = hash_of_64_bytes();
  ObjectSource objects;
  objects.map_by_fd = [map](int) -> Result<std::shared_ptr<const map::MapMeta>> { return {map}; };
  Options options;
  diag::Log log(0, 0);
  EXPECT_NE(verify(program, target, objects, options, log).error, 0) << "it loads as it is";
  return what_if(program, target, objects, options);
}

constexpr std::string_view kLookUp =
    "*(u32 *)(r10 - 4) = 0\nr6 = *(u64 *)(r1 + 0)\nr2 = r10\nr2 += -4\nr1 = map[m]\ncall map_lookup_elem#1\n";

struct Row {
  const char* name;
  u32 prog_type;
  std::string text, help;
};
std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.name; }

class WhatIf : public testing::TestWithParam<Row> {};

TEST_P(WhatIf, FindsAChangeThatLoads) {
  const auto found = suggestions(GetParam().text, GetParam().prog_type);
  ASSERT_FALSE(found.empty());
  EXPECT_TRUE(found.front().loads) << found.front().help;
  EXPECT_NE(found.front().help.find(GetParam().help), std::string::npos) << found.front().help;
}

const Row kRows[] = {
    {"null", BPF_PROG_TYPE_RAW_TRACEPOINT, std::string(kLookUp) + "r0 = *(u64 *)(r0 + 0)\nexit", "is not NULL"},
    {"index", BPF_PROG_TYPE_RAW_TRACEPOINT,
     std::string(kLookUp) + "if r0 == 0 goto pc+3\nr6 &= 255\nr0 += r6\nr0 = *(u8 *)(r0 + 0)\nexit", "at most 63"},
    {"packet", BPF_PROG_TYPE_XDP,
     "r2 = *(u32 *)(r1 + 0)\nr3 = *(u32 *)(r1 + 4)\nr1 = r2\nr1 += 8\nif r1 > r3 goto pc+1\nr0 = *(u32 *)(r1 + 0)\n"
     "r0 = 0\nexit",
     "end of the packet"},
    {"packet_end_is_loaded", BPF_PROG_TYPE_XDP, "r2 = *(u32 *)(r1 + 0)\nr0 = *(u32 *)(r2 + 0)\nr0 = 0\nexit",
     "end of the packet"},
    {"register", BPF_PROG_TYPE_XDP, "r0 += 1\nr0 = 0\nexit", "give %name a value"},
    {"result", BPF_PROG_TYPE_XDP, "exit", "return"},
    {"range", BPF_PROG_TYPE_CGROUP_SKB, "r0 = 7\nexit", "allowed here"},
    {"constant_offset", BPF_PROG_TYPE_RAW_TRACEPOINT,
     std::string(kLookUp) + "if r0 == 0 goto pc+1\nr0 = *(u64 *)(r0 + 64)\nr0 = 0\nexit", "at most 56"},
    {"size", BPF_PROG_TYPE_RAW_TRACEPOINT,
     std::string(kLookUp) + "if r0 == 0 goto pc+4\nr1 = r0\nr2 = 80\nr3 = 0\ncall probe_read_kernel#113\nr0 = 0\nexit",
     "at most 64"},
    {"alignment", BPF_PROG_TYPE_XDP, "*(u64 *)(r10 - 12) = 0\nr0 = 0\nexit", "multiple of 8"},
    {"metadata", BPF_PROG_TYPE_XDP, "r2 = *(u32 *)(r1 + 8)\nr0 = *(u32 *)(r2 + 0)\nr0 = 0\nexit",
     "beginning of the packet"},
    {"number_as_pointer", BPF_PROG_TYPE_RAW_TRACEPOINT, "r2 = *(u64 *)(r1 + 0)\nr0 = *(u32 *)(r2 + 8)\nr0 = 0\nexit",
     "bpf_probe_read_kernel"},
    {"reference_in_a_shared_exit", BPF_PROG_TYPE_XDP,
     "*(u64 *)(r10 - 16) = 0\n*(u64 *)(r10 - 8) = 0\nr2 = r10\nr2 += -16\nr3 = 12\nr4 = -1\nr5 = 0\n"
     "call sk_lookup_tcp#84\nif r0 == 0 goto pc+1\nr0 = 1\nr0 = 0\nexit",
     "bpf_sk_release"},
    {"loop", BPF_PROG_TYPE_XDP, "r0 = 0\nif r0 == 1 goto pc+1\ngoto pc-2\nexit", "can_loop"},
};

INSTANTIATE_TEST_SUITE_P(Failures, WhatIf, testing::ValuesIn(kRows), [](const auto& info) { return info.param.name; });

// A check that nothing passes would make it load, too.
TEST(WhatIfUnreachable, IsNoSolution) {
  const std::string text = "if r0 == 0 goto pc+3\nr6 = 100\nr0 += r6\nr0 = *(u8 *)(r0 + 0)\nr0 = 0\nexit";
  const auto found = suggestions(std::string(kLookUp) + text, BPF_PROG_TYPE_RAW_TRACEPOINT);
  ASSERT_FALSE(found.empty());
  EXPECT_TRUE(found.front().loads);
  EXPECT_NE(found.front().help.find("at most 63 for 1 byte, not 100"), std::string::npos) << found.front().help;
}

TEST(Edit, JumpsComeToWhatWasInserted) {
  Program program;
  program.insns = isa::assemble("if r1 == 0 goto pc+1\nr0 = 1\nr0 = 2\nif r0 == 3 goto pc-2\nexit")->insns;
  const isa::Insn added[] = {isa::Insn{0xb7, 5, 0, 0, 9}};
  ASSERT_TRUE(insert_insns(program, 2, added));
  EXPECT_EQ(program.insns[0].off, 1);   // to the inserted one
  EXPECT_EQ(program.insns[4].off, -3);  // there, too
  ASSERT_TRUE(insert_insns(program, 1, added));
  EXPECT_EQ(program.insns[0].off, 2);
  EXPECT_EQ(program.insns[5].off, -3);
}

TEST(Edit, JumpsPassWhatBelongsToTheInstructionBefore) {
  Program program;
  program.insns = isa::assemble("if r1 == 0 goto pc+1\nr0 = 1\nr0 = 2\nif r0 == 3 goto pc-2\nexit")->insns;
  Edit edit(program);
  const isa::Insn added[] = {isa::Insn{0xb7, 5, 0, 0, 9}};
  ASSERT_TRUE(edit.insert(2, added, Jumps::PastInserted));
  EXPECT_EQ(edit.program.insns[0].off, 2);
  EXPECT_EQ(edit.program.insns[4].off, -2);
  EXPECT_EQ(edit.origin, (std::vector<int>{0, 1, -1, 2, 3, 4}));
}

}  // namespace
}  // namespace skep::verifier
