// Lists and trees of objects: bpf_list_push_front() and its like, bpf_rbtree_add() and its like. A collection owns one
// reference to each object in it. What programs get and give are addresses of nodes.
#include <cerrno>

#include "engine/bodies.h"
#include "engine/kobj/graph.h"
#include "engine/kobj/hand_out.h"

namespace skep::engine {
namespace {

template <typename Node>
Nodes<Node> nodes_of(Run& run) {
  return {run.machine.heap(), run.site->fact->node_offset};
}

ListHead& list_at(u64 address) { return *reinterpret_cast<ListHead*>(address); }
RbRoot& tree_at(u64 address) { return *reinterpret_cast<RbRoot*>(address); }

// The program's reference to the object of a node, for a collection to keep. Null: the object is in one already, and
// the reference is gone all the same.
template <typename Node>
Node* take_node(Run& run, u64 node) {
  const Nodes<Node> nodes = nodes_of<Node>(run);
  HeapObject* const object = nodes.object(node);
  if (!object) return nullptr;
  take_from(run, object->pointer());
  Node* const taken = reinterpret_cast<Node*>(node);
  if (taken->owner == 0) return taken;
  run.machine.heap().release(*object);
  return nullptr;
}

u64 list_push(Run& run, u64 head, u64 node, bool back) {
  if (!take_node<ListNode>(run, node)) return u64(-EINVAL);
  ListHead& list = list_at(head);
  list_insert(nodes_of<ListNode>(run), list, owner_id(run.machine.heap(), list.id), node, back);
  return 0;
}
u64 list_push_front(u64 head, u64 node, u64, u64, u64, Run& run) { return list_push(run, head, node, false); }
u64 list_push_back(u64 head, u64 node, u64, u64, u64, Run& run) { return list_push(run, head, node, true); }

u64 list_pop(Run& run, u64 head, bool back) {
  const auto nodes = nodes_of<ListNode>(run);
  const u64 node = list_take(nodes, list_at(head), back);
  if (node) hand_out(run, nodes.object(node));
  return node;
}
u64 list_pop_front(u64 head, u64, u64, u64, u64, Run& run) { return list_pop(run, head, false); }
u64 list_pop_back(u64 head, u64, u64, u64, u64, Run& run) { return list_pop(run, head, true); }

u64 list_front(u64 head, u64, u64, u64, u64, Run& run) {
  return list_end(nodes_of<ListNode>(run), list_at(head), false);
}
u64 list_back(u64 head, u64, u64, u64, u64, Run& run) { return list_end(nodes_of<ListNode>(run), list_at(head), true); }

// `less` says on which side of another node the new one belongs.
u64 rbtree_add(u64 root, u64 node, u64 less, u64, u64, Run& run) {
  if (!take_node<RbNode>(run, node)) return u64(-EINVAL);
  const auto nodes = nodes_of<RbNode>(run);
  RbRoot& tree = tree_at(root);
  u64 parent = 0;
  bool left = false;
  const RbNode* at = nodes.at(tree.top);
  for (u64 next = tree.top; at; at = nodes.at(next)) {
    parent = next;
    left = call_function(run, less, node, parent) != 0;
    next = left ? at->left : at->right;
  }
  tree_insert(nodes, tree, owner_id(run.machine.heap(), tree.id), parent, left, node);
  return 0;
}

bool is_in(Run& run, u64 root, u64 node) {
  const RbNode* const n = nodes_of<RbNode>(run).at(node);
  return n && n->owner != 0 && n->owner == tree_at(root).id;
}

u64 rbtree_remove(u64 root, u64 node, u64, u64, u64, Run& run) {
  if (!is_in(run, root, node)) return 0;
  const auto nodes = nodes_of<RbNode>(run);
  tree_remove(nodes, tree_at(root), node);
  hand_out(run, nodes.object(node));
  return node;
}

// What a link leads to, if it leads to a node.
u64 node_or_null(Run& run, u64 node) { return nodes_of<RbNode>(run).at(node) ? node : 0; }

u64 rbtree_first(u64 root, u64, u64, u64, u64, Run& run) { return tree_first(nodes_of<RbNode>(run), tree_at(root)); }
u64 rbtree_root(u64 root, u64, u64, u64, u64, Run& run) { return node_or_null(run, tree_at(root).top); }
u64 rbtree_left(u64 root, u64 node, u64, u64, u64, Run& run) {
  return is_in(run, root, node) ? node_or_null(run, reinterpret_cast<RbNode*>(node)->left) : 0;
}
u64 rbtree_right(u64 root, u64 node, u64, u64, u64, Run& run) {
  return is_in(run, root, node) ? node_or_null(run, reinterpret_cast<RbNode*>(node)->right) : 0;
}

constexpr KfuncBody kKfuncs[] = {
    {"bpf_list_push_front_impl", list_push_front},
    {"bpf_list_push_back_impl", list_push_back},
    {"bpf_list_pop_front", list_pop_front},
    {"bpf_list_pop_back", list_pop_back},
    {"bpf_list_front", list_front},
    {"bpf_list_back", list_back},
    {"bpf_rbtree_add_impl", rbtree_add},
    {"bpf_rbtree_remove", rbtree_remove},
    {"bpf_rbtree_first", rbtree_first},
    {"bpf_rbtree_root", rbtree_root},
    {"bpf_rbtree_left", rbtree_left},
    {"bpf_rbtree_right", rbtree_right},
};

}  // namespace

std::span<const KfuncBody> graph_kfuncs() { return kKfuncs; }

}  // namespace skep::engine
