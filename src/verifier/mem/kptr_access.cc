// Loads and stores of pointers that live in map values: kptrs and uptrs (spec: memory.md 5, protocols.md 4).
#include "target/btf_facts.h"
#include "verifier/mem/mem.h"
#include "verifier/prune/prune.h"

namespace skep::verifier {
namespace {

// The pointee stays allocated until a grace period is over.
bool is_rcu_safe(const btf::RecordField& field) {
  if (field.type == btf::Field::KptrPercpu) return true;
  if (field.type != btf::Field::KptrRef) return false;
  return !field.btf->is_kernel() || target::is_rcu_safe_kptr_type(field.btf->name_of(field.btf_id));
}

bool has_graph_node(const Env& env, const btf::RecordField& field) {
  const btf::Record* record = env.struct_record(field.btf, field.btf_id);
  return record && (record->mask & (btf::Field::ListNode | btf::Field::RbNode));
}

// Flags of a pointer loaded from a kptr field.
u32 loaded_kptr_flags(const Env& env, const btf::RecordField& field) {
  if (!in_rcu_cs(env) || !is_rcu_safe(field)) return PTR_MAYBE_NULL | PTR_UNTRUSTED;
  u32 flags = PTR_MAYBE_NULL | MEM_RCU;
  if (field.type == btf::Field::KptrPercpu) {
    flags |= MEM_PERCPU;
  } else if (!field.btf->is_kernel()) {
    flags |= MEM_ALLOC;
  }
  if (has_graph_node(env, field)) flags |= NON_OWN_REF;
  return flags;
}

// What runs the program has to know what the pointer should point to.
void note_object(Env& env, int insn_idx, const btf::RecordField& field) {
  if (field.type != btf::Field::KptrRef && field.type != btf::Field::KptrPercpu) return;
  InsnExtra& extra = env.make_extra(size_t(insn_idx));
  extra.object_types = field.btf;
  extra.object_type_id = field.btf_id;
}

void load_uptr(Env& env, int value_regno, const btf::RecordField& field) {
  RegState& dst = env.regs()[value_regno];
  dst.mark_known_zero(PTR_TO_MEM | PTR_MAYBE_NULL);
  dst.mem.size = field.btf->type_by_id(field.btf_id)->size();
  dst.id = env.new_id();
}

Outcome store_kptr(Env& env, int value_regno, const btf::RecordField& field) {
  // NULL is right only if every state that is found equal to this one stores NULL (Linux 6.18 forgets that).
  if (env.cregs()[value_regno].is_null()) return mark_chain_precision_quietly(env, value_regno);
  return map_kptr_match_type(env, field, env.cregs()[value_regno], u32(value_regno));
}

u32 storable_flags(const btf::RecordField& field, bool kernel_type) {
  if (!kernel_type) return PTR_MAYBE_NULL | MEM_ALLOC | (field.type == btf::Field::KptrPercpu ? u32(MEM_PERCPU) : 0);
  return PTR_MAYBE_NULL | PTR_TRUSTED | MEM_RCU | (field.type == btf::Field::KptrUnref ? u32(PTR_UNTRUSTED) : 0);
}

Outcome reject_kptr(Env& env, const btf::RecordField& field, const RegState& reg, u32 regno,
                    std::string_view reg_struct) {
  const std::string_view wanted = field.btf->name_of(field.btf_id);
  std::string expected = fmt::format("{}{}", reg_type_str(PTR_TO_BTF_ID), wanted);
  if (field.type == btf::Field::KptrUnref)
    expected += fmt::format(" or {}{}", reg_type_str(PTR_TO_BTF_ID | PTR_UNTRUSTED), wanted);
  return env.reject(diag::InvalidKptrAccess{}, regno, fmt::format("{}{}", reg_type_str(reg.type), reg_struct),
                    expected);
}

}  // namespace

Outcome map_kptr_match_type(Env& env, const btf::RecordField& field, const RegState& reg, u32 regno) {
  if (reg.base() != PTR_TO_BTF_ID) return reject_kptr(env, field, reg, regno, "");
  if (type_flag(reg.type) & ~storable_flags(field, reg.btf.types->is_kernel()))
    return reject_kptr(env, field, reg, regno, "");
  const std::string_view reg_struct = reg.btf.types->name_of(reg.btf.id);
  SKEP_TRY(check_ptr_off_reg(env, reg, regno, true));
  const bool strict = field.type != btf::Field::KptrUnref;
  if (!btf_struct_ids_match(env, *reg.btf.types, reg.btf.id, reg.off, *field.btf, field.btf_id, strict))
    return reject_kptr(env, field, reg, regno, reg_struct);
  return kOk;
}

Outcome check_map_kptr_access(Env& env, u32, int value_regno, int insn_idx, const btf::RecordField& field) {
  const isa::Insn& insn = env.insns[insn_idx];
  const u8 insn_class = isa::insn_class(insn.code);
  if (isa::insn_mode(insn.code) != isa::BPF_MEM) return env.reject(diag::KptrMemModeOnly{});
  const bool is_load = insn_class == isa::BPF_LDX;
  if (!is_load && (field.type == btf::Field::KptrRef || field.type == btf::Field::KptrPercpu))
    return env.reject(diag::KptrRefStoreDisallowed{});
  if (!is_load && field.type == btf::Field::Uptr) return env.reject(diag::UptrStoreDisallowed{});
  switch (insn_class) {
    case isa::BPF_LDX:
      if (field.type == btf::Field::Uptr) {
        load_uptr(env, value_regno, field);
      } else {
        note_object(env, insn_idx, field);
        mark_btf_ld_reg(env, env.regs(), u32(value_regno), PTR_TO_BTF_ID, field.btf, field.btf_id,
                        loaded_kptr_flags(env, field));
      }
      return kOk;
    case isa::BPF_STX: return store_kptr(env, value_regno, field);
    case isa::BPF_ST: return insn.imm ? env.reject(diag::KptrStoreImmNotZero{}, field.offset) : kOk;
    default: return env.reject(diag::KptrAccessInsnClass{});
  }
}

}  // namespace skep::verifier
