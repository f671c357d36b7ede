// Timer, workqueue and task-work fields of map values as arguments (spec: protocols.md 9).
#include "verifier/call/call.h"

namespace skep::verifier {

namespace {

int field_offset(const btf::Record& record, btf::Field field) {
  switch (field) {
    case btf::Field::Timer: return record.timer_off;
    case btf::Field::Workqueue: return record.wq_off;
    default: return record.task_work_off;
  }
}

}  // namespace

Outcome check_map_field_pointer(Env& env, u32 regno, btf::Field field) {
  const RegState& reg = env.cregs()[regno];
  const char* name = btf::field_name(field);
  if (!reg.var.is_const()) return env.reject(diag::FieldNotConstantOffset{}, regno, name);
  const map::MapMeta& map = *reg.map.ptr;
  if (!map.btf) return env.reject(diag::FieldMapWithoutBtf{}, map.name, name);
  if (!map.record || !map.record->has(field)) return env.reject(diag::MapHasNoField{}, map.name, name);
  int expected = field_offset(*map.record, field);
  s64 off = s64(reg.var.var_off.value) + reg.off;
  if (off != expected) return env.reject(diag::FieldWrongOffset{}, off, name, expected);
  return kOk;
}

}  // namespace skep::verifier
