// See host.h.
#include "target/host.h"

#include <algorithm>

namespace skep::target {
namespace {

struct Place {
  u32 begin = 0;  // of the member, bytes
  u32 size = 0;
  const btf::Type* type = nullptr;  // after modifiers
  bool is_const = false;
};

bool has_const(const btf::Btf& types, u32 id) {
  const btf::Type* type = types.type_by_id(id);
  while (type && btf::is_modifier(type)) {
    if (type->kind() == btf::Kind::Const) return true;
    type = types.type_by_id(type->type());
  }
  return false;
}

// The innermost member that holds the whole access; no type: there is none.
Place find_place(const btf::Btf& types, const btf::Type* holder, u32 off, u32 size) {
  Place place{.size = holder->size(), .type = holder};
  while (place.type && btf::is_struct(place.type)) {
    const auto members = types.members(place.type);
    const auto holds = [&](const btf::Member& m) {
      const u32 begin = place.begin + btf::Btf::member_bit_offset(place.type, m) / 8;
      return btf::Btf::member_bitfield_size(place.type, m) == 0 && off >= begin &&
             off + size <= begin + types.resolve_size(m.type).value_or(0);
    };
    const auto member = std::find_if(members.begin(), members.end(), holds);
    if (member == members.end()) return {};
    place = {place.begin + btf::Btf::member_bit_offset(place.type, *member) / 8,
             types.resolve_size(member->type).value_or(0), types.skip_modifiers(member->type),
             place.is_const || has_const(types, member->type)};
  }
  return place;
}

CtxAccess pointer_access(const btf::Btf& types, const btf::Type* pointer) {
  const btf::Type* pointee = types.skip_modifiers(pointer->type());
  if (!pointee || !btf::is_struct(pointee)) return {.ok = true};
  return {.ok = true, .reg_type = PTR_TO_BTF_ID | PTR_TRUSTED, .btf = types.name_of(pointee).data()};
}

}  // namespace

u32 HostAdditions::add(HostProgType type) {
  types_.push_back(std::move(type));
  return kFirstHostProgType + u32(types_.size()) - 1;
}

void HostAdditions::add_kfunc(std::string name, u32 flags) {
  auto kfunc = std::make_unique<Kfunc>();
  kfunc->name = std::move(name);
  kfunc->row = {.name = kfunc->name, .flags = flags};
  kfuncs_.push_back(std::move(kfunc));
}

const HostProgType* HostAdditions::type(u32 prog_type) const {
  const u32 index = prog_type - kFirstHostProgType;
  return prog_type >= kFirstHostProgType && index < types_.size() ? &types_[index] : nullptr;
}

const HostProgType* HostAdditions::type_of_section(std::string_view section, u32* prog_type) const {
  const std::string_view name = section.substr(0, section.find('/'));
  for (u32 i = 0; i < types_.size(); ++i) {
    if (types_[i].name != name) continue;
    *prog_type = kFirstHostProgType + i;
    return &types_[i];
  }
  return nullptr;
}

const KfuncRow* HostAdditions::kfunc(std::string_view name) const {
  for (const auto& kfunc : kfuncs_)
    if (kfunc->name == name) return &kfunc->row;
  return nullptr;
}

CtxAccess host_ctx_access(const btf::Btf& types, const HostProgType& type, int off, int size, bool write) {
  const btf::Type* ctx = types.type_by_id(types.find(type.ctx_struct, btf::Kind::Struct));
  if (!ctx || btf::is_void(ctx) || off < 0 || off % size) return {.ok = false};
  const Place place = find_place(types, ctx, u32(off), u32(size));
  if (!place.type || (write && place.is_const)) return {.ok = false};
  if (!btf::is_ptr(place.type)) return {.ok = true};
  if (write || u32(off) != place.begin || u32(size) != place.size) return {.ok = false};
  return pointer_access(types, place.type);
}

}  // namespace skep::target
