// See show.h.
#include "engine/show.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include <fmt/format.h>

#include "engine/memory.h"
#include "engine/print.h"
#include "engine/run.h"

namespace skep::engine {
namespace {

constexpr u32 kMaxNesting = 32;
constexpr u32 kSigned = 1;  // BTF_INT_SIGNED
constexpr u32 kMaxSize = 1 << 20;

using Bytes = std::span<const u8>;

u64 word_at(Bytes bytes) {
  u64 word = 0;
  std::memcpy(&word, bytes.data(), std::min(bytes.size(), sizeof(word)));
  return word;
}

s64 sign_extended(u64 word, size_t bytes) {
  return bytes >= 8 ? s64(word) : s64(word << (64 - 8 * bytes)) >> (64 - 8 * bytes);
}

// The kernel's isprint(): also the upper half of Latin-1.
bool is_printable(u8 c) { return (c >= 0x20 && c < 0x7f) || c >= 0xa0; }

class Shower {
 public:
  Shower(const btf::Btf& types, u64 flags, u64 secret, std::string& out)
      : types_(types), flags_(flags), secret_(secret), out_(out) {}
  void value(u32 id, std::string_view member, Bytes bytes);
  void bits(u32 id, std::string_view member, u64 word);
  // Whether there is nothing to be shown of it. Of text only what comes before its end counts; the name of an
  // enumerator is something.
  bool is_zero(u32 id, Bytes bytes, u32 nesting = 0) const;

 private:
  void head(u32 id, std::string_view member, char bracket);
  void end_line();
  void indent() { out_.append(flags_ & kShowCompact ? 0 : depth_, ' '); }
  void leaf(u32 id, std::string_view member, std::string_view text);
  void open(u32 id, std::string_view member, char bracket);
  void close(char bracket);
  void members(const btf::Type* type, Bytes bytes);
  void elements(const btf::Type* type, Bytes bytes);
  std::string scalar(const btf::Type* type, Bytes bytes) const;
  std::string enumerator(const btf::Type* type, Bytes bytes) const;
  std::string pointer(u64 address) const;
  bool is_text(u32 element) const;

  const btf::Btf& types_;
  const u64 flags_, secret_;
  std::string& out_;
  u32 depth_ = 0;
  bool in_array_ = false;  // right inside: no names
};

bool is_modifier(btf::Kind kind) {
  return kind == btf::Kind::Const || kind == btf::Kind::Volatile || kind == btf::Kind::Restrict ||
         kind == btf::Kind::TypeTag;
}

const char* prefix_of(btf::Kind kind) {
  switch (kind) {
    case btf::Kind::Struct: return "struct";
    case btf::Kind::Union: return "union";
    case btf::Kind::Enum:
    case btf::Kind::Enum64: return "enum";
    default: return "";
  }
}

// "(struct list_head *)", "(char[])", "(work_func_t *)": the first name on the way, and the pointers and arrays all the
// way. A type that begins with a modifier has none, as in Linux.
std::string type_name(const btf::Btf& types, u32 id, bool& has_pointer) {
  std::string pointers, arrays, name;
  const btf::Type* type = types.type_by_id(id);
  has_pointer = false;
  if (!type || is_modifier(type->kind())) return "()";
  for (u32 i = 0; type && i < kMaxNesting; ++i) {
    const btf::Kind kind = type->kind();
    if (kind == btf::Kind::Ptr) pointers += '*';
    if (kind == btf::Kind::Array) arrays += "[]";
    const bool goes_on =
        kind == btf::Kind::Ptr || kind == btf::Kind::Array || kind == btf::Kind::Typedef || is_modifier(kind);
    if (!is_modifier(kind) && name.empty()) {
      name = prefix_of(kind);
      if (!name.empty() && !types.name_of(type).empty()) name += ' ';
      name += types.name_of(type);
    }
    if (!goes_on) break;
    type = types.type_by_id(kind == btf::Kind::Array ? types.array(type).type : type->type());
  }
  has_pointer = !pointers.empty();
  return fmt::format("({}{}{}{})", name, has_pointer ? " " : "", pointers, arrays);
}

// What comes before a value. Linux shows no bracket of an array of pointers.
void Shower::head(u32 id, std::string_view member, char bracket) {
  indent();
  if (in_array_) return;
  bool has_pointer = false;
  const std::string name = type_name(types_, id, has_pointer);
  if (!(flags_ & kShowNoName)) {
    if (!member.empty()) fmt::format_to(std::back_inserter(out_), ".{} = ", member);
    out_ += name;
  }
  if (bracket && !(bracket == '[' && has_pointer)) out_ += bracket;
}

void Shower::end_line() {
  if (depth_ > 0) out_ += ',';
  if (!(flags_ & kShowCompact)) out_ += '\n';
}

void Shower::leaf(u32 id, std::string_view member, std::string_view text) {
  head(id, member, 0);
  out_ += text;
  end_line();
}

void Shower::open(u32 id, std::string_view member, char bracket) {
  head(id, member, bracket);
  if (!(flags_ & kShowCompact)) out_ += '\n';
  ++depth_;
}

void Shower::close(char bracket) {
  --depth_;
  indent();
  out_ += bracket;
  end_line();
}

bool Shower::is_text(u32 element) const {
  const btf::Type* const type = types_.skip_modifiers(element);
  return type && btf::is_int(type) && type->size() == 1;
}

bool Shower::is_zero(u32 id, Bytes bytes, u32 nesting) const {
  const btf::Type* const type = types_.skip_modifiers(id);
  if (!type || nesting > kMaxNesting) return true;
  if (btf::is_struct(type)) {
    for (const btf::Member& member : types_.members(type)) {
      const u32 at = btf::Btf::member_bit_offset(type, member), bits = btf::Btf::member_bitfield_size(type, member);
      const u32 size = bits ? 0 : types_.resolve_size(member.type).value_or(0);
      if (at / 8 + size > bytes.size()) continue;
      if (bits ? (word_at(bytes.subspan(at / 8)) >> at % 8 & ((u64{1} << bits) - 1)) != 0
               : !is_zero(member.type, bytes.subspan(at / 8, size), nesting + 1))
        return false;
    }
    return true;
  }
  if (btf::is_any_enum(type)) return enumerator(type, bytes) == "0";
  if (type->kind() != btf::Kind::Array)
    return std::all_of(bytes.begin(), bytes.end(), [](u8 byte) { return byte == 0; });
  const btf::Array& array = types_.array(type);
  if (is_text(array.type)) return bytes.empty() || bytes[0] == 0;
  const u32 size = types_.resolve_size(array.type).value_or(0);
  for (u32 i = 0; size && (i + 1) * size <= bytes.size(); ++i)
    if (!is_zero(array.type, bytes.subspan(i * size, size), nesting + 1)) return false;
  return true;
}

std::string Shower::pointer(u64 address) const {
  if (flags_ & kShowPtrRaw) return fmt::format("0x{:016x}", address);
  char text[32] = {};
  print_text("%p", {&address, 1}, text, sizeof(text), secret_);
  return std::string("0x") + text;
}

std::string Shower::enumerator(const btf::Type* type, Bytes bytes) const {
  if (type->kind() == btf::Kind::Enum) {
    const s32 number = s32(sign_extended(word_at(bytes), bytes.size()));
    for (const btf::EnumValue& each : types_.enum_values(type))
      if (each.val == number) return std::string(types_.string_at(each.name_off));
    return type->kflag() ? fmt::format("{}", number) : fmt::format("{}", u32(number));
  }
  const u64 number = word_at(bytes);
  for (const btf::Enum64Value& each : types_.enum64_values(type))
    if ((u64(each.val_hi32) << 32 | each.val_lo32) == number) return std::string(types_.string_at(each.name_off));
  return type->kflag() ? fmt::format("{}", s64(number)) : fmt::format("{}", number);
}

std::string Shower::scalar(const btf::Type* type, Bytes bytes) const {
  if (btf::is_any_enum(type)) return enumerator(type, bytes);
  if (bytes.size() == 16) {
    const u64 high = word_at(bytes.subspan(8)), low = word_at(bytes);
    return high ? fmt::format("{:#x}{:016x}", high, low) : fmt::format("{:#x}", low);
  }
  const u64 word = word_at(bytes);
  const bool is_signed = types_.int_data(type) >> 24 & kSigned;
  return is_signed ? fmt::format("{}", sign_extended(word, bytes.size())) : fmt::format("{}", word);
}

void Shower::members(const btf::Type* type, Bytes bytes) {
  for (const btf::Member& member : types_.members(type)) {
    const u32 at = btf::Btf::member_bit_offset(type, member), bits_wide = btf::Btf::member_bitfield_size(type, member);
    const std::string_view name = types_.string_at(member.name_off);
    const u32 size = bits_wide ? 0 : types_.resolve_size(member.type).value_or(0);
    if (at / 8 + size > bytes.size()) continue;
    if (bits_wide)
      bits(member.type, name, word_at(bytes.subspan(at / 8)) >> at % 8 & ((u64{1} << bits_wide) - 1));
    else if ((flags_ & kShowZero) || !is_zero(member.type, bytes.subspan(at / 8, size)))
      value(member.type, name, bytes.subspan(at / 8, size));
  }
}

// Text ends with its first zero. Right inside of an array nothing has a name, until one ends inside of it.
void Shower::elements(const btf::Type* type, Bytes bytes) {
  const btf::Array& array = types_.array(type);
  const u32 size = types_.resolve_size(array.type).value_or(0);
  const bool text = is_text(array.type);
  for (u32 i = 0; size && i < array.nelems && (i + 1) * size <= bytes.size(); ++i) {
    const Bytes element = bytes.subspan(i * size, size);
    if (text && element[0] == 0) break;
    if (!(flags_ & kShowZero) && is_zero(array.type, element)) continue;
    in_array_ = true;
    if (text && is_printable(element[0]))
      leaf(array.type, {}, fmt::format("'{}'", char(element[0])));
    else
      value(array.type, {}, element);
  }
  in_array_ = false;
}

void Shower::bits(u32 id, std::string_view member, u64 word) {
  if (word != 0 || (flags_ & kShowZero)) leaf(id, member, fmt::format("{:#x}", word));
}

void Shower::value(u32 id, std::string_view member, Bytes bytes) {
  const btf::Type* const type = types_.skip_modifiers(id);
  if (!type || depth_ > kMaxNesting) return;
  switch (type->kind()) {
    case btf::Kind::Struct:
    case btf::Kind::Union:
      open(id, member, '{');
      members(type, bytes);
      return close('}');
    case btf::Kind::Array:
      open(id, member, '[');
      elements(type, bytes);
      return close(']');
    case btf::Kind::Int:
    case btf::Kind::Enum:
    case btf::Kind::Enum64: return leaf(id, member, scalar(type, bytes));
    case btf::Kind::Ptr: return leaf(id, member, pointer(word_at(bytes)));
    default: fmt::format_to(std::back_inserter(out_), "<unsupported kind:{}>", u32(type->kind()));
  }
}

}  // namespace

long show_value(const btf::Btf& types, u32 type_id, u64 address, u64 flags, u64 secret, std::string& out) {
  const btf::Type* const type = types.type_by_id(type_id);
  if (!type) return -ENOENT;
  const auto size = types.resolve_size(type_id);
  if (types.skip_modifiers(type_id)->kind() == btf::Kind::DataSec) return -EINVAL;
  std::vector<u8> bytes(std::min(size.value_or(0), kMaxSize));
  if (!probe_read(bytes.data(), address, u32(bytes.size()))) return fault_errno(Whose::Kernel, address);
  Shower(types, flags, secret, out).value(type_id, {}, bytes);
  return 0;
}

}  // namespace skep::engine
