// See btf_json.h.
#include "cli/btf_json.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace skep::cli {
namespace {

constexpr u32 kSigned = 1, kChar = 2, kBool = 4;  // BTF_INT_*
constexpr u32 kMaxNesting = 32;

u64 load(std::span<const u8> value) {
  u64 word = 0;
  std::memcpy(&word, value.data(), std::min(value.size(), sizeof(word)));
  return word;
}

void store(u64 word, std::span<u8> value) {
  std::fill(value.begin(), value.end(), u8(0));
  std::memcpy(value.data(), &word, std::min(value.size(), sizeof(word)));
}

s64 sign_extended(u64 word, u32 bits) { return bits >= 64 ? s64(word) : s64(word << (64 - bits)) >> (64 - bits); }

Status wrong(const Json& json, std::string_view wanted) {
  constexpr size_t kMostShown = 60;  // characters
  std::string shown = json.dump();
  if (shown.size() > kMostShown) shown = shown.substr(0, kMostShown) + "...";
  return error_status(EINVAL, fmt::format("{} is no {}", shown, wanted));
}

Result<u64> number_of(const Json& json) {
  if (json.is_boolean()) return u64(json.get<bool>());
  if (json.is_number_unsigned()) return json.get<u64>();
  if (json.is_number_integer()) return u64(json.get<s64>());
  if (json.is_string()) {
    const std::string& text = json.get_ref<const std::string&>();
    char* end = nullptr;
    errno = 0;
    const u64 word =
        text.starts_with("-") ? u64(std::strtoll(text.c_str(), &end, 0)) : std::strtoull(text.c_str(), &end, 0);
    if (!text.empty() && *end == '\0' && errno == 0) return word;
  }
  return wrong(json, "number");
}

bool is_character(const btf::Btf& types, const btf::Type* type) {
  if (!btf::is_int(type) || type->size() != 1) return false;
  return (types.int_data(type) >> 24 & kChar) || types.name_of(type) == "char";
}

u64 number64(const btf::Enum64Value& each) { return u64(each.val_hi32) << 32 | each.val_lo32; }

// "x0a0b": the bytes themselves.
bool is_raw(const Json& json) {
  if (!json.is_string()) return false;
  const std::string& text = json.get_ref<const std::string&>();
  return text.size() > 1 && text[0] == 'x' && parse_hex(std::string_view(text).substr(1)).ok();
}

Status store_raw(const Json& json, std::span<u8> value) {
  const auto bytes = parse_hex(std::string_view(json.get_ref<const std::string&>()).substr(1));
  if (bytes->size() > value.size()) return wrong(json, fmt::format("{} bytes", value.size()));
  std::copy(bytes->begin(), bytes->end(), value.begin());
  return {};
}

// --- JSON to memory -----------------------------------------------------------------------------------------------

Status store_value(const btf::Btf& types, u32 type_id, const Json& json, std::span<u8> value, u32 depth);

// The member of this name, in the struct or the anonymous ones inside it.
struct Place {
  u32 type = 0, bit_offset = 0, bits = 0;  // bits: 0 is all of the type
};

std::optional<Place> find_member(const btf::Btf& types, const btf::Type* type, std::string_view name, u32 depth) {
  if (depth > kMaxNesting) return {};
  for (const btf::Member& member : types.members(type)) {
    const Place here{member.type, btf::Btf::member_bit_offset(type, member),
                     btf::Btf::member_bitfield_size(type, member)};
    const std::string_view known = types.string_at(member.name_off);
    if (known == name) return here;
    const btf::Type* const inner = types.skip_modifiers(member.type);
    if (!known.empty() || !inner || !btf::is_struct(inner)) continue;
    if (auto found = find_member(types, inner, name, depth + 1)) {
      found->bit_offset += here.bit_offset;
      return found;
    }
  }
  return {};
}

Status store_bits(const Place& place, const Json& json, std::span<u8> value) {
  const auto number = number_of(json);
  if (!number.ok()) return number.status();
  const u32 byte = place.bit_offset / 8, shift = place.bit_offset % 8;
  u64 word = load(value.subspan(byte));
  const u64 mask = ((u64{1} << place.bits) - 1) << shift;
  word = (word & ~mask) | (*number << shift & mask);
  std::memcpy(value.data() + byte, &word, std::min(value.size() - byte, sizeof(word)));
  return {};
}

Status store_struct(const btf::Btf& types, const btf::Type* type, const Json& json, std::span<u8> value, u32 depth) {
  if (!json.is_object()) return wrong(json, fmt::format("struct {}", types.name_of(type)));
  for (const auto& [name, member_json] : json.items()) {
    const auto place = find_member(types, type, name, 0);
    if (!place) return error_status(EINVAL, fmt::format("struct {} has no member {}", types.name_of(type), name));
    const u32 size = types.resolve_size(place->type).value_or(0), at = place->bit_offset / 8;
    if (at + (place->bits ? 0 : size) > value.size()) return error_status(EINVAL, name + " lies outside");
    const Status done = place->bits ? store_bits(*place, member_json, value)
                                    : store_value(types, place->type, member_json, value.subspan(at, size), depth + 1);
    if (!done.ok()) return error_status(done.error(), fmt::format("{}: {}", name, done.context()));
  }
  return {};
}

Status store_array(const btf::Btf& types, const btf::Type* type, const Json& json, std::span<u8> value, u32 depth) {
  const btf::Array& array = types.array(type);
  const u32 size = types.resolve_size(array.type).value_or(0);
  if (json.is_string() && size == 1) {
    const std::string& text = json.get_ref<const std::string&>();
    if (text.size() > value.size()) return wrong(json, fmt::format("string of {} bytes", value.size()));
    std::copy(text.begin(), text.end(), value.begin());
    return {};
  }
  if (!json.is_array() || json.size() > array.nelems) return wrong(json, fmt::format("array of {}", array.nelems));
  for (size_t i = 0; i < json.size(); ++i) {
    const Status done = store_value(types, array.type, json[i], value.subspan(i * size, size), depth + 1);
    if (!done.ok()) return done;
  }
  return {};
}

// A data section: an object of its variables. What is not named keeps its value.
Status store_section(const btf::Btf& types, const btf::Type* type, const Json& json, std::span<u8> value, u32 depth) {
  if (!json.is_object()) return wrong(json, "object of variables");
  for (const auto& [name, variable_json] : json.items()) {
    const auto variables = types.secinfos(type);
    const auto found =
        std::find_if(variables.begin(), variables.end(), [&, wanted = std::string_view(name)](auto& var) {
          const btf::Type* const named = types.type_by_id(var.type);
          return named && types.name_of(named) == wanted && u64(var.offset) + var.size <= value.size();
        });
    if (found == variables.end()) return error_status(EINVAL, fmt::format("there is no variable {}", name));
    const auto part = value.subspan(found->offset, found->size);
    std::fill(part.begin(), part.end(), u8(0));
    const Status done = store_value(types, types.type_by_id(found->type)->type(), variable_json, part, depth + 1);
    if (!done.ok()) return error_status(done.error(), fmt::format("{}: {}", name, done.context()));
  }
  return {};
}

Result<u64> enum_number(const btf::Btf& types, const btf::Type* type, const Json& json) {
  if (json.is_string() && type->kind() == btf::Kind::Enum) {
    for (const btf::EnumValue& each : types.enum_values(type))
      if (types.string_at(each.name_off) == json.get_ref<const std::string&>()) return u64(s64(each.val));
  }
  if (json.is_string() && type->kind() == btf::Kind::Enum64) {
    for (const btf::Enum64Value& each : types.enum64_values(type))
      if (types.string_at(each.name_off) == json.get_ref<const std::string&>()) return number64(each);
  }
  return number_of(json);
}

Status store_value(const btf::Btf& types, u32 type_id, const Json& json, std::span<u8> value, u32 depth) {
  const btf::Type* const type = types.skip_modifiers(type_id);
  if (!type || depth > kMaxNesting) return error_status(EINVAL, "a type without a form");
  if (is_raw(json)) return store_raw(json, value);
  switch (type->kind()) {
    case btf::Kind::Struct:
    case btf::Kind::Union: return store_struct(types, type, json, value, depth);
    case btf::Kind::Array: return store_array(types, type, json, value, depth);
    case btf::Kind::DataSec: return store_section(types, type, json, value, depth);
    case btf::Kind::Float: {
      if (!json.is_number()) return wrong(json, "number");
      const double wide = json.get<double>();
      const float narrow = float(wide);
      std::memcpy(value.data(), value.size() == 4 ? static_cast<const void*>(&narrow) : &wide,
                  std::min<size_t>(value.size(), 8));
      return {};
    }
    default: {
      const auto number = enum_number(types, type, json);
      if (!number.ok()) return number.status();
      store(*number, value);
      return {};
    }
  }
}

// --- memory to JSON -----------------------------------------------------------------------------------------------

Json show(const btf::Btf& types, u32 type_id, std::span<const u8> value, u32 depth);

Json show_int(const btf::Btf& types, const btf::Type* type, u64 word, u32 bits) {
  const u32 encoding = types.int_data(type) >> 24;
  if (encoding & kBool) return word != 0;
  return encoding & kSigned ? Json(sign_extended(word, bits)) : Json(word);
}

void show_members(const btf::Btf& types, const btf::Type* type, std::span<const u8> value, u32 depth, Json& out) {
  for (const btf::Member& member : types.members(type)) {
    const u32 at = btf::Btf::member_bit_offset(type, member), bits = btf::Btf::member_bitfield_size(type, member);
    const btf::Type* const inner = types.skip_modifiers(member.type);
    const u32 size = types.resolve_size(member.type).value_or(0);
    const std::string name(types.string_at(member.name_off));
    if (!inner || at / 8 + (bits ? 0 : size) > value.size()) continue;
    if (name.empty() && btf::is_struct(inner))
      show_members(types, inner, value.subspan(at / 8, size), depth + 1, out);
    else if (bits)
      out[name] = btf::is_int(inner)
                      ? show_int(types, inner, load(value.subspan(at / 8)) >> at % 8 & ((u64{1} << bits) - 1), bits)
                      : Json(load(value.subspan(at / 8)) >> at % 8 & ((u64{1} << bits) - 1));
    else
      out[name] = show(types, member.type, value.subspan(at / 8, size), depth + 1);
  }
}

bool is_text(std::span<const u8> value) {
  const auto end = std::find(value.begin(), value.end(), u8(0));
  return std::all_of(value.begin(), end, [](u8 c) { return (c >= ' ' && c < 0x7f) || c == '\n' || c == '\t'; }) &&
         std::all_of(end, value.end(), [](u8 c) { return c == 0; });
}

Json show_array(const btf::Btf& types, const btf::Type* type, std::span<const u8> value, u32 depth) {
  const btf::Array& array = types.array(type);
  const btf::Type* const element = types.skip_modifiers(array.type);
  if (element && is_character(types, element) && is_text(value))
    return std::string(value.begin(), std::find(value.begin(), value.end(), u8(0)));
  Json out = Json::array();
  const u32 size = types.resolve_size(array.type).value_or(0);
  for (u32 i = 0; i < array.nelems && size && u64(i + 1) * size <= value.size(); ++i)
    out.push_back(show(types, array.type, value.subspan(u64(i) * size, size), depth + 1));
  return out;
}

Json show_enum(const btf::Btf& types, const btf::Type* type, std::span<const u8> value) {
  const s64 number = sign_extended(load(value), u32(value.size() * 8));
  if (type->kind() == btf::Kind::Enum) {
    for (const btf::EnumValue& each : types.enum_values(type))
      if (each.val == number) return std::string(types.string_at(each.name_off));
  } else {
    for (const btf::Enum64Value& each : types.enum64_values(type))
      if (number64(each) == u64(number)) return std::string(types.string_at(each.name_off));
  }
  return number;
}

Json show_section(const btf::Btf& types, const btf::Type* type, std::span<const u8> value, u32 depth) {
  Json out = Json::object();
  for (const btf::VarSecinfo& var : types.secinfos(type)) {
    const btf::Type* const named = types.type_by_id(var.type);
    if (named && u64(var.offset) + var.size <= value.size())
      out[std::string(types.name_of(named))] =
          show(types, named->type(), value.subspan(var.offset, var.size), depth + 1);
  }
  return out;
}

Json show(const btf::Btf& types, u32 type_id, std::span<const u8> value, u32 depth) {
  const btf::Type* const type = types.skip_modifiers(type_id);
  if (!type || depth > kMaxNesting) return bytes_to_json(value);
  switch (type->kind()) {
    case btf::Kind::Struct:
    case btf::Kind::Union: {
      Json out = Json::object();
      show_members(types, type, value, depth, out);
      return out;
    }
    case btf::Kind::Array: return show_array(types, type, value, depth);
    case btf::Kind::Int: return show_int(types, type, load(value), u32(value.size() * 8));
    case btf::Kind::Enum:
    case btf::Kind::Enum64: return show_enum(types, type, value);
    case btf::Kind::Ptr: return load(value);
    case btf::Kind::DataSec: return show_section(types, type, value, depth);
    default: return bytes_to_json(value);
  }
}

}  // namespace

Result<std::vector<u8>> parse_hex(std::string_view text) {
  std::vector<u8> bytes;
  u32 digits = 0, byte = 0;
  for (const char c : text) {
    if (std::isspace(u8(c))) continue;
    if (!std::isxdigit(u8(c))) return error_status(EINVAL, fmt::format("'{}' is no hex digit", c));
    byte = byte << 4 | u32(std::stoul(std::string(1, c), nullptr, 16));
    if (++digits % 2 == 0) bytes.push_back(u8(byte));
  }
  if (digits % 2) return error_status(EINVAL, "an odd number of hex digits");
  return bytes;
}

std::string to_hex(std::span<const u8> bytes) {
  std::string out;
  for (u8 byte : bytes) fmt::format_to(std::back_inserter(out), "{:02x}", byte);
  return out;
}

Status json_to_value(const btf::Btf& types, u32 type_id, const Json& json, std::span<u8> value) {
  return store_value(types, type_id, json, value, 0);
}

Json value_to_json(const btf::Btf& types, u32 type_id, std::span<const u8> value) {
  return show(types, type_id, value, 0);
}

Status json_to_bytes(const Json& json, std::span<u8> value) {
  if (is_raw(json)) return store_raw(json, value);
  const auto number = number_of(json);
  if (!number.ok()) return number.status();
  store(*number, value);
  return {};
}

Json bytes_to_json(std::span<const u8> value) {
  return value.size() <= sizeof(u64) ? Json(load(value)) : Json("x" + to_hex(value));
}

}  // namespace skep::cli
