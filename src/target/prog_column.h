// The program kinds that were measured on the reference kernel ("columns"): which of them a program belongs to. Tables
// of what was measured (helpers, return ranges, contexts) are written per column; everything else (fentry, LSM ...) has
// rules of its own beside them.
#pragma once

#include <iterator>

#include "target/uapi.h"

namespace skep::target {

inline constexpr u32 kAnyAttachType = ~0u;

struct ProgColumn {
  const char* name;  // as in data/*.tsv: "CGROUP_SKB/INGRESS"
  u32 prog_type;
  u32 attach_type;  // or kAnyAttachType
};

inline constexpr ProgColumn kProgColumns[] = {
#include "target/prog_columns.def"
};
inline constexpr int kNrProgColumns = int(std::size(kProgColumns));
static_assert(kNrProgColumns <= 64, "helper_access.def holds a bit per column in a u64");

// The column of a program: exact attach type, else the first of its type; -1 for types that were not measured.
constexpr int prog_column(u32 prog_type, u32 attach_type) {
  int first = -1;
  for (int i = 0; i < kNrProgColumns; i++) {
    if (kProgColumns[i].prog_type != prog_type) continue;
    if (first < 0) first = i;
    if (kProgColumns[i].attach_type == kAnyAttachType || kProgColumns[i].attach_type == attach_type) return i;
  }
  return first;
}

}  // namespace skep::target
