// LPM trie against a list of prefixes, through two openings of the same file.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "map/testing.h"

namespace skep::map {
namespace {

// Keys of `bytes` bytes of bits, and so many entries; most prefixes begin with the same `shared` bits.
struct Shape {
  const char* name;
  u32 bytes, max_entries, shared;
};

class LpmTrie : public testing::TestWithParam<Shape> {
 protected:
  void SetUp() override {
    test_ = make_map({.map_type = BPF_MAP_TYPE_LPM_TRIE,
                      .key_size = 4 + shape().bytes,
                      .value_size = 12,
                      .max_entries = shape().max_entries,
                      .map_flags = BPF_F_NO_PREALLOC});
    ASSERT_NE(test_, nullptr);
  }

  const Shape& shape() const { return GetParam(); }
  u32 max_length() const { return shape().bytes * 8; }

  // Bits as they stand in a key; those beyond the prefix may be anything.
  std::vector<u8> random_bits() {
    std::vector<u8> bits(shape().bytes);
    for (u8& byte : bits) byte = random_() % 4 ? u8(random_() % 4 * 85) : u8(random_());
    const bool alone = random_() % 64 == 0;
    for (u32 i = 0; i < shape().shared && !alone; ++i) bits[i / 8] = u8(bits[i / 8] & ~(0x80 >> i % 8));
    return bits;
  }
  // Short ones, ones about as long as an index may be, and full ones.
  u32 random_length() {
    switch (random_() % 4) {
      case 0: return max_length();
      case 1: return std::min(max_length(), shape().shared + u32(random_() % 20));
      default: return u32(random_() % (max_length() + 1));
    }
  }
  static std::vector<u8> key_of(u32 length, const std::vector<u8>& bits) {
    std::vector<u8> key(4 + bits.size());
    std::memcpy(key.data(), &length, sizeof(length));
    std::copy(bits.begin(), bits.end(), key.begin() + 4);
    return key;
  }
  // The bits that count, a character each.
  static std::string prefix_of(u32 length, const std::vector<u8>& bits) {
    std::string prefix;
    for (u32 i = 0; i < length; ++i) prefix += bits[i / 8] >> (7 - i % 8) & 1 ? '1' : '0';
    return prefix;
  }
  const std::vector<u8>* longest(std::string prefix) const {
    for (;; prefix.pop_back()) {
      const auto found = model_.find(prefix);
      if (found != model_.end()) return &found->second;
      if (prefix.empty()) return nullptr;
    }
  }

  void insert(Map& map);
  void erase(Map& map);
  void look_up(Map& map);
  void erase_all(Map& map);

  std::mt19937 random_;
  std::unique_ptr<TestMap> test_;
  std::map<std::string, std::vector<u8>> model_;
};

void LpmTrie::insert(Map& map) {
  const u32 length = random_length();
  const std::vector<u8> bits = random_bits(), value = bytes_of(random_(), 12);
  const std::string prefix = prefix_of(length, bits);
  const int expected = !model_.count(prefix) && model_.size() == shape().max_entries ? -ENOSPC : 0;
  ASSERT_EQ(update_elem(map, key_of(length, bits), value, BPF_ANY), expected);
  if (expected == 0) model_[prefix] = value;
}

void LpmTrie::erase(Map& map) {
  std::vector<u8> bits = random_bits();
  u32 length = random_length();
  if (!model_.empty() && random_() % 2) {  // one that is there
    const auto& [prefix, value] = *std::next(model_.begin(), long(random_() % model_.size()));
    length = u32(prefix.size());
    for (u32 i = 0; i < length; ++i)
      bits[i / 8] = u8((bits[i / 8] & ~(0x80 >> i % 8)) | (prefix[i] == '1' ? 0x80 >> i % 8 : 0));
  }
  ASSERT_EQ(delete_elem(map, key_of(length, bits)), model_.erase(prefix_of(length, bits)) ? 0 : -ENOENT);
}

void LpmTrie::look_up(Map& map) {
  const u32 length = random_() % 4 ? max_length() : random_length();
  const std::vector<u8> bits = random_bits(), key = key_of(length, bits);
  const auto* expected = longest(prefix_of(length, bits));
  std::vector<u8> out(12);
  ASSERT_EQ(lookup_elem(map, key, out, 0), expected == nullptr ? -ENOENT : 0);
  const u8* const in_place = map.ops().lookup_ptr(map, key, 0);
  ASSERT_EQ(in_place == nullptr, expected == nullptr);
  if (expected != nullptr) {
    ASSERT_EQ(out, *expected);
    ASSERT_EQ(std::memcmp(in_place, expected->data(), 12), 0);
  }
}

void LpmTrie::erase_all(Map& map) {
  std::vector<u8> key(4 + shape().bytes);
  while (get_next_key(map, nullptr, key) == 0) ASSERT_EQ(delete_elem(map, key), 0);
  model_.clear();
}

TEST_P(LpmTrie, AgreesWithAList) {
  const u32 seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  random_.seed(seed);
  const std::shared_ptr<Map> sides[] = {test_->map, reopen(test_->fd)};
  ASSERT_NE(sides[1], nullptr);
  for (int step = 0; step < 20000 && !HasFatalFailure(); ++step) {
    Map& map = *sides[random_() % 2];
    switch (random_() % 1000 == 0 ? 3 : random_() % 3) {
      case 0: insert(map); break;
      case 1: erase(map); break;
      case 2: look_up(map); break;
      default: erase_all(map);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, LpmTrie,
                         testing::Values(Shape{"OneByte", 1, 200, 0}, Shape{"One", 4, 1, 0}, Shape{"Two", 3, 2, 0},
                                         Shape{"Few", 3, 60, 5}, Shape{"Ipv4", 4, 3000, 0},
                                         Shape{"OneNetwork", 4, 3000, 12}, Shape{"EightBytes", 8, 500, 60},
                                         Shape{"Ipv6", 16, 3000, 0}, Shape{"OneNetwork6", 16, 70000, 60},
                                         Shape{"Long", 256, 300, 1900}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(LpmTrieRoom, TakesMaxEntriesHoweverTheyFork) {
  auto test = make_map({.map_type = BPF_MAP_TYPE_LPM_TRIE,
                        .key_size = 7,
                        .value_size = 4,
                        .max_entries = 4096,
                        .map_flags = BPF_F_NO_PREALLOC});
  ASSERT_NE(test, nullptr);
  Map& map = *test->map;
  const auto key_of = [](u32 length, u32 bits) {
    return std::vector<u8>{u8(length), 0, 0, 0, u8(bits >> 16), u8(bits >> 8), u8(bits)};
  };
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
