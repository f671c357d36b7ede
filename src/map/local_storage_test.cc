// Local storages from the side of programs, and what happens to elements of owners that are gone. (What bpf(2) says:
// sys/map_objects_test.cc.)
#include "map/local_storage.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "map/shm/thread.h"
#include "map/testing.h"

namespace skep::map {
namespace {

std::unique_ptr<TestMap> make_storage(u32 type) {
  return make_map({.map_type = type,
                   .key_size = 4,
                   .value_size = 12,
                   .map_flags = BPF_F_NO_PREALLOC,
                   .btf_key_type_id = 1,
                   .btf_value_type_id = 1});
}

TEST(LocalStorage, GetCreatesWhenAsked) {
  auto test = make_storage(BPF_MAP_TYPE_INODE_STORAGE);
  ASSERT_NE(test, nullptr);
  Map& map = *test->map;
  RecentWords recent(16, 0);
  Owner owner;
  ASSERT_EQ(owner_of(OwnerKind::Inode, test->fd, owner), 0);
  const auto init = bytes_of(77, 12);
  EXPECT_EQ(local_storage_get(map, owner, init.data(), 0, recent), nullptr);
  EXPECT_EQ(local_storage_get(map, owner, init.data(), 2, recent), nullptr);
  u8* const value = local_storage_get(map, owner, init.data(), BPF_LOCAL_STORAGE_GET_F_CREATE, recent);
  ASSERT_NE(value, nullptr);
  EXPECT_EQ(std::vector<u8>(value, value + 12), init);
  value[0] = 1;
  EXPECT_EQ(local_storage_get(map, owner, init.data(), BPF_LOCAL_STORAGE_GET_F_CREATE, recent), value)
      << "what is there stays";
  EXPECT_EQ(value[0], 1);
  std::vector<u8> seen(12);
  EXPECT_EQ(lookup_elem(map, bytes_of(u64(test->fd), 4), seen, 0), 0);
  EXPECT_EQ(seen[0], 1);
  EXPECT_EQ(local_storage_delete(map, owner), 0);
  EXPECT_EQ(local_storage_delete(map, owner), -ENOENT);
  u8* const zeros = local_storage_get(map, owner, nullptr, BPF_LOCAL_STORAGE_GET_F_CREATE, recent);
  ASSERT_NE(zeros, nullptr);
  EXPECT_EQ(std::vector<u8>(zeros, zeros + 12), std::vector<u8>(12));
}

// Whoever takes an element away or puts another in its place.
TEST(LocalStorage, WhatIsRememberedIsAskedAgain) {
  auto test = make_storage(BPF_MAP_TYPE_INODE_STORAGE);
  ASSERT_NE(test, nullptr);
  Map& map = *test->map;
  RecentWords recent(16, 0), nothing(16, 0);
  Owner owner;
  ASSERT_EQ(owner_of(OwnerKind::Inode, test->fd, owner), 0);
  const auto key = bytes_of(u64(test->fd), 4);
  for (u64 round = 0; round < 4; ++round) {
    u8* const value = local_storage_get(map, owner, nullptr, BPF_LOCAL_STORAGE_GET_F_CREATE, recent);
    ASSERT_NE(value, nullptr);
    for (int again = 0; again < 3; ++again) EXPECT_EQ(local_storage_get(map, owner, nullptr, 0, recent), value);
    Owner other = owner;
    other.words[2] += 1;  // in the same place of what is remembered
    EXPECT_EQ(local_storage_get(map, other, nullptr, 0, recent), nullptr);
    for (u64 n = 10; n < 13; ++n) {
      EXPECT_EQ(update_elem(map, key, bytes_of(n + round, 12), BPF_EXIST), 0);
      u8* const now = local_storage_get(map, owner, nullptr, 0, recent);
      ASSERT_NE(now, nullptr);
      EXPECT_EQ(now, local_storage_get(map, owner, nullptr, 0, nothing)) << "the new element, not the spare";
      EXPECT_EQ(*now, n + round);
    }
    EXPECT_EQ(delete_elem(map, key), 0);
    EXPECT_EQ(local_storage_get(map, owner, nullptr, 0, recent), nullptr);
  }
}

TEST(LocalStorage, AFullTableForgetsTheDead) {
  auto test = make_storage(BPF_MAP_TYPE_TASK_STORAGE);
  ASSERT_NE(test, nullptr);
  Map& map = *test->map;
  RecentWords recent(16, 0);
  const ThreadName self = calling_thread();
  // Threads that cannot be: started with us, and under other TIDs than ours.
  u64 tid = 1;
  const auto one_more = [&] {
    tid += tid + 1 == self.tid ? 2 : 1;
    return local_storage_get(map, {{tid, self.start + 1, self.pid_ns}}, nullptr, BPF_LOCAL_STORAGE_GET_F_CREATE,
                             recent);
  };
  for (u32 i = 0; i < 65536; ++i) ASSERT_NE(one_more(), nullptr) << i;
  EXPECT_NE(one_more(), nullptr);
  const int pidfd = int(syscall(SYS_pidfd_open, getpid(), 0));
  EXPECT_EQ(update_elem(map, bytes_of(u64(pidfd), 4), bytes_of(5, 12), BPF_NOEXIST), 0);
  close(pidfd);
}

TEST(LocalStorage, AFullTableOfTheLivingIsFull) {
  auto test = make_storage(BPF_MAP_TYPE_INODE_STORAGE);
  ASSERT_NE(test, nullptr);
  RecentWords recent(16, 0);
  u32 created = 0;
  for (u64 i = 0; i < 65540; ++i)
    created += local_storage_get(*test->map, {{1, i, 0}}, nullptr, BPF_LOCAL_STORAGE_GET_F_CREATE, recent) != nullptr;
  EXPECT_EQ(created, 65536u);
  EXPECT_EQ(update_elem(*test->map, bytes_of(u64(test->fd), 4), bytes_of(5, 12), 0), -ENOMEM);
}

TEST(Owner, ASocketIsGoneWhenNobodyHasItOpen) {
  int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  Owner owner;
  ASSERT_EQ(owner_of(OwnerKind::Socket, fd, owner), 0);
  EXPECT_FALSE(is_gone(OwnerKind::Socket, owner));
  const int copy = dup(fd);
  close(fd);
  EXPECT_FALSE(is_gone(OwnerKind::Socket, owner));
  close(copy);
  EXPECT_TRUE(is_gone(OwnerKind::Socket, owner));
}

}  // namespace
}  // namespace skep::map
