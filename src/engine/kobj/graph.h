// Lists and trees of objects: struct bpf_list_head, bpf_rb_root and their nodes, which programs see as opaque words.
// Heads and roots lie in map values, whose address differs from process to process, so nothing points back to them:
// they have a number that their nodes carry. Links are addresses of nodes in the heap. Callers hold the lock that the
// verifier asked for.
#pragma once

#include "engine/kobj/heap.h"

namespace skep::engine {

struct ListNode {
  u64 next, prev;  // 0 ends the list; the first one's prev is the last
  u64 owner;       // the head's id; 0: in no list
};
struct ListHead {
  u64 first;
  u64 id;  // 0: never used
};
static_assert(sizeof(ListNode) == 24 && sizeof(ListHead) == 16);

struct RbNode {
  u64 left, right, parent;
  u64 owner;  // the root's id; 0: in no tree
};
struct RbRoot {
  u64 top;
  u64 id;
};
static_assert(sizeof(RbNode) == 32 && sizeof(RbRoot) == 16);

// The nodes of one list or tree. What a link leads to is looked at first: damage ends a walk.
template <typename Node>
class Nodes {
 public:
  Nodes(Heap& heap, u32 node_offset) : heap_(heap), offset_(node_offset) {}

  HeapObject* object(u64 node) const {
    HeapObject* const o = node ? heap_.find(node - offset_) : nullptr;
    return o && offset_ + sizeof(Node) <= o->size ? o : nullptr;
  }
  Node* at(u64 node) const { return object(node) ? reinterpret_cast<Node*>(node) : nullptr; }

 private:
  Heap& heap_;
  u32 offset_;
};

inline constexpr u32 kMaxNodes = 1 << 24;  // of a list or tree; a walk that is longer goes in circles

// The id of a head or root; given at its first use.
u64 owner_id(Heap& heap, u64& id);

// `node` is in no list. At the front or at the back.
void list_insert(const Nodes<ListNode>& nodes, ListHead& head, u64 id, u64 node, bool back);
// Takes the first or last node out; 0: the list is empty.
u64 list_take(const Nodes<ListNode>& nodes, ListHead& head, bool back);
u64 list_end(const Nodes<ListNode>& nodes, const ListHead& head, bool back);

// Hangs `node`, which is in no tree, below `parent` (0: it is the first), and balances.
void tree_insert(const Nodes<RbNode>& nodes, RbRoot& root, u64 id, u64 parent, bool left, u64 node);
void tree_remove(const Nodes<RbNode>& nodes, RbRoot& root, u64 node);
u64 tree_first(const Nodes<RbNode>& nodes, const RbRoot& root);

}  // namespace skep::engine
