// LPM trie against a list of prefixes that is searched from end to end, through two openings of the same file.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "map/testing.h"

namespace skep::map {
namespace {

inline constexpr u32 kBytes = 3;
inline constexpr u32 kKeySize = 4 + kBytes;
inline constexpr u32 kMaxEntries = 60;

std::vector<u8> key_of(u32 length, u32 bits) {
  std::vector<u8> key(kKeySize);
  std::memcpy(key.data(), &length, sizeof(length));
  for (u32 i = 0; i < kBytes; ++i) key[4 + i] = u8(bits >> (16 - 8 * i));
  return key;
}

// Prefixes as (length, the bits that count), in the upper bits of 24.
using Prefixes = std::map<std::pair<u32, u32>, std::vector<u8>>;

u32 masked(u32 length, u32 bits) { return length == 0 ? 0 : bits & (0xffffffu << (24 - length)) & 0xffffff; }

const std::vector<u8>* longest(const Prefixes& prefixes, u32 length, u32 bits) {
  for (u32 n = length + 1; n-- > 0;) {
    const auto found = prefixes.find({n, masked(n, bits)});
    if (found != prefixes.end()) return &found->second;
  }
  return nullptr;
}

TEST(LpmTrie, AgreesWithAList) {
  const u32 seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  auto test = make_map({.map_type = BPF_MAP_TYPE_LPM_TRIE,
                        .key_size = kKeySize,
                        .value_size = 12,
                        .max_entries = kMaxEntries,
                        .map_flags = BPF_F_NO_PREALLOC});
  ASSERT_NE(test, nullptr);
  const std::shared_ptr<Map> sides[] = {test->map, reopen(test->fd)};
  ASSERT_NE(sides[1], nullptr);
  Prefixes model;
  for (int step = 0; step < 50000; ++step) {
    Map& map = *sides[random() % 2];
    const u32 length = random() % 25;
    const u32 bits = random() % 4 ? (random() % 8) * 0x249249 : random() & 0xffffff;
    const std::pair<u32, u32> prefix{length, masked(length, bits)};
    const auto value = bytes_of(random(), 12);
    std::vector<u8> out(12);
    switch (random() % 4) {
      case 0: {
        const int expected = !model.count(prefix) && model.size() == kMaxEntries ? -ENOSPC : 0;
        ASSERT_EQ(update_elem(map, key_of(length, bits), value, BPF_ANY), expected);
        if (expected == 0) model[prefix] = value;
        break;
      }
      case 1: ASSERT_EQ(delete_elem(map, key_of(length, bits)), model.erase(prefix) ? 0 : -ENOENT); break;
      default: {
        const auto* found = longest(model, length, bits);
        ASSERT_EQ(lookup_elem(map, key_of(length, bits), out, 0), found == nullptr ? -ENOENT : 0);
        if (found != nullptr) {
          ASSERT_EQ(out, *found);
        }
      }
    }
  }
}

TEST(LpmTrie, TakesMaxEntriesHoweverTheyFork) {
  auto test = make_map({.map_type = BPF_MAP_TYPE_LPM_TRIE,
                        .key_size = kKeySize,
                        .value_size = 4,
                        .max_entries = 4096,
                        .map_flags = BPF_F_NO_PREALLOC});
  ASSERT_NE(test, nullptr);
  Map& map = *test->map;
  for (int round = 0; round < 3; ++round) {
    for (u32 i = 0; i < 4096; ++i)
      ASSERT_EQ(update_elem(map, key_of(24, i * 4093), bytes_of(i, 4), BPF_NOEXIST), 0) << i;
    EXPECT_EQ(update_elem(map, key_of(0, 0), bytes_of(1, 4), BPF_ANY), -ENOSPC);
    EXPECT_EQ(update_elem(map, key_of(24, 4093), bytes_of(1, 4), BPF_ANY), 0);
    for (u32 i = 0; i < 4096; ++i) ASSERT_EQ(delete_elem(map, key_of(24, i * 4093)), 0) << i;
  }
}

}  // namespace
}  // namespace skep::map
