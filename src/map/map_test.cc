// Hash and array against a model, through two openings of the same file.
#include "map/map.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "map/testing.h"

namespace skep::map {
namespace {

using Model = std::map<std::vector<u8>, std::vector<u8>>;

struct Shape {
  u32 type, key_size, value_size, max_entries, flags;
};

int model_update(Model& model, const Shape& shape, const std::vector<u8>& key, const std::vector<u8>& value,
                 u64 flags) {
  const bool exists = model.count(key) > 0;
  if (exists && flags == BPF_NOEXIST) return -EEXIST;
  if (!exists && flags == BPF_EXIST) return -ENOENT;
  if (!exists && model.size() >= shape.max_entries) return -E2BIG;
  model[key] = value;
  return 0;
}

u64 count_keys(Map& map, u32 key_size) {
  std::vector<u8> key(key_size), next(key_size);
  u64 n = 0;
  for (int r = get_next_key(map, nullptr, next); r == 0; r = get_next_key(map, key.data(), next)) {
    key = next;
    ++n;
  }
  return n;
}

void run_model(const Shape& shape, u32 seed) {
  SCOPED_TRACE(testing::Message() << "seed " << seed << " max_entries " << shape.max_entries);
  auto test = make_map({.map_type = shape.type,
                        .key_size = shape.key_size,
                        .value_size = shape.value_size,
                        .max_entries = shape.max_entries,
                        .map_flags = shape.flags});
  ASSERT_NE(test, nullptr);
  const std::shared_ptr<Map> sides[] = {test->map, reopen(test->fd)};
  ASSERT_NE(sides[1], nullptr);
  std::mt19937 random(seed);
  Model model;
  const u64 size = sides[0]->user_value_size();
  for (int step = 0; step < 20000; ++step) {
    Map& map = *sides[random() % 2];
    const auto key = bytes_of(random() % (shape.max_entries * 2), shape.key_size);
    const auto value = bytes_of(random(), u32(size));
    std::vector<u8> out(size);
    switch (random() % 4) {
      case 0:
      case 1: {
        const u64 flags = random() % 3;
        ASSERT_EQ(update_elem(map, key, value, flags), model_update(model, shape, key, value, flags));
        break;
      }
      case 2: ASSERT_EQ(delete_elem(map, key), model.erase(key) ? 0 : -ENOENT); break;
      default: {
        const auto found = model.find(key);
        ASSERT_EQ(lookup_elem(map, key, out, 0), found == model.end() ? -ENOENT : 0);
        if (found != model.end()) {
          ASSERT_EQ(out, found->second);
        }
      }
    }
  }
  EXPECT_EQ(count_keys(*sides[1], shape.key_size), model.size());
}

TEST(HashMap, AgreesWithAModel) {
  const u32 seed = std::random_device()();
  for (const Shape& shape : {Shape{BPF_MAP_TYPE_HASH, 4, 8, 1, 0}, Shape{BPF_MAP_TYPE_HASH, 4, 8, 100, 0},
                             Shape{BPF_MAP_TYPE_HASH, 7, 13, 1000, 0}, Shape{BPF_MAP_TYPE_HASH, 64, 100, 700, 1},
                             Shape{BPF_MAP_TYPE_PERCPU_HASH, 8, 12, 50, 0}})
    run_model(shape, seed);
}

TEST(HashMap, TakesExactlyMaxEntriesAndReplacesWhenFull) {
  auto test = make_map({.map_type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 8, .max_entries = 5000});
  ASSERT_NE(test, nullptr);
  Map& map = *test->map;
  for (int round = 0; round < 3; ++round) {
    u32 taken = 0;
    for (u32 i = 0; i < 6000; ++i) taken += update_elem(map, bytes_of(i * 7, 4), bytes_of(i, 8), BPF_ANY) == 0;
    EXPECT_EQ(taken, 5000u);
    EXPECT_EQ(update_elem(map, bytes_of(0, 4), bytes_of(round, 8), BPF_EXIST), 0);
    for (u32 i = 0; i < 6000; ++i) delete_elem(map, bytes_of(i * 7, 4));
    EXPECT_EQ(count_keys(map, 4), 0u);
  }
}

TEST(ArrayMap, HasErrnosOfLinux) {
  auto test = make_map({.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 12, .max_entries = 3});
  ASSERT_NE(test, nullptr);
  Map& map = *test->map;
  std::vector<u8> out(12);
  EXPECT_EQ(update_elem(map, bytes_of(2, 4), bytes_of(77, 12), BPF_ANY), 0);
  EXPECT_EQ(lookup_elem(map, bytes_of(2, 4), out, 0), 0);
  EXPECT_EQ(out, bytes_of(77, 12));
  EXPECT_EQ(lookup_elem(map, bytes_of(3, 4), out, 0), -ENOENT);
  EXPECT_EQ(update_elem(map, bytes_of(3, 4), out, BPF_ANY), -E2BIG);
  EXPECT_EQ(update_elem(map, bytes_of(0, 4), out, BPF_NOEXIST), -EEXIST);
  EXPECT_EQ(update_elem(map, bytes_of(0, 4), out, 3), -EINVAL);
  EXPECT_EQ(delete_elem(map, bytes_of(0, 4)), -EINVAL);
  EXPECT_EQ(count_keys(map, 4), 3u);
}

TEST(MapFile, OfAnotherSizeIsRefused) {
  auto test = make_map({.map_type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 8, .max_entries = 100});
  ASSERT_NE(test, nullptr);
  EXPECT_NE(reopen(test->fd), nullptr);
  const u64 size = test->map->size() + kPageSize;
  ASSERT_EQ(ftruncate(test->fd, off_t(size + kPageSize)), 0);
  EXPECT_EQ(reopen(test->fd), nullptr);
  ASSERT_EQ(ftruncate(test->fd, 0), 0);
  EXPECT_EQ(reopen(test->fd), nullptr);
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "TSan does not follow the guard's jump out of the signal handler";
#endif
  std::vector<u8> out(8);
  EXPECT_EQ(lookup_elem(*test->map, bytes_of(1, 4), out, 0), -EIO) << "its pages are gone";
  EXPECT_EQ(update_elem(*test->map, bytes_of(1, 4), out, 0), -EIO);
}

}  // namespace
}  // namespace skep::map
