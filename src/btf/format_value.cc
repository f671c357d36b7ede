// Bytes as a value of a type, in the manner of a C initializer: "{ .count = 3, .comm = "bash" }".
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "btf/format.h"

namespace skep::btf {
namespace {

constexpr int kMaxDepth = 32;
constexpr u32 kMaxElements = 256;   // of an array, the rest is "..."
constexpr size_t kMaxText = 65536;  // after that "..." stands for what follows

class Value {
 public:
  Value(const Btf& btf, std::span<const u8> bytes) : btf_(btf), bytes_(bytes) {}

  void show(u32 id, u64 offset, int depth);
  std::string take() { return std::move(text_); }

 private:
  void show_int(const Type* t, u64 bit_offset, u32 bits);
  void show_enum(const Type* t, u64 bit_offset, u32 bits);
  void show_float(const Type* t, u64 offset);
  void show_struct(const Type* t, u64 offset, int depth);
  void show_member(const Type* t, const Member& m, u64 offset, int depth);
  void show_datasec(const Type* t, u64 offset, int depth);
  void show_array(const Type* t, u64 offset, int depth);
  bool show_string(const Array& a, u64 offset);

  bool have(u64 offset, u64 size) const { return offset <= bytes_.size() && size <= bytes_.size() - offset; }
  bool full() const { return text_.size() > kMaxText; }
  u64 read_bits(u64 bit_offset, u32 bits) const;
  // Starts the next item of a list; false (and "...") if no more fits.
  bool next_item(bool first) {
    text_ += first ? " " : ", ";
    if (!full()) return true;
    text_ += "...";
    return false;
  }
  void name(std::string_view member) {
    if (!member.empty()) text_.append(".").append(member).append(" = ");
  }

  const Btf& btf_;
  std::span<const u8> bytes_;
  std::string text_;
};

// At most 64 bits, which must lie inside the bytes.
u64 Value::read_bits(u64 bit_offset, u32 bits) const {
  u64 value = 0;
  for (u32 i = 0; i < bits; i++) {
    u64 at = bit_offset + i;
    value |= u64(bytes_[at / 8] >> (at % 8) & 1) << i;
  }
  return value;
}

s64 sign_extend(u64 value, u32 bits) {
  return bits == 0 || bits >= 64 ? s64(value) : s64(value << (64 - bits)) >> (64 - bits);
}

void Value::show_int(const Type* t, u64 bit_offset, u32 bits) {
  u32 encoding = btf_.int_data(t) >> 24;
  if (bits > 64) {
    text_ +=
        fmt::format("0x{:x}{:016x}", read_bits(bit_offset + 64, std::min(bits, 128u) - 64), read_bits(bit_offset, 64));
    return;
  }
  u64 value = read_bits(bit_offset, bits);
  if (encoding == BTF_INT_BOOL && value <= 1) {
    text_ += value ? "true" : "false";
  } else if (encoding == BTF_INT_SIGNED) {
    text_ += std::to_string(sign_extend(value, bits));
  } else {
    text_ += std::to_string(value);
  }
}

void Value::show_enum(const Type* t, u64 bit_offset, u32 bits) {
  u64 value = read_bits(bit_offset, bits);
  u64 mask = bits >= 64 ? ~u64(0) : (u64(1) << bits) - 1;
  for (const EnumValue& v : btf_.enum_values(t)) {
    if ((u64(s64(v.val)) & mask) == value) return void(text_ += btf_.string_at(v.name_off));
  }
  for (const Enum64Value& v : btf_.enum64_values(t)) {
    if (((u64(v.val_hi32) << 32 | v.val_lo32) & mask) == value) return void(text_ += btf_.string_at(v.name_off));
  }
  text_ += t->kflag() ? std::to_string(sign_extend(value, bits)) : std::to_string(value);
}

void Value::show_float(const Type* t, u64 offset) {
  float f;
  double d;
  if (t->size() == sizeof(f)) {
    std::memcpy(&f, &bytes_[offset], sizeof(f));
    text_ += fmt::format("{}", f);
  } else if (t->size() == sizeof(d)) {
    std::memcpy(&d, &bytes_[offset], sizeof(d));
    text_ += fmt::format("{}", d);
  } else {
    text_ += "?";
  }
}

void Value::show_member(const Type* t, const Member& m, u64 offset, int depth) {
  u64 bit_offset = offset * 8 + Btf::member_bit_offset(t, m);
  u32 bits = Btf::member_bitfield_size(t, m);
  name(btf_.string_at(m.name_off));
  const Type* member_type = bits ? btf_.skip_modifiers(m.type) : nullptr;
  if (!member_type) return show(m.type, bit_offset / 8, depth + 1);
  bits = std::min(bits, 64u);
  if (bit_offset + bits > bytes_.size() * 8) {
    text_ += "...";
  } else if (is_any_enum(member_type)) {
    show_enum(member_type, bit_offset, bits);
  } else {
    show_int(member_type, bit_offset, bits);
  }
}

void Value::show_struct(const Type* t, u64 offset, int depth) {
  text_ += "{";
  bool first = true;
  for (const Member& m : btf_.members(t)) {
    if (!next_item(first)) break;
    first = false;
    if (offset + Btf::member_bit_offset(t, m) / 8 >= bytes_.size()) {
      text_ += "...";
      break;
    }
    show_member(t, m, offset, depth);
  }
  text_ += first ? "}" : " }";
}

void Value::show_datasec(const Type* t, u64 offset, int depth) {
  text_ += "{";
  bool first = true;
  for (const VarSecinfo& v : btf_.secinfos(t)) {
    if (!next_item(first)) break;
    first = false;
    name(btf_.name_of(v.type));
    show(v.type, offset + v.offset, depth + 1);
  }
  text_ += first ? "}" : " }";
}

// An array of char that holds printable text up to a zero, or up to its end.
bool Value::show_string(const Array& a, u64 offset) {
  const Type* elem = btf_.skip_modifiers(a.type);
  if (!elem || !is_int(elem) || elem->size() != 1) return false;
  bool is_char = (btf_.int_data(elem) >> 24 & BTF_INT_CHAR) || btf_.name_of(elem) == "char";
  if (!is_char || offset >= bytes_.size()) return false;
  std::span<const u8> data = bytes_.subspan(offset, std::min<u64>(a.nelems, bytes_.size() - offset));
  auto end = std::find(data.begin(), data.end(), 0);
  if (!std::all_of(data.begin(), end, [](u8 c) { return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t'; }))
    return false;
  text_ += '"';
  for (auto it = data.begin(); it != end; ++it) {
    if (*it == '\n' || *it == '\t') {
      text_ += *it == '\n' ? "\\n" : "\\t";
      continue;
    }
    if (*it == '"' || *it == '\\') text_ += '\\';
    text_ += char(*it);
  }
  text_ += '"';
  return true;
}

void Value::show_array(const Type* t, u64 offset, int depth) {
  const Array& a = btf_.array(t);
  if (show_string(a, offset)) return;
  u64 stride = btf_.resolve_size(a.type).value_or(0);
  text_ += "{";
  for (u32 i = 0; i < a.nelems; i++) {
    if (!next_item(i == 0)) break;
    if (i == kMaxElements || stride == 0 || offset + i * stride >= bytes_.size()) {
      text_ += "...";
      break;
    }
    show(a.type, offset + i * stride, depth + 1);
  }
  text_ += a.nelems ? " }" : "}";
}

void Value::show(u32 id, u64 offset, int depth) {
  const Type* t = btf_.skip_modifiers(id);
  if (t && t->kind() == Kind::Var) t = btf_.skip_modifiers(t->type());
  if (!t || depth > kMaxDepth || full()) return void(text_ += "...");
  if (is_struct(t)) return show_struct(t, offset, depth);
  if (t->kind() == Kind::Array) return show_array(t, offset, depth);
  if (t->kind() == Kind::DataSec) return show_datasec(t, offset, depth);

  u32 size = is_ptr(t) ? 8 : t->size();
  bool shown = is_ptr(t) || is_scalar(t) || t->kind() == Kind::Float;
  if (!shown || !have(offset, size)) return void(text_ += "...");
  if (is_ptr(t)) {
    text_ += fmt::format("0x{:x}", read_bits(offset * 8, 64));
  } else if (is_int(t)) {
    u32 int_data = btf_.int_data(t), bits = int_data & 0xff;
    u64 bit_offset = offset * 8 + (int_data >> 16 & 0xff);
    if (bit_offset + bits > bytes_.size() * 8) return void(text_ += "...");
    show_int(t, bit_offset, bits);
  } else if (is_any_enum(t)) {
    show_enum(t, offset * 8, std::min(size * 8, 64u));
  } else {
    show_float(t, offset);
  }
}

}  // namespace

std::string format_value(const Btf& btf, u32 id, std::span<const u8> bytes) {
  Value value(btf, bytes);
  value.show(id, 0, 0);
  return value.take();
}

}  // namespace skep::btf
