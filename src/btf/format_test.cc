// Types and values as C text: declarations that C programmers know to be hard, values of every kind, and short or
// damaged data.
#include "btf/format.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstring>

#include "btf/testing.h"

namespace skep::btf {
namespace {

using testing::Blob;
using testing::Bytes;
using testing::info;

struct Types {
  Blob b;
  u32 integer = b.integer("int", 4, BTF_INT_SIGNED);
  u32 u64_ = b.integer("unsigned long", 8);
  u32 chr = b.integer("char", 1, BTF_INT_SIGNED);
  u32 boolean = b.integer("bool", 1, BTF_INT_BOOL);
  u32 voidp = b.ptr(0);
  u32 task = b.structure("task_struct", 8, {});
  u32 taskp = b.ptr(task);
  u32 const_char = b.type("", info(Kind::Const), chr);
  u32 string = b.ptr(const_char);
  u32 const_ptr = b.type("", info(Kind::Const), string);
  u32 matrix = b.array(b.array(integer, integer, 3), integer, 2);
  u32 proto = b.type("", info(Kind::FuncProto, 2), integer, {b.str("ctx"), voidp, 0, u64_});
  u32 callback = b.ptr(proto);
  u32 callbacks = b.array(callback, integer, 4);
  u32 to_array = b.ptr(matrix);
  u32 printf_ = b.type("", info(Kind::FuncProto, 2), 0, {b.str("fmt"), string, 0, 0});
  u32 func = b.type("log", info(Kind::Func, 1), printf_);
  u32 alias = b.type("pid_t", info(Kind::Typedef), integer);
  u32 tagged = b.ptr(b.type("rcu", info(Kind::TypeTag), task));
  u32 anon = b.structure("", 4, {{"x", integer, 0}});
  u32 color = b.type("color", info(Kind::Enum, 2), 4, {b.str("RED"), 1, b.str("BLUE"), 2});
  u32 dbl = b.type("double", info(Kind::Float), 8);
  u32 comm = b.array(chr, integer, 8);
  u32 value = b.structure("value", 40,
                          {{"count", alias, 0},
                           {"color", color, 32},
                           {"comm", comm, 64},
                           {"p", voidp, 128},
                           {"", anon, 192},
                           {"ok", boolean, 224},
                           {"d", dbl, 256}});
  u32 bits = b.structure("bits", 4, {{"a", integer, 3u << 24}, {"b", u64_, 5u << 24 | 3}}, Kind::Struct, true);
  u32 fwd = b.type("gone", info(Kind::Fwd, 0, true), 0);
  u32 var = b.type("v", info(Kind::Var), matrix, {1});
  u32 sec = b.type(".bss", info(Kind::DataSec, 1), 24, {var, 0, 24});
};

TEST(FormatType, Declarations) {
  Types t;
  auto btf = testing::must_parse(t.b.bytes());
  EXPECT_EQ(format_type(*btf, 0), "void");
  EXPECT_EQ(format_type(*btf, t.integer, "x"), "int x");
  EXPECT_EQ(format_type(*btf, t.taskp), "struct task_struct *");
  EXPECT_EQ(format_type(*btf, t.taskp, "p"), "struct task_struct *p");
  EXPECT_EQ(format_type(*btf, t.tagged), "struct task_struct *");
  EXPECT_EQ(format_type(*btf, t.string), "const char *");
  EXPECT_EQ(format_type(*btf, t.const_ptr, "s"), "const char *const s");
  EXPECT_EQ(format_type(*btf, t.matrix), "int[2][3]");
  EXPECT_EQ(format_type(*btf, t.matrix, "m"), "int m[2][3]");
  EXPECT_EQ(format_type(*btf, t.to_array, "m"), "int (*m)[2][3]");
  EXPECT_EQ(format_type(*btf, t.callback), "int (*)(void *ctx, unsigned long)");
  EXPECT_EQ(format_type(*btf, t.callbacks, "cb"), "int (*cb[4])(void *ctx, unsigned long)");
  EXPECT_EQ(format_type(*btf, t.func), "void log(const char *fmt, ...)");
  EXPECT_EQ(format_type(*btf, t.alias), "pid_t");
  EXPECT_EQ(format_type(*btf, t.anon), "struct {...}");
  EXPECT_EQ(format_type(*btf, t.fwd), "union gone");
  EXPECT_EQ(format_type(*btf, t.var), "int v[2][3]");
  EXPECT_EQ(format_type(*btf, 9999, "x"), "?9999 x");
}

TEST(FormatType, CyclesEnd) {
  Blob b;
  b.ptr(1);
  b.type("", info(Kind::Const), 2);
  u32 p = b.ptr(4);
  b.type("", info(Kind::FuncProto, 4), p, {0, p, 0, p, 0, p, 0, p});
  auto btf = testing::must_parse(b.bytes());
  for (u32 id = 1; id < btf->nr_types(); id++) EXPECT_LT(format_type(*btf, id).size(), 1u << 20);
}

TEST(FormatValue, Values) {
  Types t;
  auto btf = testing::must_parse(t.b.bytes());
  Bytes data(40);
  auto put = [&](size_t at, u64 value, size_t size) { std::memcpy(&data[at], &value, size); };
  put(0, u64(-3), 4);
  put(4, 2, 4);
  std::memcpy(&data[8], "ba\"sh", 6);
  put(16, 0xffff888000001000, 8);
  put(24, 7, 4);
  put(28, 1, 1);
  put(32, std::bit_cast<u64>(1.5), 8);
  EXPECT_EQ(format_value(*btf, t.value, data),
            "{ .count = -3, .color = BLUE, .comm = \"ba\\\"sh\", .p = 0xffff888000001000, { .x = 7 }, .ok = true, .d = "
            "1.5 }");
  EXPECT_EQ(format_value(*btf, t.value, std::span(data).first(6)), "{ .count = -3, .color = ..., ... }");
  put(4, 9, 4);
  EXPECT_EQ(format_value(*btf, t.color, std::span(data).subspan(4)), "9");
  u32 word = 0b11101'101;
  std::memcpy(data.data(), &word, 4);
  EXPECT_EQ(format_value(*btf, t.bits, data), "{ .a = -3, .b = 29 }");
  Bytes numbers(24);
  for (u8 i = 0; i < 6; i++) numbers[i * 4] = i;
  EXPECT_EQ(format_value(*btf, t.matrix, numbers), "{ { 0, 1, 2 }, { 3, 4, 5 } }");
  EXPECT_EQ(format_value(*btf, t.sec, numbers), "{ .v = { { 0, 1, 2 }, { 3, 4, 5 } } }");
  EXPECT_EQ(format_value(*btf, t.integer, {}), "...");
  EXPECT_EQ(format_value(*btf, t.comm, std::span(numbers).subspan(20)), "{ 5, 0, 0, 0, ... }");
}

TEST(FormatValue, DamagedTypesAndAnyBytes) {
  testing::Random r{testing::seed()};
  Types t;
  Bytes good = t.b.bytes();
  size_t written = 0;
  for (int n = 0; n < 5000; n++) {
    Bytes data = good;
    for (u32 i = 0, k = r.below(4); i < k; i++) data[24 + r.below(u32(data.size()) - 24)] = u8(r.below(64));
    auto btf = Btf::parse(data, nullptr);
    if (!btf.ok()) continue;
    Bytes value(r.below(48));
    for (u8& b : value) b = u8(r.next());
    for (u32 id = 0; id < (*btf)->nr_types(); id++) {
      written += format_type(**btf, id, "x").size();
      written += format_value(**btf, id, value).size();
    }
  }
  EXPECT_GT(written, 0u);
}

}  // namespace
}  // namespace skep::btf
