// LRU hash: what is evicted, and that it never says no.
#include <gtest/gtest.h>

#include "map/testing.h"

namespace skep::map {
namespace {

std::unique_ptr<TestMap> lru(u32 type, u32 max_entries, u32 flags = 0) {
  return make_map({.map_type = type, .key_size = 4, .value_size = 8, .max_entries = max_entries, .map_flags = flags});
}

u32 count(Map& map) {
  std::vector<u8> key(4), next(4);
  u32 n = 0;
  for (int r = get_next_key(map, nullptr, next); r == 0; r = get_next_key(map, key.data(), next), ++n) key = next;
  return n;
}

bool has(Map& map, u32 key) {
  std::vector<u8> value(map.user_value_size());
  return lookup_elem(map, bytes_of(key, 4), value, 0) == 0;
}

TEST(LruHash, TakesEveryKeyAndKeepsMaxEntries) {
  for (const u32 max : {1u, 7u, 64u, 1000u, 5000u}) {
    for (const u32 type : {BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_LRU_PERCPU_HASH}) {
      auto test = lru(type, max);
      ASSERT_NE(test, nullptr);
      Map& map = *test->map;
      const auto value = bytes_of(1, u32(map.user_value_size()));
      for (u32 i = 0; i < 3 * max; ++i)
        ASSERT_EQ(update_elem(map, bytes_of(i, 4), value, i % 2), 0) << i << " of " << max;
      EXPECT_EQ(count(map), max);
      EXPECT_TRUE(has(map, 3 * max - 1)) << "the newest";
    }
  }
}

TEST(LruHash, FlagsAreAnsweredBeforeAnythingIsEvicted) {
  auto test = lru(BPF_MAP_TYPE_LRU_HASH, 4, BPF_F_NO_COMMON_LRU);
  ASSERT_NE(test, nullptr);
  Map& map = *test->map;
  for (u32 i = 0; i < 4; ++i) EXPECT_EQ(update_elem(map, bytes_of(i, 4), bytes_of(i, 8), BPF_NOEXIST), 0);
  EXPECT_EQ(update_elem(map, bytes_of(9, 4), bytes_of(9, 8), BPF_EXIST), -ENOENT);
  EXPECT_EQ(update_elem(map, bytes_of(2, 4), bytes_of(9, 8), BPF_NOEXIST), -EEXIST);
  EXPECT_EQ(update_elem(map, bytes_of(2, 4), bytes_of(9, 8), 3), -EINVAL);
  EXPECT_EQ(update_elem(map, bytes_of(2, 4), bytes_of(9, 8), BPF_EXIST), 0);
  for (u32 i = 0; i < 4; ++i) EXPECT_TRUE(has(map, i)) << i;
}

TEST(LruHash, WhatProgramsLookUpStays) {
  constexpr u32 kMax = 100;
  auto test = lru(BPF_MAP_TYPE_LRU_HASH, kMax);
  ASSERT_NE(test, nullptr);
  Map& map = *test->map;
  for (u32 i = 0; i < kMax; ++i) ASSERT_EQ(update_elem(map, bytes_of(i, 4), bytes_of(i, 8), BPF_ANY), 0);
  for (u32 i = 0; i < 10; ++i) ASSERT_NE(map.ops().lookup_ptr(map, bytes_of(i, 4), 0), nullptr);
  for (u32 i = 10; i < 20; ++i) EXPECT_TRUE(has(map, i));  // leaves no trace
  for (u32 i = 0; i < kMax - 10; ++i) ASSERT_EQ(update_elem(map, bytes_of(1000 + i, 4), bytes_of(i, 8), BPF_ANY), 0);
  for (u32 i = 0; i < 10; ++i) EXPECT_TRUE(has(map, i)) << i;
  for (u32 i = 10; i < kMax; ++i) EXPECT_FALSE(has(map, i)) << i;
}

}  // namespace
}  // namespace skep::map
