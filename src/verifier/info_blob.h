// Reading func_info, line_info and core_relo records: newer user space may send longer ones, zero beyond what we know.
#pragma once

#include <algorithm>
#include <cstring>
#include <optional>

#include "verifier/verifier.h"

namespace skep::verifier {

inline constexpr u32 kMaxInfoRecSize = 252;  // bytes

inline bool rec_size_ok(u32 size, u32 min) { return size >= min && size <= kMaxInfoRecSize && size % 4 == 0; }

// Record `i`, or nothing if it has bytes we do not know that are not 0.
template <typename Record>
std::optional<Record> read_record(const InfoBlob& blob, u32 i) {
  const u8* at = blob.bytes.data() + u64{i} * blob.rec_size;
  auto is_zero = [](u8 byte) { return byte == 0; };
  if (!std::all_of(at + sizeof(Record), at + blob.rec_size, is_zero)) return std::nullopt;
  Record record;
  std::memcpy(&record, at, sizeof(record));
  return record;
}

}  // namespace skep::verifier
