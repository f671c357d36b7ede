// The lines BTF_LOAD writes about types: "[3] STRUCT foo size=8 vlen=1", and the tab-indented lines of what is inside.
#include <fmt/format.h>

#include "btf/check.h"

namespace skep::btf {
namespace {

template <typename T>
const T* trailing(const Type* t) {
  return reinterpret_cast<const T*>(t + 1);
}

const char* encoding_name(u32 encoding) {
  switch (encoding) {
    case 0: return "(none)";
    case BTF_INT_SIGNED: return "SIGNED";
    case BTF_INT_CHAR: return "CHAR";
    case BTF_INT_BOOL: return "BOOL";
    default: return "UNKN";
  }
}

std::string with_text(std::string line, std::string_view text) {
  if (!text.empty()) line.append(" ").append(text);
  return line + "\n";
}

}  // namespace

std::string Log::prototype(const Type* t) const {
  std::string args;
  const Param* params = trailing<Param>(t);
  u32 n = t->vlen();
  if (n == 0) args = "void";
  for (u32 i = 0; i < n; i++) {
    if (i) args += ", ";
    if (i + 1 == n && params[i].type == 0) {
      args += "vararg";
    } else {
      args += fmt::format("{} {}", params[i].type, strings_.shown(params[i].name_off));
    }
  }
  return fmt::format("return={} args=({})", t->type(), args);
}

std::string Log::details(const Type* t) const {
  switch (t->kind()) {
    case Kind::Int: {
      u32 data = *trailing<u32>(t);
      return fmt::format("size={} bits_offset={} nr_bits={} encoding={}", t->size(), data >> 16 & 0xff, data & 0xff,
                         encoding_name(data >> 24 & 0xf));
    }
    case Kind::Ptr:
    case Kind::Typedef:
    case Kind::Volatile:
    case Kind::Const:
    case Kind::Restrict:
    case Kind::TypeTag:
    case Kind::Func: return fmt::format("type_id={}", t->type());
    case Kind::Fwd: return t->kflag() ? "union" : "struct";
    case Kind::Array: {
      const Array& a = *trailing<Array>(t);
      return fmt::format("type_id={} index_type_id={} nr_elems={}", a.type, a.index_type, a.nelems);
    }
    case Kind::Struct:
    case Kind::Union:
    case Kind::Enum:
    case Kind::Enum64:
    case Kind::DataSec: return fmt::format("size={} vlen={}", t->size(), t->vlen());
    case Kind::FuncProto: return prototype(t);
    case Kind::Var: return fmt::format("type_id={} linkage={}", t->type(), *trailing<u32>(t));
    case Kind::Float: return fmt::format("size={}", t->size());
    case Kind::DeclTag: return fmt::format("type={} component_idx={}", t->type(), *trailing<s32>(t));
    case Kind::Unknown: break;
  }
  return {};
}

void Log::type_line(u32 id, const Type* t, std::string_view message) const {
  if (!wanted()) return;
  text(with_text(fmt::format("[{}] {} {} {}", id, kind_name(t), strings_.shown(t->name_off), details(t)), message));
}

void Log::basic_line(u32 id, const Type* t, std::string_view message) const {
  if (!wanted()) return;
  text(with_text(fmt::format("[{}] {} {}", id, kind_name(t), strings_.shown(t->name_off)), message));
}

void Log::member_line(const Type* struct_type, const Member& m, std::string_view message) const {
  if (!wanted()) return;
  std::string bitfield;
  if (struct_type->kflag()) bitfield = fmt::format("bitfield_size={} ", Btf::member_bitfield_size(struct_type, m));
  text(with_text(fmt::format("\t{} type_id={} {}bits_offset={}", strings_.shown(m.name_off), m.type, bitfield,
                             Btf::member_bit_offset(struct_type, m)),
                 message));
}

void Log::enum_line(const Type* t, const EnumValue& v) const {
  if (!wanted()) return;
  std::string_view name = strings_.shown(v.name_off);
  text(t->kflag() ? fmt::format("\t{} val={}\n", name, v.val) : fmt::format("\t{} val={}\n", name, u32(v.val)));
}

void Log::enum64_line(const Type* t, const Enum64Value& v) const {
  if (!wanted()) return;
  std::string_view name = strings_.shown(v.name_off);
  u64 value = u64(v.val_hi32) << 32 | v.val_lo32;
  text(t->kflag() ? fmt::format("\t{} val={}\n", name, s64(value)) : fmt::format("\t{} val={}\n", name, value));
}

void Log::secinfo_line(const VarSecinfo& v, std::string_view message) const {
  if (!wanted()) return;
  text(with_text(fmt::format("\t type_id={} offset={} size={}", v.type, v.offset, v.size), message));
}

}  // namespace skep::btf
