// Btf: finding the types in the bytes (one pass that records each type's offset) and the accessors that read them in
// place. Whatever the bytes say, no accessor reads outside them: parse() bounds each type with all its trailing data,
// and every id or string offset is checked where used.
#include "btf/btf.h"

#include <cerrno>
#include <cstring>

#include "btf/index.h"
#include "btf/layout.h"

namespace skep::btf {
namespace {

constexpr Type kVoid{};
constexpr Array kNoArray{};
constexpr int kMaxDimensions = 256;  // of an array of arrays, before it counts as cyclic

Status bad(const char* what) { return error_status(EINVAL, std::string("BTF: ") + what); }

// The trailing data of a type as records of T.
template <typename T>
std::span<const T> trailing(const Type* t) {
  return {reinterpret_cast<const T*>(t + 1), t->vlen()};
}

template <typename T>
T trailing_word(const Type* t) {
  return *reinterpret_cast<const T*>(t + 1);
}

}  // namespace

Btf::~Btf() = default;

Result<std::unique_ptr<Btf>> Btf::parse(std::span<const u8> data, std::shared_ptr<const void> owner, const Btf* base) {
  Header hdr = read_header(data);
  if (data.size() < kHeaderMinSize || data.size() < hdr.hdr_len) return bad("shorter than its header");
  if (hdr.magic != kMagic || hdr.version != kVersion) return bad("not little-endian BTF version 1");
  u64 body = data.size() - hdr.hdr_len;
  if (u64(hdr.type_off) + hdr.type_len > body || u64(hdr.str_off) + hdr.str_len > body)
    return bad("section outside the data");

  std::unique_ptr<Btf> btf(new Btf());
  u64 types_begin = u64(hdr.hdr_len) + hdr.type_off;
  if ((reinterpret_cast<uintptr_t>(data.data()) + types_begin) % alignof(Type) != 0) {
    // Types are read in place, so they must be aligned in memory: copy the bytes to where they are.
    std::shared_ptr<u32[]> copy(new u32[data.size() / 4 + 2]);
    u8* bytes = reinterpret_cast<u8*>(copy.get()) + (0 - types_begin) % alignof(Type);
    std::memcpy(bytes, data.data(), data.size());
    data = {bytes, data.size()};
    owner = copy;
  }
  btf->data_ = data;
  btf->owner_ = std::move(owner);
  btf->base_ = base;
  btf->start_id_ = base ? base->nr_types() : 1;
  btf->start_str_ = base ? base->start_str_ + u32(base->strings_.size()) : 0;
  btf->is_kernel_ = base && base->is_kernel_;
  btf->strings_ = {reinterpret_cast<const char*>(data.data()) + hdr.hdr_len + hdr.str_off, hdr.str_len};
  if (btf->strings_.empty() ? !base : btf->strings_.back() != 0) return bad("string section is not terminated");

  // Never grows again: untouched pages of the surplus cost nothing.
  btf->types_.reserve(hdr.type_len / sizeof(Type));
  auto index = std::make_shared<Index>();
  u64 end = types_begin + hdr.type_len;
  for (u64 at = types_begin; at < end;) {
    if (end - at < sizeof(Type)) return bad("type section cut short");
    const Type* t = reinterpret_cast<const Type*>(data.data() + at);
    std::optional<u32> extra = trailing_size(t->kind(), t->vlen());
    if (!extra || end - at - sizeof(Type) < *extra) return bad("unknown kind, or type section cut short");
    if (t->kind() == Kind::DeclTag) index->tags.push_back({t->type(), btf->nr_types()});
    btf->types_.push_back(u32(at));
    at += sizeof(Type) + *extra;
  }
  btf->index_ = std::move(index);
  return btf;
}

const Type* Btf::type_by_id(u32 id) const {
  if (id >= start_id_) {
    u32 i = id - start_id_;
    return i < types_.size() ? reinterpret_cast<const Type*>(data_.data() + types_[i]) : nullptr;
  }
  if (id == 0) return &kVoid;
  return base_ ? base_->type_by_id(id) : nullptr;
}

std::string_view Btf::string_at(u32 offset) const {
  if (offset < start_str_) return base_ ? base_->string_at(offset) : std::string_view();
  offset -= start_str_;
  if (offset >= strings_.size()) return {};
  return std::string_view(strings_.data() + offset);  // the section ends in a zero byte
}

std::string_view Btf::name_of(u32 id) const {
  const Type* t = type_by_id(id);
  return t ? name_of(t) : std::string_view();
}

u32 Btf::id_of(const Type* t) const {
  auto at = reinterpret_cast<uintptr_t>(t);
  auto begin = reinterpret_cast<uintptr_t>(data_.data());
  if (at < begin || at >= begin + data_.size()) return base_ ? base_->id_of(t) : 0;
  auto it = std::lower_bound(types_.begin(), types_.end(), u32(at - begin));
  if (it == types_.end() || *it != at - begin) return 0;
  return start_id_ + u32(it - types_.begin());
}

std::span<const Member> Btf::members(const Type* t) const {
  if (!is_struct(t)) return {};
  return trailing<Member>(t);
}

std::span<const Param> Btf::params(const Type* func_proto) const {
  if (func_proto->kind() != Kind::FuncProto) return {};
  return trailing<Param>(func_proto);
}

const Array& Btf::array(const Type* t) const {
  return t->kind() == Kind::Array ? *reinterpret_cast<const Array*>(t + 1) : kNoArray;
}

std::span<const EnumValue> Btf::enum_values(const Type* t) const {
  if (t->kind() != Kind::Enum) return {};
  return trailing<EnumValue>(t);
}

std::span<const Enum64Value> Btf::enum64_values(const Type* t) const {
  if (t->kind() != Kind::Enum64) return {};
  return trailing<Enum64Value>(t);
}

std::span<const VarSecinfo> Btf::secinfos(const Type* t) const {
  if (t->kind() != Kind::DataSec) return {};
  return trailing<VarSecinfo>(t);
}

u32 Btf::int_data(const Type* t) const { return is_int(t) ? trailing_word<u32>(t) : 0; }

u32 Btf::var_linkage(const Type* t) const { return t->kind() == Kind::Var ? trailing_word<u32>(t) : 0; }

s32 Btf::decl_tag_component(const Type* t) const { return t->kind() == Kind::DeclTag ? trailing_word<s32>(t) : -1; }

const Type* Btf::skip_modifiers(u32 id, u32* out_id) const {
  const Type* t = type_by_id(id);
  for (u32 n = 0; t && is_modifier(t); n++) {
    if (n == nr_types()) return nullptr;  // a cycle
    id = t->type();
    t = type_by_id(id);
  }
  if (t && out_id) *out_id = id;
  return t;
}

const Type* Btf::resolve_ptr(u32 id, u32* out_id) const {
  const Type* t = skip_modifiers(id);
  if (!t || !is_ptr(t)) return nullptr;
  return skip_modifiers(t->type(), out_id);
}

std::optional<u32> Btf::resolve_size(u32 id, u32* out_id) const {
  u64 count = 1;
  std::optional<u32> array_id;  // the outermost array, if there is one: it is the sized type
  for (int n = 0; n < kMaxDimensions; n++) {
    u32 reached = 0;
    const Type* t = skip_modifiers(id, &reached);
    if (!t) return std::nullopt;
    if (t->kind() == Kind::Array) {
      if (!array_id) array_id = reached;
      count *= array(t).nelems;
      if (count > UINT32_MAX) return std::nullopt;
      id = array(t).type;
      continue;
    }
    if (t->kind() == Kind::Var) {
      id = t->type();
      continue;
    }
    if (!has_size(t->kind())) return std::nullopt;
    u64 size = count * (is_ptr(t) ? 8 : t->size());
    if (size > UINT32_MAX) return std::nullopt;
    if (out_id) *out_id = array_id.value_or(reached);
    return u32(size);
  }
  return std::nullopt;
}

const char* kind_name(const Type* t) { return kind_name(t->kind()); }

}  // namespace skep::btf
