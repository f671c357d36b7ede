// See append.h.
#include "btf/append.h"

#include <cerrno>

#include "btf/layout.h"

namespace skep::btf {
namespace {

// Where ids and string offsets stand in the words after a type's three common ones.
struct KindWords {
  bool type_in_common;  // size_or_type is a type
  u8 fixed_types;       // so many of the fixed words, from the first, are types
  u8 item_words;        // words of each of vlen items
  bool item_name;       // the first of them is a name
  int item_type;        // this one is a type; -1: none
};

constexpr KindWords words_of(Kind kind) {
  switch (kind) {
    case Kind::Ptr:
    case Kind::Typedef:
    case Kind::Volatile:
    case Kind::Const:
    case Kind::Restrict:
    case Kind::Func:
    case Kind::Var:
    case Kind::DeclTag:
    case Kind::TypeTag: return {true, 0, 0, false, -1};
    case Kind::Array: return {false, 2, 0, false, -1};
    case Kind::Struct:
    case Kind::Union: return {false, 0, 3, true, 1};
    case Kind::Enum: return {false, 0, 2, true, -1};
    case Kind::Enum64: return {false, 0, 3, true, -1};
    case Kind::FuncProto: return {true, 0, 2, true, 1};
    case Kind::DataSec: return {false, 0, 3, false, 0};
    default: return {false, 0, 0, false, -1};
  }
}

class Mover {
 public:
  Mover(u32 ids, u32 strings) : ids_(ids), strings_(strings) {}

  void add(const Type& type, std::vector<u32>& out) const {
    const auto* from = reinterpret_cast<const u32*>(&type);
    const KindWords words = words_of(type.kind());
    const KindRow& row = kKinds[u32(type.kind())];
    const u32 fixed = row.fixed / 4u, begin = u32(out.size());
    out.insert(out.end(), from, from + 3 + fixed + u32(row.per_vlen / 4) * type.vlen());
    u32* const to = out.data() + begin;
    to[0] = moved_name(to[0]);
    if (words.type_in_common) to[2] = moved_id(to[2]);
    for (u32 i = 0; i < words.fixed_types; ++i) to[3 + i] = moved_id(to[3 + i]);
    for (u32 i = 0; i < type.vlen() && words.item_words; ++i) {
      u32* const item = to + 3 + fixed + i * words.item_words;
      if (words.item_name) item[0] = moved_name(item[0]);
      if (words.item_type >= 0) item[words.item_type] = moved_id(item[words.item_type]);
    }
  }

 private:
  u32 moved_id(u32 id) const { return id ? id + ids_ : 0; }
  u32 moved_name(u32 offset) const { return offset ? offset + strings_ : 0; }

  u32 ids_, strings_;
};

u32 string_bytes(const Btf& btf) {
  return (btf.base() ? string_bytes(*btf.base()) : 0) + read_header(btf.data()).str_len;
}

}  // namespace

Result<std::vector<u8>> append(const Btf& base, const Btf& own) {
  const Header own_header = read_header(own.data());
  const u32 strings = string_bytes(base);
  if (base.nr_types() + own.nr_types() > kMaxTypeId || strings + own_header.str_len > kMaxNameOffset)
    return error_status(E2BIG, "types of the host");
  const Mover mover(base.nr_types() - 1, strings);
  std::vector<u32> types;
  for (u32 id = own.start_id(); id < own.nr_types(); ++id) mover.add(*own.type_by_id(id), types);

  Header header = own_header;
  header.hdr_len = sizeof(Header);
  header.type_off = 0;
  header.type_len = u32(types.size() * sizeof(u32));
  header.str_off = header.type_len;
  std::vector<u8> bytes(sizeof(Header) + header.type_len + header.str_len);
  std::memcpy(bytes.data(), &header, sizeof(header));
  std::memcpy(bytes.data() + sizeof(Header), types.data(), header.type_len);
  std::memcpy(bytes.data() + sizeof(Header) + header.str_off,
              own.data().data() + own_header.hdr_len + own_header.str_off, header.str_len);
  return bytes;
}

}  // namespace skep::btf
