// The BTF file format as facts: its header, and what follows the 12 common bytes of a type of each kind. Private to
// btf/.
#pragma once

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <span>

#include "btf/btf.h"

namespace skep::btf {

static_assert(std::endian::native == std::endian::little, "BTF is read in place: the host must be little-endian");

struct Header {
  u16 magic;
  u8 version;
  u8 flags;
  u32 hdr_len;
  u32 type_off, type_len;  // from the end of the header, bytes
  u32 str_off, str_len;
};
static_assert(sizeof(Header) == 24 && sizeof(Type) == 12);

inline constexpr u16 kMagic = 0xeb9f;
inline constexpr u8 kVersion = 1;
inline constexpr size_t kHeaderMinSize = 8;  // up to and with hdr_len: enough to know the rest
inline constexpr u32 kInfoMask = 0x9f00ffff;
inline constexpr u32 kMaxKind = u32(Kind::Enum64);
inline constexpr u32 kMaxTypeId = 0xfffff;
inline constexpr u32 kMaxNameOffset = 0xffffff;

// The first min(size, hdr_len) bytes; what the data does not have counts as 0.
inline Header read_header(std::span<const u8> data) {
  Header hdr{};
  if (data.size() < kHeaderMinSize) return hdr;
  u32 hdr_len;
  std::memcpy(&hdr_len, data.data() + offsetof(Header, hdr_len), sizeof(hdr_len));
  std::memcpy(&hdr, data.data(), std::min({data.size(), size_t(hdr_len), sizeof(hdr)}));
  return hdr;
}

struct KindRow {
  const char* name;
  u8 fixed;     // bytes after the common part
  u8 per_vlen;  // and bytes for each of vlen items
  bool sized;   // the type itself tells its size (pointers: 8)
};

inline constexpr KindRow kKinds[] = {
    {"UNKNOWN", 0, 0, false}, {"INT", 4, 0, true},         {"PTR", 0, 0, true},       {"ARRAY", 12, 0, false},
    {"STRUCT", 0, 12, true},  {"UNION", 0, 12, true},      {"ENUM", 0, 8, true},      {"FWD", 0, 0, false},
    {"TYPEDEF", 0, 0, false}, {"VOLATILE", 0, 0, false},   {"CONST", 0, 0, false},    {"RESTRICT", 0, 0, false},
    {"FUNC", 0, 0, false},    {"FUNC_PROTO", 0, 8, false}, {"VAR", 4, 0, false},      {"DATASEC", 0, 12, true},
    {"FLOAT", 0, 0, true},    {"DECL_TAG", 4, 0, false},   {"TYPE_TAG", 0, 0, false}, {"ENUM64", 0, 12, true},
};
static_assert(std::size(kKinds) == kMaxKind + 1);

// Bytes of a type after its common part; nullopt for kinds that do not exist.
inline std::optional<u32> trailing_size(Kind kind, u32 vlen) {
  if (kind == Kind::Unknown || u32(kind) > kMaxKind) return std::nullopt;
  const KindRow& row = kKinds[u32(kind)];
  return row.fixed + row.per_vlen * vlen;
}

inline bool has_size(Kind kind) { return u32(kind) <= kMaxKind && kKinds[u32(kind)].sized; }
inline const char* kind_name(Kind kind) { return kKinds[u32(kind) <= kMaxKind ? u32(kind) : 0].name; }

}  // namespace skep::btf
