// Stack traces as programs put them and user space finds them.
#include "map/stack_trace.h"

#include <gtest/gtest.h>

#include <set>

#include "map/testing.h"

namespace skep::map {
namespace {

inline constexpr u32 kValueSize = 40;

std::unique_ptr<TestMap> traces(u32 max_entries) {
  return make_map(
      {.map_type = BPF_MAP_TYPE_STACK_TRACE, .key_size = 4, .value_size = kValueSize, .max_entries = max_entries});
}

TEST(StackTrace, OneIdForOneStack) {
  auto test = traces(256);
  ASSERT_NE(test, nullptr);
  Map& map = *test->map;
  const s64 id = put_stack(map, bytes_of(7, 24), 0);
  ASSERT_GE(id, 0);
  EXPECT_EQ(put_stack(map, bytes_of(7, 24), 0), id);
  EXPECT_EQ(put_stack(map, bytes_of(7, 24), kFastStackCmp | kReuseStackId), id);
  std::vector<u8> out(kValueSize, 0xee), expected = bytes_of(7, 24);
  expected.resize(kValueSize);  // the rest is zero
  EXPECT_EQ(lookup_elem(map, bytes_of(u64(id), 4), out, 0), 0);
  EXPECT_EQ(out, expected);
  EXPECT_EQ(lookup_and_delete_elem(map, bytes_of(u64(id), 4), out, 0), 0);
  EXPECT_EQ(delete_elem(map, bytes_of(u64(id), 4)), -ENOENT);
  EXPECT_EQ(put_stack(map, bytes_of(7, 48), 0), -EINVAL) << "longer than a value";
}

TEST(StackTrace, AnIdInUseIsKeptOrReused) {
  auto test = traces(4);
  ASSERT_NE(test, nullptr);
  Map& map = *test->map;
  std::set<s64> ids;
  int refused = 0;
  for (u64 i = 0; i < 200; ++i) {
    const s64 id = put_stack(map, bytes_of(i, 32), 0);
    if (id == -EEXIST)
      ++refused;
    else
      ids.insert(id);
  }
  EXPECT_EQ(ids, (std::set<s64>{0, 1, 2, 3}));
  EXPECT_EQ(refused, 196);
  for (u64 i = 0; i < 10000; ++i) ASSERT_GE(put_stack(map, bytes_of(i, 32), kReuseStackId), 0) << "no element is lost";
  std::vector<u8> key(4), next(4);
  u32 n = 0;
  for (int r = get_next_key(map, nullptr, next); r == 0; r = get_next_key(map, key.data(), next), ++n) key = next;
  EXPECT_EQ(n, 4u);
}

}  // namespace
}  // namespace skep::map
