// What is asked of which type, and how often.
#include "random_line.h"

#include <fmt/format.h>

namespace skep::maps {

enum class Keys { None, Number, Prefix, Index };

struct RandomLines::Shape {
  const char* name;
  Keys keys;
  std::vector<u32> key_sizes, value_sizes;
  std::vector<u32> flags;
  bool may_overflow = true;  // false: what happens to the element too many is not the same on both sides
  bool batches = false;
  bool holds_maps = false;
  u32 values = 1000;  // values are below it
};

namespace {

using Shape = RandomLines::Shape;

inline constexpr u32 kRoomy = 2048;          // entries of a map that must not be filled
inline constexpr u32 kNoFalseYes = 1 << 16;  // entries of a bloom filter that says yes by mistake never
inline constexpr u32 kFewKeys = 40;

const std::vector<Shape>& shapes() {
  static const std::vector<Shape> all = {
      {"hash", Keys::Number, {1, 4, 7, 8, 16, 33}, {1, 4, 8, 12, 64}, {0, 1}, true, true},
      {"percpu_hash", Keys::Number, {4, 8, 20}, {4, 8, 12}, {0, 1}, true, true},
      {"lru_hash", Keys::Number, {4, 8, 20}, {1, 8, 24}, {0, 2}, false, true},
      {"lru_percpu_hash", Keys::Number, {4, 8}, {4, 8, 12}, {0}, false, true},
      {"array", Keys::Index, {4}, {1, 2, 4, 7, 8, 20, 64}, {0, 0x400}, true, true},
      {"percpu_array", Keys::Index, {4}, {4, 8, 12}, {0}, true, true},
      {"lpm_trie", Keys::Prefix, {5, 6, 8, 12, 20, 36}, {1, 4, 8, 24}, {1}, true, true},
      {"lpm_trie", Keys::Prefix, {5, 6}, {4}, {1}, true, true},
      {"queue", Keys::None, {0}, {1, 4, 8, 20}, {0}},
      {"stack", Keys::None, {0}, {1, 4, 8, 20}, {0}},
      {"bloom_filter", Keys::None, {0}, {4, 7, 16}, {0, 0x40}, false},
      {"stack_trace", Keys::Index, {4}, {8, 80}, {0}},
      {"cgroup_storage", Keys::Number, {8, 16}, {4, 32}, {0}},
      {"percpu_cgroup_storage", Keys::Number, {8, 16}, {4, 32}, {0}},
      {"array_of_maps", Keys::Index, {4}, {4}, {0}, true, true, true},
      {"hash_of_maps", Keys::Number, {4, 8}, {4}, {0, 1}, true, true, true},
      {.name = "devmap", .keys = Keys::Index, .key_sizes = {4}, .value_sizes = {4, 8}, .flags = {0}, .values = 3},
      {.name = "devmap_hash", .keys = Keys::Number, .key_sizes = {4}, .value_sizes = {4, 8}, .flags = {0}, .values = 3},
  };
  return all;
}

}  // namespace

std::string RandomLines::map() {
  // Linux waits for a grace period, some 10 ms, after each change of a map-in-map: these come seldom.
  do {
    shape_ = &one_of(shapes());
  } while (shape_->holds_maps && below(50) != 0);
  fills_up_ = shape_->may_overflow;
  max_ = fills_up_ ? 1 + below(below(4) == 0 ? 40 : 8) : kRoomy;
  key_size_ = one_of(shape_->key_sizes);
  value_size_ = one_of(shape_->value_sizes);
  const std::string name = shape_->name;
  const bool is_bloom = name == "bloom_filter";
  if (is_bloom) max_ = kNoFalseYes;
  const bool stores_nothing = name.ends_with("cgroup_storage");
  return fmt::format("map type={} key={} value={} max={} flags={}{}", name, key_size_, value_size_,
                     stores_nothing ? 0 : max_, one_of(shape_->flags),
                     is_bloom ? fmt::format(" extra={}", 4 + below(12)) : "");
}

std::string RandomLines::key() {
  if (below(200) == 0) return below(2) ? " k=bad" : "";
  switch (shape_->keys) {
    case Keys::None: return below(50) == 0 ? " k=1" : "";
    case Keys::Index: return fmt::format(" k={}", below(20) ? below(max_ + 1) : u32(random_()));
    case Keys::Number: return fmt::format(" k={}", below(fills_up_ ? max_ + max_ / 2 + 2 : kFewKeys));
    case Keys::Prefix: break;
  }
  // Bits from few patterns, so that prefixes meet.
  const u32 bytes = key_size_ - 4;
  std::string hex;
  for (u32 i = 0; i < bytes; ++i)
    hex += fmt::format("{:02x}", one_of(std::vector<u32>{0, 0, 0x80, 0xc0, 0xff, 0xff, 0x40, below(256)}));
  return fmt::format(" k={}:{}", below(30) ? below(bytes * 8 + 1) : bytes * 8 + below(300), hex);
}

std::string RandomLines::value() {
  if (below(200) == 0) return below(2) ? " v=bad" : " v=null";
  if (shape_->holds_maps) return fmt::format(" v={}", below(20) ? fmt::format("inner{}", below(3)) : "99999");
  return fmt::format(" v={}", below(value_size_ == 1 ? 256 : shape_->values));
}

std::string RandomLines::update_flags() {
  if (below(2)) return "";
  const u64 wild[] = {3, 4, 5, 6, 8, 1ull << 32, (1ull << 32) + 1, 1ull << 63};
  return fmt::format(" flags={}", below(10) ? 1 + below(2) : wild[below(std::size(wild))]);
}

std::string RandomLines::other_flags() {
  const u64 wild[] = {1, 2, 4, 5, 8, 1ull << 32};
  return below(50) ? "" : fmt::format(" flags={}", wild[below(std::size(wild))]);
}

std::string RandomLines::batch() {
  const u32 n = below(6);
  const std::string eflags = below(20) ? "" : fmt::format(" eflags={}", below(6));
  const std::string flags = below(20) ? "" : fmt::format(" flags={}", below(3));
  if (const u32 kind = below(4); kind < 2) {
    // A hash table's buckets are its own business: so all of it or nothing.
    const u32 count = below(20) ? 4096 : 0;
    return fmt::format("{} count={}{}{}", kind ? "take_batch" : "lookup_batch", count, eflags, flags);
  }
  std::string keys, values;
  for (u32 i = 0; i < n; ++i) {
    const std::string k = key(), v = value();
    if (k.size() < 4 || k == " k=bad" || v == " v=bad" || v == " v=null") continue;
    keys += (keys.empty() ? "" : ",") + k.substr(3);
    values += (values.empty() ? "" : ",") + v.substr(3);
  }
  if (keys.empty()) return "delete_batch count=0";
  if (below(2)) return fmt::format("delete_batch k={}{}{}", keys, eflags, flags);
  return fmt::format("update_batch k={} v={}{}{}", keys, values, eflags, flags);
}

std::string RandomLines::question() {
  const u32 roll = below(100);
  if (shape_->batches && roll < 6) return batch();
  if (roll < 46) return "update" + key() + value() + update_flags();
  if (roll < 66)
    return "lookup" + key() + (std::string_view(shape_->name) == "bloom_filter" ? value() : "") + other_flags();
  if (roll < 80) return "delete" + key() + other_flags();
  if (roll < 90) return "take" + key() + other_flags();
  if (roll < 97) return "next" + key();
  if (roll == 97 && below(200) == 0) return "freeze";
  return "dump";
}

}  // namespace skep::maps
