// BTF: the type information of a kernel, a module or a program, read in place from its bytes (kernel doc:
// Documentation/bpf/btf.rst).
//
//   | header 24 | types: {name_off, info, size|type} + per-kind data ... | strings |      info: kflag 1 | - 2 | kind 5
//   | - 8 | vlen 16
//
// A Btf object is immutable after parse(). Type ids start at 1; id 0 is void. A split BTF continues the ids and strings
// of its base.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "base/types.h"

namespace skep::btf {

enum class Kind : u8 {
  Unknown,
  Int,
  Ptr,
  Array,
  Struct,
  Union,
  Enum,
  Fwd,
  Typedef,
  Volatile,
  Const,
  Restrict,
  Func,
  FuncProto,
  Var,
  DataSec,
  Float,
  DeclTag,
  TypeTag,
  Enum64,
};

// The layouts below are the file format's (little-endian, 4-byte aligned), so a pointer into the blob is a view of it.
struct Type {
  u32 name_off;
  u32 info;
  u32 size_or_type;

  Kind kind() const { return Kind((info >> 24) & 0x1f); }
  u32 vlen() const { return info & 0xffff; }
  bool kflag() const { return info >> 31; }
  u32 size() const { return size_or_type; }
  u32 type() const { return size_or_type; }
};
struct Member {
  u32 name_off;
  u32 type;
  u32 offset;
};
struct Param {
  u32 name_off;
  u32 type;
};
struct Array {
  u32 type;
  u32 index_type;
  u32 nelems;
};
struct EnumValue {
  u32 name_off;
  s32 val;
};
struct Enum64Value {
  u32 name_off;
  u32 val_lo32;
  u32 val_hi32;
};
struct VarSecinfo {
  u32 type;
  u32 offset;
  u32 size;
};

enum : u32 { BTF_INT_SIGNED = 1, BTF_INT_CHAR = 2, BTF_INT_BOOL = 4 };
enum FuncLinkage : u32 { BTF_FUNC_STATIC = 0, BTF_FUNC_GLOBAL = 1, BTF_FUNC_EXTERN = 2 };

class Btf {
 public:
  // Wraps `data` (kept alive through `owner`; bytes must not change) without validating more than what safe access
  // needs. For blobs from a trusted file. `base` (may be null) must outlive the result. EINVAL if the bytes cannot be
  // walked safely.
  static Result<std::unique_ptr<Btf>> parse(std::span<const u8> data, std::shared_ptr<const void> owner,
                                            const Btf* base = nullptr);

  u32 nr_types() const { return start_id_ + u32(types_.size()); }  // one past the largest id; ids 0..nr_types()-1
  u32 start_id() const { return start_id_; }                       // first id of its own (1 without a base)
  const Btf* base() const { return base_; }
  bool is_kernel() const { return is_kernel_; }  // vmlinux or module BTF, as opposed to a program's
  void set_kernel(bool kernel) { is_kernel_ = kernel; }
  std::span<const u8> data() const { return data_; }

  const Type* type_by_id(u32 id) const;          // nullptr if there is none; id 0 gives a `void` type of Kind::Unknown
  std::string_view string_at(u32 offset) const;  // empty if out of range
  bool has_string(u32 offset) const {            // whether the offset lies in the string section
    return offset < start_str_ ? base_ && base_->has_string(offset) : offset - start_str_ < strings_.size();
  }
  std::string_view name_of(const Type* t) const { return string_at(t->name_off); }
  std::string_view name_of(u32 id) const;
  u32 id_of(const Type* t) const;  // of a type of this Btf or its base

  std::span<const Member> members(const Type* t) const;
  std::span<const Param> params(const Type* func_proto) const;
  const Array& array(const Type* t) const;
  std::span<const EnumValue> enum_values(const Type* t) const;
  std::span<const Enum64Value> enum64_values(const Type* t) const;
  std::span<const VarSecinfo> secinfos(const Type* t) const;
  u32 int_data(const Type* t) const;  // encoding << 24 | offset << 16 | bits
  u32 var_linkage(const Type* t) const;
  s32 decl_tag_component(const Type* t) const;

  // Bit offset and bit-field size (0: not a bit-field) of a member, kflag taken into account.
  static u32 member_bit_offset(const Type* s, const Member& m) { return s->kflag() ? m.offset & 0xffffff : m.offset; }
  static u32 member_bitfield_size(const Type* s, const Member& m) { return s->kflag() ? m.offset >> 24 : 0; }

  // First type of that kind and name, or 0. Builds an index on first use (thread-safe).
  u32 find(std::string_view name, Kind kind) const;
  // All ids whose name is `name` or `name___flavor`... of that kind (CO-RE candidates), ascending.
  std::vector<u32> find_all_flavors(std::string_view name, Kind kind) const;

  // Follows TYPEDEF, CONST, VOLATILE, RESTRICT and TYPE_TAG; `*id` (optional) becomes the id reached. nullptr only for
  // a bad id.
  const Type* skip_modifiers(u32 id, u32* out_id = nullptr) const;
  // The pointee of a pointer type after modifiers, or nullptr.
  const Type* resolve_ptr(u32 id, u32* out_id = nullptr) const;
  // Size in bytes after modifiers; arrays multiplied. `*type_id`: the sized type reached. nullopt for void, functions,
  // forward declarations.
  std::optional<u32> resolve_size(u32 id, u32* out_id = nullptr) const;

  // Text of the decl tag `prefix...` on (target id, component), after the prefix; nth is 0 for the first. nullopt:
  // none.
  std::optional<std::string_view> find_decl_tag(u32 target, s32 component, std::string_view prefix, int nth = 0) const;
  bool has_decl_tag(u32 target, s32 component, std::string_view tag) const;

 private:
  Btf() = default;
  struct Index;
  std::span<const u8> data_;
  std::shared_ptr<const void> owner_;
  const Btf* base_ = nullptr;
  std::vector<u32> types_;  // byte offset of each own type in data_
  std::string_view strings_;
  u32 start_id_ = 1, start_str_ = 0;
  bool is_kernel_ = false;
  mutable std::shared_ptr<Index> index_;

 public:
  ~Btf();
};

inline bool is_int(const Type* t) { return t->kind() == Kind::Int; }
inline bool is_any_enum(const Type* t) { return t->kind() == Kind::Enum || t->kind() == Kind::Enum64; }
inline bool is_scalar(const Type* t) { return is_int(t) || is_any_enum(t); }
inline bool is_struct(const Type* t) { return t->kind() == Kind::Struct || t->kind() == Kind::Union; }
inline bool is_ptr(const Type* t) { return t->kind() == Kind::Ptr; }
inline bool is_void(const Type* t) { return t->kind() == Kind::Unknown; }
inline bool is_modifier(const Type* t) {
  Kind k = t->kind();
  return k == Kind::Typedef || k == Kind::Const || k == Kind::Volatile || k == Kind::Restrict || k == Kind::TypeTag;
}

// "STRUCT", "INT" ... ("UNKNOWN" for void), the words of the kernel's messages.
const char* kind_name(const Type* t);

}  // namespace skep::btf
