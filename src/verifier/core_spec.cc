// See core_spec.h.
#include "verifier/core_spec.h"

#include <cerrno>
#include <charconv>
#include <iterator>

#include <fmt/format.h>

namespace skep::verifier {

namespace {

constexpr size_t kMaxSteps = 64;
constexpr int kMaxTypeLevels = 2;  // nesting of function prototypes and structs that the kernel compares
constexpr const char* kKindNames[] = {
    "byte_off",       "byte_sz",     "field_exists", "signed",         "lshift_u64",    "rshift_u64",   "local_type_id",
    "target_type_id", "type_exists", "type_size",    "enumval_exists", "enumval_value", "type_matches",
};

// Numbers separated by ':'. Like sscanf("%d"), what follows the last number is left in `text`.
int parse_indices(std::string_view& text, std::vector<u32>& raw) {
  if (text.empty() || text[0] == ':') return -EINVAL;
  while (!text.empty()) {
    if (text[0] == ':') text.remove_prefix(1);
    int index = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
    if (error != std::errc()) return -EINVAL;
    if (raw.size() == kMaxSteps) return -E2BIG;
    text.remove_prefix(size_t(end - text.data()));
    raw.push_back(u32(index));
  }
  return raw.empty() ? -EINVAL : 0;
}

std::string_view enum_name(const btf::Btf& types, const btf::Type* t, u32 i) {
  u32 off = t->kind() == btf::Kind::Enum ? types.enum_values(t)[i].name_off : types.enum64_values(t)[i].name_off;
  return types.string_at(off);
}

// An array of no elements at the end of its struct may have any number.
bool is_flexible(const btf::Btf& types, const CoreSpec::Step& step, const btf::Array& array) {
  if (step.name.empty() || array.nelems > 0) return false;
  return step.index + 1 == types.type_by_id(step.type_id)->vlen();
}

int parse_enumval(const btf::Btf& types, u32 id, CoreSpec& spec) {
  const btf::Type* t = types.type_by_id(id);
  if (!btf::is_any_enum(t) || spec.raw.size() != 1 || spec.raw[0] >= t->vlen()) return -EINVAL;
  spec.steps.push_back({id, spec.raw[0], enum_name(types, t, spec.raw[0])});
  return 0;
}

// Member `index` of struct `id`; `id` becomes its type.
int parse_member(const btf::Btf& types, u32& id, u32 index, CoreSpec& spec) {
  const btf::Type* t = types.type_by_id(id);
  if (index >= t->vlen()) return -EINVAL;
  const btf::Member& m = types.members(t)[index];
  spec.bit_offset += btf::Btf::member_bit_offset(t, m);
  if (m.name_off) {
    std::string_view name = types.string_at(m.name_off);
    if (name.empty()) return -EINVAL;
    spec.steps.push_back({id, index, name});
  }
  id = m.type;
  return 0;
}

int parse_element(const btf::Btf& types, u32& id, u32 index, CoreSpec& spec) {
  const btf::Array& array = types.array(types.type_by_id(id));
  if (!types.skip_modifiers(array.type, &id)) return -EINVAL;
  if (!is_flexible(types, spec.steps.back(), array) && index >= array.nelems) return -EINVAL;
  spec.steps.push_back({id, index, {}});
  auto size = types.resolve_size(id);
  if (!size) return -EINVAL;
  spec.bit_offset += index * *size * 8;
  return 0;
}

int parse_field(const btf::Btf& types, u32 id, CoreSpec& spec, std::string& warning) {
  auto size = types.resolve_size(id);
  if (!size) return -EINVAL;
  spec.steps.push_back({id, spec.raw[0], {}});
  spec.bit_offset = spec.raw[0] * *size * 8;
  for (size_t i = 1; i < spec.raw.size(); i++) {
    const btf::Type* t = types.skip_modifiers(id, &id);
    if (!t) return -EINVAL;
    int err = -EINVAL;
    if (btf::is_struct(t)) {
      err = parse_member(types, id, spec.raw[i], spec);
    } else if (t->kind() == btf::Kind::Array) {
      err = parse_element(types, id, spec.raw[i], spec);
    } else {
      warning = fmt::format("prog '': relo for [{}]  (at idx {}) captures type [{}] of unexpected kind {}\n",
                            spec.root_id, i, id, btf::kind_name(t));
    }
    if (err) return err;
  }
  return 0;
}

// --- matching -----------------------------------------------------------------------------------------------------

// The enumerator of the same name.
int match_enumval(const CoreSpec& local, u32 id, CoreSpec& spec) {
  const btf::Btf& types = *spec.types;
  const btf::Type* t = types.skip_modifiers(id, &id);
  if (!t || !btf::is_any_enum(t)) return 0;
  std::string_view wanted = core_essential_name(local.steps[0].name);
  for (u32 i = 0; i < t->vlen(); i++) {
    std::string_view name = enum_name(types, t, i);
    if (core_essential_name(name) != wanted) continue;
    spec.steps.push_back({id, i, name});
    spec.raw.push_back(i);
    return 1;
  }
  return 0;
}

// The member of the same name, searched in members without a name too. `next_id`: its type.
int match_member(const CoreSpec& local, const CoreSpec::Step& step, u32 id, CoreSpec& spec, u32& next_id) {
  const btf::Btf& types = *spec.types;
  const btf::Type* t = types.skip_modifiers(id, &id);
  if (!t) return -EINVAL;
  if (!btf::is_struct(t)) return 0;
  const btf::Type* local_type = local.types->type_by_id(step.type_id);
  auto members = types.members(t);
  for (u32 i = 0; i < members.size(); i++) {
    const btf::Member& m = members[i];
    u32 bit_offset = btf::Btf::member_bit_offset(t, m);
    if (spec.raw.size() == kMaxSteps) return -E2BIG;
    spec.bit_offset += bit_offset;
    spec.raw.push_back(i);
    std::string_view name = types.string_at(m.name_off);
    if (name.empty()) {
      int found = match_member(local, step, m.type, spec, next_id);
      if (found) return found;
    } else if (name == step.name) {
      u32 local_member = local.types->members(local_type)[step.index].type;
      int found = core_fields_compatible(*local.types, local_member, types, m.type);
      if (found <= 0) return found;
      spec.steps.push_back({id, i, name});
      next_id = m.type;
      return found;
    }
    spec.bit_offset -= bit_offset;
    spec.raw.pop_back();
  }
  return 0;
}

// Element `index` of an array, or of the implied array at the start.
int match_element(u32 index, bool first, u32& id, CoreSpec& spec) {
  const btf::Btf& types = *spec.types;
  const btf::Type* t = types.skip_modifiers(id, &id);
  if (!t) return -EINVAL;
  if (!first) {
    if (t->kind() != btf::Kind::Array) return 0;
    const btf::Array& array = types.array(t);
    if (!is_flexible(types, spec.steps.back(), array) && index >= array.nelems) return 0;
    if (!types.skip_modifiers(array.type, &id)) return -EINVAL;
  }
  if (spec.raw.size() == kMaxSteps) return -E2BIG;
  auto size = types.resolve_size(id);
  if (!size) return -EINVAL;
  spec.steps.push_back({id, index, {}});
  spec.raw.push_back(index);
  spec.bit_offset += index * *size * 8;
  return 1;
}

int match_field(const CoreSpec& local, u32 id, CoreSpec& spec) {
  for (size_t i = 0; i < local.steps.size(); i++) {
    const CoreSpec::Step& step = local.steps[i];
    int found =
        step.name.empty() ? match_element(step.index, i == 0, id, spec) : match_member(local, step, id, spec, id);
    if (found <= 0) return found;
  }
  return 1;
}

// --- text ---------------------------------------------------------------------------------------------------------

// An enumerator; of a spec that found none, the first.
std::string enumval_text(const CoreSpec& spec) {
  const btf::Btf& types = *spec.types;
  u32 id = spec.root_id, index = spec.raw.empty() ? 0 : spec.raw[0];
  const btf::Type* t = types.skip_modifiers(id);
  if (!t || !btf::is_any_enum(t) || index >= t->vlen()) return {};
  u64 value;
  if (t->kind() == btf::Kind::Enum) {
    s32 v = types.enum_values(t)[index].val;
    value = t->kflag() ? u64(s64{v}) : u32(v);
  } else {
    const btf::Enum64Value& v = types.enum64_values(t)[index];
    value = u64{v.val_hi32} << 32 | v.val_lo32;
  }
  std::string_view name = enum_name(types, t, index);
  return t->kflag() ? fmt::format("::{} = {}", name, s64(value)) : fmt::format("::{} = {}", name, value);
}

std::string field_text(const CoreSpec& spec) {
  std::string text;
  for (size_t i = 0; i < spec.steps.size(); i++) {
    const CoreSpec::Step& step = spec.steps[i];
    if (!step.name.empty()) {
      text += fmt::format(".{}", step.name);
    } else if (i > 0 || step.index > 0) {
      text += fmt::format("[{}]", step.index);
    }
  }
  text += fmt::format(" ({} @ offset {}", fmt::join(spec.raw, ":"), spec.bit_offset / 8);
  if (spec.bit_offset % 8) text += fmt::format(".{}", spec.bit_offset % 8);
  return text + ")";
}

}  // namespace

const char* core_kind_name(CoreKind kind) {
  return size_t(kind) < std::size(kKindNames) ? kKindNames[size_t(kind)] : "unknown";
}
bool is_core_field(CoreKind kind) { return kind <= CoreKind::FieldRshiftU64; }
bool is_core_type(CoreKind kind) {
  return (kind >= CoreKind::TypeIdLocal && kind <= CoreKind::TypeSize) || kind == CoreKind::TypeMatches;
}
bool is_core_enumval(CoreKind kind) { return kind == CoreKind::EnumvalExists || kind == CoreKind::EnumvalValue; }

std::string CoreSpec::text() const {
  const btf::Type* t = types->type_by_id(root_id);
  std::string_view name = types->name_of(t);
  std::string text =
      fmt::format("<{}> [{}] {} {}", core_kind_name(kind), root_id, btf::kind_name(t), name.empty() ? "<anon>" : name);
  if (is_core_enumval(kind)) return text + enumval_text(*this);
  return is_core_field(kind) ? text + field_text(*this) : text;
}

int parse_core_spec(const btf::Btf& types, u32 type_id, std::string_view access, CoreKind kind, CoreSpec& spec,
                    std::string& warning) {
  spec.types = &types;
  spec.root_id = type_id;
  spec.kind = kind;
  if (is_core_type(kind)) return access == "0" ? 0 : -EINVAL;
  if (int err = parse_indices(access, spec.raw)) return err;
  u32 id = type_id;
  if (!types.skip_modifiers(type_id, &id)) return -EINVAL;
  if (is_core_enumval(kind)) return parse_enumval(types, id, spec);
  return is_core_field(kind) ? parse_field(types, id, spec, warning) : -EINVAL;
}

int match_core_spec(const CoreSpec& local, const btf::Btf& types, u32 type_id, CoreSpec& spec) {
  spec.types = &types;
  spec.root_id = type_id;
  spec.kind = local.kind;
  if (local.kind == CoreKind::TypeMatches)
    return core_types_match(*local.types, local.root_id, types, type_id, false, kMaxTypeLevels);
  if (is_core_type(local.kind))
    return core_types_compatible(*local.types, local.root_id, types, type_id, kMaxTypeLevels);
  if (is_core_enumval(local.kind)) return match_enumval(local, type_id, spec);
  return match_field(local, type_id, spec);
}

}  // namespace skep::verifier
