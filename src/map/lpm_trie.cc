// LPM trie: a binary radix tree over prefixes. A key is a u32 prefix length and the bits, most significant first; a
// lookup finds the longest prefix in the map that the key begins with.
//
//   extra: u32 root (a link: index + 1; 0: none) | u32 number of entries | the index (lpm_index.h)
//   node:  u32 child[2] | u32 home | u32 prefix length, bit 31: intermediate | bits, to 8 | value, to 8
//
// A node's children have longer prefixes that begin with its own and go on with a 0 or a 1. Where two prefixes part and
// no entry ends, stands an *intermediate* node, which has two children. max_entries entries need less than max_entries
// of those, and one node more while an entry is replaced; so the pool is twice max_entries.
//
// One stripe guards the trie. Its journal names every node under way before it is, and every change is one store:
//
//   insert   elem, spare = new nodes · write them · old = intermediate node it replaces · bucket = entries afterwards,
//            phase = Insert · parent's link = new ◆ · count · phase = 0 · old is freed
//   replace  elem = new node, old = o · write it, o's children too · parent's link = new ◆ · o is freed
//   delete   old, spare = nodes to go · bucket = entries afterwards, phase = Delete · parent's link = what is left
//            below, or the node becomes intermediate ◆ · count · phase = 0 · old, spare are freed
//
// A node that is in the trie is on the path of its own prefix, so repair can tell of each node that the journal names
// on which side of ◆ the owner died: it sets the count and frees what is not in the trie. The index is made anew.
#include <cerrno>

#include "map/fields.h"
#include "map/lpm_index.h"
#include "map/types.h"

namespace skep::map {
namespace lpm {

bool read_prefix(const MapMeta& meta, const u8* key, Prefix& prefix) {
  std::memcpy(&prefix.length, key, sizeof(u32));
  const u32 bytes = bits_bytes(meta);
  u32 at = 0;
  for (; at + 8 <= bytes; at += 8) {
    u64 word;
    std::memcpy(&word, key + sizeof(u32) + at, sizeof(word));
    prefix.words[at / 8] = __builtin_bswap64(word);
  }
  u64 rest = 0;
  for (u32 i = at; i < bytes; ++i) rest = rest << 8 | key[sizeof(u32) + i];
  if (at < bytes) prefix.words[at / 8] = rest << (64 - 8 * (bytes - at));
  return prefix.length <= bytes * 8;
}

void Trie::read(Node* node, Prefix& prefix) const {
  prefix.length = length(node);
  const u64* words = reinterpret_cast<const u64*>(bits(node));
  for (u32 at = 0; at < bits_bytes(map_.meta()); at += 8)
    prefix.words[at / 8] = __builtin_bswap64(load_relaxed(words[at / 8]));
}

Trie::Place Trie::find(const Prefix& prefix, u32 edge) const {
  Place place;
  place.slot = place.crossing = root();
  for (u32 depth = 0; depth < kMaxDepth; ++depth) {
    place.node = node(load_acquire(*place.slot));
    if (place.node == nullptr) return place;
    const u32 n = length(place.node);
    place.matched = common(place.node, prefix, std::min(n, prefix.length));
    place.is_exact = place.matched == n && place.matched == prefix.length;
    if (place.matched != n || place.is_exact) return place;
    place.side = prefix.bit(place.matched);
    place.parent_slot = place.slot;
    place.parent = place.node;
    place.slot = &place.node->child[place.side];
    if (n < edge) place.crossing = place.slot;
  }
  place.node = nullptr;  // deeper than prefixes are long: not a trie
  return place;
}

bool Trie::contains(Node* wanted) const {
  Prefix prefix;
  read(wanted, prefix);
  return find(prefix).node == wanted;
}

}  // namespace lpm

namespace {

using lpm::bits_bytes, lpm::read_prefix;
using lpm::Index, lpm::kBitsOffset, lpm::kIntermediate, lpm::kMaxDepth, lpm::Node, lpm::Prefix, lpm::Trie;

inline constexpr u32 kInserting = 1, kDeleting = 2;  // Stripe::phase
inline constexpr u32 kStripe = 0;

Geometry layout(const MapMeta& meta, u32) {
  Geometry g;
  Layouter parts(g);
  g.value_offset = u32(kBitsOffset + round_up(meta.key_size - sizeof(u32), 8));
  g.value_bytes = round_up(meta.value_size, 8);
  parts.take_stripes(1);
  g.extra = parts.take(Index::bytes(meta));
  parts.take_pool(2 * u64(meta.max_entries), g.value_offset + g.value_bytes, offsetof(Node, home), true);
  parts.finish();
  return g;
}

// Gives back a node that the journal names, unless it is in the trie. (No harm if it has been given back already: the
// pool has only this stripe.)
void settle(Map& map, u32 link) {
  const Trie trie(map);
  Node* node = trie.node(link);
  if (node == nullptr || (load_acquire(node->home) != 0 && trie.contains(node))) return;
  free_elem(map.pool(), link - 1);
}

void repair(Map& map, u32 number) {
  Stripe& stripe = map.stripe(number);
  const Trie trie(map);
  const u32 elem = load_relaxed(stripe.elem), spare = load_relaxed(stripe.spare), old = load_relaxed(stripe.old);
  const u32 phase = load_relaxed(stripe.phase), entries = load_relaxed(stripe.bucket);
  if (phase == kInserting) {
    Node* node = trie.node(elem);
    trie.set_entries(node != nullptr && trie.contains(node) ? entries : entries - 1);
  } else if (phase == kDeleting) {
    Node* node = trie.node(old);
    const bool still_there = node != nullptr && Trie::is_entry(node) && trie.contains(node);
    trie.set_entries(still_there ? entries + 1 : entries);
  }
  for (const u32 link : {elem, spare, old}) settle(map, link);
  Index(map).make_anew();
  repair_pool(map.pool(), stripe);
  store_release(stripe.phase, u32(0));
}

int lookup(Map& map, ConstBytes key, Bytes value, u64) {
  Prefix prefix;
  if (!read_prefix(map.meta(), key.data(), prefix)) return -ENOENT;
  const Trie trie(map);
  const Index index(map);
  return read_stripe(map, kStripe, [&]() -> int {
    Node* node = index.longest_match<0>(prefix);
    if (node == nullptr) return -ENOENT;
    copy_elem_out(map, value.data(), trie.value(node));
    return 0;
  });
}

// kWords: how many words the bits of a key take; 0: any number.
template <u32 kWords>
u8* find_value(Map& map, const u8* key, u32) {
  Prefix prefix;
  if (!read_prefix(map.meta(), key, prefix)) return nullptr;
  const Index index(map);
  Node* node = nullptr;
  const int found = read_stripe(map, kStripe, [&]() -> int {
    node = index.longest_match<kWords>(prefix);
    return node == nullptr ? -ENOENT : 0;
  });
  return found == 0 ? reinterpret_cast<u8*>(node) + map.geometry().value_offset : nullptr;
}

u8* lookup_ptr(Map& map, ConstBytes key, u32 cpu) { return find_value<0>(map, key.data(), cpu); }

LookupFn lookup_fn(const MapMeta& meta) { return bits_bytes(meta) <= sizeof(u64) ? find_value<1> : find_value<0>; }

// Claims a node, which the journal names in Stripe::elem. Null: no memory.
Node* claim(Map& map, Stripe& stripe) {
  const s64 index = claim_elem(map.pool(), stripe, kStripe);
  return index < 0 ? nullptr : Trie(map).node(u32(index) + 1);
}

void write_node(Map& map, Node* node, const Prefix& prefix, u32 info) {
  u64* words = reinterpret_cast<u64*>(Trie(map).bits(node));
  for (u32 at = 0; at < bits_bytes(map.meta()); at += 8)
    store_relaxed(words[at / 8], __builtin_bswap64(prefix.words[at / 8]));
  store_relaxed(node->child[0], u32(0));
  store_relaxed(node->child[1], u32(0));
  store_relaxed(node->info, info);
}

// Puts `fresh`, which is in Stripe::elem, in the place of the node that `place` names, or above it, or above both an
// intermediate node. -ENOMEM.
int link_in(Map& map, const Trie& trie, const Trie::Place& place, const Prefix& prefix, Node* fresh) {
  Stripe& stripe = map.stripe(kStripe);
  u32 top = trie.link_of(fresh);
  if (place.is_exact) {
    store_relaxed(stripe.old, trie.link_of(place.node));
    for (int side : {0, 1}) store_relaxed(fresh->child[side], load_relaxed(place.node->child[side]));
  } else if (place.node != nullptr) {
    Prefix other;
    trie.read(place.node, other);
    const u32 below = trie.link_of(place.node);
    if (place.matched == prefix.length) {
      store_relaxed(fresh->child[other.bit(place.matched)], below);
    } else {
      store_relaxed(stripe.old, top);  // Stripe::elem will be the fork's while that is claimed
      Node* fork = claim(map, stripe);
      if (fork == nullptr) return -ENOMEM;
      write_node(map, fork, other, place.matched | kIntermediate);
      store_relaxed(fork->child[prefix.bit(place.matched)], top);
      store_relaxed(fork->child[other.bit(place.matched)], below);
      store_release(stripe.spare, trie.link_of(fork));
      store_release(stripe.elem, top);
      top = trie.link_of(fork);
    }
  }
  const bool counts = !place.is_exact || !Trie::is_entry(place.node);
  if (counts) {
    store_relaxed(stripe.bucket, trie.entries() + 1);
    store_release(stripe.phase, kInserting);
  }
  store_release(*place.slot, top);
  if (counts) trie.set_entries(trie.entries() + 1);
  store_release(stripe.phase, u32(0));
  Index(map).added(prefix, trie.link_of(fresh), place);
  return 0;
}

int update_locked(Map& map, ConstBytes value, const Prefix& prefix, u64 flags) {
  const Trie trie(map);
  const Trie::Place place = trie.find(prefix, Index(map).edge());
  const bool exists = place.is_exact && Trie::is_entry(place.node);
  if (exists && flags == BPF_NOEXIST) return -EEXIST;
  if (!exists && flags == BPF_EXIST) return -ENOENT;
  if (!exists && trie.entries() >= map.meta().max_entries) return -ENOSPC;
  Stripe& stripe = map.stripe(kStripe);
  Node* fresh = claim(map, stripe);
  if (fresh == nullptr) return -ENOMEM;
  write_node(map, fresh, prefix, prefix.length);
  copy_elem_in(map, trie.value(fresh), value.data(), Fields::Zero);
  Node* const replaced = place.is_exact ? place.node : nullptr;
  const int result = link_in(map, trie, place, prefix, fresh);
  if (result != 0) free_elem(map.pool(), trie.link_of(fresh) - 1);
  if (result == 0 && replaced != nullptr) free_elem(map.pool(), trie.link_of(replaced) - 1);
  return result;
}

int update(Map& map, ConstBytes key, ConstBytes value, u64 flags) {
  Prefix prefix;
  if (flags > BPF_EXIST || !read_prefix(map.meta(), key.data(), prefix)) return -EINVAL;
  Writer lock(map, kStripe);
  if (!lock.ok()) return -EBUSY;
  const int result = update_locked(map, value, prefix, flags);
  lock.release();
  return result;
}

int erase_locked(Map& map, const Prefix& prefix) {
  const Trie trie(map);
  const Trie::Place place = trie.find(prefix, Index(map).edge());
  if (!place.is_exact || !Trie::is_entry(place.node)) return -ENOENT;
  Node *const node = place.node, *const parent = place.parent;
  const u32 left = load_relaxed(node->child[0]), right = load_relaxed(node->child[1]);
  // A fork with nothing left on this side goes too.
  const bool with_parent = left == 0 && right == 0 && parent != nullptr && !Trie::is_entry(parent);
  Stripe& stripe = map.stripe(kStripe);
  store_relaxed(stripe.old, trie.link_of(node));
  store_relaxed(stripe.spare, with_parent ? trie.link_of(parent) : 0);
  store_relaxed(stripe.bucket, trie.entries() - 1);
  store_release(stripe.phase, kDeleting);
  if (left != 0 && right != 0)
    store_release(node->info, load_relaxed(node->info) | kIntermediate);
  else if (with_parent)
    store_release(*place.parent_slot, load_relaxed(parent->child[place.side ^ 1]));
  else
    store_release(*place.slot, left | right);
  trie.set_entries(trie.entries() - 1);
  store_release(stripe.phase, u32(0));
  Index(map).removed(prefix, place, with_parent);
  if (left == 0 || right == 0) free_elem(map.pool(), trie.link_of(node) - 1);
  if (with_parent) free_elem(map.pool(), trie.link_of(parent) - 1);
  return 0;
}

int erase(Map& map, ConstBytes key) {
  Prefix prefix;
  if (!read_prefix(map.meta(), key.data(), prefix)) return -EINVAL;
  Writer lock(map, kStripe);
  if (!lock.ok()) return -EBUSY;
  const int result = erase_locked(map, prefix);
  lock.release();
  return result;
}

// The first entry in the order of next_key below `link`: leftmost and deepest.
Node* first_below(const Trie& trie, u32 link) {
  Node* node = trie.node(link);
  for (u32 depth = 0; node != nullptr && depth < kMaxDepth; ++depth) {
    const u32 left = load_acquire(node->child[0]);
    Node* child = trie.node(left != 0 ? left : load_acquire(node->child[1]));
    if (child == nullptr) return node;
    node = child;
  }
  return nullptr;
}

// The entry after the one with this prefix: children come before their parent, 0 before 1. Null: it was the last. An
// unknown prefix stands before the first.
Node* entry_after(const Trie& trie, const Prefix* prefix) {
  const Trie::Place place = prefix != nullptr ? trie.find(*prefix) : Trie::Place{};
  if (prefix == nullptr || !place.is_exact || !Trie::is_entry(place.node))
    return first_below(trie, load_acquire(*trie.root()));
  // The last node of the path with something after it: a right child beside a turn left, or itself.
  u32 right_child = 0;
  Node* above = nullptr;
  u32 link = load_acquire(*trie.root());
  for (u32 depth = 0; depth < kMaxDepth; ++depth) {
    Node* node = trie.node(link);
    if (node == nullptr || node == place.node || trie.length(node) >= prefix->length) break;
    const u32 side = prefix->bit(trie.length(node)), right = load_acquire(node->child[1]);
    if (side == 0 && right != 0) {
      right_child = right;
      above = nullptr;
    } else if (Trie::is_entry(node)) {
      right_child = 0;
      above = node;
    }
    link = load_acquire(node->child[side]);
  }
  return above != nullptr ? above : first_below(trie, right_child);
}

int next_key(Map& map, const u8* key, Bytes next) {
  Prefix prefix;
  const bool known = key != nullptr && read_prefix(map.meta(), key, prefix);
  const Trie trie(map);
  return read_stripe(map, kStripe, [&]() -> int {
    Node* node = entry_after(trie, known ? &prefix : nullptr);
    if (node == nullptr) return -ENOENT;
    const u32 length = trie.length(node);
    std::memcpy(next.data(), &length, sizeof(length));
    copy_from_shared(next.data() + sizeof(length), trie.bits(node), next.size() - sizeof(length));
    return 0;
  });
}

int update_from_prog(Map& map, ConstBytes key, ConstBytes value, u64 flags, u32) {
  return update(map, key, value, flags);
}

}  // namespace

const MapOps kLpmTrieOps = {.layout = layout,
                            .repair = repair,
                            .lookup = lookup,
                            .update = update,
                            .erase = erase,
                            .next_key = next_key,
                            .lookup_ptr = lookup_ptr,
                            .lookup_fn = lookup_fn,
                            .update_from_prog = update_from_prog,
                            .erase_from_prog = erase,
                            .has_batch = true,
                            .has_erase_batch = true};

}  // namespace skep::map
