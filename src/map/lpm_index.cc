// See lpm_index.h.
#include "map/lpm_index.h"

namespace skep::map::lpm {
namespace {

inline constexpr u32 kMaxCount = 16;

}  // namespace

// As many slots as entries, so that a few steps are left at most where prefixes are evenly spread.
u32 Index::count_of(const MapMeta& meta) {
  const u32 wanted = u32(std::bit_width(meta.max_entries - 1));
  return std::clamp(wanted, 1u, std::min(kMaxCount, bits_bytes(meta) * 8));
}

// Calls `change` with the link of each place where an entry below the edge with the first `length` bits of `prefix`
// may stand.
template <typename F>
void Index::for_each_best(const Prefix& prefix, u32 length, F&& change) {
  const u32 number = number_of(prefix);
  if (length <= base() + wide_) {
    const u32 n = u32(1) << (base() + wide_ - length), first = number >> (count_ - wide_) & ~(n - 1);
    for (u32 i = 0; i < n; ++i) change(tops_[first + i]);
  } else {
    const u32 n = u32(1) << (edge() - length), first = number & ~(n - 1);
    for (u32 i = 0; i < n; ++i) change(slots_[first + i].best);
  }
}

// A link that crosses the edge leads to the start, unless a fork stands there now, of which the new entry is one side.
void Index::added(const Prefix& prefix, u32 link, const Trie::Place& place) {
  const u32 shortest = std::min(trie_.length(trie_.node(load_relaxed(*trie_.root()))), trie_.max_length() - count_);
  if (place.node == nullptr && place.parent == nullptr)
    store_relaxed(trie_.header().base, shortest);
  else if (shortest < base())
    return move_base(shortest);
  if (prefix.length >= edge()) {
    const u32 start = load_relaxed(*place.crossing);
    const bool is_fork = trie_.length(trie_.node(start)) < edge();
    return store_relaxed(slots_[number_of(prefix)].start, is_fork ? link : start);
  }
  for_each_best(prefix, prefix.length, [&](u32& best) {
    Node* const now = trie_.node(load_relaxed(best));
    if (now == nullptr || trie_.length(now) <= prefix.length) store_relaxed(best, link);
  });
}

void Index::removed(const Prefix& prefix, const Trie::Place& place, bool with_parent) {
  if (prefix.length >= edge()) {
    const bool crossed_last = with_parent && trie_.length(place.parent) < edge();
    return store_relaxed(slots_[number_of(prefix)].start, crossed_last ? 0 : load_relaxed(*place.crossing));
  }
  Prefix above = prefix;
  u32 next = 0;
  if (above.length-- > 0) {
    Node* const node = descend<0>(load_relaxed(*trie_.root()), above);
    const u32 top = base() + wide_;
    if (node != nullptr && (trie_.length(node) <= top) == (prefix.length <= top)) next = trie_.link_of(node);
  }
  const u32 gone = trie_.link_of(place.node);
  for_each_best(prefix, prefix.length, [&](u32& best) {
    if (load_relaxed(best) == gone) store_relaxed(best, next);
  });
}

// A prefix shorter than all others came. Where they stood is known from the trie.
void Index::move_base(u32 base) {
  const u32 root = load_relaxed(*trie_.root());
  place_below(root, false, 0);
  store_relaxed(trie_.header().base, base);
  place_below(root, true, 0);
}

// Puts what is in the trie below `link` into the index, or takes it out. Shorter prefixes come before longer ones.
void Index::place_below(u32 link, bool in, u32 depth) {
  Node* const node = trie_.node(link);
  if (node == nullptr || depth > kMaxCount + 2) return;
  Prefix prefix;
  trie_.read(node, prefix);
  const u32 value = in ? link : 0;
  if (prefix.length >= edge()) return store_relaxed(slots_[number_of(prefix)].start, value);
  if (prefix.length >= base() && Trie::is_entry(node))
    for_each_best(prefix, prefix.length, [&](u32& best) { store_relaxed(best, value); });
  for (const u32& child : node->child) place_below(load_relaxed(child), in, depth + 1);
}

void Index::make_anew() {
  zero_shared(tops_, (u64(1) << wide_) * sizeof(u32));
  zero_shared(slots_, (u64(1) << count_) * sizeof(Slot));
  const u32 root = load_relaxed(*trie_.root());
  Node* const node = trie_.node(root);
  store_relaxed(trie_.header().base, node == nullptr ? 0 : std::min(trie_.length(node), trie_.max_length() - count_));
  place_below(root, true, 0);
}

}  // namespace skep::map::lpm
