// The rows of all helpers (helpers_*.def), found by id and by program type.
#pragma once

#include <span>

#include "target/helper.h"

namespace skep::target {

struct HelperRow {
  HelperProto proto;
  u64 only = 0;  // program types (bits) of a variant; 0: everybody else. A variant precedes the row it varies.
};

constexpr u64 type_bit(u32 prog_type) { return 1ull << prog_type; }
template <typename... T>
constexpr u64 types(T... prog_types) {
  return (type_bit(prog_types) | ...);
}

std::span<const HelperRow> helper_rows();
// The last row of that id is the canonical one; nullptr for no such helper.
const HelperProto* helper_row(u32 id);
const HelperProto* helper_row_for(u32 id, u32 prog_type);

}  // namespace skep::target
