// append(): the types of a host, behind the kernel's.
#include "btf/append.h"

#include <gtest/gtest.h>

#include "btf/testing.h"

namespace skep::btf {
namespace {

std::unique_ptr<Btf> parse(const std::shared_ptr<std::vector<u8>>& bytes, const Btf* base = nullptr) {
  auto parsed = Btf::parse(*bytes, bytes, base);
  EXPECT_TRUE(parsed.ok());
  return std::move(*parsed);
}

TEST(Append, MovesIdsAndNamesBehindTheBase) {
  testing::Blob kernel;
  const u32 u32_id = kernel.integer("u32", 4);
  kernel.structure("task", 4, {{"pid", u32_id, 0}});
  testing::Blob host;
  const u32 u64_id = host.integer("u64", 8);
  const u32 request = host.structure("request", 16, {{"id", u64_id, 0}, {"size", u64_id, 64}});
  const u32 pointer = host.ptr(request);
  const u32 proto = host.type("", testing::info(Kind::FuncProto, 1), u64_id, {host.str("r"), pointer});
  host.type("respond", testing::info(Kind::Func, BTF_FUNC_GLOBAL), proto);

  const auto base = parse(std::make_shared<std::vector<u8>>(kernel.bytes()));
  const auto own = parse(std::make_shared<std::vector<u8>>(host.bytes()));
  auto bytes = append(*base, *own);
  ASSERT_TRUE(bytes.ok());
  const auto both = parse(std::make_shared<std::vector<u8>>(std::move(*bytes)), base.get());

  EXPECT_EQ(both->find("task", Kind::Struct), 2u);
  const Type* func = both->type_by_id(both->find("respond", Kind::Func));
  ASSERT_EQ(func->kind(), Kind::Func);
  const auto params = both->params(both->type_by_id(func->type()));
  ASSERT_EQ(params.size(), 1u);
  EXPECT_EQ(both->string_at(params[0].name_off), "r");
  const Type* pointee = both->resolve_ptr(params[0].type);
  EXPECT_EQ(both->name_of(pointee), "request");
  EXPECT_EQ(both->string_at(both->members(pointee)[1].name_off), "size");
  EXPECT_EQ(both->resolve_size(both->members(pointee)[1].type), 8u);
}

}  // namespace
}  // namespace skep::btf
