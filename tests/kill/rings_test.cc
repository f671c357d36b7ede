// kill -9 at every instruction of operations that are no element commands: of ring buffers and arenas. Every state of
// the file that a kill can leave is looked at by another process. (stepper.h)
#include <gtest/gtest.h>

#include "map/arena.h"
#include "map/ringbuf.h"
#include "map/shm/empty_pages.h"
#include "map/testing.h"
#include "map/user_ringbuf.h"
#include "stepper.h"

namespace skep::map {
namespace {

// Calls `check` with every state of the map's file that a death in the middle of `work` can leave.
void after_each_kill(Map& map, const std::function<void()>& work, const std::function<void(Map&)>& check) {
  const auto images = kill::crash_images(work, {map.data(), map.size() + kPageSize});
  EXPECT_GT(images.size(), 2u);
  for (const kill::CrashImage& image : images) {
    SCOPED_TRACE(testing::Message() << "killed after instruction " << image.instruction);
    const int fd = memfd_create("image", MFD_CLOEXEC);
    ASSERT_EQ(write(fd, image.content.data(), image.content.size()), ssize_t(image.content.size()));
    auto opened = reopen(fd);
    ASSERT_NE(opened, nullptr);
    check(*opened);
    close(fd);
    if (testing::Test::HasFailure()) return;
  }
  std::printf("%zu states of a crash\n", images.size());
}

class KillOther : public testing::Test {
 protected:
  void SetUp() override {
    if (!kill::can_step()) GTEST_SKIP() << "ptrace(2) is not allowed here";
  }
};

// Takes all samples that a consumer can see, and checks that nothing holds it up.
std::vector<std::vector<u8>> consume_all(Map& map) {
  const Ring ring(map);
  std::vector<std::vector<u8>> samples;
  while (ringbuf_query(map, BPF_RB_AVAIL_DATA) > 0 && ringbuf_wait(map, 1000) == 1) {
    const u64 at = ring.consumer().position;
    const RingHeader& header = ring.header(at);
    const u8* sample = reinterpret_cast<const u8*>(&header) + kRingHeader;
    if (!(header.length & kRingDiscard)) samples.emplace_back(sample, sample + header.length);
    ring.consumer().position = at + Ring::step(header.length);
  }
  EXPECT_EQ(ringbuf_query(map, BPF_RB_AVAIL_DATA), 0u);
  return samples;
}

TEST_F(KillOther, RingbufOutput) {
  auto test = make_map({.map_type = BPF_MAP_TYPE_RINGBUF, .max_entries = 4096});
  ASSERT_NE(test, nullptr);
  const auto first = bytes_of(1, 3000), second = bytes_of(2, 500), third = bytes_of(3, 4000);
  ASSERT_EQ(ringbuf_output(*test->map, first, 0), 0);
  after_each_kill(
      *test->map, [&] { ringbuf_output(*test->map, second, 0); },
      [&](Map& map) {
        const auto seen = consume_all(map);
        ASSERT_TRUE(seen.size() == 1 || (seen.size() == 2 && seen[1] == second)) << "whole or not at all";
        EXPECT_EQ(seen[0], first);
        EXPECT_EQ(ringbuf_output(map, third, 0), 0) << "all of the room is there";
        EXPECT_EQ(consume_all(map), std::vector<std::vector<u8>>(1, third));
      });
}

TEST_F(KillOther, UserRingbufDrain) {
  auto test = make_map({.map_type = BPF_MAP_TYPE_USER_RINGBUF, .max_entries = 4096});
  ASSERT_NE(test, nullptr);
  const Ring ring(*test->map);
  for (u64 at : {0, 16, 32}) ring.header(at).length = 8;
  ring.producer().position = 48;
  const auto drain = [](Map& map) {
    return user_ringbuf_drain(
        map, [](void*, ConstBytes) -> long { return 0; }, nullptr, 0);
  };
  after_each_kill(
      *test->map, [&] { drain(*test->map); },
      [&](Map& map) {
        const s64 left = s64(48 - Ring(map).consumer().position) / 16;
        EXPECT_EQ(drain(map), left);
      });
}

class ArenaKill : public KillOther {
 protected:
  static constexpr u64 kStart = 1 << 20;
  static constexpr u32 kPages = 8;

  void SetUp() override {
    KillOther::SetUp();
    test_ = make_map(
        {.map_type = BPF_MAP_TYPE_ARENA, .max_entries = kPages, .map_flags = BPF_F_MMAPABLE, .map_extra = kStart});
    ASSERT_NE(test_, nullptr);
    live().trailer().user_vm_start = kStart;
  }
  Map& live() { return *test_->map; }

  // As after_each_kill(), but images are of what is behind the pages: looking at a page gives it memory, and an arena
  // takes that for use. While a range is in work, its pages have something in them.
  void after_each_kill(u32 first, u32 count, const std::function<void()>& work,
                       const std::function<void(Map&)>& check) {
    const u64 offset = live().geometry().taken;
    const auto images = kill::crash_images(work, {live().data() + offset, live().size() + kPageSize - offset});
    for (const kill::CrashImage& image : images) {
      SCOPED_TRACE(testing::Message() << "killed after instruction " << image.instruction);
      const int fd = memfd_create("image", MFD_CLOEXEC);
      ASSERT_EQ(pwrite(fd, image.content.data(), image.content.size(), off_t(offset)), ssize_t(image.content.size()));
      auto map = reopen(fd);
      ASSERT_NE(map, nullptr);
      u8* const pages = map->data() + first * kPageSize;
      if (map->stripe(0).phase != 0 && fill_pages(pages, count * kPageSize)) std::memset(pages, 7, count * kPageSize);
      check(*map);
      close(fd);
      if (HasFailure()) return;
    }
    std::printf("%zu states of a crash\n", images.size());
  }

  // The pages that are left, each full of zeros.
  static u32 take_all(Map& map) {
    u32 pages = 0;
    while (const u64 at = arena_alloc_pages(map, 0, 1, kAnyNode, 0)) {
      const u8* page = map.data() + (at - kStart);
      EXPECT_EQ(std::vector<u8>(page, page + kPageSize), std::vector<u8>(kPageSize));
      ++pages;
    }
    return pages;
  }

  std::unique_ptr<TestMap> test_;
};

TEST_F(ArenaKill, Alloc) {
  ASSERT_NE(arena_alloc_pages(live(), 0, 2, kAnyNode, 0), 0u);
  after_each_kill(
      2, 3, [&] { arena_alloc_pages(live(), 0, 3, kAnyNode, 0); },
      [](Map& map) {
        const u32 left = take_all(map);
        EXPECT_TRUE(left == 3 || left == 6) << left;
      });
}

TEST_F(ArenaKill, Free) {
  ASSERT_NE(arena_alloc_pages(live(), 0, 5, kAnyNode, 0), 0u);
  after_each_kill(
      2, 3, [&] { arena_free_pages(live(), kStart + 2 * kPageSize, 3); },
      [](Map& map) {
        const u32 left = take_all(map);
        EXPECT_TRUE(left == 3 || left == 6) << left;
      });
}

}  // namespace
}  // namespace skep::map
