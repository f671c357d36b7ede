// Pass 1 of BTF_LOAD: each type looked at on its own, without following the ids in it. The order of the checks decides
// which message appears.
#include <fmt/format.h>

#include <bit>
#include <cerrno>

#include "btf/check.h"

namespace skep::btf {
namespace {

constexpr size_t kMaxNameLength = 512;
constexpr u32 kMaxIntBits = 128;
constexpr u32 kIntDataMask = 0x0fffffff;

// The kernel's ctype tables are Latin-1.
bool is_letter(u8 c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c != 0xd7 && c != 0xf7);
}
bool is_printable(u8 c) { return (c >= 0x20 && c < 0x7f) || c >= 0xa0; }

// One type under check; every method returns 0 or an errno, having written its message.
class TypeCheck {
 public:
  TypeCheck(const Log& log, const Strings& strings, const Type* t, u32 id, u32 left)
      : log_(log), strings_(strings), t_(t), id_(id), left_(left) {}

  int run(u32& size);

 private:
  int fail(std::string_view text, int error = EINVAL) {
    log_.type_line(id_, t_, text);
    return error;
  }
  int fail_bare(std::string text) {
    log_.text(text);
    return EINVAL;
  }
  int fail_member(const Member& m, std::string_view text) {
    log_.member_line(t_, m, text);
    return EINVAL;
  }

  int check_kind();
  int check_int();
  int check_reference();
  int check_fwd();
  int check_array();
  int check_struct();
  int check_member(const Member& m, u32& last_offset);
  int check_enum();
  template <typename Value>
  int check_enum_value(const Value& v);
  int check_func_proto();
  int check_func();
  int check_var();
  int check_datasec();
  int check_secinfo(const VarSecinfo& v, u32& end);
  int check_float();
  int check_decl_tag();

  // Requirements that many kinds share.
  int no_vlen() { return t_->vlen() ? fail("vlen != 0") : 0; }
  int no_kflag() { return t_->kflag() ? fail("Invalid btf_info kind_flag") : 0; }
  int good_type_id(u32 id) { return id > kMaxTypeId ? fail("Invalid type_id") : 0; }
  bool named(u32 offset) const { return offset && is_identifier(strings_.at(offset)); }
  bool named_or_anonymous(u32 offset) const { return !offset || named(offset); }
  int good_name(bool good) { return good ? 0 : fail("Invalid name"); }

  template <typename T>
  const T* data() const {
    return reinterpret_cast<const T*>(t_ + 1);
  }

  const Log& log_;
  const Strings& strings_;
  const Type* t_;
  u32 id_, left_;
};

int TypeCheck::run(u32& size) {
  if (t_->info & ~kInfoMask) return fail_bare(fmt::format("[{}] Invalid btf_info:{:x}", id_, t_->info));
  std::optional<u32> extra = trailing_size(t_->kind(), t_->vlen());
  if (!extra) return fail_bare(fmt::format("[{}] Invalid kind:{}", id_, u32(t_->kind())));
  if (!strings_.valid(t_->name_off)) return fail_bare(fmt::format("[{}] Invalid name_offset:{}", id_, t_->name_off));
  left_ -= sizeof(Type);
  if (left_ < *extra) {
    log_.basic_line(id_, t_, fmt::format("meta_left:{} meta_needed:{}", left_, *extra));
    return EINVAL;
  }
  size = u32(sizeof(Type)) + *extra;
  return check_kind();
}

int TypeCheck::check_kind() {
  switch (t_->kind()) {
    case Kind::Int: return check_int();
    case Kind::Ptr:
    case Kind::Typedef:
    case Kind::Volatile:
    case Kind::Const:
    case Kind::Restrict:
    case Kind::TypeTag: return check_reference();
    case Kind::Array: return check_array();
    case Kind::Struct:
    case Kind::Union: return check_struct();
    case Kind::Enum:
    case Kind::Enum64: return check_enum();
    case Kind::Fwd: return check_fwd();
    case Kind::Func: return check_func();
    case Kind::FuncProto: return check_func_proto();
    case Kind::Var: return check_var();
    case Kind::DataSec: return check_datasec();
    case Kind::Float: return check_float();
    case Kind::DeclTag: return check_decl_tag();
    case Kind::Unknown: break;
  }
  return EINVAL;
}

int TypeCheck::check_int() {
  if (int e = no_vlen()) return e;
  if (int e = no_kflag()) return e;
  u32 int_data = *data<u32>();
  if (int_data & ~kIntDataMask) {
    log_.basic_line(id_, t_, fmt::format("Invalid int_data:{:x}", int_data));
    return EINVAL;
  }
  u32 bits = (int_data & 0xff) + (int_data >> 16 & 0xff), encoding = int_data >> 24;
  if (bits > kMaxIntBits) return fail(fmt::format("nr_bits exceeds {}", kMaxIntBits));
  if (round_up_bytes(bits) > t_->size()) return fail("nr_bits exceeds type_size");
  if (encoding && encoding != BTF_INT_SIGNED && encoding != BTF_INT_CHAR && encoding != BTF_INT_BOOL) {
    return fail("Unsupported encoding", kErrnoNotSupp);
  }
  log_.type_line(id_, t_);
  return 0;
}

int TypeCheck::check_reference() {
  Kind kind = t_->kind();
  if (int e = no_vlen()) return e;
  if (kind != Kind::TypeTag) {
    if (int e = no_kflag()) return e;
  }
  if (int e = good_type_id(t_->type())) return e;
  bool good = kind == Kind::Typedef   ? named(t_->name_off)
              : kind == Kind::TypeTag ? !strings_.at(t_->name_off).empty()
                                      : t_->name_off == 0;
  if (int e = good_name(good)) return e;
  log_.type_line(id_, t_);
  return 0;
}

int TypeCheck::check_fwd() {
  if (int e = no_vlen()) return e;
  if (t_->type()) return fail("type != 0");
  if (int e = good_name(named(t_->name_off))) return e;
  log_.type_line(id_, t_);
  return 0;
}

int TypeCheck::check_array() {
  if (int e = good_name(t_->name_off == 0)) return e;
  if (int e = no_vlen()) return e;
  if (int e = no_kflag()) return e;
  if (t_->size()) return fail("size != 0");
  const Array& a = *data<Array>();
  if (!a.type || a.type > kMaxTypeId) return fail("Invalid elem");
  if (!a.index_type || a.index_type > kMaxTypeId) return fail("Invalid index");
  log_.type_line(id_, t_);
  return 0;
}

int TypeCheck::check_struct() {
  if (int e = good_name(named_or_anonymous(t_->name_off))) return e;
  log_.type_line(id_, t_);
  u32 last_offset = 0;
  for (u32 i = 0; i < t_->vlen(); i++) {
    if (int e = check_member(data<Member>()[i], last_offset)) return e;
  }
  return 0;
}

int TypeCheck::check_member(const Member& m, u32& last_offset) {
  if (!strings_.valid(m.name_off)) return fail_member(m, fmt::format("Invalid member name_offset:{}", m.name_off));
  if (!named_or_anonymous(m.name_off)) return fail_member(m, "Invalid name");
  if (!m.type || m.type > kMaxTypeId) return fail_member(m, "Invalid type_id");
  u32 offset = Btf::member_bit_offset(t_, m);
  if (t_->kind() == Kind::Union && offset) return fail_member(m, "Invalid member bits_offset");
  if (offset < last_offset) return fail_member(m, "Invalid member bits_offset");
  if (round_up_bytes(offset) > t_->size()) return fail_member(m, "Member bits_offset exceeds its struct size");
  log_.member_line(t_, m);
  last_offset = offset;
  return 0;
}

template <typename Value>
int TypeCheck::check_enum_value(const Value& v) {
  if (!strings_.valid(v.name_off)) return fail_bare(fmt::format("\tInvalid name_offset:{}", v.name_off));
  return good_name(named(v.name_off));
}

int TypeCheck::check_enum() {
  if (t_->size() > 8 || !std::has_single_bit(t_->size())) return fail("Unexpected size");
  if (int e = good_name(named_or_anonymous(t_->name_off))) return e;
  log_.type_line(id_, t_);
  for (u32 i = 0; i < t_->vlen(); i++) {
    if (t_->kind() == Kind::Enum) {
      const EnumValue& v = data<EnumValue>()[i];
      if (int e = check_enum_value(v)) return e;
      log_.enum_line(t_, v);
    } else {
      const Enum64Value& v = data<Enum64Value>()[i];
      if (int e = check_enum_value(v)) return e;
      log_.enum64_line(t_, v);
    }
  }
  return 0;
}

int TypeCheck::check_func_proto() {
  if (int e = good_name(t_->name_off == 0)) return e;
  if (int e = no_kflag()) return e;
  log_.type_line(id_, t_);
  return 0;
}

int TypeCheck::check_func() {
  if (int e = good_name(named(t_->name_off))) return e;
  if (t_->vlen() > BTF_FUNC_GLOBAL) return fail("Invalid func linkage");
  if (int e = no_kflag()) return e;
  log_.type_line(id_, t_);
  return 0;
}

int TypeCheck::check_var() {
  if (int e = no_vlen()) return e;
  if (int e = no_kflag()) return e;
  if (int e = good_name(named(t_->name_off))) return e;
  if (!t_->type() || t_->type() > kMaxTypeId) return fail("Invalid type_id");
  if (*data<u32>() > 1) return fail("Linkage not supported");
  log_.type_line(id_, t_);
  return 0;
}

int TypeCheck::check_secinfo(const VarSecinfo& v, u32& end) {
  const char* text = nullptr;
  const u32 next_end = v.offset + v.size;  // wraps, as in the kernel
  if (!v.type || v.type > kMaxTypeId) {
    text = "Invalid type_id";
  } else if (v.offset < end || v.offset >= t_->size()) {
    text = "Invalid offset";
  } else if (!v.size || v.size > t_->size()) {
    text = "Invalid size";
  } else if (next_end > t_->size()) {
    text = "Invalid offset+size";
  }
  log_.secinfo_line(v, text ? text : std::string_view());
  end = next_end;
  return text ? EINVAL : 0;
}

int TypeCheck::check_datasec() {
  if (!t_->size()) return fail("size == 0");
  if (int e = no_kflag()) return e;
  if (int e = good_name(t_->name_off && is_section_name(strings_.at(t_->name_off)))) return e;
  log_.type_line(id_, t_);
  u32 end = 0;
  u64 sum = 0;
  for (u32 i = 0; i < t_->vlen(); i++) {
    const VarSecinfo& v = data<VarSecinfo>()[i];
    if (int e = check_secinfo(v, end)) return e;
    sum += v.size;
  }
  return sum > t_->size() ? fail("Invalid btf_info size") : 0;
}

int TypeCheck::check_float() {
  if (int e = no_vlen()) return e;
  if (int e = no_kflag()) return e;
  u32 size = t_->size();
  if (size != 2 && size != 4 && size != 8 && size != 12 && size != 16) return fail("Invalid type_size");
  log_.type_line(id_, t_);
  return 0;
}

int TypeCheck::check_decl_tag() {
  if (strings_.at(t_->name_off).empty()) return fail("Invalid value");
  if (int e = no_vlen()) return e;
  if (*data<s32>() < -1) return fail("Invalid component_idx");
  log_.type_line(id_, t_);
  return 0;
}

}  // namespace

bool is_identifier(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameLength) return false;
  for (size_t i = 0; i < name.size(); i++) {
    u8 c = u8(name[i]);
    bool digit = c >= '0' && c <= '9';
    if (!is_letter(c) && c != '_' && c != '.' && !(digit && i > 0)) return false;
  }
  return true;
}

bool is_section_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameLength) return false;
  for (char c : name) {
    if (!is_printable(u8(c))) return false;
  }
  return true;
}

int check_type(const Log& log, const Strings& strings, const Type* t, u32 id, u32 left, u32& size) {
  return TypeCheck(log, strings, t, id, left).run(size);
}

}  // namespace skep::btf
