// The trie of an LPM map: what its nodes look like, and the way to a prefix. lpm_trie.cc draws it and changes it,
// lpm_index.h says where a look-up may begin.
#pragma once

#include <algorithm>
#include <bit>
#include <cstring>

#include "map/map.h"

namespace skep::map::lpm {

inline constexpr u32 kBitsOffset = 16;
inline constexpr u32 kIntermediate = 1u << 31;
inline constexpr u32 kMaxWords = 32;  // 256 bytes of bits
inline constexpr u32 kMaxDepth = kMaxWords * 64 + 1;

struct Node {
  u32 child[2];
  u32 home;
  u32 info;  // prefix length and kIntermediate
};
static_assert(sizeof(Node) == kBitsOffset);

struct alignas(64) Root {
  u32 link, entries;
  u32 base;  // of the index
};

inline u32 bits_bytes(const MapMeta& meta) { return meta.key_size - u32(sizeof(u32)); }

// A prefix as numbers: bit i of it is bit 63 - i % 64 of word i / 64.
struct Prefix {
  u32 length = 0;
  u64 words[kMaxWords];

  u32 bit(u32 at) const { return u32(words[at / 64] >> (63 - at % 64)) & 1; }
  // `count` bits, 1 to 32 of them, from bit `at` on.
  u32 bits(u32 at, u32 count) const {
    const u32 shift = at % 64;
    u64 window = words[at / 64] << shift;
    if (shift + count > 64) window |= words[at / 64 + 1] >> (64 - shift);
    return u32(window >> (64 - count));
  }
};

// False: its length is beyond the map's.
bool read_prefix(const MapMeta& meta, const u8* key, Prefix& prefix);

// The trie of a map: its nodes and links. Reads under the stripe's lock or inside read_stripe(); what it reads of a
// node may be nonsense in a reader whose writer was faster, and is then thrown away.
class Trie {
 public:
  explicit Trie(Map& map)
      : map_(map), root_(*map.part<Root>(map.geometry().extra)), max_length_(bits_bytes(map.meta()) * 8) {}

  Root& header() const { return root_; }
  u32* root() const { return &root_.link; }
  u32 entries() const { return load_relaxed(root_.entries); }
  void set_entries(u32 n) const { store_release(root_.entries, n); }

  // The node behind a link, and null for none or a link that leads nowhere.
  Node* node(u32 link) const {
    return link == 0 || link > map_.geometry().n_elems ? nullptr : reinterpret_cast<Node*>(map_.pool().at(link - 1));
  }
  u32 link_of(const Node* node) const {
    return u32((reinterpret_cast<const u8*>(node) - map_.pool().elems) / map_.geometry().elem_size) + 1;
  }
  u8* bits(Node* node) const { return reinterpret_cast<u8*>(node) + kBitsOffset; }
  u8* value(Node* node) const { return reinterpret_cast<u8*>(node) + map_.geometry().value_offset; }

  u32 max_length() const { return max_length_; }
  u32 length(const Node* node) const { return std::min(load_relaxed(node->info) & ~kIntermediate, max_length_); }
  static bool is_entry(const Node* node) { return !(load_relaxed(node->info) & kIntermediate); }

  // How many bits at the start of both are the same, up to `limit`.
  u32 common(Node* node, const Prefix& prefix, u32 limit) const;
  void read(Node* node, Prefix& prefix) const;

  // Where the path of `prefix` ends: at the node with this very prefix, at one it parts from or that it ends before,
  // or at an empty link.
  struct Place {
    u32* slot = nullptr;         // the link
    Node* node = nullptr;        // what it leads to, or null
    u32 matched = 0;             // bits of the prefix that the node has
    bool is_exact = false;       // it is the prefix
    Node* parent = nullptr;      // whose child link `slot` is; null at the root
    u32* parent_slot = nullptr;  // the link to it
    u32 side = 0;                // which of its children
    u32* crossing = nullptr;     // the last link of the path that comes from a prefix shorter than `edge`, or the root
  };
  Place find(const Prefix& prefix, u32 edge = 0) const;
  // The node is in the trie.
  bool contains(Node* node) const;

 private:
  Map& map_;
  Root& root_;
  const u32 max_length_;
};

inline u32 Trie::common(Node* node, const Prefix& prefix, u32 limit) const {
  const u64* words = reinterpret_cast<const u64*>(bits(node));
  for (u32 at = 0; at < limit; at += 64) {
    const u64 differ = __builtin_bswap64(load_relaxed(words[at / 64])) ^ prefix.words[at / 64];
    if (differ != 0) return std::min(limit, at + u32(std::countl_zero(differ)));
  }
  return limit;
}

}  // namespace skep::map::lpm
