// The profiles: how they are found, what distinguishes them.
#include "target/profile.h"

#include <gtest/gtest.h>

#include "target/target.h"

namespace skep::target {
namespace {

TEST(Profile, IsFoundByVersionAndTheNewestIsTheDefault) {
  ASSERT_NE(find_profile("6.12"), nullptr);
  EXPECT_EQ(find_profile("6.12")->release, "6.12.117");
  EXPECT_EQ(find_profile("6.13"), nullptr);
  EXPECT_EQ(find_profile(""), nullptr);
  EXPECT_EQ(Target(nullptr).name(), "linux-6.18");
  EXPECT_EQ(Target(nullptr, *find_profile("6.12")).name(), "linux-6.12");
}

TEST(Profile, HelpersDependOnFeatures) {
  const Target newer(nullptr), older(nullptr, *find_profile("6.12"));
  const ProgKind kprobe{.prog_type = BPF_PROG_TYPE_KPROBE}, xdp{.prog_type = BPF_PROG_TYPE_XDP};
  const u32 write_user = older.helper_by_name("probe_write_user")->id,
            from_user = older.helper_by_name("copy_from_user")->id;
  EXPECT_EQ(newer.helper_for(write_user, kprobe), nullptr);
  EXPECT_NE(older.helper_for(write_user, kprobe), nullptr);
  EXPECT_EQ(older.helper_for(write_user, xdp), nullptr);
  EXPECT_NE(newer.helper_for(from_user, xdp), nullptr);
  EXPECT_EQ(older.helper_for(from_user, xdp), nullptr);
  EXPECT_NE(older.helper_for(from_user, kprobe), nullptr);
}

TEST(Profile, ConstantKeysElideNullChecksOnlyWhereTheKernelDoes) {
  EXPECT_TRUE(Target(nullptr).elides_null_check(BPF_MAP_TYPE_ARRAY));
  EXPECT_FALSE(Target(nullptr).elides_null_check(BPF_MAP_TYPE_HASH));
  EXPECT_FALSE(Target(nullptr, *find_profile("6.12")).elides_null_check(BPF_MAP_TYPE_ARRAY));
}

}  // namespace
}  // namespace skep::target
