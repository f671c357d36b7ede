// bpf_kptr_xchg's destination: a referenced kptr in a map value or an allocated object. Spec: protocols.md 4.
//
//   kptr field (map or object owns)  <---- bpf_kptr_xchg(&field, p): gives p's reference away, takes the old one ---->
//   program owns a new reference, maybe null
#include "verifier/call/call.h"

namespace skep::verifier {

Outcome process_kptr_func(Env& env, u32 regno, CallArgMeta& meta) {
  const RegState& reg = env.cregs()[regno];
  if (reg.base() == PTR_TO_MAP_VALUE && !reg.map.ptr->btf)
    return env.reject(diag::KptrXchgMapWithoutBtf{}, reg.map.ptr->name);
  if (!reg.var.is_const()) return env.reject(diag::KptrNotConstantOffset{}, regno);
  const btf::Record* record = env.reg_record(reg);
  constexpr u32 kKptrs = btf::kKptrFields | btf::Field::Uptr;
  if (!record || !(record->mask & btf::kKptrFields)) return env.reject(diag::NoValidKptr{}, regno);
  s64 off = reg.off + s64(reg.var.var_off.value);
  const btf::RecordField* field = off >= 0 ? record->find(u32(off), kKptrs) : nullptr;
  if (!field) return env.reject(diag::NotAKptr{}, off);
  if (field->type != btf::Field::KptrRef && field->type != btf::Field::KptrPercpu)
    return env.reject(diag::KptrNotReferenced{}, off);
  meta.kptr_field = field;
  return kOk;
}

}  // namespace skep::verifier
