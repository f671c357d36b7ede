// Arenas: which pages Linux 6.18 gives, one step after the other, and what is ours: touches of user space, repair.
#include "map/arena.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <random>
#include <set>

#include "map/shm/empty_pages.h"
#include "map/shm/guard.h"
#include "map/testing.h"

namespace skep::map {
namespace {

inline constexpr u64 kStart = 0x100010000000;

class Arena : public testing::Test {
 public:
  void SetUp() override {
    test_ =
        make_map({.map_type = BPF_MAP_TYPE_ARENA, .max_entries = 16, .map_flags = BPF_F_MMAPABLE, .map_extra = kStart});
    ASSERT_NE(test_, nullptr);
    map().trailer().user_vm_start = kStart;
  }
  Map& map() { return *test_->map; }
  // Where user space has it mapped.
  u8* user() {
    if (user_ == nullptr)
      user_ = static_cast<u8*>(mmap(nullptr, 16 * kPageSize, PROT_READ | PROT_WRITE, MAP_SHARED, test_->fd, 0));
    return user_;
  }
  // The number of the first page, -1 for none.
  int alloc(u32 count, u64 at = 0, int node = kAnyNode, u64 flags = 0) {
    const u64 address = arena_alloc_pages(map(), at, count, node, flags);
    return address == 0 ? -1 : int((address - kStart) / kPageSize);
  }
  void free_pages(int first, u32 count) { arena_free_pages(map(), kStart + u64(first) * kPageSize, count); }

  std::unique_ptr<TestMap> test_;
  u8* user_ = nullptr;
};

TEST_F(Arena, PagesAreGivenAsInLinux) {
  EXPECT_EQ(alloc(0), -1);
  EXPECT_EQ(alloc(1, 0, kAnyNode, 1), -1);
  EXPECT_EQ(alloc(1, 0, 99999), -1);
  EXPECT_EQ(alloc(1, 0, 0), 0);
  EXPECT_EQ(alloc(17), -1);
  EXPECT_EQ(alloc(15), 1);
  EXPECT_EQ(alloc(1), -1);
  free_pages(3, 2);
  EXPECT_EQ(alloc(2), 3);
  free_pages(3, 2);
  free_pages(6, 1);
  EXPECT_EQ(alloc(1), 6) << "the smallest range that holds it";
  EXPECT_EQ(alloc(1), 3);
  EXPECT_EQ(alloc(1), 4);
  EXPECT_EQ(alloc(1), -1);
  free_pages(3, 4);
  EXPECT_EQ(alloc(1, kStart + 0x4000), 4);
  EXPECT_EQ(alloc(1, kStart + 0x4000), -1);
  EXPECT_EQ(alloc(1, kStart + 0x3800), -1);
  EXPECT_EQ(alloc(1, 0x10005000), 5) << "the lower half of an address is enough";
  EXPECT_EQ(alloc(1, 0x5000), -1);
  EXPECT_EQ(alloc(1, kStart - 0x1000), -1);
  EXPECT_EQ(alloc(1, kStart + 0x10000), -1);
  EXPECT_EQ(alloc(2, kStart + 0xf000), -1);
  EXPECT_EQ(alloc(1, kStart + 0x6000), 6);
  free_pages(14, 100);
  EXPECT_EQ(alloc(2), 14);
  arena_free_pages(map(), kStart + 0xf800, 1);
  EXPECT_EQ(alloc(1, kStart + 0xf000), 15);
}

TEST_F(Arena, PagesAreZeroAndTouchedOnesAreTaken) {
  EXPECT_EQ(alloc(2), 0);
  map().data()[0] = 7;
  free_pages(0, 2);
  EXPECT_EQ(alloc(1), 0);
  EXPECT_EQ(map().data()[0], 0);
  user()[kPageSize] = 7;
  EXPECT_EQ(alloc(1), 2);
  EXPECT_EQ(alloc(1, kStart + kPageSize), -1);
  free_pages(1, 1);
  EXPECT_EQ(alloc(1, kStart + kPageSize), 1);
}

TEST_F(Arena, ProgramsTakeNothingByTouching) {
  if (!watch_empty_pages(map().data(), kPageSize)) GTEST_SKIP() << "no userfaultfd(2) for this file";
  u8 byte = 9;
  EXPECT_FALSE(guarded_copy(&byte, map().data() + 5 * kPageSize, 1));
  EXPECT_FALSE(guarded_copy(map().data() + 5 * kPageSize, &byte, 1));
  EXPECT_EQ(alloc(1, kStart + 5 * kPageSize), 5);
  EXPECT_TRUE(guarded_copy(map().data() + 5 * kPageSize, &byte, 1));
  EXPECT_EQ(user()[5 * kPageSize], 9);
  free_pages(5, 1);
  EXPECT_FALSE(guarded_copy(&byte, map().data() + 5 * kPageSize, 1));
  user()[5 * kPageSize] = 4;
  EXPECT_TRUE(guarded_copy(&byte, map().data() + 5 * kPageSize, 1));
  EXPECT_EQ(byte, 4);
}

TEST_F(Arena, WhatIsSetAsideIsGivenToNobody) {
  EXPECT_EQ(arena_reserve_pages(map(), kStart, 15), 0);
  EXPECT_EQ(arena_reserve_pages(map(), kStart + 14 * kPageSize, 2), -EBUSY);
  EXPECT_EQ(arena_reserve_pages(map(), kStart + 15 * kPageSize, 2), -EINVAL);
  EXPECT_EQ(arena_reserve_pages(map(), kStart - kPageSize, 1), -EINVAL);
  EXPECT_EQ(arena_reserve_pages(map(), kStart, 0), 0);
  EXPECT_EQ(alloc(2), -1);
  EXPECT_EQ(alloc(1), 15);
  free_pages(3, 2);
  EXPECT_EQ(alloc(2), 3);
  user()[15 * kPageSize] = 1;
  free_pages(15, 1);
  user()[15 * kPageSize] = 1;
  EXPECT_EQ(arena_reserve_pages(map(), kStart + 15 * kPageSize, 1), -EBUSY) << "user space has it";
}

TEST_F(Arena, WithoutAnAddressThereIsNothing) {
  map().trailer().user_vm_start = 0;
  EXPECT_EQ(alloc(1), -1);
}

TEST_F(Arena, RangesNeverOverlap) {
  const u32 seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::set<int> taken;
  for (int step = 0; step < 5000; ++step) {
    const u32 count = 1 + random() % 5;
    if (random() % 2) {
      const int first = alloc(count);
      for (int page = first; first >= 0 && page < first + int(count); ++page) ASSERT_TRUE(taken.insert(page).second);
    } else {
      const int first = int(random() % 16);
      free_pages(first, count);
      for (u32 i = 0; i < count; ++i) taken.erase(first + int(i));
    }
  }
}

TEST_F(Arena, ElementsAreRefused) {
  std::vector<u8> none;
  EXPECT_EQ(lookup_elem(map(), none, none, 0), -EINVAL);
  EXPECT_EQ(update_elem(map(), none, none, 0), -EOPNOTSUPP);
  EXPECT_EQ(delete_elem(map(), none), -EOPNOTSUPP);
  EXPECT_EQ(get_next_key(map(), nullptr, none), -EOPNOTSUPP);
  EXPECT_EQ(lookup_and_delete_elem(map(), none, none, 0), -kErrnoNotSupp);
}

}  // namespace
}  // namespace skep::map
