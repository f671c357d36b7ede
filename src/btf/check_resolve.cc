// Pass 2 of BTF_LOAD: every id must lead to a type that fits its place, and no type may contain itself.
//
// A depth-first walk with an explicit stack of at most 32 types, started at each type that has something to resolve, in
// the order of ids. A type on the stack is New -> OnStack -> Done; meeting one that is OnStack is a loop. Pointers may
// close loops (a list's node), so a walk that began at a struct or array stops at pointers, and one that began at a
// pointer stops at structs and arrays: what it stops at is resolved by a walk of its own. Once Done, a modifier,
// pointer or variable knows the id it finally leads to, an array its size in bytes.
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <vector>

#include "btf/check.h"

namespace skep::btf {
namespace {

constexpr u32 kMaxDepth = 32;
constexpr u32 kPointerSize = 8;
constexpr u32 kMaxCopyBits = 128;
constexpr u32 kEnumBitfieldBits = 32;

enum class Visit : u8 { New, OnStack, Done };

struct Resolution {
  Visit visit = Visit::New;
  u32 id = 0;    // modifiers, pointers, variables, functions, tags, arrays (their element): what it leads to
  u32 size = 0;  // arrays: bytes
};

struct Sized {
  u32 id;
  u32 size;
};

bool needs_resolving(const Type* t) {
  switch (t->kind()) {
    case Kind::Ptr:
    case Kind::Array:
    case Kind::Struct:
    case Kind::Union:
    case Kind::Func:
    case Kind::Var:
    case Kind::DataSec:
    case Kind::DeclTag: return true;
    default: return is_modifier(t);
  }
}

// Only other types refer from these; nothing may refer to them but what is made for it (DATASEC to VAR).
bool is_source_only(const Type* t) {
  return t->kind() == Kind::Var || t->kind() == Kind::DataSec || t->kind() == Kind::DeclTag;
}

bool has_no_size(const Type* t) {
  switch (t->kind()) {
    case Kind::Unknown:
    case Kind::Fwd:
    case Kind::Func:
    case Kind::FuncProto:
    case Kind::DeclTag: return true;
    default: return false;
  }
}

class Resolver {
 public:
  Resolver(const Log& log, const Btf& btf, const Strings& strings)
      : log_(log), btf_(btf), strings_(strings), types_(btf.nr_types()) {}

  int run();

 private:
  struct Frame {
    u32 id;
    u32 next;  // member or variable to look at next
  };
  enum class Mode { Undecided, Pointer, Aggregate };

  int resolve(const Type* t, u32 id);
  int resolve_for(u32 id, u32 proto_id);
  int push(const Type* t, u32 id);
  void pop(u32 resolved_id, u32 resolved_size);
  bool stops_at(const Type* t) const;
  // True if `id` has to be resolved first in this walk.
  bool must_descend(const Type* t, u32 id) const { return !stops_at(t) && !is_done(id); }
  bool is_consistent(const Type* t, u32 id) const;

  int step(const Type* t);
  u32 waiting_pointer(u32 id) const;
  int step_reference(const Type* t);
  int step_var(const Type* t);
  int step_array(const Type* t);
  int step_struct(const Type* t);
  int step_datasec(const Type* t);
  int step_decl_tag(const Type* t);
  int step_func(const Type* t);
  int check_func_proto(const Type* t, u32 id);
  int check_param(const Type* t, u32 id, u32 index);

  int check_member(const Type* s, const Member& m, const Type* t);
  int check_int_member(const Type* s, const Member& m, const Type* t);
  int check_int_bitfield(const Type* s, const Member& m, const Type* t);
  int check_enum_bitfield(const Type* s, const Member& m);
  int check_whole_member(const Type* s, const Member& m, const Type* t);
  int check_fit(const Type* s, const Member& m, u32 bits_offset, u32 bits);

  bool is_done(u32 id) const { return types_[id].visit == Visit::Done; }
  const Type* type(u32 id) const { return btf_.type_by_id(id); }
  std::optional<Sized> sized(u32 id) const;
  bool sized_regular_int(u32 id) const;

  int fail(const Type* t, std::string_view text, int error = EINVAL) {
    log_.type_line(log_id_, t, text);
    return error;
  }
  int fail_member(const Type* s, const Member& m, std::string_view text) {
    log_.type_line(log_id_, s);
    log_.member_line(s, m, text);
    return EINVAL;
  }
  int fail_secinfo(const Type* t, const VarSecinfo& v, std::string_view text) {
    log_.type_line(log_id_, t);
    log_.secinfo_line(v, text);
    return EINVAL;
  }

  const Log& log_;
  const Btf& btf_;
  const Strings& strings_;
  std::vector<Resolution> types_;
  std::array<Frame, kMaxDepth> stack_;
  u32 depth_ = 0;
  Mode mode_ = Mode::Undecided;
  u32 log_id_ = 0;  // the id that messages show: the type being worked on
};

int Resolver::run() {
  for (u32 id = 1; id < btf_.nr_types(); id++) {
    const Type* t = type(id);
    log_id_ = id;
    if (needs_resolving(t) && !is_done(id)) {
      if (int e = resolve(t, id)) return e;
    }
    if (t->kind() == Kind::FuncProto) {
      if (int e = check_func_proto(t, id)) return e;
    }
  }
  return 0;
}

int Resolver::resolve(const Type* t, u32 id) {
  mode_ = Mode::Undecided;
  int error = push(t, id);
  while (!error && depth_ > 0) {
    log_id_ = stack_[depth_ - 1].id;
    error = step(type(log_id_));
  }
  log_id_ = id;
  if (error == E2BIG) return fail(t, fmt::format("Exceeded max resolving depth:{}", kMaxDepth), E2BIG);
  if (error == EEXIST) return fail(t, "Loop detected", EEXIST);
  if (!error && !is_consistent(t, id)) return fail(t, "Invalid resolve state");
  return error;
}

// A type of a prototype: its turn may not have come yet.
int Resolver::resolve_for(u32 id, u32 proto_id) {
  if (!needs_resolving(type(id)) || is_done(id)) return 0;
  int error = resolve(type(id), id);
  if (!error) log_id_ = proto_id;
  return error;
}

int Resolver::push(const Type* t, u32 id) {
  if (depth_ == kMaxDepth) return E2BIG;
  if (types_[id].visit != Visit::New) return EEXIST;
  types_[id].visit = Visit::OnStack;
  stack_[depth_++] = {id, 0};
  if (mode_ == Mode::Undecided) {
    if (is_ptr(t)) mode_ = Mode::Pointer;
    if (is_struct(t) || t->kind() == Kind::Array) mode_ = Mode::Aggregate;
  }
  return 0;
}

void Resolver::pop(u32 resolved_id, u32 resolved_size) {
  types_[stack_[--depth_].id] = {Visit::Done, resolved_id, resolved_size};
}

bool Resolver::stops_at(const Type* t) const {
  switch (mode_) {
    case Mode::Undecided: return !needs_resolving(t);
    case Mode::Pointer: return !is_modifier(t) && !is_ptr(t);
    case Mode::Aggregate: return !is_modifier(t) && t->kind() != Kind::Array && !is_struct(t);
  }
  return true;
}

// What `id` is a name of, if that has a size: itself, or what a finished modifier or variable leads to.
std::optional<Sized> Resolver::sized(u32 id) const {
  const Type* t = type(id);
  if (!t || has_no_size(t)) return std::nullopt;
  if (is_modifier(t) || t->kind() == Kind::Var) {
    id = types_[id].id;
    t = type(id);
  }
  if (!t || has_no_size(t) || is_modifier(t) || t->kind() == Kind::Var) return std::nullopt;
  if (t->kind() == Kind::Array) return Sized{id, types_[id].size};
  return Sized{id, is_ptr(t) ? kPointerSize : t->size()};
}

bool Resolver::sized_regular_int(u32 id) const {
  std::optional<Sized> s = sized(id);
  return s && is_int(type(s->id)) && is_regular_int(btf_.int_data(type(s->id)));
}

bool Resolver::is_consistent(const Type* t, u32 id) const {
  const Resolution& r = types_[id];
  if (r.visit != Visit::Done) return false;
  switch (t->kind()) {
    case Kind::Struct:
    case Kind::Union:
    case Kind::DataSec: return !r.id && !r.size;
    case Kind::DeclTag:
    case Kind::Func: return r.id && !r.size;
    case Kind::Array: {
      std::optional<Sized> elem = sized(btf_.array(t).type);
      return elem && !is_modifier(type(elem->id)) && u64(elem->size) * btf_.array(t).nelems == r.size;
    }
    default: {
      const Type* target = type(r.id);
      return target && !is_modifier(target) && target->kind() != Kind::Var && target->kind() != Kind::DataSec;
    }
  }
}

int Resolver::step(const Type* t) {
  switch (t->kind()) {
    case Kind::Array: return step_array(t);
    case Kind::Struct:
    case Kind::Union: return step_struct(t);
    case Kind::Var: return step_var(t);
    case Kind::DataSec: return step_datasec(t);
    case Kind::DeclTag: return step_decl_tag(t);
    case Kind::Func: return step_func(t);
    default: return step_reference(t);
  }
}

// A walk that began at an aggregate may have finished modifier `id` while the pointer behind it waits for a walk of its
// own: that pointer, or 0.
u32 Resolver::waiting_pointer(u32 id) const {
  if (!is_modifier(type(id))) return 0;
  u32 behind = types_[id].id;
  return is_ptr(type(behind)) && must_descend(type(behind), behind) ? behind : 0;
}

// Pointers and modifiers: the target has a size, or is one of the few things without that may be pointed to.
int Resolver::step_reference(const Type* t) {
  u32 next_id = t->type();
  const Type* next = type(next_id);
  if (!next || is_source_only(next)) return fail(t, "Invalid type_id");
  if (must_descend(next, next_id)) return push(next, next_id);
  if (u32 behind = is_ptr(t) ? waiting_pointer(next_id) : 0) return push(type(behind), behind);
  if (std::optional<Sized> s = sized(next_id)) {
    pop(s->id, 0);
    return 0;
  }
  if (is_done(next_id)) {
    next_id = types_[next_id].id;
    next = type(next_id);
  }
  Kind kind = next->kind();
  if (kind != Kind::Unknown && kind != Kind::Fwd && kind != Kind::FuncProto) return fail(t, "Invalid type_id");
  pop(next_id, 0);
  return 0;
}

int Resolver::step_var(const Type* t) {
  u32 next_id = t->type();
  const Type* next = type(next_id);
  if (!next || is_source_only(next)) return fail(t, "Invalid type_id");
  if (must_descend(next, next_id)) return push(next, next_id);
  if (u32 behind = waiting_pointer(next_id)) return push(type(behind), behind);
  std::optional<Sized> s = sized(next_id);
  if (!s) return fail(t, "Invalid type_id");
  pop(s->id, 0);
  return 0;
}

int Resolver::step_array(const Type* t) {
  const Array& a = btf_.array(t);
  const Type* index = type(a.index_type);
  if (!index || has_no_size(index) || is_source_only(index)) return fail(t, "Invalid index");
  if (must_descend(index, a.index_type)) return push(index, a.index_type);
  if (!sized_regular_int(a.index_type)) return fail(t, "Invalid index");

  const Type* elem = type(a.type);
  if (!elem || has_no_size(elem) || is_source_only(elem)) return fail(t, "Invalid elem");
  if (must_descend(elem, a.type)) return push(elem, a.type);
  std::optional<Sized> s = sized(a.type);
  if (!s) return fail(t, "Invalid elem");
  if (is_int(type(s->id)) && !is_regular_int(btf_.int_data(type(s->id)))) return fail(t, "Invalid array of int");
  if (u64(a.nelems) * s->size > UINT32_MAX) return fail(t, "Array size overflows U32_MAX");
  pop(s->id, a.nelems * s->size);
  return 0;
}

int Resolver::step_struct(const Type* t) {
  Frame& frame = stack_[depth_ - 1];
  std::span<const Member> members = btf_.members(t);
  if (frame.next > 0) {  // the member that was descended into
    const Member& m = members[frame.next - 1];
    if (int e = check_member(t, m, type(m.type))) return e;
  }
  for (u32 i = frame.next; i < members.size(); i++) {
    const Member& m = members[i];
    const Type* member_type = type(m.type);
    if (!member_type || has_no_size(member_type) || is_source_only(member_type)) {
      return fail_member(t, m, "Invalid member");
    }
    if (must_descend(member_type, m.type)) {
      frame.next = i + 1;
      return push(member_type, m.type);
    }
    if (int e = check_member(t, m, member_type)) return e;
  }
  pop(0, 0);
  return 0;
}

int Resolver::step_datasec(const Type* t) {
  Frame& frame = stack_[depth_ - 1];
  std::span<const VarSecinfo> all = btf_.secinfos(t);
  for (u32 i = frame.next; i < all.size(); i++) {
    const Type* var = type(all[i].type);
    if (!var || var->kind() != Kind::Var) return fail_secinfo(t, all[i], "Not a VAR kind member");
    if (must_descend(var, all[i].type)) {
      frame.next = i + 1;  // as the kernel: the size of a variable resolved only now is not checked
      return push(var, all[i].type);
    }
    std::optional<Sized> s = sized(var->type());
    if (!s) return fail_secinfo(t, all[i], "Invalid type");
    if (all[i].size < s->size) return fail_secinfo(t, all[i], "Invalid size");
  }
  pop(0, 0);
  return 0;
}

int Resolver::step_decl_tag(const Type* t) {
  const Type* next = type(t->type());
  Kind kind = next ? next->kind() : Kind::Unknown;
  bool target = next && (kind == Kind::Func || is_struct(next) || kind == Kind::Var || kind == Kind::Typedef);
  if (!target) return fail(t, "Invalid type_id");
  if (must_descend(next, t->type())) return push(next, t->type());
  s32 component = btf_.decl_tag_component(t);
  if (component != -1) {
    if (kind == Kind::Var || kind == Kind::Typedef) return fail(t, "Invalid component_idx");
    u32 count = is_struct(next) ? next->vlen() : type(next->type())->vlen();
    if (u32(component) >= count) return fail(t, "Invalid component_idx");
  }
  pop(t->type(), 0);
  return 0;
}

int Resolver::step_func(const Type* t) {
  const Type* proto = type(t->type());
  if (!proto || proto->kind() != Kind::FuncProto) return fail(t, "Invalid type_id");
  std::span<const Param> params = btf_.params(proto);
  for (u32 i = 0; i < params.size(); i++) {
    if (params[i].type && !params[i].name_off) return fail(t, fmt::format("Invalid arg#{}", i + 1));
  }
  pop(t->type(), 0);
  return 0;
}

int Resolver::check_func_proto(const Type* t, u32 id) {
  if (u32 ret_id = t->type()) {
    const Type* ret = type(ret_id);
    if (!ret || is_source_only(ret)) return fail(t, "Invalid return type");
    if (int e = resolve_for(ret_id, id)) return e;
    if (!sized(ret_id)) return fail(t, "Invalid return type");
  }
  std::span<const Param> params = btf_.params(t);
  size_t n = params.size();
  if (n && params[n - 1].type == 0) {  // vararg
    if (params[n - 1].name_off) return fail(t, fmt::format("Invalid arg#{}", n));
    n--;
  }
  for (u32 i = 0; i < n; i++) {
    if (int e = check_param(t, id, i)) return e;
  }
  return 0;
}

int Resolver::check_param(const Type* t, u32 id, u32 index) {
  const Param& p = btf_.params(t)[index];
  auto bad = [&] { return fail(t, fmt::format("Invalid arg#{}", index + 1)); };
  const Type* param_type = type(p.type);
  if (!param_type || is_source_only(param_type)) return bad();
  if (p.name_off && !is_identifier(strings_.at(p.name_off))) return bad();
  if (int e = resolve_for(p.type, id)) return e;
  return sized(p.type) ? 0 : bad();
}

// Does member `m`, of type `t`, fit into struct `s`?
int Resolver::check_member(const Type* s, const Member& m, const Type* t) {
  if (is_modifier(t)) {
    std::optional<Sized> target = sized(m.type);
    if (!target) return fail_member(s, m, "Invalid member");
    Member resolved = m;
    resolved.type = target->id;
    return check_member(s, resolved, type(target->id));
  }
  if (is_int(t)) return s->kflag() ? check_int_bitfield(s, m, t) : check_int_member(s, m, t);
  if (is_any_enum(t) && s->kflag()) return check_enum_bitfield(s, m);
  return check_whole_member(s, m, t);
}

int Resolver::check_fit(const Type* s, const Member& m, u32 bits_offset, u32 bits) {
  u32 copy_bits = bits + bits_offset % 8;
  if (copy_bits > kMaxCopyBits) return fail_member(s, m, fmt::format("nr_copy_bits exceeds {}", kMaxCopyBits));
  if (s->size() < bits_offset / 8 || s->size() - bits_offset / 8 < round_up_bytes(copy_bits)) {
    return fail_member(s, m, "Member exceeds struct_size");
  }
  return 0;
}

int Resolver::check_int_member(const Type* s, const Member& m, const Type* t) {
  u32 int_data = btf_.int_data(t), int_offset = int_data >> 16 & 0xff;
  if (UINT32_MAX - m.offset < int_offset) return fail_member(s, m, "bits_offset exceeds U32_MAX");
  return check_fit(s, m, m.offset + int_offset, int_data & 0xff);
}

int Resolver::check_int_bitfield(const Type* s, const Member& m, const Type* t) {
  u32 int_data = btf_.int_data(t), int_bits = int_data & 0xff;
  u32 offset = Btf::member_bit_offset(s, m), bits = Btf::member_bitfield_size(s, m);
  if (!is_regular_int(int_data)) return fail_member(s, m, "Invalid member base type");
  if (bits == 0) {
    if (offset % 8 != 0) return fail_member(s, m, "Invalid member offset");
    bits = int_bits;
  } else if (bits > int_bits) {
    return fail_member(s, m, "Invalid member bitfield_size");
  }
  return check_fit(s, m, offset, bits);
}

int Resolver::check_enum_bitfield(const Type* s, const Member& m) {
  u32 offset = Btf::member_bit_offset(s, m), bits = Btf::member_bitfield_size(s, m);
  if (bits == 0) {
    if (offset % 8 != 0) return fail_member(s, m, "Member is not byte aligned");
    bits = kEnumBitfieldBits;
  } else if (bits > kEnumBitfieldBits) {
    return fail_member(s, m, "Invalid member bitfield_size");
  }
  return s->size() < round_up_bytes(u64(offset) + bits) ? fail_member(s, m, "Member exceeds struct_size") : 0;
}

int Resolver::check_whole_member(const Type* s, const Member& m, const Type* t) {
  if (Btf::member_bitfield_size(s, m)) return fail_member(s, m, "Invalid member bitfield_size");
  u32 offset = Btf::member_bit_offset(s, m);
  u32 size = is_ptr(t) ? kPointerSize : t->kind() == Kind::Array ? types_[m.type].size : t->size();
  if (t->kind() == Kind::Float) {
    if (offset % (std::min(kPointerSize, size) * 8) != 0) return fail_member(s, m, "Member is not properly aligned");
  } else if (offset % 8 != 0) {
    return fail_member(s, m, "Member is not byte aligned");
  }
  return s->size() - offset / 8 < size ? fail_member(s, m, "Member exceeds struct_size") : 0;
}

}  // namespace

int resolve_types(const Log& log, const Btf& btf, const Strings& strings) { return Resolver(log, btf, strings).run(); }

}  // namespace skep::btf
