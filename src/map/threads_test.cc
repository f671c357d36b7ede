// Types that do more than one thing under an update (evictions, forks, pops), used by several threads at once: nobody
// is refused without a reason, nothing torn is read, and nothing is lost.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include "map/stack_trace.h"
#include "map/testing.h"

namespace skep::map {
namespace {

inline constexpr int kThreads = 4;
inline constexpr int kRounds = 5000;

template <typename F>
void in_threads(F&& work) {
  std::vector<std::thread> threads;
  for (u32 n = 0; n < kThreads; ++n) threads.emplace_back([&work, n] { work(n); });
  for (std::thread& thread : threads) thread.join();
}

// All words of a value are the same, so that a torn one shows.
std::vector<u8> even_value(u64 n) {
  std::vector<u8> value(48);
  for (u32 at = 0; at < value.size(); at += 8) std::memcpy(&value[at], &n, sizeof(n));
  return value;
}

bool is_even(const std::vector<u8>& value) { return std::equal(value.begin() + 8, value.end(), value.begin()); }

TEST(Threads, LruHashTakesAllUpdates) {
  auto test = make_map({.map_type = BPF_MAP_TYPE_LRU_HASH, .key_size = 4, .value_size = 48, .max_entries = 200});
  ASSERT_NE(test, nullptr);
  Map& map = *test->map;
  std::atomic<int> refused = 0, torn = 0;
  in_threads([&](u32 thread) {
    std::mt19937 random(thread);
    std::vector<u8> out(48);
    for (int i = 0; i < kRounds; ++i) {
      const auto key = bytes_of(random() % 1000, 4);
      if (update_elem(map, key, even_value(random()), BPF_ANY) != 0) ++refused;
      if (map.ops().lookup_ptr(map, bytes_of(random() % 100, 4), 0) == nullptr && i % 5 == 0) delete_elem(map, key);
      if (lookup_elem(map, bytes_of(random() % 1000, 4), out, 0) == 0 && !is_even(out)) ++torn;
    }
  });
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(torn, 0);
  std::vector<u8> key(4);
  u32 n = 0;
  while (get_next_key(map, nullptr, key) == 0 && delete_elem(map, key) == 0) ++n;
  EXPECT_LE(n, 200u);
  for (u32 i = 0; i < 200; ++i) EXPECT_EQ(update_elem(map, bytes_of(i, 4), even_value(i), BPF_ANY), 0);
  for (u32 i = 0; i < 200; ++i) EXPECT_EQ(delete_elem(map, bytes_of(i, 4)), 0) << "evicted below capacity";
}

TEST(Threads, LpmTrieFindsWhatStays) {
  auto test = make_map({.map_type = BPF_MAP_TYPE_LPM_TRIE,
                        .key_size = 8,
                        .value_size = 48,
                        .max_entries = 300,
                        .map_flags = BPF_F_NO_PREALLOC});
  ASSERT_NE(test, nullptr);
  Map& map = *test->map;
  const auto key_of = [](u32 length, u32 bits) { return bytes_of(length | u64(__builtin_bswap32(bits)) << 32, 8); };
  ASSERT_EQ(update_elem(map, key_of(1, 0x80000000), even_value(1), BPF_ANY), 0);
  std::atomic<int> missed = 0, torn = 0, refused = 0;
  in_threads([&](u32 thread) {
    std::mt19937 random(thread);
    std::vector<u8> out(48);
    for (int i = 0; i < kRounds; ++i) {
      const u32 length = 2 + random() % 31, bits = random() & 0xf0f0f0f0;
      if (random() % 2) {
        const int result = update_elem(map, key_of(length, bits), even_value(random()), BPF_ANY);
        if (result != 0 && result != -ENOSPC) ++refused;
      } else {
        delete_elem(map, key_of(length, bits));
      }
      if (lookup_elem(map, key_of(32, 0x80000000 | random()), out, 0) != 0) ++missed;
      if (!is_even(out)) ++torn;
    }
  });
  EXPECT_EQ(missed, 0);
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(refused, 0);
  std::vector<u8> key(8);
  while (get_next_key(map, nullptr, key) == 0 && delete_elem(map, key) == 0) {
  }
  for (u32 i = 0; i < map.geometry().n_elems; ++i) EXPECT_EQ(map.pool().home(i), 0u) << "node " << i;
}

TEST(Threads, QueueGivesEachValueOnce) {
  auto test = make_map({.map_type = BPF_MAP_TYPE_QUEUE, .value_size = 48, .max_entries = 50});
  ASSERT_NE(test, nullptr);
  Map& map = *test->map;
  std::atomic<u64> pushed = 0, popped = 0;
  std::atomic<int> torn = 0;
  in_threads([&](u32 thread) {
    std::vector<u8> out(48);
    for (u64 i = 0; i < kRounds; ++i) {
      const u64 n = i * kThreads + thread;
      if (update_elem(map, {}, even_value(n), BPF_ANY) == 0) pushed += n;
      if (lookup_elem(map, {}, out, 0) == 0 && !is_even(out)) ++torn;
      if (lookup_and_delete_elem(map, {}, out, 0) != 0) continue;
      u64 value;
      std::memcpy(&value, out.data(), sizeof(value));
      popped += value;
    }
  });
  EXPECT_EQ(pushed, popped);  // whoever pushed, popped: nothing is left
  EXPECT_EQ(torn, 0);
}

TEST(Threads, StackTracesLoseNoElement) {
  auto test = make_map({.map_type = BPF_MAP_TYPE_STACK_TRACE, .key_size = 4, .value_size = 48, .max_entries = 64});
  ASSERT_NE(test, nullptr);
  Map& map = *test->map;
  std::atomic<int> refused = 0;
  in_threads([&](u32 thread) {
    std::mt19937 random(thread);
    for (int i = 0; i < kRounds; ++i) {
      if (put_stack(map, even_value(random() % 500), kReuseStackId) < 0) ++refused;
      if (i % 3 == 0) delete_elem(map, bytes_of(random() % 64, 4));
    }
  });
  EXPECT_EQ(refused, 0);
  for (u32 id = 0; id < 64; ++id) delete_elem(map, bytes_of(id, 4));
  for (u32 i = 0; i < map.geometry().n_elems; ++i) EXPECT_EQ(map.pool().home(i), 0u) << "element " << i;
}

}  // namespace
}  // namespace skep::map
