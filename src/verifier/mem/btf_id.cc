// Pointers to structs described by BTF: the kernel's, the program's own, and what a map pointer points to
// (spec: memory.md 9, 10).
#include "target/btf_facts.h"
#include "verifier/mem/btf_write.h"
#include "verifier/mem/mem.h"
#include "verifier/print_state.h"

namespace skep::verifier {
namespace {

// The register whose struct is looked into, as it was before the load overwrites it.
struct Source {
  const btf::Btf* types;
  u32 id;
  RegType type;
  u32 ref_obj_id;
  std::string_view name;
  bool trusted, rcu;

  bool alloc() const { return type & MEM_ALLOC; }
};

Source source_of(const Env& env, const RegState& reg) {
  return {reg.btf.types,
          reg.btf.id,
          reg.type,
          reg.ref_obj_id,
          reg.btf.types->name_of(reg.btf.id),
          is_trusted_reg(env, reg),
          is_rcu_reg(reg)};
}

Outcome check_may_look(Env& env, const Source& s, const RegState& reg, u32 regno, int off) {
  if (!env.allow_ptr_leaks) return env.reject(diag::StructAccessNeedsPerfmon{}, s.name);
  if (!env.program.gpl_compatible && s.types->is_kernel()) return env.reject(diag::KernelStructNeedsGpl{}, s.name);
  if (off < 0) return env.reject(diag::BtfPtrNegativeAccess{}, regno, s.name, off);
  if (!reg.var.is_const() || reg.var.var_off.value)
    return env.reject(diag::BtfPtrVariableOffset{}, regno, s.name, off, tnum_str(reg.var.var_off));
  if (reg.type & MEM_USER) return env.reject(diag::BtfPtrUserMemory{}, regno, s.name, off);
  if (reg.type & MEM_PERCPU) return env.reject(diag::BtfPtrPercpuMemory{}, regno, s.name, off);
  return kOk;
}

// The program's own objects may be written: owned ones, and those that a lock or an RCU section keeps.
Outcome check_default_access(Env& env, const Source& s, int off, int size, Access access) {
  const bool own_object = base_type(s.type) == PTR_TO_BTF_ID && s.alloc() && !(s.type & PTR_UNTRUSTED);
  if (access == Access::Write && !own_object) return env.reject(diag::BtfOnlyReadSupported{});
  if (!s.alloc()) return kOk;
  if (!(s.type & (NON_OWN_REF | MEM_RCU)) && !s.ref_obj_id)
    return env.verifier_bug("ref_obj_id for allocated object must be non-zero");
  const btf::Record* record = env.struct_record(s.types, s.id);
  if (!record) return kOk;
  for (const btf::RecordField& field : record->fields)
    if (off < int(field.offset + field.size) && int(field.offset) < off + size)
      return env.reject(diag::DirectAccessDisallowed{}, btf::field_name(field.type));
  return kOk;
}

// Flags of a pointer found in a struct that is itself trusted or under RCU. `flags`: of the member's tags.
u32 trust_of_field(const Env& env, const Source& s, std::string_view field, u32 flags) {
  using target::FieldTrust;
  const FieldTrust trust = target::field_trust(s.name, field);
  if (trust == FieldTrust::Trusted) return flags | PTR_TRUSTED;
  if (trust == FieldTrust::TrustedOrNull) return flags | PTR_TRUSTED | PTR_MAYBE_NULL;
  // Outside a section even a plain pointer would be too much: old helpers take those.
  if (!in_rcu_cs(env) || type_may_be_null(s.type)) return PTR_UNTRUSTED;
  if (trust == FieldTrust::Rcu) return flags | MEM_RCU;
  if (trust == FieldTrust::RcuOrNull) return (flags | MEM_RCU | PTR_MAYBE_NULL) & ~u32(PTR_UNTRUSTED);
  if (flags & MEM_RCU) return flags | PTR_MAYBE_NULL;
  if (flags & (MEM_PERCPU | MEM_USER)) return flags;
  return flags & ~u32(PTR_TRUSTED | MEM_ALLOC | NON_OWN_REF | MEM_RCU);
}

u32 loaded_ptr_flags(const Env& env, const Source& s, const WalkResult& found) {
  if (s.type & PTR_UNTRUSTED) return PTR_UNTRUSTED;
  if (s.trusted || s.rcu) return trust_of_field(env, s, found.field, found.flags);
  return found.flags & ~u32(PTR_TRUSTED | MEM_ALLOC | NON_OWN_REF | MEM_RCU);
}

void load_found(Env& env, int value_regno, const btf::Btf* types, const WalkResult& found, u32 flags) {
  if (value_regno < 0) return;
  RegState* regs = env.regs();
  switch (found.kind) {
    case WalkResult::Kind::Ptr:
      mark_btf_ld_reg(env, regs, u32(value_regno), PTR_TO_BTF_ID, types, found.id, flags);
      return;
    case WalkResult::Kind::RdonlyUntrustedMem:
      regs[value_regno].mark_known_zero(PTR_TO_MEM | MEM_RDONLY | PTR_UNTRUSTED);
      return;
    default: mark_reg_unknown(env, regs, u32(value_regno));
  }
}

// The kernel struct behind a map pointer, or 0 with a rejection noted in `outcome`.
u32 map_kernel_struct(Env& env, const map::MapMeta& map, Outcome& outcome) {
  if (!env.vmlinux()) {
    outcome = env.reject(diag::MapPtrAccessWithoutBtf{});
    return 0;
  }
  const char* name = env.target.map_rules(map.map_type).kernel_struct;
  const u32 id = name ? env.vmlinux_struct(name) : 0;
  if (!id) outcome = env.reject(diag::MapPtrAccessNotSupported{}, map.map_type);
  return id;
}

}  // namespace

Outcome check_ptr_to_btf_access(Env& env, u32 regno, int off, int size, Access access, int value_regno) {
  const RegState& reg = env.cregs()[regno];
  const Source s = source_of(env, reg);
  SKEP_TRY(check_may_look(env, s, reg, regno, off));
  const bool may_write = !s.alloc() && !(s.type & PTR_UNTRUSTED) && has_btf_write_rule(env);
  if (access == Access::Write && may_write) return check_btf_write(env, s.name, off, size);
  SKEP_TRY(check_default_access(env, s, off, size, access));
  WalkResult found;
  SKEP_TRY(btf_struct_walk(env, *s.types, s.id, off, size, s.alloc(), found));
  if (access == Access::Read) load_found(env, value_regno, s.types, found, loaded_ptr_flags(env, s, found));
  return kOk;
}

Outcome check_ptr_to_map_access(Env& env, u32 regno, int off, int size, Access access, int value_regno) {
  Outcome outcome;
  const u32 id = map_kernel_struct(env, *env.cregs()[regno].map.ptr, outcome);
  if (!outcome.ok()) return outcome;
  const btf::Btf* types = env.vmlinux();
  const std::string_view name = types->name_of(id);
  if (!env.allow_ptr_leaks) return env.reject(diag::StructAccessNeedsPerfmon{}, name);
  if (off < 0) return env.reject(diag::MapPtrNegativeAccess{}, regno, name, off);
  if (access == Access::Write) return env.reject(diag::OnlyReadSupported{}, name);
  WalkResult found;
  SKEP_TRY(btf_struct_walk(env, *types, id, off, size, false, found));
  load_found(env, value_regno, types, found, found.flags);
  return kOk;
}

}  // namespace skep::verifier
