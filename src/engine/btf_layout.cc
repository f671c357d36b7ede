// See btf_layout.h.
#include "engine/btf_layout.h"

#include <algorithm>
#include <cstring>

namespace skep::engine {
namespace {

constexpr int kMaxNesting = 16;

// The member of this name in a struct or in the anonymous ones inside it.
std::optional<FieldPlace> find_member(const btf::Btf& types, u32 struct_id, std::string_view name, int depth) {
  const btf::Type* type = types.type_by_id(struct_id);
  if (!type || !btf::is_struct(type) || depth > kMaxNesting) return {};
  for (const btf::Member& member : types.members(type)) {
    const u32 offset = btf::Btf::member_bit_offset(type, member) / 8;
    u32 id = 0;
    if (!types.skip_modifiers(member.type, &id)) continue;
    const std::string_view member_name = types.string_at(member.name_off);
    if (member_name == name && btf::Btf::member_bitfield_size(type, member) == 0)
      return FieldPlace{offset, types.resolve_size(id).value_or(0), id};
    if (!member_name.empty()) continue;
    if (auto inner = find_member(types, id, name, depth + 1)) {
      inner->offset += offset;
      return inner;
    }
  }
  return {};
}

}  // namespace

Layout::Layout(const btf::Btf& types, std::string_view struct_name)
    : types_(types), id_(types.find(struct_name, btf::Kind::Struct)) {}

u32 Layout::size() const { return id_ ? types_.type_by_id(id_)->size() : 0; }

std::optional<FieldPlace> Layout::find(std::string_view path) const {
  FieldPlace at{.type_id = id_};
  while (!path.empty()) {
    const size_t dot = path.find('.');
    const auto member = find_member(types_, at.type_id, path.substr(0, dot), 0);
    if (!member) return {};
    at = {at.offset + member->offset, member->size, member->type_id};
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
  return at;
}

void Layout::write(u8* image, std::string_view path, u64 value) const {
  const auto field = find(path);
  if (field) std::memcpy(image + field->offset, &value, std::min<u32>(field->size, sizeof(value)));
}

u64 Layout::read(const u8* image, std::string_view path) const {
  u64 value = 0;
  const auto field = find(path);
  if (field) std::memcpy(&value, image + field->offset, std::min<u32>(field->size, sizeof(value)));
  return value;
}

}  // namespace skep::engine
