// The heap: what is allocated, found and released; what survives whom.
#include "engine/kobj/heap.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "engine/kobj/graph.h"

namespace skep::engine {
namespace {

using map::HeldField;

// A folder that goes with the test.
struct Folder {
  std::string path = [] {
    char name[] = "/tmp/skep-heap-XXXXXX";
    return std::string(mkdtemp(name));
  }();
  ~Folder() { EXPECT_EQ(std::system(("rm -r " + path).c_str()), 0); }
};

HeapObject* local(Heap& heap, u32 size, std::initializer_list<HeldField> fields = {}) {
  HeapObject* const object = heap.allocate(HeapKind::Local, size, 1, nullptr);
  for (const HeldField& field : fields) object->words[object->n_fields++] = pack_field(field);
  return object;
}

TEST(Heap, ObjectsAreFoundUntilTheLastReferenceGoes) {
  const auto heap = Heap::make_private();
  HeapObject* const object = heap->allocate(HeapKind::Task, 3000, 1, nullptr);
  ASSERT_NE(object, nullptr);
  EXPECT_EQ(object->bytes()[2999], 0);
  EXPECT_EQ(heap->find(object->pointer()), object);
  EXPECT_EQ(heap->find(object->pointer(), HeapKind::Cgroup), nullptr);
  EXPECT_EQ(heap->find(object->pointer() + 8), nullptr);
  EXPECT_TRUE(Heap::acquire(*object));
  heap->release(*object);
  EXPECT_EQ(heap->count().references, 1u);
  const u64 pointer = object->pointer();
  heap->release(*object);
  EXPECT_EQ(heap->find(pointer), nullptr);
  EXPECT_EQ(heap->count().objects, 0u);
}

TEST(Heap, PointersFromAnywhereAreNoObjects) {
  const auto heap = Heap::make_private();
  HeapObject* const object = local(*heap, 64);
  for (u64 pointer : {u64(0), u64(8), ~u64(0), object->pointer() + 64, object->pointer() + (u64(1) << 30),
                      reinterpret_cast<u64>(&heap)})
    EXPECT_EQ(heap->find(pointer), nullptr) << pointer;
  heap->release(*object);
}

TEST(Heap, SizesUpToTheLargestClass) {
  const auto heap = Heap::make_private();
  for (u32 size : {1u, 64u, 65u, 4000u, 65472u}) {
    HeapObject* const object = local(*heap, size);
    ASSERT_NE(object, nullptr) << size;
    EXPECT_EQ(object->size, size);
    heap->release(*object);
  }
  EXPECT_EQ(heap->allocate(HeapKind::Local, 65473, 1, nullptr), nullptr);
}

TEST(Heap, WhatFieldsHoldGoesWithTheObject) {
  const auto heap = Heap::make_private();
  // A chain of kptrs a hundred thousand long: no recursion.
  u64 last = 0;
  for (int i = 0; i < 100'000; ++i) {
    HeapObject* const object = local(*heap, 24, {{.offset = 8, .type = u16(btf::Field::KptrRef)}});
    std::memcpy(object->bytes() + 8, &last, sizeof(last));
    last = object->pointer();
  }
  EXPECT_EQ(heap->count().objects, 100'000u);
  heap->release(*heap->find(last));
  EXPECT_EQ(heap->count().objects, 0u);
}

TEST(Heap, ListsGiveTheirObjectsInOrderAndReleaseThem) {
  const auto heap = Heap::make_private();
  const Nodes<ListNode> nodes(*heap, 16);
  alignas(8) ListHead head{};
  for (int i = 0; i < 6; ++i) {
    HeapObject* const object = local(*heap, 48);
    list_insert(nodes, head, owner_id(*heap, head.id), object->pointer() + 16, i % 2);
    object->bytes()[0] = u8(i);
  }
  const auto value = [](u64 node) { return *reinterpret_cast<u8*>(node - 16); };
  EXPECT_EQ(value(list_end(nodes, head, false)), 4);
  EXPECT_EQ(value(list_end(nodes, head, true)), 5);
  std::string order;
  for (bool back : {false, true, true}) {
    const u64 node = list_take(nodes, head, back);
    order += char('0' + value(node));
    heap->release(*nodes.object(node));
  }
  EXPECT_EQ(order, "453");
  heap->let_go({.offset = 0, .type = u16(btf::Field::ListHead), .node_offset = 16}, reinterpret_cast<u8*>(&head),
               nullptr);
  EXPECT_EQ(heap->count().objects, 0u);
  EXPECT_EQ(head.first, 0u);
}

// Inserts by value, as bpf_rbtree_add() does.
void add(Heap& heap, RbRoot& root, u32 value) {
  const Nodes<RbNode> nodes(heap, 8);
  HeapObject* const object = local(heap, 40);
  std::memcpy(object->bytes(), &value, sizeof(value));
  u64 parent = 0;
  bool left = false;
  for (u64 at = root.top; at; at = left ? nodes.at(at)->left : nodes.at(at)->right) {
    parent = at;
    left = value < *reinterpret_cast<u32*>(at - 8);
  }
  tree_insert(nodes, root, owner_id(heap, root.id), parent, left, object->pointer() + 8);
}

int depth(const Nodes<RbNode>& nodes, u64 at) {
  const RbNode* const node = nodes.at(at);
  return node ? 1 + std::max(depth(nodes, node->left), depth(nodes, node->right)) : 0;
}

TEST(Heap, TreesStayShallowAndSorted) {
  const auto heap = Heap::make_private();
  const Nodes<RbNode> nodes(*heap, 8);
  alignas(8) RbRoot root{};
  for (u32 i = 0; i < 4096; ++i) add(*heap, root, i);
  EXPECT_LT(depth(nodes, root.top), 48);
  for (u32 i = 0; i < 2048; ++i) {
    const u64 first = tree_first(nodes, root);
    EXPECT_EQ(*reinterpret_cast<u32*>(first - 8), i);
    tree_remove(nodes, root, first);
    heap->release(*nodes.object(first));
  }
  heap->let_go({.offset = 0, .type = u16(btf::Field::RbRoot), .node_offset = 8}, reinterpret_cast<u8*>(&root), nullptr);
  EXPECT_EQ(heap->count().objects, 0u);
}

TEST(Heap, KernelObjectsAreKnownByTheirIdentity) {
  const auto heap = Heap::make_private();
  const Identity id{{7, 8, 9}};
  EXPECT_EQ(heap->find_named(HeapKind::Task, id, nullptr), nullptr);
  HeapObject* const object = heap->allocate(HeapKind::Task, 64, 1, nullptr);
  EXPECT_EQ(heap->find_named(HeapKind::Task, id, object), object);
  EXPECT_EQ(heap->find_named(HeapKind::Task, id, nullptr), object);
  EXPECT_EQ(heap->find_named(HeapKind::Cgroup, id, nullptr), nullptr);
  EXPECT_EQ(heap->find_named(HeapKind::Task, {{7, 8, 10}}, nullptr), nullptr);
  heap->release(*object);
  heap->release(*object);
  EXPECT_EQ(heap->find_named(HeapKind::Task, id, nullptr), nullptr);
}

// Runs `body` in another process, which has to end well.
template <typename F>
void in_child(F&& body) {
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(Heap, TwoOpenersHaveOneAddress) {
  const Folder folder;
  const auto heap = Heap::in_file(folder.path + "/heap");
  EXPECT_FALSE(heap->exists());
  u64 pointer = 0;
  const int out = memfd_create("pointer", 0);
  in_child([&] {
    const auto other = Heap::in_file(folder.path + "/heap");
    const u64 made = local(*other, 100)->pointer();
    if (write(out, &made, sizeof(made)) != sizeof(made)) _exit(1);
  });
  ASSERT_EQ(pread(out, &pointer, sizeof(pointer), 0), ssize_t(sizeof(pointer)));
  close(out);
  EXPECT_TRUE(heap->exists());
  HeapObject* const object = heap->find(pointer, HeapKind::Local);
  ASSERT_NE(object, nullptr);
  EXPECT_EQ(object->size, 100u);
  heap->release(*object);
}

TEST(Heap, AnAddressThatIsTakenIsAnError) {
  const Folder folder;
  const auto heap = Heap::in_file(folder.path + "/heap");
  EXPECT_EQ(heap->error(), 0);
  EXPECT_EQ(Heap::in_file(folder.path + "/heap"), heap);
  ASSERT_EQ(link((folder.path + "/heap").c_str(), (folder.path + "/other").c_str()), 0);
  const auto other = Heap::in_file(folder.path + "/other");  // the same inode, so the same address
  EXPECT_EQ(other->error(), EEXIST);
  EXPECT_EQ(local(*other, 8), nullptr);
}

TEST(Heap, AFileOfAnotherKindIsAnError) {
  const Folder folder;
  const std::string path = folder.path + "/heap";
  ASSERT_EQ(std::system(("echo x > " + path).c_str()), 0);
  EXPECT_EQ(Heap::in_file(path)->error(), EINVAL);
}

TEST(Heap, WhatAKilledProcessHeldIsSwept) {
  const Folder folder;
  const auto heap = Heap::in_file(folder.path + "/heap");
  ASSERT_EQ(heap->error(), 0);
  const pid_t child = fork();
  if (child == 0) {
    for (u64& place : heap->my_slot()->held)
      if (!heap->allocate(HeapKind::Local, 64, 1, &place)) _exit(1);
    kill(getpid(), SIGKILL);
  }
  waitpid(child, nullptr, 0);
  EXPECT_EQ(heap->count().objects, std::size(HeapSlot().held));
  heap->sweep();
  EXPECT_EQ(heap->count().objects, 0u);
}

// At any moment of making and releasing objects: nothing but what was held at that moment may be left, and the heap
// works.
TEST(Heap, KillsAtAnyMomentLoseNothingForOthers) {
  const Folder folder;
  const auto heap = Heap::in_file(folder.path + "/heap");
  ASSERT_EQ(heap->error(), 0);
  for (int round = 0; round < 40; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      u64& place = heap->my_slot()->held[0];
      for (;;) {
        HeapObject* const object = heap->allocate(HeapKind::Local, 64, 1, &place);
        if (!object) _exit(1);
        place = 0;
        heap->release(*object);
      }
    }
    usleep(500 + useconds_t(round) * 37);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    heap->sweep();
    HeapObject* const object = local(*heap, 64);
    ASSERT_NE(object, nullptr);
    heap->release(*object);
  }
  EXPECT_LE(heap->count().objects, 40u);
}

TEST(Heap, ThreadsMakeAndReleaseAtOnce) {
  const auto heap = Heap::make_private();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&heap] {
      for (int i = 0; i < 20'000; ++i) {
        const Identity id{{u64(i % 16), 0, 0}};
        HeapObject* const fresh = heap->allocate(HeapKind::Cgroup, 64, 1, nullptr);
        HeapObject* const first = heap->find_named(HeapKind::Cgroup, id, fresh);
        if (first != fresh) heap->release(*fresh);
        heap->release(*first);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(heap->count().objects, 0u);
}

}  // namespace
}  // namespace skep::engine
