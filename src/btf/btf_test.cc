// Btf::parse and the accessors: on blobs made by hand, on a kernel's BTF (with its time), and on random damage.
#include "btf/btf.h"

#include <gtest/gtest.h>

#include <chrono>

#include "btf/testing.h"

namespace skep::btf {
namespace {

using testing::Blob;
using testing::Bytes;
using testing::info;

struct Sample {
  Blob blob;
  u32 integer = blob.integer("int", 4, BTF_INT_SIGNED);
  u32 ptr = blob.ptr(4);
  u32 array = blob.array(integer, integer, 10);
  u32 node = blob.structure("node", 56, {{"next", ptr, 0}, {"data", array, 64}});
  u32 typedefed = blob.type("node_t", info(Kind::Typedef), node);
  u32 constant = blob.type("", info(Kind::Const), typedefed);
  u32 bits = blob.structure("bits", 4, {{"a", integer, 3u << 24}, {"b", integer, 5u << 24 | 3}}, Kind::Struct, true);
  u32 color = blob.type("color", info(Kind::Enum, 2), 4, {blob.str("RED"), 1, blob.str("BLUE"), 2});
  u32 big = blob.type("big", info(Kind::Enum64, 1), 8, {blob.str("HUGE"), 1, 2});
  u32 proto = blob.type("", info(Kind::FuncProto, 1), integer, {blob.str("arg"), ptr});
  u32 func = blob.type("f", info(Kind::Func, BTF_FUNC_GLOBAL), proto);
  u32 var = blob.type("v", info(Kind::Var), array, {1});
  u32 sec = blob.type(".bss", info(Kind::DataSec, 1), 40, {var, 0, 40});
  u32 fwd = blob.type("gone", info(Kind::Fwd), 0);
  u32 tag1 = blob.decl_tag("arg:ctx", func, 0);
  u32 tag2 = blob.decl_tag("arg:nonnull", func, 0);
  u32 tag3 = blob.decl_tag("contains:node:x", node, 1);
  u32 flavor1 = blob.structure("node___v1", 8, {});
  u32 flavor2 = blob.structure("node___v2", 8, {});
  u32 again = blob.structure("node", 8, {});
};

TEST(Btf, Accessors) {
  Sample s;
  auto btf = testing::must_parse(s.blob.bytes());
  EXPECT_EQ(btf->nr_types(), s.again + 1);
  EXPECT_EQ(btf->type_by_id(0)->kind(), Kind::Unknown);
  EXPECT_EQ(btf->type_by_id(btf->nr_types()), nullptr);
  EXPECT_EQ(btf->name_of(s.node), "node");
  EXPECT_EQ(btf->string_at(1u << 30), "");
  for (u32 id = 0; id < btf->nr_types(); id++) EXPECT_EQ(btf->id_of(btf->type_by_id(id)), id);

  const Type* node = btf->type_by_id(s.node);
  ASSERT_EQ(btf->members(node).size(), 2u);
  EXPECT_EQ(btf->string_at(btf->members(node)[1].name_off), "data");
  EXPECT_EQ(Btf::member_bit_offset(node, btf->members(node)[1]), 64u);
  EXPECT_TRUE(btf->params(node).empty());
  const Type* bits = btf->type_by_id(s.bits);
  EXPECT_EQ(Btf::member_bit_offset(bits, btf->members(bits)[1]), 3u);
  EXPECT_EQ(Btf::member_bitfield_size(bits, btf->members(bits)[1]), 5u);
  EXPECT_EQ(btf->array(btf->type_by_id(s.array)).nelems, 10u);
  EXPECT_EQ(btf->array(node).nelems, 0u);
  EXPECT_EQ(btf->enum_values(btf->type_by_id(s.color))[1].val, 2);
  EXPECT_EQ(btf->enum64_values(btf->type_by_id(s.big))[0].val_hi32, 2u);
  EXPECT_EQ(btf->params(btf->type_by_id(s.proto))[0].type, s.ptr);
  EXPECT_EQ(btf->secinfos(btf->type_by_id(s.sec))[0].type, s.var);
  EXPECT_EQ(btf->int_data(btf->type_by_id(s.integer)), BTF_INT_SIGNED << 24 | 32);
  EXPECT_EQ(btf->var_linkage(btf->type_by_id(s.var)), 1u);
  EXPECT_STREQ(kind_name(btf->type_by_id(s.tag1)), "DECL_TAG");
  EXPECT_STREQ(kind_name(btf->type_by_id(0)), "UNKNOWN");
}

TEST(Btf, Resolving) {
  Sample s;
  auto btf = testing::must_parse(s.blob.bytes());
  u32 id = 0;
  EXPECT_EQ(btf->skip_modifiers(s.constant, &id), btf->type_by_id(s.node));
  EXPECT_EQ(id, s.node);
  EXPECT_EQ(btf->skip_modifiers(9999), nullptr);
  EXPECT_EQ(btf->resolve_ptr(s.ptr, &id), btf->type_by_id(s.node));
  EXPECT_EQ(btf->resolve_ptr(s.node), nullptr);
  EXPECT_EQ(btf->resolve_size(s.constant, &id), 56u);
  EXPECT_EQ(id, s.node);
  EXPECT_EQ(btf->resolve_size(s.array, &id), 40u);
  EXPECT_EQ(id, s.array);
  EXPECT_EQ(btf->resolve_size(s.ptr), 8u);
  EXPECT_EQ(btf->resolve_size(s.var), 40u);
  for (u32 unsized_id : {0u, s.fwd, s.func, s.proto, 9999u}) EXPECT_EQ(btf->resolve_size(unsized_id), std::nullopt);
}

TEST(Btf, CyclesEnd) {
  Blob blob;
  blob.type("a", info(Kind::Typedef), 2);
  blob.type("b", info(Kind::Typedef), 1);
  blob.array(3, 3, 2);
  blob.type("v", info(Kind::Var), 4, {0});
  auto btf = testing::must_parse(blob.bytes());
  EXPECT_EQ(btf->skip_modifiers(1), nullptr);
  for (u32 id : {1u, 3u, 4u}) EXPECT_EQ(btf->resolve_size(id), std::nullopt);
}

TEST(Btf, FindByNameAndTag) {
  Sample s;
  auto btf = testing::must_parse(s.blob.bytes());
  EXPECT_EQ(btf->find("node", Kind::Struct), s.node);
  EXPECT_EQ(btf->find("node", Kind::Union), 0u);
  EXPECT_EQ(btf->find("node___v2", Kind::Struct), s.flavor2);
  EXPECT_EQ(btf->find("node___v3", Kind::Struct), 0u);
  EXPECT_EQ(btf->find("", Kind::Struct), 0u);
  EXPECT_EQ(btf->find("f", Kind::Func), s.func);
  EXPECT_EQ(btf->find_all_flavors("node", Kind::Struct), (std::vector<u32>{s.node, s.flavor1, s.flavor2, s.again}));
  EXPECT_EQ(btf->find_all_flavors("node___v1", Kind::Struct), std::vector<u32>{s.flavor1});
  EXPECT_TRUE(btf->find_all_flavors("nod", Kind::Struct).empty());

  EXPECT_EQ(btf->find_decl_tag(s.func, 0, "arg:"), "ctx");
  EXPECT_EQ(btf->find_decl_tag(s.func, 0, "arg:", 1), "nonnull");
  EXPECT_EQ(btf->find_decl_tag(s.func, 0, "arg:", 2), std::nullopt);
  EXPECT_EQ(btf->find_decl_tag(s.func, -1, "arg:"), std::nullopt);
  EXPECT_TRUE(btf->has_decl_tag(s.node, 1, "contains:node:x"));
  EXPECT_FALSE(btf->has_decl_tag(s.node, 1, "contains:node"));
}

TEST(Btf, SplitContinuesIdsAndStrings) {
  Sample s;
  auto base = testing::must_parse(s.blob.bytes());
  Blob blob;
  u32 base_strings = u32(s.blob.strings.size());
  blob.words = {base_strings + blob.str("module"),
                info(Kind::Typedef),
                s.node,
                s.blob.str("node_t"),
                info(Kind::Typedef),
                s.node};
  auto btf = testing::must_parse(blob.bytes(), base.get());
  u32 first = base->nr_types();
  EXPECT_EQ(btf->start_id(), first);
  EXPECT_EQ(btf->nr_types(), first + 2);
  EXPECT_EQ(btf->name_of(first), "module");
  EXPECT_EQ(btf->find("module", Kind::Typedef), first);
  EXPECT_EQ(btf->find("node_t", Kind::Typedef), s.typedefed);
  EXPECT_EQ(btf->find_all_flavors("node_t", Kind::Typedef), (std::vector<u32>{s.typedefed, first + 1}));
  EXPECT_EQ(btf->id_of(btf->type_by_id(first)), first);
  EXPECT_EQ(btf->id_of(btf->type_by_id(s.node)), s.node);
  EXPECT_EQ(btf->resolve_size(first), 56u);
  EXPECT_TRUE(btf->has_decl_tag(s.func, 0, "arg:ctx"));
}

TEST(Btf, UnalignedBytesAreCopied) {
  Sample s;
  Bytes data = s.blob.bytes();
  data.insert(data.begin(), 0);
  auto owner = std::make_shared<Bytes>(data);
  auto btf = Btf::parse(std::span<const u8>(*owner).subspan(1), owner);
  ASSERT_TRUE(btf.ok());
  EXPECT_EQ(btf.value()->name_of(s.node), "node");
  EXPECT_EQ(btf.value()->id_of(btf.value()->type_by_id(s.node)), s.node);
}

TEST(Btf, BadBytes) {
  Sample s;
  Bytes good = s.blob.bytes();
  for (size_t size = 0; size < good.size(); size++) {
    Bytes data(good.begin(), good.begin() + long(size));
    EXPECT_EQ(Btf::parse(data, nullptr).error(), EINVAL);
  }
  auto change = [&](size_t at, u8 value) {
    Bytes data = good;
    data[at] = value;
    return Btf::parse(data, nullptr).error();
  };
  EXPECT_EQ(change(0, 0xeb), EINVAL);
  EXPECT_EQ(change(2, 2), EINVAL);
  EXPECT_EQ(change(24 + 7, 20), EINVAL);
  EXPECT_EQ(change(good.size() - 1, 'x'), EINVAL);
}

// Calls everything on every type: the sanitizers say whether it stayed inside.
u64 touch_all(const Btf& btf) {
  u64 sum = 0;
  for (u32 id = 0; id < btf.nr_types() + 1; id++) {
    sum += btf.resolve_size(id).value_or(0) + btf.name_of(id).size();
    const Type* t = btf.type_by_id(id);
    if (!t) continue;
    for (const Member& m : btf.members(t)) sum += btf.string_at(m.name_off).size() + Btf::member_bit_offset(t, m);
    for (const Param& p : btf.params(t)) sum += btf.name_of(p.type).size();
    for (const EnumValue& v : btf.enum_values(t)) sum += u32(v.val);
    for (const Enum64Value& v : btf.enum64_values(t)) sum += v.val_hi32;
    for (const VarSecinfo& v : btf.secinfos(t)) sum += v.size;
    sum += btf.array(t).nelems + btf.int_data(t) + btf.var_linkage(t) + u32(btf.decl_tag_component(t));
    sum += btf.resolve_ptr(id) != nullptr;
    sum += btf.find(btf.name_of(t), t->kind()) + btf.find_decl_tag(id, 0, "").has_value();
    sum += btf.id_of(t);
  }
  return sum;
}

TEST(Btf, RandomDamageStaysInside) {
  testing::Random random{testing::seed()};
  Sample s;
  Bytes good = s.blob.bytes();
  int parsed = 0;
  for (int n = 0; n < 20000; n++) {
    // Exactly sized memory, so that the address sanitizer sees one byte too far.
    std::unique_ptr<u8[]> data(new u8[good.size()]);
    std::copy(good.begin(), good.end(), data.get());
    for (u32 i = 0, k = 1 + random.below(4); i < k; i++) {
      u32 at = random.below(u32(good.size()));
      data[at] = random.below(2) ? u8(random.next()) : u8(data[at] ^ (1u << random.below(8)));
    }
    auto btf = Btf::parse({data.get(), good.size()}, nullptr);
    if (!btf.ok()) continue;
    parsed++;
    touch_all(**btf);
  }
  EXPECT_GT(parsed, 1000);
}

double ms_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

TEST(Btf, Vmlinux) {
  auto data = std::make_shared<Bytes>(testing::vmlinux_bytes());
  if (data->empty()) GTEST_SKIP() << "no /sys/kernel/btf/vmlinux";
  auto start = std::chrono::steady_clock::now();
  auto btf = Btf::parse(*data, data);
  double parse_ms = ms_since(start);
  ASSERT_TRUE(btf.ok());
  start = std::chrono::steady_clock::now();
  u32 task = btf.value()->find("task_struct", Kind::Struct);
  double index_ms = ms_since(start);
  ASSERT_NE(task, 0u);
  std::printf("%u types: parse %.2f ms, first find() %.2f ms\n", btf.value()->nr_types(), parse_ms, index_ms);
  EXPECT_GT(btf.value()->resolve_size(task).value_or(0), 1000u);
  EXPECT_GT(touch_all(**btf), 0u);
  // The first of a name, against a plain search.
  for (u32 id = 1; id < btf.value()->nr_types(); id += 997) {
    const Type* t = btf.value()->type_by_id(id);
    std::string_view name = btf.value()->name_of(t);
    if (name.empty()) continue;
    u32 first = 1;
    while (btf.value()->type_by_id(first)->kind() != t->kind() || btf.value()->name_of(first) != name) first++;
    EXPECT_EQ(btf.value()->find(name, t->kind()), first) << name;
  }
}

}  // namespace
}  // namespace skep::btf
