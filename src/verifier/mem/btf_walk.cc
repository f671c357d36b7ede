// Walks over BTF structs: what lies at an offset, and which struct begins there (spec: memory.md 9).
#include "verifier/mem/mem.h"

namespace skep::verifier {
namespace {

// One step of a walk looks at the members of one struct. Nested struct: it begins exactly at the wanted offset.
struct Walk {
  Env& env;
  const btf::Btf& types;
  int off, size;
  u32 flags = 0;
};

// As the kernel's messages have it: an anonymous struct or member too.
std::string_view shown_name(std::string_view name) { return name.empty() ? "(anon)" : name; }
std::string_view shown_name(const btf::Btf& types, const btf::Type* t) { return shown_name(types.name_of(t)); }

bool is_private_tag(const btf::Type* t) { return t && t->kind() == btf::Kind::TypeTag && !t->kflag(); }

u32 tag_flags(const btf::Btf& types, const btf::Type* pointer) {
  const btf::Type* tag = types.type_by_id(pointer->type());
  if (!is_private_tag(tag)) return 0;
  const std::string_view name = types.name_of(tag);
  if (name == "user") return MEM_USER;
  if (name == "percpu") return MEM_PERCPU;
  if (name == "rcu") return MEM_RCU;
  return 0;
}

// An array without elements at the end of a struct reaches as far as it likes. `next`: the element's struct, to go on
// in; nullptr with true: a number.
bool in_flexible_array(Walk& w, const btf::Type* t, const btf::Type*& next) {
  const auto members = w.types.members(t);
  if (members.empty()) return false;
  const btf::Member& last = members.back();
  const btf::Type* array = w.types.skip_modifiers(last.type);
  if (!array || array->kind() != btf::Kind::Array || w.types.array(array).nelems) return false;
  const u32 begin = btf::Btf::member_bit_offset(t, last) / 8;
  if (u32(w.off) < begin) return false;
  const btf::Type* elem = w.types.skip_modifiers(w.types.array(array).type);
  if (!elem) return false;
  next = nullptr;
  if (btf::is_int(elem)) return true;
  if (!btf::is_struct(elem) || !elem->size()) return false;
  w.off = int((u32(w.off) - begin) % elem->size());
  next = elem;
  return true;
}

// The element type of a member, arrays of arrays flattened; its size, and where the element that holds `off` begins.
struct Element {
  const btf::Type* type = nullptr;
  u32 id = 0, begin = 0, size = 0;
};

Element element_at(const btf::Btf& types, u32 type_id, u32 begin, u32 total, u32 off) {
  Element e;
  e.type = types.skip_modifiers(type_id, &e.id);
  u64 count = 1;
  while (e.type && e.type->kind() == btf::Kind::Array) {
    count *= types.array(e.type).nelems;
    e.type = types.skip_modifiers(types.array(e.type).type, &e.id);
  }
  e.size = count ? u32(total / count) : 0;
  e.begin = begin + (e.size ? (off - begin) / e.size * e.size : 0);
  return e;
}

Outcome walk_pointer(Walk& w, std::string_view struct_name, std::string_view member, const Element& e,
                     WalkResult& out) {
  if (e.size != u32(w.size) || u32(w.off) != e.begin)
    return w.env.reject(diag::CannotAccessPtrMember{}, member, e.begin, struct_name, w.off, w.size);
  u32 id = 0;
  const btf::Type* pointee = w.types.skip_modifiers(e.type->type(), &id);
  if (!pointee || !btf::is_struct(pointee)) {
    const bool memory = w.env.target.features().untrusted_memory;
    out.kind = memory ? WalkResult::Kind::RdonlyUntrustedMem : WalkResult::Kind::Scalar;
    return kOk;
  }
  out = {WalkResult::Kind::Ptr, id, w.flags | tag_flags(w.types, e.type), member};
  return kOk;
}

enum class MemberStep { Done, Next, Inside };

Outcome walk_bitfield(const Walk& w, u32 bit_offset, u32 bits, MemberStep& step) {
  const u32 begin = bit_offset / 8, end = (bit_offset + bits + 7) / 8;
  step = u32(w.off) <= begin && end <= u32(w.off + w.size) ? MemberStep::Done : MemberStep::Next;
  return kOk;
}

// A member that the access may touch. Inside: it is a struct, `inner`, and w.off is now an offset in it.
Outcome walk_member(Walk& w, std::string_view struct_name, const btf::Member& m, u32 begin, MemberStep& step,
                    Element& inner, WalkResult& out) {
  const std::string_view name = shown_name(w.types.string_at(m.name_off));
  step = MemberStep::Done;
  const std::optional<u32> total = w.types.resolve_size(m.type);
  if (!total) return w.env.reject(diag::FieldWithoutSize{}, name);
  const u32 end = begin + *total;
  if (u32(w.off) >= end) {
    step = MemberStep::Next;
    return kOk;
  }
  const Element e = element_at(w.types, m.type, begin, *total, u32(w.off));
  if (btf::is_struct(e.type)) {
    step = MemberStep::Inside;
    inner = e;
    w.off -= int(e.begin);
    return kOk;
  }
  if (btf::is_ptr(e.type)) return walk_pointer(w, struct_name, name, e, out);
  if (u32(w.off + w.size) > end && !(w.flags & PTR_UNTRUSTED))
    return w.env.reject(diag::AccessBeyondMember{}, name, end, struct_name, w.off, w.size);
  return kOk;
}

// Looks through the members of `t` for the one at w.off. Inside: go on in `next`.
Outcome walk_members(Walk& w, const btf::Type* t, Element& next, MemberStep& step, WalkResult& out) {
  const std::string_view name = shown_name(w.types, t);
  for (const btf::Member& m : w.types.members(t)) {
    const u32 bit_offset = btf::Btf::member_bit_offset(t, m), begin = bit_offset / 8;
    if (u32(w.off + w.size) <= begin) break;
    if (u32 bits = btf::Btf::member_bitfield_size(t, m)) {
      SKEP_TRY(walk_bitfield(w, bit_offset, bits, step));
    } else {
      if (u32(w.off) < begin) break;
      SKEP_TRY(walk_member(w, name, m, begin, step, next, out));
    }
    if (step != MemberStep::Next) return kOk;
  }
  return w.env.reject(diag::NoFieldAtOffset{}, name, w.off);
}

// From struct `t` down to a number or a pointer or, with stop_at_struct, the first struct that begins exactly at the
// wanted offset.
Outcome walk(Walk& w, const btf::Type* t, bool stop_at_struct, WalkResult& out) {
  out = {};
  for (;;) {
    if (!t || !btf::is_struct(t))
      return w.env.reject(diag::TypeNotStruct{}, t ? shown_name(w.types, t) : std::string_view());
    // Which of its members a union holds nobody knows.
    if (t->kind() == btf::Kind::Union && t->vlen() != 1) w.flags |= PTR_UNTRUSTED;
    if (u64(u32(w.off)) + u64(w.size) > t->size()) {
      const btf::Type* elem = nullptr;
      if (!in_flexible_array(w, t, elem))
        return w.env.reject(diag::AccessBeyondStruct{}, shown_name(w.types, t), w.off, w.size);
      if (!elem) return kOk;
      t = elem;
      continue;
    }
    Element next;
    MemberStep step = MemberStep::Next;
    SKEP_TRY(walk_members(w, t, next, step, out));
    if (step == MemberStep::Done) return kOk;
    if (stop_at_struct && w.off == 0) {
      out = {WalkResult::Kind::Struct, next.id, w.flags, {}};
      return kOk;
    }
    t = next.type;
  }
}

bool same_type(const btf::Btf& a, u32 a_id, const btf::Btf& b, u32 b_id) {
  return a_id == b_id && (&a == &b || a.type_by_id(a_id) == b.type_by_id(b_id));
}

}  // namespace

Outcome btf_struct_walk(Env& env, const btf::Btf& types, u32 id, int off, int size, bool alloc_obj, WalkResult& out) {
  Walk w{env, types, off, size};
  SKEP_TRY(walk(w, types.skip_modifiers(id), false, out));
  // What a program put into its own object is a number when it comes back.
  if (alloc_obj && out.kind == WalkResult::Kind::Ptr) out = {};
  return kOk;
}

bool btf_struct_ids_match(Env& env, const btf::Btf& types, u32 id, int off, const btf::Btf& need_types, u32 need_id,
                          bool strict) {
  if (off == 0 && same_type(types, id, need_types, need_id)) return true;
  if (strict) return false;
  const std::optional<diag::Rejection> before = env.rejection;  // a walk that fails leaves its line in the log, no more
  for (;;) {
    Walk w{env, types, off, 1};
    WalkResult found;
    if (!walk(w, types.skip_modifiers(id), true, found).ok()) {
      env.rejection = before;
      return false;
    }
    if (found.kind != WalkResult::Kind::Struct) return false;
    if (same_type(types, found.id, need_types, need_id)) return true;
    id = found.id;
    off = 0;
  }
}

}  // namespace skep::verifier
