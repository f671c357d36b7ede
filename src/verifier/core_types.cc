// When types of a program and of the kernel count as the same for CO-RE (core_spec.h).
#include <cerrno>

#include "verifier/core_spec.h"

namespace skep::verifier {

namespace {

using btf::Btf;
using btf::Kind;
using btf::Type;

constexpr int kMaxChain = 32;  // pointers and arrays followed in a row

// Two types to compare, each with the BTF it is in.
struct Pair {
  const Btf& local;
  const Btf& target;
  const Type* l = nullptr;
  const Type* t = nullptr;

  // Moves to these types, without their modifiers.
  bool set(u32 local_id, u32 target_id) {
    l = local.skip_modifiers(local_id);
    t = target.skip_modifiers(target_id);
    return l && t;
  }
  bool same_kind() const { return l->kind() == t->kind() || (btf::is_any_enum(l) && btf::is_any_enum(t)); }
  bool same_name() const { return core_essential_name(local.name_of(l)) == core_essential_name(target.name_of(t)); }
};

u32 int_bit_offset(const Btf& types, const Type* t) { return types.int_data(t) >> 16 & 0xff; }
u32 int_bits(const Btf& types, const Type* t) { return types.int_data(t) & 0xff; }
bool int_signed(const Btf& types, const Type* t) { return types.int_data(t) >> 24 & btf::BTF_INT_SIGNED; }

// Integers that are bit-fields by themselves are of an old compiler.
bool plain_ints(const Pair& p) { return !int_bit_offset(p.local, p.l) && !int_bit_offset(p.target, p.t); }

int protos_compatible(const Pair& p, int level) {
  auto mine = p.local.params(p.l), theirs = p.target.params(p.t);
  if (mine.size() != theirs.size()) return 0;
  for (size_t i = 0; i < mine.size(); i++) {
    if (level <= 0) return -EINVAL;
    u32 my_id = mine[i].type, their_id = theirs[i].type;
    p.local.skip_modifiers(my_id, &my_id);
    p.target.skip_modifiers(their_id, &their_id);
    int err = core_types_compatible(p.local, my_id, p.target, their_id, level - 1);
    if (err <= 0) return err;
  }
  return 1;
}

std::vector<std::string_view> enum_names(const Btf& types, const Type* t) {
  std::vector<std::string_view> names;
  for (const btf::EnumValue& v : types.enum_values(t))
    names.push_back(core_essential_name(types.string_at(v.name_off)));
  for (const btf::Enum64Value& v : types.enum64_values(t))
    names.push_back(core_essential_name(types.string_at(v.name_off)));
  return names;
}

int enums_match(const Pair& p) {
  if (!p.same_kind() || p.l->size() != p.t->size() || p.l->vlen() > p.t->vlen()) return 0;
  auto theirs = enum_names(p.target, p.t);
  for (std::string_view name : enum_names(p.local, p.l)) {
    bool found = false;
    for (std::string_view other : theirs) found |= name == other;
    if (!found) return 0;
  }
  return 1;
}

int composites_match(const Pair& p, bool behind_ptr, int level) {
  auto mine = p.local.members(p.l), theirs = p.target.members(p.t);
  if (mine.size() > theirs.size()) return 0;
  for (const btf::Member& m : mine) {
    bool matched = false;
    std::string_view name = core_essential_name(p.local.string_at(m.name_off));
    for (const btf::Member& other : theirs) {
      if (name != core_essential_name(p.target.string_at(other.name_off))) continue;
      int err = core_types_match(p.local, m.type, p.target, other.type, behind_ptr, level - 1);
      if (err < 0) return err;
      if ((matched = err > 0)) break;
    }
    if (!matched) return 0;
  }
  return 1;
}

// A forward declaration's flag says whether it is of a union.
int forwards_match(const Pair& p, bool behind_ptr) {
  bool local_union = p.l->kflag();
  if (p.t->kind() == Kind::Fwd) return local_union == p.t->kflag();
  if (!behind_ptr) return 0;
  return p.t->kind() == (local_union ? Kind::Union : Kind::Struct);
}

int structs_match(const Pair& p, bool behind_ptr, int level) {
  if (behind_ptr) {
    if (p.l->kind() == p.t->kind()) return 1;
    return p.t->kind() == Kind::Fwd && (p.l->kind() == Kind::Union) == p.t->kflag();
  }
  return p.l->kind() == p.t->kind() ? composites_match(p, behind_ptr, level) : 0;
}

int params_match(const Pair& p, int level) {
  auto mine = p.local.params(p.l), theirs = p.target.params(p.t);
  if (mine.size() != theirs.size()) return 0;
  for (size_t i = 0; i < mine.size(); i++) {
    int err = core_types_match(p.local, mine[i].type, p.target, theirs[i].type, false, level - 1);
    if (err <= 0) return err;
  }
  return 1;
}

}  // namespace

std::string_view core_essential_name(std::string_view name) {
  for (size_t at = name.size() < 5 ? 0 : name.size() - 4; at > 0; at--) {
    bool flavor = name[at - 1] != '_' && name.substr(at, 3) == "___" && name[at + 3] != '_';
    if (flavor) return name.substr(0, at);
  }
  return name;
}

int core_types_compatible(const Btf& local, u32 local_id, const Btf& target, u32 target_id, int level) {
  Pair p{local, target, local.type_by_id(local_id), target.type_by_id(target_id)};
  if (!p.l || !p.t || !p.same_kind()) return 0;
  for (int depth = kMaxChain; depth >= 0; depth--) {
    if (!p.set(local_id, target_id)) return -EINVAL;
    if (!p.same_kind()) return 0;
    switch (p.l->kind()) {
      case Kind::Unknown:
      case Kind::Struct:
      case Kind::Union:
      case Kind::Enum:
      case Kind::Fwd:
      case Kind::Enum64: return 1;
      case Kind::Int: return plain_ints(p);
      case Kind::Ptr:
        local_id = p.l->type();
        target_id = p.t->type();
        break;
      case Kind::Array:
        local_id = local.array(p.l).type;
        target_id = target.array(p.t).type;
        break;
      case Kind::FuncProto: {
        int err = protos_compatible(p, level);
        if (err <= 0) return err;
        local_id = p.l->type();
        target_id = p.t->type();
        break;
      }
      default: return 0;
    }
  }
  return -EINVAL;
}

int core_types_match(const Btf& local, u32 local_id, const Btf& target, u32 target_id, bool behind_ptr, int level) {
  if (level <= 0) return -EINVAL;
  Pair p{local, target};
  for (int depth = kMaxChain; depth >= 0; depth--) {
    if (!p.set(local_id, target_id)) return -EINVAL;
    if (!p.same_name()) return 0;
    Kind kind = p.l->kind();
    bool same = kind == p.t->kind();
    switch (kind) {
      case Kind::Unknown: return same;
      case Kind::Fwd: return forwards_match(p, behind_ptr);
      case Kind::Enum:
      case Kind::Enum64: return enums_match(p);
      case Kind::Struct:
      case Kind::Union: return structs_match(p, behind_ptr, level);
      case Kind::Int:
        return same && int_signed(local, p.l) == int_signed(target, p.t) &&
               int_bits(local, p.l) == int_bits(target, p.t);
      case Kind::Ptr:
        if (!same) return 0;
        behind_ptr = true;
        local_id = p.l->type();
        target_id = p.t->type();
        break;
      case Kind::Array:
        if (!same || local.array(p.l).nelems != target.array(p.t).nelems) return 0;
        local_id = local.array(p.l).type;
        target_id = target.array(p.t).type;
        break;
      case Kind::FuncProto: {
        if (!same) return 0;
        int err = params_match(p, level);
        if (err <= 0) return err;
        local_id = p.l->type();
        target_id = p.t->type();
        break;
      }
      default: return 0;
    }
  }
  return -EINVAL;
}

int core_fields_compatible(const Btf& local, u32 local_id, const Btf& target, u32 target_id) {
  Pair p{local, target};
  while (p.set(local_id, target_id)) {
    if (btf::is_struct(p.l) && btf::is_struct(p.t)) return 1;
    if (!p.same_kind()) return 0;
    switch (p.l->kind()) {
      case Kind::Ptr:
      case Kind::Float: return 1;
      case Kind::Fwd:
      case Kind::Enum:
      case Kind::Enum64: return local.name_of(p.l).empty() || target.name_of(p.t).empty() || p.same_name();
      case Kind::Int: return plain_ints(p);
      case Kind::Array: break;
      default: return 0;
    }
    local_id = local.array(p.l).type;
    target_id = target.array(p.t).type;
  }
  return -EINVAL;
}

}  // namespace skep::verifier
