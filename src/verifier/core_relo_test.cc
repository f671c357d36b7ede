// CO-RE relocations: a small kernel and a program compiled against an older one, made by hand. The numbers follow from
// these types; the wording was compared with the running kernel's on other types.
#include "verifier/core_relo.h"

#include <gtest/gtest.h>

#include "btf/testing.h"
#include "verifier/core_spec.h"
#include "verifier/verifier.h"

namespace skep::verifier {
namespace {

using btf::Kind;
using btf::testing::Blob;
using btf::testing::info;

constexpr u32 kBitfield3 = 3u << 24;

std::shared_ptr<btf::Btf> kernel_types() {
  Blob b;
  u32 int_ = b.integer("int", 4, btf::BTF_INT_SIGNED), u32_ = b.integer("unsigned int", 4);
  u32 long_ = b.integer("long", 8, btf::BTF_INT_SIGNED), u8_ = b.integer("unsigned char", 1);
  u32 inner = b.structure("", 8, {{"x", int_, 0}, {"y", int_, 32}});
  u32 numbers = b.array(int_, int_, 4);
  b.structure("S", 64,
              {{"pad", long_, 0},
               {"a", int_, 64},
               {"size", u32_, 96},
               {"", inner, 128},
               {"list", numbers, 192},
               {"p", b.ptr(0), 320}});
  b.structure("F", 4, {{"low", u8_, kBitfield3 | 1}, {"high", u8_, kBitfield3 | 8}}, Kind::Struct, true);
  b.type("E", info(Kind::Enum, 2), 4, {b.str("ONE"), 1, b.str("TWO"), 20});
  return btf::testing::must_parse(b.bytes());
}

// The program's side: S as it was, and names that no kernel has.
class OldProgram {
 public:
  OldProgram() {
    Blob b;
    u32 int_ = b.integer("int", 4, btf::BTF_INT_SIGNED), long_ = b.integer("unsigned long", 8);
    u32 numbers = b.array(int_, int_, 4), u8_ = b.integer("unsigned char", 1);
    s = b.structure("S___old", 48,
                    {{"a", int_, 0},
                     {"y", int_, 32},
                     {"size", long_, 64},
                     {"list", numbers, 128},
                     {"p", b.ptr(0), 256},
                     {"gone", int_, 320}});
    f = b.structure("F", 4, {{"high", u8_, 0}}, Kind::Struct);
    e = b.type("E", info(Kind::Enum, 2), 4, {b.str("TWO"), 2, b.str("THREE"), 3});
    u32 proto = b.type("", info(Kind::FuncProto), int_);
    main_ = b.type("main", info(Kind::Func, btf::BTF_FUNC_STATIC), proto);
    for (const char* access : {"0", "0:0", "0:1", "0:2", "0:3:2", "0:4", "0:5", "0:9", "1"}) b.str(access);
    blob_ = b;
    types_ = std::make_shared<ProgBtf>();
    types_->btf = btf::testing::must_parse(b.bytes());
  }

  // What is printed of a relocation of the first instruction, without the lines before and after.
  std::string relocate(isa::Insn insn, u32 type, std::string_view access, CoreKind kind) {
    Program program;
    program.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
    program.gpl_compatible = true;
    program.insns = {insn, {isa::BPF_ALU64 | isa::BPF_MOV, 0, 0, 0, 0}, {isa::BPF_JMP | isa::BPF_EXIT}};
    program.btf = types_;
    program.func_info = blob_of({0, main_}, 1);
    program.core_relo = blob_of({0, type, blob_.str(access), u32(kind)}, 1);
    target::Target target([types = kernel_] { return types; });
    diag::Log log(1, 1 << 16);
    ObjectSource none;
    error = verify(program, target, none, {}, log).error;
    std::string text = log.finish().text;
    text = text.substr(0, text.find("processed "));
    size_t last = text.rfind("prog '': ");
    return last == text.npos ? text : text.substr(last, text.find('\n', last) - last);
  }

  u32 s, f, e;
  int error = 0;

 private:
  static InfoBlob blob_of(const std::vector<u32>& words, u32 count) {
    InfoBlob blob{u32(words.size() * sizeof(u32)), count, {}};
    const u8* bytes = reinterpret_cast<const u8*>(words.data());
    blob.bytes.assign(bytes, bytes + words.size() * sizeof(u32));
    return blob;
  }

  Blob blob_;
  u32 main_;
  std::shared_ptr<ProgBtf> types_;
  std::shared_ptr<btf::Btf> kernel_ = kernel_types();
};

constexpr isa::Insn mov(s32 imm) { return {isa::BPF_ALU64 | isa::BPF_MOV, 1, 0, 0, imm}; }
// A load through R0, which holds nothing: the walk ends there, and the log keeps what was said before.
constexpr isa::Insn load(u8 size, s16 off) { return {u8(isa::BPF_LDX | isa::BPF_MEM | size), 1, 0, off, 0}; }

TEST(CoreRelo, WhatIsNotAsExpectedIsSaid) {
  OldProgram p;
  EXPECT_EQ(p.relocate(mov(7), p.s, "0:0", CoreKind::FieldByteOffset),
            "prog '': relo #0: unexpected insn #0 (ALU/ALU64) value: got 7, exp 0 -> 8");
  EXPECT_EQ(p.error, EINVAL);
  EXPECT_EQ(p.relocate(mov(7), p.s, "0:1", CoreKind::FieldByteOffset),
            "prog '': relo #0: unexpected insn #0 (ALU/ALU64) value: got 7, exp 4 -> 20");
  EXPECT_EQ(p.relocate(mov(7), p.s, "0:3:2", CoreKind::FieldByteOffset),
            "prog '': relo #0: unexpected insn #0 (ALU/ALU64) value: got 7, exp 24 -> 32");
  EXPECT_EQ(p.relocate(mov(7), p.s, "1", CoreKind::FieldByteOffset),
            "prog '': relo #0: unexpected insn #0 (ALU/ALU64) value: got 7, exp 48 -> 64");
  EXPECT_EQ(p.relocate(mov(7), p.s, "0:2", CoreKind::FieldByteSize),
            "prog '': relo #0: unexpected insn #0 (ALU/ALU64) value: got 7, exp 8 -> 4");
  EXPECT_EQ(p.relocate(mov(7), p.s, "0", CoreKind::TypeSize),
            "prog '': relo #0: unexpected insn #0 (ALU/ALU64) value: got 7, exp 48 -> 64");
  EXPECT_EQ(p.relocate(mov(7), p.s, "0:5", CoreKind::FieldExists),
            "prog '': relo #0: unexpected insn #0 (ALU/ALU64) value: got 7, exp 1 -> 0");
  EXPECT_EQ(p.relocate(mov(7), p.e, "0", CoreKind::EnumvalValue),
            "prog '': relo #0: unexpected insn #0 (ALU/ALU64) value: got 7, exp 2 -> 20");
  EXPECT_EQ(p.relocate(mov(7), p.f, "0:0", CoreKind::FieldRshiftU64),
            "prog '': relo #0: unexpected insn #0 (ALU/ALU64) value: got 7, exp 56 -> 61");
}

TEST(CoreRelo, LoadsAreResizedWhereThatIsSafe) {
  OldProgram p;
  EXPECT_EQ(p.relocate(load(isa::BPF_DW, 8), p.s, "0:2", CoreKind::FieldByteOffset),
            "prog '': relo #0: patched insn #0 (LDX/ST/STX) mem_sz 8 -> 4");
  EXPECT_EQ(p.error, EACCES);
  EXPECT_EQ(p.relocate(load(isa::BPF_DW, 32), p.s, "0:4", CoreKind::FieldByteOffset),
            "prog '': relo #0: patched insn #0 (LDX/ST/STX) off 32 -> 40");
  EXPECT_EQ(p.relocate(load(isa::BPF_W, 8), p.s, "0:2", CoreKind::FieldByteOffset),
            "prog '': relo #0: insn #0 (LDX/ST/STX) unexpected mem size: got 4, exp 8");
}

TEST(CoreRelo, WhatIsNotThereIsPoison) {
  OldProgram p;
  EXPECT_EQ(p.relocate(mov(40), p.s, "0:5", CoreKind::FieldByteOffset),
            "prog '': relo #0: substituting insn #0 w/ invalid insn");
  EXPECT_EQ(p.error, EINVAL);
  EXPECT_EQ(p.relocate(mov(40), p.s, "0:9", CoreKind::FieldByteOffset),
            fmt::format("prog '': relo #0: parsing [{}] STRUCT S___old + 0:9 failed: -22", p.s));
  EXPECT_EQ(p.relocate(mov(0), 99, "0", CoreKind::TypeExists), "relo #0: bad type id 99\n");
}

TEST(CoreRelo, AcceptedProgramsSayNothing) {
  OldProgram p;
  EXPECT_EQ(p.relocate(mov(0), p.s, "0:0", CoreKind::FieldByteOffset), "");
  EXPECT_EQ(p.error, 0);
  EXPECT_EQ(p.relocate(mov(0), p.s, "0", CoreKind::TypeIdTarget), "");
  EXPECT_EQ(p.error, 0);
}

TEST(CoreSpec, EssentialNames) {
  EXPECT_EQ(core_essential_name("task_struct___old"), "task_struct");
  EXPECT_EQ(core_essential_name("task_struct___old___x"), "task_struct___old");
  for (const char* whole : {"", "a", "___", "a___", "___b", "a____b", "task_struct", "a__b"})
    EXPECT_EQ(core_essential_name(whole), whole);
}

TEST(CoreSpec, Text) {
  OldProgram p;
  auto kernel = kernel_types();
  CoreSpec spec, found;
  std::string warning;
  u32 id = kernel->find("S", Kind::Struct);
  ASSERT_EQ(parse_core_spec(*kernel, id, "0:3:1", CoreKind::FieldByteOffset, spec, warning), 0);
  EXPECT_EQ(spec.text(), fmt::format("<byte_off> [{}] STRUCT S.y (0:3:1 @ offset 20)", id));
  ASSERT_EQ(match_core_spec(spec, *kernel, id, found), 1);
  EXPECT_EQ(found.text(), spec.text());
}

}  // namespace
}  // namespace skep::verifier
