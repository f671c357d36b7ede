// Struct_ops maps before they would have to be registered: what Linux 6.18 says to the same calls for a
// tcp_congestion_ops of 256 bytes.
#include <gtest/gtest.h>

#include "map/testing.h"

namespace skep::map {
namespace {

class StructOps : public testing::TestWithParam<u32> {
 public:
  void SetUp() override {
    test_ = make_map({.map_type = BPF_MAP_TYPE_STRUCT_OPS,
                      .key_size = 4,
                      .value_size = 256,
                      .max_entries = 1,
                      .map_flags = GetParam(),
                      .btf_vmlinux_value_type_id = 1});
    ASSERT_NE(test_, nullptr);
  }
  long update(u32 key, u32 where, u64 flags = 0) {
    std::vector<u8> value(256);
    if (where != ~0u) value[where] = 1;
    return update_elem(*test_->map, bytes_of(key, 4), value, flags);
  }
  long lookup(u32 key) { return lookup_elem(*test_->map, bytes_of(key, 4), value_, 0); }

  std::unique_ptr<TestMap> test_;
  std::vector<u8> value_ = std::vector<u8>(256);
};

INSTANTIATE_TEST_SUITE_P(, StructOps, testing::Values(0u, u32(BPF_F_LINK)),
                         [](const auto& info) { return info.param ? "link" : "plain"; });

TEST_P(StructOps, BeforeTheFirstUpdate) {
  EXPECT_EQ(lookup(0), 0);
  EXPECT_EQ(value_, std::vector<u8>(256));
  EXPECT_EQ(lookup(1), -ENOENT);
  for (u64 flags : {1, 2}) EXPECT_EQ(update(1, 0, flags), -EINVAL);
  EXPECT_EQ(update(1, 0), -E2BIG);
  for (u32 where : {0, 4, 8, 63}) EXPECT_EQ(update(0, where), -EINVAL) << "refcnt, state, padding";
  for (u32 key : {0, 1}) EXPECT_EQ(delete_elem(*test_->map, bytes_of(key, 4)), GetParam() ? -EOPNOTSUPP : -ENOENT);
  std::vector<u8> next(4), one = bytes_of(1, 4), zero(4);
  EXPECT_EQ(get_next_key(*test_->map, nullptr, next), 0);
  EXPECT_EQ(get_next_key(*test_->map, one.data(), next), 0);
  EXPECT_EQ(get_next_key(*test_->map, zero.data(), next), -ENOENT);
}

TEST_P(StructOps, AnUpdateMakesItReadyForALink) {
  EXPECT_EQ(update(0, 100), GetParam() ? 0 : -EOPNOTSUPP) << "without a link it would be registered";
  if (!GetParam()) return;
  EXPECT_EQ(lookup(0), 0);
  EXPECT_EQ(value_[4], 3) << "BPF_STRUCT_OPS_STATE_READY";
  EXPECT_EQ(value_[100], 1);
  EXPECT_EQ(update(0, 100), -EBUSY);
}

}  // namespace
}  // namespace skep::map
