// skep.hpp and skep.h: what an application does with maps.
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <set>

#include "skep/skep.hpp"

namespace {

using Table = skep::Map<std::uint32_t, std::uint64_t>;

// A namespace of this test's own; it must be there before the first call.
const std::filesystem::path root = [] {
  char name[] = "/tmp/skep-api-XXXXXX";
  const std::string folder = mkdtemp(name);
  setenv("SKEP_ROOT", folder.c_str(), 1);
  return folder;
}();

TEST(Api, AMapHoldsWhatWasPutIn) {
  auto map = Table::create({.max_entries = 2, .name = "table"});
  ASSERT_TRUE(map) << map.error().message();
  EXPECT_FALSE(map->update(1, 10));
  EXPECT_EQ(map->lookup(1).value_or(0), 10u);
  EXPECT_EQ(map->lookup(2).error().code(), ENOENT);
  EXPECT_EQ(map->update(1, 11, BPF_NOEXIST).code(), EEXIST);
  EXPECT_FALSE(map->update(2, 20));
  EXPECT_EQ(map->update(3, 30).code(), E2BIG);
  EXPECT_EQ(map->take_out(2).value_or(0), 20u);
  EXPECT_FALSE(map->contains(2));
  EXPECT_FALSE(map->erase(1));
  EXPECT_EQ(map->erase(1).code(), ENOENT);
}

TEST(Api, ManyAtOnceAndAllInARow) {
  auto map = Table::create({.max_entries = 3});
  ASSERT_TRUE(map);
  const std::uint32_t keys[] = {1, 2, 3, 4};
  const std::uint64_t values[] = {10, 20, 30, 40};
  const auto done = map->update(keys, values);
  EXPECT_EQ(done.done, 3u);
  EXPECT_EQ(done.error.code(), E2BIG);
  std::set<std::uint64_t> seen;
  for (const auto& [key, value] : *map) seen.insert(value);
  EXPECT_EQ(seen, (std::set<std::uint64_t>{10, 20, 30}));
}

TEST(Api, AnotherProcessSeesTheSameMap) {
  auto map = Table::create({.max_entries = 8});
  ASSERT_TRUE(map);
  const std::string pin = (root / "bpffs" / "shared").string();
  ASSERT_FALSE(map->pin(pin.c_str()));
  if (fork() == 0) {
    auto other = Table::open(pin.c_str());
    _exit(other && !other->update(5, 55) ? 0 : 1);
  }
  int status = 0;
  wait(&status);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(map->lookup(5).value_or(0), 55u);
  auto by_id = Table::open(map->info().id);
  ASSERT_TRUE(by_id);
  EXPECT_EQ(by_id->lookup(5).value_or(0), 55u);
}

TEST(Api, SizesMustFit) {
  auto map = Table::create({.max_entries = 8});
  ASSERT_TRUE(map);
  EXPECT_EQ((skep::Map<std::uint64_t, std::uint64_t>::from_fd(map->fd()).error().code()), EINVAL);
  EXPECT_EQ(Table::from_fd(0).error().code(), EINVAL);
  EXPECT_EQ(Table::open("/sys/fs/bpf/nothing-here").error().code(), ENOENT);
}

TEST(Api, PerCpuQueueAndBloomFilter) {
  auto percpu =
      skep::PercpuMap<std::uint32_t, std::uint32_t>::create({.type = skep::MapType::percpu_array, .max_entries = 2});
  ASSERT_TRUE(percpu) << percpu.error().message();
  std::vector<std::uint32_t> values(percpu->info().cpus, 7);
  EXPECT_FALSE(percpu->update(1, values));
  EXPECT_EQ(percpu->lookup(1).value(), values);
  auto queue = skep::Queue<std::uint64_t>::create({.type = skep::MapType::queue, .max_entries = 2});
  ASSERT_TRUE(queue) << queue.error().message();
  EXPECT_FALSE(queue->push(1));
  EXPECT_FALSE(queue->push(2));
  EXPECT_EQ(queue->push(3).code(), E2BIG);
  EXPECT_EQ(queue->peek().value_or(0), 1u);
  EXPECT_EQ(queue->pop().value_or(0), 1u);
  auto bloom = skep::BloomFilter<std::uint64_t>::create({.max_entries = 100});
  ASSERT_TRUE(bloom) << bloom.error().message();
  EXPECT_FALSE(bloom->add(42));
  EXPECT_TRUE(bloom->may_contain(42));
}

TEST(Api, FrozenMapsStay) {
  auto map = Table::create({.max_entries = 8});
  ASSERT_TRUE(map);
  EXPECT_FALSE(map->update(1, 1));
  EXPECT_FALSE(map->freeze());
  EXPECT_EQ(map->update(1, 2).code(), EPERM);
  EXPECT_EQ(map->lookup(1).value_or(0), 1u);
}

TEST(Api, RememberedDescriptorsAreForgotten) {
  skep_remember_descriptors();
  const auto create = [] {
    const skep_map_options options = {.type = BPF_MAP_TYPE_ARRAY,
                                      .key_size = 4,
                                      .value_size = 4,
                                      .max_entries = 1,
                                      .flags = 0,
                                      .extra = 0,
                                      .name = nullptr,
                                      .inner_map_fd = 0};
    return skep_map_create(&options);
  };
  const auto access = [](int command, int fd, std::uint32_t& value) {
    const std::uint32_t key = 0;
    bpf_attr attr = {};
    attr.map_fd = std::uint32_t(fd);
    attr.key = reinterpret_cast<std::uint64_t>(&key);
    attr.value = reinterpret_cast<std::uint64_t>(&value);
    return skep_bpf(command, &attr, sizeof(attr));
  };
  const int first = create();
  std::uint32_t value = 5;
  ASSERT_EQ(access(BPF_MAP_UPDATE_ELEM, first, value), 0);
  skep_close(first);
  EXPECT_EQ(access(BPF_MAP_LOOKUP_ELEM, first, value), -EBADF);
  const int second = create();
  ASSERT_EQ(second, first) << "the lowest number is free again";
  EXPECT_EQ(access(BPF_MAP_LOOKUP_ELEM, second, value), 0);
  EXPECT_EQ(value, 0u) << "another map";
  skep_close(second);
  std::filesystem::remove_all(root);
}

}  // namespace
