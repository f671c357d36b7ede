// What happens when an object's last reference goes: what it holds is let go, however deep, without recursion - objects
// on their way out wait in a chain.
#include <cstring>

#include "engine/kobj/graph.h"
#include "engine/kobj/heap.h"
#include "map/shm/stripe.h"

namespace skep::engine {
namespace {

using map::HeldField;

inline constexpr u32 kOffsetBits = 9;  // offsets are multiples of 8 below 4096

}  // namespace

u32 pack_field(const HeldField& field) {
  const u32 type = u32(__builtin_ctz(u32(field.type)));
  return type << (2 * kOffsetBits) | (field.offset / 8) << kOffsetBits | field.node_offset / 8u;
}

HeldField unpack_field(u32 packed) {
  constexpr u32 kMask = (1u << kOffsetBits) - 1;
  return {.offset = (packed >> kOffsetBits & kMask) * 8,
          .type = u16(1u << (packed >> (2 * kOffsetBits) & 15)),
          .node_offset = u16((packed & kMask) * 8)};
}

bool Heap::acquire(HeapObject& object) {
  u32 refs = map::load_relaxed(object.refs);
  while (refs != 0) {
    if (__atomic_compare_exchange_n(&object.refs, &refs, refs + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
      return true;
  }
  return false;
}

void Heap::release(HeapObject& object) {
  u32 pending = 0;
  drop(object, pending);
  finish(pending);
}

// One reference less; the last puts the object in the chain.
void Heap::drop(HeapObject& object, u32& pending) {
  u32 refs = map::load_relaxed(object.refs);
  do {
    if (refs == 0) return;
  } while (!__atomic_compare_exchange_n(&object.refs, &refs, refs - 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
  if (refs > 1) return;
  if (object.kind == HeapKind::Task || object.kind == HeapKind::Cgroup) remove_named(object);
  object.next = pending;
  pending = link_of(object);
}

void Heap::drop_pointer(u64 pointer, u32& pending) {
  if (HeapObject* const object = pointer ? find(pointer) : nullptr) drop(*object, pending);
}

void Heap::finish(u32 pending) {
  while (pending != 0) {
    HeapObject* const object = in_chain(pending);
    if (!object) return;
    pending = object->next;
    drop_owned(*object, pending);
    give_back(*object);
  }
}

void Heap::drop_owned(HeapObject& object, u32& pending) {
  if (object.kind == HeapKind::Task || object.kind == HeapKind::Cgroup) {
    for (u32 i = kIdentityWords; i < kIdentityWords + kOwnedWords; ++i)
      if (HeapObject* const owned = at_link(object.words[i])) drop(*owned, pending);
  }
  if (object.kind != HeapKind::Local) return;
  for (u32 i = 0; i < object.n_fields && i < kObjectWords; ++i) {
    const HeldField field = unpack_field(object.words[i]);
    const u32 size = field.type & btf::kKptrFields ? 8 : 16;
    if (field.offset + size <= object.size) drop_field(field, object.bytes() + field.offset, pending);
  }
}

void Heap::drop_field(const HeldField& field, u8* place, u32& pending) {
  auto* const words = reinterpret_cast<u64*>(place);
  const u64 first = __atomic_exchange_n(words, 0, __ATOMIC_ACQ_REL);
  switch (btf::Field(field.type)) {
    case btf::Field::ListHead: drop_list(first, field.node_offset, pending); break;
    case btf::Field::RbRoot: drop_tree(first, field.node_offset, pending); break;
    default: drop_pointer(first, pending);
  }
}

void Heap::drop_list(u64 first, u32 node_offset, u32& pending) {
  const Nodes<ListNode> nodes(*this, node_offset);
  ListHead head{.first = first, .id = 0};
  while (const u64 node = list_take(nodes, head, false)) drop(*nodes.object(node), pending);
}

// Leaves first.
void Heap::drop_tree(u64 top, u32 node_offset, u32& pending) {
  const Nodes<RbNode> nodes(*this, node_offset);
  RbRoot root{.top = top, .id = 0};
  u64 at = top;
  for (u64 steps = 0; at != 0 && steps < 4 * u64(kMaxNodes); ++steps) {
    RbNode* const node = nodes.at(at);
    if (!node) return;
    if (nodes.at(node->left) || nodes.at(node->right)) {
      at = nodes.at(node->left) ? node->left : node->right;
      continue;
    }
    const u64 leaf = at;
    at = node->parent;
    HeapObject& object = *nodes.object(leaf);
    tree_remove(nodes, root, leaf);
    drop(object, pending);
  }
}

void Heap::let_go(const HeldField& field, u8* place, u32* lock) {
  u32 pending = 0;
  const bool locks = lock && (field.type & (btf::Field::ListHead | btf::Field::RbRoot));
  auto* const words = reinterpret_cast<u64*>(place);
  if (map::load_relaxed(words[0]) == 0) return;
  if (locks) map::lock_word(*lock);
  drop_field(field, place, pending);
  if (locks) map::unlock_word(*lock);
  finish(pending);
}

}  // namespace skep::engine
