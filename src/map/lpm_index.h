// Where a look-up in an LPM trie may begin: instead of a link per bit from the root on, one look at a table, by the
// first bits that tell prefixes apart. It follows from the trie. Whoever changes that changes it under the same lock,
// and repair makes it anew; readers believe it as they believe the trie, by the stripe's sequence count.
//
//   extra, after the root:  u32 top[2^wide] | {u32 start, u32 best} slot[2^count]              links, 0: none
//
// A slot stands for all keys with the same `count` bits from bit `base` on. Its edge is bit base + count:
//
//   start   the first node on the way of such a key whose prefix is at least as long as the edge
//   best    the entry with the longest prefix below the edge, if that has more than base + wide bits;
//   top     else this one has it, for all keys with the same `wide` bits
//
// So a prefix stands in at most 2^wide tops or 2^(count - wide) slots, and no change costs more. No prefix in the trie
// is shorter than `base`, which only goes down until the trie is empty.
#pragma once

#include "map/lpm_trie.h"

namespace skep::map::lpm {

struct Slot {
  u32 start, best;
};

class Index {
 public:
  explicit Index(Map& map)
      : trie_(map),
        count_(count_of(map.meta())),
        wide_(count_ / 2),
        tops_(map.part<u32>(map.geometry().extra + sizeof(Root))),
        slots_(map.part<Slot>(map.geometry().extra + slots_at(map.meta()))) {}

  // Bytes of root and index.
  static u64 bytes(const MapMeta& meta) { return slots_at(meta) + (u64(1) << count_of(meta)) * sizeof(Slot); }

  u32 edge() const { return base() + count_; }
  // The entry with the longest prefix that `key` begins with, or null. kWords: of keys, 0 for any number.
  template <u32 kWords>
  Node* longest_match(const Prefix& key) const;

  // After the entry with this prefix, node `link`, was linked in at the place that Trie::find() gave before; what it
  // replaces is not given back yet.
  void added(const Prefix& prefix, u32 link, const Trie::Place& place);
  // After the entry at this place was taken out, and its parent with it.
  void removed(const Prefix& prefix, const Trie::Place& place, bool with_parent);
  // From the trie as it is.
  void make_anew();

 private:
  static u32 count_of(const MapMeta& meta);
  static u64 slots_at(const MapMeta& meta) { return sizeof(Root) + round_up((u64(1) << count_of(meta) / 2) * 4, 64); }

  u32 base() const { return std::min(load_relaxed(trie_.header().base), trie_.max_length() - count_); }
  u32 number_of(const Prefix& prefix) const { return prefix.bits(base(), count_); }
  template <u32 kWords>
  bool begins(Node* node, const Prefix& key) const;
  template <u32 kWords>
  Node* descend(u32 link, const Prefix& key) const;
  template <typename F>
  void for_each_best(const Prefix& prefix, u32 length, F&& change);
  void move_base(u32 base);
  void place_below(u32 link, bool in, u32 depth);

  const Trie trie_;
  const u32 count_, wide_;
  u32* const tops_;
  Slot* const slots_;
};

// `key` begins with the node's prefix.
template <u32 kWords>
bool Index::begins(Node* node, const Prefix& key) const {
  const u32 length = trie_.length(node);
  if (length > key.length) return false;
  if (kWords != 1) return trie_.common(node, key, length) == length;
  const u64 differ = __builtin_bswap64(load_relaxed(*reinterpret_cast<u64*>(trie_.bits(node)))) ^ key.words[0];
  return u32(std::countl_zero(differ)) >= length;
}

template <u32 kWords>
Node* Index::descend(u32 link, const Prefix& key) const {
  Node* best = nullptr;
  for (u32 depth = 0; depth < kMaxDepth; ++depth) {
    Node* node = trie_.node(link);
    if (node == nullptr || !begins<kWords>(node, key)) break;
    if (Trie::is_entry(node)) best = node;
    const u32 length = trie_.length(node);
    if (length >= key.length) break;
    link = load_acquire(node->child[key.bit(length)]);
  }
  return best;
}

// The bits before `base` do not lead to a slot, so the entry that it names may have others.
template <u32 kWords>
Node* Index::longest_match(const Prefix& key) const {
  if (key.length < edge()) return descend<kWords>(load_acquire(*trie_.root()), key);
  const u32 number = number_of(key);
  const Slot& slot = slots_[number];
  if (Node* const below = descend<kWords>(load_relaxed(slot.start), key)) return below;
  u32 best = load_relaxed(slot.best);
  if (best == 0) best = load_relaxed(tops_[number >> (count_ - wide_)]);
  Node* const node = trie_.node(best);
  return node != nullptr && begins<kWords>(node, key) ? node : nullptr;
}

}  // namespace skep::map::lpm
