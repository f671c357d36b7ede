// A kill at every instruction of operations that kill_test.cc does not have, because the type has no keys, or keys of
// its own kind, or more than one thing to be done: pushes and pops, forks of an LPM trie, evictions, stacks.
//
// After each kill: the map holds what it held before or after the operation, or, where an update evicts first, what is
// in both; and when it has been emptied, no element of the pool is anybody's.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "map/stack_trace.h"
#include "map/testing.h"
#include "stepper.h"

namespace skep::map {
namespace {

using Bytewise = std::vector<u8>;
using Content = std::vector<Bytewise>;  // keys with their values, or values in the order of pops

struct Scene {
  std::string name;
  CreateArgs args;
  std::function<void(Map&)> prepare, perform;
  bool evicts = false;
};

bool has_keys(const Map& map) { return map.meta().key_size > 0; }

// Takes everything out of the map.
Content drain(Map& map) {
  Content content;
  Bytewise key(map.meta().key_size), value(map.user_value_size());
  if (!has_keys(map)) {
    while (content.size() < 100 && lookup_and_delete_elem(map, {}, value, 0) == 0) content.push_back(value);
    return content;
  }
  while (content.size() < 100 && get_next_key(map, nullptr, key) == 0) {
    EXPECT_EQ(lookup_elem(map, key, value, 0), 0);
    Bytewise both = key;
    both.insert(both.end(), value.begin(), value.end());
    content.push_back(both);
    EXPECT_EQ(delete_elem(map, key), 0);
  }
  std::sort(content.begin(), content.end());
  return content;
}

// Elements that belong to a stripe, but for the spares of hash tables.
u32 elements_in_use(Map& map) {
  const Pool& pool = map.pool();
  std::set<u32> spares;
  const u32 first_spare = map.geometry().n_elems - map.geometry().n_stripes + 1;
  for (u32 i = 0; i < map.geometry().n_stripes; ++i)
    spares.insert(map.stripe(i).spare != 0 ? map.stripe(i).spare : first_spare + i);
  const bool is_hash = map.meta().map_type == BPF_MAP_TYPE_LRU_HASH;
  u32 n = 0;
  for (u32 i = 0; i < pool.n_elems; ++i) n += pool.home(i) != 0 && !(is_hash && spares.count(i + 1));
  return n;
}

struct Opened {
  int fd = memfd_create("image", MFD_CLOEXEC);
  std::shared_ptr<Map> map;
  explicit Opened(std::span<const u8> content) {
    if (write(fd, content.data(), content.size()) == ssize_t(content.size())) map = reopen(fd);
  }
  ~Opened() { close(fd); }
  std::span<u8> bytes() const { return {map->data(), map->size() + kPageSize}; }
};

void repairing(Map& map) {
  for (u32 i = 0; i < map.geometry().n_stripes; ++i) {
    Writer lock(map, i);
    if (lock.ok()) lock.release();
  }
}

class Scenes {
 public:
  explicit Scenes(const Scene& scene) : scene_(scene) {
    before_ = content(false);
    after_ = content(true);
    std::set_intersection(before_.begin(), before_.end(), after_.begin(), after_.end(), std::back_inserter(both_));
  }

  u64 check() const {
    auto test = start();
    Map& map = *test->map;
    const auto images = kill::crash_images([&] { scene_.perform(map); }, {map.data(), map.size() + kPageSize});
    u64 states = images.size();
    for (size_t i = 0; i < images.size() && !testing::Test::HasFailure(); ++i) {
      check_image(images[i]);
      if (i % 3 == 2) states += check_repairers(images[i]);
    }
    return states;
  }

 private:
  std::unique_ptr<TestMap> start() const {
    auto test = make_map(scene_.args);
    scene_.prepare(*test->map);
    return test;
  }

  Content content(bool performed) const {
    auto test = start();
    if (performed) scene_.perform(*test->map);
    return drain(*test->map);
  }

  void check_image(const kill::CrashImage& image) const {
    SCOPED_TRACE(testing::Message() << "killed after instruction " << image.instruction);
    const Opened opened(image.content);
    ASSERT_NE(opened.map, nullptr);
    repairing(*opened.map);
    const Content now = drain(*opened.map);
    EXPECT_TRUE(now == before_ || now == after_ || (scene_.evicts && now == both_)) << now.size() << " elements";
    EXPECT_EQ(elements_in_use(*opened.map), 0u) << "an element was lost";
    scene_.prepare(*opened.map);
    EXPECT_EQ(drain(*opened.map), before_) << "the map does not take what it took";
  }

  u64 check_repairers(const kill::CrashImage& image) const {
    SCOPED_TRACE(testing::Message() << "the first one killed after instruction " << image.instruction);
    const Opened opened(image.content);
    const auto images = kill::crash_images([&] { repairing(*opened.map); }, opened.bytes());
    for (const auto& second : images) check_image(second);
    return images.size();
  }

  const Scene& scene_;
  Content before_, after_, both_;
};

Bytewise prefix(u32 length, u8 bits) {
  Bytewise key(8);
  std::memcpy(key.data(), &length, sizeof(length));
  key[4] = bits;
  return key;
}

void put(Map& map, ConstBytes key, u64 value, u64 flags = BPF_ANY) {
  update_elem(map, key, bytes_of(value, u32(map.user_value_size())), flags);
}

std::vector<Scene> queues() {
  std::vector<Scene> scenes;
  for (const u32 type : {BPF_MAP_TYPE_QUEUE, BPF_MAP_TYPE_STACK}) {
    for (const u64 fill : {0, 2, 3}) {
      const CreateArgs args = {.map_type = type, .value_size = 24, .max_entries = 3};
      const std::string name = (type == BPF_MAP_TYPE_QUEUE ? "queue of " : "stack of ") + std::to_string(fill);
      const auto prepare = [fill](Map& map) {
        for (u64 i = 0; i < fill; ++i) put(map, {}, i);
      };
      scenes.push_back({name + ": push", args, prepare, [](Map& map) { put(map, {}, 77, BPF_EXIST); }});
      scenes.push_back({name + ": pop", args, prepare, [](Map& map) {
                          Bytewise value(24);
                          lookup_and_delete_elem(map, {}, value, 0);
                        }});
    }
  }
  return scenes;
}

// 0: 1/0, 1/1 below a fork or an entry; what is updated or deleted stands in every place of the trie.
std::vector<Scene> tries() {
  std::vector<Scene> scenes;
  const CreateArgs args = {.map_type = BPF_MAP_TYPE_LPM_TRIE,
                           .key_size = 8,
                           .value_size = 12,
                           .max_entries = 6,
                           .map_flags = BPF_F_NO_PREALLOC};
  const auto prepare = [](Map& map) {
    for (const auto& key : {prefix(8, 0x00), prefix(8, 0x01), prefix(8, 0x80), prefix(2, 0x80), prefix(8, 0xff)})
      put(map, key, key[4]);
  };
  for (const auto& [length, bits] :
       {std::pair<u32, u8>{8, 0x01}, {8, 0x80}, {2, 0x80}, {8, 0xff}, {0, 0}, {7, 0}, {8, 0x40}, {1, 0x80}, {9, 0}}) {
    const Bytewise key = prefix(length, bits);
    const std::string name = "trie " + std::to_string(length) + ":" + std::to_string(bits);
    scenes.push_back({name + " update", args, prepare, [key](Map& map) { put(map, key, 77); }});
    scenes.push_back({name + " delete", args, prepare, [key](Map& map) { delete_elem(map, key); }});
  }
  scenes.push_back({"trie, the first", args, [](Map&) {}, [](Map& map) { put(map, prefix(5, 0x40), 1); }});
  return scenes;
}

std::vector<Scene> others() {
  const CreateArgs lru = {.map_type = BPF_MAP_TYPE_LRU_HASH, .key_size = 4, .value_size = 24, .max_entries = 4};
  const auto fill = [](Map& map) {
    for (u64 i = 0; i < 4; ++i) put(map, bytes_of(i, 4), i);
  };
  const CreateArgs traces = {.map_type = BPF_MAP_TYPE_STACK_TRACE, .key_size = 4, .value_size = 40, .max_entries = 2};
  const auto stacks = [](Map& map) {
    for (u64 i = 0; i < 8; ++i) put_stack(map, bytes_of(i, 32), 0);
  };
  return {
      {"lru, an eviction", lru, fill, [](Map& map) { put(map, bytes_of(9, 4), 9); }, true},
      {"lru, a replacement", lru, fill, [](Map& map) { put(map, bytes_of(1, 4), 9); }},
      {"stack_trace, the first", traces, [](Map&) {}, [](Map& map) { put_stack(map, bytes_of(1, 32), 0); }},
      {"stack_trace, an id reused", traces, stacks, [](Map& map) { put_stack(map, bytes_of(99, 32), kReuseStackId); }},
      {"stack_trace, deleted", traces, stacks, [](Map& map) { delete_elem(map, bytes_of(1, 4)); }}};
}

void check_all(const std::vector<Scene>& scenes) {
  if (!kill::can_step()) GTEST_SKIP() << "ptrace(2) is not allowed here";
  u64 states = 0;
  for (const Scene& scene : scenes) {
    SCOPED_TRACE(scene.name);
    states += Scenes(scene).check();
    if (testing::Test::HasFailure()) return;
  }
  std::printf("%llu states of a crash\n", static_cast<unsigned long long>(states));
}

TEST(KillTypes, QueueAndStack) { check_all(queues()); }
TEST(KillTypes, LpmTrie) { check_all(tries()); }
TEST(KillTypes, LruAndStackTrace) { check_all(others()); }

}  // namespace
}  // namespace skep::map
