// The look-ups of a Btf: types by kind and name, declaration tags by target. Built at the first question, then
// read-only. Private to btf/.
#pragma once

#include <mutex>
#include <string_view>
#include <vector>

#include "btf/btf.h"

namespace skep::btf {

// Length of a name without its CO-RE flavor: "task_struct___old" -> 11. A flavor is what follows the last "___" that
// stands between two characters other than '_' (libbpf's rule).
size_t essential_length(std::string_view name);

// Open addressing over (kind, essential name); the types of one key are chained in ascending order, so a chain's head
// answers most questions and the whole chain is the list of CO-RE candidates.
struct NameTable {
  struct Slot {
    u32 hash;
    u32 head;  // 1 + index of the first own type, 0: free
  };
  std::vector<Slot> slots;  // a power of two
  std::vector<u32> next;    // by index of own type: 1 + index of the next one with the same key, 0: last

  void build(const Btf& btf);
  u32 head(const Btf& btf, std::string_view essential, Kind kind) const;
};

struct DeclTag {
  u32 target;
  u32 id;
};

struct Btf::Index {
  std::once_flag names_once, tags_once;
  NameTable names;
  std::vector<DeclTag> tags;  // in order of id as parse() finds them; by target, then id, once tags_of() was asked

  const NameTable& name_table(const Btf& btf);
  std::span<const DeclTag> tags_of(u32 target);
};

}  // namespace skep::btf
