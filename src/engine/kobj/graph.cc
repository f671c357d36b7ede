// See graph.h. Trees are treaps: a node's priority is a hash of its address, so nothing has to be stored, and a tree of
// n nodes is about 2 log n deep whatever the order they came in.
#include "engine/kobj/graph.h"

namespace skep::engine {
namespace {

using TreeNodes = Nodes<RbNode>;

u32 priority(u64 node) { return u32(node * 0x9e3779b97f4a7c15 >> 32); }

// The word that leads to `node` from above; null: damaged.
u64* link_to(const TreeNodes& nodes, RbRoot& root, u64 node) {
  const RbNode* const n = nodes.at(node);
  if (!n) return nullptr;
  if (n->parent == 0) return &root.top;
  RbNode* const parent = nodes.at(n->parent);
  if (!parent) return nullptr;
  return parent->left == node ? &parent->left : &parent->right;
}

// The child takes its parent's place.
//
//       p            c
//      / \          / \          mirrored where c is on the right
//     c   3   ->   1   p
//    / \              / \         .
//   1   2            2   3
bool rotate_up(const TreeNodes& nodes, RbRoot& root, u64 child) {
  RbNode* const c = nodes.at(child);
  const u64 parent = c ? c->parent : 0;
  RbNode* const p = nodes.at(parent);
  u64* const above = p ? link_to(nodes, root, parent) : nullptr;
  if (!above) return false;
  const bool is_left = p->left == child;
  u64& inner = is_left ? c->right : c->left;
  (is_left ? p->left : p->right) = inner;
  if (RbNode* const moved = nodes.at(inner)) moved->parent = parent;
  inner = parent;
  *above = child;
  c->parent = p->parent;
  p->parent = child;
  return true;
}

}  // namespace

u64 owner_id(Heap& heap, u64& id) {
  if (map::load_acquire(id) == 0) {
    u64 none = 0;
    __atomic_compare_exchange_n(&id, &none, heap.new_root_id(), false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
  }
  return map::load_relaxed(id);
}

void list_insert(const Nodes<ListNode>& nodes, ListHead& head, u64 id, u64 node, bool back) {
  ListNode& fresh = *nodes.at(node);
  ListNode* const first = nodes.at(head.first);
  ListNode* const last = first ? nodes.at(first->prev) : nullptr;
  fresh.owner = id;
  if (!last) {
    fresh.next = 0;
    fresh.prev = node;
    head.first = node;
  } else if (back) {
    fresh.next = 0;
    fresh.prev = first->prev;
    last->next = node;
    first->prev = node;
  } else {
    fresh.next = head.first;
    fresh.prev = first->prev;
    first->prev = node;
    head.first = node;
  }
}

u64 list_end(const Nodes<ListNode>& nodes, const ListHead& head, bool back) {
  const ListNode* const first = nodes.at(head.first);
  if (!first) return 0;
  return back && nodes.at(first->prev) ? first->prev : head.first;
}

u64 list_take(const Nodes<ListNode>& nodes, ListHead& head, bool back) {
  const u64 node = list_end(nodes, head, back);
  if (!node) {
    head.first = 0;
    return 0;
  }
  ListNode& taken = *nodes.at(node);
  ListNode* const first = nodes.at(head.first);
  if (node == head.first) {
    head.first = taken.next;
    if (ListNode* const second = nodes.at(taken.next)) second->prev = taken.prev;
  } else {
    if (ListNode* const before = nodes.at(taken.prev)) before->next = 0;
    first->prev = taken.prev;
  }
  taken.next = taken.prev = taken.owner = 0;
  return node;
}

void tree_insert(const Nodes<RbNode>& nodes, RbRoot& root, u64 id, u64 parent, bool left, u64 node) {
  RbNode& fresh = *nodes.at(node);
  fresh.left = fresh.right = 0;
  fresh.parent = parent;
  fresh.owner = id;
  RbNode* const above = nodes.at(parent);
  if (!above) {
    fresh.parent = 0;
    root.top = node;
    return;
  }
  (left ? above->left : above->right) = node;
  while (fresh.parent && priority(node) > priority(fresh.parent))
    if (!rotate_up(nodes, root, node)) return;
}

void tree_remove(const Nodes<RbNode>& nodes, RbRoot& root, u64 node) {
  RbNode& gone = *nodes.at(node);
  for (u32 i = 0; i < kMaxNodes; ++i) {
    const RbNode *const left = nodes.at(gone.left), *const right = nodes.at(gone.right);
    if (!left && !right) break;
    const bool take_left = left && (!right || priority(gone.left) > priority(gone.right));
    if (!rotate_up(nodes, root, take_left ? gone.left : gone.right)) break;
  }
  if (u64* const above = link_to(nodes, root, node)) *above = 0;
  gone.left = gone.right = gone.parent = gone.owner = 0;
}

u64 tree_first(const Nodes<RbNode>& nodes, const RbRoot& root) {
  u64 node = root.top;
  const RbNode* n = nodes.at(node);
  for (u32 i = 0; n && i < kMaxNodes; ++i) {
    const RbNode* const left = nodes.at(n->left);
    if (!left) return node;
    node = n->left;
    n = left;
  }
  return 0;
}

}  // namespace skep::engine
